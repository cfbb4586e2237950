"""The cards below a notice: found by words, and further ones by "thêm thẻ tiêm phòng"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from content.texts import Texts
from content.understanding import Answer, Choices, Context, Outcome, Unknown
from content.understanding.vietnamese import fold
from handlers.notice_page import MOST_CARDS
from handlers.official.notices_steps import Step
from storage.notice_drafts import NoticeDraft

LISTED = 3

Understand = Callable[[str, Context | None, date], Outcome]


class Cards:
    """Finds cards, and reads that a further one is wanted."""

    def __init__(
        self, *, texts: Texts, understand: Understand, title_of: Callable[[str], str]
    ) -> None:
        """`understand` says which card words are about, `title_of` how a card is called."""
        self._understand = understand
        self.title_of = title_of
        self._begins = tuple(
            f"{fold(words)} " for words in texts("notice.words_more_cards").split("|")
        )

    def about(self, words: str, today: date) -> list[tuple[str, str]]:
        """Cards that words may be about, likeliest first: (slug, title)."""
        match self._understand(words, None, today):
            case Answer(slug=slug, alternatives=others):
                slugs: tuple[str, ...] = (slug, *others)
            case Choices(slugs=slugs):
                pass
            case Unknown(alternatives=slugs):
                pass
            case _:
                slugs = ()
        titled = [(slug, self.title_of(slug)) for slug in dict.fromkeys(slugs)]
        return [(slug, title) for slug, title in titled if title][:LISTED]

    def hear(self, draft: NoticeDraft, words: str) -> str | None:
        """What the card is to be about; None: they said something else, or there is none yet."""
        said = " ".join(words.split())
        if not draft.card or not fold(said).startswith(self._begins):
            return None
        return " ".join(said.split()[2:])

    def add(self, draft: NoticeDraft, slugs: Sequence[str]) -> tuple[NoticeDraft, str]:
        """The notice with that card, and the key of what there is to say."""
        new = [slug for slug in slugs if slug not in (draft.card, *draft.also)]
        if not new:
            return draft, "notice.no_such_card"
        if 1 + len(draft.also) >= MOST_CARDS:
            return draft, "notice.cards_full"
        step = Step.LOOK if draft.looked else draft.step
        return replace(draft, also=(*draft.also, new[0]), step=step), "notice.card_added"


def one_card(draft: NoticeDraft, slug: str) -> NoticeDraft:
    """The notice with this card in the place of those that it had."""
    return replace(draft, card=slug, also=())
