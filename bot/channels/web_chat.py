"""The web chat: a page where people write without an account; storing and answering is others'.

The page takes its messages from the conversation's transcript, so sending means only that the
transcript has them. `web_chat_forms.py` reads what comes, `web_chat_pages.py` shows what is said.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from aiohttp import web

from bot.channels.channel import Accept, FetchGone, Health, Refused
from bot.channels.web_chat_forms import (
    COOKIE,
    TEXT_LIMIT,
    Form,
    chat_of,
    new_secret,
    same_site,
    unit_of,
    wants_json,
)
from bot.channels.web_chat_limits import WINDOW, Bounds, Turnstile
from bot.channels.web_chat_needs import Transcripts, Uploads
from bot.channels.web_chat_pages import SOUNDS, TYPES, YEAR, Line, Page, cached, micros
from handlers.messages import Address, Attachment, Capabilities, Incoming, Kind, MediaKind, Reply

__all__ = ["Line", "WebChat"]

log = logging.getLogger(__name__)

BEAT = 15.0  # seconds between signs of life on a stream
PATIENCE = 3.0  # seconds that a form without scripts waits for its answer
# What was stored before the cursor may become visible after it: look back, the page drops doubles.
OVERLAP = timedelta(seconds=60)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none';"
    " object-src 'none'; form-action 'self'; frame-ancestors 'none'",
}

_MEDIA = re.compile(r"(?:pictograms|audio)(?:/[A-Za-z0-9_][A-Za-z0-9._-]*){1,4}")

DRAFT = web.RequestKey("draft", str)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WebChat:
    """One web chat, as `bot.channels.channel.Channel` wants it, and its routes.

    `accept` stores a message (False: it was stored before) and may be set after construction.
    `welcome` gives the first page for what a link said or "", `opened` what it named to be shown at
    once. `owner` says whose service it is.
    Without `uploads` the page offers to send no files.
    Put `hang_up` on the application's `on_shutdown`, so that open streams do not hold it up.
    """

    speed = None
    capabilities = Capabilities(
        text_length=3000,
        buttons=12,
        button_label_length=80,
        media=frozenset(MediaKind),
        sounds=SOUNDS,
    )

    def __init__(
        self,
        *,
        account: str,
        transcripts: Transcripts,
        texts: Callable[..., str],
        welcome: Callable[[str], Reply],
        opened: Callable[[str], Reply | None] = lambda _: None,
        read_media: Callable[[str], Awaitable[bytes]],
        clock: Callable[[], datetime],
        secure: bool,
        owner: str = "",
        uploads: Uploads | None = None,
        bounds: Bounds = Bounds(),  # noqa: B008 - frozen
        accept: Callable[[Incoming], Awaitable[bool]] | None = None,
        new_secret: Callable[[], str] = new_secret,
        beat: float = BEAT,
        patience: float = PATIENCE,
    ) -> None:
        self.account = account
        self.accept = accept
        self._transcripts, self._texts, self._welcome = transcripts, texts, welcome
        self._opened = opened
        self._read_media, self._clock, self._secure = read_media, clock, secure
        self._new_secret, self._beat, self._patience = new_secret, beat, patience
        self._uploads, self._turnstile = uploads, Turnstile(bounds, clock)
        megabytes = uploads.limit // 1024**2 if uploads else 0
        self._page = Page(
            texts=texts, clock=clock, owner=owner, limit=TEXT_LIMIT, megabytes=megabytes
        )
        self._closing = asyncio.Event()

    # The channel

    async def open(self) -> None:
        """Take streams again."""
        self._closing.clear()

    async def close(self) -> None:
        await self.hang_up()

    async def hang_up(self, _: object = None) -> None:
        """End all open streams; the pages come back by themselves."""
        self._closing.set()

    async def receive(self, headers: Mapping[str, str], body: bytes) -> list[Incoming]:
        raise Refused(404, "the web chat has no webhook")

    async def poll(self, accept: Accept) -> None:
        """Nothing to fetch: the page posts."""

    async def send(self, address: Address, reply: Reply) -> str:
        """The page takes it from the transcript as soon as delivery has marked it."""
        return "web"

    async def fetch(self, reference: str, *, at_most: int) -> bytes:
        """What was sent over the page is ours already. Raises FetchFailed."""
        if self._uploads is None:
            raise FetchGone("no uploads are kept")
        return await self._uploads.fetch(reference, at_most=at_most)

    async def check(self) -> Health:
        return Health(ok=True, link="/", unit_link="/?xa={unit}")

    # The page

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._answering(self._open_page)),
            web.post("/chat", self._answering(self._say)),
            web.post("/chat/leave", self._answering(self._leave)),
            web.get("/chat/messages", self._answering(self._messages)),
            web.get("/chat/stream", self._answering(self._stream)),
            web.get("/media/{name:.+}", self._answering(self._media)),
            web.get("/static/{name}", self._answering(self._file)),
            web.get("/favicon.ico", self._answering(self._file)),
        ]

    def _answering(self, handler: Handler) -> Handler:
        """Whatever breaks, the person gets words, and their phone knows whether to try again."""

        @functools.wraps(handler)
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                response = await handler(request)
            except Refused as refusal:
                response = await self._apologize(request, refusal)
            except (web.HTTPException, ConnectionError):
                raise
            except Exception:  # a person gets words, whatever broke; the log has the rest
                log.exception("%s %s broke", request.method, request.path)
                response = await self._apologize(request, Refused(503, "web.error.again"))
            if not response.prepared:
                for name, value in {**HEADERS, "Cache-Control": "no-store"}.items():
                    response.headers.setdefault(name, value)
            return response

        return answer

    async def _apologize(self, request: web.Request, refusal: Refused) -> web.Response:
        megabytes = self._uploads.limit // 1024**2 if self._uploads else 0
        told = {"limit": TEXT_LIMIT, "megabytes": megabytes, "minutes": WINDOW.seconds // 60}
        words = self._texts(refusal.reason, **told)
        if request.path.startswith(("/media/", "/static/")):
            return web.Response(status=refusal.status, text=words)
        if wants_json(request):
            return web.json_response(
                {"error": words, "code": refusal.reason}, status=refusal.status
            )
        chat = chat_of(request.cookies.get(COOKIE, "")) if refusal.status < 500 else ""
        lines: list[Line] = []
        try:
            lines = await self._transcripts.last(chat) if chat else []
        except Exception:  # the refusal matters more than the conversation around it
            log.exception("a refusal is shown without the conversation")
        draft = request.get(DRAFT, "")
        return self._conversation(request, lines, status=refusal.status, notice=words, draft=draft)

    async def _open_page(self, request: web.Request) -> web.Response:
        """The page as it stands. Writes nothing: a phone that only looks leaves no trace."""
        chat = chat_of(request.cookies.get(COOKIE, ""))
        response = self._conversation(request, await self._transcripts.last(chat) if chat else [])
        self._remember(response, request.cookies[COOKIE] if chat else self._new_secret())
        return response

    def _conversation(self, request: web.Request, lines: list[Line], **more: Any) -> web.Response:
        unit = unit_of(request)
        return self._page.conversation(
            lines,
            welcome=self._welcome(unit),
            opened=self._opened(unit),
            new_id=self._new_secret(),
            unit=unit,
            **more,
        )

    # What they say

    async def _say(self, request: web.Request) -> web.Response:
        """Take one message or one press of a button, once, however often it is sent."""
        same_site(request)
        secret = request.cookies.get(COOKIE, "")
        known, upload = chat_of(secret), request.content_type == "multipart/form-data"
        if upload:  # before its bytes come
            self._turnstile.take(request, known, upload=True)
        form = await Form.read(request, self._uploads.limit if self._uploads else 0)
        request[DRAFT] = form.text
        if not upload:  # now the refusal can hand the words back
            self._turnstile.take(request, known, upload=False)
        file = await self._uploads.keep(form.file) if self._uploads and form.file else None
        kind, said = (file.kind, form.text) if file else form.said()
        if not known:
            if wants_json(request):
                raise Refused(400, "web.error.cookie")
            secret = self._new_secret()
        chat = chat_of(secret)
        await self._greet(chat, form.unit)
        # The words are part of the id: an old page that the phone kept may send new words under it.
        whole = f"{chat}\n{form.id}\n{kind}\n{said}".encode() + form.file
        once = hashlib.sha256(whole).hexdigest()
        stored = await self._take(chat, once, kind, said, (file,) if file else ())
        if self._uploads and file and not stored:  # the first copy is here
            await self._uploads.drop(file.reference)
        if wants_json(request):
            return web.json_response({"stored": stored})
        await self._answered(chat)
        if not known:
            # Whether this phone keeps cookies is not known: show the answer at once.
            response = self._conversation(request, await self._transcripts.last(chat))
            self._remember(response, secret)
            return response
        return web.Response(status=303, headers={"Location": "/#cuoi"})

    async def _greet(self, chat: str, unit: str) -> None:
        """Store the welcome before a first message, and anew when they come for another unit."""
        if not await self._transcripts.last(chat):
            await self._take(chat, f"start:{chat}", Kind.START, unit)
        elif unit:
            await self._take(chat, f"start:{chat}:{unit}", Kind.START, unit)

    async def _take(
        self,
        chat: str,
        message_id: str,
        kind: Kind,
        text: str,
        attachments: tuple[Attachment, ...] = (),
    ) -> bool:
        if self.accept is None:
            raise RuntimeError("WebChat.accept was never set: bot/wiring.py must set it")
        address = Address(self.account, chat)
        return await self.accept(
            Incoming(
                address,
                message_id,
                kind,
                sender=chat,
                sent_at=self._clock(),
                text=text,
                attachments=attachments,
            )
        )

    async def _answered(self, chat: str) -> None:
        """Wait until the last word is ours, but not for long: the page can say that it comes."""
        end = asyncio.get_running_loop().time() + self._patience
        while (left := end - asyncio.get_running_loop().time()) > 0:
            heard = self._transcripts.mark(chat)
            lines = await self._transcripts.last(chat)
            if lines and not lines[-1].from_person:
                return
            await self._transcripts.changed(chat, heard, left)

    async def _leave(self, request: web.Request) -> web.Response:
        """Forget the conversation on this phone: nobody can open it here again."""
        same_site(request)
        response = web.Response(status=303, headers={"Location": "/"})
        self._remember(response, self._new_secret())
        return response

    def _remember(self, response: web.Response, secret: str) -> None:
        response.set_cookie(
            COOKIE, secret, max_age=YEAR, httponly=True, samesite="Lax", secure=self._secure
        )

    # What they hear

    async def _messages(self, request: web.Request) -> web.Response:
        """News since `after`, for phones that cannot hold a stream open."""
        if not (chat := chat_of(request.cookies.get(COOKIE, ""))):
            return web.json_response({"lines": [], "cursor": 0})
        return web.json_response(await self._news(chat, self._cursor(request), set()))

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """News as server-sent events, until the phone or the server goes."""
        if not (chat := chat_of(request.cookies.get(COOKIE, ""))) or self._closing.is_set():
            return web.Response(status=503 if chat else 204)
        headers = {**HEADERS, "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        response.content_type = "text/event-stream"
        await response.prepare(request)
        cursor, known = self._cursor(request), set[str]()
        try:
            await response.write(b"retry: 3000\n\n")
            while not self._closing.is_set():
                heard = self._transcripts.mark(chat)
                news = await self._news(chat, cursor, known)
                if any(len(line) > 1 for line in news["lines"]):
                    cursor = news["cursor"]
                    event = f"id: {cursor}\ndata: {json.dumps(news, ensure_ascii=False)}\n\n"
                    await response.write(event.encode())
                elif await self._quiet(chat, heard):
                    # The comment is for proxies; a script can hear only the event.
                    await response.write(b": still here\nevent: beat\ndata: 1\n\n")
            await response.write_eof()
        except ConnectionError:
            pass  # the phone went; it comes back with its cursor
        except Exception:  # an answer has begun: all we can do is end it, and the page asks again
            log.exception("a stream broke")
        return response

    async def _quiet(self, chat: str, heard: int) -> bool:
        """Wait for news; return whether there were none for a whole beat."""
        news = asyncio.ensure_future(self._transcripts.changed(chat, heard, self._beat))
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait({news, closing}, return_when=asyncio.FIRST_COMPLETED)
            return news.done() and news.result() == heard
        finally:
            news.cancel()
            closing.cancel()
            await asyncio.gather(news, closing, return_exceptions=True)

    async def _news(self, chat: str, cursor: int, known: set[str]) -> dict[str, Any]:
        """The lines around and after the cursor; of those in `known` only keys, for the order."""
        after = datetime.fromtimestamp(cursor / 1_000_000, UTC) - OVERLAP
        lines = await self._transcripts.since(chat, after)
        shown = [{"key": x.key} if x.key in known else self._page.line(x) for x in lines]
        known.update(line.key for line in lines)
        return {"lines": shown, "cursor": max([cursor, *(micros(line.at) for line in lines)])}

    def _cursor(self, request: web.Request) -> int:
        """Where the phone stands; a new one, or one that makes no sense, stands at now."""
        given = request.headers.get("Last-Event-ID") or request.query.get("after", "")
        now = micros(self._clock())
        if not (given.isascii() and given.isdigit() and len(given) <= 17):
            return now
        return min(max(int(given), micros(datetime(2000, 1, 1, tzinfo=UTC))), now)

    async def _media(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        kind = TYPES.get(PurePosixPath(name).suffix.lower())
        if kind is None or not _MEDIA.fullmatch(name):
            raise Refused(404, "web.error.missing")
        try:
            content = await self._read_media(name)
        except FileNotFoundError:
            raise Refused(404, "web.error.missing") from None
        return cached(request, content, kind, seconds=24 * 3600)

    async def _file(self, request: web.Request) -> web.Response:
        response = self._page.file(request, request.match_info.get("name", "logo.svg"))
        if response is None:
            raise Refused(404, "web.error.missing")
        return response
