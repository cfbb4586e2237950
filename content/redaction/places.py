"""Birth dates, of which the year stays, and where somebody lives."""

from __future__ import annotations

import re
from collections.abc import Iterator

from content.redaction.page import HIDDEN, Found, Page
from content.redaction.words import WORDS, Lexicon, any_of, cue
from content.understanding.vietnamese import fold

_BIRTH = re.compile(
    rf"(?P<cue>{cue(WORDS['birth']['cues'])})"
    rf"(?: {{1,3}}(?:{any_of(WORDS['birth']['fillers'])})(?![^\W\d])){{0,4}} ?[:.\-]? {{0,3}}"
    r"(?:(?:19|20)\d\d(?P<after>[/.\-]\d{1,2}[/.\-]\d{1,2})(?!\d)"
    r"|(?P<day>\d{1,2} ?[/.\-] ?\d{1,2}(?= ?[/.\-] ?(?:19|20)?\d\d(?!\d))"
    r"|\d{1,2} {1,3}\d{1,2}(?= {1,3}(?:19|20)\d\d(?!\d))|\d{1,2} {0,3}thang {0,3}\d{1,2}(?!\d)"
    r"|\d{4}(?=(?:19|20)\d\d(?!\d))|\d{1,2}/\d{1,2}(?![\d/])))"
)
_BIRTH_CUES = frozenset(WORDS["birth"]["cues"])
_NEVER_BARE = frozenset(WORDS["birth"]["never_bare"])
_NO_BIRTH = frozenset(fold(word) for word in WORDS["birth"]["not_after"])


def births(page: Page) -> Iterator[Found]:
    """The day and the month; the year stays, because benefits depend on age."""
    for match in _BIRTH.finditer(page.plain):
        unlike = page.word_before(match.start()) in _NO_BIRTH
        cue = page.typed(*match.span("cue")).lower()
        if unlike or (fold(cue) != cue and cue not in _BIRTH_CUES) or cue in _NEVER_BARE:
            continue  # "học sinh ngày …"; "để ngày …" is not "đẻ ngày …"
        yield *match.span("after" if match["after"] else "day"), "birth"


_ADDRESS = re.compile(
    rf"{cue(WORDS['address']['cues'])}"
    rf"(?P<gap>[ :]{{0,3}}(?:(?:{any_of(WORDS['address']['fillers'])})(?!\w)[ :]{{1,3}}){{0,6}})"
)
_NUMBERED = re.compile(
    rf"{cue(WORDS['address']['numbered'])}[ :]{{0,3}}"
    r"(?:(?:toi|em|minh|la|so) {1,3}){0,2}(?=[a-z]{0,3}\d)"
)
_COORDINATES = re.compile(
    r"(?<![\d.,])(?:[89]|1\d|2[0-3])[.,]\d{4,}°?n?[ ,;]{1,4}10\d[.,]\d{4,}(?!\d)"
)
"""A place within Vietnam, as telephones tell it."""
_PLACE = re.compile(rf"(?:{any_of(WORDS['address']['places'])}) {{1,3}}(?P<next>\w+)")
_PIECE = re.compile(rf" {{0,3}}(?P<word>[^\s,;?!{HIDDEN}]+)")
_ADDRESS_STOPS = Lexicon(WORDS["address"]["stops"])


def addresses(page: Page) -> Iterator[Found]:
    """What follows "số nhà", and "địa chỉ" where a place follows; coordinates."""
    for match in _COORDINATES.finditer(page.plain):
        yield *match.span(), "address"
    done = 0
    starts = [match.end() for match in _NUMBERED.finditer(page.plain)]
    starts += [m.end() for m in _ADDRESS.finditer(page.plain) if _tells_where(page, m)]
    for start in sorted(starts):
        end = _address_end(page, start)
        if start >= done and end > start:
            done = end
            yield start, end, "address"


def _tells_where(page: Page, match: re.Match[str]) -> bool:
    """Not "địa chỉ nộp hồ sơ ở đâu": after the cue come a colon, a number or a named place."""
    if ":" in match["gap"]:
        return True
    if match[0].startswith("dc") or match.end() == len(page.plain):
        return False
    place = _PLACE.match(page.plain, match.end())
    named = place is not None and page.typed(*place.span("next")) not in _ADDRESS_STOPS
    return named or page.plain[match.end()].isdigit()


def _address_end(page: Page, start: int) -> int:
    """Up to the next comma, the next word that asks, or ten words."""
    end = start
    for _ in range(10):
        piece = _PIECE.match(page.plain, end)
        if piece is None or page.typed(*piece.span("word")) in _ADDRESS_STOPS:
            break
        end = piece.end()
        if piece["word"].endswith("."):
            break
    return end
