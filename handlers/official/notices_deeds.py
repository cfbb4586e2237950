"""What officials do with notices that were handed in, in a chat or at the console.

Each deed asks the database anew who the official is to the notice and how it stands; what they may
not do, or what was changed since they looked at it, is refused and nothing is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from content.texts import Texts
from handlers.notice_corrections import correction
from handlers.official.notices_pages import MENDABLE, Seen, closable
from handlers.official.notices_rights import NoticeRights
from handlers.official_actions import Deed
from storage.answers import Answers
from storage.broadcast_corrections import Corrections
from storage.broadcast_recipients import Recipients
from storage.broadcast_records import AHEAD, OPEN
from storage.broadcasts import Broadcasts, NoBroadcast, Phase
from storage.database import Transaction
from storage.notices import Notices
from storage.officials import Official
from storage.outbox import State


class NotDone(Exception):
    """Nothing was done; `key` is the text that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Late(Exception):
    """Its time has passed: somebody has to say that now will do, or choose another time."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: the text that says so, with its `count`; `number` is the notice to look at
    then, another one where it was taken back."""

    number: int
    key: str
    count: int = 0


class Deeds:
    """Looks at notices and does what is asked. All in the caller's transaction."""

    def __init__(self, *, texts: Texts, rights: NoticeRights) -> None:
        self._texts = texts
        self._rights = rights
        self._broadcasts = Broadcasts()
        self._recipients = Recipients()
        self._corrections = Corrections()
        self._answers = Answers()
        self._notices = Notices()

    async def look(
        self, tx: Transaction, official: Official, number: int, *, lock: bool = False
    ) -> Seen | None:
        """The notice as they see it; None: it is not there, or not theirs to see."""
        try:
            it = await self._broadcasts.get(tx, number, lock=lock)
        except NoBroadcast:
            return None
        owners = await self._notices.of(tx, number)
        own = await self._rights.wrote(tx, official, it, owners)
        return Seen(it, owners, own) if self._rights.sees(official, it, owners, own=own) else None

    def may(self, official: Official, seen: Seen, deed: Deed) -> bool:
        """Whether the button would be there: buttons can be old, or made up."""
        it = seen.it
        match deed:
            case Deed.APPROVE | Deed.RETURN:
                releases = self._rights.may_release(official, it)
                return releases and not seen.own and it.phase is Phase.SUBMITTED
            case Deed.MEND:
                mends = seen.own and it.phase in MENDABLE and it.draft.takes_back is None
                return mends and self._rights.writes(official)
            case Deed.CLOSE if not closable(it):
                return False
        return self._rights.may_change(official, it, seen.owners)

    def movable(self, official: Official, seen: Seen) -> bool:
        """Whether they may give it another time: nothing of it went out."""
        it = seen.it
        waits = it.phase in (*OPEN, *AHEAD, Phase.PAUSED) and it.started_at is None
        calm = not it.draft.emergency and it.draft.takes_back is None
        return waits and calm and self._rights.may_change(official, it, seen.owners)

    async def give_back(
        self, tx: Transaction, official: Official, seen: Seen, *, why: str, at: datetime
    ) -> Done:
        """Not so: its author reads why. Raises WrongState."""
        number = seen.it.id
        await self._notices.give_back(tx, number, why=why, by=official.name, at=at)
        return Done(number, "notice.returned")

    async def move(
        self, tx: Transaction, official: Official, seen: Seen, *, to: datetime, at: datetime
    ) -> Done:
        """Another time; approval is of the words, so it stays. Raises WrongState, NotDone."""
        asks = seen.it.draft.asks
        if asks is not None and asks.until is not None and asks.until <= to:
            raise NotDone("notice.over_before")
        await self._broadcasts.move(tx, seen.it.id, to=to, by=official.name, at=at)
        return Done(seen.it.id, "notice.moved")

    async def take_back(
        self, tx: Transaction, official: Official, seen: Seen, *, words: str = "", at: datetime
    ) -> Done:
        """Hand in what takes it back, with other words or none; where it was an emergency, who
        leads releases it at once. Raises WrongState."""
        by, it = official.name, seen.it
        number = await self._corrections.take_back(
            tx, it.id, words=correction(self._texts, it, words), removes=not words, by=by, at=at
        )
        await self._notices.wrote(tx, number, official.id)
        written = await self._broadcasts.get(tx, number)
        if not (written.draft.emergency and self._rights.may_release(official, written)):
            return Done(number, "notice.taken_back")
        await self._broadcasts.approve(tx, number, by=by, at=at)
        await self._notices.released(tx, number, official.id)
        return Done(number, "notice.taken_back_now")

    async def approve(
        self, tx: Transaction, official: Official, seen: Seen, *, now: bool, at: datetime
    ) -> Done:
        """Release it; `now`: where its time has passed, at once. Raises Late, NotDone, and
        WrongState."""
        it = seen.it
        due, asks = it.draft.due_at, it.draft.asks
        if asks is not None and asks.until is not None and asks.until <= max(at, due or at):
            raise NotDone("notice.over_before")
        if due is not None and due <= at:
            if it.draft.repeats or not now:
                raise Late
            await self._broadcasts.move(tx, it.id, to=at, by=official.name, at=at)
        await self._broadcasts.approve(tx, it.id, by=official.name, at=at)
        await self._notices.released(tx, it.id, official.id)
        return Done(it.id, "notice.approved")

    async def do(
        self, tx: Transaction, official: Official, seen: Seen, deed: Deed, *, at: datetime
    ) -> Done:
        """A step that needs no more words. Raises WrongState."""
        number, by = seen.it.id, official.name
        match deed:
            case Deed.PAUSE:
                await self._broadcasts.pause(tx, number, by=by, at=at)
                return Done(number, "notice.paused")
            case Deed.RESUME:
                await self._broadcasts.resume(tx, number, by=by, at=at)
                return Done(number, "notice.resumed")
            case Deed.CANCEL:
                await self._broadcasts.cancel(tx, number, by=by, at=at)
                return Done(number, "notice.cancelled")
            case Deed.TAKE_BACK:
                return await self.take_back(tx, official, seen, at=at)
            case Deed.CLOSE:
                await self._answers.close(tx, number, by=by, at=at)
                return Done(number, "notice.closed")
            case Deed.LEAVE_UNCERTAIN:
                await self._broadcasts.send_again(tx, number, by=by, at=at)
                count = await self._recipients.leave(tx, number, at=at)
                return Done(number, "notice.left_uncertain", count)
        await self._broadcasts.send_again(tx, number, by=by, at=at)
        state = State.UNCERTAIN if deed is Deed.RETRY_UNCERTAIN else State.FAILED
        count = await self._recipients.retry(tx, number, state=state, at=at)
        await self._notices.tell_again(tx, number)
        return Done(number, "notice.again", count)
