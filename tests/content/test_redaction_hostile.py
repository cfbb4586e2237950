"""What people write to get a number past a filter, or by habit, is hidden; amounts, days and
articles are left. All data is invented."""

from __future__ import annotations

import pytest

from content.redaction import redact
from content.understanding.vietnamese import fold
from tests.content.test_redaction import (
    ACCOUNT,
    ADDRESS,
    DOCUMENT,
    EMAIL,
    LINK,
    NAME,
    PHONE,
    PLATE,
)

HIDDEN = [
    ("0912 - 345 - 678", PHONE),
    ("0912_345_678 nhé", f"{PHONE} nhé"),
    ("0912*345*678", PHONE),
    ("0912…345…678", PHONE),
    ("0912...345...678", PHONE),
    ("0912|345|678", PHONE),
    ("0912   345   678", PHONE),
    ("0912\n345 678", PHONE),
    ("gọi 0912 345 678\n12 con trâu", f"gọi {PHONE}\n12 con trâu"),
    ("09l2345678", PHONE),
    ("O912345678", PHONE),
    ("09I2345678", PHONE),
    ("mã bhxh 0312345678", f"mã bhxh {DOCUMENT}"),
    ("mã bhxh 0312 345 678", f"mã bhxh {DOCUMENT}"),
    ("tel 3825123", f"tel {PHONE}"),
    ("máy bàn: 3825 123", f"máy bàn: {PHONE}"),
    ("số sổ hộ nghèo 12345", f"số sổ hộ nghèo {DOCUMENT}"),
    ("sổ hộ khẩu số 230123456", f"sổ hộ khẩu số {DOCUMENT}"),
    ("mã hộ gia đình 0123456789", f"mã hộ gia đình {DOCUMENT}"),
    ("số công tơ 12345678", f"số công tơ {DOCUMENT}"),
    ("căn cước 012.345.678.901", f"căn cước {DOCUMENT}"),
    ("CCCD số: 0 0 1 0 8 5 0 1 2 3 4 5", f"CCCD số: {DOCUMENT}"),
    ("thẻ visa 4111-1111-1111-1111", f"thẻ visa {ACCOUNT}"),
    ("hoa.lo [at] gmail.com", EMAIL),
    ("hoa.lo(at)gmail.com", EMAIL),
    ("hoa.lo a còng gmail chấm com", EMAIL),
    ("hoalo gmail chấm com nhé", f"{EMAIL} nhé"),
    ("hoa.lo @gmail . com", EMAIL),
    ("m.me/lohoa", LINK),
    ("https://zalo.me/0912345678", LINK),
    ("youtu.be/abc123", LINK),
    ("fb: hoalo91", f"fb: {NAME}"),
    ("nick zalo của tôi là hoa_lo", f"nick zalo của tôi là {NAME}"),
    ("facebook: Lò Hoa", f"facebook: {NAME}"),
    ("xe 27 B1 123 45", f"xe {PLATE}"),
    ("Giàng A Páo đây", f"{NAME} đây"),
    ("họ tên giàng a páo", f"họ tên {NAME}"),
    ("chủ tịch xã Lò Văn Bốn nhận tiền", f"chủ tịch xã {NAME} nhận tiền"),
    ("cán bộ tên Hoa quát tôi", f"cán bộ tên {NAME} quát tôi"),
    ("nhà tôi ở số 15 đường Trần Phú", f"nhà tôi ở số {ADDRESS}"),
    ("ở chỗ 21.3891, 103.0169", f"ở chỗ {ADDRESS}"),
]

KEPT = [
    "hỗ trợ 540.000 đồng, 1.620.000đ",
    "từ 540.000 – 1.080.000 đồng mỗi tháng",
    "giá điện 1.984 - 2.050 - 2.380 - 2.998 đồng",
    "Điều 12 khoản 3 Nghị định 20/2021/NĐ-CP",
    "Luật số 38/2019/QH14, điều 45",
    "quyết định 861/QĐ-TTg ngày 4/6/2021",
    "Số: 1234/UBND-VX",
    "thửa 123 tờ bản đồ số 45",
    "03/12/2026 - 05/12/2026",
    "lịch 03.12.26 - 05.12.26",
    "8h00 - 11h30, 13:30 - 17:00",
    "0,5 - 1,5 - 2,5 ha",
    "500\n300\n200",
    "tiêm 0 – 1 – 6 tháng",
    "sổ hộ nghèo 15.000 hộ",
    "sổ hộ nghèo 2024 2025 2026",
    "làm sổ đỏ số tiền 1500000 đồng",
    "số máy bơm 3 cái",
    "mã hồ sơ lấy ở đâu",
    "nước mặn 10.5000, giá 102.0000 đồng",
    "QL 279, tỉnh lộ 107",
    "zalo: không mở được",
    "nick zalo là gì",
    "facebook bị hack phải làm sao",
    "fb lừa đảo qua mạng",
    "chủ tịch xã là ai",
    "cán bộ xã nói chờ 30 ngày",
    "Tổ A Khu B",
    "lớp A B C",
    "bố mẹ già ạ con hỏi",
]


@pytest.mark.parametrize(("typed", "stored"), HIDDEN)
def test_what_is_written_around_a_filter_is_hidden(typed: str, stored: str) -> None:
    assert redact(typed) == stored
    assert redact(stored) == stored


def test_numbers_and_places_are_hidden_without_marks_too() -> None:
    typed = [fold(one) for one, stored in HIDDEN if NAME not in stored]
    assert [one for one in typed if "[" not in redact(one.replace("[", "("))] == []


def test_amounts_days_articles_and_plain_words_are_left() -> None:
    assert [f"{typed} → {redact(typed)}" for typed in KEPT if redact(typed) != typed] == []
