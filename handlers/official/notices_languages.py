"""A notice in further languages while it is composed: chosen from a list at the preview, or said at
once: "tiếng Mông: …" adds its words in one at any step.

What was said in Vietnamese and is said anew there makes the others untrue: they go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from content.languages import VIETNAMESE, Language
from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.errands import Served, Visit
from handlers.notice_page import LONGEST
from handlers.official.notices_screens import Choice, Screens
from handlers.official.notices_steps import IN, Step, Turn, tongue_of
from handlers.official.notices_words import joined
from handlers.official_actions import Compose, Composed
from storage.notice_drafts import NoticeDraft

TOLD = re.compile(r"\s*([^:\n]{3,30}):\s*(\S.*)", re.DOTALL)
WITHOUT = "without"


class Tongues:
    """Hears and shows what officials write in other languages."""

    def __init__(self, *, texts: Texts, screens: Screens) -> None:
        self._texts = texts
        self._screens = screens
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
        return _with(draft, code, told[2])

    def write(self, draft: NoticeDraft, words: str) -> Turn:
        """The words in the language that was chosen."""
        if len(words) > LONGEST:
            return Turn(draft, "notice.too_long", {"count": len(words), "most": LONGEST})
        told = _with(draft, tongue_of(draft.step), words)
        return Turn(replace(told, step=Step.LOOK), "notice.in_language")

    def choose(self, draft: NoticeDraft, value: str) -> Turn:
        """A digit: which language, or that its words go."""
        code = tongue_of(draft.step)
        if code and value == WITHOUT:
            kept = tuple(one for one in draft.texts if one[0] != code)
            return Turn(replace(draft, texts=kept), on=True)
        if not code and value in self._codes.values():
            return Turn(replace(draft, step=f"{IN}{value}"))
        return Turn(draft)

    def choices(self, languages: Sequence[str]) -> list[Choice]:
        """The languages to choose from, in this order."""
        return [
            (self._texts(f"language.{code}"), Compose(Composed.CHOOSE, Step.TONGUES, code))
            for code in languages
            if code != VIETNAMESE
        ]

    def show(
        self, visit: Visit, draft: NoticeDraft, languages: Sequence[str], start: int, news: str
    ) -> Served:
        """Asking for a language, or for its words; `languages` are in the order of the list."""
        code = tongue_of(draft.step)
        if not code:
            asked = joined(news, self._texts("notice.ask.tongues"))
            choices = self.choices(languages)
            return self._screens.screen(visit, draft, asked, choices, start=start)
        name = self._texts(f"language.{code}")
        asked = self._texts("notice.ask.words_in", language=name, text=draft.text)
        written = dict(draft.texts).get(code, "")
        said = self._texts("notice.text_now", text=written) if written else ""
        without = (
            self._texts("notice.without_words", language=name),
            Compose(Composed.CHOOSE, draft.step, WITHOUT),
        )
        whole = joined(news, asked, said)
        return self._screens.screen(visit, draft, whole, [without] if written else [])


def by_name(choices: Sequence[Choice]) -> list[Choice]:
    """Languages, also by the mere name: "Mông" for "tiếng Mông"."""
    return [*choices, *((label.partition(" ")[2], action) for label, action in choices)]


def in_vietnamese(draft: NoticeDraft, words: str) -> NoticeDraft:
    """The notice with these words in Vietnamese: what was translated of others is gone."""
    return draft if words == draft.text else replace(draft, text=words, texts=())


def _with(draft: NoticeDraft, code: str, words: str) -> NoticeDraft:
    return replace(draft, texts=tuple({**dict(draft.texts), code: words.strip()}.items()))
