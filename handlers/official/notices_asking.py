"""Composing what a broadcast asks, in an official's chat: questions, choices line by line, the end.

The steps between which `notices_composing` leads; what was said stands in the same draft.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from content.texts import Texts
from content.when import NotATime, read_when
from handlers.asking import MOST_CHOICES, MOST_QUESTIONS, AskFault, question_faults
from handlers.errands import VIETNAM, Served, Visit
from handlers.official.notices_screens import Choice, Screens
from handlers.official.notices_steps import Step, Turn
from handlers.official.notices_words import joined
from handlers.official_actions import Compose, Composed
from storage.answers import Answers
from storage.consents import Purpose
from storage.database import Transaction
from storage.notice_drafts import NoticeDraft
from storage.questionnaires import Form, Question, Questionnaire

STEPS = frozenset({Step.ASK, Step.SAY_BACK, Step.CHOICES, Step.UNTIL})
EMPTY = Questionnaire(Form.POLL, ())
DONE, MORE, UNDO, QUIZ = "done", "more", "undo", "quiz"
WORDS, WORDS_MORE = "words", "words_more"
WHAT_FOLLOWS = (DONE, MORE, UNDO, WORDS, WORDS_MORE)


class AskingSteps:
    """Hears and shows the steps of a question."""

    def __init__(
        self, *, texts: Texts, screens: Screens, quiz_of: Callable[[str], Questionnaire | None]
    ) -> None:
        """`quiz_of` gives the say-it-back question of a card."""
        self._texts = texts
        self._screens = screens
        self._quiz_of = quiz_of
        self._answers = Answers()

    async def begun(self, tx: Transaction, draft: NoticeDraft) -> NoticeDraft:
        """An empty draft as one that asks. Raises WrongState when too much is open."""
        asks = replace(EMPTY, code=await self._answers.free_code(tx))
        purpose = Purpose.SURVEYS.value
        return replace(draft, step=Step.ASK, purpose=purpose, questions=asks.to_json())

    def hear(self, draft: NoticeDraft, words: str, now: datetime) -> Turn:
        """Words for one of the steps."""
        asks = asks_of(draft)
        match draft.step:
            case Step.ASK:
                before = () if draft.looked else asks.questions
                question = Question(" ".join(words.split()))
                if fault := next(question_faults(question), None):
                    return _refused(draft, fault)
                then = replace(draft, step=Step.CHOICES, looked=False)
                return Turn(_with(then, asks, (*before, question)))
            case Step.CHOICES:
                return self._more_choices(draft, asks, words)
            case Step.UNTIL:
                return self._read_until(draft, asks, words, now)
        return Turn(draft)

    def choose(self, draft: NoticeDraft, value: str) -> Turn:
        """A digit of one of the steps."""
        asks = asks_of(draft)
        match draft.step, value:
            case Step.ASK, _ if value == QUIZ:
                return Turn(replace(draft, step=Step.SAY_BACK))
            case Step.SAY_BACK, _ if (quiz := self._quiz_of(value)) is not None:
                asks = replace(quiz, code=asks.code, until=asks.until)
                then = replace(draft, questions=asks.to_json(), step=Step.CHOICES)
                return Turn(then, on=True)
            case Step.UNTIL, _:
                return Turn(replace(draft, questions=replace(asks, until=None).to_json()), on=True)
            case Step.CHOICES, _ if asks.questions:
                return self._finished(draft, asks, value)
        return Turn(draft)

    def back(self, draft: NoticeDraft) -> NoticeDraft | None:
        """One step back from the choices: the question is written anew. None: no step of ours."""
        if draft.step == Step.SAY_BACK:
            return replace(draft, step=Step.ASK)
        if draft.step != Step.CHOICES or draft.looked:
            return None
        asks = asks_of(draft)
        return _with(replace(draft, step=Step.ASK), asks, asks.questions[:-1])

    def show(
        self, visit: Visit, draft: NoticeDraft, cards: Sequence[tuple[str, str]], news: str
    ) -> Served:
        """The screen of the step; `cards` (slug, title) may be meant."""
        match draft.step:
            case Step.ASK:
                return self._ask(visit, draft, news)
            case Step.SAY_BACK:
                choices: list[Choice] = [
                    (title, Compose(Composed.CHOOSE, Step.SAY_BACK, slug)) for slug, title in cards
                ]
                text = joined(news, self._texts("notice.ask.say_back"))
                return self._screens.screen(visit, draft, text, choices)
            case Step.UNTIL:
                fortnight = self._texts("notice.until_usual")
                usual = (fortnight, Compose(Composed.CHOOSE, Step.UNTIL, "usual"))
                text = joined(news, self._texts("notice.ask.until"))
                return self._screens.screen(visit, draft, text, [usual])
        return self._choices(visit, draft, news)

    def _ask(self, visit: Visit, draft: NoticeDraft, news: str) -> Served:
        asks = asks_of(draft)
        first = draft.looked or not asks.questions
        key = "notice.ask.ask" if first else "notice.ask.next"
        quiz = (self._texts("notice.to_say_back"), Compose(Composed.CHOOSE, Step.ASK, QUIZ))
        text = joined(news, self._texts(key, at=len(asks.questions) + 1))
        return self._screens.screen(visit, draft, text, [quiz] if first else [])

    def _choices(self, visit: Visit, draft: NoticeDraft, news: str) -> Served:
        """The question with its choices so far, and what may follow."""
        asks = asks_of(draft)
        question = asks.questions[-1]
        lines = [f"{place}. {one}" for place, one in enumerate(question.choices, start=1)]
        offered = [DONE, MORE, UNDO] if question.choices else [WORDS, WORDS_MORE]
        if len(asks.questions) == MOST_QUESTIONS:
            offered = [one for one in offered if one not in {MORE, WORDS_MORE}]
        if asks.form is Form.QUIZ:
            offered = [DONE]
        choices: list[Choice] = [
            (self._texts(f"notice.choices.{one}"), Compose(Composed.CHOOSE, Step.CHOICES, one))
            for one in offered
        ]
        asked = self._texts("notice.ask.choices", text=question.text, most=MOST_CHOICES)
        text = joined(news, asked, "\n".join(lines))
        return self._screens.screen(visit, draft, text, choices)

    def _more_choices(self, draft: NoticeDraft, asks: Questionnaire, words: str) -> Turn:
        """Each line is a choice."""
        question = asks.questions[-1]
        new = tuple(" ".join(line.split()) for line in words.splitlines() if line.strip())
        longer = replace(question, choices=(*question.choices, *new))
        if asks.form is Form.QUIZ:
            return Turn(draft, "notice.by_digit")
        for fault in question_faults(longer):
            if fault.key != "few_choices":
                return _refused(draft, fault)
        return Turn(_with(draft, asks, (*asks.questions[:-1], longer)))

    def _finished(self, draft: NoticeDraft, asks: Questionnaire, value: str) -> Turn:
        question = asks.questions[-1]
        if value == UNDO:
            shorter = replace(question, choices=question.choices[:-1])
            return Turn(_with(draft, asks, (*asks.questions[:-1], shorter)))
        in_words = value in {WORDS, WORDS_MORE}
        if value not in WHAT_FOLLOWS or in_words is bool(question.choices):
            return Turn(draft)
        if fault := next(question_faults(question, words=in_words), None):
            return _refused(draft, fault)
        if value in {MORE, WORDS_MORE} and asks.form is not Form.QUIZ:
            return Turn(replace(draft, step=Step.ASK, looked=False))
        return Turn(draft, on=True)

    def _read_until(
        self, draft: NoticeDraft, asks: Questionnaire, words: str, now: datetime
    ) -> Turn:
        try:
            when = read_when(words, now=now, zone=VIETNAM)
        except NotATime as fault:
            return Turn(draft, f"when.{fault.key}", {"said": fault.said})
        if when.repeats or (draft.due_at is not None and when.first <= draft.due_at):
            return Turn(draft, "notice.until_early")
        return Turn(replace(draft, questions=replace(asks, until=when.first).to_json()), on=True)


def asks_of(draft: NoticeDraft) -> Questionnaire:
    """What the draft asks so far."""
    return Questionnaire.from_json(draft.questions) or EMPTY


def over_before(draft: NoticeDraft, now: datetime) -> bool:
    """Whether it would take no more answers when it goes out."""
    until = asks_of(draft).until
    return until is not None and until <= max(now, draft.due_at or now)


def _with(draft: NoticeDraft, asks: Questionnaire, questions: tuple[Question, ...]) -> NoticeDraft:
    """The draft with these questions; several, or one in words, are a survey."""
    several = len(questions) > 1 or any(not one.choices for one in questions)
    form = Form.SURVEY if several else Form.POLL
    return replace(draft, questions=replace(asks, form=form, questions=questions).to_json())


def _refused(draft: NoticeDraft, fault: AskFault) -> Turn:
    return Turn(draft, f"asked.fault.{fault.key}", {"count": fault.count, "most": fault.most})
