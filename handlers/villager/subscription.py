"""Asking for notices and stopping them: one plain question for each purpose, one word to end all.

Nothing is ticked before the person says yes, and nobody who stopped is asked again.
"""

from __future__ import annotations

from dataclasses import replace

from content.texts import Texts
from handlers.actions import (
    Action,
    Home,
    ListLanguages,
    OfferNotices,
    StopNotices,
    TakeNotices,
    encode,
)
from handlers.errands import Served, Visit
from handlers.messages import Button, Reply
from handlers.villager.menus import HOME, Choice, Menus
from storage.broadcast_echoes import Echoes
from storage.broadcasts import Broadcasts
from storage.consents import GENERAL, Consents, Purpose

NOTICE = "2026-11"
"""Version of the questions `notices.ask.*`: change it with their words, so that it stays clear what
somebody said yes to. An answer to an older question is asked anew."""


class Subscription:
    """Asks, notes the answer, and stops."""

    def __init__(self, texts: Texts) -> None:
        self._consents = Consents()
        self._broadcasts = Broadcasts()
        self._texts = texts
        self._menus = Menus(texts)

    async def offer(self, visit: Visit, action: Action) -> Served:
        """Ask whether they want it."""
        if visit.group:
            return self._say(visit, "notices.group")
        match action:
            case OfferNotices(purpose) | TakeNotices(purpose) if purpose in GENERAL:
                return await self._ask(visit, Purpose(purpose))
        return await self._ask(visit, Purpose.NOTICES)

    async def take(self, visit: Visit, action: Action) -> Served:
        """They said yes."""
        match action:
            case TakeNotices(purpose, notice) if purpose in GENERAL and notice == NOTICE:
                if visit.group:
                    return self._say(visit, "notices.group")
                await self._answer(visit, Purpose(purpose), yes=True)
                given = await self._consents.given(visit.tx, visit.person.id)
                language: Choice = (self._texts("languages.menu"), ListLanguages())
                return self._say(visit, "notices.taken", [*self._others(given), language])
        return await self.offer(visit, action)

    async def stop(self, visit: Visit, _action: Action) -> Served:
        """They want nothing any more: at once, also what is in the queue already."""
        if visit.group:
            return self._say(visit, "notices.group")
        given = await self._consents.given(visit.tx, visit.person.id)
        topics = await self._consents.topics(visit.tx, visit.person.id)
        for purpose in sorted(given):
            await self._answer(visit, purpose, yes=False)
        for topic in sorted(topics):
            await self._answer(visit, Purpose.TOPIC, yes=False, topic=topic)
        if given or topics:
            await Echoes().opted_out(visit.tx, visit.conversation.id, at=visit.now)
        await self._broadcasts.skip_for(visit.tx, visit.person.id, at=visit.now)
        return self._say(visit, "notices.stopped" if given or topics else "notices.none")

    async def has_any(self, visit: Visit) -> bool:
        """Whether they are written to for any purpose."""
        person = visit.person.id
        given = await self._consents.given(visit.tx, person)
        return bool(given or await self._consents.topics(visit.tx, person))

    async def _ask(self, visit: Visit, purpose: Purpose) -> Served:
        given = await self._consents.given(visit.tx, visit.person.id)
        if purpose in given:
            stop: Choice = (self._texts("notices.stop"), StopNotices())
            return self._say(visit, "notices.already", [*self._others(given), stop])
        yes: Choice = (self._texts("notices.yes"), TakeNotices(purpose.value, NOTICE))
        buttons = self._menus.numbered([yes], person=False, home=False)
        no = Button(self._texts("notices.no"), encode(Home()), HOME)
        reply = Reply(self._texts(f"notices.ask.{purpose}"), (*buttons, no))
        return Served((reply,), replace(visit.talk, expecting="", greeted=True))

    async def _answer(self, visit: Visit, purpose: Purpose, *, yes: bool, topic: str = "") -> None:
        await self._consents.answer(
            visit.tx,
            purpose,
            topic=topic,
            yes=yes,
            person=visit.person.id,
            conversation=visit.conversation.id,
            notice=NOTICE,
            at=visit.now,
        )

    def _others(self, given: set[Purpose]) -> list[Choice]:
        return [
            (self._texts(f"notices.take.{purpose}"), OfferNotices(purpose.value))
            for purpose in GENERAL
            if purpose not in given
        ]

    def _say(self, visit: Visit, key: str, choices: list[Choice] | None = None) -> Served:
        reply = Reply(self._texts(key), self._menus.numbered(choices or [], person=False))
        return Served((reply,), replace(visit.talk, expecting="", greeted=True))
