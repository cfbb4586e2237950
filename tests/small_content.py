"""Small content folders of an operator's own: a few cards, and phrases that are learned quickly."""

from __future__ import annotations

import shutil
from pathlib import Path

from content.shelf import SHIPPED

SLUGS = ("the-bhyt", "ho-ngheo", "khai-sinh", "so-do")


def few_cards(folder: Path) -> Path:
    """Make it a content folder that holds nothing but a few cards."""
    cards = folder / "cards" / "vi"
    cards.mkdir(parents=True)
    for slug in SLUGS:
        shutil.copy(SHIPPED / "cards" / "vi" / f"{slug}.md", cards)
    return folder


def few_phrases(folder: Path) -> Path:
    """Give it all phrase files of its own, few enough to be learned in a second."""
    phrases = folder / "phrases"
    phrases.mkdir()
    for name in ("abbreviations.toml", "cues.toml", "subjects.txt"):
        shutil.copy(SHIPPED / "phrases" / name, phrases)
    for name in ("none.txt", "smalltalk.txt", "followups.txt"):
        kept, since = [], 0
        for line in (SHIPPED / "phrases" / name).read_text("utf-8").splitlines():
            since = 0 if line.startswith("[") else since + 1
            if since < 120:  # of each section so many lines
                kept.append(line)
        (phrases / name).write_text("\n".join(kept) + "\n", "utf-8")
    return folder
