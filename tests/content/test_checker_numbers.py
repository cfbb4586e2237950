"""The checker on numbers: each says what it is, and money stands where it has a time."""

from __future__ import annotations

import pytest

from content.wording import Wording
from tests.content.good_card import Edit


@pytest.mark.parametrize(
    "said",
    [
        "từ 1/7/2025 có luật mới", "tháng 7/2026", "ngày 15 hằng tháng", "trước 30/6",
        "năm 2026", "những năm 2021 đến 2025", "7 giờ 30", "mở cửa 7h30",
        "gọi 111, 113 hoặc 114", "báo công an xã hoặc 113", "gọi 1900 9068", "gọi 0213 123 456",
        "Điều 5", "lớp 12", "từ lớp 1 đến lớp 9", "mẫu 01", "mức 2 phải đến xã", "bước 3",
        "thứ 2", "khu vực 3", "Quốc lộ 6",
        "60 ngày", "2 con", "14 tuổi", "đến 25, 40 và 60 tuổi", "từ 16 đến dưới 18 tuổi",
        "1 đến 2 ngày", "từ 30 đến 70 phần trăm", "0,25 đến 0,4 miligam/lít", "95%", "4,5%/năm",
        "540.000 đồng/tháng", "400.000 đến 600.000 đồng", "15 kg gạo", "30kg", "10 km",
        "5 loại giấy", "3.321 xã, phường", "34 tỉnh", "chứng minh 9 số", "500 triệu đồng",
        "lớp 6, nhà xa 8 km", "Covid-19", "khổ A4", "Luật 136/2025/QH15", "{muc-thang}",
        "5 triệu rưỡi",
    ],
)  # fmt: skip
def test_a_number_that_says_what_it_is_passes(wording: Wording, said: str) -> None:
    assert list(wording.bare_numbers(said)) == []


@pytest.mark.parametrize(
    ("said", "bare"),
    [
        ("được 500.000 mỗi tháng", ["500.000"]),
        ("mức 500.000 thì thôi", ["500.000"]),  # money is no ordinal
        ("hộ nghèo từ 70, không có lương hưu", ["70"]),
        ("nam đủ 20, nữ đủ 18 tuổi", ["20"]),
        ("gọi 1113", ["1113"]),  # a slip in a number to call
        ("vay 500, trả trong 5 năm", ["500"]),
        ("được 2.000.000, 3 con", ["2.000.000"]),
        ("phạt 200 đến 300", ["200", "300"]),
        ("giảm 0,5 so với trước", ["0,5"]),
    ],
)
def test_a_bare_number_is_found(wording: Wording, said: str, bare: list[str]) -> None:
    assert list(wording.bare_numbers(said)) == bare


def test_a_bare_number_is_told_in_the_text_and_in_a_figure(told: Edit) -> None:
    assert "số 500 không rõ" in told("Không mất tiền.", "Phải nộp 500 cho xã.")
    said = told('value: "10.800.000 đồng"', 'value: "10.800.000"')
    assert "con số mai-tang: số 10.800.000" in said


@pytest.mark.parametrize("sum_", ["900.000 đồng", "2 triệu", "năm trăm nghìn đồng", "500k", "3tr5"])
def test_a_sum_in_the_text_has_no_time_and_is_told(told: Edit, sum_: str) -> None:
    said = told("Không mất tiền.", f"Phải nộp {sum_}.")
    assert "thân thẻ ghi thẳng số tiền" in said
    assert "figures" in said


@pytest.mark.parametrize(
    "text", ["**Không** mất tiền.", "Xem [ở đây](x).", "Không <b>mất</b> tiền."]
)
def test_markup_that_people_would_see_as_signs_is_told(told: Edit, text: str) -> None:
    assert "dấu trình bày" in told("Không mất tiền.", text)


def test_the_number_of_a_law_belongs_to_the_front_matter(told: Edit) -> None:
    said = told("Không mất tiền.", "Theo Nghị định 176/2025/NĐ-CP thì không mất tiền.")
    assert "thân thẻ ghi số văn bản 176/2025/NĐ-CP" in said
