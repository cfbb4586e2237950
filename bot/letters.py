"""Which font has the letters of a text: the program's own, one of the operator's, the machine's."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import font_source_sans_pro as shipped
from fpdf import FPDF
from fpdf.fonts import TTFFont

FOLDER = "fonts"
"""Below the content folder: TTF files of the operator's own, a bold one named -Bold beside it."""

MACHINES = (
    Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path("/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)  # fmt: skip
WIDE = (
    ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("arial.ttf", "arialbd.ttf"),
    ("Arial.ttf", "Arial Bold.ttf"),
)
"""Fonts with most Latin letters, by the names that they have on the usual systems."""


class NoLetters(Exception):
    """Nothing here can draw these letters; says to the operator which, and what helps."""


@dataclass(frozen=True, slots=True)
class Font:
    """Two TTF files."""

    regular: Path
    bold: Path


SHIPPED = Font(
    *(Path(name).with_suffix(".ttf") for name in (shipped.SourceSansPro, shipped.SourceSansProBold))
)


def font_for(words: str, content: Path, machine: Sequence[Path] = MACHINES) -> Font:
    """The first that has all letters of `words`; `content` is the content folder. Raises
    NoLetters. Signs that are no letters (an emoji) may be missing: the words say the same."""
    letters = {
        sign
        for sign in unicodedata.normalize("NFC", words)
        if unicodedata.category(sign)[0] in "LM"
    }
    if foreign := sorted(sign for sign in letters if not _stands_alone(sign)):
        raise NoLetters(
            f"letters such as {foreign[0]!r} change their shape beside one another, which this "
            "program cannot draw: print the text file with a word processor"
        )
    for font in _fonts(content, machine):
        if all(letters <= _has(path) for path in (font.regular, font.bold)):
            return font
    missing = " ".join(sorted(letters - _has(SHIPPED.regular)))
    raise NoLetters(
        f"no font here has the letters {missing}: put a TTF that has them, and one whose name ends "
        f"in -Bold, into {content / FOLDER}"
    )


def _fonts(content: Path, machine: Sequence[Path]) -> Iterator[Font]:
    yield SHIPPED
    for path in sorted((content / FOLDER).glob("*.ttf")):
        if not path.stem.endswith("-Bold"):
            bold = path.with_stem(f"{path.stem.removesuffix('-Regular')}-Bold")
            yield Font(path, bold if bold.exists() else path)
    for regular, bold_name in WIDE:
        for folder in machine:
            for path in sorted(folder.rglob(regular)):
                beside = path.with_name(bold_name)
                yield Font(path, beside if beside.exists() else path)


def _stands_alone(sign: str) -> bool:
    """Whether a letter is drawn as it is: Latin, and the marks above and below it."""
    return unicodedata.name(sign, "").startswith(("LATIN", "COMBINING", "MODIFIER LETTER"))


@cache
def _has(path: Path) -> frozenset[str]:
    """The letters of a font; none of a file that is none."""
    page = FPDF()
    try:
        page.add_font("font", "", path)
    except Exception:  # whatever a damaged file makes its reader raise
        return frozenset()
    font = page.fonts["font"]
    return frozenset(map(chr, font.cmap)) if isinstance(font, TTFFont) else frozenset()
