"""Files that villagers and officials sent: what is known of each, and when it is to be fetched.

The bytes lie in a store of their own, under `key`, which is drawn before anything is fetched: so a
row names all that may lie there, whatever broke in between. Whose file it is goes with the draft (a
villager's or an official's) or the case; that of a notice is named by the notice. A row of none is
an orphan, whose bytes are deleted before the row is.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from storage.broadcast_records import BroadcastRecord
from storage.case_records import CaseWordsRecord, Side
from storage.database import Transaction
from storage.file_records import FILES, LEASE, File, FileRecord, FileState
from storage.notice_drafts import NoticeDraftRecord

__all__ = ["FILES", "LEASE", "File", "FileRecord", "FileState", "Files"]


class Files:
    """The book of files."""

    async def receive(
        self,
        tx: Transaction,
        *,
        draft: int | None = None,
        case: int | None = None,
        official_draft: int | None = None,
        account: str,
        reference: str,
        kind: str,
        mime: str = "",
        size: int = 0,
        at: datetime,
        at_most: int,
    ) -> int | None:
        """Write a file of a draft or a case down, to be fetched soon; return its number.

        None: the draft or case has `at_most` already.
        """
        row = FileRecord
        owners = {"draft_id": draft, "case_id": case, "official_draft_id": official_draft}
        given = [name for name, number in owners.items() if number is not None]
        if len(given) != 1:
            raise ValueError("a file belongs to one draft or to a case")
        owner = row.__table__.c[given[0]] == owners[given[0]]
        count = await tx.connection.execute(select(func.count()).where(owner))
        if count.scalar_one() >= at_most:
            return None
        return await self._write(
            tx, owners, account=account, reference=reference, kind=kind, mime=mime, size=size, at=at
        )

    async def receive_for_notice(
        self,
        tx: Transaction,
        *,
        account: str,
        reference: str,
        kind: str,
        mime: str = "",
        size: int = 0,
        at: datetime,
    ) -> int:
        """Write down what came for a notice, to be fetched soon. In the same transaction a notice
        has to name it, or it is an orphan."""
        return await self._write(
            tx, {}, account=account, reference=reference, kind=kind, mime=mime, size=size, at=at
        )

    async def reserve(self, tx: Transaction, *, kind: str, at: datetime) -> File:
        """A place in the store for bytes that are at hand, ours for a lease: to be `stored` and
        named by a notice within that time."""
        number = await self._write(tx, {}, account="", reference="", kind=kind, at=at)
        await tx.connection.execute(
            update(FileRecord).where(FileRecord.id == number).values(claimed_until=at + LEASE)
        )
        return (await self._those(tx, FileRecord.id == number))[0]

    async def hold(self, tx: Transaction, file: int, *, at: datetime, until: datetime) -> bool:
        """Keep a stored file until then, though no notice names it yet. False: it is gone, or may
        go at any moment."""
        row = FileRecord
        done = await tx.connection.execute(
            update(row)
            .where(row.id == file, row.state == FileState.STORED, not_(_free(at)))
            .values(claimed_until=until)
        )
        return bool(done.rowcount)

    async def get(self, tx: Transaction, file: int) -> File | None:
        """One file, whosever it is."""
        found = await self._those(tx, FileRecord.id == file)
        return found[0] if found else None

    async def _write(
        self,
        tx: Transaction,
        owners: Mapping[str, int | None],
        *,
        account: str,
        reference: str,
        kind: str,
        mime: str = "",
        size: int = 0,
        at: datetime,
    ) -> int:
        row = FileRecord
        values: dict[str, Any] = {
            **owners,
            "account": account,
            "reference": reference,
            "kind": kind,
            "state": FileState.WAITING.value,
            "next_try_at": at,
            "mime": mime[:100],
            "size": min(max(size, 0), 2**31 - 1),
            "key": secrets.token_hex(16),
            "created_at": at,
        }
        new = await tx.connection.execute(insert(row).values(values).returning(row.id))
        await tx.ring(FILES)
        return int(new.scalar_one())

    async def hand_over(self, tx: Transaction, *, draft: int, case: int) -> None:
        """The draft was handed in: its files are the case's. Call this before dropping it."""
        await tx.connection.execute(
            update(FileRecord)
            .where(FileRecord.draft_id == draft)
            .values(draft_id=None, case_id=case)
        )

    async def due(
        self, tx: Transaction, *, at: datetime, busy: Collection[str] = (), at_most: int
    ) -> list[File]:
        """Claim what is to be fetched now, the oldest first, but nothing of `busy` accounts.

        Nobody else gets it before the lease ends, the attempt is noted, or it is given back.
        """
        row = FileRecord
        chosen = (
            select(row.id)
            .where(
                row.state == FileState.WAITING,
                row.next_try_at <= at,
                _free(at),
                not_(_orphaned()),
                row.account.not_in(busy),
            )
            .order_by(row.next_try_at, row.id)
            .limit(at_most)
            .with_for_update(skip_locked=True)
        )
        numbers = (await tx.connection.execute(chosen)).scalars().all()
        await tx.connection.execute(
            update(row)
            .where(row.id.in_(numbers))
            .values(attempts=row.attempts + 1, claimed_until=at + LEASE)
        )
        return await self._those(tx, row.id.in_(numbers))

    async def stored(
        self,
        tx: Transaction,
        file: File,
        *,
        mime: str,
        size: int,
        seconds: int = 0,
        digest: str = "",
        held: datetime | None = None,
    ) -> bool:
        """Its bytes are in the store, and kept until `held` though nothing names it yet. False:
        another saw to it, or its row is gone."""
        values = {"mime": mime, "size": size, "seconds": seconds, "digest": digest}
        return await self._settle(tx, file, FileState.STORED, claimed_until=held, **values)

    async def retry(
        self, tx: Transaction, file: File, *, at: datetime, reason: str, host: str = ""
    ) -> bool:
        """The attempt failed; the next is at that time."""
        return await self._settle(
            tx, file, FileState.WAITING, next_try_at=at, reason=reason, host=host
        )

    async def hurry_elsewhere(self, tx: Transaction, *, at: datetime) -> int:
        """What waits because of its host is due now: an operator may have allowed it. How many."""
        row = FileRecord
        hurried = await tx.connection.execute(
            update(row)
            .where(row.state == FileState.WAITING, row.host != "", row.next_try_at > at)
            .values(next_try_at=at)
        )
        return hurried.rowcount

    async def elsewhere(self, tx: Transaction) -> list[tuple[str, str, int]]:
        """Accounts, hosts that they may not ask, and how many files wait there."""
        row = FileRecord
        rows = await tx.connection.execute(
            select(row.account, row.host, func.count().label("files"))
            .where(row.state == FileState.WAITING, row.host != "")
            .group_by(row.account, row.host)
            .order_by(row.account, row.host)
        )
        return [(found.account, found.host, found.files) for found in rows]

    async def failed(
        self, tx: Transaction, file: File, *, reason: str, perhaps_later: bool = False
    ) -> bool:
        """It cannot be had; `perhaps_later` keeps what it takes to ask for it once more."""
        kept = file.reference if perhaps_later else ""
        return await self._settle(tx, file, FileState.FAILED, reason=reason, reference=kept)

    async def once_more(self, tx: Transaction, file: int, *, at: datetime) -> bool:
        """Somebody wants a case's file fetched now. False: it is fetched just now, it is there, or
        it cannot be had any more."""
        row = FileRecord
        done = await tx.connection.execute(
            update(row)
            .where(
                row.id == file,
                row.case_id.is_not(None),
                row.state.in_([FileState.WAITING, FileState.FAILED]),
                row.reference != "",
                _free(at),
            )
            .values(state=FileState.WAITING.value, next_try_at=at)
        )
        if done.rowcount:
            await tx.ring(FILES)
        return bool(done.rowcount)

    async def case_of(self, tx: Transaction, file: int) -> int | None:
        """The number of the case that a file belongs to."""
        row = FileRecord
        found = await tx.connection.execute(select(row.case_id).where(row.id == file))
        return found.scalar_one_or_none()

    async def refused(self, tx: Transaction, file: File, *, reason: str) -> bool:
        """It is not what may be kept."""
        return await self._settle(tx, file, FileState.REFUSED, reason=reason)

    async def exists(self, tx: Transaction, file: int) -> bool:
        found = await tx.connection.execute(select(FileRecord.id).where(FileRecord.id == file))
        return found.first() is not None

    async def of_case(self, tx: Transaction, case: int) -> list[File]:
        """The files of a case, in the order in which they came."""
        return await self._those(tx, FileRecord.case_id == case)

    async def of_draft(self, tx: Transaction, draft: int) -> list[File]:
        """The files of a draft, in the order in which they came."""
        return await self._those(tx, FileRecord.draft_id == draft)

    async def answer(self, tx: Transaction, file: File, *, case: int, words: int) -> None:
        """The draft it was spoken for was sent as these words of the case. Call this before
        dropping the draft."""
        row = FileRecord
        await tx.connection.execute(
            update(row)
            .where(row.id == file.id)
            .values(official_draft_id=None, case_id=case, words_id=words)
        )

    async def put_aside(self, tx: Transaction, *, official_draft: int) -> None:
        """The official wants something else: what the draft had is an orphan."""
        row = FileRecord
        await tx.connection.execute(
            update(row)
            .where(row.official_draft_id == official_draft)
            .values(official_draft_id=None)
        )

    async def of_official_draft(self, tx: Transaction, draft: int) -> File | None:
        """The voice of a draft of an official."""
        found = await self._those(tx, FileRecord.official_draft_id == draft)
        return found[-1] if found else None

    async def of_words(self, tx: Transaction, words: int) -> File | None:
        """The voice in which something was said in a case."""
        found = await self._those(tx, FileRecord.words_id == words)
        return found[-1] if found else None

    async def answered_by_voice(self, tx: Transaction, cases: Collection[int]) -> set[int]:
        """Those of these cases whose last answer was spoken."""
        row, words = FileRecord, CaseWordsRecord
        last = (
            select(func.max(words.id))
            .where(words.case_id.in_(cases), words.side == Side.OFFICIAL)
            .group_by(words.case_id)
        )
        found = await tx.connection.execute(
            select(row.case_id).where(row.words_id.in_(last)).distinct()
        )
        return {case for case in found.scalars() if case is not None}

    async def owned(self, tx: Transaction, file: int) -> File | None:
        """A file that belongs to a draft or a case; None when it is gone or about to go."""
        found = await self._those(tx, and_(FileRecord.id == file, not_(_orphaned())))
        return found[0] if found else None

    async def of_a_case(self, tx: Transaction, file: int) -> tuple[int, File] | None:
        """A file that belongs to a case, with the case's number: what officials may look at."""
        row = FileRecord
        found = await tx.connection.execute(
            select(row.case_id).where(row.id == file, row.case_id.is_not(None))
        )
        case = found.scalar_one_or_none()
        return None if case is None else (case, (await self._those(tx, row.id == file))[0])

    async def orphans(self, tx: Transaction, *, at: datetime, at_most: int = 100) -> list[File]:
        """Files whose draft and case are gone and that nobody fetches just now."""
        return await self._those(tx, and_(_orphaned(), _free(at)), at_most)

    async def forget(self, tx: Transaction, file: File) -> None:
        """Delete the row of an orphan whose bytes are deleted."""
        await tx.connection.execute(delete(FileRecord).where(FileRecord.id == file.id))

    async def _settle(self, tx: Transaction, file: File, state: FileState, **values: Any) -> bool:
        """Note how the claimed attempt ended; False when it is not the newest one any more."""
        row = FileRecord
        if state is not FileState.WAITING:
            # It leads back to a message, and mostly serves nothing now.
            values.setdefault("reference", "")
        done = await tx.connection.execute(
            update(row)
            .where(
                row.id == file.id,
                row.state == FileState.WAITING,
                row.attempts == file.attempts,
            )
            .values(
                **{"reason": "", "host": "", "claimed_until": None, **values, "state": state.value}
            )
        )
        return bool(done.rowcount)

    async def _those(
        self, tx: Transaction, which: ColumnElement[bool], at_most: int | None = None
    ) -> list[File]:
        rows = await tx.connection.execute(_files().where(which).limit(at_most))
        return [File(**{**row._mapping, "state": FileState(row.state)}) for row in rows]


def _files() -> Select[Any]:
    return select(*(FileRecord.__table__.c[name] for name in File.__slots__)).order_by(
        FileRecord.id
    )


def _orphaned() -> ColumnElement[bool]:
    row = FileRecord
    return and_(
        row.draft_id.is_(None),
        row.case_id.is_(None),
        row.official_draft_id.is_(None),
        *(
            ~exists().where(column == row.id)
            for notice in (NoticeDraftRecord, BroadcastRecord)
            for column in (notice.picture_id, notice.voice_id)
        ),
    )


def _free(at: datetime) -> ColumnElement[bool]:
    return or_(FileRecord.claimed_until.is_(None), FileRecord.claimed_until <= at)
