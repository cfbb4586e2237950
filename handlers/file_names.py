"""Names of stored files: which one, until when, and a mark that only this installation can make.

Whoever has a name may have the file, so it serves as the media of a reply and in a link alike. The
mark covers the file's own random key: the name of another file, or of one that is gone, is none.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from handlers.messages import SENT

ENDINGS = {
    "image/jpeg": "jpg",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "application/pdf": "pdf",
}
"""All that is ever kept. Anything else is handed out as mere bytes."""

_NAME = re.compile(
    rf"(?:{SENT})?(?P<ticket>(?P<id>[0-9]{{1,18}})-(?P<hour>[0-9]{{1,7}})-(?P<mark>[\w-]{{22}}))"
    r"(?:\.[a-z0-9]{3})?",
    re.ASCII,
)
_HOUR = 3600
_MARK_BYTES = 16


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a name says; whether it is true is asked of `FileNames.opens`."""

    file: int
    hour: int  # hours since 1970 until which it opens the file; 0: as long as the file is there
    mark: str


class Kept(Protocol):
    """A stored file of a case or a notice. `seconds` is how long a sound lasts."""

    @property
    def id(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def mime(self) -> str: ...
    @property
    def seconds(self) -> int: ...


class FileNames:
    """Makes names and knows them again. `keys`: the first one marks, all are known."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = keys

    def ticket(self, file: Kept, until: datetime | None = None) -> str:
        """What a link to the file ends with; with `until` (UTC) it ends within the next hour."""
        hour = 0 if until is None else int(until.timestamp()) // _HOUR + 1
        return f"{file.id}-{hour}-{_mark(self._keys[0], file, hour)}"

    def name(self, file: Kept, until: datetime | None = None) -> str:
        """The name under which the file is media of a reply."""
        return f"{SENT}{self.ticket(file, until)}.{ENDINGS.get(file.mime, 'bin')}"

    def read(self, name: str) -> Ticket | None:
        """What a name or a ticket says; None for anything else."""
        found = _NAME.fullmatch(name)
        return found and Ticket(int(found["id"]), int(found["hour"]), found["mark"])

    def opens(self, ticket: Ticket, file: Kept, *, at: datetime) -> bool:
        """Whether we made it for this file, and it is not over."""
        if ticket.hour and at >= datetime.fromtimestamp(0, UTC) + timedelta(hours=ticket.hour):
            return False
        marks = (_mark(key, file, ticket.hour) for key in self._keys)
        return any(hmac.compare_digest(ticket.mark, mark) for mark in marks)


def _mark(key: bytes, file: Kept, hour: int) -> str:
    made = hmac.new(key, f"{file.id} {hour} {file.key}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made[:_MARK_BYTES]).decode().rstrip("=")
