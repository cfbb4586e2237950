"""Joining: a code that was told in person makes a private chat the phone of an official.

Wrong codes are counted here; what a code is worth and how long, `storage.officials` knows.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.actions import Home, encode
from handlers.command_menu import CommandMenus
from handlers.errands import Served, Visit
from handlers.messages import Button, Kind, Reply
from handlers.official_actions import JoinOffice
from handlers.units import Units
from storage.guesses import WATCHED, Guess, Guesses
from storage.officials import Invited, Officials

LINK = "moi-"
"""A deep link's payload begins so; the code follows."""

EXPECTING = "invitation"
DIGITS = 12
LONGEST = 60

_CODE = r"([0-9]{4})[\s.-]*([0-9]{4})[\s.-]*([0-9]{4})"
_NAMED = re.compile(rf"/?moi[\s:-]*(?:ma\s*)?{_CODE}")
_ALONE = re.compile(_CODE)
_ASKS = frozenset({"/moi", "ma moi", "nhap ma moi"})


class Joining:
    """Hears codes and lets people join."""

    def __init__(self, *, units: Units, texts: Texts, menus: CommandMenus) -> None:
        self._units, self._menus = units, menus
        self._texts = texts
        self._officials = Officials()
        self._guesses = Guesses(Guess.INVITATION)

    async def hear(self, visit: Visit, kind: Kind) -> Served | None:
        """What to answer to a code; None for words that are something else."""
        if kind not in {Kind.TEXT, Kind.START} or len(visit.text) > LONGEST:
            return None
        typed = fold(unicodedata.normalize("NFKC", visit.text)).strip(" .,:;!?\n\t")
        expected = visit.talk.expecting == EXPECTING
        found = _NAMED.fullmatch(typed) or (_ALONE.fullmatch(typed) if expected else None)
        if found is None and typed not in _ASKS:
            return None
        if visit.group:
            return self._say(visit, "official.join.group")
        if found is None:
            served = self._say(visit, "official.join.say_code")
            return replace(served, talk=replace(served.talk, expecting=EXPECTING))
        return await self._ask(visit, "".join(found.groups()))

    async def join(self, visit: Visit, action: JoinOffice) -> Served:
        """They said yes."""
        if visit.group:
            return self._say(visit, "official.join.group")
        found = await self._look(visit, action.code)
        if isinstance(found, Served):
            return found
        here = visit.conversation.id
        official = await self._officials.join(
            visit.tx, action.code, conversation=here, at=visit.now
        )
        if official is None:
            return self._say(visit, "official.join.wrong")
        done = self._say(visit, "official.join.done")
        [welcome] = done.replies
        menu = self._menus.of_officials(official.role)
        return replace(done, replies=(replace(welcome, commands=menu),))

    async def _ask(self, visit: Visit, code: str) -> Served:
        """Say whose office, which role and what it means; nothing is done yet."""
        found = await self._look(visit, code)
        if isinstance(found, Served):
            return found
        unit = self._units.get(found.unit)
        where = unit.name if unit else self._texts("official.all_units")
        text = self._texts(
            "official.join.ask", name=found.name, unit=where,
            role=self._texts(f"official.role.{found.role}"),
            does=self._texts(f"official.does.{found.role}"),
        )  # fmt: skip
        yes = Button(self._texts("official.join.yes"), encode(JoinOffice(code)), 1)
        no = Button(self._texts("official.join.no"), encode(Home()), 0)
        return Served((Reply(text, (yes, no)),), replace(visit.talk, expecting="", greeted=True))

    async def _look(self, visit: Visit, code: str) -> Invited | Served:
        """What the code is worth, or why it is not looked at."""
        here = visit.conversation.id
        if await self._guesses.too_many(visit.tx, conversation=here, at=visit.now):
            return self._say(visit, "official.join.wait", minutes=WATCHED.seconds // 60)
        found = await self._officials.invited(visit.tx, code, at=visit.now)
        if found is None:
            await self._guesses.note(visit.tx, conversation=here, at=visit.now)
            return self._say(visit, "official.join.wrong")
        return found

    def _say(self, visit: Visit, key: str, **fields: object) -> Served:
        home = Button(self._texts("menu.home"), encode(Home()), 0)
        reply = Reply(self._texts(key, **fields), (home,))
        return Served((reply,), replace(visit.talk, expecting="", greeted=True))
