"""The desk for one card: what it says, the draft that waits, and every text that it ever had.

What was seen is what is approved: each form tells which version of the draft it is about. Approving
decides; `card_publishing` then writes the file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from content.approvals import LONGEST_NAME
from content.card_files import text_of
from content.card_form import NotAForm, merged
from content.checker import Reading
from content.languages import VIETNAMESE
from content.library import Library
from content.texts import Texts
from handlers.staff.card_list import title_in
from handlers.staff.card_publishing import CardPublishing, Published
from handlers.staff.card_use import DAYS, CardUse
from handlers.staff.card_view import CardViews, same
from handlers.staff.door import Door
from handlers.staff.forms import Cannot, Form, number, reason, typed
from handlers.staff.staff import Right, Staff
from storage.audit import Kind, Verb
from storage.card_drafts import CardDraft, CardDrafts, DraftChanged, DraftState
from storage.card_versions import CardVersions
from storage.database import Database, Transaction

PAGE = 20
ENDED = "/staff/cards"

DONE = {
    "saved": "staff.card.saved",
    "submitted": "staff.card.submitted",
    "returned": "staff.card.returned",
    "published": "staff.card.published",
    "unwritable": "staff.card.unwritable",
    "moved": "staff.card.moved_meanwhile",
    "again": "staff.card.begun_again",
    "no-form": "staff.card.no_form",
}
"""What stands above a card after something was done, by the word in its address."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A card: what its file says (nothing: there is none), and the draft that waits."""

    slug: str
    file: str
    draft: CardDraft | None

    @property
    def moved(self) -> bool:
        """Whether the file was changed since the draft was begun."""
        return self.draft is not None and not same(self.file, self.draft.base)


class CardDesk:
    """Serves the page of a card and what is done there."""

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
    ) -> None:
        self._door = door
        self._database = database
        self._library = library
        self._publishing = publishing
        self._views = views
        self._use = use
        self._texts = texts
        self._clock = views.clock
        self._drafts = CardDrafts()
        self._versions = CardVersions()

    async def show(self, request: web.Request) -> web.Response:
        """The card as it is, and what waits. What was saved past the console is noted before."""
        staff = await self._door.staff(request)
        await self._publishing.look()
        return await self._page(request, staff, notice=DONE.get(request.query.get("done", ""), ""))

    async def submit(self, request: web.Request) -> web.Response:
        """Hand in the draft for another person's eyes."""

        async def check(_staff: Staff, seen: Seen, form: Form) -> None:
            if same(_draft(seen, form).text, seen.file):
                raise Cannot("staff.card.unchanged", 422)
            await self._sound(seen, form)

        async def act(tx: Transaction, staff: Staff, seen: Seen, form: Form) -> str:
            await self._drafts.submit(tx, _draft(seen, form))
            await self._door.note(tx, staff, Verb.SUBMITTED, Kind.CARD, seen.slug)
            return f"{ENDED}/{seen.slug}?done=submitted"

        return await self._do(request, Right.CARDS, act, check)

    async def approve(self, request: web.Request) -> web.Response:
        """Put what was seen into the card's file; with an office's name, in its name too."""

        async def check(staff: Staff, seen: Seen, form: Form) -> None:
            if staff.id in _draft(seen, form).writers:
                raise Cannot("staff.card.own_words")
            if len(_office(form)) > LONGEST_NAME:
                raise Cannot("staff.card.office_long", 422)
            reading = await self._sound(seen, form)
            if _office(form) and reading.remarks:
                raise Cannot("staff.card.office_not_yet", 422)

        async def act(tx: Transaction, staff: Staff, seen: Seen, form: Form) -> str:
            office = _office(form)
            await self._drafts.approve(tx, _draft(seen, form), by=staff.id, office=office)
            await self._door.note(tx, staff, Verb.APPROVED, Kind.CARD, seen.slug, reason=office)
            return ""

        answer = await self._do(request, Right.APPROVE, act, check)
        if answer.status != 303:
            return answer
        slug = request.match_info["slug"]
        async with self._database.read() as tx:
            draft = await self._drafts.get(tx, VIETNAMESE, slug)
        became = Published.DONE
        if draft is not None and draft.state is DraftState.APPROVED:
            became = await self._publishing.finish(draft)
        done = {Published.DONE: "published"}.get(became, became.value)
        return _to(f"{ENDED}/{slug}?done={done}")

    async def give_back(self, request: web.Request) -> web.Response:
        """It cannot stay so; its writers read why."""

        async def act(tx: Transaction, staff: Staff, seen: Seen, form: Form) -> str:
            draft, why = _draft(seen, form), reason(form)
            if draft.state is not DraftState.SUBMITTED:
                raise DraftChanged(seen.slug)
            await self._drafts.give_back(tx, draft, note=why)
            await self._door.note(tx, staff, Verb.RETURNED, Kind.CARD, seen.slug, reason=why)
            return f"{ENDED}/{seen.slug}?done=returned"

        return await self._do(request, Right.APPROVE, act)

    async def drop(self, request: web.Request) -> web.Response:
        """Throw the draft away; the card stays as it is."""

        async def act(tx: Transaction, staff: Staff, seen: Seen, form: Form) -> str:
            draft = _draft(seen, form)
            if draft.state is DraftState.APPROVED or not await self._drafts.end(tx, draft):
                raise DraftChanged(seen.slug)
            await self._door.note(tx, staff, Verb.DISMISSED, Kind.CARD, seen.slug)
            return f"{ENDED}/{seen.slug}" if seen.file else ENDED

        return await self._do(request, Right.CARDS, act)

    async def refresh(self, request: web.Request) -> web.Response:
        """Bring the draft up to what the file says now; what both changed is shown in the form."""

        async def act(tx: Transaction, staff: Staff, seen: Seen, form: Form) -> str:
            draft = _draft(seen, form)
            try:
                text, both = merged(draft.base, draft.text, seen.file)
            except NotAForm:
                raise Cannot("staff.card.no_form") from None
            await self._drafts.write(
                tx, draft, text=text, base=seen.file, by=staff.id, at=self._clock()
            )
            await self._door.note(tx, staff, Verb.EDITED, Kind.CARD, seen.slug)
            return f"{ENDED}/{seen.slug}/edit" + (f"?both={','.join(both)}" if both else "")

        return await self._do(request, Right.CARDS, act)

    async def version(self, request: web.Request) -> web.Response:
        """One earlier text: what it changed, and what is otherwise today."""
        staff = await self._door.staff(request)
        slug, wanted = request.match_info["slug"], number(request, "version")
        seen = await self._seen(staff, slug)
        async with self._database.read() as tx:
            text = await self._versions.text(tx, VIETNAMESE, slug, wanted)
            before = await self._versions.text(tx, VIETNAMESE, slug, wanted - 1)
            found = await self._versions.of(tx, VIETNAMESE, slug, below=wanted + 1, at_most=1)
            if text is None:
                raise self._door.gone(staff)
            names = await self._views.people(tx, [*found[0].writers, found[0].approved_by])
        return self._door.page(
            "card_version.html", staff=staff, slug=slug, title=title_in(text) or slug,
            past=self._views.past(found[0], names), first=before is None, text=text,
            changed=self._views.difference(before or "", text) if before is not None else [],
            since=[] if same(text, seen.file) else self._views.difference(seen.file, text),
            again=staff.may(Right.CARDS) and not same(text, seen.file) and seen.draft is None,
            draft=seen.draft is not None,
        )  # fmt: skip

    async def again(self, request: web.Request) -> web.Response:
        """Begin a draft from an earlier text: it is approved like any other."""

        async def act(tx: Transaction, staff: Staff, seen: Seen, form: Form) -> str:
            wanted = number(request, "version")
            text = await self._versions.text(tx, VIETNAMESE, seen.slug, wanted)
            if text is None:
                raise self._door.gone(staff)
            await self._drafts.begin(
                tx, VIETNAMESE, seen.slug, text=text, base=seen.file, by=staff.id,
                at=self._clock(),
            )  # fmt: skip
            await self._door.note(tx, staff, Verb.EDITED, Kind.CARD, seen.slug)
            return f"{ENDED}/{seen.slug}?done=again"

        return await self._do(request, Right.CARDS, act)

    async def _do(
        self,
        request: web.Request,
        right: Right,
        act: Callable[[Transaction, Staff, Seen, Form], Awaitable[str]],
        check: Callable[[Staff, Seen, Form], Awaitable[None]] | None = None,
    ) -> web.Response:
        """Carry out a deed on the draft that was seen; the page again, with why, where it cannot
        be done. `act` says where to go on; what takes long, `check` does before."""
        staff, form = await self._door.posted(request)
        self._door.need(staff, right)
        seen = await self._seen(staff, request.match_info["slug"])
        try:
            if check is not None:
                await check(staff, seen, form)
            async with self._database.begin() as tx:
                address = await act(tx, staff, seen, form)
        except DraftChanged:
            key, status = "staff.card.draft_changed", 409
        except Cannot as why:
            key, status = why.key, why.status
        else:
            return _to(address)
        return await self._page(request, staff, problem=key, status=status, form=form)

    async def _sound(self, seen: Seen, form: Form) -> Reading:
        """How the draft reads. Raises Cannot for one that may not be shown, or is out of date."""
        draft = _draft(seen, form)
        if seen.moved:
            raise Cannot("staff.card.moved")
        reading = await asyncio.to_thread(self._views.read, draft.text, seen.slug)
        if reading.stops:
            raise Cannot("staff.card.stopped", 422)
        return reading

    async def _seen(self, staff: Staff, slug: str) -> Seen:
        """The card as it is. Raises HTTPNotFound."""
        try:
            file = await asyncio.to_thread(text_of, self._library.folder, slug)
        except (OSError, UnicodeError):  # the shelf's faults say why
            file = ""
        async with self._database.read() as tx:
            draft = await self._drafts.get(tx, VIETNAMESE, slug)
        if not file and draft is None:
            raise self._door.gone(staff)
        return Seen(slug, file, draft)

    async def _page(
        self,
        request: web.Request,
        staff: Staff,
        *,
        notice: str = "",
        problem: str = "",
        status: int = 200,
        form: Form | None = None,
    ) -> web.Response:
        slug, query = request.match_info["slug"], request.query
        seen = await self._seen(staff, slug)
        draft, below = seen.draft, query.get("below", "")
        whole = int(below) if below.isascii() and below.isdecimal() and len(below) < 10 else None
        async with self._database.read() as tx:
            past = await self._versions.of(tx, VIETNAMESE, slug, below=whole, at_most=PAGE + 1)
            people = [one for it in past for one in (*it.writers, it.approved_by)]
            use = await self._use.of(tx, staff, [slug])
            names = await self._views.people(tx, [*people, *(draft.writers if draft else ())])
        channel = self._views.channel(query.get("channel", ""))
        read = await asyncio.to_thread(self._read, seen)
        shown = read.get("draft") or read.get("file")
        card = shown.card if shown else None
        current = read["file"].card if "file" in read else None
        writes, releases = staff.may(Right.CARDS), staff.may(Right.APPROVE)
        return self._door.page(
            "card.html", staff=staff, status=status, seen=seen, slug=slug, use=use[slug], days=DAYS,
            title=title_in(seen.file or (draft.text if draft else "")) or slug,
            card=current, standing=[*self._views.standing(current)] if current else [],
            draft=draft, by=self._views.writers(draft, names) if draft else "",
            at=self._views.at(draft.changed_at) if draft else "",
            remarks=self._views.remarks(shown, draft.text if draft else seen.file) if shown else [],
            changes=self._views.difference(draft.base, draft.text) if draft else [],
            theirs=self._views.difference(draft.base, seen.file) if draft and seen.moved else [],
            channel=channel, channels=self._views.names_of_channels(),
            looks=await asyncio.to_thread(self._views.looks, card, channel) if card else [],
            past=[self._views.past(one, names) for one in past[:PAGE]],
            more=f"{ENDED}/{slug}?below={past[PAGE - 1].number}#history" if past[PAGE:] else "",
            writes=writes, edits=writes and (not draft or draft.state is not DraftState.APPROVED),
            releases=releases and draft is not None and draft.state is DraftState.SUBMITTED,
            own=draft is not None and staff.id in draft.writers, states=DraftState,
            notice=self._texts(notice) if notice else "", form=form or {},
            problem=self._texts(problem) if problem else "",
        )  # fmt: skip

    def _read(self, seen: Seen) -> dict[str, Reading]:
        """How the file and the draft read. Blocking."""
        texts = {"file": seen.file, "draft": seen.draft.text if seen.draft else ""}
        return {name: self._views.read(text, seen.slug) for name, text in texts.items() if text}


def _draft(seen: Seen, form: Form) -> CardDraft:
    """The draft that the form is about. Raises DraftChanged for any other."""
    if seen.draft is None or form.get("seen", "") != str(seen.draft.version):
        raise DraftChanged(seen.slug)
    return seen.draft


def _office(form: Form) -> str:
    return " ".join(typed(form, "office").split())


def _to(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})
