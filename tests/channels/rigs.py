"""The rigs of all platforms. A further channel adds its class here and its name to `RIGS`."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import aiohttp
from aiohttp import web
from cryptography.fernet import Fernet

from bot.channels.channel import FailedForGood, RetryAt, SendFailed, StopWriting, Uncertain
from bot.channels.web_chat import WebChat
from bot.file_checks import FileLimits
from bot.file_store import FileStore
from bot.sealing import Seal
from bot.token_keeping import TokenKeeping
from bot.uploads import Uploads
from handlers.messages import Button, Incoming, Kind, Reply
from storage.database import Database
from tests.channels import telegram_line, zalo_bot_line, zalo_oa_house
from tests.channels.letterbox import LetterboxChannel
from tests.channels.rig import CONTENT, Rig, read_media
from tests.databases import migrated
from tests.emulators import letterbox, phones, telegram, web_chat_house, zalo_bot, zalo_oa
from tests.emulators.letterbox import LetterboxPhone
from tests.emulators.phones import TelegramPhone, WebPhone, ZaloBotPhone, ZaloOAPhone
from tests.emulators.zalo_oa_hooks import signature
from tests.emulators.zalo_oa_line import CS, LAN, NOON

SECRET = "a_Secret-1"


class BotRig(Rig):
    """What both kinds of bots have in common: a token in each address, fetching or a webhook."""

    token: str
    control: Any

    def __init__(self, session: aiohttp.ClientSession, mode: str) -> None:
        super().__init__(session)
        self.mode = {"mode": mode}

    def choose_mode(self) -> dict[str, str]:
        """The settings of this mode."""
        hooked = {"webhook_secret": SECRET, "webhook_url": self.hook}
        return {**self.mode, **(hooked if self.mode["mode"] == "webhook" else {})}

    async def spoil(self, failure: type[SendFailed]) -> None:
        if failure is StopWriting:
            await self.phone.block()
            return
        fault: dict[str, Any] = {
            RetryAt: {"kind": "error", "status": 500},
            FailedForGood: {"kind": "error", "status": 400, "description": "Bad Request: no"},
            Uncertain: {"kind": "reset", "accepted": True},
        }[failure]
        await self.control.fault("sendMessage", **fault)

    async def echo(self) -> None:
        page = f"<html>no upstream for /bot{self.token}/sendMessage"
        refusal = f"Not Found: /bot{self.token}/sendMessage"
        for method in ("sendMessage", "getMe"):
            await self.control.fault(method, "malformed", status=502, body=page)
            await self.control.fault(method, "malformed", status=200, body=page)
            await self.control.fault(method, "error", status=404, description=refusal)
            await self.control.fault(method, "reset")

    async def expire(self) -> None:
        await self.control.settings(forget_files=True)

    async def dawdle(self) -> None:
        await self.control.settings(slow_files=60)

    async def revoke(self) -> None:
        await self.control.settings(revoked=True)


class TelegramRig(BotRig):
    token = telegram.TOKEN
    secrets = (telegram.TOKEN, telegram.TOKEN.partition(":")[2], SECRET)

    async def connect(self) -> None:
        self.emulator.world.chat(telegram_line.LAN)
        self.phone = phone = TelegramPhone(self.session, self.emulator.base, telegram_line.LAN)
        self.control = phone.control
        line = telegram_line.Line(self.emulator, self.session, self.control)
        self.channel = line.channel(read_media=read_media, **self.choose_mode())

    def make_emulator(self) -> telegram.Emulator:
        return telegram.Emulator()

    def request(self, words: str) -> tuple[dict[str, str], bytes]:
        person = {"id": telegram_line.LAN, "is_bot": False, "first_name": "Lan"}
        where = {"id": telegram_line.LAN, "type": "private"}
        message = {"message_id": 1, "date": int(time.time()), "chat": where, "from": person}
        body = {"update_id": 77, "message": {**message, "text": words}}
        return {"X-Telegram-Bot-Api-Secret-Token": SECRET}, json.dumps(body).encode()

    async def under_way(self) -> None:
        [menu] = await self.say(Reply("Bà con chọn", (Button("Trang đầu", "1:h", 0),)))
        await self.control.settings(latency=0.1)
        await self.phone.tap(menu.buttons[0])
        await self.store.holds(1)


class ZaloBotRig(BotRig):
    token = zalo_bot.TOKEN
    secrets = (zalo_bot.TOKEN, zalo_bot.TOKEN.partition(":")[2], SECRET)

    async def connect(self) -> None:
        self.emulator.world.chat(zalo_bot_line.LAN)
        self.phone = phone = ZaloBotPhone(self.session, self.emulator.base, zalo_bot_line.LAN)
        self.control = phone.control
        line = zalo_bot_line.Line(self.emulator, self.session, self.control, self.site)
        self.channel = line.channel(**self.choose_mode())

    def make_emulator(self) -> zalo_bot.Emulator:
        return zalo_bot.Emulator()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/media/{name:.+}", _content)]

    def request(self, words: str) -> tuple[dict[str, str], bytes]:
        person = {"id": zalo_bot_line.LAN, "is_bot": False}
        where = {"id": zalo_bot_line.LAN, "chat_type": "PRIVATE"}
        message = {"message_id": "m-1", "chat": where, "from": person, "text": words}
        event = {"event_name": "message.text.received", "message": message}
        body = json.dumps({"ok": True, "result": event}).encode()
        return {"X-Bot-Api-Secret-Token": SECRET}, body

    async def under_way(self) -> None:
        await self.control.fault("sendChatAction", "slow", seconds=0.2)
        await super().under_way()


async def _content(request: web.Request) -> web.Response:
    if (content := CONTENT.get(request.match_info["name"])) is None:
        raise web.HTTPNotFound
    kind = "audio/aac" if request.path.endswith(".aac") else "image/png"
    return web.Response(body=content, content_type=kind)


class ZaloOARig(Rig):
    """Its tokens are kept as the program keeps them, in a database."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        super().__init__(session)
        self._folder = tempfile.TemporaryDirectory()
        self._address = f"sqlite:///{self._folder.name}/loaban.db"
        self._database = Database.at(self._address)

    async def connect(self) -> None:
        account = self.emulator.world.account
        self.secrets = (account.app_secret, account.oa_secret, account.refresh_token)
        self.phone = phone = ZaloOAPhone(self.session, self.emulator.base, LAN)
        self.control = phone.control
        await self.control.do("clock", to=NOON)
        await self.control.webhook(self.hook)
        await migrated(self._address)
        self.house = zalo_oa_house.House(self.emulator, self.session, self.control)
        self.tokens = TokenKeeping(
            "xa-mau",
            database=self._database,
            seal=Seal(Fernet.generate_key().decode()),
            exchange=self.house.oauth().exchange,
            first=account.refresh_token,
            clock=self.house.now,
        )
        self.channel = self.house.channel(
            tokens=self.tokens, pictures=True, read_media=read_media, prove=account.app_secret
        )

    async def disconnect(self) -> None:
        await self._database.close()
        self._folder.cleanup()

    def make_emulator(self) -> zalo_oa.Emulator:
        return zalo_oa.Emulator()

    def request(self, words: str) -> tuple[dict[str, str], bytes]:
        account, stamp = self.emulator.world.account, str(int(self.house.now().timestamp() * 1000))
        event = {
            "app_id": account.app_id,
            "event_name": "user_send_text",
            "timestamp": stamp,
            "sender": {"id": LAN},
            "recipient": {"id": account.oa_id},
            "message": {"msg_id": "m-1", "text": words},
        }
        body = json.dumps(event).encode()
        mac = signature(account.app_id, body, stamp, account.oa_secret)
        return {"X-ZEvent-Signature": mac}, body

    async def spoil(self, failure: type[SendFailed]) -> None:
        if failure is StopWriting:
            await self.phone.block()
            return
        fault: dict[str, Any] = {
            RetryAt: {"kind": "error", "error": -200},
            FailedForGood: {"kind": "error", "error": -210},
            Uncertain: {"kind": "reset", "accepted": True},
        }[failure]
        await self.control.fault(path=CS, **fault)

    async def echo(self) -> None:
        self.secrets = (*self.secrets, token := await self.tokens.current())
        words = " ".join(self.secrets)
        for path in (CS, "/v2.0/oa/getoa"):
            await self.control.fault("status", path=path, status=502, body=words)
            await self.control.fault("malformed", path=path, body=words)
            body = json.dumps({"error": -204, "message": f"{token} {self.secrets[0]}"})
            await self.control.fault("malformed", path=path, body=body)
            await self.control.fault("reset", path=path)

    async def expire(self) -> None:
        await self.control.move(30 * 24 * 3600)

    async def dawdle(self) -> None:
        await self.control.options(slow_files=60)

    async def revoke(self) -> None:
        await self.control.tokens(end="access")
        await self.control.tokens(end="refresh")
        await self.control.move(3600)  # a fresh token that is refused would be another trouble


class WebRig(Rig):
    """The web chat is its own platform: nobody else can fail, refuse, or hold a key."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        super().__init__(session)
        self.talks = web_chat_house.House(lambda: datetime.now(UTC))
        self._stream: asyncio.Task[bytes] | None = None
        self._files = FileStore(f"memory://{id(self)}")
        self.channel = self._chat = WebChat(
            account="web",
            transcripts=self.talks,
            texts=web_chat_house.TEXTS,
            welcome=self.talks.welcome,
            read_media=read_media,
            clock=self.talks.clock,
            secure=False,
            uploads=Uploads(self._files, FileLimits(), self.talks.clock),
            accept=self.accept,
        )

    async def connect(self) -> None:
        self.phone = WebPhone(self.session, self.site)
        await self.phone.open()

    def routes(self) -> list[web.RouteDef]:
        return self._chat.routes()

    async def accept(self, one: Incoming) -> bool:
        if one.kind is Kind.START:  # who was not greeted yet is greeted in the talk
            return await self.talks.accept(one)
        return await super().accept(one)

    async def show(self, message: Reply) -> str:
        number = await super().show(message)
        await self.talks.tell(self.address.chat, message)  # delivery marks it sent
        return number

    async def expire(self) -> None:
        for name in await self._files.names("uploads"):
            await self._files.delete(name)

    async def under_way(self) -> None:
        stream = await self.session.get(f"{self.site}/chat/stream")
        assert stream.status == 200
        self._stream = asyncio.create_task(stream.read())

    async def is_idle(self) -> bool:
        assert self._stream is not None
        await asyncio.wait_for(self._stream, phones.PATIENCE)
        return await super().is_idle()


class LetterboxRig(Rig):
    secrets = (letterbox.KEY, letterbox.SECRET)

    async def connect(self) -> None:
        self.emulator.hook = self.hook
        self.phone = LetterboxPhone(self.emulator, "12")
        self.channel = LetterboxChannel(
            "thu",
            letterbox.KEY,
            api_base=self.emulator.base,
            webhook_secret=letterbox.SECRET,
            session=self.session,
            clock=lambda: datetime.now(UTC),
        )

    def make_emulator(self) -> letterbox.Emulator:
        return letterbox.Emulator()

    def request(self, words: str) -> tuple[dict[str, str], bytes]:
        return letterbox.request(words)

    async def spoil(self, failure: type[SendFailed]) -> None:
        if failure is StopWriting:
            await self.phone.block()
            return
        kinds = {RetryAt: "busy", FailedForGood: "refused", Uncertain: "lost"}
        self.emulator.mischief.append(kinds[failure])

    async def echo(self) -> None:
        self.emulator.mischief += ["echo"] * 8

    async def revoke(self) -> None:
        self.emulator.key = "another"

    async def under_way(self) -> None:
        self.emulator.latency = 0.2
        await super().under_way()


RIGS: dict[str, Callable[[aiohttp.ClientSession], Rig]] = {
    "telegram, fetching": partial(TelegramRig, mode="polling"),
    "telegram, webhook": partial(TelegramRig, mode="webhook"),
    "zalo_bot, fetching": partial(ZaloBotRig, mode="polling"),
    "zalo_bot, webhook": partial(ZaloBotRig, mode="webhook"),
    "zalo_oa, webhook": ZaloOARig,
    "web_chat": WebRig,
    "letterbox, webhook": LetterboxRig,
}
