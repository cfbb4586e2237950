"""Hides in a question what identifies a person, so that it may be kept and shown to staff.

The words looked for are in `texts/redaction.toml`, the family names in `phrases/family_names.txt`.
In doubt digits of nine or more are hidden. What a text tells by its meaning alone ("the only
teacher of the village") is not seen here.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, takewhile
from pathlib import Path

from content.understanding.vietnamese import fold

_HERE = Path(__file__).parent
_WORDS = tomllib.loads((_HERE / "texts" / "redaction.toml").read_text("utf-8"))
_FAMILY_LINES = (_HERE / "phrases" / "family_names.txt").read_text("utf-8").splitlines()

LABELS: dict[str, str] = _WORDS["labels"]
"""The kind of what is hidden → the word that stands in its place."""

_HIDDEN, _KEPT = "\ue000", "\ue001"  # stand in the plain text for what no later rule may read
_SPACES, _DASHES, _APOSTROPHES = "\t\u00a0\u2009\u202f\u3000", "‐‑‒–—−", "’ʼ‘`´"
_MOST = 5  # syllables of a name

Span = tuple[int, int]
Found = tuple[int, int, str]


def redact(text: str) -> str:
    """The text in NFC with a bracketed word for each thing hidden. Never raises; idempotent."""
    text = unicodedata.normalize("NFC", text)
    while (hidden := _once(text)) != text:
        text = hidden  # what was hidden can uncover a neighbour; each round leaves less to read
    return text


def _once(text: str) -> str:
    page = _read(text)
    spans: list[Found] = []
    for rule in _RULES:
        found = list(rule(page))
        page = page.without(found)
        spans += [one for one in found if one[2]]
    out, done = [], 0
    for start, end, kind in sorted(spans):
        if page.offsets[start] >= done:
            out += [text[done : page.offsets[start]], LABELS[kind]]
            done = page.offsets[end]
    return "".join([*out, text[done:]])


# ---- the page: typed and folded side by side ------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Page:
    """`plain` is what rules read: folded, ASCII digits; `offsets` lead back into `text`."""

    text: str
    plain: str
    offsets: tuple[int, ...]

    def typed(self, start: int, end: int) -> str:
        return self.text[self.offsets[start] : self.offsets[end]]

    def before(self, at: int, width: int = 50) -> str:
        return self.plain[max(0, at - width) : at]

    def without(self, found: Sequence[Found]) -> _Page:
        plain, done = [], 0
        for start, end, kind in sorted(found):
            if start >= done:
                plain += [self.plain[done:start], (_HIDDEN if kind else _KEPT) * (end - start)]
                done = end
        return replace(self, plain="".join([*plain, self.plain[done:]]))


def _read(text: str) -> _Page:
    signs = [_plain(sign) for sign in text]
    for match in _LABEL.finditer(text):
        signs[match.start() : match.end()] = _HIDDEN * len(match[0])
    offsets = [n for n, sign in enumerate(signs) if sign]
    return _Page(text, "".join(signs), (*offsets, len(text)))


@lru_cache(maxsize=4096)
def _plain(sign: str) -> str:
    """One sign as rules read it; nothing for what is not seen (marks, zero-width signs)."""
    if unicodedata.category(sign) in {"Mn", "Me", "Cf"}:
        return ""
    if sign in _SPACES or sign in {_HIDDEN, _KEPT}:
        return " "
    if sign in _DASHES:
        return "-"
    if sign in _APOSTROPHES:
        return "'"
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    bare = fold(unicodedata.normalize("NFKC", sign))
    return bare if len(bare) == 1 else sign


# ---- words ----------------------------------------------------------------------------------


class _Lexicon:
    """Words written with diacritics; who types without is compared without, unless `strict`."""

    def __init__(self, words: Sequence[str], *, strict: bool = False) -> None:
        self._marked = frozenset(unicodedata.normalize("NFC", word).lower() for word in words)
        self._bare = frozenset() if strict else frozenset(fold(word) for word in words)

    def __contains__(self, typed: object) -> bool:
        word = str(typed).lower()
        return word in self._marked or (fold(word) == word and word in self._bare)


def _any(words: Sequence[str]) -> str:
    folded = sorted({fold(word) for word in words}, key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace(r"\ ", " {1,3}") for word in folded)


def _cue(words: Sequence[str]) -> str:
    return rf"(?<!\w)(?:{_any(words)})(?![^\W\d])"


_LABEL = re.compile("|".join(re.escape(label) for label in LABELS.values()))
_LAST_WORD = re.compile(r"([^\W\d_]+)[ \"(]{1,3}$")


def _word_before(page: _Page, at: int) -> str:
    found = _LAST_WORD.search(page.before(at, 12))
    return found[1] if found else ""


# ---- links, plates, codes with letters ------------------------------------------------------

_EMAIL = re.compile(
    r"(?<![\w.+\-])[\w.+\-]++(?: ?@ ?[\w\-]++(?:\.[\w\-]++)+|@[\w\-]++)"
    r"|(?<![\w.+\-])[\w.+\-]++ (?:a cong|@) ?[\w\-]++ (?:cham|\.) ?(?:com|vn)(?!\w)"
)
_LINK = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w@.\-])(?:[a-z0-9\-]++\.)+"
    r"(?:(?:com|vn|net|org|info)(?!\w)(?:/\S*)?|(?:me|ly|gl|cc|app)/\S+)"
)
_MENTION = re.compile(r"(?<!\w)@(?=\d*[^\W\d])\w+(?:\.\w+)*")


def _links(page: _Page) -> Iterator[Found]:
    for kind, pattern in (("email", _EMAIL), ("link", _LINK), ("name", _MENTION)):
        found = []
        for match in pattern.finditer(page.plain):
            typed = page.typed(*match.span()).lower()
            if kind == "name" or "/" in typed or "@" in typed or fold(typed) == typed:
                found.append((*match.span(), kind))
        page = page.without(found)
        yield from found


_PLATE = re.compile(
    r"(?<!\w)(?<!\d[.\-])\d\d(?P<first>[ .\-]?)(?P<series>[a-z]{1,2}\d?)(?P<then>[ .\-]{0,2})"
    r"(?P<number>\d{3}[. ]?\d\d|\d{4})(?!\w)(?![.,]\d)"
)
_PLATE_CUE = re.compile(rf"{_cue(_WORDS['plates']['cues'])}[ :]{{0,3}}(?:so|la)?[ :]{{0,3}}$")
_YEAR = re.compile(r"(?:19|20)\d\d")
_UNIT_OF_MEASURE = frozenset(_WORDS["plates"]["units"])


def _plates(page: _Page) -> Iterator[Found]:
    for match in _PLATE.finditer(page.plain):
        if _is_plate(page, match):
            yield *match.span(), "plate"


def _is_plate(page: _Page, match: re.Match[str]) -> bool:
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


def _codes(page: _Page) -> Iterator[Found]:
    """Health-insurance codes and passports; letters stand apart only in capitals."""
    for match in _CODE.finditer(page.plain):
        apart = match["apart"] or match["single"]
        if not apart or page.typed(*match.span()).split()[0].isupper():
            yield *match.span(), "document"


# ---- birth dates and addresses --------------------------------------------------------------

_BIRTH = re.compile(
    rf"(?P<cue>{_cue(_WORDS['birth']['cues'])})"
    rf"(?: {{1,3}}(?:{_any(_WORDS['birth']['fillers'])})(?![^\W\d])){{0,4}} ?[:.\-]? {{0,3}}"
    r"(?:(?:19|20)\d\d(?P<after>[/.\-]\d{1,2}[/.\-]\d{1,2})(?!\d)"
    r"|(?P<day>\d{1,2} ?[/.\-] ?\d{1,2}(?= ?[/.\-] ?(?:19|20)?\d\d(?!\d))"
    r"|\d{1,2} {1,3}\d{1,2}(?= {1,3}(?:19|20)\d\d(?!\d))|\d{1,2} {0,3}thang {0,3}\d{1,2}(?!\d)"
    r"|\d{4}(?=(?:19|20)\d\d(?!\d))|\d{1,2}/\d{1,2}(?![\d/])))"
)
_BIRTH_CUES = frozenset(_WORDS["birth"]["cues"])
_NEVER_BARE = frozenset(_WORDS["birth"]["never_bare"])
_NO_BIRTH = frozenset(fold(word) for word in _WORDS["birth"]["not_after"])


def _births(page: _Page) -> Iterator[Found]:
    """The day and the month; the year stays, because benefits depend on age."""
    for match in _BIRTH.finditer(page.plain):
        unlike = _word_before(page, match.start()) in _NO_BIRTH
        cue = page.typed(*match.span("cue")).lower()
        if unlike or (fold(cue) != cue and cue not in _BIRTH_CUES) or cue in _NEVER_BARE:
            continue  # "học sinh ngày …"; "để ngày …" is not "đẻ ngày …"
        yield *match.span("after" if match["after"] else "day"), "birth"


_ADDRESS = re.compile(
    rf"{_cue(_WORDS['address']['cues'])}"
    rf"(?P<gap>[ :]{{0,3}}(?:(?:{_any(_WORDS['address']['fillers'])})(?!\w)[ :]{{1,3}}){{0,6}})"
)
_NUMBERED = re.compile(
    rf"{_cue(_WORDS['address']['numbered'])}[ :]{{0,3}}"
    r"(?:(?:toi|em|minh|la|so) {1,3}){0,2}(?=[a-z]{0,3}\d)"
)
_PLACE = re.compile(rf"(?:{_any(_WORDS['address']['places'])}) {{1,3}}(?P<next>\w+)")
_PIECE = re.compile(rf" {{0,3}}(?P<word>[^\s,;?!{_HIDDEN}]+)")
_ADDRESS_STOPS = _Lexicon(_WORDS["address"]["stops"])


def _addresses(page: _Page) -> Iterator[Found]:
    done = 0
    starts = [match.end() for match in _NUMBERED.finditer(page.plain)]
    starts += [m.end() for m in _ADDRESS.finditer(page.plain) if _tells_where(page, m)]
    for start in sorted(starts):
        end = _address_end(page, start)
        if start >= done and end > start:
            done = end
            yield start, end, "address"


def _tells_where(page: _Page, match: re.Match[str]) -> bool:
    """Not "địa chỉ nộp hồ sơ ở đâu": after the cue come a colon, a number or a named place."""
    if ":" in match["gap"]:
        return True
    if match[0].startswith("dc") or match.end() == len(page.plain):
        return False
    place = _PLACE.match(page.plain, match.end())
    named = place is not None and page.typed(*place.span("next")) not in _ADDRESS_STOPS
    return named or page.plain[match.end()].isdigit()


def _address_end(page: _Page, start: int) -> int:
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


# ---- numbers --------------------------------------------------------------------------------

_ALONE = r"(?<!\d)(?<!\d[ .,\-])(?<!\d[ .\-]{2})"
_UNITS = _any(_WORDS["numbers"]["units"])
_MONEY = rf"(?:{_any(_WORDS['numbers']['money'])})(?!\w)"
_THOUSANDS = r"[1-9]\d{0,2}(?:[.,]\d{3})?(?:[.,]000)+(?!\d|[.,]\d)"
_KEEP = re.compile(
    "|".join(
        (
            rf"{_ALONE}[1-9]\d{{0,2}}(?:[., ]\d{{3}})+(?: ?- ?[1-9]\d{{0,2}}(?:[., ]\d{{3}})+)?"
            rf" {{0,2}}{_MONEY}",
            rf"{_ALONE}{_THOUSANDS}(?: ?- ?{_THOUSANDS})?",
            rf"{_ALONE}\d{{1,8}} {{0,2}}{_MONEY}",
            rf"{_ALONE}\d{{1,5}}(?:[.,]\d{{1,3}})? {{0,2}}(?:{_UNITS})(?!\w)",
            rf"{_ALONE}1[89]00(?:\d{{4}}|[ .\-]{{1,2}}\d{{2,6}}(?:[ .\-]\d{{2,3}}){{0,2}})"
            r"(?![ .\-]?\d)",
            rf"{_ALONE}11[1-5](?:[ ,\-/]{{1,3}}11[1-5])*(?![ .\-]?\d)",
            rf"{_ALONE}(?:19|20)\d\d ?- ?(?:19|20)\d\d(?![ .\-]?\d)",
            r"(?<!\d)(?<!\d[./])(?:0?[1-9]|[12]\d|3[01]) ?([/.\-]) ?(?:0?[1-9]|1[0-2]) ?\1 ?"
            r"(?:19|20)\d\d(?!\d|[./]\d)",
        )
    )
)


def _keep(page: _Page) -> Iterator[Found]:
    """Amounts, dates and public numbers, so that they are not read as part of a longer number."""
    for match in _KEEP.finditer(page.plain):
        yield *match.span(), ""


_CHAIN = re.compile(r"\d+(?:(?:[ .\-()]{1,2}|,)\d+)*")
_DIGITS = re.compile(r"\d+")
_ASIDE = r"[ :.=\-]{0,4}(?:(?:cua|toi|em|minh|chau|tui|la|so|no|con|nay|[a-z])[ :]{1,3}){0,3}$"
_STRONG = re.compile(_cue(_WORDS["numbers"]["strong"]) + _ASIDE)
_KINDS = {
    kind: re.compile(_cue(_WORDS["numbers"][kind])) for kind in ("phone", "document", "account")
}
_AFTER_YEAR_WORD = re.compile(r"\b(?:nam|tu|den|thang \d{1,2}) {1,2}$")
_SLASHED = re.compile(r"(?<!\d)0\d{1,3}/\d{3}[/. ]?\d{3,5}(?!\d)")
_LETTER_O = re.compile(r"(?<!\w)o[ .\-]?[35789](?:[ .\-]?\d){8}(?!\d)")
_SPOKEN = rf"(?:(?:{_any(_WORDS['numbers']['spoken'])})(?!\w)|\d{{1,4}}(?!\d))"
_IN_WORDS = re.compile(rf"(?<!\w){_SPOKEN}(?:[ ,.\-]{{1,3}}{_SPOKEN}){{7,}}")


def _numbers(page: _Page) -> Iterator[Found]:
    for pattern in (_SLASHED, _LETTER_O):
        found = [(*match.span(), "phone") for match in pattern.finditer(page.plain)]
        page = page.without(found)
        yield from found
    for chain in _CHAIN.finditer(page.plain):
        yield from _in_chain(page, [match.span() for match in _spans(chain)])


def _spans(chain: re.Match[str]) -> Iterator[re.Match[str]]:
    return _DIGITS.finditer(chain.string, chain.start(), chain.end())


def _in_chain(page: _Page, groups: Sequence[Span]) -> Iterator[Found]:
    n = 0
    while n < len(groups):
        start = groups[n][0]
        before = page.before(start)
        least = 6 if _STRONG.search(before) else 9
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


def _spoken(page: _Page) -> Iterator[Found]:
    for match in _IN_WORDS.finditer(page.plain):
        if sum(part.isalpha() for part in re.split(r"[ ,.\-]+", match[0])) >= 3:
            yield *match.span(), "phone"


def _left_over(page: _Page) -> Iterator[Found]:
    """Whatever the other rules thought: no nine digits in a row remain."""
    for match in re.finditer(r"\d{9,}", page.plain):
        yield *match.span(), _kind(page.before(match.start()), match[0])


# ---- names ----------------------------------------------------------------------------------

_N = _WORDS["names"]
_FAMILIES = _Lexicon(
    [name.strip() for line in _FAMILY_LINES if line[:1] != "#" for name in line.split(";")]
)
_STOPS, _STOPS_MARKED = _Lexicon(_N["stops"]), _Lexicon(_N["marked"], strict=True)
_NOT_FIRST, _ROLES = _Lexicon(_N["not_first"]), _Lexicon(_N["roles"])
_MIDDLES, _FULL_MIDDLES = _Lexicon(_N["middles"]), _Lexicon(_N["middles"][:2])
_AFTER_FAMILY = _Lexicon(_N["middles_bare"])
_CALLERS = _Lexicon([word for people in _N["people"] for word in people.split()])
_TITLES = _Lexicon(_N["titles"])
_AMBIGUOUS = frozenset(fold(word) for word in _N["ambiguous"])
_PUBLIC = frozenset(fold(word) for word in _N["public"])
_NAME_BLOCKERS = frozenset(fold(word) for word in _N["not_after"])
_PERHAPS = frozenset(_N["perhaps"])
_THEN = re.compile(rf" {{1,3}}(?:\d|(?:{_any(_N['then'])})(?!\w))")
_PEOPLE = rf"(?:{_any(_N['people'])})(?!\w)"
_SIGNED = _any(_N["signed"])
_NAME_CUE = re.compile(
    rf"(?<!\w)(?:(?P<sure>(?:ho {{1,3}}(?:va {{1,3}})?)?ten(?: {{1,3}}{_PEOPLE}){{0,3}} {{0,3}}"
    rf"(?:la(?!\w)|:)|(?:{_SIGNED})(?: {{0,3}}:| *\n))"
    rf"|(?P<called>{_PEOPLE}(?: {{1,3}}{_PEOPLE}){{0,2}} {{1,3}}ten(?: {{1,3}}(?:la|goi))?(?!\w))"
    rf"|(?P<likely>ho {{1,3}}(?:va {{1,3}})?ten(?: {{1,3}}{_PEOPLE}){{0,2}}"
    rf"|ten(?: {{1,3}}{_PEOPLE}){{1,3}}|{_SIGNED})(?!\w)"
    rf"|(?P<self>(?:{_any(_N['selves'])}) {{1,3}}la)(?!\w))[ :=\-]{{0,4}}"
)
_TITLE = re.compile(rf"(?<!\w)(?P<title>{_any(_N['titles'])}) {{1,3}}(?=[^\W\d_])")
_BARE = re.compile(r"(?<![\w'])(?P<title>)(?=[a-z']+ {1,3}(?:van|thi) {1,3}[a-z])")
_SYLLABLE = re.compile(r" {0,3}(?P<word>[^\W\d_]+(?:'[^\W\d_]+)?)(?![\w'])")
_VOWELS = frozenset("aeiouy")


def _introduced(page: _Page) -> Iterator[Found]:
    """After "tôi tên", "họ tên:", "mình là" and their like."""
    for cue in _NAME_CUE.finditer(page.plain):
        sure = bool(cue["sure"] or cue["called"])
        if cue["called"] and not cue[0].rstrip(" :=-").endswith("la"):
            who = page.typed(*cue.span()).split()[0]
            sure = _word_before(page, cue.start()) not in _NAME_BLOCKERS and who in _CALLERS
        syllables = _syllables(page, cue.end())
        shouted = page.typed(*cue.span()).isupper()
        words = [page.typed(a, b) for a, b in syllables]
        likely = bool(cue["likely"])
        taken = _name_length(page, syllables, words, sure=sure, likely=likely, shouted=shouted)
        if taken and cue["self"] and _is_role(words):
            continue
        if not taken and cue["self"]:
            taken = _given_name_length(words, shouted=shouted)
        if taken:
            yield syllables[0][0], syllables[taken - 1][1], "name"


def _titled(page: _Page) -> Iterator[Found]:
    """A full name after "ông", "chị" …, and one with văn or thị wherever it stands in capitals."""
    for pattern in (_TITLE, _BARE):
        found = []
        for match in pattern.finditer(page.plain):
            bare = pattern is _BARE
            if bare and _word_before(page, match.start()) in _PUBLIC:
                continue
            if not bare and " ".join(page.typed(*match.span("title")).split()) not in _TITLES:
                continue  # "có" is not "cô"
            syllables = _syllables(page, match.end())
            words = [page.typed(a, b) for a, b in syllables]
            if len(words) < 2 or not _is_family(words[0]) or _is_role(words):
                continue
            low = not words[0][0].isupper()
            if low and (bare or words[1] not in _FULL_MIDDLES or _doubtful(words[0])):
                continue
            shouted = words[0].isupper() and words[1].isupper() and len(words[0]) > 1
            taken = _name_length(page, syllables, words, sure=False, likely=True, shouted=shouted)
            if taken >= 2:
                found.append((syllables[0][0], syllables[taken - 1][1], "name"))
        page = page.without(found)
        yield from found


def _syllables(page: _Page, start: int) -> list[Span]:
    """Up to one more than a name has, as long as nothing but spaces stands between."""
    found: list[Span] = []
    while len(found) <= _MOST and (match := _SYLLABLE.match(page.plain, start)):
        found.append(match.span("word"))
        start = match.end()
    return found


def _name_length(
    page: _Page,
    spans: Sequence[Span],
    words: Sequence[str],
    *,
    sure: bool,
    likely: bool,
    shouted: bool,
) -> int:
    """How many of the syllables are a name. Without `sure` it must begin with a family name.

    After a cue that is no more than `likely`, one typed like an everyday word is not enough.
    """
    if not words:
        return 0
    family = _is_family(words[0])
    if words[0][0].isupper() and not (shouted and words[0].isupper()):
        taken = len(list(takewhile(lambda word: word[0].isupper(), words[:_MOST])))
        refused = not family and (words[0] in _STOPS or words[0] in _NOT_FIRST)
        return taken if (sure and not refused) or (family and taken > 1) else 0
    taken = _until_stop(page, spans, words, family=family)
    with_middle = family and taken > 2 and words[1] in _MIDDLES
    with_middle = with_middle and not (likely and _doubtful(words[0]))
    if with_middle or (family and taken > 1 and fold(words[0]) not in _AMBIGUOUS):
        return taken
    refused = words[0] in _STOPS or words[0] in _STOPS_MARKED or words[0] in _NOT_FIRST
    return taken if sure and not refused else 0


def _until_stop(page: _Page, spans: Sequence[Span], words: Sequence[str], *, family: bool) -> int:
    """In letters without capitals a name ends before a word of the sentence that goes on."""
    most = _MOST if family else 2
    for n, word in enumerate(words[:most]):
        plain = fold(word)
        forced = n > 0 and words[n - 1] in _FULL_MIDDLES and n > 1
        marked = plain != word.lower()
        if n == 0 or (n == 1 and family and word in _AFTER_FAMILY):
            ends = False
        elif plain in _PERHAPS and not (marked and word in _STOPS_MARKED):
            ends = not forced and _THEN.match(page.plain, spans[n][1]) is not None
        else:
            ends = (word in _STOPS and (marked or not forced)) or word in _STOPS_MARKED
        if ends or not _VOWELS & set(plain):
            return n
    return min(most, len(words))


def _given_name_length(words: Sequence[str], *, shouted: bool) -> int:
    """ "mình là Hoa": one or two syllables in capitals that are no trade and no people."""
    if not words or shouted or not words[0][0].isupper() or words[0] in _STOPS or _is_role(words):
        return 0
    return len(list(takewhile(lambda word: word[0].isupper(), words[:_MOST])))


def _is_role(words: Sequence[str]) -> bool:
    """A people or a trade, unless văn or thị shows that it is a family name after all."""
    middle = len(words) > 2 and words[1] in _FULL_MIDDLES
    return not middle and (words[0] in _ROLES or " ".join(words[:2]) in _ROLES)


def _is_family(word: str) -> bool:
    return word in _FAMILIES or fold(word[:2]) in {"h'", "k'"} or word[:2] in {"H’", "K’"}


def _doubtful(family: str) -> bool:
    return fold(family) == family.lower() and fold(family) in _AMBIGUOUS


_RULES = (
    _links,
    _plates,
    _codes,
    _births,
    _addresses,
    _keep,
    _numbers,
    _spoken,
    _introduced,
    _titled,
    _left_over,
)
