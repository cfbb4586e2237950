"""Names of people: after "tôi tên", "họ tên:", "ông" and their like, or with văn or thị."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from content.redaction.page import Found, Page
from content.redaction.words import FAMILIES, LETTERS, WORDS, Lexicon, any_of, first_letters
from content.understanding.vietnamese import fold

_N = WORDS["names"]
_FAMILIES = Lexicon(FAMILIES)
_FAMILY_LETTERS = first_letters(FAMILIES) | {"h", "k"}
_STOPS, _STOPS_MARKED = Lexicon(_N["stops"]), Lexicon(_N["marked"], strict=True)
_NOT_FIRST, _ROLES = Lexicon(_N["not_first"]), Lexicon(_N["roles"])
_MIDDLES, _FULL_MIDDLES = Lexicon(_N["middles"]), Lexicon(_N["middles"][:2])
_AFTER_FAMILY = Lexicon(_N["middles_bare"])
_CALLERS = Lexicon([word for people in _N["people"] for word in people.split()])
_TITLES = Lexicon(_N["titles"])
_AMBIGUOUS = frozenset(fold(word) for word in _N["ambiguous"])
_PUBLIC = frozenset(fold(word) for word in _N["public"])
_NAME_BLOCKERS = frozenset(fold(word) for word in _N["not_after"])
_PERHAPS = frozenset(_N["perhaps"])
_THEN = re.compile(rf" {{1,3}}(?:\d|(?:{any_of(_N['then'])})(?!\w))")
_PEOPLE = rf"(?:{any_of(_N['people'])})(?!\w)"
_SIGNED = any_of(_N["signed"])
_NAME_CUE = re.compile(
    rf"(?<!\w)(?:(?P<sure>(?:ho {{1,3}}(?:va {{1,3}})?)?ten(?: {{1,3}}{_PEOPLE}){{0,3}} {{0,3}}"
    rf"(?:la(?!\w)|:)|(?:{_SIGNED})(?: {{0,3}}:| *\n))"
    rf"|(?P<called>{_PEOPLE}(?: {{1,3}}{_PEOPLE}){{0,2}} {{1,3}}ten(?: {{1,3}}(?:la|goi))?(?!\w))"
    rf"|(?P<likely>ho {{1,3}}(?:va {{1,3}})?ten(?: {{1,3}}{_PEOPLE}){{0,2}}"
    rf"|ten(?: {{1,3}}{_PEOPLE}){{1,3}}|{_SIGNED})(?!\w)"
    rf"|(?P<self>(?:{any_of(_N['selves'])}) {{1,3}}la)(?!\w))[ :=\-]{{0,4}}"
)
_TITLE = re.compile(rf"(?<!\w)(?P<title>{any_of(_N['titles'])}) {{1,3}}(?=[^\W\d_])")
_BARE = re.compile(r"(?<![\w'])(?P<title>)(?=[a-z']+ {1,3}(?:van|thi|a) {1,3}[a-z])")
_SYLLABLE = re.compile(r" {0,3}(?P<word>[^\W\d_]+(?:'[^\W\d_]+)?)(?![\w'])")
_VOWELS = frozenset("aeiouy")
_MOST = 5  # syllables of a name


class _Syllable(NamedTuple):
    start: int
    end: int
    word: str  # as typed


def introduced(page: Page) -> Iterator[Found]:
    """After "tôi tên", "họ tên:", "mình là" and their like."""
    for cue in _NAME_CUE.finditer(page.plain):
        sure = bool(cue["sure"] or cue["called"])
        if cue["called"] and not cue[0].rstrip(" :=-").endswith("la"):
            who = page.typed(*cue.span()).split()[0]
            sure = page.word_before(cue.start()) not in _NAME_BLOCKERS and who in _CALLERS
        syllables = _syllables(page, cue.end())
        words = [syllable.word for syllable in syllables]
        shouted = page.typed(*cue.span()).isupper()
        likely = bool(cue["likely"])
        taken = _name_length(page, syllables, sure=sure, likely=likely, shouted=shouted)
        if cue["self"]:
            if taken and _is_role(words):
                continue
            taken = taken or _given_name_length(words, shouted=shouted)
        if taken:
            yield syllables[0].start, syllables[taken - 1].end, "name"


def titled(page: Page) -> Iterator[Found]:
    """A full name after "ông", "chị" …, and one with văn or thị wherever it stands in capitals."""
    for pattern in (_TITLE, _BARE):
        found = []
        for match in pattern.finditer(page.plain):
            if not _may_be_family(page, match.end()):
                continue
            bare = pattern is _BARE
            if bare and page.word_before(match.start()) in _PUBLIC:
                continue
            if not bare and " ".join(page.typed(*match.span("title")).split()) not in _TITLES:
                continue  # "có" is not "cô"
            syllables = _syllables(page, match.end())
            words = [syllable.word for syllable in syllables]
            if len(words) < 2 or not _is_family(words[0]) or _is_role(words):
                continue
            if bare and words[1] not in _FULL_MIDDLES and not _with_a(words):
                continue
            low = not words[0][0].isupper()
            if low and (bare or words[1] not in _FULL_MIDDLES or _doubtful(words[0])):
                continue
            shouted = words[0].isupper() and words[1].isupper() and len(words[0]) > 1
            taken = _name_length(page, syllables, sure=False, likely=True, shouted=shouted)
            if taken >= 2:
                found.append((syllables[0].start, syllables[taken - 1].end, "name"))
        page = page.without(found)
        yield from found


def _with_a(words: Sequence[str]) -> bool:
    """ "Giàng A Páo": only in capitals, since "ạ" is all that an "a" says elsewhere."""
    return words[1] == "A" and len(words) > 2 and words[2][0].isupper()


def _syllables(page: Page, start: int) -> list[_Syllable]:
    """Up to one more than a name has, as long as nothing but spaces stands between."""
    found: list[_Syllable] = []
    while len(found) <= _MOST and (match := _SYLLABLE.match(page.plain, start)):
        found.append(_Syllable(*match.span("word"), page.typed(*match.span("word"))))
        start = match.end()
    return found


def _name_length(
    page: Page, syllables: Sequence[_Syllable], *, sure: bool, likely: bool, shouted: bool
) -> int:
    """How many of the syllables are a name. Without `sure` it must begin with a family name.

    After a cue that is no more than `likely`, one typed like an everyday word is not enough.
    """
    if not syllables:
        return 0
    words = [syllable.word for syllable in syllables]
    first, family = words[0], _is_family(words[0])
    refused = first in _STOPS or first in _NOT_FIRST
    if first[0].isupper() and not (shouted and first.isupper()):
        taken = _in_capitals(words)
        return taken if (sure and (family or not refused)) or (family and taken > 1) else 0
    taken = _until_stop(page, syllables, family=family)
    with_middle = family and taken > 2 and words[1] in _MIDDLES
    if with_middle and not (likely and _doubtful(first)):
        return taken
    if family and taken > 1 and fold(first) not in _AMBIGUOUS:
        return taken
    return taken if sure and not refused and first not in _STOPS_MARKED else 0


def _until_stop(page: Page, syllables: Sequence[_Syllable], *, family: bool) -> int:
    """In letters without capitals a name ends before a word of the sentence that goes on."""
    most = _MOST if family else 2
    for n, (_, end, word) in enumerate(syllables[:most]):
        plain = fold(word)
        forced = n > 1 and syllables[n - 1].word in _FULL_MIDDLES
        marked = plain != word.lower()
        if n == 0 or (n == 1 and family and word in _AFTER_FAMILY):
            ends = False
        elif plain in _PERHAPS and not (marked and word in _STOPS_MARKED):
            ends = not forced and _THEN.match(page.plain, end) is not None
        else:
            ends = (word in _STOPS and (marked or not forced)) or word in _STOPS_MARKED
        if ends or not _VOWELS & set(plain):
            return n
    return min(most, len(syllables))


def _given_name_length(words: Sequence[str], *, shouted: bool) -> int:
    """ "mình là Hoa": syllables in capitals that are no trade and no people."""
    if not words or shouted or words[0] in _STOPS or _is_role(words):
        return 0
    return _in_capitals(words)


def _in_capitals(words: Sequence[str]) -> int:
    return len(list(takewhile(lambda word: word[0].isupper(), words[:_MOST])))


def _is_role(words: Sequence[str]) -> bool:
    """A people or a trade, unless văn or thị shows that it is a family name after all."""
    middle = len(words) > 2 and words[1] in _FULL_MIDDLES
    return not middle and (words[0] in _ROLES or " ".join(words[:2]) in _ROLES)


def _is_family(word: str) -> bool:
    return word in _FAMILIES or fold(word[:2]) in {"h'", "k'"} or word[:2] in {"H’", "K’"}


def _may_be_family(page: Page, at: int) -> bool:
    """Seen at a glance, since most words after "con" or "em" are no family name."""
    letters = LETTERS.match(page.plain, at)
    return letters is not None and letters[0] in _FAMILY_LETTERS


def _doubtful(family: str) -> bool:
    return fold(family) == family.lower() and fold(family) in _AMBIGUOUS
