"""Several Official Accounts of one Zalo app, whose console knows one address for all of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import tomli_w
from aiohttp.test_utils import unused_port
from cryptography.fernet import Fernet
from typer.testing import CliRunner

from bot.account_commands import app
from bot.account_register import BadAccount, Register
from bot.config import ConfigFaults, Settings, load
from bot.web import serve
from bot.wiring import House, build, now
from content.library import Library
from storage.database import Database
from storage.migrate import migrate
from tests.emulators.zalo_oa import Emulator
from tests.emulators.zalo_oa_control import ZaloOAControl
from tests.emulators.zalo_oa_line import CU, LAN

QUESTION = "lam the bao hiem y te ho ngheo can giay to gi"


@dataclass
class Towns:
    """Three communes' Official Accounts; the program serves those that were added."""

    emulator: Emulator
    session: aiohttp.ClientSession
    settings: Settings
    house: House

    def control(self, number: int) -> ZaloOAControl:
        oa = self.emulator.platform.worlds[number].account.oa_id
        return ZaloOAControl(self.session, self.emulator.base, oa)

    def settings_of(self, name: str, number: int) -> dict[str, Any]:
        account = self.emulator.platform.worlds[number].account
        return {
            "name": name,
            "platform": "zalo_oa",
            "app_id": account.app_id,
            "app_secret": account.app_secret,
            "oa_secret": account.oa_secret,
            "oa_id": account.oa_id,
            "refresh_token": account.refresh_token,
            "api_base": self.emulator.base,
            "oauth_base": self.emulator.base,
        }

    async def add(self, name: str, number: int, **changes: str) -> None:
        settings = self.settings_of(name, number) | changes
        await Register(self.house.database, self.settings).add(settings, at=now(), by="thử")
        await self.house.accounts.take_up()


@pytest.fixture
async def towns(data_folder: Path, library: Library) -> AsyncIterator[Towns]:
    port = unused_port()
    settings = load(
        {
            "LOABAN_DATA__FOLDER": str(data_folder),
            "LOABAN_TOKEN_KEY": Fernet.generate_key().decode(),
            "PORT": str(port),
        },
        data_folder,
    )
    database = Database.at(settings.database_url)
    await migrate(database)
    await database.close()
    async with (
        Emulator(oas=3, one_app=True, echoes=False) as emulator,
        aiohttp.ClientSession() as session,
        build(settings, library) as house,
    ):
        towns, stop, ready = (
            Towns(emulator, session, settings, house),
            asyncio.Event(),
            asyncio.Event(),
        )
        running = [
            asyncio.create_task(serve(house, stop, lambda _: ready.set())),
            asyncio.create_task(house.delivery().run(stop)),
        ]
        await asyncio.wait_for(ready.wait(), 10)
        await towns.control(0).webhook(f"http://127.0.0.1:{port}/hooks/xa-mau")
        yield towns
        stop.set()
        await asyncio.gather(*running)


async def test_whoever_writes_is_answered_by_the_account_that_they_wrote_to(
    towns: Towns, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    await towns.add("xa-mau", 0)
    await towns.add("xa-khac", 1)
    first, second, foreign = (towns.control(number) for number in range(3))
    for _ in range(2):
        await foreign.say(LAN, QUESTION)
    await foreign.attempts(at_least=2)
    await second.say(CU, QUESTION)
    await first.say(LAN, QUESTION)
    assert "thẻ" in (await second.sent(CU, at_least=1))[0].text
    assert "thẻ" in (await first.sent(LAN, at_least=1))[0].text
    assert {one["status"] for one in await foreign.attempts()} == {200}
    assert not await foreign.sent(), "nothing of ours speaks for an account that is not here"
    number = towns.emulator.platform.worlds[2].account.oa_id
    assert caplog.text.count(f"all of the Official Account {number}, which is no account here") == 1


async def test_an_account_without_its_number_takes_no_other_accounts_people_for_its_own(
    towns: Towns,
) -> None:
    await towns.add("xa-mau", 0, oa_id="")
    await towns.control(1).say(CU, QUESTION)
    await towns.control(1).attempts(at_least=1)
    await towns.control(0).say(LAN, QUESTION)
    assert "thẻ" in (await towns.control(0).sent(LAN, at_least=1))[0].text
    assert not await towns.control(0).sent(CU)


async def test_as_long_as_zalo_does_not_tell_an_accounts_number_nobodys_words_are_lost(
    towns: Towns,
) -> None:
    await towns.add("xa-mau", 0, oa_id="")
    await towns.control(0).fault("error", path="/v2.0/oa/getoa", error=-200, times=100)
    await towns.control(0).say(LAN, QUESTION)
    assert "thẻ" in (await towns.control(0).sent(LAN, at_least=1))[0].text


async def test_who_removes_an_account_is_told_what_the_others_of_its_app_need(
    towns: Towns, data_folder: Path
) -> None:
    await towns.add("xa-mau", 0)
    await towns.add("xa-khac", 1)
    environment = {
        "LOABAN_CONFIG": "",
        "LOABAN_DATA__FOLDER": str(data_folder),
        "LOABAN_DATABASE__URL": towns.settings.database_url,
        "LOABAN_TOKEN_KEY": towns.settings.token_key.get_secret_value(),
        "COLUMNS": "300",
    }
    told = [
        (await asyncio.to_thread(CliRunner().invoke, app, ["remove", name], env=environment)).output
        for name in ("xa-mau", "xa-khac")
    ]
    assert "an address that ends with /xa-mau, write /xa-khac there" in " ".join(told[0].split())
    assert "console" not in told[1], "it was the last one"


async def test_accounts_of_one_app_need_their_numbers(towns: Towns, tmp_path: Path) -> None:
    await towns.add("xa-mau", 0, oa_id="")
    with pytest.raises(BadAccount, match="set oa_id of 'xa-mau' first"):
        await towns.add("xa-khac", 1)
    nameless = {**towns.settings_of("xa-khac", 1), "oa_id": ""}
    both = {"accounts": [towns.settings_of("xa-mau", 0), nameless]}
    (tmp_path / "config.toml").write_text(tomli_w.dumps(both), "utf-8")
    with pytest.raises(ConfigFaults, match="set oa_id of 'xa-khac'"):
        load({"LOABAN_TOKEN_KEY": Fernet.generate_key().decode()}, tmp_path)
