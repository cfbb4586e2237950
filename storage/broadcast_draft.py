"""What is to be sent by a broadcast: its words, to whom and when; and what an approval is of."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any

from storage.consents import Purpose
from storage.questionnaires import Questionnaire

GRACE = timedelta(hours=6)
"""So late a notice may still go out that was missed while the program was down."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A picture or sound of a notice: a stored file (`storage.files`), and the SHA-256 of its bytes
    (hex), by which it is known that it is still what was approved. `seconds`: how long it lasts.
    `about`: what a picture shows, for who cannot see it."""

    id: int
    key: str
    mime: str
    seconds: int
    digest: str
    about: str = ""

    @property
    def is_sound(self) -> bool:
        return self.mime.startswith("audio/")


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be sent: `unit` with all below it, or `only_unit`; empty for everybody.

    `texts` are (code, words) in other languages than Vietnamese, whose words are `text`. `language`
    leaves all out but those who chose it, "vi" those who chose none. `topic` is the card whose
    changes people asked to hear of, for the purpose that is about one. `also` are cards that it
    opens beside `card`.

    At most one picture and one sound are `enclosed`. One that `takes_back` another goes to those
    who received that, in the place of its messages where that can be; with `removes`, rather takes
    them away.

    `due_at` in UTC, None for as soon as it is approved. `repeats` is a rule that the clock reads,
    empty for once. What `asks` something may have no `text` beside its question. With `template`
    the words, and nothing else, also go to who may get no free text, where an account has an
    approved template for them; that costs money.
    """

    text: str
    purpose: Purpose = Purpose.NOTICES
    unit: str = ""
    card: str = ""
    emergency: bool = False
    reason: str = ""
    due_at: datetime | None = None
    repeats: str = ""
    grace: timedelta = GRACE
    only_unit: bool = False
    enclosed: tuple[Enclosed, ...] = ()
    takes_back: int | None = None
    removes: bool = False
    texts: tuple[tuple[str, str], ...] = ()
    language: str = ""
    topic: str = ""
    asks: Questionnaire | None = None
    also: tuple[str, ...] = ()
    template: bool = False

    @property
    def cards(self) -> tuple[str, ...]:
        """The cards that it opens, in the order of its buttons."""
        return (self.card, *self.also) if self.card else self.also

    def text_in(self, language: str) -> str:
        """What a person reads who chose that language; empty for Vietnamese."""
        return dict(self.texts).get(language, self.text)

    @property
    def headline(self) -> str:
        """What it is about, for a list."""
        return self.text or (self.asks.questions[0].text if self.asks else "")

    def frozen(self) -> str:
        """What an approval is of, as JSON: the words, to whom and why; not the times."""
        kept: dict[str, Any] = {
            "text": self.text,
            "card": self.card,
            "purpose": self.purpose.value,
            "unit": self.unit,
            "emergency": self.emergency,
            "reason": self.reason,
        }
        if self.only_unit:  # left out otherwise: copies that are older than the choice stay true
            kept["only_unit"] = True
        if self.texts:
            kept["texts"] = dict(self.texts)
        if self.also:
            kept["also"] = list(self.also)
        if self.template:
            kept["template"] = True
        if self.topic:
            kept["topic"] = self.topic
        if self.language:
            kept["language"] = self.language
        if self.takes_back is not None:
            kept |= {"takes_back": self.takes_back, "removes": self.removes}
        if self.enclosed:
            kept["enclosed"] = [
                [one.mime, one.digest, *filter(None, [one.about])] for one in self.enclosed
            ]
        if self.asks is not None:
            kept["asks"] = self.asks.plain()
        return json.dumps(kept, ensure_ascii=False, sort_keys=True)

    def columns(self) -> dict[str, Any]:
        """The draft as the record keeps it."""
        return {
            "text": self.text,
            "purpose": self.purpose.value,
            "unit": self.unit,
            "only_unit": self.only_unit,
            "card": self.card,
            "emergency": self.emergency,
            "reason": self.reason,
            "due_at": self.due_at,
            "repeats": self.repeats,
            "grace": int(self.grace.total_seconds()),
            "texts": json.dumps(dict(self.texts), ensure_ascii=False),
            "language": self.language,
            "topic": self.topic,
            "also": json.dumps(self.also),
            "template": self.template,
            "takes_back": self.takes_back,
            "removes": self.removes,
            "enclosed": json.dumps([astuple(one) for one in self.enclosed]),
            "picture_id": next((one.id for one in self.enclosed if not one.is_sound), None),
            "voice_id": next((one.id for one in self.enclosed if one.is_sound), None),
            "questions": self.asks.to_json() if self.asks else "",
            "code": self.asks.code if self.asks else 0,
        }
