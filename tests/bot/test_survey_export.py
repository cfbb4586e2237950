"""`python -m bot export survey`: rows of answers without people, hidden as results hide them."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.wiring import House
from handlers.exports import SurveyColumns
from tests.bot.test_export import settings_of
from tests.handlers.asking import SURVEY, agreed, asked, closed

PHONE = "0912 345 678"


async def export(house: House, number: int, *options: str, fails: bool = False) -> bytes:
    """Run it as an operator does; what it wrote, or said when it fails."""
    address = house.settings.database.url.get_secret_value()
    words = ["export", "survey", str(number), *options]
    run = await asyncio.to_thread(CliRunner().invoke, app, words, env=settings_of(address))
    assert (run.exit_code != 0) is fails, run.output
    return run.stderr_bytes if fails else run.stdout_bytes


@pytest.fixture
async def surveyed(house: House) -> int:
    """Seven answered: all the first question, most the same to the second, six in words."""
    people = [await agreed(house) for _ in range(7)]
    number = await asked(house, SURVEY)
    said = [f"sửa mái, gọi {PHONE}", "=1+1", "thêm ghế", "thêm thuốc", "mở cửa sớm", "ghế"]
    for place, person in enumerate(people):
        await person.say("201")
        await person.say("1" if place < 6 else "2")
        await person.say("1" if place < 4 else "9")
        await person.say(said[place] if place < 6 else "9")
    assert b"is open" in await export(house, number, fails=True)
    await closed(house, number)
    return number


async def test_rows_tell_no_more_than_results_and_words_are_masked(
    house: House, surveyed: int, tmp_path: Path
) -> None:
    written = (await export(house, surveyed)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(written, newline="")))
    assert tuple(rows[0]) == SurveyColumns.NAMES
    first = [row for row in rows if row["question"] == "1"]
    assert [(row["choice"], row["hidden"]) for row in first] == [("", "1")] * 7, "6 and 1"
    assert not [row for row in rows if row["question"] == "2"], "four answers are too few"
    words = [row["own_words"] for row in rows if row["question"] == "3"]
    assert words == sorted(words, key=lambda one: one.lstrip("'"))
    assert len(words) == 6
    assert "'=1+1" in words
    assert PHONE not in written
    lines = (await export(house, surveyed, "--format", "jsonl")).splitlines()
    assert [json.loads(line)["own_words"] for line in lines[-6:]] == [
        one.removeprefix("'") for one in words
    ]
    target = tmp_path / "out.xlsx"
    await export(house, surveyed, "--format", "xlsx", "--out", str(target))
    sheet, about = openpyxl.load_workbook(target).worksheets
    assert sheet.max_row == len(rows) + 1
    assert sheet["A1"].value == "Số thông báo"
    assert [row[0].value for row in about] == list(SurveyColumns.NAMES)


async def test_what_cannot_be_exported_says_why(house: House) -> None:
    assert b"there is no broadcast 7" in await export(house, 7, fails=True)
