"""What can be chosen in the form of a notice, and in that of a saved list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from content.languages import Language
from content.library import Library
from content.texts import Texts
from handlers.asking import MOST_QUESTIONS
from handlers.official.notices_rights import NoticeRights
from handlers.official.notices_words import NoticeWords
from handlers.staff.notice_form import NoticeForm
from handlers.staff.notice_places import PlaceField
from handlers.staff.notice_written import CARDS, FURTHER, Asks, Written
from storage.consents import GENERAL
from storage.database import Transaction
from storage.officials import Official

Choice = tuple[str, str]
"""A value and its words."""


@dataclass(frozen=True, slots=True)
class Further:
    """The words of a notice in another language; `unread`: they were written beside other
    Vietnamese ones."""

    code: str
    name: str
    words: str
    pair: str
    unread: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """`cards` are by the name of their group; `fields` are the cards that were chosen."""

    place: PlaceField
    purposes: Sequence[Choice]
    cards: Sequence[tuple[str, Sequence[Choice]]]
    fields: Sequence[Choice]
    languages: Sequence[Choice]
    saved: Sequence[str]
    further: Sequence[Further]
    questions: Sequence[Asks]
    another: bool
    templates: Sequence[str]

    @property
    def ask_names(self) -> list[str]:
        """The fields of questions."""
        return [f"ask{place}" for place in range(1, MOST_QUESTIONS + 1)]

    @property
    def text_names(self) -> list[str]:
        """The fields of words in other languages."""
        return [f"text_{code}" for code in FURTHER]


class NoticeChoices:
    """Knows them."""

    def __init__(
        self,
        *,
        texts: Texts,
        library: Library,
        words: NoticeWords,
        rights: NoticeRights,
        form: NoticeForm,
    ) -> None:
        self._texts = texts
        self._library = library
        self._words = words
        self._rights = rights
        self._form = form

    async def of(
        self, tx: Transaction, official: Official, written: Written, *, more: bool = False
    ) -> Choices:
        """Those of the form as it was typed; with `more` room for another question."""
        unread = written.unread
        empty = () if written.questions and not more else (Asks(),)
        questions = (*written.questions, *empty)[:MOST_QUESTIONS]
        return Choices(
            place=self._form.places.field(written.place, official),
            purposes=[(one.value, self._texts(f"notice.purpose.{one}")) for one in GENERAL],
            cards=self._cards(),
            fields=list(zip(CARDS, written.cards, strict=True)),
            languages=[(one.value, self._texts(f"language.{one}")) for one in Language],
            saved=list(await self._rights.lists(tx, official)),
            further=[
                Further(
                    code, self._texts(f"language.{code}"), written.texts.get(code, ""),
                    written.pairs.get(code, ""), code in unread,
                )
                for code in FURTHER
            ],
            questions=questions,
            another=len(questions) < MOST_QUESTIONS,
            templates=self._words.templates.known(),
        )  # fmt: skip

    def _cards(self) -> list[tuple[str, list[Choice]]]:
        groups = self._library.shelf.groups.items()
        return [
            (self._texts(f"group.{name}"), [(one.slug, one.title) for one in headings])
            for name, headings in groups
        ]
