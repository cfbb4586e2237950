"""Telephone, identity and account numbers, however they are grouped or spoken.

In doubt digits of nine or more are hidden; amounts, dates and public numbers are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile

from content.redaction.page import Found, Page, Span
from content.redaction.words import WORDS, any_of, cue

_ALONE = r"(?<!\d)(?<!\d[ .,\-])(?<!\d[ .\-]{2})"
_UNITS = any_of(WORDS["numbers"]["units"])
_MONEY = rf"(?:{any_of(WORDS['numbers']['money'])})(?!\w)"
_THOUSANDS = r"[1-9]\d{0,2}(?:[.,]\d{3})?(?:[.,]000)+(?!\d|[.,]\d)"
_KEEP = re.compile(
    r"(?=\d)(?:"  # each begins with a digit: elsewhere none is tried
    + "|".join(
        (
            # 540.000 đồng, 500 000 - 700 000 đồng
            rf"{_ALONE}[1-9]\d{{0,2}}(?:[., ]\d{{3}})+(?: ?- ?[1-9]\d{{0,2}}(?:[., ]\d{{3}})+)?"
            rf" {{0,2}}{_MONEY}",
            # 1.500.000.000, 500.000-700.000
            rf"{_ALONE}{_THOUSANDS}(?: ?- ?{_THOUSANDS})?",
            # 1500000 đồng
            rf"{_ALONE}\d{{1,8}} {{0,2}}{_MONEY}",
            # 50m2, 12 con, 2,5 ha
            rf"{_ALONE}\d{{1,5}}(?:[.,]\d{{1,3}})? {{0,2}}(?:{_UNITS})(?!\w)",
            # free and paid lines: 1800 …, 1900 …
            rf"{_ALONE}1[89]00(?:\d{{4}}|[ .\-]{{1,2}}\d{{2,6}}(?:[ .\-]\d{{2,3}}){{0,2}})"
            r"(?![ .\-]?\d)",
            # 111 112 113
            rf"{_ALONE}11[1-5](?:[ ,\-/]{{1,3}}11[1-5])*(?![ .\-]?\d)",
            # 2021-2025
            rf"{_ALONE}(?:19|20)\d\d ?- ?(?:19|20)\d\d(?![ .\-]?\d)",
            # 12/3/2024
            r"(?<!\d)(?<!\d[./])(?:0?[1-9]|[12]\d|3[01]) ?([/.\-]) ?(?:0?[1-9]|1[0-2]) ?\1 ?"
            r"(?:19|20)\d\d(?!\d|[./]\d)",
        )
    )
    + ")"
)


def keep(page: Page) -> Iterator[Found]:
    """Amounts, dates and public numbers, so that they are not read as part of a longer number."""
    for match in _KEEP.finditer(page.plain):
        yield *match.span(), ""


_CHAIN = re.compile(r"\d+(?:(?:[ .\-()]{1,2}|,)\d+)*")
_DIGITS = re.compile(r"\d+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_ASIDE = r"[ :.=\-]{0,4}(?:(?:cua|toi|em|minh|chau|tui|la|so|no|con|nay|[a-z])[ :]{1,3}){0,3}$"
_STRONG = re.compile(cue(WORDS["numbers"]["strong"]) + _ASIDE)
_HOUSEHOLD = re.compile(cue(WORDS["numbers"]["household"]) + _ASIDE)
_KINDS = {
    kind: re.compile(cue(WORDS["numbers"][kind])) for kind in ("phone", "document", "account")
}
_AFTER_YEAR_WORD = re.compile(r"\b(?:nam|tu|den|thang \d{1,2}) {1,2}$")
_SLASHED = re.compile(r"(?<!\d)0\d{1,3}/\d{3}[/. ]?\d{3,5}(?!\d)")
_SIGN_BETWEEN = r"\s{0,3}[\-_*|/~…+:]{1,3}\s{0,3}|\s?\.{2,3}\s?"
_APART = re.compile(
    rf"(?<!\d)(?<!\d[.,\-/])0[35789]\d{{1,2}}"
    rf"(?:(?P<sign>{_SIGN_BETWEEN})\d{{2,4}}(?:(?P=sign)\d{{2,4}}){{1,3}}"
    r"|(?:\s{1,6}\d{2,4}){2,3})"
    r"(?!\d)"
)
"""Ten figures in groups with the same sign between all, or with nothing but space."""
_LETTERS_FOR_FIGURES = re.compile(r"(?<!\w)[0o][ .\-]?[3-9][0-9lio]{8}(?!\w)")
_LETTER_O = re.compile(r"(?<!\w)o[ .\-]?[35789](?:[ .\-]?\d){8}(?!\d)")
_SPOKEN = rf"(?:(?:{any_of(WORDS['numbers']['spoken'])})(?!\w)|\d{{1,4}}(?!\d))"
_IN_WORDS = re.compile(rf"(?<!\w){_SPOKEN}(?:[ ,.\-]{{1,3}}{_SPOKEN}){{7,}}")
LEAST, LEAST_AFTER_CUE, LEAST_OF_HOUSEHOLD = 9, 6, 5
"""So many figures are a number that tells who somebody is."""


def numbers(page: Page) -> Iterator[Found]:
    """Digits that are long enough, alone or in groups."""
    for pattern in (_SLASHED, _LETTER_O):
        found = [(*match.span(), "phone") for match in pattern.finditer(page.plain)]
        page = page.without(found)
        yield from found
    found = []
    for chain in _CHAIN.finditer(page.plain):
        groups = _DIGITS.finditer(page.plain, chain.start(), chain.end())
        found += _in_chain(page, [group.span() for group in groups])
    page = page.without(found)
    yield from found
    for pattern, figures in ((_APART, {10}), (_LETTERS_FOR_FIGURES, {8, 9})):
        for match in pattern.finditer(page.plain):
            if sum(map(str.isdigit, match[0])) in figures:
                yield *match.span(), "phone"


def _in_chain(page: Page, groups: Sequence[Span]) -> Iterator[Found]:
    n = 0
    while n < len(groups):
        start = groups[n][0]
        before = page.before(start)
        least = LEAST_AFTER_CUE if _STRONG.search(before) else LEAST
        least = LEAST_OF_HOUSEHOLD if _HOUSEHOLD.search(before) else least
        digits = [page.plain[a:b] for a, b in groups[n : n + 20]]
        taken = _extent(digits, least, after_year_word=bool(_AFTER_YEAR_WORD.search(before)))
        if taken:
            while start and page.plain[start - 1] in "+(":
                start -= 1
            yield start, groups[n + taken - 1][1], _kind(before, "".join(digits[:taken]))
        n += taken or 1


def _extent(digits: Sequence[str], least: int, *, after_year_word: bool) -> int:
    """How many groups from the first on are one identifying number; 0 when none."""
    first = digits[0]
    if len(first) >= 9:
        slipped = len(first) == 9 and first[0] == "0" and [len(d) for d in digits[1:2]] == [1]
        return 2 if slipped else 1
    together = [first, *takewhile(lambda group: len(group) < 9, digits[1:])]
    ends: dict[int, int] = {}
    total = 0
    for n, group in enumerate(together, 1):
        total += len(group)
        if total <= 19:
            ends[total] = n
    for wanted in _lengths("".join(together)[:4]):
        if wanted in ends:
            return ends[wanted]
    used = together[: max(ends.values())]
    if _YEAR.fullmatch(first) and (after_year_word or all(map(_YEAR.fullmatch, used))):
        return 0
    if _counts_up(used):
        return 0
    return len(used) if max(ends) >= least else 0


def _lengths(opening: str) -> tuple[int, ...]:
    """The lengths that telephone and identity numbers with this beginning have, likeliest first."""
    if opening.startswith("0084"):
        return (13, 14)
    if opening.startswith("84"):
        return (11, 12)
    if opening.startswith(("02", "01")):
        return (11, 10, 12, 9)
    if opening.startswith("00"):
        return (12, 10, 11, 9)
    return (10, 12, 11, 9) if opening.startswith("0") else ()


def _counts_up(groups: Sequence[str]) -> bool:
    """ "lớp 1 2 3 4 5 6 7 8 9": a list, not a number."""
    small = all(len(group) <= 2 and group[0] != "0" for group in groups)
    values = [int(group) for group in groups] if small else []
    return small and all(a < b for a, b in pairwise(values))


def _kind(before: str, digits: str) -> str:
    named = {
        kind: max((match.end() for match in cue.finditer(before)), default=0)
        for kind, cue in _KINDS.items()
    }
    nearest = max(named, key=lambda kind: named[kind])
    if named[nearest]:
        return nearest
    if digits.startswith(("84", "0084")) or (digits[0] == "0" and len(digits) <= 11):
        return "phone"
    return "document" if len(digits) in {6, 7, 8, 9, 10, 12, 15} else "account"


def spoken(page: Page) -> Iterator[Found]:
    """Eight figures or more in a row, of which three at least are words."""
    for match in _IN_WORDS.finditer(page.plain):
        if sum(part.isalpha() for part in re.split(r"[ ,.\-]+", match[0])) >= 3:
            yield *match.span(), "phone"


def left_over(page: Page) -> Iterator[Found]:
    """Whatever the other rules thought: no nine digits in a row remain."""
    for match in re.finditer(r"\d{9,}", page.plain):
        yield *match.span(), _kind(page.before(match.start()), match[0])
