"""`python -m bot units`, as an operator uses it beside the running program."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.wiring import House
from storage.audit import Audit, Kind, Wanted
from storage.officials import Officials, Role
from tests.console.desk import account

CONFIG = str(Path(__file__).parent.parent / "house.toml")
Run = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def run(house: House, database_address: str, data_folder: Path) -> Run:
    async def ran(*words: str) -> tuple[int, str]:
        """A command; its exit code and what it printed."""
        environment = {
            "LOABAN_DATABASE__URL": database_address,
            "LOABAN_DATA__FOLDER": str(data_folder),
            "LOABAN_CONFIG": CONFIG,
            "COLUMNS": "200",
        }
        ended = await asyncio.to_thread(CliRunner().invoke, app, words, env=environment)
        return ended.exit_code, " ".join(ended.output.split())

    return ran


def written(folder: Path, *rows: str) -> str:
    file = folder / "ds.csv"
    file.write_text("\n".join(["Mã,Tên,Thuộc,Điện thoại", *rows]), "utf-8")
    return str(file)


async def test_a_list_is_told_before_it_is_taken_in_and_comes_back_as_it_was(
    house: House, run: Run, tmp_path: Path
) -> None:
    file = written(tmp_path, "xa-thu,Xã Thử,,0200 000 001", "thon-thu,Thôn Thử,xa-thu,",
                   "xa-mau,Xã Giả,,")  # fmt: skip
    code, told = await run("units", "import", file, "--by", "người vận hành")
    assert (code, "+ xa-thu Xã Thử" in told) == (1, True), told
    assert "1 stand in the settings file" in told
    assert "xa-thu" not in (await run("units", "list"))[1], "nobody said yes"
    code, told = await run("units", "import", file, "--by", "người vận hành", "--yes")
    assert (code, told.endswith("2 added, 0 changed.")) == (0, True), told
    rows = json.loads((await run("units", "list", "--json"))[1])
    assert [(one["code"], one["source"]) for one in rows] == [
        ("xa-mau", "file"), ("ban-mau", "file"), ("xa-khac", "file"),
        ("thon-thu", "kept"), ("xa-thu", "kept"),
    ]  # fmt: skip
    await house.keeping.take_up()
    assert house.units.local("thon-thu").office_phone == "0200 000 001"
    given = tmp_path / "again.xlsx"
    assert await run("units", "export", str(given)) == (0, "5 units")
    assert openpyxl.load_workbook(given).active["A1"].value == "Mã"
    code, told = await run("units", "import", str(given), "--by", "người vận hành")
    assert (code, told.endswith("Nothing changes.")) == (0, True), told
    assert (await run("units", "export", str(tmp_path / "x.pdf")))[0] == 2
    async with house.database.read() as tx:
        lines = await Audit().page(tx, Wanted(kind=Kind.UNIT), at_most=9)
    assert [(one.by, one.thing, one.reason) for one in lines] == [
        (None, "thon-thu", "Thôn Thử"), (None, "xa-thu", "Xã Thử"),
    ]  # fmt: skip


async def test_an_officials_name_binds_the_command_to_role_and_unit(
    house: House, run: Run, tmp_path: Path
) -> None:
    await account(house, Role.ADMINISTRATOR, unit="xa-mau", name="Lan")
    await account(house, Role.OFFICER, unit="xa-mau", name="Hoa")
    file = written(tmp_path, "thon-1,Thôn 1,xa-mau,")
    code, told = await run("units", "import", file, "--by", "Hoa", "--yes")
    assert (code, "that role changes no settings" in told) == (2, True), told
    code, told = await run("units", "import", file, "--by", "lan", "--yes")
    assert (code, "1 added" in told) == (0, True), told
    async with house.database.read() as tx:
        [lan] = [one for one in await Officials().all(tx) if one.name == "Lan"]
        [line] = await Audit().page(tx, Wanted(kind=Kind.UNIT), at_most=9)
    assert line.by == lan.id
    file = written(tmp_path, "thon-2,Thôn 2,xa-khac,", "xa-moi,,,")
    code, told = await run("units", "import", file, "--by", "Lan", "--yes")
    assert code == 2
    assert "Dòng 2, cột Mã: nơi này không thuộc phần bạn phụ trách." in told
    assert "Dòng 3, cột Tên: còn trống, phải ghi." in told
    assert "nothing was done" in told
    code, told = await run("units", "import", str(tmp_path / "no.csv"), "--by", "Lan")
    assert (code, "cannot be read" in told) == (2, True)


async def test_a_stored_unit_is_one_for_every_other_command(
    house: House, run: Run, tmp_path: Path
) -> None:
    file = written(tmp_path, "xa-thu,Xã Thử,,")
    await run("units", "import", file, "--by", "x", "--yes")
    for words in (
        ("invite", "--unit", "xa-thu", "--role", "officer"),
        ("api-key", "create", "--name", "bảng", "--unit", "xa-thu"),
        ("export", "feedback", "--unit", "xa-thu"),
        ("broadcast", "save-list", "bà con", "--unit", "xa-thu", "--by", "x"),
        ("broadcast", "draft", "--text", "họp", "--unit", "xa-thu", "--by", "x"),
    ):
        code, told = await run(*words)
        assert code == 0, f"{words}: {told}"
