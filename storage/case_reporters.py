"""Who is behind cases: counted without a name, and where each is to be told, once.

Chats that somebody linked are one person's. Nothing of it leads to officials or to the public.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Integer, Join, and_, func, literal_column, outerjoin, select
from sqlalchemy.orm import aliased

from storage.case_records import CaseRecord, CaseState, Thread
from storage.conversations import ConversationRecord
from storage.database import Transaction
from storage.people import PersonRecord


@dataclass(frozen=True, slots=True)
class Reporter:
    """Somebody who reported what is answered: all their cases of it, the oldest first; where to
    write to them, and which of the cases came from there."""

    thread: Thread
    cases: tuple[int, ...]
    here: tuple[int, ...]


async def reporters_of(tx: Transaction, cases: Collection[int]) -> list[Reporter]:
    """Who is to be told of the answer to these cases, each once: also somebody with several of
    them, and with several chats that they linked.

    A chat in which others read along is told for itself, as if it were somebody: nothing
    private comes there. Who cannot be written to any more is left out.
    """
    row, talk, person = CaseRecord, ConversationRecord, PersonRecord
    found = await tx.connection.execute(
        select(
            row.id,
            talk.id.label("conversation"),
            talk.account,
            talk.stopped_at,
            func.coalesce(person.same_as, person.id).label("person"),
            and_(talk.chat == person.sender, talk.thread == "").label("alone"),
        )
        .join(talk, talk.id == row.conversation_id)
        .join(person, person.id == talk.person_id)
        .where(row.id.in_(cases), row.state != CaseState.WITHDRAWN)
        .order_by(row.id)
    )
    theirs: dict[tuple[bool, int], list[tuple[int, Thread | None, int]]] = {}
    for one in found:
        key = (True, one.person) if one.alone else (False, one.conversation)
        thread = None if one.stopped_at else Thread(one.account, one.conversation)
        theirs.setdefault(key, []).append((one.id, thread, one.conversation))
    reporters = []
    for all_of_one in theirs.values():
        open_to = [thread for _, thread, _ in all_of_one if thread is not None]
        if open_to:
            last = open_to[-1]
            numbers = tuple(number for number, _, _ in all_of_one)
            here = tuple(n for n, _, place in all_of_one if place == last.conversation)
            reporters.append(Reporter(last, numbers, here))
    return reporters


NOBODY: ColumnElement[int] = literal_column("-1", Integer)
"""Written out, not bound: PostgreSQL must see that what is selected is what it groups by."""


class People:
    """The people behind cases, for counting in one statement.

    Chats that were linked are one person's. Cases whose way back is gone count as one person's all
    together: nobody can tell any more how many they were, and too few is safer than too many.
    """

    def __init__(self) -> None:
        self._talk, self._person = aliased(ConversationRecord), aliased(PersonRecord)

    @property
    def who(self) -> ColumnElement[int]:
        """Tells one person's cases from another's."""
        return func.coalesce(self._person.same_as, self._person.id, NOBODY)

    def of(self, row: type[CaseRecord]) -> Join:
        """The cases with their people: what `who` is selected from."""
        talks = outerjoin(row, self._talk, self._talk.id == row.conversation_id)
        return outerjoin(talks, self._person, self._person.id == self._talk.person_id)
