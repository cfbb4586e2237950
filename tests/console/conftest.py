"""What the tests of the case desk share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.wiring import House
from tests.console.desk import Desk, sitting_at


@pytest.fixture
async def desk(house: House) -> AsyncIterator[Desk]:
    async with sitting_at(house) as sitting:
        yield sitting
