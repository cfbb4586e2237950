"""What understanding a message can come to, and what it hands on to the next turn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from content.cards import Facet


class Talk(StrEnum):
    """Kinds of small talk."""

    GREETING = "greeting"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    WHO_ARE_YOU = "who_are_you"


@dataclass(frozen=True, slots=True)
class Context:
    """What the conversation is about. `sure` is False while the subject was only guessed.

    `leanings` are the cards it may have been about with their scores; whoever keeps a context
    may leave them out, at the price of a few follow-ups after a guess.
    """

    topic: str
    facet: Facet = Facet.GENERAL
    sure: bool = True
    leanings: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One card, sure enough to show. `alternatives` are the next likely cards, best first."""

    slug: str
    facet: Facet
    confidence: float
    alternatives: tuple[str, ...]
    context: Context | None


@dataclass(frozen=True, slots=True)
class Choices:
    """At most three cards to choose from, the likeliest first."""

    slugs: tuple[str, ...]
    facet: Facet
    confidence: float
    context: Context | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """No card answers it. `confidence` is the chance that one does after all."""

    confidence: float
    alternatives: tuple[str, ...]
    context: Context | None


@dataclass(frozen=True, slots=True)
class SmallTalk:
    kind: Talk
    context: Context | None


@dataclass(frozen=True, slots=True)
class AskPerson:
    """They want to speak with a human."""

    context: Context | None


Outcome = Answer | Choices | Unknown | SmallTalk | AskPerson
