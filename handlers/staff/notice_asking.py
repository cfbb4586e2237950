"""The questions in the form of a notice: read into a poll, a quiz or a survey, or what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from content.texts import Texts
from handlers.asking import AskFault, faults, say_back
from handlers.staff.notice_written import KEPT, Asks, Written
from storage.questionnaires import Form, Question, Questionnaire

Faults = list[tuple[str, str]]


class AskingForm:
    """Reads what is to be asked."""

    def __init__(self, texts: Texts, quiz_of: Callable[[str], Questionnaire | None]) -> None:
        """`quiz_of` gives the say-it-back question of a card, with wrong answers of its
        neighbours."""
        self._texts = texts
        self._quiz_of = quiz_of

    def read(
        self, written: Written, before: Questionnaire | None
    ) -> tuple[Questionnaire | None, Faults]:
        """What it asks (None: nothing), with the code of `before`, and what is wrong in it. The end
        for answers is for the caller."""
        if written.quiz and written.questions:
            return None, [("quiz", self._texts("staff.notice.ask_one"))]
        if written.quiz:
            asks = self._quiz(written, before)
            if asks is None:
                return None, [("quiz", self._texts("notice.no_such_card"))]
        elif written.questions:
            asks = _asked(written.questions)
        else:
            return None, []
        asks = replace(asks, code=before.code if before else 0, until=None)
        return asks, [self._fault(asks, one) for one in faults(asks, written.text)]

    def _quiz(self, written: Written, before: Questionnaire | None) -> Questionnaire | None:
        """The card's question, with the wrong answers that were typed; else as it was, or with
        answers of its neighbours."""
        kept = written.quiz == KEPT
        asks = before if kept else self._quiz_of(written.quiz)
        if asks is None or asks.form is not Form.QUIZ:
            return None
        if not (wrong := _lines(written.wrong)):
            return asks
        [question] = asks.questions
        right = question.choices[question.right or 0]
        return say_back(question.text, right, wrong)

    def _fault(self, asks: Questionnaire, fault: AskFault) -> tuple[str, str]:
        told = self._texts(f"asked.fault.{fault.key}", count=fault.count, most=fault.most)
        if asks.form is Form.QUIZ:
            return "quiz", told
        if len(asks.questions) > 1:
            told = self._texts("staff.notice.in_question", at=fault.place + 1, fault=told)
        return f"ask{fault.place + 1}", told


def _asked(typed: Sequence[Asks]) -> Questionnaire:
    """One question with choices is a poll; several, or one in people's own words, a survey."""
    questions = tuple(Question(one.text, tuple(_lines(one.choices))) for one in typed)
    poll = len(questions) == 1 and bool(questions[0].choices)
    return Questionnaire(Form.POLL if poll else Form.SURVEY, questions)


def _lines(typed: str) -> list[str]:
    return [" ".join(line.split()) for line in typed.splitlines() if line.strip()]
