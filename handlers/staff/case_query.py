"""What somebody asks of the list of cases by its address: read, and turned into what is wanted.

Words are searched as they are shown: what is masked is not found, or a search would tell it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from content.languages import CODES
from content.redaction import LABELS, redact
from handlers.periods import Period, day_in
from handlers.units import Unit, Units
from storage.case_records import WAITING, Case, CaseKind, CaseState, plain
from storage.case_search import Wanted

ADDRESS = "/staff/cases"
EXPORT = "/staff/cases/export"
LONGEST_SEARCH = 80
MOST_WORDS = 8

STATES = {"waiting": WAITING, **{state.value: frozenset({state}) for state in CaseState}}
"""What the address calls a state: each by itself, and what an official has to do something for."""

_MASKS = re.compile("|".join(map(re.escape, LABELS.values())))
_SLUG = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
_PLATFORM = re.compile(r"[a-z_]{1,16}", re.ASCII)
_OFFICIAL = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Query:
    """What the address asks for; what it asks wrongly is left out. `first` and `last` are the days
    between which a case was received, `due_first` and `due_last` those between which it is due;
    `assigned` is the number of the official who has it in hand, 0 for nobody."""

    state: str = ""
    kind: str = ""
    unit: str = ""
    topic: str = ""
    first: str = ""
    last: str = ""
    due_first: str = ""
    due_last: str = ""
    assigned: str = ""
    channel: str = ""
    language: str = ""
    overdue: str = ""
    held: str = ""
    q: str = ""
    order: str = ""

    @classmethod
    def of(cls, typed: Mapping[str, str], units: Iterable[Unit]) -> Query:
        """`units` are those that may be asked for."""

        def one_of(name: str, known: Sequence[str]) -> str:
            return value if (value := typed.get(name, "")) in known else ""

        def day(name: str) -> str:
            return value if day_in(value := typed.get(name, "")) else ""

        def like(name: str, pattern: re.Pattern[str]) -> str:
            return value if pattern.fullmatch(value := typed.get(name, "")) else ""

        return cls(
            state=one_of("state", list(STATES)),
            kind=one_of("kind", list(CaseKind)),
            unit=one_of("unit", [unit.code for unit in units]),
            topic=like("topic", _SLUG),
            first=day("first"),
            last=day("last"),
            due_first=day("due_first"),
            due_last=day("due_last"),
            assigned=like("assigned", _OFFICIAL),
            channel=like("channel", _PLATFORM),
            language=one_of("language", sorted(CODES)),
            overdue=one_of("overdue", ["1"]),
            held=one_of("held", ["1"]),
            q=" ".join(typed.get("q", "")[:LONGEST_SEARCH].split()),
            order=one_of("order", ["soonest"]),
        )

    @property
    def narrowed(self) -> bool:
        """Whether anything is chosen that stands in the form alone."""
        return bool(
            self.q or self.kind or self.unit or self.topic or self.first or self.last
            or self.due_first or self.due_last or self.assigned or self.channel or self.language
        )  # fmt: skip

    @property
    def hidden(self) -> bool:
        """Whether it looks for what is masked, and so for nothing."""
        return redact(self.q) != self.q

    def shown(self) -> Query:
        """As a page may show it."""
        return replace(self, q=redact(self.q))

    def wanted(self, units: Units) -> Wanted:
        """For the book; what is hidden is not looked for."""
        first, last = day_in(self.first), day_in(self.last)
        due_first, due_last = day_in(self.due_first), day_in(self.due_last)
        return Wanted(
            states=STATES[self.state] if self.state else None,
            kind=CaseKind(self.kind) if self.kind else None,
            units=units.below(self.unit) if self.unit else None,
            overdue=bool(self.overdue),
            held=bool(self.held),
            words=() if self.hidden else tuple(plain(self.q).split()[:MOST_WORDS]),
            soonest=bool(self.order),
            since=Period(first, first).since if first else None,
            until=Period(last, last).until if last else None,
            topic=self.topic,
            platform=self.channel,
            language=self.language,
            official=int(self.assigned) if self.assigned else None,
            due_since=Period(due_first, due_first).since if due_first else None,
            due_until=Period(due_last, due_last).until if due_last else None,
        )

    def concerns(self, case: Case, units: Units) -> bool:
        """Whether news of a case are news of this list, whatever became of the case: by what does
        not change from day to day."""
        return (
            self.kind in {"", case.kind}
            and (not self.unit or case.unit in units.below(self.unit))
            and self.topic in {"", case.topic}
            and self.channel in {"", case.platform}
            and self.language in {"", case.language}
        )

    def pairs(self, **others: str) -> dict[str, str]:
        """What stands in the address, with this and that changed."""
        pairs = {name: getattr(self, name) for name in Query.__slots__} | others
        return {name: value for name, value in pairs.items() if value}

    def address(self, place: str = ADDRESS, /, **others: str) -> str:
        """The address of the list (or of another page) with this and that changed."""
        given = urlencode(self.pairs(**others))
        return f"{place}?{given}" if given else place


def has_words(texts: Sequence[str], words: Sequence[str]) -> bool:
    """Whether the words are in what is shown of these texts."""
    shown = [plain(_MASKS.sub(" ", redact(text))) for text in texts]
    return all(any(f" {word}" in text for text in shown) for word in words)
