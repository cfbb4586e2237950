"""What a broadcast may ask: one question, a card's question to say back, or a short survey.

Plain values, kept as JSON with the broadcast and frozen with its approval. Who answered what is in
`answers`, what may be told of it in `answer_numbers`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

CODES = range(20, 91)
"""Codes of what is open. A choice is typed as code and place, "201": three digits that no screen
and no other message uses, and none of them a number that people call in need (111 to 115, 911)."""

OPEN_FOR = timedelta(days=14)
"""So long answers are taken where no end was named. While it is open an answer belongs to a
person, and the list of who was asked goes with old messages."""


class Form(StrEnum):
    POLL = "poll"  # one question
    QUIZ = "quiz"  # a card's question to say back: one of the choices is right
    SURVEY = "survey"  # several, or one that is answered in words


@dataclass(frozen=True, slots=True)
class Question:
    """Without choices it is answered in people's own words. `right` is the place of the right
    choice of a quiz."""

    text: str
    choices: tuple[str, ...] = ()
    right: int | None = None


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """`until` (UTC) is the last moment for an answer; None for `OPEN_FOR` after it began."""

    form: Form
    questions: tuple[Question, ...]
    code: int = 0
    until: datetime | None = None

    @property
    def entries(self) -> int:
        """How many numbers the broadcast itself shows: its choices, or one to begin with."""
        return 1 if self.form is Form.SURVEY else len(self.questions[0].choices)

    def digit(self, place: int) -> int:
        """What is typed for the choice at that place, the first being 0."""
        return self.code * 10 + place + 1

    def closes(self, started: datetime) -> datetime:
        return self.until or started + OPEN_FOR

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "form": self.form.value,
            "questions": [[one.text, list(one.choices), one.right] for one in self.questions],
            "code": self.code,
            "until": self.until.astimezone(UTC).isoformat() if self.until else None,
        }

    def to_json(self) -> str:
        return json.dumps(self.plain(), ensure_ascii=False)

    @classmethod
    def from_json(cls, kept: str) -> Questionnaire | None:
        """Read what `to_json` wrote; None for an empty text."""
        if not kept:
            return None
        raw = json.loads(kept)
        return cls(
            form=Form(raw["form"]),
            questions=tuple(
                Question(text, tuple(choices), right) for text, choices, right in raw["questions"]
            ),
            code=raw["code"],
            until=datetime.fromisoformat(raw["until"]) if raw["until"] else None,
        )
