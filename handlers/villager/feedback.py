"""Telling feedback: what it is about, in whose words, where, who will see it, and the receipt.

Words, photos and voice notes may come at any step. What was told stands in the database
(`storage.drafts`), so that it survives a day's absence, a question in between and a restart. A
denunciation is not taken here: its way is told.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from content.receipts import ReceiptWords
from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.actions import Action, Feedback, Told
from handlers.case_files import CaseFiles
from handlers.casework import Casework
from handlers.errands import Served, Visit
from handlers.messages import Reply
from handlers.units import Units
from handlers.villager.feedback_screens import EXPECTING, Screens
from handlers.villager.feedback_steps import ABOUT, DENUNCIATION, KINDS, OTHER, Route, Step
from handlers.villager.menus import Menus
from storage.case_records import CaseKind, NewCase
from storage.conversations import Talk
from storage.drafts import Draft, Drafts
from storage.files import Files

LONGEST = 6_000
"""Letters that a villager can tell at first; more can be added to the case."""

PLACE_LENGTH = 200
NAME_LENGTH = 60
OPENING_WORDS = 2  # so many words at least after "góp ý" are the feedback itself


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
        self._screens = Screens(route=self._route, units=units, texts=texts, platform=platform)
        self._drafts = Drafts()
        self._menus = Menus(texts)
        self._opening = _any(texts("words.feedback_opening"), r"(?:\s*[:,.]\s*|\s+)")
        self._asking = _any(texts("words.feedback_asking"))
        self._denounce = _any(texts("words.denounce"))

    async def begin(self, visit: Visit) -> Served:
        """They want to say something; what was begun before is offered first."""
        if visit.group:
            return self._only(visit, "feedback.group")
        draft = await self._drafts.of(visit.tx, visit.conversation.id)
        if draft is not None and (draft.text or draft.kind):
            return self._screens.resume(visit, draft)
        return await self._anew(visit)

    async def hear(self, visit: Visit) -> Served | None:
        """Words, photos or a voice note for what is being told; None when they are something else.

        "góp ý: đường hỏng" begins with its words; "góp ý ở đâu" is a question.
        """
        draft = await self.telling(visit)
        if draft is not None:
            return await self._take(visit, draft)
        text = unicodedata.normalize("NFC", visit.text.strip())
        plain = fold(text)
        opening = self._opening.match(plain)
        if not opening or visit.group or self._asking.search(plain):
            return None
        words = text[opening.end() :]
        if len(words.split()) < OPENING_WORDS:
            return None
        return self._warned(visit, await self._anew(visit, words[:LONGEST]))

    async def telling(self, visit: Visit) -> Draft | None:
        """What is being told here just now; None when the talk is about something else."""
        if visit.talk.expecting != EXPECTING:
            return None
        return await self._drafts.of(visit.tx, visit.conversation.id)

    async def act(self, visit: Visit, action: Action) -> Served:
        """A button or digit of one of the screens."""
        if not isinstance(action, Feedback):
            raise TypeError(f"not a step of feedback: {action}")
        if action.told is Told.BEGIN:
            return await (self._anew(visit) if action.value else self.begin(visit))
        draft = await self._drafts.of(visit.tx, visit.conversation.id)
        if draft is None:
            return self._only(visit, "feedback.none")
        if action.told is Told.DROP:
            return await self.stop(visit)
        if action.step != draft.step:  # an old button: show where it really stands
            return await self._ask(visit, draft)
        if (told := self._told(draft, action)) is not None:
            return await self._next(visit, told)
        match action.told:
            case Told.KIND if action.value == DENUNCIATION:
                return await self._ask(visit, replace(draft, step=Step.DENOUNCE))
            case Told.NAME:
                return await self._ask(visit, replace(draft, step=Step.NAME))
            case Told.SEND:
                return await self._send(visit, draft)
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
        """ "thôi": what was told so far is gone."""
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
            case Step.NAME:
                return await self._send(visit, replace(draft, name=""))
        return await self._ask(visit, draft)

    async def _anew(self, visit: Visit, words: str = "") -> Served:
        draft = await self._drafts.begin(
            visit.tx, conversation=visit.conversation.id, step=Step.KIND, at=visit.now
        )
        await self._keep_files(visit, draft)
        home = self._route.home(visit.person.unit)
        return await self._ask(visit, replace(draft, text=words, unit=home))

    async def _take(self, visit: Visit, draft: Draft) -> Served:
        """Something that is no button: what was asked for, or more of the words."""
        words = visit.text.strip()
        await self._keep_files(visit, draft)
        if visit.location is not None:
            draft = replace(draft, place="{:.4f}, {:.4f}".format(*visit.location))
        if draft.step == Step.NAME and words:
            return await self._send(visit, replace(draft, name=words[:NAME_LENGTH]))
        if draft.step == Step.PLACE and words:
            draft = replace(draft, place=words[:PLACE_LENGTH])
        elif words:
            draft = replace(draft, text=f"{draft.text}\n{words}".strip()[:LONGEST])
        if draft.step in {Step.WORDS, Step.PLACE}:
            served = await self._next(visit, draft)
        else:
            served = await self._ask(visit, draft)
        return self._warned(visit, served)

    async def _next(self, visit: Visit, draft: Draft) -> Served:
        """The first step that is not answered; who wants to denounce is told how first.

        Where nobody stands above whoever leads, a complaint about them would reach them: it stops.
        """
        if draft.about and self._route.handling(draft) is None:
            text = self._texts("feedback.nobody_above")
            return self._screens.screen(visit, text, [], draft)
        if draft.step in {Step.KIND, Step.WORDS} and self._denounce.search(fold(draft.text)):
            return await self._ask(visit, replace(draft, step=Step.DENOUNCE))
        return await self._ask(visit, self._route.following(draft, await self._count(visit, draft)))

    async def _ask(self, visit: Visit, draft: Draft, *, start: int = 0) -> Served:
        """Keep the draft and show the screen of its step."""
        await self._drafts.keep(visit.tx, draft, at=visit.now)
        files = await self._count(visit, draft)
        return self._screens.show(visit, draft, files=files, start=start)

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


def _any(words: str, then: str = r"(?!\w)") -> re.Pattern[str]:
    """A pattern for any of these words, told with | between, in folded text."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, fold(words).split('|')))}){then}")
