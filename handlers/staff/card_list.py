"""The list of cards at the console: how each stands, how often it was shown, what waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from aiohttp import web

from content.card_form import NotAForm, fields_of
from content.languages import VIETNAMESE
from content.library import Library
from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.staff.card_publishing import CardPublishing
from handlers.staff.card_use import DAYS, CardUse, Use
from handlers.staff.card_view import CardViews
from handlers.staff.door import Door
from handlers.staff.staff import Right, Staff
from storage.card_drafts import CardDraft, CardDrafts, DraftState
from storage.database import Database

ADDRESS = "/staff/cards"
PAGE = 30
STATES = ("draft", "submitted", "sample", "to-confirm", "soon", "overdue")
"""What the list can be narrowed to, by the word in its address."""


class Link(NamedTuple):
    words: str
    address: str
    current: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A card in the list, in words. `states` are names out of `STATES`, and more."""

    slug: str
    title: str
    group: str
    states: frozenset[str]
    standing: tuple[str, ...]
    reviewed: str
    review_by: str
    use: Use
    draft: str


class CardList:
    """Shows the list."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        library: Library,
        publishing: CardPublishing,
        views: CardViews,
        use: CardUse,
        texts: Texts,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._library = library
        self._publishing = publishing
        self._views = views
        self._texts = texts
        self._use = use
        self._clock = clock
        self._drafts = CardDrafts()

    async def show(self, request: web.Request) -> web.Response:
        """One page. What was saved in the files past the console is noted before."""
        staff = await self._door.staff(request)
        state, text = request.query.get("state", ""), request.query.get("text", "").strip()[:64]
        state = state if state in STATES else ""
        after = request.query.get("after", "")[:64]
        await self._publishing.look()
        rows = await self._rows(staff)
        wanted = [row for row in rows if _says(row, text)]
        found = [row for row in wanted if not state or state in row.states]
        page = [row for row in found if row.slug > after]
        more = _address(state=state, text=text, after=page[PAGE - 1].slug) if page[PAGE:] else ""
        return self._door.page(
            "cards.html", staff=staff, rows=page[:PAGE], more=more, days=DAYS, text=text,
            state=state, links=self._links(wanted, state, text), begins=not after,
            first=_address(state=state, text=text), writes=staff.may(Right.CARDS),
            broken=[(fault.path.name, fault.line, fault.problem, fault.remedy)
                    for fault in self._library.shelf.faults],
        )  # fmt: skip

    async def waiting(self, staff: Staff) -> int:
        """How many drafts wait for this approver: those in which they did not write."""
        if not staff.may(Right.APPROVE):
            return 0
        async with self._database.read() as tx:
            found = await self._drafts.all(tx, VIETNAMESE, {DraftState.SUBMITTED})
        return sum(staff.id not in draft.writers for draft in found)

    async def _rows(self, staff: Staff) -> list[Row]:
        """All cards in use and all drafts, by slug."""
        async with self._database.read() as tx:
            drafts = {one.slug: one for one in await self._drafts.all(tx, VIETNAMESE)}
            names = await self._views.people(
                tx, (n for one in drafts.values() for n in one.writers)
            )
            uses = await self._use.of(tx, staff, [*self._library.shelf.cards])
        told = {slug: self._draft(draft, names) for slug, draft in drafts.items()}
        rows = await asyncio.to_thread(lambda: [*self._of_cards(drafts, told, uses)])
        return sorted(rows, key=lambda row: row.slug)

    def _of_cards(
        self,
        drafts: Mapping[str, CardDraft],
        told: Mapping[str, str],
        uses: Mapping[str, Use],
    ) -> Iterator[Row]:
        """Blocking: cards that nobody asked for yet are read."""
        cards = self._library.shelf.cards
        for slug, card in cards.items():
            standing = [*self._views.standing(card)]
            draft = drafts.get(slug)
            states = {one.state for one in standing} | ({"draft", draft.state} if draft else set())
            yield Row(
                slug, card.title, self._texts(f"group.{card.group}"), frozenset(states),
                tuple(one.words for one in standing), card.reviewed.strftime("%d/%m/%Y"),
                card.review_by.strftime("%d/%m/%Y"), uses.get(slug, Use()),
                told.get(slug, ""),
            )  # fmt: skip
        for slug in sorted(drafts.keys() - cards.keys()):
            yield Row(
                slug, title_in(drafts[slug].text) or slug, "",
                frozenset({"draft", drafts[slug].state}), (self._texts("staff.cards.not_yet"),),
                "", "", Use(), told[slug],
            )  # fmt: skip

    def _draft(self, draft: CardDraft, names: dict[int, str]) -> str:
        at, by = self._views.at(draft.changed_at), self._views.writers(draft, names)
        return self._texts(f"staff.card.state.{draft.state}", by=by, at=at)

    def _links(self, rows: list[Row], state: str, text: str) -> list[Link]:
        """All, then each state, with how many there are."""

        def link(name: str) -> Link:
            many = sum(not name or name in row.states for row in rows)
            words = self._texts(f"staff.cards.state.{name or 'all'}", count=many)
            return Link(words, _address(state=name, text=text), name == state)

        return [link(name) for name in ("", *STATES)]


def title_in(text: str) -> str:
    """The title in a card's text; nothing where it has none."""
    try:
        return fields_of(text)["title"]
    except NotAForm:
        return ""


def _says(row: Row, text: str) -> bool:
    return fold(text).strip() in fold(f"{row.title} {row.slug} {row.group}")


def _address(**given: str) -> str:
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{ADDRESS}?{query}" if query else ADDRESS
