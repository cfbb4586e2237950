"""Accounts beside each other: many at once, one of them stuck, added and removed while it runs."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from cryptography.fernet import Fernet
from yarl import URL

from bot.account_register import BadAccount, Register
from bot.config import load
from storage.database import Database
from storage.migrate import migrate
from tests.console.desk import form
from tests.emulators import zalo_bot
from tests.emulators.zalo_bot_control import ZaloBotControl
from tests.journeys.entering import PASSWORD, invitation
from tests.program import ROOT, program

KEY = Fernet.generate_key().decode()
MANY = 60
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
QUESTION = "làm thẻ bảo hiểm y tế hộ nghèo cần giấy tờ gì"


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def bots() -> AsyncIterator[TestServer]:
    """The Zalo Bot Platform with many bots; the token of number n is `n:secret`."""
    async with TestServer(zalo_bot.application([f"{n}:secret" for n in range(MANY)])) as server:
        yield server


def of_bot(bots: TestServer, session: aiohttp.ClientSession, number: int) -> ZaloBotControl:
    return ZaloBotControl(session, str(bots.make_url("")).rstrip("/"), bot=str(number))


def settings_of(bots: TestServer, number: int) -> dict[str, str]:
    return {
        "name": f"xa-{number}",
        "platform": "zalo_bot",
        "token": f"{number}:secret",
        "api_base": str(bots.make_url("")).rstrip("/"),
    }


async def accounts(folder: Path, *words: str, **environment: str) -> tuple[int, str]:
    """Run `python -m bot accounts …` beside the running program."""
    done = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "accounts", *words,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment},
    )  # fmt: skip
    printed, _ = await done.communicate()
    return done.returncode or 0, printed.decode()


async def test_an_account_is_added_and_removed_while_the_program_runs(
    data_folder: Path, bots: TestServer, session: aiohttp.ClientSession
) -> None:
    folder, villager = data_folder.parent, of_bot(bots, session, 7)
    secrets = {"LOABAN_TOKEN_KEY": KEY, "SEVEN": "7:secret"}
    base = str(bots.make_url("")).rstrip("/")
    add = ("add", "xa-7", "--platform", "zalo_bot", "--by", "Chị Mai", "--set", f"api_base={base}")
    async with program(folder, **secrets) as running:
        code, told = await accounts(folder, *add, "--set", "token=7:secret", **secrets)
        assert (code, "shell's history" in told) == (2, True)
        code, told = await accounts(folder, *add, "--set", "token=env:SEVEN", **secrets)
        assert code == 0, told
        await villager.say("lan", QUESTION)
        [answer] = await villager.sent("lan", at_least=1)
        assert "thẻ" in answer.text
        code, listed = await accounts(folder, "list", **secrets)
        assert "xa-7" in listed
        assert "Chị Mai" in listed
        code, told = await accounts(folder, "remove", "xa-7", **secrets)
        assert code == 0, told
        for _ in range(50):
            if "xa-7 was removed" in running.text:
                break
            await asyncio.sleep(0.1)
        await villager.say("lan", "0")
        assert (await villager.state())["pending"] == 1, "nobody fetches for it any more"
        code, _ = await accounts(folder, *add, "--set", "token=env:SEVEN", **secrets)
        assert code == 0
        assert len(await villager.sent("lan", at_least=2)) >= 2, "added anew, it goes on"
        # Another token, sooner than the running program looks.
        assert (await accounts(folder, "remove", "xa-7", **secrets))[0] == 0
        other = {**secrets, "SEVEN": "8:secret"}
        code, _ = await accounts(folder, *add, "--set", "token=env:SEVEN", **other)
        assert code == 0
        await of_bot(bots, session, 8).say("lan", QUESTION)
        assert await of_bot(bots, session, 8).sent("lan", at_least=1)
        assert await running.stop() == 0
        assert ":secret" not in running.text
    stored = (data_folder / "loaban.db").read_bytes()
    assert b"7:secret" not in stored


async def test_an_account_of_the_console_is_at_work_and_gone_without_a_restart(
    data_folder: Path, bots: TestServer, session: aiohttp.ClientSession
) -> None:
    villager, new = of_bot(bots, session, 9), "/staff/new-account"
    async with (
        program(data_folder.parent, LOABAN_TOKEN_KEY=KEY) as running,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser,
    ):

        async def open_at(address: str) -> str:
            async with browser.get(address) as answer:
                return await answer.text()

        async def press(page: str, step: str, **typed: str) -> str:
            address, fields = form(page, step)
            async with browser.post(origin + address, data=fields | typed) as answer:
                assert answer.status == 200, await answer.text()
                return await answer.text()

        link = invitation(running.text)
        origin = str(URL(link).origin())
        chosen = {"name": "Mai", "login": "quan.tri", "password": PASSWORD, "again": PASSWORD}
        await press(await open_at(link), URL(link).path, **chosen)
        page = await open_at(f"{origin}{new}?platform=zalo_bot")
        settings = settings_of(bots, 9)
        named = {f"set_{key}": settings[key] for key in ("token", "api_base")}
        await press(page, new, name="xa-9", unit="xa-mau", **named)
        await villager.say("lan", QUESTION)
        [answer] = await villager.sent("lan", at_least=1)
        assert "thẻ" in answer.text
        page = await open_at(f"{origin}/staff/accounts/xa-9/remove")
        await press(page, "/remove")
        for _ in range(50):
            if "xa-9 was removed" in running.text:
                break
            await asyncio.sleep(0.1)
        await villager.say("lan", "0")
        assert (await villager.state())["pending"] == 1, "nobody fetches for it any more"
        assert ":secret" not in running.text
    stored = (data_folder / "loaban.db").read_bytes()
    assert b"9:secret" not in stored


async def test_one_stuck_account_of_many_stops_no_other(
    data_folder: Path, bots: TestServer, session: aiohttp.ClientSession
) -> None:
    environment = {"LOABAN_TOKEN_KEY": KEY, "LOABAN_DATA__FOLDER": str(data_folder)}
    settings = load(environment, data_folder)
    database = Database.at(settings.database_url)
    await migrate(database)
    register = Register(database, settings)
    for number in range(MANY):
        await register.add(settings_of(bots, number), at=NOW, by="thử")
    await database.close()
    stuck = of_bot(bots, session, 0)
    await stuck.fault("sendMessage", "hang", times=1000)
    async with program(data_folder.parent, LOABAN_TOKEN_KEY=KEY) as running:
        await stuck.say("lan", QUESTION)
        assert await stuck.calls("sendMessage", at_least=1), "it hangs from here on"
        others = [of_bot(bots, session, number) for number in range(1, MANY)]
        await asyncio.gather(*(one.say("lan", QUESTION) for one in others))
        answers = await asyncio.gather(*(one.sent("lan", at_least=1) for one in others))
        assert all(answers), "everybody else is answered"
        assert not await stuck.sent("lan")
        assert await running.stop() == 0


async def test_an_account_that_cannot_be_added_is_told_why(
    database: Database, bots: TestServer
) -> None:
    sealed = load({"LOABAN_TOKEN_KEY": KEY}, Path("/nowhere"))
    register = Register(database, sealed)
    await register.add(settings_of(bots, 1), at=NOW, by="thử")
    good = settings_of(bots, 2)
    for settings, why in (
        ({**settings_of(bots, 3), "name": "xa-1"}, "there is an account 'xa-1'"),
        ({**good, "name": "web"}, "there is an account 'web'"),
        ({**settings_of(bots, 1), "name": "xa-2"}, "'xa-1' is the same line"),
        ({**good, "platform": "web_chat", "token": ""}, "web_chat account has no"),
        ({**good, "unit": "nowhere"}, "none of the units"),
        ({**good, "tokn": "x"}, "did you mean 'token'"),
        ({**good, "token": ""}, "needs token"),
    ):
        with pytest.raises(BadAccount, match=why):
            await register.add(settings, at=NOW, by="thử")
    with pytest.raises(BadAccount, match="LOABAN_TOKEN_KEY is missing"):
        await Register(database, load({}, Path("/nowhere"))).add(good, at=NOW, by="thử")
    other = load({"LOABAN_TOKEN_KEY": Fernet.generate_key().decode()}, Path("/nowhere"))
    [kept] = await register.all()
    assert register.open(kept).token.get_secret_value() == "1:secret"
    with pytest.raises(BadAccount, match="not the key"):
        Register(database, other).open(kept)
    with pytest.raises(BadAccount, match="no added account"):
        await register.remove("xa-9", at=NOW)
    with pytest.raises(BadAccount, match="settings file"):
        await register.remove("web", at=NOW)
