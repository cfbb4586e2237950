"""Notices that were handed in: approved, given back, paused, resumed, cancelled, sent again.

Each deed asks the database anew who the official is and how the notice stands; what was changed
since it was looked at is shown anew, and nothing is done.
"""

from __future__ import annotations

import re
from dataclasses import replace

from content.texts import Texts
from handlers.errands import Served, Visit
from handlers.messages import Reply
from handlers.notice_corrections import LONGEST_CORRECTION
from handlers.official.notices_composing import Composing
from handlers.official.notices_deeds import Deeds, Done, Late, NotDone
from handlers.official.notices_pages import Pages, Seen
from handlers.official_actions import Deed, Notice
from storage.broadcasts import NoBroadcast, WrongState
from storage.officials import Official

RETURNING = re.compile(r"notice-back:([0-9]{1,12}):([0-9]{1,6})")
"""What a conversation expects while the next words are why a notice is given back."""

TAKING = re.compile(r"notice-take:([0-9]{1,12}):([0-9]{1,6})")
"""The same while the next words are those of a correction."""

LONGEST_WHY = 300


class Released:
    """Serves what officials do with notices that are in the book of broadcasts."""

    def __init__(self, *, texts: Texts, pages: Pages, deeds: Deeds, composing: Composing) -> None:
        self._texts = texts
        self._pages = pages
        self._deeds = deeds
        self._composing = composing

    async def list(
        self, visit: Visit, official: Official, start: int = 0, key: str = "", **fields: object
    ) -> Served:
        notice = self._texts(key, **fields) if key else ""
        return self._say(visit, await self._pages.list(visit.tx, official, start, notice))

    async def act(self, visit: Visit, official: Official, action: Notice) -> Served:
        """A button or digit below a notice."""
        seen = await self._deeds.look(visit.tx, official, action.number, lock=True)
        if seen is None:
            return await self.list(visit, official, 0, "notice.gone")
        if action.deed is Deed.OPEN:
            return await self._open(visit, official, seen)
        if not self._deeds.may(official, seen, action.deed):
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
        seen = await self._deeds.look(visit.tx, official, number, lock=True)
        if seen is None:
            return await self.list(visit, official, 0, "notice.gone")
        why = visit.text.strip()
        if not any(letter.isalpha() for letter in why):
            return self._ask_why(visit, seen)
        if not self._deeds.may(official, seen, Deed.RETURN):
            return await self._open(visit, official, seen, "notice.may_not")
        if seen.it.version != version:
            return await self._open(visit, official, seen, "notice.changed")
        await self._deeds.give_back(visit.tx, official, seen, why=why[:LONGEST_WHY], at=visit.now)
        return await self.list(visit, official, 0, "notice.returned", id=number)

    async def correct(self, visit: Visit, official: Official, number: int, version: int) -> Served:
        """They wrote what should have been sent."""
        seen = await self._deeds.look(visit.tx, official, number, lock=True)
        if seen is None:
            return await self.list(visit, official, 0, "notice.gone")
        words = visit.text.strip()
        if not any(letter.isalpha() for letter in words):
            return self._ask_words(visit, seen)
        if len(words) > LONGEST_CORRECTION:
            news = self._texts("notice.too_long", count=len(words), most=LONGEST_CORRECTION)
            return self._ask_words(visit, seen, news)
        if not self._deeds.may(official, seen, Deed.TAKE_BACK):
            return await self._open(visit, official, seen, "notice.may_not")
        if seen.it.version != version:
            return await self._open(visit, official, seen, "notice.changed")
        done = await self._deeds.take_back(visit.tx, official, seen, words=words, at=visit.now)
        return await self._after(visit, official, seen, done)

    async def _do(self, visit: Visit, official: Official, seen: Seen, action: Notice) -> Served:
        """A step that needs no more words. Raises WrongState."""
        deeds, tx, at = self._deeds, visit.tx, visit.now
        if action.deed is not Deed.APPROVE:
            done = await deeds.do(tx, official, seen, action.deed, at=at)
            return await self._after(visit, official, seen, done)
        try:
            done = await deeds.approve(tx, official, seen, now=bool(action.value), at=at)
        except Late:
            return self._say(visit, self._pages.asking_for_now(seen))
        except NotDone as why:
            return await self._open(visit, official, seen, why.key)
        return await self._after(visit, official, seen, done)

    async def _after(self, visit: Visit, official: Official, seen: Seen, done: Done) -> Served:
        """The page of what there is to look at now."""
        now_seen = await self._deeds.look(visit.tx, official, done.number) or seen
        first = seen.it.id
        return await self._open(visit, official, now_seen, done.key, count=done.count, first=first)

    async def _open(
        self, visit: Visit, official: Official, seen: Seen, key: str = "", **fields: object
    ) -> Served:
        """Its page as it stands now, below what was done."""
        now_seen = await self._deeds.look(visit.tx, official, seen.it.id)
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
