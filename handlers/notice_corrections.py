"""What people read when a notice is taken back: which one it is, and what holds instead."""

from __future__ import annotations

from content.screens import shorten
from content.texts import Texts
from handlers.errands import VIETNAM
from handlers.notice_page import LONGEST
from storage.broadcasts import Broadcast

NAMED = 60
"""Letters of a notice by which people know it again."""

LONGEST_CORRECTION = LONGEST - 100
"""Letters of a correction, which tells of what it is one."""


def correction(texts: Texts, it: Broadcast, text: str) -> str:
    """The corrected words, or (with none) that people should not go by the notice."""
    began = it.started_at.astimezone(VIETNAM) if it.started_at else None
    when = texts("notices.sent_at", time=f"{began:%H:%M}", day=f"{began:%d/%m}") if began else ""
    if text:
        return texts("notices.correction", when=when, text=text)
    return texts("notices.withdrawn", when=when, text=shorten(it.draft.headline, NAMED))
