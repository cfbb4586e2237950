"""Choosing one's commune or village: by list, code or link; never needed, taken back at will."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from content.texts import Texts
from handlers.actions import Action, ChooseUnit, ListUnits
from handlers.errands import Served, Visit
from handlers.messages import Reply
from handlers.units import Unit, Units
from handlers.villager.menus import Choice, Menus
from storage.people import People

PAGE = 7


class Places:
    """Lists the units and notes which one a person chose."""

    def __init__(
        self,
        *,
        units: Units,
        people: People,
        texts: Texts,
        home: Callable[[Visit], Awaitable[Served]],
    ) -> None:
        self._units = units
        self._people = people
        self._texts = texts
        self._menus = Menus(texts)
        self._home = home

    async def offer(self, visit: Visit, action: Action) -> Served:
        """The units inside one; choosing a commune leads on to its villages, if it has any."""
        match action:
            case ListUnits(parent, start):
                return self._list(visit, parent, start)
        return await self._home(visit)

    async def choose(self, visit: Visit, action: Action) -> Served:
        match action:
            case ChooseUnit(""):
                await self._people.choose_unit(visit.tx, visit.person.id, "")
                return self._say(visit, self._texts("unit.none"), [])
            case ChooseUnit(code) if (unit := self._units.get(code)) is not None:
                await self._people.choose_unit(visit.tx, visit.person.id, unit.code)
                inside: list[Choice] = [
                    (u.name, ChooseUnit(u.code)) for u in self._units.inside(unit.code)
                ]
                page = self._menus.page(inside, start=0, more=ListUnits(unit.code, PAGE))
                return self._say(visit, self._texts("unit.chosen", unit=unit.name), page)
        return await self._home(visit)

    async def arrive(self, visit: Visit, unit: Unit) -> Visit:
        """They came by a unit's link: that is their unit from now on."""
        await self._people.choose_unit(visit.tx, visit.person.id, unit.code)
        return replace(visit, person=replace(visit.person, unit=unit.code))

    def find(self, text: str) -> Unit | None:
        """The unit whose code or whole name somebody typed, with or without diacritics.

        A name that several units share names none of them: they choose from the list.
        """
        if (unit := self._units.get(text)) is not None:
            return unit
        named = self._units.named(text)
        return named[0] if len(named) == 1 else None

    def _list(self, visit: Visit, parent: str, start: int) -> Served:
        choices: list[Choice] = [(u.name, ChooseUnit(u.code)) for u in self._units.inside(parent)]
        if visit.person.unit:
            choices.append((self._texts("menu.no_unit"), ChooseUnit()))
        page = self._menus.page(choices, start=start, more=ListUnits(parent, start + PAGE))
        unit = self._units.get(visit.person.unit)
        text = self._texts("unit.list_chosen", unit=unit.name) if unit else self._texts("unit.list")
        return self._say(visit, text, page)

    def _say(self, visit: Visit, text: str, choices: list[Choice]) -> Served:
        reply = Reply(text, self._menus.numbered(choices, person=False), menu=bool(choices))
        return Served((reply,), replace(visit.talk, expecting="", choices={}, greeted=True))
