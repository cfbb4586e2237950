"""Groups stored questions that ask the same, so that staff answer a group and not a heap.

Two questions are alike when they share telling words (rare in everyday questions) and read alike
letter by letter. What the groups are called and who answers them is decided elsewhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, sqrt

from rapidfuzz import fuzz

from content.redaction import asked
from content.understanding.vietnamese import (
    NO_ABBREVIATIONS,
    Abbreviations,
    Words,
    fold,
    prepare,
)

ALIKE = 0.45
"""From this likeness on (0 to 1) a question joins a group; measured in the tests."""

HEAVIEST = 6
"""So many of its heaviest parts bring a question together with others."""

MOST_NEIGHBOURS = 120
"""Each part brings it together with so many at most, the oldest: enough for a centre to grow."""

SOON_KNOWN = 3
"""A word counts as often as it stands in everyday questions, and at most so often more."""

NEARLY_SAME = 88
"""From this likeness on (0 to 100, share of letters in their order) two texts say the same."""

SHORTEST_SAME = 20

_PAIR, _LONELY = 0.3, 0.5  # weight of a pair of words; of what no other question has
_TELLING_SHARE = 0.75  # the rest of the likeness is read letter by letter
_WORTH_READING = 0.2  # below this share of telling words the letters are not compared

Vector = dict[str, float]


@dataclass(frozen=True, slots=True)
class Group:
    """Questions alike, by their ids, the oldest (smallest) first; `representative` is one."""

    representative: int
    text: str
    members: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.members)


def group(
    questions: Sequence[tuple[int, str]],
    abbreviations: Abbreviations = NO_ABBREVIATIONS,
    *,
    everyday: Iterable[str] = (),
    alike: float = ALIKE,
) -> list[Group]:
    """The largest group first, then the one with the oldest question; each question is in one.

    `questions` are ids, which grow with time, and redacted texts. `everyday` are questions on many
    subjects (`phrases/none.txt`), which show what words say little; with few questions it matters.
    """
    ordered = sorted(questions)
    prepared = [prepare(asked(text), abbreviations) for _, text in ordered]
    usual = [prepare(text, abbreviations).folded for text in everyday]
    copies: dict[str, list[int]] = defaultdict(list)
    for n, words in enumerate(prepared):
        copies[words.folded].append(n)
    same = {places[0]: places for places in copies.values()}
    vectors = _weigh([words.folded for words in prepared], usual)
    near = _neighbours(prepared, vectors, sorted(same), alike)
    hard = [(not _typed(prepared[n]), len(text), n) for n, (_, text) in enumerate(ordered)]
    groups = [_describe(members, same, near, ordered, hard) for members in _stars(near, same)]
    return sorted(groups, key=lambda one: (-one.count, one.members[0]))


def same(text: str, others: Mapping[int, str]) -> list[int]:
    """The numbers of those others that say nearly the same, letter by letter; marks and letter
    case do not count, nor do short texts, in which one letter may change all."""
    mine = fold(text)
    if len(mine) < SHORTEST_SAME:
        return []
    return [
        number for number, other in others.items() if fuzz.ratio(mine, fold(other)) >= NEARLY_SAME
    ]


def _weigh(folded: Sequence[str], usual: Sequence[str]) -> list[Vector]:
    """Each question as words and pairs of words, the rare ones heavy, of length one.

    What is rare, everyday questions tell: a word that many ask about just now stays telling.
    """
    parts = [_parts(text) for text in folded]
    here = Counter(part for one in parts for part in one)
    everywhere = Counter(part for text in usual for part in _parts(text))
    total = len(parts) + len(usual) + 1

    def weight(part: str) -> float:
        seen = everywhere[part] + (min(here[part], SOON_KNOWN) if usual else here[part])
        heavy = log(total / seen) * (_PAIR if " " in part else 1)
        return heavy if here[part] > 1 else heavy * _LONELY

    vectors = []
    for one in parts:
        weights = {part: weight(part) for part in one}
        length = sqrt(sum(heavy * heavy for heavy in weights.values())) or 1.0
        vectors.append({part: heavy / length for part, heavy in weights.items()})
    return vectors


def _parts(text: str) -> list[str]:
    words = text.split()
    return sorted({*words, *(f"{a} {b}" for a, b in pairwise(words))})


def _neighbours(
    prepared: Sequence[Words], vectors: Sequence[Vector], apart: Sequence[int], alike: float
) -> dict[int, dict[int, float]]:
    """For each question those alike it, and how much. Only those that share a telling part meet."""
    near: dict[int, dict[int, float]] = {n: {} for n in apart}
    typed = {n: _typed(prepared[n]) for n in apart}
    for n, m, shared in _meetings(vectors, apart):
        if shared < _WORTH_READING:
            continue
        meant = shared - _misread(vectors[n], vectors[m], typed[n], typed[m])
        letters = fuzz.token_sort_ratio(prepared[n].folded, prepared[m].folded) / 100
        likeness = _TELLING_SHARE * meant + (1 - _TELLING_SHARE) * letters
        if meant >= _WORTH_READING and likeness >= alike:
            near[n][m] = near[m][n] = likeness
    return near


def _typed(words: Words) -> dict[str, str]:
    """Folded word → as typed, for a message typed with its marks; else nothing."""
    pairs = dict(zip(words.folded.split(), words.text.split(), strict=False))
    marked = sum(folded != typed for folded, typed in pairs.items())
    return pairs if marked * 3 >= len(pairs) else {}


def _misread(mine: Vector, theirs: Vector, typed: dict[str, str], other: dict[str, str]) -> float:
    """How much of what two share are words that only look the same without marks (hoa, hóa)."""
    return sum(
        mine[word] * theirs[word]
        for word in typed.keys() & other.keys()
        if typed[word] != other[word]
    )


def _meetings(vectors: Sequence[Vector], apart: Sequence[int]) -> Iterator[tuple[int, int, float]]:
    """Pairs (n, earlier m) that share a telling part, with the cosine of their vectors."""
    earlier: dict[str, list[int]] = defaultdict(list)
    for n in apart:
        mine = vectors[n]
        heaviest = sorted(mine, key=lambda part: (-mine[part], part))[:HEAVIEST]
        met: set[int] = set()
        for part in heaviest:
            met.update(earlier[part])
        for m in sorted(met):
            theirs = vectors[m]
            yield n, m, sum(weight * theirs.get(part, 0.0) for part, weight in mine.items())
        for part in mine:
            if len(earlier[part]) < MOST_NEIGHBOURS:
                earlier[part].append(n)


def _stars(
    near: Mapping[int, Mapping[int, float]], same: Mapping[int, Sequence[int]]
) -> Iterator[list[int]]:
    """The question that most others are like takes these, then the next of the rest; and so on."""
    pull = {
        n: sum(likeness * len(same[m]) for m, likeness in near[n].items()) + len(same[n])
        for n in near
    }
    taken: set[int] = set()
    members: dict[int, list[int]] = {}
    for n in sorted(near, key=lambda n: (-round(pull[n], 6), n)):
        if n not in taken:
            members[n] = [n]
            taken.update([n, *near[n]])
    for n in near:
        if n not in members:
            best = max((m for m in near[n] if m in members), key=lambda m: (near[n][m], -m))
            members[best].append(n)
    yield from members.values()


def _describe(
    members: Sequence[int],
    same: Mapping[int, Sequence[int]],
    near: Mapping[int, Mapping[int, float]],
    ordered: Sequence[tuple[int, str]],
    hard: Sequence[tuple[bool, int, int]],
) -> Group:
    """The member most like the others stands for the group; of equals the one easiest to read.

    `hard` sorts the questions by that: those with their marks first, then the short ones.
    """
    inside = set(members)

    def closeness(n: int) -> float:
        return len(same[n]) + sum(near[n][m] * len(same[m]) for m in near[n].keys() & inside)

    central = min(members, key=lambda n: (-round(closeness(n), 6), hard[n]))
    best = min(same[central], key=lambda n: hard[n])
    everyone = sorted(ordered[n][0] for member in members for n in same[member])
    return Group(ordered[best][0], ordered[best][1], tuple(everyone))
