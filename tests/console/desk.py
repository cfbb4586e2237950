"""A signed-in browser of the console, which knows no more than the pages that it was given."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html.parser import HTMLParser

from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from bot.web import Site
from bot.wiring import House, now
from handlers.staff.door import COOKIE
from storage.officials import Role
from storage.staff_accounts import StaffAccount, StaffAccounts

Fields = dict[str, str]
NUMBERS = itertools.count(1)


class _Forms(HTMLParser):
    """What each form of a page would send as it stands, by its address."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, Fields]] = []
        self._writes = self._chooses = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((given.get("action", ""), {}))
        elif given.get("type") in {"radio", "checkbox"} and "checked" not in given:
            return  # a browser does not send it
        elif self.found and given.get("name"):
            self.found[-1][1][given["name"]] = given.get("value", "")
            self._writes = given["name"] if tag == "textarea" else ""
            self._chooses = given["name"] if tag == "select" else ""
        elif tag == "option" and "selected" in given:
            self.found[-1][1][self._chooses] = given["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._writes = ""

    def handle_data(self, data: str) -> None:
        if self._writes:
            self.found[-1][1][self._writes] += data


def forms(page: str) -> list[tuple[str, Fields]]:
    """Every form of a page: its address, and what it would send as it stands."""
    parser = _Forms()
    parser.feed(page)
    return parser.found


def form(page: str, step: str) -> tuple[str, Fields]:
    """The form whose address ends so."""
    return next((address, fields) for address, fields in forms(page) if address.endswith(step))


@dataclass
class Desk:
    """Somebody at the console, and as whom."""

    client: TestClient
    who: StaffAccount

    async def open(self, address: str, status: int = 200) -> str:
        answer = await self.client.get(address)
        page = await answer.text()
        assert answer.status == status, page
        return page

    async def stays_shut(self, address: str) -> None:
        """Nothing is there but the way to sign in."""
        answer = await self.client.get(address, allow_redirects=False)
        assert answer.status == 303
        assert answer.headers["Location"].startswith("/staff/sign-in?next=/staff/")

    async def press(self, page: str, step: str, status: int = 200, **typed: str) -> str:
        """Fill in the form whose address ends so and send it; the page that comes then."""
        address, fields = form(page, step)
        answer = await self.client.post(address, data=fields | typed)
        shown = await answer.text()
        assert answer.status == status, shown
        return shown


async def account(
    house: House,
    role: Role = Role.ADMINISTRATOR,
    *,
    unit: str = "",
    name: str = "Mai",
    login: str = "",
    password: str = "",
) -> StaffAccount:
    """Somebody who may sign in; without a password they only have sessions that are given."""
    book = StaffAccounts()
    async with house.database.begin() as tx:
        return await book.create(
            tx, login=login or f"nguoi-{next(NUMBERS)}", password=password, name=name, unit=unit,
            role=role, at=now(),
        )  # fmt: skip


async def token_of(house: House, who: StaffAccount) -> str:
    """What a browser has to hold for a new session of theirs."""
    request = make_mocked_request("POST", "/staff/sign-in")
    async with house.database.begin() as tx:
        return await house.console.door.begin(tx, request, who)


async def sign_in(house: House, client: TestClient, who: StaffAccount) -> None:
    """The browser has a session of theirs from now on."""
    token = await token_of(house, who)
    client.session.cookie_jar.update_cookies({COOKIE: token}, client.make_url("/staff/"))


@asynccontextmanager
async def sitting_at(
    house: House, role: Role = Role.ADMINISTRATOR, *, unit: str = "", name: str = "Mai"
) -> AsyncIterator[Desk]:
    """A browser in which somebody is signed in."""
    jar = CookieJar(unsafe=True)
    async with TestClient(TestServer(Site(house).application()), cookie_jar=jar) as client:
        who = await account(house, role, unit=unit, name=name)
        await sign_in(house, client, who)
        yield Desk(client, who)
