"""Finds the card and the facet that a question is about, or says that it does not know."""

from content.understanding.matching import Trace, Understanding
from content.understanding.outcomes import (
    Answer,
    AskPerson,
    Choices,
    Context,
    Outcome,
    SmallTalk,
    Talk,
    Unknown,
)

__all__ = [
    "Answer",
    "AskPerson",
    "Choices",
    "Context",
    "Outcome",
    "SmallTalk",
    "Talk",
    "Trace",
    "Understanding",
    "Unknown",
]
