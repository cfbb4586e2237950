"""What is known of a file: its record, the states it goes through, and whose it is.

What is done with files is in `files`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Utc
from storage.people import Id

FILES = "files"
"""The bell that rings when there is something to fetch."""

LEASE = timedelta(minutes=5)
"""So long a claimed file is its claimant's: more than the longest attempt to fetch one."""


class FileState(StrEnum):
    WAITING = "waiting"  # to be fetched, for the first time or again
    STORED = "stored"
    FAILED = "failed"  # it could not be had
    REFUSED = "refused"  # it was had, and is not what may be kept


class FileRecord(Record):
    __tablename__ = "files"
    __table_args__ = (
        Index("ix_files_state", "state", "next_try_at"),
        Index("ix_files_draft", "draft_id"),
        Index("ix_files_case", "case_id"),
        Index("ix_files_official_draft", "official_draft_id"),
        Index("ix_files_words", "words_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    draft_id: Mapped[int | None] = mapped_column(Id, ForeignKey("drafts.id", ondelete="SET NULL"))
    case_id: Mapped[int | None] = mapped_column(Id, ForeignKey("cases.id", ondelete="SET NULL"))
    official_draft_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("official_drafts.id", ondelete="SET NULL"), default=None
    )
    words_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("case_words.id", ondelete="SET NULL"), default=None
    )
    account: Mapped[str] = mapped_column(String(64))
    reference: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[datetime] = mapped_column(Utc)
    claimed_until: Mapped[datetime | None] = mapped_column(Utc, default=None)
    mime: Mapped[str] = mapped_column(String(100), default="")
    size: Mapped[int] = mapped_column(Integer, default=0)
    seconds: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    key: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(64), default="")
    host: Mapped[str] = mapped_column(String(253), default="")
    created_at: Mapped[datetime] = mapped_column(Utc)
    digest: Mapped[str] = mapped_column(String(64), default="", server_default="")


@dataclass(frozen=True, slots=True)
class File:
    """A file that somebody sent. Times are in UTC, `size` in bytes.

    `mime` and `size` are the platform's word until it is stored, then what was found. `reference`
    is empty once it is not needed any more. `reason` is the key of a text: why it is not there.
    `host` is where it lies, if that is what keeps it from being fetched. `seconds` is how long a
    stored sound lasts, rounded up, 0 if that is not known. `words_id` is the number of the words in
    the case that it was sent with, if an official did. `digest` is the SHA-256 of what is stored.
    """

    id: int
    account: str
    reference: str
    kind: str
    state: FileState
    attempts: int
    mime: str
    size: int
    seconds: int
    key: str
    reason: str
    host: str
    created_at: datetime
    next_try_at: datetime
    words_id: int | None
    digest: str
