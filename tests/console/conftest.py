"""What the tests of the case desk share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.config import load
from bot.wiring import House, build
from content.library import Library
from storage.officials import Role
from tests.console.desk import Desk, sitting_at
from tests.small_content import few_cards, few_phrases


@pytest.fixture
async def desk(house: House) -> AsyncIterator[Desk]:
    async with sitting_at(house) as sitting:
        yield sitting


@pytest.fixture(scope="session")
def small_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("small")


@pytest.fixture
async def own_house(
    migrated_address: str, tmp_path: Path, small_cache: Path
) -> AsyncIterator[House]:
    """The program on a small content folder of its own, so that tests may write in it."""
    folder = few_phrases(few_cards(tmp_path / "own"))
    settings = load(
        {
            "LOABAN_DATABASE__URL": migrated_address,
            "LOABAN_DATA__FOLDER": str(tmp_path / "var"),
            "LOABAN_CONTENT__FOLDER": str(folder),
        },
        tmp_path,
    )
    library = await asyncio.to_thread(Library.open, folder, cache=small_cache)
    async with build(settings, library) as built:
        yield built


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
async def lan(own_house: House, stack: AsyncExitStack) -> Desk:
    return await stack.enter_async_context(sitting_at(own_house, Role.EDITOR, name="Lan"))


@pytest.fixture
async def sua(own_house: House, stack: AsyncExitStack) -> Desk:
    return await stack.enter_async_context(sitting_at(own_house, Role.APPROVER, name="Sua"))
