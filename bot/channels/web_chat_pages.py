"""What the web chat shows: a conversation as a page or as JSON, and files that phones may keep."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web

from handlers.messages import Reply

PAGES = Path(__file__).parent.parent / "pages"
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
YEAR = 365 * 24 * 3600
SHORT_LABEL = 16  # letters that leave room for a neighbour on a phone 320 px wide
STILL_COMING = timedelta(seconds=60)  # after that the page says no more that an answer is coming
TYPES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
    ".aac": "audio/aac",
}
SOUNDS = frozenset(e for e, kind in TYPES.items() if kind.startswith("audio/"))
"""What browsers play. AMR is for the phone's own player."""

STATIC = {"chat.css": "text/css", "chat.js": "text/javascript", "logo.svg": "image/svg+xml"}
Pieces = list[str | tuple[str, str]]
_STEP = re.compile(r"(?:(?P<number>[0-9]{1,2}[.)])|[•\-–])\s")
_HEADING = re.compile(r"[^\n]{1,70}[^.!…,;:\s]")
# What can be tapped: sites, phone numbers (9 to 11 digits, 1800…, 1900…) and the hotlines.
_LINK = re.compile(
    r"(?<![0-9A-Za-zÀ-ỹ/.,+@-])(?:"
    r"(?P<web>https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]])"
    r"|(?P<site>(?:[a-z0-9-]+\.)+gov\.vn\b)"
    r"|(?P<phone>"
    r"(?=\+?(?:[ .-]?[0-9]){9,11}(?![ .-]?[0-9]))"
    r"(?:\+84[ .-]?|0)[0-9]{2,3}(?:[ .-]?[0-9]{2,4}){1,4}"
    r"|1[89]00(?:[ .]?[0-9]{2,4}){1,3}"
    r"|11[1-5]|156"
    r")(?![0-9A-Za-zÀ-ỹ/%]|[.,-][0-9]"
    r"|\s?(?:đồng|nghìn|ngàn|triệu|tỷ|người|ngày|tháng|tuổi|hộ|suất|km|kg|m2)\b))"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a conversation. `at` (UTC) is when it was stored or reached the person.

    `reply` is what we said, with its buttons; of the person's own lines `text` is what they wrote.
    """

    key: str
    from_person: bool
    text: str
    at: datetime
    reply: Reply | None = None


class Page:
    """Shows conversations in the words of `texts`. `clock` gives aware UTC times."""

    def __init__(
        self,
        *,
        texts: Callable[..., str],
        clock: Callable[[], datetime],
        owner: str,
        limit: int,
        megabytes: int,
    ) -> None:
        self._clock = clock
        self._static = {name: (PAGES / name).read_bytes() for name in STATIC}
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(PAGES), autoescape=True, trim_blocks=True
        )
        environment.globals.update(
            t=texts,
            rows=rows,
            owner=owner,
            limit=limit,
            megabytes=megabytes,
            version={name: tag(content) for name, content in self._static.items()},
        )
        self._environment = environment

    @cached_property
    def _template(self) -> jinja2.Template:
        return self._environment.get_template("chat.html")

    def conversation(
        self,
        lines: Sequence[Line],
        *,
        welcome: Reply,
        opened: Reply | None = None,
        new_id: str,
        unit: str = "",
        notice: str = "",
        draft: str = "",
        status: int = 200,
    ) -> web.Response:
        """The whole page; before our first word to them it opens with `welcome`.

        `opened` stands below all, or in the place of the welcome.
        """
        now = self._clock()
        unanswered = bool(lines) and lines[-1].from_person
        fresh = unanswered and now - lines[-1].at < STILL_COMING
        greeted = any(not line.from_person for line in lines)
        first = Line("welcome", False, "", now, opened or welcome)
        html = self._template.render(
            lines=[self.line(line) for line in lines],
            welcome=None if greeted and not opened else self.line(first),
            greeted=greeted,
            waiting=fresh,
            late=unanswered and not fresh,
            cursor=max((micros(line.at) for line in lines), default=micros(now)),
            unit=unit,
            id=new_id,
            notice=notice,
            draft=draft,
        )
        response = web.Response(text=html, content_type="text/html", status=status)
        response.enable_compression()
        return response

    def line(self, line: Line) -> dict[str, Any]:
        """A line as the template and the script both read it."""
        reply = line.reply or Reply(line.text)
        at = line.at.astimezone(VIETNAM)
        today = at.date() == self._clock().astimezone(VIETNAM).date()
        return {
            "key": line.key,
            "mine": line.from_person,
            "said": line.text if line.from_person else "",
            "rows": rows(line.text, plain=True) if line.from_person else rows(reply.text),
            "at": at.isoformat(timespec="seconds"),
            "time": f"{at:%H:%M}" if today else f"{at:%H:%M} {at.day}/{at.month}",
            "buttons": buttons(reply),
            "media": [[m.kind.value, f"/media/{quote(m.name)}", m.text] for m in reply.media],
        }

    def file(self, request: web.Request, name: str) -> web.Response | None:
        """The style, script or logo of the page; None for any other name."""
        if name not in STATIC:
            return None
        # The page names files by their content, so such an address never changes its meaning.
        exact = request.query.get("v") == tag(self._static[name])
        response = cached(request, self._static[name], STATIC[name], seconds=YEAR if exact else 600)
        if response.status == 200:
            response.enable_compression()
        return response


def buttons(reply: Reply) -> list[tuple[str, str, bool]]:
    """Label, action, and whether there is room beside it; what has no number begins a row."""
    shown = []
    for one, following in zip_longest(reply.buttons, reply.buttons[1:]):
        alone = one.digit is not None and following is not None and following.digit is None
        shown.append((one.label, one.action, len(one.label) <= SHORT_LABEL and not alone))
    return shown


def rows(text: str, *, plain: bool = False) -> list[tuple[str, Pieces]]:
    """The lines of a text as (style, pieces), so that a small screen shows what belongs together.

    A short first line above others is their heading; numbered and dotted lines hang; the first
    line of another paragraph, or above a list, stands apart. What a person wrote is `plain`:
    nothing in it can be tapped.
    """
    shown: list[tuple[str, Pieces]] = []
    lines = text.strip().splitlines()
    for number, line in enumerate(lines):
        before = lines[number - 1] if number else ""
        leads = line.endswith(":") and _STEP.match("".join(lines[number + 1 : number + 2]))
        step = _STEP.match(line)
        style = "" if step is None else "step" if step["number"] else "dot"
        if number == 0 and not plain and len(lines) > 2 and _HEADING.fullmatch(line):
            style = "head"
        elif number and (not before.strip() or leads or (_STEP.match(before) and not style)):
            style = f"{style} apart".strip()
        if line.strip():
            shown.append((style, [line] if plain else tappable(line)))
    return shown


def tappable(text: str) -> Pieces:
    """The text in pieces: plain ones, and (words, address) where a number or site can be tapped."""
    pieces: Pieces = []
    end = 0
    for found in _LINK.finditer(text):
        if found.start() > end:
            pieces.append(text[end : found.start()])
        if found["phone"]:
            address = "tel:" + re.sub(r"[ .-]", "", found["phone"])
        else:
            address = found["web"] or f"https://{found['site']}"
        pieces.append((found[0], address))
        end = found.end()
    return [*pieces, text[end:]] if end < len(text) else pieces


def cached(request: web.Request, content: bytes, kind: str, *, seconds: int) -> web.Response:
    """The content, or what the phone lacks of it: iPhones play a sound only by ranges."""
    headers = {
        "ETag": f'"{tag(content)}"',
        "Cache-Control": f"public, max-age={seconds}" + (", immutable" if seconds == YEAR else ""),
        "Accept-Ranges": "bytes",
        # A picture opened by itself must not be able to run anything.
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }
    if any(known.value in {tag(content), "*"} for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    try:
        start, stop, _ = request.http_range.indices(len(content))
    except ValueError:
        start, stop = 0, len(content)
    if (start, stop) == (0, len(content)) or start >= stop:
        return web.Response(body=content, content_type=kind, headers=headers)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
    return web.Response(status=206, body=content[start:stop], content_type=kind, headers=headers)


def tag(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def micros(at: datetime) -> int:
    """Microseconds since 1970: how far a phone has heard, in one number."""
    return int(at.timestamp() * 1_000_000)
