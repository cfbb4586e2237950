"""Casework: what happens to a case, with everybody told who must know, in one transaction.

Villagers, officials and the console do it through here, so that each step is told the same way
whoever takes it. Who may take it they decide themselves; which states allow it, `storage.cases`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from content.receipts import ReceiptWords
from content.texts import Texts
from handlers.abuse import CROWD, Abuse
from handlers.actions import CaseMove, CaseStep, encode
from handlers.case_files import CaseFiles
from handlers.messages import Button, Media, Reply
from handlers.official_post import OfficialPost
from handlers.post import Post
from handlers.units import Unit, Units
from handlers.working_days import WorkingDays
from storage.case_groups import CaseGroups
from storage.case_history import CONSOLE, Happened, History
from storage.case_lists import CaseLists, Sight
from storage.case_records import Case, CaseKind, CaseState, NewCase, Side
from storage.cases import Cases
from storage.database import Database, Transaction
from storage.files import File, Files
from storage.officials import Official, Officials

MOST_RELEASED = 500
"""So many are let pass at a time, so that nobody who writes waits for long."""

SPOKEN = {
    "case.answered": ("case.answered_by_voice", "case.answered_by_both"),
    "case.asked_back": ("case.asked_back_by_voice", "case.asked_back_by_both"),
}
"""What is told where something was spoken: without words beside it, and with."""

Receipt = tuple[str, str, str]


class NotDownwards(Exception):
    """A complaint goes to a unit above alone: below, it could reach whom it is about."""


class Casework:
    """The steps of a case."""

    def __init__(
        self,
        *,
        units: Units,
        texts: Texts,
        post: Post,
        days: WorkingDays,
        abuse: Abuse,
        office: OfficialPost,
        receipts: ReceiptWords,
        files: CaseFiles,
        hashes: Callable[[str], Sequence[str]],
        draw: Callable[[int], int],
    ) -> None:
        """`hashes` gives a receipt's keyed hashes, the one to store first; `draw(n)` a random
        number below n."""
        self._units = units
        self._texts = texts
        self._post = post
        self._days = days
        self._abuse = abuse
        self._office = office
        self._receipts = receipts
        self._case_files = files
        self._files = Files()
        self._hashes = hashes
        self._draw = draw
        self._cases = Cases()
        self._lists = CaseLists()
        self._groups = CaseGroups()
        self._history = History()
        self._officials = Officials()

    def sight(self, official: Official) -> Sight:
        """What an official may see."""
        return self._office.sight(official)

    def sees(self, official: Official, case: Case) -> bool:
        """Whether they may open it; what is held back is for those who lead."""
        return self._office.sees(official, case)

    async def hand_in(
        self, tx: Transaction, new: NewCase, *, conversation: int, at: datetime
    ) -> tuple[Case, Receipt]:
        """Open a case and tell who answers it. Its words are the villager's to keep: only their
        keyed hash is stored."""
        words = self._receipts.draw(self._draw)
        while await self._cases.by_receipt(tx, self._receipt_hashes(words)):
            words = self._receipts.draw(self._draw)
        case = await self.open(
            tx, replace(new, receipt=self._receipt_hashes(words)[0]),
            conversation=conversation, at=at,
        )  # fmt: skip
        return case, words

    async def open(self, tx: Transaction, new: NewCase, *, conversation: int, at: datetime) -> Case:
        """The same without a receipt: for a question, whose answer comes back into the chat.

        What a flood brings is taken in as all else, but waits until somebody who leads looks; where
        nobody does, nothing is held back. Of many new conversations, who leads is told once.
        """
        if not new.quarantine:
            rule = await self._abuse.rule(
                tx, conversation=conversation, units=self._units.served_with(new.unit),
                text=new.text, at=at,
            )  # fmt: skip
            if rule and await self._office.desks(tx, new.unit, leading=True):
                new = replace(new, quarantine=rule)
        number = await self._cases.open(
            tx, new, conversation=conversation, at=at, due_at=self._days.due(new.kind, at)
        )
        case = await self.get(tx, number)
        if not case.quarantine:
            await self._office.tell(tx, case, "case.new", at=at, text=new.text)
        elif case.quarantine == CROWD:
            await self._office.tell_held(tx, case, key="case.held", at=at)
        return case

    async def find(self, tx: Transaction, words: Receipt) -> Case | None:
        """The case of a receipt."""
        return await self._cases.by_receipt(tx, self._receipt_hashes(words))

    async def get(self, tx: Transaction, number: int) -> Case:
        """A case that is known to be there. Raises LookupError."""
        case = await self._cases.get(tx, number)
        if case is None:
            raise LookupError(f"no case {number}")
        return case

    async def first_words(self, tx: Transaction, case: Case) -> str:
        """What its villager said first; nothing where the words were deleted."""
        return next((words.text for words in await self._cases.words(tx, case.id)), "")

    async def answer(
        self,
        tx: Transaction,
        case: Case,
        text: str,
        *,
        by: Official,
        at: datetime,
        voice: File | None = None,
    ) -> None:
        """Answer it, in words, by `voice` or both, and ask the villager whether they understood.
        Raises Refused or Changed."""
        said, spoken = self._said(text, voice), voice is not None
        number = await self._cases.answer(tx, case, said, by=by.id, at=at, spoken=spoken)
        if voice:
            await self._files.answer(tx, voice, case=case.id, words=number)
        await self._tell_villager(
            tx, case, "case.answered", (CaseMove.GOOD, CaseMove.NOT_CONTENT, CaseMove.NOT_CLEAR),
            at=at, answer=text, voice=voice,
        )  # fmt: skip

    async def ask_back(
        self,
        tx: Transaction,
        case: Case,
        text: str,
        *,
        by: Official,
        at: datetime,
        voice: File | None = None,
    ) -> None:
        """Ask the villager for more, in the same ways. Raises Refused or Changed."""
        said, spoken = self._said(text, voice), voice is not None
        number = await self._cases.ask_back(tx, case, said, by=by.id, at=at, spoken=spoken)
        if voice:
            await self._files.answer(tx, voice, case=case.id, words=number)
        await self._tell_villager(
            tx, case, "case.asked_back", (CaseMove.ADD, CaseMove.WITHDRAW),
            at=at, answer=text, voice=voice,
        )  # fmt: skip

    async def can_hear(self, tx: Transaction, case: Case, voice: File | None = None) -> bool:
        """Whether its villager can hear a voice (any, or this one) where they are. Who is gone may
        hear it elsewhere, by the receipt."""
        thread = await self._cases.thread(tx, case.id)
        media = self._case_files.media(voice) if voice else self._case_files.any_voice()
        return thread is None or self.opens(thread.account, media)

    async def by_link(self, tx: Transaction, case: Case, voice: File) -> bool:
        """Whether its villager has to open a link to hear it."""
        thread = await self._cases.thread(tx, case.id)
        media = self._case_files.media(voice)
        return thread is not None and not self._post.shows(thread.account, media)

    def opens(self, account: str, media: Media) -> bool:
        """Whether people on that account get it, as it is or by its link."""
        return bool(media.link) or self._post.shows(account, media)

    async def assign(
        self, tx: Transaction, case: Case, *, to: Official, by: Official | None, at: datetime
    ) -> None:
        """Give it into an official's hands. Raises Refused or Changed."""
        first = case.official is None
        await self._cases.assign(tx, case, to=to.id, by=by.id if by else None, at=at)
        if first:
            await self._tell_villager(tx, case, "case.assigned", (), at=at)
        if by is None or by.id != to.id:
            await self._office.tell_one(tx, case, to, "case.given", at=at)

    async def move(
        self, tx: Transaction, case: Case, *, to: Unit, by: Official, at: datetime
    ) -> None:
        """Hand it on to another unit, where whoever answers is told; so is the villager, who was
        told whose it is. It leaves a group of elsewhere. Raises Refused, Changed or NotDownwards.
        """
        above = {unit.code for unit in self._units.line(case.unit)[1:]}
        if case.kind is CaseKind.COMPLAINT and to.code not in above:
            raise NotDownwards
        await self._cases.move(tx, case, unit=to.code, by=by.id, at=at)
        if case.group is not None:
            group = await self._groups.get(tx, case.group)
            if to.code not in self._units.below(group.unit):
                await self._groups.take_out(tx, case, by=by.id, at=at)
        moved = await self.get(tx, case.id)
        await self._tell_villager(tx, moved, "case.moved", (), at=at)
        await self._office.tell(tx, moved, "case.new", at=at, text=await self.first_words(tx, case))

    async def add(self, tx: Transaction, case: Case, text: str, *, at: datetime) -> None:
        """The villager said more. Raises Refused or Changed."""
        due = self._days.due(case.kind, at)
        await self._cases.add(tx, case, text, at=at, due_at=due)
        added = await self.get(tx, case.id)  # its day is another where it was asked back
        await self._office.tell(tx, added, "case.added", at=at, text=text)

    async def reopen(self, tx: Transaction, case: Case, text: str, *, at: datetime) -> Case:
        """The villager is not content. Raises Refused or Changed."""
        due = self._days.due(case.kind, at)
        await self._cases.reopen(tx, case, text, at=at, due_at=due)
        reopened = await self.get(tx, case.id)
        await self._office.tell(tx, reopened, "case.reopened", at=at, text=text)
        return reopened

    async def withdraw(self, tx: Transaction, case: Case, *, at: datetime) -> None:
        """The villager takes it back. Raises Refused or Changed."""
        await self._cases.withdraw(tx, case, at=at)
        await self._office.tell(tx, case, "case.withdrawn", at=at, text="")

    async def release(self, tx: Transaction, case: Case, *, by: Official, at: datetime) -> None:
        """What was held back goes the usual way. Raises Refused or Changed."""
        await self._cases.release(tx, case, by=by.id, at=at)
        await self._office.tell(tx, case, "case.new", at=at, text=await self.first_words(tx, case))

    async def release_crowd(self, tx: Transaction, *, by: Official, at: datetime) -> int:
        """All that is held back because many newcomers wrote goes the usual way; how many cases.

        Whoever answers is told of all in one message.
        """
        held = await self._lists.held_back(tx, self.sight(by), at_most=MOST_RELEASED)
        released = [case for case in held if case.quarantine == CROWD]
        for case in released:
            await self._cases.release(tx, case, by=by.id, at=at)
        await self._office.tell_together(tx, released, at=at)
        return len(released)

    async def keep(
        self, tx: Transaction, case: Case, *, by: Official, at: datetime, why: str
    ) -> None:
        """Somebody looked at what is held back, and it stays so. Raises Refused or Changed."""
        await self._cases.keep(tx, case, by=by.id, at=at, why=why)

    async def close(
        self, tx: Transaction, case: Case, *, by: Official | None, at: datetime, why: str = ""
    ) -> None:
        """It is settled; `why` stands in the history. Raises Refused or Changed."""
        await self._cases.close(tx, case, by=by.id if by else None, at=at, why=why)
        await self._tell_villager(tx, case, "case.closed", (CaseMove.REOPEN,), at=at)

    async def remind(
        self, tx: Transaction, case: Case, *, chair: bool, key: str, at: datetime
    ) -> int:
        """Remind who has the case, or who leads them; how many were written to."""
        if not chair and case.official is not None:
            official = await self._officials.get(tx, case.official)
            if official is not None and self.sight(official).covers(case):
                told = await self._office.tell_one(tx, case, official, key, at=at)
                if told:
                    return told
        leading = chair or case.kind is CaseKind.COMPLAINT or bool(case.quarantine)
        return await self._office.tell_all(tx, case, key, leading=leading, at=at)

    async def tell_late(self, tx: Transaction, case: Case, *, at: datetime) -> None:
        """Tell the villager plainly that their case is past its day."""
        await self._tell_villager(tx, case, "case.late", (), at=at)

    async def remind_asked(self, tx: Transaction, case: Case, *, at: datetime) -> None:
        """Remind the villager of what they were asked, and who has the case that it waits."""
        said = [w for w in await self._cases.words(tx, case.id) if w.side is Side.OFFICIAL]
        await self._tell_villager(
            tx, case, "case.still_asked", (CaseMove.ADD, CaseMove.WITHDRAW),
            at=at, answer=said[-1].text if said else "",
        )  # fmt: skip
        await self._office.tell(tx, case, "official.due.asked", at=at)

    async def close_asked(self, tx: Transaction, case: Case, *, at: datetime) -> None:
        """Nobody answered what was asked back: it is closed. Raises Refused or Changed."""
        await self._cases.close(tx, case, by=None, at=at)
        await self._tell_villager(tx, case, "case.closed_asked", (CaseMove.REOPEN,), at=at)
        await self._office.tell(tx, case, "official.due.asked_closed", at=at)

    async def remind_of_held(self, tx: Transaction, case: Case, *, key: str, at: datetime) -> bool:
        """Remind who leads of what is held back, once for many; False: there is nobody."""
        return await self._office.tell_held(tx, case, key=key, at=at)

    async def good_morning(self, database: Database, now: datetime) -> int:
        """Tell officials what happened in their quiet hours, once those are over; to how many."""
        return await self._office.good_morning(database, now)

    async def names(
        self, tx: Transaction, numbers: Collection[int], texts: Texts | None = None
    ) -> dict[int, str]:
        """How those who did something are called, those who were removed too."""
        return {
            CONSOLE: (texts or self._texts)("official.console"),
            **await self._officials.names(tx, numbers),
        }

    async def answered_by(
        self, tx: Transaction, case: Case, texts: Texts | None = None
    ) -> str | None:
        """Who gave the answer that a case has now; None when it has none."""
        if case.state is not CaseState.ANSWERED:
            return None
        answers = [e for e in await self._history.of(tx, case.id) if e.what is Happened.ANSWERED]
        by = [e.by for e in answers[-1:] if e.by is not None]
        said = texts or self._texts
        names = await self.names(tx, by, said)
        return names.get(by[0] if by else -1, said("official.side.official"))

    def label(self, case: Case, texts: Texts | None = None) -> str:
        """How a case is called: its kind and number, in the villagers' words or those given."""
        return self._office.label(case, texts)

    def as_told(self, case: Case, key: str, text: str, voice: File | None = None) -> str:
        """What the villager reads of an answer ("case.answered") or a question back."""
        length = ""
        if voice:
            key = SPOKEN[key][bool(text)]
            length = self._case_files.length(voice)
        return self._texts(
            key, case=self.label(case), office=self.office(case), answer=text, length=length
        )

    def office(self, case: Case) -> str:
        """Whose case it is, by name."""
        unit = self._units.office(case.unit)
        return unit.name if unit else self._texts("answer.unit")

    def day(self, at: datetime) -> str:
        """A day as people say it."""
        return self._office.day(at)

    def _receipt_hashes(self, words: Receipt) -> Sequence[str]:
        return self._hashes(self._receipts.canonical(words))

    async def _tell_villager(
        self,
        tx: Transaction,
        case: Case,
        key: str,
        moves: Sequence[CaseMove],
        *,
        at: datetime,
        answer: str = "",
        voice: File | None = None,
    ) -> None:
        thread = await self._cases.thread(tx, case.id)
        if thread is None:
            return
        text = self.as_told(case, key, answer, voice)
        media = (self._case_files.media(voice),) if voice else ()
        buttons = tuple(
            Button(self._texts(f"case.move.{move}"), encode(CaseStep(move, case.id)))
            for move in moves
        )
        await self._post.send(
            tx, Reply(text, buttons, media), account=thread.account,
            conversation=thread.conversation, at=at,
        )  # fmt: skip

    def _said(self, text: str, voice: File | None) -> str:
        """What stands in the case of words, a voice, or both."""
        if voice is None:
            return text
        spoken = self._texts("case.spoken", length=self._case_files.length(voice))
        return f"{spoken} {text}".strip()
