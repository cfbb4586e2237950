"""The shipped cards and what was learned from them, once for all tests of content."""

from __future__ import annotations

from pathlib import Path

import pytest

from content.answers import TEXT_KEYS
from content.shelf import SHIPPED, Shelf
from content.texts import Texts
from content.understanding import Understanding


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    return Shelf.load(SHIPPED)


@pytest.fixture(scope="session")
def texts() -> Texts:
    return Texts.load(SHIPPED / "texts" / "vi.po", required=TEXT_KEYS)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("learned")


@pytest.fixture(scope="session")
def understanding(shelf: Shelf, cache: Path) -> Understanding:
    return Understanding.build(shelf.cards, folder=SHIPPED, cache=cache)
