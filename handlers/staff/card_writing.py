"""The desk where a card is written or changed: a form, a look at it, keeping the draft.

Nothing that is kept here speaks to anybody: a second person approves it at the card's page.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from content.approvals import digest_of
from content.card_files import text_of
from content.card_form import (
    EMPTY,
    FIELDS,
    LONGEST,
    SECTIONS,
    NotAForm,
    fields_of,
    with_fields,
)
from content.checker import Reading
from content.differences import Line
from content.languages import VIETNAMESE
from content.library import Library
from content.phrasebook import suggestion
from content.shelf import GROUPS
from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.staff.card_view import CardViews, by_field
from handlers.staff.door import Door
from handlers.staff.forms import Form
from handlers.staff.staff import Right, Staff
from storage.audit import Kind, Verb
from storage.card_drafts import CardDraft, CardDrafts, DraftChanged, DraftState
from storage.database import Database, Transaction
from storage.unanswered import Unanswered

NEW = "/staff/new-card"
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MOST_PHRASES = 20
"""So many questions of a group begin a new card."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What is written on. `text` is what the form begins from: the draft, else `file`, what the
    card's file says; `base` is where its forms go."""

    slug: str
    base: str
    file: str
    draft: CardDraft | None

    @property
    def text(self) -> str:
        return self.draft.text if self.draft else self.file or EMPTY

    @property
    def seen(self) -> str:
        """Which text that is: a form about another one changes nothing."""
        return f"{self.draft.version}" if self.draft else digest_of(self.file)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the form says beside what was typed."""

    problem: str = ""
    reading: Reading | None = None
    text: str = ""
    channel: str = ""
    difference: Sequence[Line] = ()
    both: tuple[str, ...] = ()
    theirs: Mapping[str, str] | None = None


class CardWriting:
    """Serves the form, its preview, and keeping it."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        unanswered: Unanswered,
        library: Library,
        views: CardViews,
        texts: Texts,
    ) -> None:
        self._door = door
        self._database = database
        self._unanswered = unanswered
        self._library = library
        self._views = views
        self._texts = texts
        self._clock = views.clock
        self._drafts = CardDrafts()

    async def show(self, request: web.Request) -> web.Response:
        """The empty form, or that of a card as it stands."""
        staff = await self._door.staff(request)
        self._door.need(staff, Right.CARDS)
        paper = await self._paper(request, staff)
        asked = request.query.get("both", "").split(",")
        both = tuple(name for name in FIELDS if name in asked)
        theirs = fields_of(paper.file) if both and paper.file else None
        reading = await asyncio.to_thread(self._views.read, paper.text, paper.slug)
        shown = Shown(
            reading=reading if paper.slug else None, text=paper.text, both=both, theirs=theirs
        )
        return await self._page(staff, paper, _filled(paper), shown)

    async def begin(self, request: web.Request) -> web.Response:
        """The empty form with questions that nobody could answer; what is no longer open, or not
        theirs to see, is left out."""
        staff, form = await self._door.posted(request)
        self._door.need(staff, Right.CARDS)
        wanted = {number for number in form.get("questions", "").split(",")[:500] if number}
        async with self._database.read() as tx:
            found = await self._unanswered.open(tx, units=staff.only)
        asked = dict.fromkeys(suggestion(one.text) for one in found if str(one.id) in wanted)
        phrases = [phrase for phrase in asked if phrase][:MOST_PHRASES]
        paper = await self._paper(request, staff)
        filled = _filled(paper) | self._dates()
        filled["questions"] = "\n".join(
            [f"### {next(iter(SECTIONS.values()))}", *(f"- {phrase}" for phrase in phrases)]
        )
        return await self._page(staff, paper, filled, Shown())

    async def preview(self, request: web.Request) -> web.Response:
        """What the checker says of what was typed, and how a channel would show it."""
        staff, form = await self._door.posted(request)
        self._door.need(staff, Right.CARDS)
        paper = await self._paper(request, staff)
        channel = self._views.channel(form.get("channel", ""))
        try:
            text = _written(paper.text, form)
        except NotAForm:
            return await self._refuse(staff, paper, form, "staff.card.too_long", 422)
        slug = paper.slug or self._slug(form) or "the-moi"
        reading = await asyncio.to_thread(self._views.read, text, slug)
        shown = Shown(reading=reading, text=text, channel=channel)
        return await self._page(staff, paper, form, shown, seen=form.get("seen", ""))

    async def save(self, request: web.Request) -> web.Response:
        """Keep it as the card's draft. Where somebody else kept another one meanwhile, nothing is
        kept, and both are shown."""
        staff, form = await self._door.posted(request)
        self._door.need(staff, Right.CARDS)
        paper = await self._paper(request, staff)
        slug = paper.slug or self._slug(form)
        if problem := await self._wrong_name(paper, slug):
            return await self._refuse(staff, paper, form, problem, 422)
        try:
            text = _written(paper.text, form)
        except NotAForm:
            return await self._refuse(staff, paper, form, "staff.card.too_long", 422)
        try:
            if paper.slug and form.get("seen", "") != paper.seen:
                raise DraftChanged(slug)
            if paper.slug and paper.draft is None and text == paper.file:
                return await self._refuse(staff, paper, form, "staff.card.unchanged", 422)
            async with self._database.begin() as tx:
                await self._keep(tx, staff, paper, slug, text)
        except DraftChanged:
            now = await self._paper(request, staff)
            shown = Shown(
                self._texts("staff.card.changed"), difference=self._views.difference(now.text, text)
            )
            return await self._page(staff, now, form, shown, status=409)
        return web.Response(status=303, headers={"Location": f"/staff/cards/{slug}?done=saved"})

    async def _keep(
        self, tx: Transaction, staff: Staff, paper: Paper, slug: str, text: str
    ) -> None:
        at = self._clock()
        if paper.draft is not None:
            await self._drafts.write(tx, paper.draft, text=text, by=staff.id, at=at)
        else:
            await self._drafts.begin(
                tx, VIETNAMESE, slug, text=text, base=paper.file, by=staff.id, at=at
            )
        await self._door.note(tx, staff, Verb.EDITED, Kind.CARD, slug)

    async def _paper(self, request: web.Request, staff: Staff) -> Paper:
        """What the address is about. Raises HTTPNotFound where there is neither card nor draft,
        and HTTPSeeOther to the card's page where no form can show it."""
        slug = request.match_info.get("slug", "")
        if not slug:
            return Paper("", NEW, "", None)
        try:
            file = await asyncio.to_thread(text_of, self._library.folder, slug)
        except (OSError, UnicodeError):
            file = ""
        async with self._database.read() as tx:
            draft = await self._drafts.get(tx, VIETNAMESE, slug)
        if not file and draft is None:
            raise self._door.gone(staff)
        paper = Paper(slug, f"/staff/cards/{slug}/edit", file, draft)
        if draft is not None and draft.state is DraftState.APPROVED:
            raise web.HTTPSeeOther(f"/staff/cards/{slug}")
        try:
            fields_of(paper.text)
        except NotAForm:
            raise web.HTTPSeeOther(f"/staff/cards/{slug}?done=no-form") from None
        return paper

    def _slug(self, form: Form) -> str:
        """The name of a new card's file: as typed, or made of its title."""
        typed = form.get("slug", "").strip().lower()
        return typed or "-".join(re.findall(r"[a-z0-9]+", fold(form.get("title", ""))))[:40].strip(
            "-"
        )

    async def _wrong_name(self, paper: Paper, slug: str) -> str:
        """The text that says why a new card cannot be called so; empty if it can."""
        if paper.slug:
            return ""
        if not SLUG.fullmatch(slug) or len(slug) > 64:
            return "staff.card.wrong_name"
        file = await asyncio.to_thread(text_of, self._library.folder, slug)
        async with self._database.read() as tx:
            draft = await self._drafts.get(tx, VIETNAMESE, slug)
        return "staff.card.name_taken" if file or draft else ""

    def _dates(self) -> dict[str, str]:
        """A new card is read today, and again before a year is over."""
        today = self._views.today
        again = today.replace(year=today.year + 1, day=min(today.day, 28))
        return {"reviewed": today.isoformat(), "review_by": again.isoformat()}

    async def _refuse(
        self, staff: Staff, paper: Paper, form: Form, key: str, status: int
    ) -> web.Response:
        shown = Shown(self._texts(key))
        return await self._page(staff, paper, form, shown, seen=form.get("seen", ""), status=status)

    async def _page(
        self,
        staff: Staff,
        paper: Paper,
        filled: Mapping[str, str],
        shown: Shown,
        *,
        seen: str = "",
        status: int = 200,
    ) -> web.Response:
        remarks = self._views.remarks(shown.reading, shown.text) if shown.reading else []
        card = shown.reading.card if shown.reading else None
        looks = (
            await asyncio.to_thread(self._views.looks, card, shown.channel)
            if card and shown.channel
            else []
        )
        async with self._database.read() as tx:
            writers = paper.draft.writers if paper.draft else ()
            names = await self._views.people(tx, writers)
        others = [names.get(one, "") for one in writers if one != staff.id]
        at = self._views.at(paper.draft.changed_at) if paper.draft else ""
        groups = [(name, self._texts(f"group.{name}")) for name in GROUPS]
        values = {name: filled.get(name, "") for name in FIELDS}
        if not paper.slug and not values["reviewed"]:
            values |= self._dates()
        return self._door.page(
            "card_form.html", staff=staff, status=status, paper=paper, values=values,
            slug=filled.get("slug", ""), seen=seen or paper.seen, groups=groups,
            sections=SECTIONS, remarks=by_field(remarks, FIELDS), read=shown.reading is not None,
            looks=looks, channels=self._views.names_of_channels(), channel=shown.channel,
            problem=shown.problem, difference=shown.difference, both=shown.both,
            theirs=shown.theirs or {}, others=", ".join(filter(None, others)), at=at,
            cards=[(slug, self._library.title_of(slug)) for slug in self._library.shelf.cards],
        )  # fmt: skip


def _filled(paper: Paper) -> dict[str, str]:
    return fields_of(paper.text)


def _written(text: str, form: Form) -> str:
    """What was typed, as the card's file. Raises NotAForm, also for more than a file may hold."""
    typed = {name: form[name] for name in FIELDS if name in form}
    if sum(map(len, typed.values())) > LONGEST:
        raise NotAForm("too long")
    return with_fields(text, typed)
