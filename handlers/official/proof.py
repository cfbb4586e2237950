"""The proof of what an official wrote: as the villager will read it, and what may be hard in it."""

from __future__ import annotations

from content.plainness import remarks
from content.texts import Texts
from content.wording import Wording
from handlers.casework import Casework
from storage.case_records import Case
from storage.cases import Cases
from storage.database import Transaction
from storage.files import File
from storage.official_drafts import Purpose

LONGEST = 3000
"""Letters; a villager does not read more on a small phone."""

TOLD_AS = {Purpose.ANSWER: "case.answered", Purpose.ASK_BACK: "case.asked_back"}


def has_words(text: str) -> bool:
    """Whether it is more than signs."""
    return any(letter.isalnum() for letter in text)


class Proof:
    """Shows words before they are sent; it changes nothing."""

    def __init__(self, *, casework: Casework, texts: Texts, wording: Wording) -> None:
        self._casework = casework
        self._texts = texts
        self._wording = wording
        self._cases = Cases()

    def in_words_of(self, texts: Texts) -> Proof:
        """The same with its remarks in other words; what villagers read stays as it is."""
        return Proof(casework=self._casework, texts=texts, wording=self._wording)

    def told(self, case: Case, purpose: Purpose, text: str, voice: File | None = None) -> str:
        """What the villager will read, word for word, of words, a voice or both."""
        return self._casework.as_told(case, TOLD_AS[purpose], text, voice)

    def remarks(self, text: str) -> list[str]:
        """What may be hard to read."""
        return [
            self._texts(f"official.remark.{one.kind}", words=one.words, plain=one.plain)
            if one.plain or one.kind != "term"
            else self._texts("official.remark.abbreviation", words=one.words)
            for one in remarks(text, self._wording)
        ]

    async def all_remarks(self, tx: Transaction, case: Case, text: str) -> list[str]:
        """The same, and whether there is nobody to read it."""
        found = self.remarks(text)
        if await self._cases.thread(tx, case.id) is None:
            found.append(self._texts("official.remark.nobody"))
        return found
