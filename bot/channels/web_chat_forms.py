"""What a phone sends to the web chat: who it is, whether its own page sent it, and what it says."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

from aiohttp import BodyPartReader, web

from bot.channels.channel import Refused
from handlers.messages import Kind

COOKIE = "loaban_chat"
TEXT_LIMIT = 2_000  # letters of one message; the page says so before
FORM_BYTES = 64_000

_SECRET = re.compile(r"[A-Za-z0-9_-]{22,64}")
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_UNIT = re.compile(r"[a-z0-9-]{0,40}(?:_[a-z0-9-]{1,60})?")
_ACTION = re.compile(r"[A-Za-z0-9:._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Form:
    """One message or one press of a button. `id` is unique on the phone that made it.

    Who sends none cannot send the same message again and be heard once.
    """

    text: str
    action: str | None
    id: str
    unit: str
    file: bytes = b""

    @classmethod
    async def read(cls, request: web.Request, largest: int = 0) -> Form:
        """Raises Refused, with the key of the words for it, when it is not a form or too long.

        With a file it may have `largest` bytes more.
        """
        if largest and request.content_type == "multipart/form-data":
            return await cls._parts(request, largest)
        if request.content_type != "application/x-www-form-urlencoded":
            raise Refused(415, "web.error.form")
        try:
            await request.content.readexactly(FORM_BYTES + 1)
        except asyncio.IncompleteReadError as whole:
            body = whole.partial.decode("ascii", "replace")
        else:
            raise Refused(413, "web.error.too_long")
        try:
            fields = parse_qs(body, keep_blank_values=True, max_num_fields=20, errors="replace")
        except ValueError:
            raise Refused(400, "web.error.form") from None
        return cls._of({name: values[0] for name, values in fields.items()})

    @classmethod
    async def _parts(cls, request: web.Request, largest: int) -> Form:
        """Read piece by piece, so that nobody can send more than may be kept."""
        fields: dict[str, str] = {}
        file = b""
        try:
            async for part in await request.multipart():
                if not isinstance(part, BodyPartReader) or len(fields) > 20:
                    raise Refused(400, "web.error.form")
                content = await _whole(part, largest if part.filename is not None else FORM_BYTES)
                if part.filename is None:
                    fields.setdefault(part.name or "", content.decode("utf-8", "replace"))
                else:
                    file = file or content
        except (ValueError, AssertionError, LookupError):  # the reader's, for what is no form
            raise Refused(400, "web.error.form") from None
        return replace(cls._of(fields), file=file)

    @classmethod
    def _of(cls, first: dict[str, str]) -> Form:
        return cls(
            text=first.get("text", "").replace("\r\n", "\n").replace("\x00", "").strip(),
            action=first.get("action"),
            id=first.get("id") or new_secret(),
            unit=_unit(first.get("unit", "")),
        )

    def said(self) -> tuple[Kind, str]:
        """What it says, checked. Raises Refused."""
        if not _ID.fullmatch(self.id):
            raise Refused(400, "web.error.form")
        if self.action is not None:
            if not _ACTION.fullmatch(self.action):
                raise Refused(400, "web.error.action")
            return Kind.BUTTON, self.action
        if not self.text:
            raise Refused(400, "web.error.empty")
        if len(self.text) > TEXT_LIMIT:
            raise Refused(413, "web.error.too_long")
        return Kind.TEXT, self.text


async def _whole(part: BodyPartReader, most: int) -> bytes:
    content = bytearray()
    while piece := await part.read_chunk(64 * 1024):
        content += piece
        if len(content) > most:
            raise Refused(413, "web.error.file_too_large")
    return bytes(content)


def new_secret() -> str:
    """192 random bits: the key to a conversation, or the id of a form."""
    return secrets.token_urlsafe(24)


def chat_of(secret: str) -> str:
    """The chat of a cookie, as the house knows it: a digest, so that no table holds a key to it.

    Empty when the text is no cookie of ours.
    """
    return hashlib.sha256(secret.encode()).hexdigest() if _SECRET.fullmatch(secret) else ""


def unit_of(request: web.Request) -> str:
    """What the printed code or link says that brought them here (`/?xa=`): a unit's code, perhaps
    with the name of a card behind it; or ""."""
    return _unit(request.query.get("xa", ""))


def same_site(request: web.Request) -> None:
    """Refuse what another site's page makes a browser send; old browsers say less, or nothing."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    foreign = origin is not None and urlsplit(origin).netloc != request.host
    if site not in {"same-origin", "none"} if site else foreign:
        raise Refused(403, "web.error.cross_site")


def wants_json(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _unit(code: str) -> str:
    return code if _UNIT.fullmatch(code) else ""
