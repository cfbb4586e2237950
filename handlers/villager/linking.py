"""Linking two chats of one person: a code told in the one is typed in the other, and they say yes.

Only they do it, never in a group. Messages stay where they were written; what they chose is shared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.actions import Action, Home, LinkChats, encode
from handlers.errands import Served, Visit
from handlers.messages import Button, Reply
from handlers.units import Units
from handlers.villager.menus import HOME, Menus
from storage.answers import Answers
from storage.consents import Consents
from storage.guesses import WATCHED, Guess, Guesses
from storage.links import LASTS, Links, Origin
from storage.outbox import Lane, Outbox
from storage.people import People

LONGEST = 60
"""Letters of a message that may be a code; whatever is longer says something else."""

_CODE = re.compile(r"(?:ma\s*)?([0-9]{4})[\s.-]*([0-9]{4})")
_AFTER_WORDS = re.compile(r"[\s:]*(?:ma\s*)?([0-9][0-9\s.-]*)")


class Linking:
    """Tells codes, hears them, links and parts."""

    def __init__(
        self,
        *,
        units: Units,
        texts: Texts,
        where: Callable[[str], str],
        draw: Callable[[], str],
    ) -> None:
        """`where` says of an account on which kind of channel it is; `draw` gives eight digits."""
        self._links = Links()
        self._guesses = Guesses(Guess.LINK)
        self._people = People()
        self._consents = Consents()
        self._answers = Answers()
        self._outbox = Outbox()
        self._units = units
        self._texts = texts
        self._where = where
        self._draw = draw
        self._menus = Menus(texts)
        self._words = [fold(words) for words in texts("words.link").split("|")]

    async def offer(self, visit: Visit, _action: Action) -> Served:
        """Say what linking does, and tell a code."""
        if visit.group:
            return self._say(visit, "link.group")
        code = self._draw()
        here = visit.conversation.id
        while not await self._links.offer(visit.tx, code, conversation=here, at=visit.now):
            code = self._draw()
        shown = f"{code[:4]} {code[4:]}"
        return self._say(visit, "link.offer", code=shown, minutes=LASTS.seconds // 60)

    async def hear(self, visit: Visit) -> Served | None:
        """What to answer to a code; None for words that are something else.

        Digits alone are taken for a code only if they open something, or if this conversation asked
        to be linked: they may be a telephone number, which is a message as any other.
        """
        code, named = self._code(visit.text)
        if not code or (visit.group and not named):
            return None
        if visit.group:
            return self._say(visit, "link.group")
        here, at = visit.conversation.id, visit.now
        expected = named or await self._links.offered(visit.tx, conversation=here, at=at)
        if await self._guesses.too_many(visit.tx, conversation=here, at=at):
            if not expected:
                return None
            return self._say(visit, "link.wait", minutes=WATCHED.seconds // 60)
        if await self._links.offered(visit.tx, conversation=here, at=at, code=code):
            return self._say(visit, "link.own_code")
        origin = await self._links.take(visit.tx, code, conversation=here, at=at)
        if origin is None:
            await self._guesses.note(visit.tx, conversation=here, at=at)
            return self._say(visit, "link.wrong") if expected else None
        return await self._ask(visit, origin)

    async def link(self, visit: Visit, _action: Action) -> Served:
        """They said yes."""
        origin = await self._links.use(visit.tx, conversation=visit.conversation.id, at=visit.now)
        if origin is None:
            return self._say(visit, "link.wrong")
        other = await self._people.get(visit.tx, origin.person)
        if not await self._people.join(visit.tx, visit.person.known_as, to=origin.person):
            return self._say(visit, "link.already")
        await self._consents.join(visit.tx, visit.person.id, to=other.id)
        await self._answers.join(visit.tx, visit.person.id, to=other.id)
        if not origin.stopped:
            # Whoever was talked into telling their code learns of it, and how to undo it.
            told = self._texts("link.told", where=self._where(visit.conversation.account))
            await self._outbox.put(
                visit.tx,
                [Reply(told).to_json()],
                account=origin.account,
                conversation=origin.conversation,
                inbox=None,
                lane=Lane.REPLY,
                at=visit.now,
            )
        return self._say(visit, "link.done")

    async def part(self, visit: Visit, _action: Action) -> Served:
        """This chat stands alone again, with what was chosen last."""
        if visit.group:
            return self._say(visit, "link.group")
        here = visit.person.known_as
        heir = await self._people.part(visit.tx, here)
        if heir is None:
            return self._say(visit, "link.none")
        await self._consents.part(visit.tx, visit.person.id, alone=here, heir=heir)
        return self._say(visit, "link.parted")

    async def _ask(self, visit: Visit, origin: Origin) -> Served:
        """Say with what it would be linked, and whose commune both would have; nothing is done."""
        other = await self._people.get(visit.tx, origin.person)
        if other.id == visit.person.id:
            return self._say(visit, "link.already")
        where = self._where(origin.account)
        unit = self._units.get(other.unit or visit.person.unit)
        text = (
            self._texts("link.ask_unit", where=where, unit=unit.name)
            if unit
            else self._texts("link.ask", where=where)
        )
        yes = self._menus.numbered(
            [(self._texts("link.yes"), LinkChats())], person=False, home=False
        )
        no = Button(self._texts("link.no"), encode(Home()), HOME)
        return Served((Reply(text, (*yes, no)),), replace(visit.talk, expecting="", greeted=True))

    def _code(self, text: str) -> tuple[str, bool]:
        """The digits of a code, and whether the words for linking stand before them."""
        if len(text) > LONGEST:
            return "", False
        typed = fold(unicodedata.normalize("NFKC", text)).strip(" .,:;!?\n\t")
        for words in self._words:
            after = _AFTER_WORDS.fullmatch(typed, len(words)) if typed.startswith(words) else None
            if after:
                return re.sub(r"[^0-9]", "", after[1]), True
        alone = _CODE.fullmatch(typed)
        return (alone[1] + alone[2], False) if alone else ("", False)

    def _say(self, visit: Visit, key: str, **fields: object) -> Served:
        reply = Reply(self._texts(key, **fields), self._menus.numbered([], person=False))
        return Served((reply,), replace(visit.talk, expecting="", greeted=True))
