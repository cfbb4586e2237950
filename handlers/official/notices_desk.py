"""The notice desk in a chat: first turn for officials who write, release or follow notices.

Whoever is an official is asked of the database each time, so that who was removed may do nothing
from then on. What is no notice's (a case, a question, a menu) goes on to the other errands.
"""

from __future__ import annotations

import re

from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.actions import Action, Back, Skip, Stop
from handlers.errands import Served, Visit
from handlers.messages import Kind, Reply
from handlers.official.last_screen import before_notice
from handlers.official.notices_composing import Composing
from handlers.official.notices_released import RETURNING, TAKING, Released
from handlers.official.notices_screens import EXPECTING
from handlers.official_actions import Compose, ListNotices, Notice
from storage.officials import Official, Officials

CASES = re.compile(r"/?viec(?:\s+(?:so\s+)?[0-9]{1,9})?")
"""An official's word for open cases: never the words of a notice."""


class NoticeDesk:
    """Serves officials at their notices."""

    def __init__(self, *, texts: Texts, composing: Composing, released: Released) -> None:
        self._texts = texts
        self._composing = composing
        self._released = released
        self._officials = Officials()
        self._begin, self._poll, self._list, self._stop = (
            frozenset(fold(word) for word in texts(key).split("|"))
            for key in (
                "notice.words_begin", "notice.words_poll", "notice.words_list",
                "official.words_stop",
            )
        )  # fmt: skip

    async def serve(self, visit: Visit, kind: Kind, action: Action | None) -> Served | None:
        """Serve what belongs to a notice; None for all else."""
        typed = fold(visit.text).strip(" .!?") if kind is Kind.TEXT else ""
        expecting = visit.talk.expecting
        mine = isinstance(action, Compose | Notice | ListNotices)
        asked = action is None and typed in self._begin | self._poll | self._list
        awaited = expecting == EXPECTING or _waiting(expecting) is not None
        if visit.group or not (mine or asked or (awaited and before_notice(visit.talk))):
            return None
        official = await self._officials.of(visit.tx, visit.conversation.id)
        if official is None:
            return self._not_here(visit) if mine else None
        match action:
            case Compose():
                return await self._composing.act(visit, official, action)
            case Notice():
                return await self._released.act(visit, official, action)
            case ListNotices(start=start):
                return await self._released.list(visit, official, start)
        if typed in self._list:
            return await self._released.list(visit, official)
        if typed in self._begin | self._poll:
            poll = typed in self._poll
            return await self._composing.begin(visit, official, poll=poll)
        return await self._go_on(visit, official, kind, action, typed)

    def describe(self, action: Action) -> str:
        """What an official said by tapping a button; nothing for other buttons."""
        match action:
            case Compose(told=told):
                return self._texts(f"notice.told.{told}")
            case Notice(deed=deed, number=number):
                return self._texts(f"notice.did.{deed}", id=number)
            case ListNotices():
                return self._texts("notice.to_list")
        return ""

    async def _go_on(
        self, visit: Visit, official: Official, kind: Kind, action: Action | None, typed: str
    ) -> Served | None:
        """Words that a step waits for, or "thôi", "quay lại", "bỏ qua" said of it."""
        if kind is Kind.START or CASES.fullmatch(typed):
            return None
        if waiting := _waiting(visit.talk.expecting):
            if isinstance(action, Stop | Back) or typed in self._stop:
                return await self._released.list(visit, official)
            if action is not None:
                return None
            number, version = map(int, waiting.groups())
            if waiting.re is TAKING:
                return await self._released.correct(visit, official, number, version)
            return await self._released.give_back(visit, official, number, version)
        draft = await self._composing.draft(visit, official)
        if draft is None:
            return None
        if isinstance(action, Stop) or (action is None and typed in self._stop):
            return await self._composing.drop(visit)
        match action:
            case Back():
                return await self._composing.back(visit, official, draft)
            case Skip():
                return await self._composing.skip(visit, official, draft)
            case None if kind is not Kind.BUTTON:
                return await self._composing.hear(visit, official, draft, kind)
        return None

    def _not_here(self, visit: Visit) -> Served:
        return Served((Reply(self._texts("official.not_here")),), visit.talk)


def _waiting(expecting: str) -> re.Match[str] | None:
    """Words of their own about a notice that was handed in."""
    return RETURNING.fullmatch(expecting) or TAKING.fullmatch(expecting)
