"""What makes a text hard to read: long sentences, hard words, abbreviations, bare numbers.

Pure functions over texts; which texts of a card are shown together is `checker`'s affair.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from content.understanding.vietnamese import fold

GLOSSARY, PLAIN = "glossary.toml", "plain.toml"

LAW_NUMBER = re.compile(r"\d+(?:\.\d+)?/(?:\d{4}/[A-ZĐ]\w*(?:-\w+)*|[A-ZĐ]+-[A-ZĐ]\w*)")
"""`176/2025/NĐ-CP`, `33/CT-TTg`: the number of a legal text."""

_SENTENCE = re.compile(r"(?<=[.!?…:;])\s+")
_PLACE = re.compile(r"\{[^}]*\}")
_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
_CAPITALS = re.compile(r"\b(?=\w*[A-ZĂÂĐÊÔƠƯ]\w*[A-ZĂÂĐÊÔƠƯ])[^\W_]+\b")
_ROMAN = re.compile(r"[IVX]+")
_NEXT = r"(?:\s+\w+){0,2}?\s*"  # "một cửa xã (…": a word or two may stand between
_NO_NUMBER = re.compile(
    LAW_NUMBER.pattern
    + r"|(?<![\d/])\d{1,2}/\d{1,2}/\d{4}|(?<![\d/])\d{1,2}/\d{4}|(?<![\d/])\d{1,2}/\d{1,2}(?![\d/])"
    r"|\b(?:1800|1900)(?:[ .]?\d{2,6}){1,3}\b|\b0\d{2,3}(?:[ .]?\d{2,4}){2,3}\b"
    r"|\b\d{1,2}[hg]\d{0,2}\b|\b[^\W\d_]+-?\d\w*|\b\d+[^\W\d_]\w*"
)
"""Dates, telephone numbers, hours, and what has its unit or its name attached: 30kg, A4."""
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|\S")


@dataclass(frozen=True, slots=True)
class Use:
    """The first place where a word is used: in which of the texts, and whether explained there."""

    text: int
    word: str
    plain: str
    explained: bool


@dataclass(frozen=True)
class Wording:
    """What editors keep in `glossary.toml` and `plain.toml`; see there for each part's meaning."""

    replace: Mapping[str, tuple[str, ...]]
    on_forms: Mapping[str, tuple[str, ...]]
    joiners: tuple[str, ...]
    abbreviations: frozenset[str]
    hotlines: frozenset[str]
    units: tuple[tuple[str, ...], ...]
    leads: tuple[tuple[str, ...], ...]
    joins: frozenset[str]
    legal: Mapping[str, tuple[str, ...]]

    @classmethod
    def load(cls, glossary: Path, plain: Path) -> Wording:
        """Raises OSError, ValueError (with TOML's own words) or KeyError for a broken file."""
        terms = tomllib.loads(glossary.read_text("utf-8"))
        other = tomllib.loads(plain.read_text("utf-8"))
        numbers = other["numbers"]
        return cls(
            replace=_plain_words(terms["replace"]),
            on_forms=_plain_words(terms["on_forms"]),
            joiners=tuple(other["joiners"]),
            abbreviations=frozenset(other["abbreviations"]),
            hotlines=frozenset(numbers["hotlines"]),
            units=tuple(tuple(unit.split()) for unit in numbers["units"]),
            leads=tuple(tuple(lead.split()) for lead in numbers["leads"]),
            joins=frozenset(numbers["joins"]),
            legal={kind: tuple(names) for kind, names in other["legal"].items()},
        )

    def terms(self, texts: Sequence[str]) -> Iterator[Use]:
        """Uses of glossary terms in texts that are shown together.

        A term that plain words can replace is given with each use, one that stands on forms with
        its first.
        """
        known = {**self.replace, **self.on_forms}
        longest_first = sorted(known, key=len, reverse=True)
        any_term = re.compile("|".join(_sequence(term) for term in longest_first) or "(?!)")
        seen: set[str] = set()
        for number, text in enumerate(map(_even, texts)):
            for found in any_term.finditer(text):
                term = " ".join(found[0].split())
                if term in self.on_forms and term in seen:
                    continue
                seen.add(term)
                explained = self._explained(text, found.span(), known[term])
                yield Use(number, term, known[term][0], explained)

    def abbreviated(self, texts: Sequence[str]) -> Iterator[Use]:
        """The first use of each abbreviation in texts that are shown together.

        It is explained when words that begin with its letters stand beside it.
        """
        seen: set[str] = set()
        for number, text in enumerate(map(_composed, texts)):
            for found in _CAPITALS.finditer(LAW_NUMBER.sub(_blank, text)):
                word = found[0]
                if word in self.abbreviations | seen or _ROMAN.fullmatch(word):
                    continue
                seen.add(word)
                explained = self._spelled_out(text, found.span(), fold(word))
                yield Use(number, word, "", explained)

    def bare_numbers(self, text: str) -> Iterator[str]:
        """Numbers of which nothing says what they count, or that they are a date, an ordinal…"""
        without = _NO_NUMBER.sub(" · ", _PLACE.sub(" · ", _composed(text)))
        tokens = _TOKEN.findall(without.lower())
        at = 0
        while at < len(tokens):
            if not tokens[at][0].isdigit() or tokens[at] in self.hotlines:
                at += 1
                continue
            end = self._end_of_run(tokens, at)
            numbers = [token for token in tokens[at:end] if token[0].isdigit()]
            ordinal = all(re.fullmatch(r"\d{1,4}", number) for number in numbers)
            counted = end < len(tokens) and tokens[end] == "%"
            counted = counted or any(_begins(tokens[end:], unit) for unit in self.units)
            if not counted and not (ordinal and any(_ends(tokens[:at], x) for x in self.leads)):
                yield from numbers
            at = end

    def names_a_text(self, number: str) -> bool:
        """Whether a `legal` number has the form of a legal text or of a named document."""
        words = tuple(_even(number).split())
        has_number = LAW_NUMBER.search(number) is not None
        if self._opens(words, "numbered"):
            return has_number
        if self._opens(words, "named"):
            return has_number or _YEAR.search(number) is not None
        return self._opens(words, "documents") and len(words) >= 4

    def _opens(self, words: Sequence[str], kind: str) -> bool:
        return any(_begins(words, tuple(name.split())) for name in self.legal[kind])

    def _explained(self, text: str, at: tuple[int, int], plain: Iterable[str]) -> bool:
        before, after = text[: at[0]], text[at[1] :]
        words = "|".join(_sequence(one) for one in plain)
        joiner = rf"(?:,\s*)?(?:{'|'.join(map(_sequence, self.joiners))})\s+"
        if re.match(rf"{_NEXT}(?:\(\s*|{joiner})(?:{words})", after):
            return True
        return bool(re.search(rf"(?:{words})(?:\s*\(|,?\s*{joiner})(?:\w+\s+){{0,2}}$", before))

    def _spelled_out(self, text: str, at: tuple[int, int], letters: str) -> bool:
        """Tries "bảo hiểm y tế (BHYT)", "BHYT (bảo hiểm y tế)" and the joiners."""
        joiner = rf"(?:\s*\(|,?\s*(?:{'|'.join(map(_sequence, self.joiners))})\s)\s*"
        after = re.match(joiner, text[at[1] :])
        if after and _initials(text[at[1] + after.end() :].split()[: len(letters)]) == letters:
            return True
        before = re.search(joiner + "$", text[: at[0]])
        if not before:
            return False
        return _initials(text[: before.start()].split()[-len(letters) :]) == letters

    def _end_of_run(self, tokens: Sequence[str], start: int) -> int:
        """Past the last of the numbers that share a unit: "25, 40 và 60 tuổi"."""
        end = start + 1
        while True:
            ahead = end
            while ahead < len(tokens) and (
                tokens[ahead] in {",", "-", "–"} or tokens[ahead] in self.joins
            ):
                ahead += 1
            if ahead == end or ahead == len(tokens) or not tokens[ahead][0].isdigit():
                return end
            if ("." in tokens[ahead]) != ("." in tokens[end - 1]):
                return end  # a sum of money and a small number do not share a unit
            end = ahead + 1


def sentences(text: str) -> list[str]:
    """Its pieces between full stops, colons and semicolons: where a reader takes breath."""
    return _SENTENCE.split(text)


def syllables(text: str) -> int:
    """A Vietnamese syllable is what stands between two spaces; a placeholder counts as two."""
    pieces = _PLACE.sub("x x", text).split()
    return sum(any(sign.isalnum() for sign in piece) for piece in pieces)


def words(text: str) -> list[str]:
    """Its syllables in lower case, without numbers, signs and placeholders."""
    return [token for token in _TOKEN.findall(_even(_PLACE.sub(" ", text))) if token[0].isalpha()]


def _plain_words(raw: Mapping[str, str | list[str]]) -> dict[str, tuple[str, ...]]:
    return {
        _even(term): tuple(map(_even, [plain] if isinstance(plain, str) else plain))
        for term, plain in raw.items()
    }


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _even(text: str) -> str:
    return _composed(text).lower()


def _sequence(words: str) -> str:
    return r"(?<!\w)" + r"\s+".join(map(re.escape, words.split())) + r"(?!\w)"


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _initials(words: Iterable[str]) -> str:
    return "".join(fold(re.sub(r"\W", "", word))[:1] for word in words)


def _begins(tokens: Sequence[str], words: Sequence[str]) -> bool:
    return tuple(tokens[: len(words)]) == tuple(words)


def _ends(tokens: Sequence[str], words: Sequence[str]) -> bool:
    return tuple(tokens[-len(words) :]) == tuple(words)
