"""What a broadcast may ask, as far as every channel can hold it; a card's question to say back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from storage.consents import Purpose
from storage.questionnaires import Form, Question, Questionnaire

FEWEST_CHOICES, MOST_CHOICES = 2, 8
LONGEST_QUESTION, LONGEST_CHOICE = 300, 100
LONGEST_TOGETHER = 1_500
"""Letters of the words, the question and its choices: one message everywhere, with the lines that
tell how to answer and how to stop. The shortest that a channel takes is 2,000."""

MOST_QUESTIONS = 10
WRONG_CHOICES = 2
"""So many wrong answers a quiz gets where nobody names any."""


@dataclass(frozen=True, slots=True)
class AskFault:
    """Why it cannot be asked: `key` and `fields` of a sentence; `place` of the question, from 0."""

    key: str
    place: int = 0
    count: int = 0
    most: int = 0


def purposes(asks: Questionnaire) -> tuple[Purpose, ...]:
    """What people have to have said yes to: to being asked; a card's question may also go with a
    campaign."""
    if asks.form is Form.QUIZ:
        return (Purpose.SURVEYS, Purpose.CAMPAIGNS)
    return (Purpose.SURVEYS,)


def faults(asks: Questionnaire, text: str) -> Iterator[AskFault]:
    """What must be mended before it can be sent with these words."""
    if not asks.questions:
        yield AskFault("no_question")
    if len(asks.questions) > MOST_QUESTIONS:
        yield AskFault("many_questions", count=len(asks.questions), most=MOST_QUESTIONS)
    for place, one in enumerate(asks.questions):
        yield from question_faults(one, place, words=asks.form is Form.SURVEY)
        together = len(text) + len(one.text) + sum(map(len, one.choices))
        if asks.form is not Form.SURVEY and together > LONGEST_TOGETHER:
            yield AskFault("long_together", place, together, LONGEST_TOGETHER)


def question_faults(one: Question, place: int = 0, *, words: bool = True) -> Iterator[AskFault]:
    """What is wrong with one question; `words`: it may be answered in words."""
    if not one.text.strip():
        yield AskFault("no_text", place)
    if len(one.text) > LONGEST_QUESTION:
        yield AskFault("long_question", place, len(one.text), LONGEST_QUESTION)
    if len(one.choices) > MOST_CHOICES:
        yield AskFault("many_choices", place, len(one.choices), MOST_CHOICES)
    if len(one.choices) < FEWEST_CHOICES and not (words and not one.choices):
        yield AskFault("few_choices", place, len(one.choices), FEWEST_CHOICES)
    for choice in one.choices:
        if not choice.strip():
            yield AskFault("empty_choice", place)
        if len(choice) > LONGEST_CHOICE:
            yield AskFault("long_choice", place, len(choice), LONGEST_CHOICE)
    if len({" ".join(choice.casefold().split()) for choice in one.choices}) < len(one.choices):
        yield AskFault("same_choice", place)


def say_back(question: str, right: str, wrong: Sequence[str]) -> Questionnaire:
    """A quiz; the right answer stands where the question's words put it, not always first."""
    place = sha256(question.encode()).digest()[0] % (len(wrong) + 1)
    choices = [*wrong[:place], right, *wrong[place:]]
    return Questionnaire(Form.QUIZ, (Question(question, tuple(choices), place),))


SayBack = Callable[[str], tuple[str, str]]
"""A card's question to say back and its answer, by slug."""


def wrong_answers(slug: str, others: Sequence[str], of: SayBack) -> list[str]:
    """Answers of other cards, which are true but answer another question; `others` (slugs), the
    nearest first. For a quiz whose author names none."""
    _, right = of(slug)
    found: list[str] = []
    for other in others:
        answer = of(other)[1]
        if other != slug and answer not in (right, *found) and len(answer) <= LONGEST_CHOICE:
            found.append(answer)
    return found[:WRONG_CHOICES]
