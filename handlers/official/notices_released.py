"""Notices that were handed in: approved, given back, paused, resumed, cancelled, sent again.

Each deed asks the database anew who the official is and how the notice stands; what was changed
since it was looked at is shown anew, and nothing is done.
"""

from __future__ import annotations

import re
from dataclasses import replace

from content.texts import Texts
from handlers.actions import Deed, Notice
from handlers.errands import Served, Visit
from handlers.messages import Reply
from handlers.notice_corrections import LONGEST_CORRECTION, correction
from handlers.official.notices_composing import Composing
from handlers.official.notices_pages import MENDABLE, Pages, Seen, closable
from handlers.official.notices_rights import NoticeRights
from storage.answers import Answers
from storage.broadcast_corrections import Corrections
from storage.broadcast_recipients import Recipients
from storage.broadcasts import Broadcasts, NoBroadcast, Phase, WrongState
from storage.database import Transaction
from storage.notices import Notices
from storage.officials import Official
from storage.outbox import State

RETURNING = re.compile(r"notice-back:([0-9]{1,12}):([0-9]{1,6})")
"""What a conversation expects while the next words are why a notice is given back."""

TAKING = re.compile(r"notice-take:([0-9]{1,12}):([0-9]{1,6})")
"""The same while the next words are those of a correction."""

LONGEST_WHY = 300


class Released:
    """Serves what officials do with notices that are in the book of broadcasts."""

    def __init__(
        self, *, texts: Texts, pages: Pages, rights: NoticeRights, composing: Composing
    ) -> None:
        self._texts = texts
        self._pages = pages
        self._rights = rights
        self._composing = composing
        self._broadcasts = Broadcasts()
        self._recipients = Recipients()
        self._corrections = Corrections()
        self._answers = Answers()
        self._notices = Notices()

    async def list(
        self, visit: Visit, official: Official, start: int = 0, key: str = "", **fields: object
    ) -> Served:
        notice = self._texts(key, **fields) if key else ""
        return self._say(visit, await self._pages.list(visit.tx, official, start, notice))

    async def act(self, visit: Visit, official: Official, action: Notice) -> Served:
        """A button or digit below a notice."""
        seen = await self._look(visit.tx, official, action.number, lock=True)
        if seen is None:
            return await self.list(visit, official, 0, "notice.gone")
        if action.deed is Deed.OPEN:
            return await self._open(visit, official, seen)
        if not await self._may(official, seen, action.deed):
            return await self._open(visit, official, seen, "notice.may_not")
        if action.seen != seen.it.version:
            return await self._open(visit, official, seen, "notice.changed")
        match action.deed:
            case Deed.MEND:
                return await self._composing.mend(visit, official, seen.it)
            case Deed.RETURN:
                return self._ask_why(visit, seen)
            case Deed.TAKE_BACK if not action.value:
                return self._ask_words(visit, seen)
            case Deed.CANCEL if not action.value:
                return self._say(visit, self._pages.asking(seen))
            case Deed.CLOSE if not action.value:
                return self._say(visit, self._pages.closing(seen))
        try:
            return await self._do(visit, official, seen, action)
        except (WrongState, NoBroadcast):
            return await self._open(visit, official, seen, "notice.changed")

    async def give_back(
        self, visit: Visit, official: Official, number: int, version: int
    ) -> Served:
        """They wrote why it is not approved."""
        seen = await self._look(visit.tx, official, number, lock=True)
        if seen is None:
            return await self.list(visit, official, 0, "notice.gone")
        why = visit.text.strip()
        if not any(letter.isalpha() for letter in why):
            return self._ask_why(visit, seen)
        if not await self._may(official, seen, Deed.RETURN):
            return await self._open(visit, official, seen, "notice.may_not")
        if seen.it.version != version:
            return await self._open(visit, official, seen, "notice.changed")
        await self._notices.give_back(
            visit.tx, number, why=why[:LONGEST_WHY], by=official.name, at=visit.now
        )
        return await self.list(visit, official, 0, "notice.returned", id=number)

    async def correct(self, visit: Visit, official: Official, number: int, version: int) -> Served:
        """They wrote what should have been sent."""
        seen = await self._look(visit.tx, official, number, lock=True)
        if seen is None:
            return await self.list(visit, official, 0, "notice.gone")
        words = visit.text.strip()
        if not any(letter.isalpha() for letter in words):
            return self._ask_words(visit, seen)
        if len(words) > LONGEST_CORRECTION:
            news = self._texts("notice.too_long", count=len(words), most=LONGEST_CORRECTION)
            return self._ask_words(visit, seen, news)
        if not await self._may(official, seen, Deed.TAKE_BACK):
            return await self._open(visit, official, seen, "notice.may_not")
        if seen.it.version != version:
            return await self._open(visit, official, seen, "notice.changed")
        return await self._take_back(visit, official, seen, words)

    async def _take_back(
        self, visit: Visit, official: Official, seen: Seen, words: str = ""
    ) -> Served:
        """Hand in what takes it back; where it was an emergency, who leads releases it at once."""
        tx, by, at = visit.tx, official.name, visit.now
        number = await self._corrections.take_back(
            tx, seen.it.id, words=correction(self._texts, seen.it, words), removes=not words,
            by=by, at=at,
        )  # fmt: skip
        await self._notices.wrote(tx, number, official.id)
        it = await self._broadcasts.get(tx, number)
        key = "notice.taken_back"
        if it.draft.emergency and self._rights.may_release(official, it):
            await self._broadcasts.approve(tx, number, by=by, at=at)
            await self._notices.released(tx, number, official.id)
            key = "notice.taken_back_now"
        return await self._open(visit, official, replace(seen, it=it), key, first=seen.it.id)

    async def _do(self, visit: Visit, official: Official, seen: Seen, action: Notice) -> Served:
        """A step that needs no more words. Raises WrongState."""
        tx, number, at = visit.tx, seen.it.id, visit.now
        by = official.name
        match action.deed:
            case Deed.APPROVE:
                return await self._approve(visit, official, seen, now=bool(action.value))
            case Deed.PAUSE:
                await self._broadcasts.pause(tx, number, by=by, at=at)
                key, count = "notice.paused", 0
            case Deed.RESUME:
                await self._broadcasts.resume(tx, number, by=by, at=at)
                key, count = "notice.resumed", 0
            case Deed.CANCEL:
                await self._broadcasts.cancel(tx, number, by=by, at=at)
                key, count = "notice.cancelled", 0
            case Deed.TAKE_BACK:
                return await self._take_back(visit, official, seen)
            case Deed.CLOSE:
                await self._answers.close(tx, number, by=by, at=at)
                key, count = "notice.closed", 0
            case Deed.LEAVE_UNCERTAIN:
                await self._broadcasts.send_again(tx, number, by=by, at=at)
                count = await self._recipients.leave(tx, number, at=at)
                key = "notice.left_uncertain"
            case deed:
                await self._broadcasts.send_again(tx, number, by=by, at=at)
                state = State.UNCERTAIN if deed is Deed.RETRY_UNCERTAIN else State.FAILED
                count = await self._recipients.retry(tx, number, state=state, at=at)
                key = "notice.again"
                await self._notices.tell_again(tx, number)
        return await self._open(visit, official, seen, key, count=count)

    async def _approve(self, visit: Visit, official: Official, seen: Seen, *, now: bool) -> Served:
        """Release it; where its time has passed, ask whether now will do."""
        tx, it, at = visit.tx, seen.it, visit.now
        due = it.draft.due_at
        asks = it.draft.asks
        if asks is not None and asks.until is not None and asks.until <= max(at, due or at):
            return await self._open(visit, official, seen, "notice.over_before")
        if due is not None and due <= at:
            if it.draft.repeats or not now:
                return self._say(visit, self._pages.asking_for_now(seen))
            await self._broadcasts.move(tx, it.id, to=at, by=official.name, at=at)
        await self._broadcasts.approve(tx, it.id, by=official.name, at=at)
        await self._notices.released(tx, it.id, official.id)
        return await self._open(visit, official, seen, "notice.approved")

    async def _may(self, official: Official, seen: Seen, deed: Deed) -> bool:
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

    async def _look(
        self, tx: Transaction, official: Official, number: int, *, lock: bool = False
    ) -> Seen | None:
        """The notice as they see it; None: it is not there, or not theirs to see."""
        try:
            it = await self._broadcasts.get(tx, number, lock=lock)
        except NoBroadcast:
            return None
        owners = await self._notices.of(tx, number)
        if not self._rights.sees(official, it, owners):
            return None
        return Seen(it, owners, await self._rights.wrote(tx, official, it, owners))

    async def _open(
        self, visit: Visit, official: Official, seen: Seen, key: str = "", **fields: object
    ) -> Served:
        """Its page as it stands now, below what was done."""
        now_seen = await self._look(visit.tx, official, seen.it.id)
        if now_seen is None:
            return await self.list(visit, official, 0, "notice.gone")
        news = self._texts(key, id=seen.it.id, **fields) if key else ""
        replies = await self._pages.page(visit.tx, official, now_seen, visit.now, news)
        return self._say(visit, *replies)

    def _ask_words(self, visit: Visit, seen: Seen, notice: str = "") -> Served:
        it = seen.it
        if it.started_at is None:
            back = (self._pages.back_to(it),)
            return self._say(visit, Reply(self._texts("notice.changed"), back))
        served = self._say(visit, self._pages.asking_to_take_back(seen, notice))
        talk = replace(served.talk, expecting=f"notice-take:{it.id}:{it.version}")
        return replace(served, talk=talk)

    def _ask_why(self, visit: Visit, seen: Seen) -> Served:
        it = seen.it
        asked = Reply(self._texts("notice.ask.why", id=it.id), (self._pages.back_to(it),))
        served = self._say(visit, asked)
        talk = replace(served.talk, expecting=f"notice-back:{it.id}:{it.version}")
        return replace(served, talk=talk)

    def _say(self, visit: Visit, *replies: Reply) -> Served:
        return Served(replies, replace(visit.talk, expecting="", greeted=True))
