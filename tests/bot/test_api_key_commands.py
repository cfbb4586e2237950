"""`python -m bot api-key`, as an operator uses it beside the running program."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

from sqlalchemy import select
from typer.testing import CliRunner

from bot.__main__ import app
from bot.wiring import House
from storage.api_keys import ApiKeyRecord
from tests.console.api import Program, browser
from tests.console.desk import sitting_at

CONFIG = str(Path(__file__).parent.parent / "house.toml")


async def test_a_key_is_shown_once_reads_at_once_and_ends_at_once(
    house: House, database_address: str, data_folder: Path
) -> None:
    async def run(*words: str) -> tuple[int, str]:
        """A command; its exit code and what it printed."""
        environment = {
            "LOABAN_DATABASE__URL": database_address,
            "LOABAN_DATA__FOLDER": str(data_folder),
            "LOABAN_CONFIG": CONFIG,
            "COLUMNS": "200",
        }
        ended = await asyncio.to_thread(
            CliRunner().invoke, app, ["api-key", *words], env=environment
        )
        return ended.exit_code, " ".join(ended.output.split())

    for words, remedy in (
        (("--name", "x", "--role", "boss"), "viewer, officer"),
        (("--name", "x", "--unit", "nowhere"), "ban-mau"),
        (("--name", "  "), "1 to 80 letters"),
    ):
        code, told = await run("create", *words)
        assert (code, remedy in told) == (2, True), told
    code, told = await run("create", "--name", "Bảng  số liệu", "--unit", "XA-MAU")
    made = re.fullmatch(r"Key (\d+) for Bảng số liệu, shown only now: (loa_[\w-]{43})", told)
    assert made, told
    number, key = made.groups()
    async with house.database.read() as tx:
        rows = (await tx.connection.execute(select(ApiKeyRecord.__table__))).all()
    assert key[4:] not in repr(rows)
    [row] = json.loads((await run("list", "--json"))[1])
    assert {**row, "made": ""} == {
        "id": int(number), "name": "Bảng số liệu", "unit": "xa-mau", "role": "viewer",
        "made": "", "last_used": None,
    }  # fmt: skip
    async with browser(house) as client:
        it = Program(client, int(number), key)
        assert len((await it.read("/units"))["items"]) == 2
        assert "never" not in (await run("list"))[1]
        code, told = await run("remove", number)
        assert (code, told) == (0, "The key of Bảng số liệu opens nothing more.")
        await it.read("/units", 401)
    code, told = await run("remove", number)
    assert (code, f"no key with the number {number}" in told) == (2, True)
    assert (await run("list", "--json"))[1] == "[]"
    async with sitting_at(house) as desk:
        log = await desk.open("/staff/audit?kind=api_key")
        assert log.count(f"khóa API số {number}") == 3
