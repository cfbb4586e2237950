"""What was typed into the form of a notice, as the form and its preview carry it to and fro."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from content.languages import VIETNAMESE, Language
from handlers.asking import MOST_QUESTIONS
from handlers.notice_page import MOST_CARDS
from handlers.staff.forms import Form, typed
from storage.broadcasts import Draft
from storage.consents import Purpose
from storage.questionnaires import Form as Shape
from storage.questionnaires import Questionnaire

CARDS = tuple(f"card{place}" for place in range(1, MOST_CARDS + 1))
FURTHER = tuple(one.value for one in Language if one.value != VIETNAMESE)
"""The codes of the languages in which a notice may be told beside Vietnamese."""

KEPT = "kept"
"""Stands for what the notice has already: its picture, its voice, its card's question."""

FILES = ("picture", "voice")


@dataclass(frozen=True, slots=True)
class Asks:
    """One question as it was typed, and its choices, a line each."""

    text: str = ""
    choices: str = ""

    def __bool__(self) -> bool:
        return bool(self.text or self.choices)


@dataclass(frozen=True, slots=True)
class Written:
    """The fields as they were typed. `place` is a unit's code, with `ALONE` behind it without what
    is below, or what was typed for it; `asked` (ISO) when the words of `when` and `until` were
    read first.

    `files` are tickets of what is enclosed, or `KEPT`, by name; `about` what the picture shows.
    `texts` are the words by the code of a language, `pairs` with which Vietnamese words they were
    written, `same` the languages of which somebody says that they hold beside other words too.
    `saved` is a list, which says to whom in the place of all other fields. `topic` is a card.
    """

    text: str = ""
    place: str = ""
    purpose: str = Purpose.NOTICES.value
    cards: tuple[str, ...] = ("",) * MOST_CARDS
    when: str = ""
    emergency: bool = False
    reason: str = ""
    asked: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    about: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    pairs: Mapping[str, str] = field(default_factory=dict)
    same: frozenset[str] = frozenset()
    saved: str = ""
    language: str = ""
    topic: str = ""
    questions: tuple[Asks, ...] = ()
    quiz: str = ""
    wrong: str = ""
    until: str = ""
    template: bool = False

    @classmethod
    def of(cls, form: Form) -> Written:
        asks = tuple(
            Asks(_line(form, f"ask{place}", 1000), typed(form, f"choices{place}")[:4000])
            for place in range(1, MOST_QUESTIONS + 1)
        )
        return cls(
            text=typed(form, "text"),
            place=(_line(form, "place_again", 160) or form.get("place", ""))[:160],
            purpose=form.get("purpose", "")[:20],
            cards=tuple(form.get(name, "")[:64] for name in CARDS),
            when=_line(form, "when", 80),
            emergency=bool(form.get("emergency")),
            reason=_line(form, "reason", 1000),
            asked=form.get("asked", "")[:40],
            files={name: form[name][:80] for name in FILES if form.get(name)},
            about=_line(form, "about", 1000),
            texts={code: words for code in FURTHER if (words := typed(form, f"text_{code}"))},
            pairs={code: form[f"pair_{code}"] for code in FURTHER if form.get(f"pair_{code}")},
            same=frozenset(code for code in FURTHER if form.get(f"same_{code}")),
            saved=form.get("saved", "")[:64],
            language=form.get("language", "")[:16],
            topic=form.get("topic", "")[:64],
            questions=_without_empty(asks),
            quiz=form.get("quiz", "")[:64],
            wrong=typed(form, "wrong")[:4000],
            until=_line(form, "until", 80),
            template=bool(form.get("template")),
        )

    @property
    def unread(self) -> tuple[str, ...]:
        """The languages whose words stayed while the Vietnamese ones changed, and of which nobody
        said that they still hold."""
        now = _mark(self.text)
        return tuple(
            code
            for code, words in self.texts.items()
            if code not in self.same
            and (pair := self.pairs.get(code, ""))
            and pair.partition(".")[2] == _mark(words)
            and pair.partition(".")[0] != now
        )

    def paired(self) -> Written:
        """With a mark of the Vietnamese words for what is new in other languages."""
        pairs = {}
        for code, words in self.texts.items():
            before = self.pairs.get(code, "")
            same = before.partition(".")[2] == _mark(words) and code not in self.same
            pairs[code] = before if same else f"{_mark(self.text)}.{_mark(words)}"
        return replace(self, pairs=pairs)

    def fields(self) -> Iterator[tuple[str, str]]:
        """Name and value of all that stands in it, as a form sends them."""
        yield "text", self.text
        yield "place", self.place
        yield "purpose", self.purpose
        yield from zip(CARDS, self.cards, strict=True)
        yield from self.files.items()
        for code, words in self.texts.items():
            yield f"text_{code}", words
        for code, pair in self.pairs.items():
            yield f"pair_{code}", pair
        for place, one in enumerate(self.questions, start=1):
            yield f"ask{place}", one.text
            yield f"choices{place}", one.choices
        for name in ("when", "reason", "asked", "about", "saved", "language", "topic", "quiz",
                     "wrong", "until"):  # fmt: skip
            yield name, getattr(self, name)
        for name in ("emergency", "template"):
            if getattr(self, name):
                yield name, "1"


def of_draft(draft: Draft, *, place: str, when: str, until: str) -> Written:
    """The form of a notice as it stands; with its place and times as they can be typed."""
    asks = draft.asks
    quiz = asks is not None and asks.form is Shape.QUIZ
    return Written(
        text=draft.text,
        place=place,
        purpose=draft.purpose.value,
        cards=(*draft.cards, *("",) * MOST_CARDS)[:MOST_CARDS],
        when=when,
        emergency=draft.emergency,
        reason=draft.reason,
        files={"voice" if one.is_sound else "picture": KEPT for one in draft.enclosed},
        about=next((one.about for one in draft.enclosed if not one.is_sound), ""),
        texts=dict(draft.texts),
        language=draft.language,
        topic=draft.topic,
        questions=() if quiz or asks is None else _questions(asks),
        quiz=KEPT if quiz else "",
        until=until,
        template=draft.template,
    ).paired()


def _questions(asks: Questionnaire) -> tuple[Asks, ...]:
    return tuple(Asks(one.text, "\n".join(one.choices)) for one in asks.questions)


def _without_empty(asks: tuple[Asks, ...]) -> tuple[Asks, ...]:
    return tuple(one for one in asks if one)


def _line(form: Form, name: str, most: int) -> str:
    return " ".join(typed(form, name).split())[:most]


def _mark(words: str) -> str:
    """By which words are known to be the same: line ends and spaces are no change."""
    return sha256(" ".join(words.split()).encode("utf-8", "replace")).hexdigest()[:12]
