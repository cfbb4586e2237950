"""What may be told of answers: totals in which nobody can be found, also not by subtracting.

- Of fewer than `FEWEST` people nothing is told.
- A choice of fewer is hidden, and so is the next smallest, until what is hidden is two choices at
  least and `FEWEST` people: else whoever knows the total could tell the few.
- While it is open, numbers are told in whole steps of `FEWEST`: exact ones, looked at twice, would
  tell what the person answered who came in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.answers import Answers
from storage.broadcast_outcomes import account_of
from storage.broadcast_records import Broadcast, WrongState
from storage.database import Transaction
from storage.public_numbers import FEWEST
from storage.questionnaires import Question


@dataclass(frozen=True, slots=True)
class QuestionNumbers:
    """`choices` has a number for each choice of the question; None is hidden."""

    question: Question
    answered: int | None
    choices: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """`asked` have the message or may have it; `answered` said anything. `closes` and `closed_at`
    in UTC; None: it has not begun, or is not closed."""

    asked: int
    answered: int | None
    questions: tuple[QuestionNumbers, ...]
    closes: datetime | None
    closed_at: datetime | None


async def results_of(tx: Transaction, it: Broadcast) -> Results:
    """What may be told of it now. Raises WrongState when it asks nothing."""
    asks = it.draft.asks
    if asks is None:
        raise WrongState(f"broadcast {it.id} asks nothing")
    book, exact = Answers(), it.closed_at is not None
    people = it.respondents if it.respondents is not None else await book.respondents(tx, it.id)
    counts = await book.counts(tx, it.id)
    found = []
    for place, question in enumerate(asks.questions):
        if question.choices:
            many = [counts.get((place, choice), 0) for choice in range(len(question.choices))]
            answered, choices = tellable(many, exact=exact)
        else:
            answered, choices = _told(counts.get((place, None), 0), exact=exact), ()
        found.append(QuestionNumbers(question, answered, choices))
    account = await account_of(tx, it.id)
    return Results(
        asked=account.sent + account.uncertain,
        answered=_told(people, exact=exact),
        questions=tuple(found),
        closes=asks.closes(it.started_at) if it.started_at else asks.until,
        closed_at=it.closed_at,
    )


def tellable(counts: Sequence[int], *, exact: bool) -> tuple[int | None, tuple[int | None, ...]]:
    """The total and the number of each choice as they may be told."""
    total = sum(counts)
    if total < FEWEST:
        return None, (None,) * len(counts)
    hidden = {place for place, many in enumerate(counts) if 0 < many < FEWEST}
    shown = sorted(
        (place for place, many in enumerate(counts) if many >= FEWEST),
        key=lambda place: (counts[place], place),
    )
    while hidden and (len(hidden) < 2 or sum(counts[place] for place in hidden) < FEWEST):
        hidden.add(shown.pop(0))
    told = (None if p in hidden else _step(many, exact=exact) for p, many in enumerate(counts))
    return _step(total, exact=exact), tuple(told)


def _told(people: int, *, exact: bool) -> int | None:
    return None if people < FEWEST else _step(people, exact=exact)


def _step(many: int, *, exact: bool) -> int:
    return many if exact else many // FEWEST * FEWEST
