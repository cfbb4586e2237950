"""The files of cases for whoever handles them: taken with a draft, listed, shown, read.

Fetching them and what may be kept of them are others' work.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from content.texts import Texts
from handlers.file_names import FileNames, Kept
from handlers.messages import SENT, Attachment, Media, MediaKind
from storage.database import Transaction
from storage.files import File, Files, FileState

LOOK = timedelta(hours=24)
"""So long a name serves that an official gets to look at a file."""

PAGE = "/tep/"
"""Where a link to a file leads, below the public address."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A file as people read of it: `words` say how it stands. `mime` is what was found in it.

    `next_try_at` (UTC) is when it is fetched next, None when it is not; `again` says whether
    somebody may ask for it once more. `answers`: an official sent it to the villager.
    """

    id: int
    kind: str
    state: FileState
    words: str
    mime: str
    size: int
    next_try_at: datetime | None
    again: bool
    answers: bool

    @property
    def readable(self) -> bool:
        return self.state is FileState.STORED

    @property
    def plays(self) -> bool:
        return plays_in_browsers(self.mime)


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a file of the case `case`. `mime` is one of the few that are kept."""

    case: int
    mime: str
    bytes: bytes


class CaseFiles:
    """`read` gives the bytes of a stored file; `per_case` is how many one case may have.

    `names` makes what a file is shown by; without a `public_url` nothing can be opened by a link.
    """

    def __init__(
        self,
        *,
        texts: Texts,
        read: Callable[[File], Awaitable[bytes]],
        per_case: int,
        names: FileNames,
        public_url: str = "",
    ) -> None:
        self._texts, self._read, self._per_case = texts, read, per_case
        self._names, self._public_url = names, public_url
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

    async def take_voice(
        self, tx: Transaction, voice: Attachment, *, draft: int, account: str, at: datetime
    ) -> None:
        """Write down what an official spoke for their draft, in the place of anything earlier."""
        await self._files.put_aside(tx, official_draft=draft)
        await self._files.receive(
            tx,
            official_draft=draft,
            account=account,
            reference=voice.reference,
            kind=voice.kind.value,
            mime=voice.mime,
            size=voice.size,
            at=at,
            at_most=1,
        )

    def media(self, file: Kept, until: datetime | None = None) -> Media:
        """A stored file as media, with a link if there can be one. With `until` (UTC) both end."""
        kind = _KINDS.get(file.mime.partition("/")[0], MediaKind.FILE)
        text = self._texts(f"files.open.{kind}", length=self.length(file))
        link = f"{self._public_url}{PAGE}{self._names.ticket(file, until)}"
        return Media(kind, self._names.name(file, until), text, link if self._public_url else "")

    def any_voice(self) -> Media:
        """A voice of which nothing is known yet: to ask whether somebody could hear one."""
        return Media(MediaKind.AUDIO, SENT, "", self._public_url)

    def length(self, file: Kept) -> str:
        """How long a sound lasts, in words."""
        minutes, seconds = divmod(file.seconds, 60)
        if minutes:
            return self._texts("files.minutes", minutes=minutes, seconds=seconds)
        return self._texts("files.seconds" if seconds else "files.no_length", seconds=seconds)

    def described(self, file: File, texts: Texts | None = None) -> CaseFile:
        """In our own words, or those given."""
        said = texts or self._texts
        words = said(f"files.state.{file.state.value}")
        if file.reason:
            words = f"{words}: {said(file.reason)}"
        waits = file.state is FileState.WAITING
        return CaseFile(
            file.id, file.kind, file.state, words, file.mime, file.size,
            next_try_at=file.next_try_at if waits else None,
            again=bool(file.reference) and (waits or file.state is FileState.FAILED),
            answers=file.words_id is not None,
        )  # fmt: skip

    async def named(self, tx: Transaction, name: str, *, at: datetime) -> File | None:
        """The stored file of a name that we made; None for any other, and for one that is over."""
        ticket = self._names.read(name)
        file = ticket and await self._files.owned(tx, ticket.file)
        if not (ticket and file and self._names.opens(ticket, file, at=at)):
            return None
        return file if file.state is FileState.STORED else None

    async def bytes_of(self, file: File) -> bytes:
        """Raises FileNotFoundError, or what the store raises, when the store has lost it."""
        return await self._read(file)

    async def of_case(
        self, tx: Transaction, case: int, texts: Texts | None = None
    ) -> list[CaseFile]:
        return [self.described(file, texts) for file in await self._files.of_case(tx, case)]

    async def of_draft(self, tx: Transaction, draft: int) -> list[CaseFile]:
        return [self.described(file) for file in await self._files.of_draft(tx, draft)]

    async def once_more(self, tx: Transaction, file: int, *, at: datetime) -> None:
        """Fetch it now, if it can be had and nobody does so."""
        await self._files.once_more(tx, file, at=at)

    async def case_of(self, tx: Transaction, file: int) -> int | None:
        """The case that it belongs to; None when there is no such file, or it has none."""
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


def plays_in_browsers(mime: str) -> bool:
    """Whether a browser plays such a sound. AMR, which Zalo sends voice notes in, no browser does:
    it is for the player of the phone or computer."""
    return mime != "audio/amr"


_KINDS = {"image": MediaKind.IMAGE, "audio": MediaKind.AUDIO}
