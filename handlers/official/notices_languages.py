"""A notice in further languages while it is composed: "tiếng Mông: …" adds its words in one.

What was said in Vietnamese and is said anew there makes the others untrue: they go.
"""

from __future__ import annotations

import re
from dataclasses import replace

from content.languages import VIETNAMESE, Language
from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.notice_page import LONGEST
from storage.notice_drafts import NoticeDraft

TOLD = re.compile(r"\s*([^:\n]{3,30}):\s*(\S.*)", re.DOTALL)


class Tongues:
    """Reads what officials write in other languages."""

    def __init__(self, texts: Texts) -> None:
        self._codes = {
            fold(texts(f"language.{language}")): language.value
            for language in Language
            if language != VIETNAMESE
        }

    def hear(self, draft: NoticeDraft, words: str) -> NoticeDraft | None:
        """The notice with these words in that language; None: they are nothing of that kind."""
        told = TOLD.fullmatch(words)
        code = told and self._codes.get(" ".join(fold(told[1]).split()))
        if not (told and code and draft.text) or len(told[2]) > LONGEST:
            return None
        return replace(draft, texts=tuple({**dict(draft.texts), code: told[2].strip()}.items()))


def in_vietnamese(draft: NoticeDraft, words: str) -> NoticeDraft:
    """The notice with these words in Vietnamese: what was translated of others is gone."""
    return draft if words == draft.text else replace(draft, text=words, texts=())
