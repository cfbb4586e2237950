"""Zalo as the emulator plays it, a database, and keepers of its tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.fernet import Fernet

from bot.channels.zalo_oa_tokens import NoToken, OAuth
from bot.channels.zalo_oa_wire import Limits
from bot.sealing import Seal
from bot.token_keeping import Pauses, TokenKeeping
from storage.database import Database
from storage.migrate import migrate
from tests.emulators.zalo_oa import TOKEN_PATH, Emulator
from tests.emulators.zalo_oa_control import ZaloOAControl
from tests.emulators.zalo_oa_line import NOON

HOUR = 3600
KEY = Fernet.generate_key().decode()


@dataclass
class Line:
    """The emulator, the database, and keepers as a process makes one at its start."""

    emulator: Emulator
    session: aiohttp.ClientSession
    control: ZaloOAControl
    database: Database
    keepers: list[TokenKeeping] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.emulator.platform.clock.now(), UTC)

    def keeper(
        self, *, key: str = KEY, app_secret: str = "", patience: float = 20, **changes: Any
    ) -> TokenKeeping:
        account = self.emulator.world.account
        oauth = OAuth(
            self.session,
            self.emulator.base,
            app_id=account.app_id,
            app_secret=app_secret or account.app_secret,
            limits=Limits(call=patience),
        )
        settings: dict[str, Any] = {
            "database": self.database,
            "seal": Seal(key),
            "exchange": oauth.exchange,
            "first": account.refresh_token,
            "clock": self.now,
            "pauses": Pauses(store=0.01),
        }
        self.keepers.append(TokenKeeping("xa-mau", **settings | changes))
        return self.keepers[-1]

    async def asked(self) -> int:
        """How often Zalo was asked for a new pair."""
        return len(await self.control.calls(TOKEN_PATH))

    async def works(self, token: str) -> bool:
        url, headers = f"{self.emulator.base}/v2.0/oa/getoa", {"access_token": token}
        async with self.session.get(url, headers=headers) as response:
            return bool((await response.json())["error"] == 0)


@asynccontextmanager
async def open_line(database: Database) -> AsyncIterator[Line]:
    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        control = ZaloOAControl(session, emulator.base)
        await control.do("clock", to=NOON)
        opened = Line(emulator, session, control, database)
        yield opened
        for keeper in opened.keepers:
            await keeper.close()


async def refusal(keeper: TokenKeeping) -> NoToken:
    with pytest.raises(NoToken) as raised:
        await keeper.current()
    return raised.value


@asynccontextmanager
async def line_in(folder: Path) -> AsyncIterator[Line]:
    """One with a new database in that folder."""
    database = Database.at(f"sqlite:///{folder / 'loaban.db'}")
    await migrate(database)
    async with open_line(database) as opened:
        yield opened
    await database.close()
