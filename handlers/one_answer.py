"""One answer of an official to everybody who asked the same and waits for a person's words.

Who asked a question that no card answers has a case; these cases become a group and are answered as
any other (`PublicAnswers.publish`), so that each person hears it once, in their chat.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.grouping import Grouping
from handlers.messages import Reply
from handlers.post import Post
from handlers.public_answers import PublicAnswers
from handlers.units import Units
from storage.case_groups import CaseGroup, CaseGroups, GroupFault, Trouble
from storage.case_records import Case
from storage.case_reporters import reporters_of
from storage.database import Transaction
from storage.officials import Official
from storage.unanswered import Unanswered


@dataclass(frozen=True, slots=True)
class Hearing:
    """Those who hear an answer on one kind of channel: in how many chats, and the messages that
    the first of them gets, with their question masked."""

    platform: str
    chats: int
    messages: tuple[Reply, ...]


class OneAnswer:
    """The steps of answering a group of questions; who may take them the desk decides."""

    def __init__(
        self,
        *,
        answers: PublicAnswers,
        grouping: Grouping,
        units: Units,
        unanswered: Unanswered,
        post: Post,
        platform: Callable[[str], str],
    ) -> None:
        """`platform` says of an account what kind of channel it is."""
        self._answers = answers
        self._grouping = grouping
        self._units = units
        self._unanswered = unanswered
        self._post = post
        self._platform = platform
        self._groups = CaseGroups()

    def unit(self, cases: Sequence[Case]) -> str:
        """Whose answer it is: the lowest unit that all of them stand in; empty where there is
        none."""
        return self._units.joint(case.unit for case in cases)

    def check(self, cases: Sequence[Case], *, title: str, answer: str) -> None:
        """Raises GroupFault for words that the public must not read."""
        for words in (title, answer):
            self._answers.for_public(self.unit(cases), words)

    async def hearing(
        self, tx: Transaction, cases: Sequence[Case], answer: str
    ) -> tuple[Hearing, ...]:
        """Who hears it, by channel. Who left, or had their data deleted, is not among them."""
        members = {case.id: case for case in cases}
        chats: dict[str, int] = {}
        first: dict[str, tuple[Reply, ...]] = {}
        for one in await reporters_of(tx, list(members)):
            account = one.thread.account
            platform = self._platform(account)
            chats[platform] = chats.get(platform, 0) + 1
            if platform not in first:
                reply = await self._answers.published(tx, one, members, answer, masked=True)
                first[platform] = tuple(self._post.looks(account, reply))
        return tuple(Hearing(name, many, first[name]) for name, many in sorted(chats.items()))

    async def answer(
        self,
        tx: Transaction,
        questions: Collection[int],
        cases: Sequence[Case],
        *,
        title: str,
        answer: str,
        by: Official,
        units: Collection[str] | None,
        at: datetime,
    ) -> CaseGroup:
        """Tell each of them once and settle the questions, all or nothing; the group it became.

        Raises NotOpen, GroupFault, Changed or Refused; the transaction must then be given up.
        """
        await self._unanswered.settle(tx, questions, units=units, answered=True, at=at)
        if not cases:
            raise GroupFault("nobody waits for an answer to these questions", Trouble.EMPTY)
        number = await self._grouping.open(tx, unit=self.unit(cases), title=title, at=at)
        group = await self._groups.get(tx, number, lock=True)
        for case in cases:
            await self._grouping.put(tx, case, group, at=at, by=by)
        await self._answers.publish(tx, group, answer, at=at, by=by)
        return group
