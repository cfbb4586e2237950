"""A villager's own cases: how they stand, by receipt from anywhere; what they say to an answer.

Whoever has the three words may read how a case stands and what was answered. To add to it, rate,
reopen or withdraw it, one has to be in the chat from which it came. What is nearly a receipt is
answered from the list of words alone and counts as a wrong guess: it tells nothing of any case.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from content.receipts import Heard, How, Receipt, ReceiptWords
from content.screens import shorten
from content.texts import Texts
from handlers.actions import Action, CaseMove, CaseStep, MeantReceipt, MoreCases
from handlers.case_files import CaseFiles
from handlers.casework import Casework
from handlers.errands import Served, Visit
from handlers.messages import Media, Reply
from handlers.villager.menus import Choice, Menus
from storage.case_records import Case, CaseState, Changed, Refused, Side
from storage.cases import Cases
from storage.files import Files
from storage.guesses import WATCHED, Guess, Guesses

EXPECTING = "case"  # "case:<move>:<number>"
LONGEST = 4_000
SHOWN = 60
SHOWN_END = 40
PAGE = 7
MOVES = {
    CaseState.NEEDS_INFORMATION: (CaseMove.ADD, CaseMove.WITHDRAW),
    CaseState.RECEIVED: (CaseMove.ADD, CaseMove.WITHDRAW),
    CaseState.ASSIGNED: (CaseMove.ADD, CaseMove.WITHDRAW),
    CaseState.ANSWERED: (CaseMove.GOOD, CaseMove.NOT_CONTENT, CaseMove.NOT_CLEAR),
    CaseState.CLOSED: (CaseMove.REOPEN,),
    CaseState.WITHDRAWN: (),
}
"""What a villager can do with a case of theirs."""


class MyCases:
    """Shows cases to their villagers and takes what they say."""

    def __init__(
        self,
        *,
        casework: Casework,
        receipts: ReceiptWords,
        conceal: Callable[[str], str],
        hashes: Callable[[str], Sequence[str]],
        texts: Texts,
        warn: Callable[[Visit], Reply | None],
        files: CaseFiles,
    ) -> None:
        """`conceal` seals a receipt's words in a message that is stored, `hashes` gives its keyed
        hashes, the one to store first; `warn` gives whom to call to somebody in danger."""
        self._casework = casework
        self._receipts = receipts
        self._conceal = conceal
        self._hashes = hashes
        self._texts = texts
        self._warn = warn
        self._files = files
        self._book = Files()
        self._cases = Cases()
        self._guesses = Guesses(Guess.RECEIPT)
        self._menus = Menus(texts)

    async def show_all(self, visit: Visit, action: Action) -> Served:
        """What they asked and said from this chat, the newest first, a page at a time."""
        if visit.group:
            return self._say(visit, self._texts("feedback.group"))
        mine = await self._cases.of_conversation(
            visit.tx, visit.conversation.id, states=set(CaseState)
        )
        if not mine:
            return self._say(visit, self._texts("my_cases.none"))
        spoken = await self._book.answered_by_voice(visit.tx, [case.id for case in mine])
        start = action.start if isinstance(action, MoreCases) else 0
        choices: list[Choice] = [
            (
                self._label(case, visit.now, spoken=case.id in spoken),
                CaseStep(CaseMove.SHOW, case.id),
            )
            for case in mine
        ]
        page = self._menus.page(choices, start=start, more=MoreCases(start + PAGE))
        return self._say(visit, self._texts("my_cases.list"), page)

    async def hear(self, visit: Visit) -> Served | None:
        """A receipt, or the words that were asked for; None for anything else."""
        if visit.talk.expecting.startswith(f"{EXPECTING}:"):
            served = await self._words(visit)
            if served is not None:
                return served
        return await self.look_up(visit)

    def is_receipt(self, text: str) -> bool:
        """Whether a message is a receipt, or nearly one, wherever it comes."""
        return self._receipts.hear(text) is not None

    async def look_up(self, visit: Visit) -> Served | None:
        """The case of a receipt; None for a text that is none."""
        heard = self._receipts.hear(visit.text)
        if heard is None:
            return None
        if visit.group:
            return self._say(visit, self._texts("feedback.group"))
        return await self._by_receipt(visit, heard)

    async def meant(self, visit: Visit, action: Action) -> Served:
        """Yes, the receipt that was shown is theirs."""
        if not isinstance(action, MeantReceipt):
            raise TypeError(f"no receipt: {action}")
        if visit.group:
            return self._say(visit, self._texts("feedback.group"))
        if (wait := await self._wait(visit)) is not None:
            return wait
        case = await self._cases.by_receipt(visit.tx, [_hash_of(action.mark)])
        return await self._found(visit, case)

    def _is_it(self, visit: Visit, words: Receipt) -> Served:
        """Ask whether that is their receipt; a digit says yes. The digit carries a keyed hash, as
        the words may stand nowhere."""
        [hashed, *_] = self._hashes(self._receipts.canonical(words))
        yes: list[Choice] = [(self._texts("my_cases.meant_yes"), MeantReceipt(_mark_of(hashed)))]
        text = self._texts("my_cases.meant", receipt=self._conceal(self._receipts.shown(words)))
        return self._say(visit, text, yes)

    async def step(self, visit: Visit, action: Action) -> Served:
        """A button under one of their cases."""
        if not isinstance(action, CaseStep):
            raise TypeError(f"not a step of a case: {action}")
        case = await self._mine(visit, action.case)
        if case is None:
            return self._say(visit, self._texts("my_cases.gone"))
        try:
            return await self._do(visit, action.move, case)
        except (Refused, Changed):
            return await self._show(visit, await self._casework.get(visit.tx, case.id))

    async def _do(self, visit: Visit, move: CaseMove, case: Case) -> Served:
        match move:
            case CaseMove.GOOD if case.state is CaseState.ANSWERED:
                await self._rate(visit, case, understood=True, satisfied=True)
                await self._cases.close(visit.tx, case, by=None, at=visit.now)
                return self._say(visit, self._texts("my_cases.thanks"))
            case CaseMove.NOT_CONTENT if case.state is CaseState.ANSWERED:
                await self._rate(visit, case, understood=True, satisfied=False)
                return self._ask(visit, CaseMove.REOPEN, case, "my_cases.not_content")
            case CaseMove.NOT_CLEAR if case.state is CaseState.ANSWERED:
                await self._rate(visit, case, understood=False, satisfied=None)
                return self._ask(visit, CaseMove.REOPEN, case, "my_cases.not_clear")
            case CaseMove.REOPEN if case.state in {CaseState.ANSWERED, CaseState.CLOSED}:
                return self._ask(visit, CaseMove.REOPEN, case, "my_cases.not_clear")
            case CaseMove.ADD if move in MOVES[case.state]:
                return self._ask(visit, CaseMove.ADD, case, "my_cases.add")
            case CaseMove.WITHDRAW if move in MOVES[case.state]:
                await self._casework.withdraw(visit.tx, case, at=visit.now)
                return self._say(
                    visit, self._texts("my_cases.withdrawn", case=self._casework.label(case))
                )
        return await self._show(visit, case)

    async def _words(self, visit: Visit) -> Served | None:
        """What they were asked to write about a case."""
        _, move, number = visit.talk.expecting.split(":")
        case = await self._mine(visit, int(number))
        whole = visit.text.strip()
        text = whole[:LONGEST]
        if visit.attachments and not text:
            text = self._texts("my_cases.files_alone")
        if case is None or not text:
            return None
        await self._files.take(
            visit.tx, visit.attachments, case=case.id,
            account=visit.conversation.account, at=visit.now,
        )  # fmt: skip
        try:
            if move == CaseMove.REOPEN:
                case = await self._casework.reopen(visit.tx, case, text, at=visit.now)
                key = "my_cases.reopened"
            else:
                await self._casework.add(visit.tx, case, text, at=visit.now)
                case = await self._casework.get(visit.tx, case.id)
                key = "my_cases.added"
        except (Refused, Changed):
            return await self._show(visit, await self._casework.get(visit.tx, case.id))
        label, day = self._casework.label(case), self._casework.day(case.due_at)
        told = self._texts(key, case=label, day=day)
        if len(whole) > LONGEST:
            told = f"{told} {self._texts('my_cases.full', text=text[-SHOWN_END:])}"
        served = self._say(visit, told)
        warning = self._warn(visit)
        if warning is None:
            return served
        return replace(served, replies=(warning, *served.replies), urgent=True)

    async def _by_receipt(self, visit: Visit, heard: Heard) -> Served:
        if (wait := await self._wait(visit)) is not None:
            return wait
        case = None
        if heard.how is How.EXACT and heard.words:
            case = await self._casework.find(visit.tx, heard.words)
        if case is None:
            await self._guesses.note(visit.tx, conversation=visit.conversation.id, at=visit.now)
            return self._no_case(visit, heard)
        return await self._show(visit, case)

    async def _wait(self, visit: Visit) -> Served | None:
        """What to say after too many wrong receipts; None while they may try."""
        here = visit.conversation.id
        if not await self._guesses.too_many(visit.tx, conversation=here, at=visit.now):
            return None
        return self._say(visit, self._texts("my_cases.wait", minutes=WATCHED.seconds // 60))

    async def _found(self, visit: Visit, case: Case | None) -> Served:
        """The case of a receipt; none counts as a wrong guess."""
        if case is not None:
            return await self._show(visit, case)
        await self._guesses.note(visit.tx, conversation=visit.conversation.id, at=visit.now)
        return self._say(visit, self._texts("my_cases.unknown"))

    def _no_case(self, visit: Visit, heard: Heard) -> Served:
        """What may be wrong with the words, whether or not any case is near them."""
        match heard:
            case Heard(How.TWICE):
                return self._say(visit, self._texts("my_cases.twice"))
            case Heard(How.NEAR, tuple() as near):
                return self._is_it(visit, near)
            case Heard(How.EXACT, tuple() as words) if today := self._receipts.nearest(words):
                return self._is_it(visit, today)
        return self._say(visit, self._texts("my_cases.unknown"))

    async def _show(self, visit: Visit, case: Case) -> Served:
        """How it stands, with the last answer; what can be done with it from here."""
        label, office = self._casework.label(case), self._casework.office(case)
        state = self._state(case, visit.now)
        lines = [self._texts("my_cases.stands", case=label, office=office, state=state)]
        said = [w for w in await self._cases.words(visit.tx, case.id) if w.side is Side.OFFICIAL]
        media: tuple[Media, ...] = ()
        if said:
            lines.append(f"“{said[-1].text}”")
            if voice := await self._book.of_words(visit.tx, said[-1].id):
                media = (self._files.media(voice),)
                if not self._casework.opens(visit.conversation.account, media[0]):
                    lines.append(self._texts("my_cases.voice_not_here"))
        mine = await self._mine(visit, case.id) is not None
        choices: list[Choice] = [
            (self._move(move, case), CaseStep(move, case.id))
            for move in (MOVES[case.state] if mine else ())
        ]
        return self._say(visit, "\n".join(lines), choices, media)

    def _move(self, move: CaseMove, case: Case) -> str:
        """What a button says; "answer" only where something was asked."""
        asked = case.state is CaseState.NEEDS_INFORMATION
        key = "case.move.more" if move is CaseMove.ADD and not asked else f"case.move.{move}"
        return self._texts(key)

    def _label(self, case: Case, now: datetime, *, spoken: bool) -> str:
        """A line of the list."""
        label = self._casework.label(case)
        return f"{label[:1].upper()}{label[1:]}: {self._state(case, now, spoken=spoken)}"

    def _ask(self, visit: Visit, move: CaseMove, case: Case, key: str) -> Served:
        """Ask for words about a case; 0 leaves it as it is."""
        served = self._say(visit, self._texts(key))
        expecting = f"{EXPECTING}:{move}:{case.id}"
        return replace(served, talk=replace(served.talk, expecting=expecting))

    async def _rate(
        self, visit: Visit, case: Case, *, understood: bool, satisfied: bool | None
    ) -> None:
        await self._cases.rate(
            visit.tx, case, at=visit.now, understood=understood, satisfied=satisfied
        )

    async def _mine(self, visit: Visit, number: int) -> Case | None:
        """The case, if it came from this chat."""
        mine = await self._cases.of_conversation(
            visit.tx, visit.conversation.id, states=set(CaseState)
        )
        return next((case for case in mine if case.id == number), None)

    def _state(self, case: Case, now: datetime, *, spoken: bool = False) -> str:
        if spoken and case.state is CaseState.ANSWERED:
            return self._texts("my_cases.answered_by_voice")
        late = case.waiting and case.due_at < now
        key = "case.state.late" if late else f"case.state.{case.state}"
        return shorten(self._texts(key, day=self._casework.day(case.due_at)), SHOWN)

    def _say(
        self,
        visit: Visit,
        text: str,
        choices: list[Choice] | None = None,
        media: tuple[Media, ...] = (),
    ) -> Served:
        reply = Reply(text, self._menus.numbered(choices or []), media)
        return Served((reply,), replace(visit.talk, expecting="", greeted=True))


def _mark_of(hashed: str) -> str:
    """A hash, short enough for a button."""
    return base64.urlsafe_b64encode(bytes.fromhex(hashed)).decode().rstrip("=")


def _hash_of(mark: str) -> str:
    """The hash of such a mark; nothing for what is none."""
    try:
        return base64.b64decode(f"{mark}==", altchars=b"-_").hex()
    except ValueError:
        return ""
