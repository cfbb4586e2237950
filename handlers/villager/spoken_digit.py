"""Reads a message that is nothing but a choice: "2", "số hai", "chọn cái thứ 3", "2 nhé".

What the digit means is left to others. A number inside a question ("2 con thì được gì") is none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from content.understanding.vietnamese import fold

LONGEST = 40
"""Letters of a message that may be a choice; whatever is longer says something else."""

SPELLED = {
    "một": "1",
    "hai": "2",
    "ba": "3",
    "bốn": "4",
    "năm": "5",
    "sáu": "6",
    "bảy": "7",
    "bẩy": "7",
    "tám": "8",
    "chín": "9",
}
_SPELLED = {fold(word): digit for word, digit in SPELLED.items()} | SPELLED

# All without marks. Nobody stands behind the number without a "nhé" or "ạ" between: "2 em" and
# "2 con" are children.
_WHO = r"(?:minh|em|toi|chau|con|bac|co|chu|anh|chi|ba|ong|ban)"
_VERB = r"(?:muon |xin )?(?:chon|bam|an|nhan|phim|lay|xem)"
_CHOICE = re.compile(
    r"(?:(?:da|vang|u|uh|ok|oke) )?"
    rf"(?P<led>(?:(?:{_WHO} )?{_VERB} |(?:cho|xin) (?:{_WHO} )?(?:{_VERB} )?)?"
    r"(?:(?:cai|muc|phan|y|cau|dong|nut|phim) )?)"
    r"(?P<ordinal>thu )?(?:so )?(?P<number>[0-9]|[1-9][0-9]{1,2}|[a-z]{2,4})"
    r"(?: (?:do|day|kia|ay))?"
    rf"(?: (?:nhe|nha|a|di|oi|voi)(?: {_WHO})?(?: a)?)?"
)


def spoken_digit(text: str, offered: Collection[str]) -> str:
    """The digit that the whole message names, or nothing.

    A number in words counts only where it was `offered`: "ba" is also a father. So does one of two
    digits: it may be an age.
    """
    number = _number(text)
    if number.isdecimal():
        return number if len(number) == 1 or number in {*offered} else ""
    digit = _SPELLED.get(number, "")
    return digit if digit in offered else ""


def spoken_code(text: str) -> int | None:
    """The number of three digits that the whole message names: what a poll shows."""
    number = _number(text)
    return int(number) if number.isdecimal() and len(number) == 3 else None


def _number(text: str) -> str:
    """The number that the whole message names, in digits or as it was written; or nothing."""
    if len(text) > LONGEST:
        return ""
    typed = unicodedata.normalize("NFKC", text.casefold().replace("\u20e3", ""))
    words = re.findall(r"\w+", typed)
    found = _CHOICE.fullmatch(" ".join(map(fold, words)))
    if found is None or re.search(r"\d\W+\d", typed):
        return ""
    if found["ordinal"] and not found["led"]:
        return ""  # "thứ hai" alone is Monday
    number: str = found["number"]
    if number.isdecimal():
        return number
    # As it was written: "bà" is no "ba", and "nam" may be "năm" only if no mark says otherwise.
    written: str = words[found.string.count(" ", 0, found.start("number"))]
    return written
