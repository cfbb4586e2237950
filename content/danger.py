"""Senses danger that is told in words no phrase has: learned from lines of people in danger.

Two questions: is it danger at all, against ordinary questions, and then of which kind.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from content.understanding.features import Floats, Vocabulary
from content.understanding.training import read_sections
from content.understanding.vietnamese import Abbreviations, prepare

FILE = "danger.txt"
ABBREVIATIONS = "abbreviations.toml"
ORDINARY = "none"
"""The section of lines that sound like danger and are none."""

UNSURE = "help"
"""The kind whose text gives all numbers."""

_CLEAR = 0.12
_EVERY = 3
"""Of so many questions one is learned: all of them take three times as long for no gain."""

_DAMPING, _ROUNDS, _UNKNOWN = 0.7, 60, -0.8
"""A message of unknown words alone scores `_UNKNOWN`; -1 is ordinary, 1 danger."""

PIECE, OVERLAP = 32, 12
"""A sentence without end is heard in pieces of so many words, which overlap by so many."""

_SENTENCE = re.compile(r"[.!?…\n;]+(?!\d)")
_WORD = re.compile(r"[^\W_]+")
_VERSION = "2"


@dataclass(frozen=True)
class Sense:
    """What was learned. The first column of `weights` is danger at all, the others the kinds."""

    kinds: tuple[str, ...]
    vocabulary: Vocabulary
    weights: Floats
    abbreviations: Abbreviations

    @classmethod
    def learn(
        cls, phrases: Path, abbreviations: Abbreviations, *, beside: Sequence[str], cache: Path
    ) -> Sense | None:
        """Learns from the folder of phrase files, or takes it from `cache`; blocking.

        `beside` are subjects whose questions may be cries for help, so not ordinary ones.
        None when the folder has no lines of danger.
        """
        if not (phrases / FILE).exists():
            return None
        lines = read_sections(phrases / FILE)
        kinds = tuple(kind for kind in lines if kind != ORDINARY)
        ordinary = [*lines.get(ORDINARY, ()), *_ordinary(phrases, beside)]
        words = phrases / ABBREVIATIONS
        told = hashlib.sha256(words.read_bytes() if words.exists() else b"")
        told.update("\n".join([_VERSION, repr(lines), *ordinary]).encode())
        kept = cache / f"danger-{told.hexdigest()[:16]}.npz"
        try:
            with np.load(kept) as saved:
                index = {str(name): n for n, name in enumerate(saved["names"])}
                vocabulary = Vocabulary(index, saved["idf"])
                return cls(kinds, vocabulary, saved["weights"], abbreviations)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            learned = cls._learn({kind: lines[kind] for kind in kinds}, ordinary, abbreviations)
        with contextlib.suppress(OSError):  # without a cache the next start is slower, no more
            learned._save(kept)
            for old in cache.glob("danger-*.npz"):
                if old != kept:
                    old.unlink(missing_ok=True)
        return learned

    def _save(self, path: Path) -> None:
        """Whole or not at all. Raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{id(self)}.part")
        with part.open("wb") as file:
            np.savez(
                file,
                names=np.array(self.vocabulary.names),
                idf=self.vocabulary.idf,
                weights=self.weights,
            )
        part.replace(path)

    @classmethod
    def _learn(
        cls,
        dangers: Mapping[str, Sequence[str]],
        ordinary: Sequence[str],
        abbreviations: Abbreviations,
    ) -> Sense:
        from scipy.sparse.linalg import lsmr  # noqa: PLC0415 - slow to start, and needed to learn alone

        from content.understanding.ridge import matrix, solve  # noqa: PLC0415 - loads scipy too

        told = [(kind, line) for kind, lines in dangers.items() for line in lines]
        messages = [prepare(line, abbreviations) for _, line in told]
        messages += [prepare(line, abbreviations) for line in ordinary]
        vocabulary = Vocabulary.of(messages)
        vectors = [vocabulary.vector(message) for message in messages]
        width = len(vocabulary.index)
        goal = np.where(np.arange(len(vectors)) < len(told), 1.0, -1.0) - _UNKNOWN
        rows = matrix(vectors, width)
        at_all = lsmr(rows, goal, damp=_DAMPING, maxiter=_ROUNDS)[0]
        own = np.array([[kind == k for k in dangers] for kind, _ in told], dtype=np.float32)
        by_kind, _ = solve(vectors[: len(told)], own, width=width, unseen=1)
        weights = np.column_stack([at_all, by_kind]).astype(np.float32)
        return cls(tuple(dangers), vocabulary, weights, abbreviations)

    def judge(self, text: str) -> tuple[float, str]:
        """How much a sentence sounds like danger (about -1 to 1), and like which kind.

        The kind is `UNSURE` where two kinds sound nearly alike.
        """
        columns, values = self.vocabulary.vector(prepare(text, self.abbreviations))
        scores = values @ self.weights[columns]
        second, first = np.argsort(scores[1:])[-2:]
        clear = scores[1 + first] - scores[1 + second] >= _CLEAR
        return float(scores[0]) + _UNKNOWN, self.kinds[first] if clear else UNSURE


def pieces(text: str) -> Iterator[str]:
    """The words of each sentence, of a long one in pieces: how messages are learned and heard."""
    for sentence in _SENTENCE.split(text):
        words = _WORD.findall(sentence)
        for start in range(0, max(1, len(words) - OVERLAP), PIECE - OVERLAP):
            if piece := " ".join(words[start : start + PIECE]):
                yield piece


def _ordinary(phrases: Path, beside: Sequence[str]) -> list[str]:
    """Some of the questions, and all small talk: short words ("ok em") say nothing of danger."""
    talk = phrases / "smalltalk.txt"
    small = [
        line for kind in (read_sections(talk).values() if talk.exists() else ()) for line in kind
    ]
    return [*_questions(phrases, beside)[::_EVERY], *small]


def _questions(phrases: Path, beside: Sequence[str]) -> list[str]:
    files = sorted((phrases / "questions").glob("*.txt"))
    lines = [
        piece
        for path in (phrases / "none.txt", *files)
        if path.exists() and path.stem not in beside
        for section in read_sections(path).values()
        for line in section
        for piece in pieces(line)
    ]
    return sorted(lines, key=lambda line: hashlib.sha256(line.encode()).digest())
