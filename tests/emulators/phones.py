"""A person's phone on each platform: what they can do there and what they see, by the same verbs.

Each speaks to an emulator by its address alone, which may be another process.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import aiohttp

from handlers.messages import Kind, MediaKind
from tests.emulators.telegram_control import TelegramControl
from tests.emulators.zalo_bot_control import ZaloBotControl
from tests.emulators.zalo_oa_control import ZaloOAControl
from tests.emulators.zalo_oa_villagers import PIXEL, SAMPLES

AMR = SAMPLES["audio"][0]

PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class Shown:
    """One message of ours on a person's screen; `buttons` are labels."""

    text: str
    buttons: tuple[str, ...] = ()
    media: frozenset[MediaKind] = frozenset()


class Phone(Protocol):
    """One person's phone. `sends` is what they can send besides words."""

    sends: frozenset[Kind]

    async def write(self, text: str) -> None: ...

    async def send(self, kind: Kind, content: bytes = b"") -> None:
        """Send such a thing; without `content` it may be none that can be fetched."""

    async def tap(self, label: str) -> None:
        """Tap the newest button that says this."""

    async def block(self) -> None:
        """Have nothing more to do with us."""

    async def again(self) -> None:
        """What came last from this phone is delivered once more."""

    async def screen(self, at_least: int = 0, patience: float = PATIENCE) -> list[Shown]:
        """What we said, oldest first, once it is so much or `patience` seconds are over."""


class TelegramPhone:
    """A private chat with the bot."""

    sends = frozenset({Kind.VOICE, Kind.IMAGE})

    def __init__(self, session: aiohttp.ClientSession, base: str, chat: int) -> None:
        self.control = TelegramControl(session, base)
        self._chat, self._last = chat, 0

    async def write(self, text: str) -> None:
        self._last = await self.control.say(self._chat, text)

    async def send(self, kind: Kind, content: bytes = b"") -> None:
        name = "voice" if kind is Kind.VOICE else "photo"
        self._last = await self.control.attach(self._chat, name, **_base64("content", content))

    async def tap(self, label: str) -> None:
        for sent in reversed(await self.control.sent(self._chat)):
            for button in _keyboard(sent.message):
                if button["text"] == label:
                    data = button["callback_data"]
                    await self.control.press(self._chat, sent.message_id, data)
                    return
        raise LookupError(label)

    async def block(self) -> None:
        await self.control.block(self._chat)

    async def again(self) -> None:
        await self.control.resend(self._last)

    async def standing(self) -> list[str]:
        """The words of the bot that stand in the chat now: what was deleted or changed is gone."""
        return await self.control.standing(self._chat)

    async def screen(self, at_least: int = 0, patience: float = PATIENCE) -> list[Shown]:
        asked = {"chat": self._chat, "at_least": at_least, "timeout": patience}
        fields = {
            "photo": MediaKind.IMAGE,
            "voice": MediaKind.AUDIO,
            "audio": MediaKind.AUDIO,
            "document": MediaKind.FILE,
        }
        return [
            Shown(
                sent["text"],
                tuple(button["text"] for button in _keyboard(sent["message"])),
                frozenset(kind for field, kind in fields.items() if field in sent["message"]),
            )
            for sent in await self.control.do("sent", **asked)
        ]


def _base64(name: str, content: bytes) -> dict[str, str]:
    return {name: base64.b64encode(content).decode()} if content else {}


def _keyboard(message: dict[str, Any]) -> list[dict[str, Any]]:
    return list(chain.from_iterable(message.get("reply_markup", {}).get("inline_keyboard", [])))


class ZaloBotPhone:
    """A private chat with the bot, which has no buttons."""

    sends = frozenset({Kind.VOICE, Kind.IMAGE})

    def __init__(self, session: aiohttp.ClientSession, base: str, chat: str) -> None:
        self.control = ZaloBotControl(session, base)
        self._chat, self._last = chat, ""

    async def write(self, text: str) -> None:
        self._last = await self.control.say(self._chat, text)

    async def send(self, kind: Kind, content: bytes = b"") -> None:
        name = "voice" if kind is Kind.VOICE else "image"
        self._last = await self.control.attach(self._chat, name, **_base64("file", content))

    async def tap(self, label: str) -> None:
        raise LookupError(label)

    async def block(self) -> None:
        await self.control.block(self._chat)

    async def again(self) -> None:
        await self.control.resend(self._last)

    async def screen(self, at_least: int = 0, patience: float = PATIENCE) -> list[Shown]:
        asked = {"chat": self._chat, "who": "bot", "at_least": at_least, "timeout": patience}
        media = {"image": MediaKind.IMAGE, "voice": MediaKind.AUDIO}
        return [
            Shown(
                one["text"], media=frozenset({media[one["kind"]]} if one["kind"] in media else ())
            )
            for one in await self.control.do("screen", **asked)
        ]


class ZaloOAPhone:
    """A talk with the Official Account."""

    sends = frozenset({Kind.VOICE, Kind.IMAGE})

    def __init__(self, session: aiohttp.ClientSession, base: str, user: str) -> None:
        self.control = ZaloOAControl(session, base)
        self._user = user

    async def write(self, text: str) -> None:
        await self.control.say(self._user, text)

    async def send(self, kind: Kind, content: bytes = b"") -> None:
        name = "audio" if kind is Kind.VOICE else "image"
        await self.control.attach(self._user, name, **_base64("content", content))

    async def tap(self, label: str) -> None:
        await self.control.tap(self._user, label)

    async def block(self) -> None:
        """They follow no longer, and the Official Account may write to followers alone."""
        await self.control.options(cs_needs_follower=True)
        await self.control.follow(self._user, on=False)

    async def again(self) -> None:
        await self.control.do("resend")

    async def screen(self, at_least: int = 0, patience: float = PATIENCE) -> list[Shown]:
        asked = {"user": self._user, "at_least": at_least, "timeout": patience}
        media = {"image": MediaKind.IMAGE, "list": MediaKind.IMAGE, "file": MediaKind.FILE}
        return [
            Shown(
                one["text"],
                tuple(button["title"] for button in one["buttons"]),
                frozenset({media[one["kind"]]} if one["kind"] in media else ()),
            )
            for one in await self.control.do("sent", **asked)
        ]


class WebPhone:
    """A browser on the web chat, as its page's script speaks. `session` keeps its cookie."""

    sends = frozenset({Kind.VOICE, Kind.IMAGE})

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self.session, self.base = session, base
        self._form: dict[str, str] = {}

    async def open(self) -> None:
        """Open the page, which gives the cookie and greets."""
        async with self.session.get(f"{self.base}/") as page:
            assert page.status == 200

    async def write(self, text: str) -> None:
        await self._post(text=text)

    async def send(self, kind: Kind, content: bytes = b"") -> None:
        """By the form that needs no script."""
        form = aiohttp.FormData({"id": secrets.token_hex(8), "unit": ""})
        content = content or (AMR if kind is Kind.VOICE else PIXEL)
        form.add_field("file", content, filename="x", content_type="application/octet-stream")
        async with self.session.post(f"{self.base}/chat", data=form, allow_redirects=False) as sent:
            assert sent.status in {200, 303}, await sent.text()

    async def tap(self, label: str) -> None:
        for line in reversed(await self._lines()):
            for shown, action, _ in line["buttons"]:
                if shown == label:
                    await self._post(action=action)
                    return
        raise LookupError(label)

    async def block(self) -> None:
        async with self.session.post(f"{self.base}/chat/leave") as left:
            assert left.status == 200

    async def again(self) -> None:
        await self._post(**self._form)

    async def screen(self, at_least: int = 0, patience: float = PATIENCE) -> list[Shown]:
        found = await until(self._lines, at_least, patience)
        return [
            Shown(
                "\n".join(
                    "".join(p if isinstance(p, str) else p[0] for p in pieces)
                    for _, pieces in line["rows"]
                ),
                tuple(label for label, *_ in line["buttons"]),
                frozenset(MediaKind(kind) for kind, *_ in line["media"]),
            )
            for line in found
        ]

    async def _lines(self) -> list[dict[str, Any]]:
        asked = f"{self.base}/chat/messages?after=1"
        async with self.session.get(asked) as news:
            return [line for line in (await news.json())["lines"] if not line["mine"]]

    async def _post(self, **form: str) -> None:
        self._form = {"id": secrets.token_hex(8), **form}
        headers = {"Accept": "application/json"}
        async with self.session.post(f"{self.base}/chat", data=self._form, headers=headers) as said:
            assert said.status == 200, await said.text()


async def until(
    look: Callable[[], Awaitable[list[Any]]], at_least: int, patience: float
) -> list[Any]:
    """Look again and again until there is so much, or `patience` seconds are over."""
    end = asyncio.get_running_loop().time() + patience
    while len(found := await look()) < at_least and asyncio.get_running_loop().time() < end:
        await asyncio.sleep(0.05)
    return found
