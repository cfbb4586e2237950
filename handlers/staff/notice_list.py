"""The list of notices at the console: by state, the newest first, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from aiohttp import web

from content.screens import shorten
from content.texts import Texts
from handlers.official.notices_rights import NoticeRights
from handlers.official.notices_words import NoticeWords
from handlers.staff.door import Door
from handlers.staff.staff import Right, Staff
from storage.broadcasts import Broadcast, Phase
from storage.database import Database, Transaction
from storage.notice_lists import NoticeLists, Sent, Sight

ADDRESS = "/staff/notices"
PAGE = 20
SHOWN = 200
KEPT = 1_000
"""Notices that have ended whose numbers are kept in mind."""

STATES: Mapping[str, tuple[Phase, ...]] = {
    "draft": (Phase.DRAFT,),
    "submitted": (Phase.SUBMITTED,),
    "ahead": (Phase.APPROVED, Phase.SCHEDULED),
    "sending": (Phase.SENDING, Phase.PAUSED),
    "finished": (Phase.FINISHED,),
    "cancelled": (Phase.CANCELLED,),
}
"""What the list can be narrowed to, by the word in its address."""


class Link(NamedTuple):
    words: str
    address: str
    current: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A notice in the list, in words."""

    id: int
    state: str
    text: str
    place: str
    when: str
    author: str
    sent: str
    emergency: bool


class NoticeList:
    """Shows the list."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        texts: Texts,
        words: NoticeWords,
        rights: NoticeRights,
    ) -> None:
        self._door = door
        self._database = database
        self._texts = texts
        self._words = words
        self._rights = rights
        self._lists = NoticeLists()
        self._ended: dict[tuple[int, int], Sent] = {}

    async def show(self, request: web.Request) -> web.Response:
        """One page of what they may see."""
        staff = await self._door.staff(request)
        state = request.query.get("state", "")
        state = state if state in STATES else ""
        typed = request.query.get("below", "")
        below = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 18 else None
        async with self._database.read() as tx:
            sight = sight_of(staff, self._rights)
            found = await self._lists.page(
                tx, sight, states=STATES.get(state, ()), below=below, at_most=PAGE + 1
            )
            shown = found[:PAGE]
            counts = await self._lists.counts(tx, sight)
            sent = await self._sent(tx, shown)
        more = _address(state=state, below=str(shown[-1].id)) if len(found) > PAGE else ""
        return self._door.page(
            "notices.html", staff=staff, writes=staff.has(Right.NOTICE),
            rows=[self._row(it, sent.get(it.id)) for it in shown],
            links=self._links(state, counts), more=more,
            begins=below is None, first=_address(state=state),
        )  # fmt: skip

    async def _sent(self, tx: Transaction, shown: Sequence[Broadcast]) -> Mapping[int, Sent]:
        """How far those that began have come. What has ended is counted once: its messages are
        many, and nothing changes in them but by a deed, which makes it another version."""
        begun = {it.id: it for it in shown if it.started_at is not None}
        known = {
            number: self._ended[number, it.version]
            for number, it in begun.items()
            if it.phase is Phase.FINISHED and (number, it.version) in self._ended
        }
        counted = await self._lists.sent(tx, begun.keys() - known.keys())
        fresh = {
            (number, begun[number].version): sent
            for number, sent in counted.items()
            if begun[number].phase is Phase.FINISHED
        }
        kept = list(self._ended.items())[-KEPT:]
        self._ended = dict(kept) | fresh
        return known | dict(counted)

    def _row(self, it: Broadcast, sent: Sent | None) -> Row:
        told = ""
        if sent is not None:
            told = self._texts("broadcast.sent", sent=sent.sent, recipients=sent.recipients)
        return Row(
            id=it.id,
            state=self._words.state(it),
            text=shorten(" ".join(it.draft.headline.split()), SHOWN),
            place=self._words.place(it.draft.unit, only=it.draft.only_unit),
            when=self._words.when(it.started_at or it.draft.due_at, it.draft.repeats),
            author=it.author,
            sent=told,
            emergency=it.draft.emergency,
        )

    def _links(self, state: str, counts: Mapping[Phase, int]) -> list[Link]:
        """All, then each state, with how many there are."""

        def link(name: str, phases: tuple[Phase, ...]) -> Link:
            many = sum(counts.get(phase, 0) for phase in phases)
            key = f"staff.notices.state.{name or 'all'}"
            return Link(self._texts(key, count=many), _address(state=name), name == state)

        return [link("", tuple(Phase)), *(link(name, STATES[name]) for name in STATES)]


def sight_of(staff: Staff, rights: NoticeRights) -> Sight:
    """Whose notices they see: the same as on their phone."""
    return Sight(staff.id, rights.units_of(staff.official))


def _address(**given: str) -> str:
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{ADDRESS}?{query}" if query else ADDRESS
