"""Answers as the bot would, without the bot: one question, or JSON lines from standard input."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from content.answers import TEXT_KEYS, compose, menu, unknown_key
from content.cards import Facet
from content.days import named_time
from content.library import TEXTS, Library, holding
from content.texts import Texts
from content.understanding import (
    Answer,
    AskPerson,
    Choices,
    Context,
    Outcome,
    SmallTalk,
    Unknown,
)


@dataclass(frozen=True)
class Desk:
    """All that one command needs to answer."""

    library: Library
    texts: Texts
    today: date

    @classmethod
    def open(cls, folder: Path, cache: Path, today: date) -> Desk:
        """Raises NoCards or TextFault."""
        texts = Texts.load(holding(folder, TEXTS) / TEXTS, required=TEXT_KEYS)
        return cls(Library.open(folder, cache=cache), texts, today)

    def reply(self, question: str, outcome: Outcome, asked_before: str = "") -> str:
        """The text the bot would show; to somebody in danger, first whom to call.

        `asked_before` is the last question, for who now wants a person to answer it.
        """
        if isinstance(outcome, AskPerson):
            return self.texts(
                "ask.passed_on" if asked_before else "ask.say_your_question", question=asked_before
            )
        danger = self.library.alarm.hear(question)
        if danger is None:
            return self._say(question, outcome)
        first = self.texts(danger.text_key)
        if isinstance(outcome, Answer):
            outcome = replace(outcome, facet=Facet.STEPS)
        elif not (isinstance(outcome, Choices) and danger.card in outcome.slugs):
            return first
        return f"{first}\n\n{self._say(question, outcome)}"

    def _say(self, question: str, outcome: Outcome) -> str:
        cards = self.library.shelf.cards
        match outcome:
            case Answer(slug, facet):
                time = named_time(question, self.today)
                said = compose(cards[slug], facet, today=self.today, time=time, texts=self.texts)
                return said.text
            case Choices(slugs):
                return menu([cards[slug].title for slug in slugs], self.texts)
            case SmallTalk(kind):
                return self.texts(f"smalltalk.{kind}")
            case Unknown(confidence) if confidence == 0:
                return self.texts("answer.unreadable")
        return self.texts(unknown_key(question))


def answer_line(desk: Desk, line: str, complain: Callable[[str], None]) -> dict[str, Any]:
    """The answer to the last turn. A line that cannot be read gets one too, so none is missing."""
    answer: dict[str, Any] = {
        "id": None,
        "slug": None,
        "facet": None,
        "confidence": 0.0,
        "alternatives": [],
        "text": desk.texts("answer.unreadable"),
    }
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError) as error:
        complain(f"not JSON: {error}")
        return answer
    if isinstance(asked, dict):
        answer["id"] = asked.get("id")
        turns = asked.get("turns")
        if isinstance(turns, list) and turns and all(isinstance(turn, str) for turn in turns):
            return answer | _said(desk, turns)
    complain("turns must be a list of at least one text")
    return answer


def _said(desk: Desk, turns: list[str]) -> dict[str, Any]:
    context: Context | None = None
    outcome: Outcome = Unknown(0.0, (), None)
    asked = before = ""
    for turn in turns:
        danger = desk.library.alarm.hear(turn)
        if danger is not None and context is not None and context.topic != danger.card:
            context = None  # whoever cries for help talks of something else now
        outcome = desk.library.understand(turn, context, desk.today)
        context = outcome.context
        before, asked = asked, turn if isinstance(outcome, Answer | Choices) else asked
    slug: str | None = None
    facet: Facet | None = None
    confidence = 1.0  # small talk and the wish for a person are recognised or not
    alternatives: tuple[str, ...] = ()
    if isinstance(outcome, Answer):
        slug, facet, alternatives = outcome.slug, outcome.facet, outcome.alternatives
    elif isinstance(outcome, Choices):
        slug, facet, alternatives = outcome.slugs[0], outcome.facet, outcome.slugs[1:]
    elif isinstance(outcome, Unknown):
        alternatives = outcome.alternatives
    if isinstance(outcome, Answer | Choices | Unknown):
        confidence = outcome.confidence
    return {
        "slug": slug,
        "facet": None if facet is None else str(facet),
        "confidence": confidence,
        "alternatives": list(alternatives),
        "text": desk.reply(turns[-1], outcome, before),
    }
