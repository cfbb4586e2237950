"""A case as the console shows it: what was said, its files, its history, and what may be done.

Everything that identifies somebody is masked, unless it is to be shown and that is noted already.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from content.redaction import LABELS, redact
from content.screens import shorten
from content.texts import Texts
from handlers.case_files import CaseFile, CaseFiles
from handlers.casework import Casework
from handlers.errands import VIETNAM
from handlers.official.alike import SHOWN, AlikeCases
from handlers.official.duties import colleagues, duties
from handlers.staff.unit_choice import Offered
from handlers.units import Units
from storage.case_groups import CaseGroup, CaseGroups
from storage.case_history import CaseEvent, Happened, History
from storage.case_lists import CaseLists
from storage.case_records import Case, CaseKind, Side, Words
from storage.cases import Cases
from storage.database import Transaction
from storage.files import FileState
from storage.officials import Official

IN_HINT = 160
"""Letters of another case that may say the same."""

VILLAGERS_DOING = frozenset(
    {Happened.RECEIVED, Happened.ADDED, Happened.REOPENED, Happened.WITHDRAWN, Happened.RATED}
)
REASONED = frozenset({Happened.CLOSED, Happened.SHOWN, Happened.KEPT})
"""Their detail is what an official wrote."""

_OF_GROUP = re.compile(r"group (\d+)")


def day(at: datetime) -> str:
    """A day as the console shows it."""
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y")


class Said(NamedTuple):
    """One thing said: by whom, when, and whether it is among officials."""

    by: str
    at: str
    text: str
    side: str


class Line(NamedTuple):
    """One thing that happened."""

    at: str
    by: str
    what: str
    why: str


class Hint(NamedTuple):
    """Another case that may say the same."""

    case: Case
    label: str
    text: str


class Shown(NamedTuple):
    """A file and what will happen to it."""

    file: CaseFile
    words: str
    then: str


@dataclass(frozen=True, slots=True)
class View:
    """All that stands on the page of a case. `masked` says whether something is hidden."""

    case: Case
    label: str
    state: str
    held: str
    late: bool
    office: str
    unit: str
    place: str
    name: str
    received: str
    due: str
    hands: str
    said: Sequence[Said]
    masked: bool
    rating: str
    files: Sequence[Shown]
    events: Sequence[Line]
    hints: Sequence[Hint]
    group: CaseGroup | None
    duties: frozenset[str]
    colleagues: Sequence[Official]
    units: Offered


class CaseViews:
    """Reads what a page shows."""

    def __init__(self, *, casework: Casework, texts: Texts, units: Units, files: CaseFiles) -> None:
        self._casework = casework
        self._texts = texts
        self._units = units
        self._files = files
        self._cases = Cases()
        self._alike = AlikeCases(casework=casework, texts=texts)
        self._lists = CaseLists()
        self._groups = CaseGroups()
        self._history = History()

    async def of(
        self,
        tx: Transaction,
        case: Case,
        now: datetime,
        official: Official,
        *,
        unmasked: bool = False,
    ) -> View:
        """The page of a case as it stands, for that official."""
        said = await self._cases.words(tx, case.id)
        events = await self._history.of(tx, case.id)
        names = await self._casework.names(tx, list(_people(case, said, events)), self._texts)
        whole = [case.place, *(words.text for words in said)]
        texts = [unicodedata.normalize("NFC", text) for text in whole]
        # Masking takes milliseconds a text, for which nobody else should have to wait.
        masked = await asyncio.to_thread(lambda: [redact(text) for text in texts])
        place, *shown = texts if unmasked else masked
        may = duties(official, case)
        unit = self._units.get(case.unit)
        hidden = case.name if unmasked or not case.name else LABELS["name"]
        return View(
            case=case,
            label=self._casework.label(case, self._texts),
            state=self._texts(f"official.state.{case.state}"),
            held=self._held(case),
            late=case.overdue(now),
            office=self._casework.office(case),
            unit=unit.name if unit else "",
            place=place,
            name=hidden,
            received=day(case.received_at),
            due=day(case.due_at),
            hands=names.get(case.official or -1, ""),
            said=[self._said(words, text, names) for words, text in zip(said, shown, strict=True)],
            masked=bool(case.name) or masked != texts,
            rating=self._rating(case),
            files=[
                self._shown(file, now)
                for file in await self._files.of_case(tx, case.id, self._texts)
            ],
            events=[self._line(event, names) for event in events],
            hints=await self.hints(tx, case, official, said) if may else [],
            group=None if case.group is None else await self._groups.get(tx, case.group),
            duties=frozenset(duty.name.lower() for duty in may),
            colleagues=await colleagues(tx, self._casework, official, case),
            units=self._elsewhere(case),
        )

    async def hints(
        self, tx: Transaction, case: Case, official: Official, said: Sequence[Words]
    ) -> list[Hint]:
        """Cases that say nearly the same and could be answered together; none for what is not for
        the public."""
        if not said or case.kind is CaseKind.COMPLAINT or case.quarantine:
            return []
        numbers = (await self._alike.alike(tx, official, case, said[0].text)).like[:SHOWN]
        texts = await self._lists.openings(tx, self._casework.sight(official), numbers)
        found = []
        for number in numbers:
            other = await self._cases.get(tx, number)
            together = other is not None and case.group is not None and other.group == case.group
            if other is None or other.kind is CaseKind.COMPLAINT or together:
                continue
            text = shorten(" ".join(redact(texts.get(number, "")).split()), IN_HINT)
            found.append(Hint(other, self._casework.label(other, self._texts), text))
        return found

    def time(self, at: datetime) -> str:
        """A time as the console shows it."""
        return at.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")

    def _held(self, case: Case) -> str:
        if not (case.quarantine and case.waiting):
            return ""
        return self._texts(f"official.quarantine.{case.quarantine}")

    def _said(self, words: Words, text: str, names: Mapping[int, str]) -> Said:
        by = self._texts(f"official.side.{Side.VILLAGER}")
        if words.side is not Side.VILLAGER:
            name = names.get(words.by, "") if words.by is not None else ""
            by = name or self._texts(f"official.side.{Side.OFFICIAL}")
        if words.side is Side.NOTE:
            by = self._texts("official.side.note", name=by)
        return Said(by, self.time(words.at), text, words.side.value)

    def _rating(self, case: Case) -> str:
        """What the villager said of the answer."""
        if case.satisfied:
            return self._texts("staff.case.rated_good")
        if case.understood is False:
            return self._texts("staff.case.rated_unclear")
        if case.satisfied is False:
            return self._texts("staff.case.rated_not_content")
        return self._texts("staff.case.not_rated") if case.answered_at else ""

    def _shown(self, file: CaseFile, now: datetime) -> Shown:
        """What happens next to a file that is not there."""
        if file.readable:
            then = ""
        elif file.next_try_at is not None and file.next_try_at > now:
            then = self._texts("staff.file.next", time=self.time(file.next_try_at))
        elif file.next_try_at is not None:
            then = self._texts("staff.file.now")
        elif file.again:
            then = self._texts("staff.file.by_hand")
        else:
            then = self._texts("staff.file.ask")
        state = self._texts(f"files.state.{FileState.STORED}")
        return Shown(file, "" if file.words == state else file.words, then)

    def _line(self, event: CaseEvent, names: Mapping[int, str]) -> Line:
        """One line of the history, in words."""
        by = names.get(event.by, "") if event.by is not None else ""
        if not by and event.what in VILLAGERS_DOING:
            by = self._texts(f"official.side.{Side.VILLAGER}")
        group = _OF_GROUP.fullmatch(event.detail)
        why = redact(event.detail) if event.what in REASONED and not group else ""
        if group:
            why = self._texts("staff.case.with_group", group=group[1])
        key = f"staff.happened.{event.what}"
        if event.what is Happened.GROUPED and not event.detail:
            key = "staff.case.left_group"
        to = names.get(_number(event.detail), "") if event.what is Happened.ASSIGNED else ""
        unit = self._units.get(event.detail) if event.what is Happened.MOVED else None
        what = self._texts(key, to=to, unit=unit.name if unit else "", group=event.detail)
        return Line(self.time(event.at), by, what, why)

    def _elsewhere(self, case: Case) -> Offered:
        """The units to which it may be handed on."""
        above = self._units.line(case.unit)[1:]
        units = above if case.kind is CaseKind.COMPLAINT else list(self._units)
        return Offered.of(unit for unit in units if unit.code != case.unit)


def _people(case: Case, said: Sequence[Words], events: Sequence[CaseEvent]) -> set[int]:
    """The numbers of all officials who stand somewhere on the page."""
    given = [_number(event.detail) for event in events if event.what is Happened.ASSIGNED]
    numbers = [case.official, *(words.by for words in said), *(event.by for event in events)]
    return {number for number in [*numbers, *given] if number}


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else -1
