"""`python -m bot broadcast` beside officials: whom `--by` names, how it looks, whom it reaches."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.broadcast_commands import app
from bot.wiring import House
from storage.broadcasts import Phase
from storage.officials import Officials, Role
from tests.handlers.notices import again, asked_for_notices, told_news
from tests.handlers.office import official, remove
from tests.handlers.test_notices_by_template import villager

TEMPLATED = """
[[accounts]]
name = "xa-mau"
platform = "zalo_oa"
unit = "xa-mau"
app_id = "1"
app_secret = "s"
oa_secret = "s"
notice_template = "7895"
notice_template_field = "noi_dung"
notice_template_length = 60
notice_template_price = 300
"""
CONFIG = str(Path(__file__).parent.parent / "house.toml")


async def command(house: House, *words: str, fails: bool = False, **more: str) -> str:
    """Run it as an operator does, on the database of the house; what it printed."""
    environment = {
        "LOABAN_DATABASE__URL": house.settings.database.url.get_secret_value(),
        "LOABAN_DATA__FOLDER": str(house.settings.data.folder),
        "LOABAN_CONFIG": CONFIG,
        "COLUMNS": "200",
        **more,
    }
    run = await asyncio.to_thread(CliRunner().invoke, app, list(words), env=environment)
    assert (run.exit_code != 0) is fails, run.output
    return run.output


def templated(folder: Path) -> dict[str, str]:
    """The environment of a machine whose settings name a template."""
    (folder / "config.toml").write_text(Path(CONFIG).read_text("utf-8") + TEMPLATED, "utf-8")
    return {"LOABAN_CONFIG": str(folder / "config.toml"), "LOABAN_TOKEN_KEY": "A" * 43 + "="}


async def drafted(house: House, *more: str, by: str = "Lan") -> int:
    printed = await command(house, "draft", "--text", "Mai tiêm.", "--by", by, *more)
    return int(printed.split()[-1])


async def test_an_operators_plain_name_may_do_all(house: House) -> None:
    await official(house, name="Lan")
    number = await drafted(house, by="Phòng máy")
    await command(house, "submit", str(number), "--by", "Phòng máy")
    await command(house, "approve", str(number), "--by", "Người trực")
    assert (await again(house, number)).approved_by == "Người trực"


async def test_an_officials_name_binds_the_command_to_role_and_unit(house: House) -> None:
    lan = await official(house, name="Lan")
    await official(house, Role.VIEWER, name="Dũng")
    await official(house, Role.APPROVER, name="Sua")
    await official(house, Role.APPROVER, name="Xa", unit="xa-khac")
    for words, why in (
        (("--by", "lan"), "--unit may be: ban-mau, xa-mau"),
        (("--by", "Lan", "--unit", "xa-khac"), "has no say over xa-khac"),
        (("--by", "Dũng", "--unit", "xa-mau"), "that role writes no notices"),
        (("--by", "77", "--unit", "xa-mau"), "no official has the number 77"),
    ):
        assert why in await command(house, "draft", "--text", "x", *words, fails=True)
    number = str(await drafted(house, "--unit", "xa-mau"))
    assert "no say" in await command(house, "submit", number, "--by", "Xa", fails=True)
    await command(house, "submit", number, "--by", "Lan")
    for by, why in (
        ("Lan", "that role approves nothing"),
        ("Xa", "no say over xa-mau"),
    ):
        assert why in await command(house, "approve", number, "--by", by, fails=True)
    assert "neither wrote" in await command(house, "cancel", number, "--by", "Dũng", fails=True)
    await command(house, "approve", number, "--by", "Sua")
    assert "Sua đã duyệt thông báo số 1" in await told_news(house, lan), "in the author's chat"
    await command(house, "pause", number, "--by", "Lan")
    assert (await again(house, int(number))).phase is Phase.PAUSED


async def test_who_wrote_it_does_not_approve_it_by_name_or_number(house: House) -> None:
    await official(house, Role.APPROVER, name="Sua")
    async with house.database.read() as tx:
        [sua] = await Officials().all(tx)
    number = str(await drafted(house, "--unit", "xa-mau", by=str(sua.id)))
    assert (await again(house, int(number))).author == "Sua"
    await command(house, "submit", number, "--by", "Sua")
    for by in (str(sua.id), "sua"):
        assert "another person" in await command(house, "approve", number, "--by", by, fails=True)
    urgent = ("--emergency", "--reason", "lũ quét", "--unit", "xa-mau")
    alone = str(await drafted(house, *urgent, by="Sua"))
    await command(house, "submit", alone, "--by", "Sua")
    await command(house, "approve", alone, "--by", "Sua")
    assert (await again(house, int(alone))).alone


async def test_neither_who_wrote_it_nor_who_edited_it_approves_it(house: House) -> None:
    for name in ("Sua", "Mai", "Hoa"):
        await official(house, Role.APPROVER, name=name)
    number = str(await drafted(house, "--unit", "xa-mau", by="Sua"))
    await command(house, "edit", number, "--text", "tin mới", "--by", "Mai")
    await command(house, "submit", number, "--by", "Mai")
    for by in ("Sua", "Mai"):
        assert "another person" in await command(house, "approve", number, "--by", by, fails=True)
    await command(house, "approve", number, "--by", "Hoa")
    it = await again(house, int(number))
    assert (it.author, it.editors, it.approved_by) == ("Sua", ("Mai",), "Hoa")
    assert it.intact


async def test_two_officials_of_one_name_are_told_apart_by_number(house: House) -> None:
    one = await official(house, name="Lan")
    await official(house, name="Lan")
    printed = await command(
        house, "draft", "--text", "x", "--by", "Lan", "--unit", "xa-mau", fails=True
    )
    assert "several officials are called 'Lan': name one of 1, 2" in printed
    await drafted(house, "--unit", "xa-mau", by="2")
    await remove(house, one)
    await drafted(house, "--unit", "xa-mau")


@pytest.mark.parametrize(("option", "people"), [("--only-unit", 1), ("--below", 2)])
async def test_what_it_looks_like_and_whom_it_reaches_is_shown_before_approval(
    house: House, option: str, people: int
) -> None:
    await asked_for_notices(house.database)
    await asked_for_notices(house.database, unit="ban-mau")
    await asked_for_notices(house.database, yes=False)
    number = str(await drafted(house, "--unit", "xa-mau", option))
    shown = await command(house, "preview", number)
    assert "── web" in shown
    assert "Mai tiêm." in shown
    assert "[ Dừng nhận tin ]" in shown
    counted = json.loads((await command(house, "reach", number, "--json")).splitlines()[-1])
    assert (counted["reached"], counted["said_no"]) == (people, 1)
    assert counted["accounts"] == {"web": {"open": people}}
    assert f"{people} people would get it." in await command(house, "reach", number)
    assert "no broadcast 99" in await command(house, "preview", "99", fails=True)


async def test_up_to_three_cards_are_opened_by_a_notice(house: House) -> None:
    three = ("--card", "tiem-chung", "--card", "the-bhyt", "--card", "ho-ngheo")
    it = await again(house, await drafted(house, *three))
    assert it.draft.cards == ("tiem-chung", "the-bhyt", "ho-ngheo")
    for more, why in ((("--card", "ket-hon"), "3 at most"), (("--card", "x"), "no card 'x'")):
        printed = await command(
            house, "draft", "--text", "x", "--by", "Lan", *three, *more, fails=True
        )
        assert why in printed


async def test_only_unit_needs_a_unit(house: House) -> None:
    printed = await command(house, "draft", "--text", "x", "--by", "Lan", "--only-unit", fails=True)
    assert "--only-unit goes with --unit" in printed


async def test_a_notice_may_go_by_an_accounts_template_if_its_words_fit(
    house: House, tmp_path: Path
) -> None:
    """What it costs and how it looks is told before anybody approves it."""
    words = "Sáng mai 7 giờ trạm y tế tiêm phòng cho trẻ ở nhà văn hoá."
    asked = ("draft", "--by", "Lan", "--template", "--text")
    assert "has a notice_template" in await command(house, *asked, words, fails=True)
    there = templated(tmp_path)
    printed = await command(house, *asked, words * 2, fails=True, **there)
    assert f"its words have {2 * len(words)} letters, and a template takes at most 60" in printed
    number = (await command(house, *asked, words, **there)).split()[-1]
    for chat, days in (("1", 1), ("2", 9), ("3", 9)):
        await villager(house, chat, heard=timedelta(days=days))
    shown = await command(house, "preview", number, **there)
    assert f"── xa-mau, by its template\n{words}" in shown
    told = await command(house, "reach", number, "--json", **there)
    counted = json.loads(told.splitlines()[-1])
    assert counted["accounts"]["xa-mau"] == {"free": 1, "template": 2}
    assert counted["template_cost"] == {"xa-mau": 600}
    told = await command(house, "reach", number, **there)
    assert "reached by the approved template: about 600 đồng" in told
    edit = ("edit", number, "--by", "Lan", "--text")
    assert "at most 60" in await command(house, *edit, words * 2, fails=True, **there)
    await command(house, *edit, "Mai tiêm.", **there)
    assert (await again(house, int(number))).draft.template
    status = json.loads(await command(house, "status", number, "--json", **there))
    assert status["by_template"] == 0
