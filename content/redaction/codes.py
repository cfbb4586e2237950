"""What identifies by its form: addresses of mail and pages, plates, codes with letters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from content.redaction.page import Found, Page
from content.redaction.words import WORDS, any_of, cue
from content.understanding.vietnamese import fold

_EMAIL = re.compile(
    r"(?<![\w.+\-])[\w.+\-]++(?: ?@ ?[\w\-]++(?:\.[\w\-]++)+|@[\w\-]++)"
    r"|(?<![\w.+\-])[\w.+\-]++ ?(?:(?<= )a (?:cong|moc)|@|[\[(] ?at ?[\])]) ?[\w\-]++"
    r" ?(?:(?<= )cham|[.,]|[\[(] ?dot ?[\])]) ?(?:com|vn)(?!\w)"
    r"|(?<![\w.+\-])[\w.+\-]++ (?:gmail|yahoo|hotmail|outlook|icloud) ?(?:(?<= )cham|\.) ?com(?!\w)"
)
_LINK = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w@.\-])(?:[a-z0-9\-]++\.)+"
    r"(?:(?:com|vn|net|org|info)(?!\w)(?:/\S*)?|(?:me|ly|gl|cc|app)/\S+)|(?<!\w)youtu\.be/\S+"
)
_HANDLE = re.compile(
    rf"(?<!\w)(?:{any_of(WORDS['networks']['names'])})"
    rf"(?: (?:{any_of(WORDS['networks']['fillers'])})){{0,4}} {{0,3}}[:= ] {{0,3}}"
    r"(?P<handle>(?=[a-z._]*[a-z])(?=[a-z._]*[\d_.][a-z\d])[a-z\d._]{4,})(?!\w)"
)
"""A made-up word with a figure, a dot or a line in it, after the name of a network."""

_MENTION = re.compile(r"(?<!\w)@(?=\d*[^\W\d])\w+(?:\.\w+)*")


def links(page: Page) -> Iterator[Found]:
    """Addresses of mail and of pages, and @names."""
    for kind, pattern in (("email", _EMAIL), ("link", _LINK), ("name", _MENTION)):
        found = []
        for match in pattern.finditer(page.plain):
            typed = page.typed(*match.span()).lower()
            if kind in {"name", "email"} or "/" in typed or "@" in typed or fold(typed) == typed:
                found.append((*match.span(), kind))
        page = page.without(found)
        yield from found
    for match in _HANDLE.finditer(page.plain):
        yield *match.span("handle"), "name"


_PLATE = re.compile(
    r"(?<!\w)(?<!\d[.\-])\d\d(?P<first>[ .\-]?)(?P<series>[a-z]{1,2}\d?)(?P<then>[ .\-]{0,2})"
    r"(?P<number>\d{3}[. ]?\d\d|\d{4})(?!\w)(?![.,]\d)"
)
_PLATE_CUE = re.compile(rf"{cue(WORDS['plates']['cues'])}[ :]{{0,3}}(?:so|la)?[ :]{{0,3}}$")
_YEAR = re.compile(r"(?:19|20)\d\d")
_UNIT_OF_MEASURE = frozenset(WORDS["plates"]["units"])


def plates(page: Page) -> Iterator[Found]:
    """Number plates of motorcycles and cars."""
    for match in _PLATE.finditer(page.plain):
        if _is_plate(page, match):
            yield *match.span(), "plate"


def _is_plate(page: Page, match: re.Match[str]) -> bool:
    series, apart = match["series"], " " in match["then"]
    upper = page.typed(*match.span("series")).isupper()
    if apart and _YEAR.fullmatch(match["number"]):
        return False  # "lớp 10A1 2024"
    if _PLATE_CUE.search(page.before(match.start())):
        return True
    if series in _UNIT_OF_MEASURE and not upper:
        return False
    with_digit = series[-1].isdigit()
    if match["first"] == " " and not (upper or with_digit):
        return False
    return upper or with_digit or not apart or len(match["number"]) > 4


_CODE = re.compile(
    r"(?<!\w)(?:[a-z]{2}(?P<apart> ?)[.\-]?\d(?:[ .\-]?\d){12}(?![ .\-]?\d)"
    r"|[a-z]{2}\d(?:[ .\-]?\d){9}(?![ .\-]?\d)|[a-z](?P<single> ?)\d{7,8}(?!\w))"
)


def codes(page: Page) -> Iterator[Found]:
    """Health-insurance codes and passports; letters stand apart only in capitals."""
    for match in _CODE.finditer(page.plain):
        apart = match["apart"] or match["single"]
        if not apart or page.typed(*match.span()).split()[0].isupper():
            yield *match.span(), "document"
