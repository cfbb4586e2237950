"""Telling feedback: what it is about, in whose words, where, who will see it, and the receipt.

Words, photos and voice notes may come at any step. What was told stands in the database
(`storage.drafts`), so that it survives a day's absence, a question in between and a restart. A
denunciation is not taken here: its way is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from content.receipts import ReceiptWords
from content.texts import Texts
from content.wishes import Wish, Wished, Wishes
from handlers.actions import Action, Begun, Feedback, Told
from handlers.case_files import CaseFiles
from handlers.casework import Casework
from handlers.errands import Served, Visit
from handlers.messages import Reply
from handlers.units import Units
from handlers.villager.denouncing import Denouncing
from handlers.villager.feedback_screens import EXPECTING, NAMED, Screens
from handlers.villager.feedback_steps import ABOUT, DENUNCIATION, KINDS, OTHER, Route, Step
from handlers.villager.menus import Menus
from storage.case_records import CaseKind, NewCase
from storage.conversations import Talk
from storage.drafts import Draft, Drafts
from storage.files import Files

LONGEST = 6_000
"""Letters that a villager can tell at first; more can be added to the case."""

PLACE_LENGTH = 200
ROUNDED = "{:.3f}, {:.3f}"
"""Of a sent location so much is kept: some 100 m, which is a place and not a house."""

NAME_LENGTH = 60
SHOWN_END = 40

QUICK = timedelta(seconds=3)
"""Nobody reads a question and types its answer in so short a time: the words were on their way."""


class Telling:
    """Leads through the steps."""

    def __init__(
        self,
        *,
        casework: Casework,
        receipts: ReceiptWords,
        conceal: Callable[[str], str],
        units: Units,
        texts: Texts,
        wishes: Wishes,
        platform: Callable[[str], str],
        warn: Callable[[Visit], Reply | None],
        files: CaseFiles,
    ) -> None:
        """`conceal` seals a receipt for the message that tells it; `platform` says of an account
        what kind of channel it is; `warn` gives whom to call to somebody in danger."""
        self._casework = casework
        self._receipts = receipts
        self._conceal = conceal
        self._texts = texts
        self._platform = platform
        self._warn = warn
        self._files = files
        self._units = units
        self._route = Route(units)
        self._screens = Screens(route=self._route, texts=texts, platform=platform)
        self._drafts = Drafts()
        self._menus = Menus(texts)
        self._denouncing = Denouncing(texts)
        self._wishes = wishes

    async def begin(
        self, visit: Visit, wished: Wished | None = None, *, step: Step = Step.KIND
    ) -> Served:
        """They want to say something, and may have said it already; what was begun before is
        offered first. `step` is where they stand."""
        if visit.group:
            return self._only(visit, "feedback.group")
        words = wished.words if wished else ""
        draft = await self._drafts.of(visit.tx, visit.conversation.id)
        if draft is not None and await self._has_content(visit, draft):
            return self._warned(visit, self._screens.resume(visit, draft, words))
        kind = wished.kind if wished else ""
        return self._warned(visit, await self._anew(visit, words, kind, step))

    async def hear(self, visit: Visit) -> Served | None:
        """Words, photos or a voice note for what is being told; None when nothing is, and for who
        wants to speak with a person."""
        draft = await self.telling(visit)
        if draft is None:
            return None
        wished = self._wishes.hear(visit.text)
        if wished and wished.wish is Wish.PERSON:
            return None
        if draft.step == Step.NAME and visit.text.strip():
            return await self._named(visit, draft)
        if self._wishes.stops(visit.text):
            return await self.stop(visit)
        if wished == Wished(Wish.FEEDBACK):  # "góp ý", once more
            return await self._ask(visit, draft)
        return await self._take(visit, draft)

    async def no_such_digit(self, visit: Visit, digit: str) -> Served | None:
        """A digit that the screen of what is told does not have; None when nothing is told."""
        draft = await self.telling(visit)
        if draft is None:
            return None
        return await self._ask(
            visit, draft, note=self._texts("feedback.no_such_digit", digit=digit)
        )

    async def telling(self, visit: Visit) -> Draft | None:
        """What is being told here just now; None when the talk is about something else."""
        if visit.talk.expecting != EXPECTING:
            return None
        return await self._drafts.of(visit.tx, visit.conversation.id)

    async def half_told(self, visit: Visit) -> Draft | None:
        """What was begun here, whatever the talk is about now; None for nothing worth a word."""
        draft = await self._drafts.of(visit.tx, visit.conversation.id)
        return draft if draft is not None and await self._has_content(visit, draft) else None

    def reminded(self, served: Served, draft: Draft) -> Served:
        """An answer to something else, with the word that brings back what is half told, and a
        digit that does."""
        last = served.replies[-1]
        text = f"{last.text}\n{self._texts('feedback.still_there')}"
        buttons = self._menus.with_one_more(
            last.buttons, (self._texts("feedback.go_on"), Feedback(Told.SHOW, draft.step))
        )
        reply = replace(last, text=text, buttons=buttons)
        return replace(served, replies=(*served.replies[:-1], reply))

    async def act(self, visit: Visit, action: Action) -> Served:
        """A button or digit of one of the screens."""
        if not isinstance(action, Feedback):
            raise TypeError(f"not a step of feedback: {action}")
        if action.told is Told.BEGIN:
            return await self._begun(visit, action.value)
        if action.told is Told.WAY and not action.step:
            return self._denouncing.way(visit)
        draft = await self._drafts.of(visit.tx, visit.conversation.id)
        if draft is None:
            return self._only(visit, "feedback.none")
        if action.told is Told.DROP:
            return await self.stop(visit)
        if action.step != draft.step:  # an old button: show where it really stands
            return await self._ask(visit, draft)
        if (told := self._told(draft, action)) is not None:
            return await self._next(visit, told)
        return await self._step(visit, draft, action)

    async def _step(self, visit: Visit, draft: Draft, action: Feedback) -> Served:
        """A button that answers nothing: it sends, goes elsewhere, or shows more of a list."""
        match action.told:
            case Told.KIND if action.value == DENUNCIATION:
                return await self._ask(visit, replace(draft, step=Step.DENOUNCE))
            case Told.NAME:
                return await self._ask(visit, replace(draft, step=Step.NAME))
            case Told.SEND:
                name = draft.name if action.value == NAMED else ""
                return await self._send(visit, replace(draft, name=name))
            case Told.WAY:
                return await self._ask(visit, replace(draft, step=Step.WAY))
            case Told.ADD:
                draft, note = self._added(draft, visit.talk.question)
                return _without_words(await self._ask(visit, draft, note=note))
            case Told.SKIP if draft.step == Step.NAME:
                return await self._send(visit, replace(draft, name=""))
            case Told.SKIP:
                return await self.skip(visit, draft)
            case Told.BACK:
                return await self.back(visit, draft)
        start = int(action.value) if action.value.isdecimal() else 0
        return await self._ask(visit, draft, start=start)

    def _told(self, draft: Draft, action: Feedback) -> Draft | None:
        """The draft with what a button answers; None for one that answers nothing."""
        unit = self._units.get(action.value)
        match action.told:
            case Told.KIND if action.value in set(KINDS):
                return replace(draft, kind=action.value)
            case Told.ABOUT if action.value in ABOUT:
                return replace(draft, about=action.value)
            case Told.UNIT if unit:
                return replace(draft, unit=unit.code)
            case Told.PLACE if unit:
                return replace(draft, place=unit.name)
        return None

    async def stop(self, visit: Visit) -> Served:
        """ "thôi": what was told so far is gone. Said of the name, there shall be none."""
        dropped = await self._drafts.drop(visit.tx, visit.conversation.id)
        return self._only(visit, "feedback.dropped" if dropped else "feedback.none")

    async def back(self, visit: Visit, draft: Draft) -> Served:
        """ "quay lại": one step back."""
        return await self._ask(visit, self._route.before(draft, visit.person.unit))

    async def skip(self, visit: Visit, draft: Draft) -> Served:
        """ "bỏ qua": leave out what is asked, where it can be left out."""
        match draft.step:
            case Step.KIND:
                return await self._next(visit, replace(draft, kind=CaseKind.SUGGESTION))
            case Step.ABOUT:
                return await self._next(visit, replace(draft, about=OTHER))
            case Step.PLACE:
                return await self._next(visit, draft)
            case Step.WORDS if draft.text:
                return await self._next(visit, draft)
            case Step.NAME:
                return await self._ask(visit, replace(draft, name="", step=Step.SEND))
        return await self._ask(visit, draft)

    async def _begun(self, visit: Visit, how: str) -> Served:
        """A button that begins it, with nothing or with what was typed last."""
        words = visit.talk.question
        match how:
            case Begun.ANEW:
                return await self._anew(visit)
            case Begun.SAID_ANEW:
                return _without_words(await self._anew(visit, words))
            case Begun.SAID:
                return await self.begin(visit, Wished(Wish.FEEDBACK, words=words))
            case Begun.COMPLAINT:  # they have read how one denounces
                complaint = Wished(Wish.FEEDBACK, CaseKind.COMPLAINT, words)
                return await self.begin(visit, complaint, step=Step.DENOUNCE)
        return await self.begin(visit)

    async def _anew(
        self, visit: Visit, words: str = "", kind: str = "", step: Step = Step.KIND
    ) -> Served:
        """Begin; a known `kind` is not asked for."""
        draft = await self._drafts.begin(
            visit.tx, conversation=visit.conversation.id, step=Step.KIND, at=visit.now
        )
        await self._keep_files(visit, draft)
        home = self._route.home(visit.person.unit)
        draft, note = self._added(replace(draft, kind=kind, unit=home), words)
        if kind:
            return _noted(await self._next(visit, replace(draft, step=step)), note)
        return await self._ask(visit, draft, note=note)

    async def _take(self, visit: Visit, draft: Draft) -> Served:
        """Something that is no button: what was asked for, or more of the words."""
        words = visit.text.strip()
        if words and not any(sign.isalnum() for sign in words):
            words = ""
            if not (visit.attachments or visit.location):
                return await self._ask(visit, draft, note=self._texts("answer.unreadable"))
        await self._keep_files(visit, draft)
        if visit.location is not None:
            draft = replace(draft, place=ROUNDED.format(*visit.location))
        note, more = "", False
        if draft.step == Step.PLACE and words:
            if self._wishes.nameless(words):
                return await self.skip(visit, draft)
            if more := self._goes_on(visit, draft, words):
                draft, note = self._added(draft, words)
                note = note or self._texts("feedback.added_words")
            else:
                draft = replace(draft, place=words)
        elif words:
            before = replace(draft, text="") if draft.step == Step.WORDS else draft
            draft, note = self._added(before, words)
        if draft.step in {Step.WORDS, Step.PLACE} and not more:
            served = await self._next(visit, draft)
        else:
            served = await self._ask(visit, draft)
        return self._warned(visit, _noted(served, note))

    def _goes_on(self, visit: Visit, draft: Draft, words: str) -> bool:
        """Whether words that came while a place is asked for are more of the story: nothing was
        told in words yet, they are too long for a place, or too quick for an answer."""
        quick = visit.now - draft.touched_at < QUICK
        return not draft.text or len(words) > PLACE_LENGTH or quick

    def _added(self, draft: Draft, words: str) -> tuple[Draft, str]:
        """The draft with more words, and what to say where they do not all fit."""
        text = f"{draft.text}\n{words.strip()}".strip()
        kept = text[:LONGEST]
        note = "" if kept == text else self._texts("feedback.full", text=kept[-SHOWN_END:])
        return replace(draft, text=kept), note

    async def _named(self, visit: Visit, draft: Draft) -> Served:
        """The name that they want below it: shown again before anything is sent."""
        name = " ".join(visit.text.split())
        if self._wishes.nameless(name):
            return await self._ask(visit, replace(draft, name="", step=Step.SEND))
        if len(name) > NAME_LENGTH or not any(sign.isalnum() for sign in name):
            return await self._ask(visit, draft, note=self._texts("feedback.name_long"))
        return await self._ask(visit, replace(draft, name=name, step=Step.SEND))

    async def _next(self, visit: Visit, draft: Draft) -> Served:
        """The first step that is not answered; who wants to denounce is told how first.

        Where nobody stands above whoever leads, a complaint about them would reach them: it stops.
        """
        if draft.about and self._route.handling(draft) is None:
            text = self._texts("feedback.nobody_above")
            return self._screens.screen(visit, text, [], draft)
        if draft.step in {Step.KIND, Step.WORDS} and self._wishes.denounces(draft.text):
            return await self._ask(visit, replace(draft, step=Step.DENOUNCE))
        return await self._ask(visit, self._route.following(draft, await self._count(visit, draft)))

    async def _ask(self, visit: Visit, draft: Draft, *, start: int = 0, note: str = "") -> Served:
        """Keep the draft and show the screen of its step, with a `note` above it."""
        await self._drafts.keep(visit.tx, draft, at=visit.now)
        files = await self._count(visit, draft)
        return _noted(self._screens.show(visit, draft, files=files, start=start), note)

    async def _has_content(self, visit: Visit, draft: Draft) -> bool:
        return bool(draft.text or draft.kind or await self._count(visit, draft))

    async def _send(self, visit: Visit, draft: Draft) -> Served:
        """Hand it in. The receipt's words are told now and kept by nobody else."""
        handling = self._route.handling(draft)
        if handling is None or not self._route.complete(draft, await self._count(visit, draft)):
            return await self._next(visit, draft)
        new = NewCase(
            CaseKind(draft.kind),
            unit=handling.code,
            text=draft.text,
            place=draft.place,
            name=draft.name,
            platform=self._platform(visit.conversation.account),
        )
        case, words = await self._casework.hand_in(
            visit.tx, new, conversation=visit.conversation.id, at=visit.now
        )
        await Files().hand_over(visit.tx, draft=draft.id, case=case.id)
        await self._drafts.drop(visit.tx, visit.conversation.id)
        text = self._texts(
            "feedback.sent",
            office=self._casework.office(case),
            receipt=self._conceal(self._receipts.shown(words)),
            day=self._casework.day(case.due_at),
        )
        return Served((Reply(text, self._menus.numbered([])),), Talk(greeted=True))

    async def _keep_files(self, visit: Visit, draft: Draft) -> None:
        """What came with the message belongs to the draft."""
        await self._files.take(
            visit.tx,
            visit.attachments,
            draft=draft.id,
            account=visit.conversation.account,
            at=visit.now,
        )

    async def _count(self, visit: Visit, draft: Draft) -> int:
        """How many photos and voice notes belong to it."""
        return len(await self._files.of_draft(visit.tx, draft.id))

    def _warned(self, visit: Visit, served: Served) -> Served:
        """Whom to call stands before everything else."""
        warning = self._warn(visit)
        if warning is None:
            return served
        return replace(served, replies=(warning, *served.replies), urgent=True)

    def _only(self, visit: Visit, key: str) -> Served:
        reply = Reply(self._texts(key), self._menus.numbered([]))
        return Served((reply,), replace(visit.talk, expecting="", greeted=True))


def _noted(served: Served, note: str) -> Served:
    """A note above what is asked."""
    if not note:
        return served
    first, *rest = served.replies
    return replace(served, replies=(replace(first, text=f"{note}\n{first.text}"), *rest))


def _without_words(served: Served) -> Served:
    """What was typed last is told now: it waits for no official."""
    return replace(served, talk=replace(served.talk, question=""))
