"""The rows of what was answered to a closed poll, quiz or survey, for a file."""

from __future__ import annotations

from handlers.exports import SurveyColumns, Value
from storage.answer_numbers import results_of
from storage.answers import Answers
from storage.broadcasts import Broadcast, WrongState
from storage.database import Transaction


async def survey_rows(tx: Transaction, it: Broadcast) -> list[list[Value]]:
    """Raises WrongState for what asks nothing, and while it is open: two exports compared would
    tell what the person answered who came in between."""
    results, book = await results_of(tx, it), Answers()
    if it.closed_at is None:
        raise WrongState(f"{it.id} is open: `broadcast close {it.id}` ends it first")
    words = {
        place: await book.words(tx, it.id, place)
        for place, one in enumerate(results.questions)
        if not one.question.choices
    }
    return list(SurveyColumns().rows(it.id, results, words))
