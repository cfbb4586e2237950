"""The shipped cards, their texts and the engine, once for all tests of content."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from content.answers import TEXT_KEYS
from content.checker import check, word_lists
from content.library import Library
from content.shelf import SHIPPED, Shelf
from content.texts import Texts
from content.understanding import Understanding
from content.wording import Wording
from tests.content.good_card import SHIPPED_CARD, TODAY, Edit, put


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    return Shelf.load(SHIPPED)


@pytest.fixture(scope="session")
def texts() -> Texts:
    return Texts.load(SHIPPED / "texts" / "vi.po", required=TEXT_KEYS)


@pytest.fixture(scope="session")
def understanding(library: Library) -> Understanding:
    return library.understanding


@pytest.fixture
def source() -> str:
    """A good card that leads to no other."""
    text = SHIPPED_CARD.read_text(encoding="utf-8")
    return re.sub(r"(?m)^related: .*$", "related: []", text)


@pytest.fixture
def told(tmp_path: Path, source: str) -> Edit:
    """Checks the good card with one thing replaced, and says all that the checker says."""

    def tell(old: str = "", new: str = "", today: date = TODAY) -> str:
        assert old in source, old
        put(tmp_path, source.replace(old, new, 1) if old else source)
        return "\n".join(map(str, check(Shelf.load(tmp_path), today, tmp_path)))

    return tell


@pytest.fixture(scope="module")
def wording() -> Wording:
    return Wording.load(*word_lists(SHIPPED))
