"""An admin's consent gives an account its token back, at once, and to nobody else's account."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp.test_utils import unused_port
from cryptography.fernet import Fernet

from bot.account_register import Register
from bot.config import Settings, load
from bot.consent import Consents, Invitation
from bot.sealing import Seal
from bot.web import serve
from bot.wiring import House, build, now
from content.library import Library
from storage.database import Database
from storage.migrate import migrate
from storage.tokens import TokenBook
from tests.emulators.zalo_oa import TOKEN_PATH, Emulator
from tests.emulators.zalo_oa_control import ZaloOAControl

KEY = Fernet.generate_key().decode()


@dataclass
class Town:
    """The running web of one process, the emulator, and the operator's command in another."""

    emulator: Emulator
    session: aiohttp.ClientSession
    settings: Settings
    house: House
    address: str

    def control(self, number: int = 0) -> ZaloOAControl:
        oa = self.emulator.platform.worlds[number].account.oa_id
        return ZaloOAControl(self.session, self.emulator.base, oa)

    async def add(self, name: str, number: int = 0, **more: str) -> None:
        """Add an account while the program runs; without a refresh_token, unless it is given."""
        account = self.emulator.platform.worlds[number].account
        settings = {
            "name": name,
            "platform": "zalo_oa",
            "app_id": account.app_id,
            "app_secret": account.app_secret,
            "oa_secret": account.oa_secret,
            "api_base": self.emulator.base,
            "oauth_base": self.emulator.base,
            **more,
        }
        await Register(self.house.database, self.settings).add(settings, at=now(), by="thử")
        await self.house.accounts.take_up()

    async def invite(self, name: str, **changes: Any) -> Invitation:
        """What `accounts consent` says, entered in the console."""
        register = Register(self.house.database, self.settings)
        means: dict[str, Any] = {
            "database": self.house.database,
            "session": self.session,
            "seal": Seal(KEY),
            "public_url": self.address,
            "clock": now,
        }
        asked = await Consents(register, **means | changes).invite(name)
        await self.control().do("console", callback=asked.callback, challenge=asked.challenge)
        return asked

    async def code(self, number: int = 0) -> str:
        return str((await self.control(number).do("console", consent=True))["code"])

    async def visit(self, url: str, **query: str) -> tuple[int, str]:
        """Open an address as a browser does; return the last status and page."""
        async with self.session.get(url, params=query or None) as answer:
            return answer.status, await answer.text()

    async def back(self, name: str, **query: str) -> tuple[int, str]:
        """Come back from the platform, as its redirect or a stranger makes a browser do."""
        return await self.visit(f"{self.address}/oauth/{name}", **query)

    async def works(self, name: str, number: int = 0) -> bool:
        """Whether the running channel reaches its own Official Account."""
        health = await self.house.channels[name].check()
        own = self.emulator.platform.worlds[number].account.oa_id
        return health.ok and health.link.endswith(own)

    async def lose(self, name: str) -> None:
        """Let the account be as it is when the answer to a refresh was lost, hours ago."""
        async with self.house.database.begin() as tx:
            kept = await TokenBook().get(tx, name)
            assert kept is not None
            await TokenBook().lose(tx, name, kept, at=now())

    async def asked(self) -> int:
        return len(await self.control().calls(TOKEN_PATH))


@pytest.fixture
async def town(database_address: str, data_folder: Path, library: Library) -> AsyncIterator[Town]:
    database = Database.at(database_address)
    await migrate(database)
    await database.close()
    port = unused_port()
    address = f"http://127.0.0.1:{port}"
    settings = load(
        {
            "LOABAN_DATABASE__URL": database_address,
            "LOABAN_DATA__FOLDER": str(data_folder),
            "LOABAN_WEB__PUBLIC_URL": address,
            "PORT": str(port),
            "LOABAN_TOKEN_KEY": KEY,
        },
        data_folder,
    )
    async with (
        Emulator(oas=2, one_app=True) as emulator,
        aiohttp.ClientSession() as session,
        build(settings, library) as house,
    ):
        stop, ready = asyncio.Event(), asyncio.Event()
        serving = asyncio.create_task(serve(house, stop, lambda _: ready.set()))
        await asyncio.wait_for(ready.wait(), 10)
        yield Town(emulator, session, settings, house, address)
        stop.set()
        await serving


def code_of(link: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


async def test_the_first_consent_needs_no_refresh_token_and_no_restart(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, "bot")
    await town.add("xa-mau")
    health = await town.house.channels["xa-mau"].check()
    assert "python -m bot accounts consent xa-mau" in health.problem
    asked = await town.invite("xa-mau")
    assert asked.callback == f"{town.address}/oauth/xa-mau"
    assert not asked.sure
    async with town.session.get(asked.link) as answer:
        page, query = await answer.text(), answer.url.query
    assert answer.status == 200, page
    assert "Đã nối được" in page
    assert "Connected: UBND xã Mẫu" in page
    assert await town.works("xa-mau")
    async with town.house.database.read() as tx:
        kept = await TokenBook().get(tx, "xa-mau")
    assert kept is not None
    for secret in (query["code"], query["state"], Seal(KEY).open(kept.refresh)):
        assert secret not in page
        assert secret not in caplog.text
        assert secret not in repr(kept)
    status, page = await town.visit(asked.link)  # and the same link serves once
    assert status == 403
    assert await town.works("xa-mau")


async def test_a_lost_account_comes_back_by_the_consoles_own_link_where_its_number_is_known(
    town: Town,
) -> None:
    account = town.emulator.world.account
    await town.add("xa-mau", oa_id=account.oa_id, refresh_token=account.refresh_token)
    await town.invite("xa-mau")
    assert await town.works("xa-mau")
    async with town.house.database.begin() as tx:  # the hour of the invitation is long over
        await TokenBook().await_consent(tx, "xa-mau", until=now())
    code, before = await town.code(), await town.asked()
    status, page = await town.back("xa-mau", code=code)
    assert (status, await town.asked()) == (403, before), "a working account awaits no consent"
    assert "nothing was changed" in page
    assert (await town.back("xa-khac", code=code)) == (403, page), "names are not to be guessed"
    assert (await town.back("web", code=code)) == (403, page)
    await town.lose("xa-mau")
    await town.control().tokens(end="refresh")
    status, page = await town.back("xa-mau", code=code, oa_id=account.oa_id)
    assert status == 200, page
    assert await town.works("xa-mau")
    async with town.house.database.read() as tx:
        kept = await TokenBook().get(tx, "xa-mau")
    assert kept is not None
    assert kept.lost_at is None


async def test_where_the_number_is_unknown_only_the_operators_hour_lets_a_consent_in(
    town: Town,
) -> None:
    await town.add("xa-mau")
    status, _ = await town.back("xa-mau", code=await town.code())
    assert (status, await town.asked()) == (403, 0)
    await town.invite("xa-mau")
    status, _ = await town.back("xa-mau", code=await town.code())
    assert status == 200
    assert await town.works("xa-mau")
    await Register(town.house.database, town.settings).remove("xa-mau", at=now())
    async with town.house.database.read() as tx:
        assert await TokenBook().get(tx, "xa-mau") is None, "removed with all its secrets"


async def test_another_accounts_consent_attaches_nothing(town: Town) -> None:
    mine, other = (world.account for world in town.emulator.platform.worlds)
    await town.add("xa-mau", oa_id=mine.oa_id)
    await town.invite("xa-mau")
    for claimed in (other.oa_id, mine.oa_id, ""):
        status, page = await town.back("xa-mau", code=await town.code(1), oa_id=claimed)
        assert status == 403
        assert "quyền của một tài khoản khác" in page
    assert await town.asked() == 2, "who says so himself is not even asked about"
    async with town.house.database.read() as tx:
        assert await TokenBook().get(tx, "xa-mau") is None
    await town.add("xa-hai", 1, oa_id=other.oa_id)
    asked = await town.invite("xa-hai")
    assert asked.callback == f"{town.address}/oauth/xa-mau", "an app's console has one callback"
    status, page = await town.back("xa-mau", code=await town.code(1), oa_id=other.oa_id)
    assert status == 200, page
    assert await town.works("xa-hai", 1)
    assert not await town.works("xa-mau")


async def test_a_forged_or_old_link_is_refused_before_its_code_is_used(town: Town) -> None:
    await town.add("xa-mau", oa_id=town.emulator.world.account.oa_id)
    await town.add("xa-hai", 1, oa_id=town.emulator.platform.worlds[1].account.oa_id)
    old = code_of((await town.invite("xa-mau")).link)["state"]
    foreign = code_of((await town.invite("xa-hai")).link)["state"]
    other_key = Seal(Fernet.generate_key().decode())
    forged = code_of((await town.invite("xa-mau", seal=other_key)).link)["state"]
    state = code_of((await town.invite("xa-mau")).link)["state"]
    code = await town.code()
    for wrong in (old, foreign, forged, "xã", state[:-1]):
        status, page = await town.back("xa-mau", code=code, state=wrong)
        assert status == 403
        assert "đã cũ hoặc không phải của máy này" in page
    assert await town.asked() == 0
    url = f"{town.address}/oauth/xa-mau?code={code}&state={state}"
    async with town.session.head(url) as answer:  # as something that only looks ahead
        assert (answer.status, await town.asked()) == (405, 0)
    assert (await town.back("xa-mau", code=code, state=state))[0] == 200


async def test_a_declined_consent_is_told_as_such_and_another_may_follow(town: Town) -> None:
    await town.add("xa-mau")
    assert (await town.back("xa-mau", code="", error="access_denied"))[0] == 403, "not asked for"
    await town.invite("xa-mau")
    status, page = await town.back("xa-mau", code="", error="access_denied")
    assert (status, "không đồng ý cấp quyền" in page, "đã dùng rồi" in page) == (400, True, False)
    status, page = await town.back("xa-mau", code="", error="server_error")
    assert (status, "sau ít phút" in page) == (503, True)
    assert (await town.back("xa-mau", code=await town.code()))[0] == 200


async def test_used_and_late_codes_get_a_page_that_tells_the_way_on(town: Town) -> None:
    await town.add("xa-mau")
    await town.invite("xa-mau")
    used, late = await town.code(), await town.code()
    assert (await town.back("xa-mau", code=used))[0] == 200
    await town.control().move(11 * 60)
    asked = await town.invite("xa-mau")
    for code in (used, late, "made-up-by-a-stranger", "", "<b>not a code</b>"):
        status, page = await town.back("xa-mau", code=code)
        assert status == 400
        assert "Mời cấp quyền lại từ đầu" in page
        assert "onsent again" in page or "accounts consent" in page
        assert "<b>" not in page
    await town.control().fault("reset", path=TOKEN_PATH, accepted=True)
    status, page = await town.visit(asked.link)
    assert (status, "consent again" in page) == (503, True)
    await town.control().fault("error", path="/v2.0/oa/getoa", error=-32)  # tried again
    assert (await town.visit(asked.link))[0] == 200
