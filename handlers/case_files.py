"""The files of feedback for whoever handles it: taken with a draft, listed, read.

Fetching them and what may be kept of them are others' work.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from content.texts import Texts
from handlers.messages import Attachment
from storage.database import Transaction
from storage.files import File, Files, FileState


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A file as people read of it: `words` say how it stands. `mime` is what was found in it.

    `next_try_at` (UTC) is when it is fetched next, None when it is not; `again` says whether
    somebody may ask for it once more.
    """

    id: int
    kind: str
    state: FileState
    words: str
    mime: str
    size: int
    next_try_at: datetime | None
    again: bool

    @property
    def readable(self) -> bool:
        return self.state is FileState.STORED


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a file of the case `case`. `mime` is one of the few that are kept."""

    case: int
    mime: str
    bytes: bytes


class CaseFiles:
    """`read` gives the bytes of a stored file; `per_case` is how many one case may have."""

    def __init__(
        self, *, texts: Texts, read: Callable[[File], Awaitable[bytes]], per_case: int
    ) -> None:
        self._texts, self._read, self._per_case = texts, read, per_case
        self._files = Files()

    async def take(
        self,
        tx: Transaction,
        attachments: tuple[Attachment, ...],
        *,
        draft: int | None = None,
        case: int | None = None,
        account: str,
        at: datetime,
    ) -> int:
        """Write down what came with a message of that account; return how many there was room for.

        They are fetched as soon as the transaction is over.
        """
        taken = 0
        for one in attachments:
            number = await self._files.receive(
                tx,
                draft=draft,
                case=case,
                account=account,
                reference=one.reference,
                kind=one.kind.value,
                mime=one.mime,
                size=one.size,
                at=at,
                at_most=self._per_case,
            )
            taken += number is not None
        return taken

    async def of_case(self, tx: Transaction, case: int) -> list[CaseFile]:
        return [self._described(file) for file in await self._files.of_case(tx, case)]

    async def of_draft(self, tx: Transaction, draft: int) -> list[CaseFile]:
        return [self._described(file) for file in await self._files.of_draft(tx, draft)]

    async def once_more(self, tx: Transaction, file: int, *, at: datetime) -> int | None:
        """Fetch it now, if it can be had and nobody does so; its case, None when it has none."""
        await self._files.once_more(tx, file, at=at)
        return await self._files.case_of(tx, file)

    async def content(self, tx: Transaction, file: int) -> Content | None:
        """What is in a file of a case; None when there is no such file or it is not stored.

        Raises FileNotFoundError, or what the store raises, when the store has lost it.
        """
        found = await self._files.of_a_case(tx, file)
        if found is None or found[1].state is not FileState.STORED:
            return None
        case, stored = found
        return Content(case, stored.mime, await self._read(stored))

    def _described(self, file: File) -> CaseFile:
        words = self._texts(f"files.state.{file.state.value}")
        if file.reason:
            words = f"{words}: {self._texts(file.reason)}"
        waits = file.state is FileState.WAITING
        return CaseFile(
            file.id, file.kind, file.state, words, file.mime, file.size,
            next_try_at=file.next_try_at if waits else None,
            again=bool(file.reference) and (waits or file.state is FileState.FAILED),
        )  # fmt: skip
