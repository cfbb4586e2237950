"""How `broadcast results` tells what was answered: in words, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from handlers.errands import VIETNAM
from storage.answer_numbers import QuestionNumbers, Results
from storage.broadcasts import Broadcast
from storage.public_numbers import FEWEST

HIDDEN = "-"
WHY_HIDDEN = f"- hides fewer than {FEWEST}, or what would tell such a number by subtracting"


def results_in_words(it: Broadcast, found: Results) -> Iterator[str]:
    """Line by line for an operator."""
    state = "closed" if found.closed_at else "open, numbers in whole steps of five"
    if it.started_at is None:
        state = f"{it.phase}, not sent yet"
    ends = found.closed_at or found.closes
    when = f" · {'since' if found.closed_at else 'until'} {_local(ends)}" if ends else ""
    yield f"{it.id}: {state}{when}"
    few = f"fewer than {FEWEST}" if found.answered is None else str(found.answered)
    yield f"{found.asked} asked, {few} answered"
    for place, one in enumerate(found.questions, start=1):
        yield ""
        yield f"{place}. {one.question.text}"
        yield from _lines(one)
    if any(None in one.choices for one in found.questions):
        yield ""
        yield WHY_HIDDEN


def results_for_script(it: Broadcast, found: Results) -> dict[str, object]:
    """The same for a script: null is hidden; times are in Vietnam's zone."""
    asks = it.draft.asks
    return {
        "id": it.id,
        "form": asks.form.value if asks else "",
        "state": "closed" if found.closed_at else "open" if it.started_at else it.phase.value,
        "closes": found.closes.astimezone(VIETNAM).isoformat() if found.closes else None,
        "closed_at": found.closed_at.astimezone(VIETNAM).isoformat() if found.closed_at else None,
        "asked": found.asked,
        "answered": found.answered,
        "questions": [
            {
                "question": one.question.text,
                "answered": one.answered,
                "choices": [
                    {"choice": choice, "count": count}
                    for choice, count in zip(one.question.choices, one.choices, strict=True)
                ],
            }
            for one in found.questions
        ],
    }


def as_json(it: Broadcast, found: Results) -> str:
    return json.dumps(results_for_script(it, found), ensure_ascii=False)


def _lines(one: QuestionNumbers) -> Iterator[str]:
    few = f"fewer than {FEWEST}" if one.answered is None else str(one.answered)
    yield f"{'':>3}{few} answered"
    for choice, count in zip(one.question.choices, one.choices, strict=True):
        yield f"{HIDDEN if count is None else count:>6}  {choice}"


def _local(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
