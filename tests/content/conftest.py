"""The shipped cards, their texts and the engine, once for all tests of content."""

from __future__ import annotations

import pytest

from content.answers import TEXT_KEYS
from content.library import Library
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
def understanding(library: Library) -> Understanding:
    return library.understanding
