"""Further cards below a notice: "thêm thẻ tiêm phòng" adds the one that these words are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.notice_page import MOST_CARDS
from handlers.official.notices_steps import Step
from storage.notice_drafts import NoticeDraft


class MoreCards:
    """Reads that a further card is wanted, and adds it."""

    def __init__(self, texts: Texts) -> None:
        self._begins = tuple(
            f"{fold(words)} " for words in texts("notice.words_more_cards").split("|")
        )

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
