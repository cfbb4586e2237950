"""A card's picture and recorded voice: files beside the cards, found by slug, else by group."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from content.cards import Card

PICTURES, VOICES = "pictograms", "audio"
FORMS = (".ogg", ".mp3", ".aac")
"""No form is played everywhere."""


def media_of(folder: Path, card: Card, language: str = "vi") -> Iterator[tuple[str, str]]:
    """Yield ("image" or "audio", path inside `folder`) for what exists.

    A voice belongs to one card and one language, and may lie there in several forms, of which a
    channel gets one that it plays; a picture may serve a whole group.
    """
    for name in (f"{PICTURES}/{card.slug}.png", f"{PICTURES}/{card.group}.png"):
        if (folder / name).is_file():
            yield "image", name
            break
    for ending in FORMS:
        name = f"{VOICES}/{language}/{card.slug}{ending}"
        if (folder / name).is_file():
            yield "audio", name


def read_media(folder: Path, name: str) -> bytes:
    """The bytes of one such file. Raises FileNotFoundError for any other name."""
    path = (folder / name).resolve()
    inside = (folder / PICTURES).resolve(), (folder / VOICES).resolve()
    if not any(path.is_relative_to(place) for place in inside) or not path.is_file():
        raise FileNotFoundError(name)
    return path.read_bytes()
