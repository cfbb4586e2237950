"""The files of the cards for who writes them from a draft: read as they are, written whole.

A file is written only over the text that the draft was begun from: what somebody saved in it
meanwhile is never lost.
"""

from __future__ import annotations

from pathlib import Path

from content.approvals import digest_of
from content.languages import VIETNAMESE
from content.whole_files import alone, write_whole


class FileMoved(Exception):
    """Somebody saved something else in the file; nothing was written."""


def cards_in(folder: Path, language: str = VIETNAMESE) -> Path:
    return folder / "cards" / language


def text_of(folder: Path, slug: str, language: str = VIETNAMESE) -> str:
    """What the file says; nothing where there is none. Raises OSError, and UnicodeError for one
    that is no text."""
    try:
        return (cards_in(folder, language) / f"{slug}.md").read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""


def texts_in(folder: Path, language: str = VIETNAMESE) -> dict[str, str]:
    """All cards' texts by slug, whether they can be read as cards or not; no text, no entry."""
    found = {}
    for path in sorted(cards_in(folder, language).glob("[!.]*.md")):
        try:
            found[path.stem] = path.read_bytes().decode("utf-8")
        except (OSError, UnicodeError):  # told by the shelf, as a fault of that file
            continue
    return found


def write_card(
    folder: Path, slug: str, text: str, *, base: str, language: str = VIETNAMESE
) -> None:
    """Puts a text in the place of `base`, what the file said before (nothing: there was none).

    Doing it again does no harm. Blocking; raises FileMoved and OSError.
    """
    with alone(cards_in(folder, language)):
        try:
            there = digest_of(text_of(folder, slug, language))
        except UnicodeError as error:
            raise FileMoved(slug) from error
        if there == digest_of(text):
            return
        if there != digest_of(base):
            raise FileMoved(slug)
        write_whole(cards_in(folder, language) / f"{slug}.md", text)
