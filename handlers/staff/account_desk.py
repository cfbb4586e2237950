"""The desk for channels' accounts: which there are, how each is, its settings, code and consent.

The list waits for no platform; one is asked when the page of its account is opened, with a limit.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NoReturn
from zoneinfo import ZoneInfo

from aiohttp import web

from content.texts import Texts
from handlers.staff.account_form import Typed, offered, read, read_changes
from handlers.staff.account_list import PAGE, Query, Shown
from handlers.staff.channel_accounts import AccountRefused, ChannelAccounts, Line, TokenState
from handlers.staff.door import Door
from handlers.staff.staff import Right, Staff
from handlers.staff.unit_choice import Offered
from handlers.units import Units
from storage.audit import Kind, Verb
from storage.database import Database, Transaction

ADDRESS = "/staff/accounts"
NEW = "/staff/new-account"
DONE = {
    "added": "staff.accounts.added",
    "changed": "staff.accounts.changed",
    "removed": "staff.accounts.removed",
    "connected": "staff.accounts.connected",
}
PICTURES = {"png": "image/png", "svg": "image/svg+xml"}
LONGEST_CODE = 2048


class AccountDesk:
    """Shows accounts of one's units, and carries out what is decided about them."""

    def __init__(
        self,
        *,
        door: Door,
        database: Database,
        accounts: ChannelAccounts,
        texts: Texts,
        units: Units,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._database = database
        self._accounts = accounts
        self._texts = texts
        self._units = units
        self._zone = zone
        self._clock = clock

    async def show(self, request: web.Request) -> web.Response:
        """One page of the list, by name."""
        staff = await self._seeing(request)
        query, units = Query.of(request.query), self._choice(staff, self._texts("audit.everything"))
        found = query.among(await self._theirs(staff), units.names, self._texts("staff.whole"))
        rows = found[:PAGE]
        names = [line.name for line in rows]
        waiting, heard = await self._accounts.waiting(names), await self._accounts.heard(names)
        return self._door.page(
            "accounts.html", staff=staff, query=query, units=units, first=query.address(),
            platforms=[*self._accounts.fields, "web_chat"],
            rows=[self._shown(line, waiting.get(line.name, 0), heard.get(line.name))
                  for line in rows],
            more=query.address(after=rows[-1].name) if len(found) > PAGE else "",
            notice=self._notice(request),
        )  # fmt: skip

    async def open(self, request: web.Request) -> web.Response:
        """One account; its platform is asked if nothing is known of it yet."""
        staff = await self._seeing(request)
        line = await self._find(staff, request)
        if line.asked is None and line.at_work:
            await self._accounts.ask(line.name)
        moved = request.query.get("unit")
        return await self._page(staff, line.name, notice=self._notice(request), moved=moved)

    async def ask(self, request: web.Request) -> web.Response:
        """Ask its platform now."""
        staff, _ = await self._door.posted(request)
        line = await self._find(staff, request)
        await self._accounts.ask(line.name)
        return _to(f"{ADDRESS}/{line.name}")

    async def code(self, request: web.Request) -> web.Response:
        """The QR code for a unit, to keep as a file."""
        staff = await self._seeing(request)
        line = await self._find(staff, request)
        unit = self._units.get(request.query.get("unit", "") or line.unit)
        ending = request.match_info["ending"]
        if unit is None or not staff.covers(unit.code):
            raise self._door.gone(staff)
        try:
            drawn = await self._accounts.code(line.name, unit.code, ending)
        except AccountRefused as refused:
            return await self._page(staff, line.name, refused=refused, status=409)
        name = f'attachment; filename="{unit.code}-{line.name}.{ending}"'
        return web.Response(
            body=drawn, content_type=PICTURES[ending], headers={"Content-Disposition": name}
        )

    async def new(self, request: web.Request) -> web.Response:
        """The form for a new account, once it is chosen on which platform."""
        staff = await self._seeing(request)
        platform, unit = request.query.get("platform", ""), request.query.get("unit", staff.unit)
        known = platform if platform in self._accounts.fields else ""
        chosen = unit if unit in self._choice(staff) else staff.unit
        return self._form(staff, Typed({"platform": known, "unit": chosen}))

    async def add(self, request: web.Request) -> web.Response:
        """A new account, which the running program takes up by itself."""
        staff, form = await self._door.posted(request)
        self._door.need_anywhere(staff, Right.SETTINGS)
        units = self._choice(staff)
        typed = read(form, self._accounts.fields, units=units, whole=staff.everywhere)
        if typed.problem:
            return self._form(staff, typed, status=422)
        settings = typed.settings

        async def note(tx: Transaction) -> None:
            await self._door.note(
                tx, staff, Verb.ADDED, Kind.CHANNEL, settings["name"], unit=settings["unit"]
            )

        try:
            await self._accounts.add(settings, by=staff.login, also=note)
        except AccountRefused as refused:
            return self._form(staff, typed, refused=refused, status=409)
        return _to(f"{ADDRESS}/{settings['name']}?done=added")

    async def change(self, request: web.Request) -> web.Response:
        """Other settings of an account, which the running program takes up by itself."""
        staff, form = await self._door.posted(request)
        line = await self._find(staff, request)
        fields, units = self._accounts.changes.get(line.platform, ()), self._choice(staff)
        typed = read_changes(form, fields, units=units, whole=staff.everywhere)
        if typed.problem:
            return await self._page(staff, line.name, typed=typed, status=422)

        async def note(tx: Transaction) -> None:
            await self._door.note(tx, staff, Verb.EDITED, Kind.CHANNEL, line.name, unit=line.unit)

        try:
            await self._accounts.change(
                line.name, typed.settings, version=form.get("version", ""), by=staff.login,
                also=note,
            )  # fmt: skip
        except AccountRefused as refused:
            return await self._page(staff, line.name, typed=typed, refused=refused, status=409)
        return _to(f"{ADDRESS}/{line.name}?done=changed")

    async def asks_back(self, request: web.Request) -> web.Response:
        """What happens when it is removed; nothing is done yet."""
        staff = await self._seeing(request)
        return await self._removing(staff, await self._find(staff, request))

    async def remove(self, request: web.Request) -> web.Response:
        """It is let go by the running program, and its secrets are forgotten."""
        staff, _ = await self._door.posted(request)
        line = await self._find(staff, request)

        async def note(tx: Transaction) -> None:
            await self._door.note(tx, staff, Verb.DELETED, Kind.CHANNEL, line.name, unit=line.unit)

        try:
            await self._accounts.remove(line.name, also=note)
        except AccountRefused as refused:
            return await self._removing(staff, line, refused=refused, status=409)
        return _to(f"{ADDRESS}?done=removed")

    async def invite(self, request: web.Request) -> web.Response:
        """Await an admin's consent: the link for them, and what the platform's console wants."""
        staff, _ = await self._door.posted(request)
        line = await self._find(staff, request)
        try:
            consent = await self._accounts.invite(line.name)
        except AccountRefused as refused:
            return await self._page(staff, line.name, refused=refused, status=409)
        async with self._database.begin() as tx:
            await self._door.note(
                tx, staff, Verb.ASKED_CONSENT, Kind.CHANNEL, line.name, unit=line.unit
            )
        return self._door.page(
            "account_consent.html", staff=staff, line=line, consent=consent,
            until=consent.until.astimezone(self._zone).strftime("%H:%M"),
        )  # fmt: skip

    async def redeem(self, request: web.Request) -> web.Response:
        """Take a code that somebody copied from the browser's address."""
        staff, form = await self._door.posted(request)
        line = await self._find(staff, request)
        code = form.get("code", "").strip()[:LONGEST_CODE]
        try:
            await self._accounts.redeem(line.name, code)
        except AccountRefused as refused:
            return await self._page(staff, line.name, refused=refused, status=409)
        async with self._database.begin() as tx:
            await self._door.note(
                tx, staff, Verb.CONNECTED, Kind.CHANNEL, line.name, unit=line.unit
            )
        return _to(f"{ADDRESS}/{line.name}?done=connected")

    async def troubled(self, staff: Staff) -> int:
        """How many accounts of theirs somebody has to see to; no platform is asked."""
        if not staff.has(Right.SETTINGS):
            return 0
        return sum(line.troubled for line in await self._theirs(staff))

    async def _seeing(self, request: web.Request) -> Staff:
        staff = await self._door.staff(request)
        self._door.need_anywhere(staff, Right.SETTINGS)
        return staff

    async def _theirs(self, staff: Staff) -> list[Line]:
        return [line for line in await self._accounts.all() if staff.covers(line.unit)]

    async def _find(self, staff: Staff, request: web.Request) -> Line:
        """The account of the address. Raises HTTPForbidden, and HTTPNotFound for another unit's."""
        self._door.need_anywhere(staff, Right.SETTINGS)
        return await self._named(staff, request.match_info["name"])

    async def _named(self, staff: Staff, name: str) -> Line:
        found = next((line for line in await self._theirs(staff) if line.name == name), None)
        return found if found is not None else self._gone(staff)

    def _gone(self, staff: Staff) -> NoReturn:
        raise self._door.gone(staff)

    async def _page(
        self, staff: Staff, name: str, *, notice: str = "", refused: AccountRefused | None = None,
        typed: Typed | None = None, moved: str | None = None, status: int = 200,
    ) -> web.Response:  # fmt: skip
        """`moved` is the unit that was chosen for its form, not for the account yet."""
        line = await self._named(staff, name)
        waiting, heard = await self._accounts.waiting([name]), await self._accounts.heard([name])
        shown = self._shown(line, waiting.get(name, 0), heard.get(name))
        why = self._why(refused)
        if typed is not None and typed.problem:
            why = self._wrong(typed)
        if moved is not None and moved in self._choice(staff):
            typed = Typed({"unit": moved})
        return self._door.page(
            "account.html", staff=staff, status=status, line=line, row=shown, notice=notice,
            webhook=self._accounts.webhook(name) if line.platform != "web_chat" else "",
            units=self._choice(staff, ""),
            changing=await self._changing(
                staff, line, typed, mine=refused is None or refused.fault != "changed"
            ), **why,
        )  # fmt: skip

    async def _changing(
        self, staff: Staff, line: Line, typed: Typed | None, *, mine: bool
    ) -> dict[str, object] | None:
        """The form for an account's settings, as they are or as they were typed; None for those of
        the settings file. What the key does not open tells why."""
        if line.added_at is None:
            return None
        try:
            known = await self._accounts.known(line.name)
        except AccountRefused as refused:
            return {"refused": self._why(refused)}
        # Over what somebody else changed meanwhile, nothing is saved unseen.
        settings = {**known.settings, **(typed.settings if typed and mine else {})}
        fields = offered(self._accounts.changes[line.platform], whole=staff.everywhere)
        return {
            "version": known.version, "open": typed is not None, "units": self._choice(staff),
            "unit": settings.get("unit", ""), "fields": fields,
            "values": {one.key: settings.get(one.key, "") for one in fields if not one.secret},
        }  # fmt: skip

    async def _removing(
        self, staff: Staff, line: Line, *, refused: AccountRefused | None = None, status: int = 200
    ) -> web.Response:
        waiting = await self._accounts.waiting([line.name])
        return self._door.page(
            "account_remove.html", staff=staff, status=status, line=line,
            waiting=waiting.get(line.name, 0), others=await self._accounts.sharing_app(line.name),
            **self._why(refused),
        )  # fmt: skip

    def _form(
        self, staff: Staff, typed: Typed, *, refused: AccountRefused | None = None,
        status: int = 200,
    ) -> web.Response:  # fmt: skip
        fields, platform = self._accounts.fields, typed.settings.get("platform", "")
        why = self._wrong(typed) if typed.problem else self._why(refused)
        return self._door.page(
            "account_new.html", staff=staff, status=status, typed=typed.shown, platform=platform,
            platforms=list(fields), sealing=self._accounts.sealing, units=self._choice(staff),
            fields=offered(fields.get(platform, ()), whole=staff.everywhere), **why,
        )  # fmt: skip

    def _wrong(self, typed: Typed) -> dict[str, str]:
        wrong = self._label(typed.field) if typed.field else ""
        return {"problem": self._texts(f"staff.accounts.wrong.{typed.problem}", field=wrong),
                "told": ""}  # fmt: skip

    def _why(self, refused: AccountRefused | None) -> dict[str, str]:
        if refused is None:
            return {"problem": "", "told": ""}
        return {"problem": self._texts(f"staff.accounts.fault.{refused.fault}"),
                "told": refused.told}  # fmt: skip

    def _label(self, name: str) -> str:
        return self._texts(f"staff.accounts.field.{name}")

    def _choice(self, staff: Staff, nowhere: str | None = None) -> Offered:
        """The units that an account of theirs can be of; the whole house, where it is theirs, is
        called as usual or `nowhere`."""
        if nowhere is None:
            nowhere = self._texts("staff.whole") if staff.everywhere else ""
        return Offered.of((u for u in self._units if staff.covers(u.code)), nowhere)

    def _notice(self, request: web.Request) -> str:
        key = DONE.get(request.query.get("done", ""), "")
        return self._texts(key) if key else ""

    def _shown(self, line: Line, waiting: int, heard: datetime | None) -> Shown:
        unit, tokens = self._units.get(line.unit), line.tokens
        warns = tokens is not None and tokens.state is not TokenState.WELL
        return Shown(
            line=line,
            unit=unit.name if unit else line.unit or self._texts("staff.whole"),
            state=line.state,
            waiting=waiting,
            heard=self._moment(heard),
            asked=self._moment(line.asked.at if line.asked else None),
            added=self._moment(line.added_at),
            changed=self._moment(line.changed_at),
            tokens=self._texts(
                f"staff.accounts.tokens.{tokens.state}", since=self._moment(tokens.since),
                until=self._moment(tokens.until), days=tokens.days_left(self._clock()),
            ) if tokens else "",
            warns=warns,
        )  # fmt: skip

    def _moment(self, at: datetime | None) -> str:
        return at.astimezone(self._zone).strftime("%H:%M %d/%m/%Y") if at else ""


def _to(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})
