"""Cases: what villagers said or asked that a person must answer, followed to its end.

A case goes received → assigned → answered or needs information → closed, and back when the
villager reopens it; each change of state is a method that refuses the wrong one. Who may see a case
the errands decide; what happened to it, `case_history` keeps. Nothing here tells officials who the
villager is: a `Case` carries no conversation, only `thread` gives it, for what is written to them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    func,
    insert,
    select,
    update,
)

from storage.case_history import CONSOLE, Happened, History
from storage.case_records import (
    OPEN,
    WAITING,
    Case,
    CaseKind,
    CaseRecord,
    CaseState,
    CaseWordsRecord,
    Changed,
    NewCase,
    Refused,
    Side,
    Thread,
    Words,
    as_case,
    cases,
    plain,
)
from storage.conversations import ConversationRecord
from storage.database import Transaction

_FROM = {
    Happened.ASSIGNED: WAITING | {CaseState.NEEDS_INFORMATION},
    Happened.ANSWERED: WAITING | {CaseState.NEEDS_INFORMATION},
    Happened.ASKED_BACK: WAITING,
    Happened.ADDED: WAITING | {CaseState.NEEDS_INFORMATION},
    Happened.CLOSED: OPEN,
    Happened.RELEASED: WAITING,
    Happened.REOPENED: frozenset({CaseState.ANSWERED, CaseState.CLOSED}),
    Happened.WITHDRAWN: OPEN,
    Happened.MOVED: WAITING,
    Happened.KEPT: WAITING,
}
"""In which states what may happen."""

VOICE = "voice"
"""In the history: it was spoken."""


class Cases:
    """The book of cases."""

    def __init__(self) -> None:
        self._history = History()

    async def open(
        self,
        tx: Transaction,
        new: NewCase,
        *,
        conversation: int | None,
        at: datetime,
        due_at: datetime,
    ) -> int:
        """Write a case down and return its number."""
        values: dict[str, Any] = {
            "kind": new.kind.value,
            "state": CaseState.RECEIVED.value,
            "unit": new.unit,
            "place": new.place,
            "topic": new.topic,
            "name": new.name,
            "platform": new.platform,
            "language": new.language,
            "conversation_id": conversation,
            "receipt_hash": new.receipt,
            "quarantine": new.quarantine,
            "received_at": at,
            "due_at": due_at,
        }
        opened = await tx.connection.execute(
            insert(CaseRecord).values(values).returning(CaseRecord.id)
        )
        case = int(opened.scalar_one())
        await self._say(tx, case, Side.VILLAGER, new.text, at=at)
        await self._history.note(tx, case, Happened.RECEIVED, at=at)
        if new.quarantine:
            await self._history.note(tx, case, Happened.QUARANTINED, at=at, detail=new.quarantine)
        return case

    async def waits(self, tx: Transaction, *, conversation: int, text: str) -> Case | None:
        """The question that this conversation asked in the same words and that still waits; None
        when none does."""
        row, words = CaseRecord, CaseWordsRecord
        found = await tx.connection.execute(
            cases(
                row.conversation_id == conversation,
                row.kind == CaseKind.QUESTION,
                row.state.in_(WAITING),
                words.side == Side.VILLAGER,
                words.text == text,
            )
            .join(words, words.case_id == row.id)
            .limit(1)
        )
        waiting = found.one_or_none()
        return None if waiting is None else as_case(waiting)

    async def get(self, tx: Transaction, case: int, *, lock: bool = False) -> Case | None:
        """With `lock` nobody else changes it until the commit."""
        query = cases().where(CaseRecord.id == case)
        if lock:
            query = query.with_for_update()
        found = (await tx.connection.execute(query)).one_or_none()
        return None if found is None else as_case(found)

    async def several(self, tx: Transaction, numbers: Collection[int]) -> list[Case]:
        """Those of these that there are, by number."""
        rows = await tx.connection.execute(
            cases(CaseRecord.id.in_(numbers)).order_by(CaseRecord.id)
        )
        return [as_case(row) for row in rows]

    async def count_since(self, tx: Transaction, conversation: int, since: datetime) -> int:
        """How many cases a conversation opened from that time (UTC) on."""
        row = CaseRecord
        count = await tx.connection.execute(
            select(func.count()).where(
                row.conversation_id == conversation, row.received_at >= since
            )
        )
        return int(count.scalar_one())

    async def by_receipt(self, tx: Transaction, hashes: Collection[str]) -> Case | None:
        """The case of a receipt, whose hash may have been made with one of several keys."""
        rows = await tx.connection.execute(cases().where(CaseRecord.receipt_hash.in_(hashes)))
        found = rows.first()
        return None if found is None else as_case(found)

    async def of_conversation(
        self, tx: Transaction, conversation: int, *, states: Collection[CaseState] = OPEN
    ) -> list[Case]:
        """What a villager has in these states, the newest first."""
        rows = await tx.connection.execute(
            cases()
            .where(CaseRecord.conversation_id == conversation, CaseRecord.state.in_(states))
            .order_by(CaseRecord.id.desc())
        )
        return [as_case(row) for row in rows]

    async def thread(self, tx: Transaction, case: int) -> Thread | None:
        """Where its villager can be written to; None when they are gone or want no more."""
        talk = ConversationRecord
        rows = await tx.connection.execute(
            select(talk.account, talk.id)
            .join(CaseRecord, CaseRecord.conversation_id == talk.id)
            .where(CaseRecord.id == case, talk.stopped_at.is_(None))
        )
        found = rows.one_or_none()
        return None if found is None else Thread(*found)

    async def words(self, tx: Transaction, case: int) -> list[Words]:
        """All that was said in a case, the first first."""
        row = CaseWordsRecord
        rows = await tx.connection.execute(
            select(row.id, row.at, row.side, row.by, row.text)
            .where(row.case_id == case)
            .order_by(row.id)
        )
        return [Words(r.id, r.at, Side(r.side), r.by, r.text) for r in rows]

    async def assign(
        self, tx: Transaction, case: Case, *, to: int, by: int | None, at: datetime
    ) -> None:
        """Give it into an official's hands, or hand it on. Raises Refused or Changed."""
        await self._change(
            tx, case, Happened.ASSIGNED, CaseState.ASSIGNED, at=at, by=by,
            detail=str(to), official_id=to,
        )  # fmt: skip

    async def answer(
        self,
        tx: Transaction,
        case: Case,
        text: str,
        *,
        by: int | None,
        at: datetime,
        spoken: bool = False,
    ) -> int:
        """Answer it, and return the number of the words. Raises Refused, or Changed: then another
        answered first."""
        await self._change(
            tx, case, Happened.ANSWERED, CaseState.ANSWERED, at=at, by=by, answered_at=at,
            official_id=_in_whose_hands(case, by), detail=VOICE if spoken else "",
        )  # fmt: skip
        return await self._say(tx, case.id, Side.OFFICIAL, text, at=at, by=by)

    async def ask_back(
        self,
        tx: Transaction,
        case: Case,
        text: str,
        *,
        by: int,
        at: datetime,
        spoken: bool = False,
    ) -> int:
        """Ask the villager for more, and return the number of the words. Raises Refused or
        Changed."""
        await self._change(
            tx, case, Happened.ASKED_BACK, CaseState.NEEDS_INFORMATION, at=at, by=by,
            official_id=_in_whose_hands(case, by), detail=VOICE if spoken else "",
        )  # fmt: skip
        return await self._say(tx, case.id, Side.OFFICIAL, text, at=at, by=by)

    async def add(
        self, tx: Transaction, case: Case, text: str, *, at: datetime, due_at: datetime
    ) -> None:
        """The villager said more: whoever has it goes on. Raises Refused or Changed.

        What was asked back gets the new `due_at`; what waited all along keeps its own.
        """
        asked_back = case.state is CaseState.NEEDS_INFORMATION
        await self._change(
            tx, case, Happened.ADDED, _in_hand(case), at=at,
            due_at=due_at if asked_back else case.due_at,
        )  # fmt: skip
        await self._say(tx, case.id, Side.VILLAGER, text, at=at)

    async def close(
        self, tx: Transaction, case: Case, *, by: int | None, at: datetime, why: str = ""
    ) -> None:
        """It is settled. Raises Refused or Changed."""
        await self._change(
            tx, case, Happened.CLOSED, CaseState.CLOSED, at=at, by=by, detail=why, closed_at=at
        )

    async def reopen(
        self, tx: Transaction, case: Case, text: str, *, at: datetime, due_at: datetime
    ) -> None:
        """The villager is not content: it waits again. Raises Refused or Changed."""
        await self._change(
            tx, case, Happened.REOPENED, _in_hand(case), at=at, due_at=due_at, answered_at=None,
            closed_at=None, understood=None, satisfied=None,
        )  # fmt: skip
        if text:
            await self._say(tx, case.id, Side.VILLAGER, text, at=at)

    async def release(self, tx: Transaction, case: Case, *, by: int, at: datetime) -> None:
        """Somebody looked at what was held back: it goes the usual way. Raises Refused or
        Changed."""
        if not case.quarantine:
            raise Changed
        await self._change(tx, case, Happened.RELEASED, case.state, at=at, by=by, quarantine="")

    async def keep(self, tx: Transaction, case: Case, *, by: int, at: datetime, why: str) -> None:
        """Somebody looked at what is held back, and it stays so. Raises Refused or Changed."""
        if not case.quarantine:
            raise Changed
        await self._change(tx, case, Happened.KEPT, case.state, at=at, by=by, detail=why)

    async def move(
        self, tx: Transaction, case: Case, *, unit: str, by: int | None, at: datetime
    ) -> None:
        """Another unit sees to it, where nobody has it in hand yet. Raises Refused or Changed."""
        await self._change(
            tx, case, Happened.MOVED, CaseState.RECEIVED, at=at, by=by,
            detail=unit, unit=unit, official_id=None,
        )  # fmt: skip

    async def withdraw(self, tx: Transaction, case: Case, *, at: datetime) -> None:
        """The villager takes it back. Raises Refused or Changed."""
        await self._change(tx, case, Happened.WITHDRAWN, CaseState.WITHDRAWN, at=at, closed_at=at)

    async def rate(
        self,
        tx: Transaction,
        case: Case,
        *,
        at: datetime,
        understood: bool | None = None,
        satisfied: bool | None = None,
    ) -> None:
        """What the villager thinks of the answer; what is None stays as it was."""
        given = {"understood": understood, "satisfied": satisfied}
        await tx.connection.execute(
            update(CaseRecord)
            .where(CaseRecord.id == case.id)
            .values({key: value for key, value in given.items() if value is not None})
        )
        detail = ", ".join(
            f"{key}={'yes' if value else 'no'}" for key, value in given.items() if value is not None
        )
        await self._history.note(tx, case.id, Happened.RATED, at=at, detail=detail)

    async def note(self, tx: Transaction, case: int, text: str, *, by: int, at: datetime) -> None:
        """Words among officials."""
        await self._say(tx, case, Side.NOTE, text, at=at, by=by)
        await self._history.note(tx, case, Happened.NOTED, at=at, by=by)

    async def _change(
        self,
        tx: Transaction,
        case: Case,
        what: Happened,
        state: CaseState,
        *,
        at: datetime,
        by: int | None = None,
        detail: str = "",
        **values: Any,
    ) -> None:
        """The one place where a case changes its state, with its line in the history."""
        if case.state not in _FROM[what]:
            raise Refused(case.state)
        row = CaseRecord
        done = await tx.connection.execute(
            update(row)
            .where(row.id == case.id, row.version == case.version)
            .values(state=state.value, version=row.version + 1, **values)
        )
        if not done.rowcount:
            raise Changed
        await self._history.note(tx, case.id, what, at=at, by=by, detail=detail)

    async def _say(
        self,
        tx: Transaction,
        case: int,
        side: Side,
        text: str,
        *,
        at: datetime,
        by: int | None = None,
    ) -> int:
        said = await tx.connection.execute(
            insert(CaseWordsRecord)
            .values(case_id=case, at=at, side=side.value, by=by, text=text, plain=plain(text))
            .returning(CaseWordsRecord.id)
        )
        return int(said.scalar_one())


def _in_whose_hands(case: Case, by: int | None) -> int | None:
    """Who acts has it in hand from then on, if that is an official."""
    return case.official if by in {None, CONSOLE} else by


def _in_hand(case: Case) -> CaseState:
    """The state of a case that an official has to go on with."""
    return CaseState.RECEIVED if case.official is None else CaseState.ASSIGNED
