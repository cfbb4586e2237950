"""What officials see on their phones: the list of open cases, one case, who may take it over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from content.redaction import LABELS, redact
from content.screens import shorten
from content.texts import Texts
from handlers.actions import Action, Home, encode
from handlers.case_files import LOOK, CaseFile, CaseFiles
from handlers.casework import Casework
from handlers.messages import Button, Kind, Reply
from handlers.official.alike import DIGIT as GROUPING
from handlers.official.alike import Alike, AlikeCases
from handlers.official.duties import colleagues, duties
from handlers.official_actions import Duty, ListWork, Work
from storage.case_lists import CaseLists
from storage.case_records import Case, CaseState, Side, Words
from storage.cases import Cases
from storage.database import Transaction
from storage.files import Files
from storage.officials import Official

PAGE = 8
MORE, BACK = 9, 0
LOOKING = 9
"""Photos and voices of a case."""

IN_LIST = 40
"""Letters of a case in a list."""

MOST_LISTED = 1000

DIGITS = {
    Duty.ANSWER: 1,
    Duty.ASK_BACK: 2,
    Duty.TAKE: 3,
    Duty.HAND_ON: 4,
    Duty.CLOSE: 5,
    Duty.UNMASK: 6,
    Duty.NOTE: 7,
    Duty.RELEASE: 8,
}
"""The same digit for the same thing in every case."""


class Screens:
    """Builds the pages; it changes nothing."""

    def __init__(self, *, casework: Casework, texts: Texts, files: CaseFiles) -> None:
        self._case_files = files
        self._files = Files()
        self._casework = casework
        self._texts = texts
        self._cases = Cases()
        self._lists = CaseLists()
        self._alike = AlikeCases(casework=casework, texts=texts)

    def sees(self, official: Official, case: Case) -> bool:
        """Whether they may open it."""
        return self._casework.sees(official, case)

    async def list(
        self, tx: Transaction, official: Official, start: int, now: datetime, notice: str = ""
    ) -> Reply:
        """The open cases from the `start`-th on, the soonest due first, then what
        waits for its villager, then what is held back."""
        sight = self._casework.sight(official)
        waiting = await self._lists.waiting(tx, sight, at_most=MOST_LISTED)
        held = await self._lists.held_back(tx, sight, at_most=MOST_LISTED) if official.leads else []
        asked = await self._lists.asked_back(tx, sight, at_most=MOST_LISTED)
        found = [*waiting, *asked, *held]
        begin = start if 0 <= start < len(found) else 0
        shown = found[begin : begin + PAGE]
        opening = await self._lists.openings(tx, sight, [case.id for case in shown])
        lines = []
        for case in shown:
            alike = await self._alike.alike(tx, official, case, opening.get(case.id, ""))
            lines.append(self._line(case, opening.get(case.id, ""), now, alike))
        buttons = [
            self.button(digit, line, Work(Duty.OPEN, case.id))
            for digit, (case, line) in enumerate(zip(shown, lines, strict=True), start=1)
        ]
        if begin + PAGE < len(found):
            buttons.append(self.button(MORE, self._texts("menu.more"), ListWork(begin + PAGE)))
        buttons.append(self.button(BACK, self._texts("menu.home"), Home()))
        late = sum(case.overdue(now) for case in waiting)
        text = self._texts("official.list" if found else "official.list_empty",
                           count=len(waiting), late=late)  # fmt: skip
        if asked:
            text = f"{text} {self._texts('official.list_asked', count=len(asked))}"
        if held:
            text = f"{text} {self._texts('official.list_held', count=len(held))}"
        return Reply(_joined(notice, text), tuple(buttons), menu=True)

    async def case(
        self,
        tx: Transaction,
        official: Official,
        case: Case,
        now: datetime,
        *,
        notice: str = "",
        unmasked: bool = False,
    ) -> Reply:
        """One case with all that was said, masked unless `unmasked`, and what may be done."""
        said = await self._cases.words(tx, case.id)
        names = await self._casework.names(
            tx, [n for n in (case.official, *(words.by for words in said)) if n is not None]
        )
        place = case.place if unmasked else redact(case.place)
        name = case.name if unmasked or not case.name else LABELS["name"]
        lines = [
            self._texts("official.case", case=self._casework.label(case).capitalize(),
                        state=self._texts(f"official.state.{case.state}")),
            self._texts("official.where", office=self._casework.office(case),
                        place=f", {place}" if place else ""),
            self._texts("official.days", received=self._casework.day(case.received_at),
                        due=self._casework.day(case.due_at)),
        ]  # fmt: skip
        if case.overdue(now):
            lines.append(self._texts("official.late"))
        if case.quarantine:
            lines.append(self._texts(f"official.quarantine.{case.quarantine}"))
        if case.official in names:
            lines.append(self._texts("official.in_hand", name=names[case.official]))
        if name:
            lines.append(self._texts("official.from", name=name))
        alike = await self._alike.alike(tx, official, case, said[0].text if said else "")
        lines += self._alike.lines(alike)
        files = await self._case_files.of_case(tx, case.id)
        if sent := [file for file in files if not file.answers]:
            lines.append(self._texts("official.files", count=len(sent)))
            lines += [f"• {file.words}" for file in sent if not file.readable]
        masked = (place, name) != (case.place, case.name)
        for words in said:
            text = words.text if unmasked else redact(words.text)
            masked = masked or text != words.text
            lines.append(self._said(words, text, names))
        choices = self._duties(official, case, alike, files, masked=masked)
        return Reply(_joined(notice, "\n".join(lines)), choices)

    async def files(
        self, tx: Transaction, case: Case, account: str, now: datetime
    ) -> tuple[Sequence[int], tuple[Reply, ...]]:
        """All that was sent in a case, one a message, for an official on that account, and the
        numbers of those that are shown; of the others it is said why not."""
        found = await self._files.of_case(tx, case.id)
        replies, shown = [], []
        for number, file in enumerate(found, start=1):
            told = self._case_files.described(file)
            fields = {"number": number, "count": len(found), "case": self._casework.label(case)}
            if not told.readable:
                text = self._texts("official.file.missing", words=told.words, **fields)
                replies.append(Reply(text))
                continue
            media = self._case_files.media(file, now + LOOK)
            text = self._texts(
                f"official.file.{'answer' if told.answers else media.kind.value}",
                length=self._case_files.length(file), **fields,
            )  # fmt: skip
            if not self._casework.opens(account, media):
                text = f"{text} {self._texts('official.file.not_here')}"
            else:
                shown.append(file.id)
            replies.append(Reply(text, media=(media,)))
        key = "official.files_shown" if shown else "official.files_none"
        back = self.button(BACK, self._texts("official.back"), Work(Duty.OPEN, case.id))
        return shown, (*replies, Reply(self._texts(key), (back,)))

    async def colleagues(
        self, tx: Transaction, official: Official, case: Case, start: int
    ) -> Reply:
        """Who else may take a case over, from the `start`-th on."""
        others = await colleagues(tx, self._casework, official, case)
        begin = start if 0 <= start < len(others) else 0
        buttons = [
            self.button(digit, one.name, Work(Duty.GIVE, case.id, case.version, one.id))
            for digit, one in enumerate(others[begin : begin + PAGE], start=1)
        ]
        if begin + PAGE < len(others):
            more = Work(Duty.HAND_ON, case.id, case.version, begin + PAGE)
            buttons.append(self.button(MORE, self._texts("menu.more"), more))
        buttons.append(self.button(BACK, self._texts("official.back"), Work(Duty.OPEN, case.id)))
        key = "official.colleagues" if others else "official.nobody_else"
        return Reply(self._texts(key, case=self._casework.label(case)), tuple(buttons))

    def button(self, digit: int, label: str, action: Action) -> Button:
        return Button(label, encode(action), digit)

    def duty(self, digit: int, duty: Duty, case: Case) -> Button:
        """A choice by its fixed digit: the same one for the same thing in every case."""
        return self.button(
            digit, self._texts(f"official.duty.{duty}"), Work(duty, case.id, case.version)
        )

    def _duties(
        self,
        official: Official,
        case: Case,
        alike: Alike,
        files: Sequence[CaseFile],
        *,
        masked: bool,
    ) -> tuple[Button, ...]:
        found = duties(official, case)
        shown = [
            self.duty(digit, duty, case)
            for duty, digit in DIGITS.items()
            if duty in found and (masked or duty is not Duty.UNMASK)
        ]
        if choice := self._alike.choice(official, case, alike):
            shown.append(self.button(GROUPING, *choice))
        if files and Duty.FILES in found:
            look = Work(Duty.FILES, case.id, case.version)
            shown.append(self.button(LOOKING, self._texts(_looking(files), count=len(files)), look))
        return (*shown, self.button(BACK, self._texts("official.to_list"), ListWork()))

    def _line(self, case: Case, text: str, now: datetime, alike: Alike) -> str:
        key = "official.line"
        if case.overdue(now):
            key = "official.line_late"
        if case.state is CaseState.NEEDS_INFORMATION:
            key = "official.line_asked"
        elif case.quarantine:
            key = "official.line_held"
        label = self._alike.in_list(self._casework.label(case), alike)
        return self._texts(
            key, case=label, due=self._casework.day(case.due_at),
            text=shorten(" ".join(redact(text).split()), IN_LIST),
        )  # fmt: skip

    def _said(self, words: Words, text: str, names: dict[int, str]) -> str:
        name = names.get(words.by, "") if words.by is not None else ""
        by = name or self._texts(f"official.side.{Side.OFFICIAL}")
        if words.side is Side.VILLAGER:
            by = self._texts(f"official.side.{Side.VILLAGER}")
        if words.side is Side.NOTE:
            by = self._texts("official.side.note", name=by)
        return self._texts("official.said", by=by, day=self._casework.day(words.at), text=text)


def _looking(files: Sequence[CaseFile]) -> str:
    """What the choice is called that shows them."""
    kinds = {file.mime.partition("/")[0] or file.kind for file in files}
    if kinds <= {"image", Kind.IMAGE.value}:
        return "official.look.images"
    return "official.look.voices" if kinds <= {"audio", Kind.VOICE.value} else "official.look.all"


def _joined(*parts: str) -> str:
    given: Iterable[str] = filter(None, parts)
    return "\n\n".join(given)
