"""The number of one's own commune stands right below the national ones, as long as confirmed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.config import load
from bot.hotlines import KINDS
from bot.wiring import House, build, now
from content.library import Library
from content.screens import utf16_length
from content.shelf import SHIPPED
from content.texts import Texts
from handlers.messages import Kind
from handlers.units import Hotlines, Unit, Units
from tests.handlers.villager import Villager

DAY = date(2026, 11, 1)


@pytest.fixture
async def house(migrated_address: str, data_folder: Path, library: Library) -> AsyncIterator[House]:
    """A commune with a confirmed number for floods, a number for all, and one nobody confirmed."""
    file = data_folder.parent / "config.toml"
    file.write_text(
        f"""
[crisis]
violence = "0200 000 111"
confirmed = {now().date() - timedelta(days=2)}
[[units]]
code = "xa-mau"
name = "Xã Mẫu"
[units.crisis]
flood = "0200 000 222"
confirmed = {now().date() - timedelta(days=360)}
[[units]]
code = "ban-mau"
name = "Bản Mẫu"
parent = "xa-mau"
[units.crisis]
flood = "0200 000 333"
confirmed = {now().date() - timedelta(days=370)}
[[accounts]]
name = "web"
platform = "web_chat"
unit = "ban-mau"
""",
        "utf-8",
    )
    environment = {
        "LOABAN_DATABASE__URL": migrated_address,
        "LOABAN_DATA__FOLDER": str(data_folder),
        "LOABAN_CONFIG": str(file),
    }
    async with build(load(environment), library) as built:
        yield built


async def test_the_communes_number_is_the_line_after_the_national_ones(house: House) -> None:
    villager = Villager(house)
    first, *_ = await villager.say("lũ về rồi")
    national, local = first.text.splitlines()
    assert "112" in national
    assert local == "Số của Xã Mẫu: 0200 000 222", "the village's own is unconfirmed for a year"


async def test_it_is_said_whatever_the_talk_was_about(house: House) -> None:
    villager = Villager(house)
    await villager.say("", Kind.START)
    for before in ("làm giấy khai sinh cần gì", "9", "/xa", "1"):
        await villager.say(before)
        first, *_ = await villager.say("ck say rượu cầm dao đuổi em")
        assert first.text.splitlines()[1] == "Gọi thêm được số: 0200 000 111", before
    long_story = "em kể chuyện nhà em. " * 300 + "chồng đang cầm dao đòi giết em"
    first, *others = await villager.say(long_story)
    assert "113" in first.text
    assert "0200 000 111" in first.text
    assert others, "and that the message is too long"


async def test_where_nobody_confirmed_a_number_there_is_no_gap(house: House) -> None:
    [reply] = await Villager(house).say("em khong muon song nua")
    assert len(reply.text.splitlines()) == 1


def test_whom_to_call_fits_on_every_channel_in_one_message() -> None:
    texts = Texts.load(SHIPPED / "texts" / "vi.po")
    local = texts("crisis.local", place="x" * 60, phone="0" * 30)
    for kind in (*KINDS, "help"):
        assert utf16_length(f"{texts(f'crisis.{kind}')}\n{local}") < 500


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (DAY - timedelta(days=1), ""),
        (DAY, "0200 000 222"),
        (DAY + timedelta(days=365), "0200 000 222"),
        (DAY + timedelta(days=366), ""),
    ],
)
def test_a_number_is_shown_for_a_year_from_its_confirmation(day: date, shown: str) -> None:
    units = Units([Unit("xa", "Xã", hotlines=Hotlines({"flood": "0200 000 222"}, DAY))])
    assert units.hotline("xa", "flood", day)[1] == shown
