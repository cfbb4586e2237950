"""The desk for keys of the API: which programs read, and for which unit; made and removed here."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from aiohttp import web

from content.texts import Texts
from handlers.staff.door import Door
from handlers.staff.forms import number
from handlers.staff.key_making import KeyMaking, name_of
from handlers.staff.staff import Right, Staff
from handlers.staff.unit_choice import Offered
from handlers.units import Units
from storage.api_keys import ApiKey, ApiKeys
from storage.database import Database
from storage.officials import Role

ADDRESS = "/staff/keys"
DONE = {"removed": "staff.keys.removed"}


class Line(NamedTuple):
    """A key as the page shows it; moments are Vietnam's, empty for never."""

    id: int
    name: str
    role: str
    unit: str
    made: str
    used: str


class KeyDesk:
    """Shows the keys of one's units; whoever has a unit makes and sees none of more."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        making: KeyMaking,
        texts: Texts,
        units: Units,
        zone: ZoneInfo,
    ) -> None:
        self._door = door
        self._database = database
        self._making = making
        self._texts = texts
        self._units = units
        self._zone = zone
        self._keys = ApiKeys()

    async def show(self, request: web.Request) -> web.Response:
        """Those that open something."""
        staff = await self._door.staff(request)
        self._door.need_anywhere(staff, Right.SETTINGS)
        done = DONE.get(request.query.get("done", ""), "")
        return await self._page(staff, notice=self._texts(done) if done else "")

    async def create(self, request: web.Request) -> web.Response:
        """A new key, shown this once."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.SETTINGS)
        unit, role = form.get("unit", ""), form.get("role", "")
        if unit not in self._choice(staff) or role not in set(Role):
            return await self._page(staff, problem="staff.people.bad")
        if not (name := name_of(form.get("name", ""))):
            return await self._page(staff, problem="staff.keys.nameless")
        async with self._database.begin() as tx:
            _, key = await self._making.create(
                tx, name=name, unit=unit, role=Role(role), by=staff.id
            )
        return self._door.page("key_made.html", staff=staff, name=name, key=key)

    async def remove(self, request: web.Request) -> web.Response:
        """It opens nothing from this moment."""
        staff, _ = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.SETTINGS)
        async with self._database.begin() as tx:
            theirs = {key.id for key in await self._keys.all(tx) if _below(staff, key)}
            if (wanted := number(request, "key")) not in theirs:
                raise self._door.gone(staff)
            await self._making.remove(tx, wanted, by=staff.id)
        return web.Response(status=303, headers={"Location": f"{ADDRESS}?done=removed"})

    async def _page(self, staff: Staff, *, notice: str = "", problem: str = "") -> web.Response:
        async with self._database.read() as tx:
            keys = [key for key in await self._keys.all(tx) if _below(staff, key)]
        return self._door.page(
            "keys.html", staff=staff, status=422 if problem else 200,
            keys=[self._line(key) for key in keys], units=self._choice(staff),
            roles=[(role.value, self._texts(f"official.role.{role}")) for role in Role],
            notice=notice, problem=self._texts(problem) if problem else "",
        )  # fmt: skip

    def _choice(self, staff: Staff) -> Offered:
        whole = "" if staff.unit else self._texts("staff.whole")
        return Offered.of((u for u in self._units if staff.covers(u.code)), whole)

    def _line(self, key: ApiKey) -> Line:
        unit = self._units.get(key.unit)
        return Line(
            key.id, key.name, self._texts(f"official.role.{key.role}"),
            unit.name if unit else key.unit or self._texts("staff.whole"),
            self._moment(key.created_at), self._moment(key.last_used_at),
        )  # fmt: skip

    def _moment(self, at: datetime | None) -> str:
        return at.astimezone(self._zone).strftime("%H:%M %d/%m/%Y") if at else ""


def _below(staff: Staff, key: ApiKey) -> bool:
    """Whether they may see it. Who has a unit sees no key of the whole installation, also while
    their unit is all that there is."""
    return staff.covers(key.unit) and bool(key.unit or not staff.unit)
