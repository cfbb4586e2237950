"""Asking for notices, getting one, stopping them: on every platform, from a phone there.

The program is whole but for its processes: its database, errands, outbox, sender and clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp import web

from bot.account_settings import Account
from bot.wiring import House, now
from storage.broadcasts import Broadcasts, Draft, Phase
from tests.channels.rig import Rig, open_rig
from tests.channels.rigs import RIGS
from tests.emulators.phones import Phone, WebPhone, ZaloOAPhone
from tests.emulators.serving import Server
from tests.handlers.notices import again, sending

PATIENCE = 20.0
PLATFORMS = {
    "telegram, webhook": "telegram",
    "zalo_bot, webhook": "zalo_bot",
    "zalo_oa, webhook": "zalo_oa",
}
"""Which rig is of which platform; the web chat is the house's own."""


@dataclass
class Line:
    """A phone whose words come to the house, and on which its messages come."""

    house: House
    phone: Phone

    async def hears(self, words: str, *, before: int = 0) -> str:
        """Wait for a message with these words after the first `before`; return it."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for shown in (await self.phone.screen())[before:]:
                    if words in shown.text:
                        return shown.text
                await asyncio.sleep(0.05)

    async def say(self, words: str, hears: str) -> str:
        before = len(await self.phone.screen())
        await self.phone.write(words)
        return await self.hears(hears, before=before)

    async def send(self, text: str) -> int:
        """A notice from two people, to its end; its number."""
        book, at = Broadcasts(), now()
        async with self.house.database.begin() as tx:
            number = await book.write(tx, Draft(text), by="Lan", at=at)
            await book.submit(tx, number, by="Lan", at=at)
            await book.approve(tx, number, by="Minh", at=at)
        await self.ends(number)
        return number

    async def ends(self, number: int) -> None:
        """Wait until everybody has what becomes of it."""
        async with asyncio.timeout(PATIENCE):
            while (await again(self.house, number)).phase is not Phase.FINISHED:
                await self.house.clock.broadcasts()
                await asyncio.sleep(0.05)


@asynccontextmanager
async def on_rig(house: House, name: str) -> AsyncIterator[Line]:
    """What comes into the rig goes on to the house, and the house sends through its channel."""
    async with open_rig(RIGS[name]) as rig:
        account = Account.model_construct(
            name=rig.channel.account, platform=PLATFORMS[name], unit="xa-mau"
        )
        house.accounts.put(account, rig.channel)
        pump = asyncio.create_task(_pump(house, rig))
        try:
            yield Line(house, rig.phone)
        finally:
            house.accounts.channels.pop(rig.channel.account)
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)


async def _pump(house: House, rig: Rig) -> None:
    while True:
        while came := rig.store.taken or rig.store.echoes:
            await house.accept(came.pop(0))
        rig.store.news.clear()
        await rig.store.news.wait()


@asynccontextmanager
async def on_the_web(house: House) -> AsyncIterator[Line]:
    app = web.Application()
    app.add_routes(house.web_chat.routes())
    app.on_shutdown.append(house.web_chat.hang_up)
    jar = aiohttp.CookieJar(unsafe=True)
    async with Server(app) as site, aiohttp.ClientSession(cookie_jar=jar) as session:
        phone = WebPhone(session, site.base)
        await phone.open()
        yield Line(house, phone)


@pytest.mark.parametrize("name", [*PLATFORMS, "web_chat"])
async def test_who_asks_for_notices_gets_them_until_they_say_stop(house: House, name: str) -> None:
    where = on_the_web(house) if name == "web_chat" else on_rig(house, name)
    async with where as line, sending(house):
        await line.say("đăng ký", "muốn nhận tin")
        await line.say("1", "Đã ghi")
        await line.send("Sáng mai tiêm phòng cho trẻ.")
        shown = await line.hears("Sáng mai tiêm phòng cho trẻ.")
        assert "nhắn DỪNG" in shown
        await line.say("DỪNG", "Đã dừng")
        await line.send("Chiều mai họp thôn.")
        screen = [one.text for one in await line.phone.screen()]
        assert sum("Sáng mai tiêm phòng" in text for text in screen) == 1, "once"
        assert not any("Chiều mai họp thôn" in text for text in screen), "none after the stop"


async def test_zalo_tells_that_a_notice_came_and_it_is_counted_once(house: House) -> None:
    async with on_rig(house, "zalo_oa, webhook") as line, sending(house):
        assert isinstance(line.phone, ZaloOAPhone)
        await line.phone.control.options(echoes=True)  # received, then seen
        await line.say("đăng ký", "muốn nhận tin")
        await line.say("1", "Đã ghi")
        number = await line.send("Sáng mai tiêm phòng cho trẻ.")
        async with asyncio.timeout(PATIENCE):
            while not (await again(house, number)).arrived:
                await asyncio.sleep(0.05)
        await line.say("DỪNG", "Đã dừng")
        it = await again(house, number)
        assert (it.arrived, it.opted_out) == (1, 1)
        await line.say("đăng ký", "muốn nhận tin")
        await line.say("DỪNG", "")
        assert (await again(house, number)).opted_out == 1, "only a yes that ends counts"


async def test_the_button_below_a_notice_stops_them_too(house: House) -> None:
    async with on_the_web(house) as line, sending(house):
        await line.say("dang ky", "muốn nhận tin")
        await line.say("1", "Đã ghi")
        await line.send("Sáng mai tiêm phòng cho trẻ.")
        await line.hears("Sáng mai tiêm phòng cho trẻ.")
        await line.phone.tap("Dừng nhận tin")
        await line.hears("Đã dừng")
