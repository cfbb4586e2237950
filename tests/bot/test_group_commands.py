"""`python -m bot groups`, as an operator uses it on what officials joined by a digit."""

from __future__ import annotations

import asyncio
from pathlib import Path

from typer.testing import CliRunner

from bot.__main__ import app
from bot.wiring import House, now
from tests.handlers.office import Person, again, official

CONFIG = str(Path(__file__).parent.parent / "house.toml")


async def test_a_group_that_officials_made_gets_a_title_and_one_answer(
    house: House, database_address: str, data_folder: Path
) -> None:
    async def run(*words: str) -> tuple[int, str]:
        """A command beside the running program; its exit code and what it printed."""
        environment = {
            "LOABAN_DATABASE__URL": database_address,
            "LOABAN_DATA__FOLDER": str(data_folder),
            "LOABAN_CONFIG": CONFIG,
            "COLUMNS": "200",
        }
        ended = await asyncio.to_thread(
            CliRunner().invoke, app, ["groups", *words], env=environment
        )
        return ended.exit_code, " ".join(ended.output.split())

    lan = await official(house)
    villagers = [Person(house) for _ in range(3)]
    cases = [await one.ask("máy cày nhà tôi hỏng thì đem sửa ở đâu") for one in villagers]
    for said in (f"việc {cases[1].id}", "8"):
        await lan.say(said)
    number = str((await again(house, cases[1])).group)
    code, told = await run("add", number, str(cases[2].id))
    assert (code, told) == (0, f"1 cases are in group {number}.")
    code, told = await run("publish", number, "--answer", "Ra chợ.", "--title", "Anh Sùng A Páo")
    assert (code, "name a person" in told) == (2, True)
    code, told = await run("publish", number, "--answer", "Ra chợ.", "--title", "Sửa máy cày")
    assert (code, told) == (0, "3 cases are answered.")
    for one in villagers:
        assert "Ra chợ." in (await one.replies())[-1].text
    code, told = await run("list")
    assert "Sửa máy cày 3" in told
    assert f"{now():%Y}" in told
    code, told = await run("publish", number, "--answer", "Lại.")
    assert (code, "was answered already" in told) == (2, True)
