"""A program that reads over the API with a key, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from bot.console_api import API_MARKS
from bot.receipt_keys import ReceiptKeys
from bot.web import Site
from bot.wiring import House, invitation_code, now
from handlers.staff.api_door import PREFIX, hashes_of
from storage.api_keys import ApiKeys
from storage.officials import Role

Json = dict[str, Any]


async def new_key(house: House, role: Role = Role.VIEWER, unit: str = "") -> tuple[int, str]:
    """A key's number and the key, made as the command makes it."""
    settings = house.settings
    keys = ReceiptKeys(settings.token_key.get_secret_value(), settings.data.folder / "receipts.key")
    key = PREFIX + invitation_code()
    async with house.database.begin() as tx:
        number = await ApiKeys().create(
            tx, key_hash=hashes_of(keys.marks(API_MARKS), key)[0], name="bảng của tỉnh", unit=unit,
            role=role, at=now(),
        )  # fmt: skip
    return number, key


@dataclass
class Program:
    """Reads with its key."""

    client: TestClient
    number: int
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    async def read(self, path: str, status: int = 200, **asked: str) -> Json:
        """What stands there, below /api/v1."""
        answer = await self.client.get(f"/api/v1{path}", headers=self.headers, params=asked)
        told: Json = await answer.json(content_type=None)
        assert answer.status == status, told
        media = "application/json" if status == 200 else "application/problem+json"
        assert answer.content_type == media
        return told

    async def ids(self, path: str, **asked: str) -> list[int]:
        return [one["id"] for one in (await self.read(path, **asked))["items"]]


@asynccontextmanager
async def browser(house: House) -> AsyncIterator[TestClient]:
    """The site as anybody reaches it."""
    jar = CookieJar(unsafe=True)
    async with TestClient(TestServer(Site(house).application()), cookie_jar=jar) as client:
        yield client


@asynccontextmanager
async def program(
    house: House, role: Role = Role.VIEWER, *, unit: str = ""
) -> AsyncIterator[Program]:
    """A program with a new key."""
    async with browser(house) as client:
        yield Program(client, *(await new_key(house, role, unit)))


def detail(problem: Mapping[str, Any]) -> str:
    return str(problem["detail"])
