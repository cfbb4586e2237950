"""One answer to a group of cases that say the same: what all of them and the public read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from content.redaction import redact
from content.screens import shorten
from content.texts import Texts
from handlers.actions import CaseMove, CaseStep, encode
from handlers.casework import Casework
from handlers.messages import Button, Reply
from handlers.post import Post
from handlers.units import Units
from storage.case_groups import CaseGroup, CaseGroups, GroupFault, Trouble
from storage.case_records import ASKED, OPEN, Case, CaseKind
from storage.case_reporters import Reporter, reporters_of
from storage.cases import Cases
from storage.database import Transaction
from storage.officials import Official

MOST_AGAIN = 4
"""So many cases can be opened again by a button below one public answer; the others by "việc của
tôi"."""

SHOWN_QUESTION = 120
"""So many letters of their own question come before a public answer."""


class PublicAnswers:
    """Answers a group, in one transaction."""

    def __init__(self, *, units: Units, texts: Texts, post: Post, casework: Casework) -> None:
        self._units = units
        self._texts = texts
        self._post = post
        self._casework = casework
        self._cases = Cases()
        self._groups = CaseGroups()

    async def publish(
        self,
        tx: Transaction,
        group: CaseGroup,
        answer: str,
        *,
        at: datetime,
        by: Official | None = None,
    ) -> int:
        """Answer a group once for everybody: each who reported it is told once, its cases are
        closed, and the answer stands on the unit's public page. Return how many cases there are.

        Raises GroupFault for an empty group, one that is answered, or words that identify somebody.
        """
        self.for_public(group.unit, answer)
        await self._groups.get(tx, group.id, lock=True)
        members = await self._groups.members(tx, group.id)
        if not members:
            words = f"group {group.id} has no cases: put some in first"
            raise GroupFault(words, Trouble.EMPTY)
        reporters = await reporters_of(tx, [case.id for case in members])
        await self._groups.publish(tx, group.id, answer, at=at)
        number = by.id if by else None
        for case in members:
            if case.state in ASKED:
                await self._cases.answer(tx, case, answer, by=number, at=at)
            open_case = await self._casework.get(tx, case.id)
            if open_case.state in OPEN:
                await self._cases.close(tx, open_case, by=number, at=at, why=f"group {group.id}")
        by_number = {case.id: case for case in members}
        for reporter in reporters:
            told = await self.published(tx, reporter, by_number, answer)
            to = reporter.thread
            await self._post.send(tx, told, account=to.account, conversation=to.conversation, at=at)
        return len(members)

    async def published(
        self,
        tx: Transaction,
        reporter: Reporter,
        members: Mapping[int, Case],
        answer: str,
        *,
        masked: bool = False,
    ) -> Reply:
        """One public answer to somebody, whatever they reported: all of it is named, and what came
        from that chat can be opened again there. Who asked reads what they asked there last;
        `masked` where it is shown to others."""
        told, label = [members[number] for number in reporter.cases], self._casework.label
        again = self._texts(f"case.move.{CaseMove.REOPEN}")
        buttons = tuple(
            Button(
                again if len(told) == 1
                else self._texts("case.move_of", move=again, case=label(members[number])),
                encode(CaseStep(CaseMove.REOPEN, number)),
            )
            for number in reporter.here[:MOST_AGAIN]
        )  # fmt: skip
        question = ""
        if all(case.kind is CaseKind.QUESTION for case in told):
            question = await self._casework.first_words(tx, members[reporter.here[-1]])
            question = redact(question) if masked else question
        return Reply(self.as_published(told, question, answer), buttons)

    def as_published(self, told: Sequence[Case], question: str, answer: str) -> str:
        """What one of them reads who told these cases; `question` is empty for what is none."""
        return self._texts(
            "case.published_question" if question else "case.published",
            case=", ".join(map(self._casework.label, told)), office=self._casework.office(told[0]),
            question=shorten(" ".join(question.split()), SHOWN_QUESTION), answer=answer,
        )  # fmt: skip

    def for_public(self, unit: str, words: str) -> None:
        """Raises GroupFault for words that identify somebody, and for none. The office's own
        telephone number, however it is written, is public."""
        digits = [sign for sign in self._units.local(unit).office_phone if sign.isdigit()]
        if digits:
            own = r"(?<!\d)" + r"[ .\-]?".join(digits) + r"(?!\d)"
            for_public(re.sub(own, self._texts("answer.unit"), words))
        else:
            for_public(words)


def for_public(words: str) -> None:
    """Raises GroupFault for words that identify somebody, and for none."""
    if not any(letter.isalnum() for letter in words):
        raise GroupFault("there are no words for the public", Trouble.EMPTY)
    if redact(words) != words:
        fault = "the words name a person or number: leave that out, they are public"
        raise GroupFault(fault, Trouble.NAMES)
