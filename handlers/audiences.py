"""Whom a notice that is being composed is for."""

from __future__ import annotations

from dataclasses import replace

from storage.audiences import Audience
from storage.consents import Purpose
from storage.notice_drafts import NoticeDraft


def audience_of(draft: NoticeDraft) -> Audience:
    """Whom a notice that is being composed is for."""
    purpose = Purpose(draft.purpose or Purpose.NOTICES)
    return Audience(draft.unit, draft.only_unit, purpose, draft.topic, draft.language)


def for_followers(draft: NoticeDraft, card: str) -> NoticeDraft:
    """The notice, to who said yes to hearing when what this card tells changes, and to nobody else
    who asked about it; it opens the card unless it has one. Without a card it is for no such
    people."""
    purpose = Purpose.TOPIC if card else Purpose.NOTICES
    return replace(draft, purpose=purpose, topic=card, card=draft.card or card)
