"""A good card, and how it and questions about it are put into a folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from content.shelf import SHIPPED

PENSION = "tro-cap-huu-tri-xa-hoi"
SHIPPED_CARD = SHIPPED / "cards" / "vi" / f"{PENSION}.md"
TODAY = date(2026, 11, 24)
Edit = Callable[..., str]


def put(folder: Path, text: str, slug: str = PENSION) -> None:
    cards = folder / "cards" / "vi"
    cards.mkdir(parents=True, exist_ok=True)
    (cards / f"{slug}.md").write_text(text, encoding="utf-8")


def ask(folder: Path, text: str, slug: str = PENSION) -> Path:
    file = folder / "phrases" / "questions" / f"{slug}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file
