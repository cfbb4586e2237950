"""What `broadcast draft` may ask: from its options, a card or a file to what is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.broadcast_words import refusal
from bot.survey_file import SurveyFaults, read_survey, told
from content.cards import CardFaults, parse_card
from content.when import NotATime, read_when
from handlers.asking import faults, purposes, say_back, wrong_answers
from handlers.errands import VIETNAM
from storage.consents import Purpose
from storage.questionnaires import Form, Question, Questionnaire


class BadAsking(Exception):
    """The options ask nothing that can be sent; the message says which and why."""


@dataclass(frozen=True)
class Wanted:
    """The options as they were given."""

    text: str
    poll: str
    quiz: str
    survey: Path | None
    choices: Sequence[str]
    until: str
    purpose: Purpose | None

    @property
    def any(self) -> bool:
        return bool(self.poll or self.quiz or self.survey)


@dataclass(frozen=True)
class Asking:
    """What goes into the draft: words above the question, what is asked, and for what."""

    text: str
    asks: Questionnaire | None
    purpose: Purpose


def asking(wanted: Wanted, cards: Path, *, now: datetime) -> Asking:
    """Read the options; `cards` is the folder of the cards. Raises BadAsking."""
    text = wanted.text.strip()
    given = [name for name in ("poll", "quiz", "survey") if getattr(wanted, name)]
    if len(given) > 1:
        raise BadAsking(f"--{given[0]} does not go with --{given[1]}: ask one thing")
    if not given:
        for name, value in (("choice", wanted.choices), ("until", wanted.until)):
            if value:
                raise BadAsking(f"--{name} goes with --poll, --quiz or --survey")
        return Asking(text, None, wanted.purpose or Purpose.NOTICES)
    until = wanted.until
    if wanted.survey is not None:
        if wanted.choices:
            raise BadAsking("--choice goes with --poll or --quiz; a survey's are in its file")
        try:
            file = read_survey(wanted.survey)
        except SurveyFaults as fault:
            raise BadAsking(str(fault)) from fault
        text, asks, until = text or file.intro, file.asks, until or file.until
    elif wanted.quiz:
        asks = _quiz(wanted.quiz, [choice.strip() for choice in wanted.choices], cards)
    else:
        choices = tuple(choice.strip() for choice in wanted.choices)
        asks = Questionnaire(Form.POLL, (Question(wanted.poll.strip(), choices),))
    if wrong := [told(one) for one in faults(asks, text)]:
        raise BadAsking(f"--{given[0]}: {'; '.join(wrong)}")
    return Asking(text, replace(asks, until=_until(until, now)), _purpose(wanted, asks))


def _purpose(wanted: Wanted, asks: Questionnaire) -> Purpose:
    """Who is asked said yes to that."""
    purpose, allowed = wanted.purpose or Purpose.SURVEYS, purposes(asks)
    if purpose not in allowed:
        named = " or ".join(sorted(allowed))
        raise BadAsking(f"--purpose: a {asks.form} goes to who said yes to {named}")
    return purpose


def _quiz(slug: str, wrong: Sequence[str], cards: Path) -> Questionnaire:
    """The card's question to say back; wrong answers are those named, or of its neighbours."""

    def of(one: str) -> tuple[str, str]:
        path = cards / f"{one}.md"
        return parse_card(path.read_text("utf-8"), slug=one, path=path).say_back

    if not (cards / f"{slug}.md").exists():
        raise BadAsking(f"--quiz: there is no card {slug!r}; `python -m content status` lists them")
    try:
        question, right = of(slug)
        if not wrong:
            path = cards / f"{slug}.md"
            card = parse_card(path.read_text("utf-8"), slug=slug, path=path)
            others = sorted(one.stem for one in cards.glob("*.md"))
            near = [one for one in card.related if one in others]
            wrong = wrong_answers(slug, [*near, *others], of)
    except (CardFaults, OSError) as fault:
        raise BadAsking(f"--quiz: {fault}") from fault
    return say_back(question, right, wrong)


def _until(typed: str, now: datetime) -> datetime | None:
    if not typed:
        return None
    try:
        when = read_when(typed, now=now, zone=VIETNAM)
    except NotATime as fault:
        raise BadAsking(f"--until: {refusal(fault)}") from fault
    if when.repeats:
        raise BadAsking("--until: name one time")
    return when.first
