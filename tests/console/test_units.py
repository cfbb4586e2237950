"""The desk for units: what people are told of each office, what is missing, what to dial again."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.config import load
from bot.wiring import build, now
from content.library import Library
from handlers.errands import VIETNAM
from handlers.staff.unit_desk import Confirmed, confirmed
from handlers.units import NO_HOTLINES, Hotlines
from storage.officials import Role
from tests.console.desk import sitting_at

TODAY = date(2026, 11, 27)
CONFIG = """
[[units]]
code = "xa-mau"
name = "Xã Mẫu"
office_address = "thôn 1, cạnh chợ"
[units.crisis]
flood = "0200 000 001"
confirmed = {confirmed}
[[units]]
code = "ban-mau"
name = "Bản Mẫu"
parent = "xa-mau"
[[units]]
code = "xa-khac"
name = "Xã Khác"
"""


@pytest.mark.parametrize(
    ("days_ago", "state"),
    [
        (-1, Confirmed.NOT_YET), (0, Confirmed.WELL), (334, Confirmed.WELL),
        (335, Confirmed.ENDING), (365, Confirmed.ENDING), (366, Confirmed.OVER),
    ],
)  # fmt: skip
def test_numbers_are_warned_of_a_month_before_they_are_no_longer_shown(
    days_ago: int, state: Confirmed
) -> None:
    numbers = Hotlines({"fire": "0200 000 000"}, TODAY - timedelta(days=days_ago))
    assert confirmed(numbers, TODAY) is state
    assert confirmed(NO_HOTLINES, TODAY) is Confirmed.NONE


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
async def test_what_is_missing_and_what_to_dial_is_shown_to_who_sees_to_it(
    migrated_address: str, data_folder: Path, library: Library
) -> None:
    last = now().astimezone(VIETNAM).date() - timedelta(days=350)
    (data_folder / "units.toml").write_text(CONFIG.format(confirmed=last), "utf-8")
    settings = load(
        {
            "LOABAN_DATABASE__URL": migrated_address,
            "LOABAN_DATA__FOLDER": str(data_folder),
            "LOABAN_CONFIG": str(data_folder / "units.toml"),
        }
    )
    async with build(settings, library) as house:
        async with sitting_at(house) as desk:
            assert "gọi thử lại các số khi nguy cấp: 1" in await desk.open("/staff")
            page = await desk.open("/staff/units")
            assert "Còn thiếu: giờ làm việc, điện thoại, người để hỏi" in page
            assert "Bản Mẫu" not in page, "it stands below another"
            page = await desk.open("/staff/units?unit=xa-mau")
            assert "0200 000 001" in page
            assert f"Gọi lại trước ngày {last + timedelta(days=365):%d/%m/%Y}" in page
            page = await desk.open("/staff/units?unit=ban-mau")
            assert "thôn 1, cạnh chợ" in page
            assert "theo Xã Mẫu" in page
            await desk.open("/staff/units?unit=nowhere", status=404)
        async with sitting_at(house, unit="xa-khac") as desk:
            assert "gọi thử lại" not in await desk.open("/staff")
            assert "Xã Khác" in await desk.open("/staff/units")
            await desk.open("/staff/units?unit=xa-mau", status=404)
        async with sitting_at(house, Role.APPROVER) as desk:
            await desk.open("/staff/units", status=403)
