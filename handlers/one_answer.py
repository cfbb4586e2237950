"""One answer of an official to everybody who asked the same and waits for a person's words.

Who asked a question that no card answers has a case; these cases become a group and are answered as
any other (`PublicAnswers.publish`), so that each person hears it once, in their chat.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.grouping import Grouping
from handlers.messages import Capabilities, Reply
from handlers.post import Post
from handlers.public_answers import PublicAnswers
from handlers.units import Units
from storage.case_groups import CaseGroup, CaseGroups, GroupFault, Trouble
from storage.case_records import Case
from storage.case_reporters import reporters_of
from storage.database import Transaction
from storage.officials import Official
from storage.reach import shut_out
from storage.unanswered import Unanswered


@dataclass(frozen=True, slots=True)
class Hearing:
    """Those who are to hear an answer on one kind of channel: in how many chats, the messages that
    the first of them gets, with their question masked, and to how many (`late`) of the chats the
    platform sends nothing any more, since they were silent too long."""

    platform: str
    chats: int
    messages: tuple[Reply, ...]
    late: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """Who hears an answer, by channel; of `left` cases nobody does, who left or is forgotten."""

    by_channel: tuple[Hearing, ...]
    left: int

    @property
    def reached(self) -> int:
        """In so many chats."""
        return sum(one.chats - one.late for one in self.by_channel)


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
        capabilities: Callable[[str], Capabilities | None],
    ) -> None:
        """`platform` says of an account what kind of channel it is, `capabilities` what it can."""
        self._answers = answers
        self._grouping = grouping
        self._units = units
        self._unanswered = unanswered
        self._post = post
        self._platform = platform
        self._capabilities = capabilities
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
        self, tx: Transaction, cases: Sequence[Case], answer: str, *, at: datetime
    ) -> Heard:
        """Who hears it that is sent at that time. Who left, or had their data deleted, is not among
        the chats."""
        members = {case.id: case for case in cases}
        chats: dict[str, int] = {}
        first: dict[str, tuple[Reply, ...]] = {}
        late: dict[str, int] = {}
        reporters = await reporters_of(tx, list(members))
        for one in reporters:
            account = one.thread.account
            platform = self._platform(account)
            chats[platform] = chats.get(platform, 0) + 1
            if platform not in first:
                reply = await self._answers.published(tx, one, members, answer, masked=True)
                first[platform] = tuple(self._post.looks(account, reply))
        threads = [one.thread for one in reporters]
        windows = {
            account: able.window
            for account in {thread.account for thread in threads}
            if (able := self._capabilities(account)) is not None and able.window is not None
        }
        shut = await shut_out(tx, [one.conversation for one in threads], windows=windows, at=at)
        for account, many in shut.items():
            late[self._platform(account)] = late.get(self._platform(account), 0) + many
        told = {case for one in reporters for case in one.cases}
        return Heard(
            tuple(
                Hearing(name, many, first[name], late.get(name, 0))
                for name, many in sorted(chats.items())
            ),
            len(members.keys() - told),
        )

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
