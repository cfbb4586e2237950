"""Being told when a card's subject changes: one plain question about that card alone, and its yes.

That somebody asked about it is noted nowhere for this: only who says yes here is ever written to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from content.texts import Texts
from handlers.actions import Action, Follow, Home, TakeFollow, Unfollow, encode
from handlers.errands import Served, Visit
from handlers.messages import Button, Reply
from handlers.villager.menus import HOME, Choice, Menus
from storage.consents import Consents, Purpose

NOTICE = "2026-11"
"""Version of the question `following.ask`: change it with its words. An answer to an older question
is asked anew."""


class Following:
    """Asks, notes the answer, and takes it back. `title_of` gives a card's title, or nothing."""

    def __init__(self, texts: Texts, *, title_of: Callable[[str], str]) -> None:
        self._texts = texts
        self._title_of = title_of
        self._menus = Menus(texts)
        self._consents = Consents()

    async def offer(self, visit: Visit, action: Action) -> Served:
        """Ask whether they want it."""
        slug = action.slug if isinstance(action, Follow | TakeFollow | Unfollow) else ""
        if not slug and visit.talk.sure:  # typed below an answer, whose digits are all taken
            slug = visit.talk.topic
        title = self._title_of(slug)
        if visit.group or not title:
            return self._say(visit, "notices.group" if visit.group else "following.none")
        if slug in await self._consents.topics(visit.tx, visit.person.id):
            stop: Choice = (self._texts("following.stop"), Unfollow(slug))
            return self._say(visit, "following.already", [stop], title=title)
        yes: list[Choice] = [(self._texts("notices.yes"), TakeFollow(slug, NOTICE))]
        buttons = self._menus.numbered(yes, person=False, home=False)
        no = Button(self._texts("notices.no"), encode(Home()), HOME)
        reply = Reply(self._texts("following.ask", title=title), (*buttons, no))
        return Served((reply,), replace(visit.talk, expecting="", greeted=True))

    async def take(self, visit: Visit, action: Action) -> Served:
        """They said yes."""
        match action:
            case TakeFollow(slug, notice) if notice == NOTICE and self._title_of(slug):
                if not visit.group:
                    await self._answer(visit, slug, yes=True)
                    return self._say(visit, "following.taken", title=self._title_of(slug))
        return await self.offer(visit, action)

    async def stop(self, visit: Visit, action: Action) -> Served:
        """They want to hear no more of this one."""
        slug = action.slug if isinstance(action, Unfollow) else ""
        if not visit.group and slug in await self._consents.topics(visit.tx, visit.person.id):
            await self._answer(visit, slug, yes=False)
            return self._say(visit, "following.stopped", title=self._title_of(slug) or slug)
        return self._say(visit, "following.none")

    async def _answer(self, visit: Visit, slug: str, *, yes: bool) -> None:
        await self._consents.answer(
            visit.tx,
            Purpose.TOPIC,
            topic=slug,
            yes=yes,
            person=visit.person.id,
            conversation=visit.conversation.id,
            notice=NOTICE,
            at=visit.now,
        )

    def _say(
        self, visit: Visit, key: str, choices: list[Choice] | None = None, **fields: str
    ) -> Served:
        buttons = self._menus.numbered(choices or [], person=False)
        reply = Reply(self._texts(key, **fields), buttons)
        return Served((reply,), replace(visit.talk, expecting="", greeted=True))
