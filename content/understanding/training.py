"""Learns a matcher from the cards and the phrase files, and calibrates it on unseen questions.

Every figure that the calibration sees is what a line scored with itself left out.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tomllib
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from content.cards import Card, Facet
from content.understanding.chances import FOLLOW_UP, calibrate, following
from content.understanding.features import Floats, Vocabulary
from content.understanding.matcher import Matcher, read
from content.understanding.names import Names
from content.understanding.retrieval import Documents, Lines
from content.understanding.vietnamese import Abbreviations, Words, prepare

_CODE = (
    "vietnamese",
    "features",
    "retrieval",
    "ridge",
    "matcher",
    "calibration",
    "chances",
    "training",
    "names",
)
"""The files that decide what is learned: a change of one makes what was learned before stale."""

_PHRASES = ("subjects.txt", "none.txt", "aside.txt", "smalltalk.txt", "followups.txt")
_HEADS, _QUESTIONS = "heads.toml", "questions"

_HEADED = 1
"""So many heads of each facet are put before names of each card: more, and what no card answers
is heard as a card."""

_ASIDES, _ASIDE_CARDS = 10, 60
"""So many ways of talking aside are said of each card, of so many cards at most."""

NONE = "none"
SMALL_TALK = ("greeting", "thanks", "goodbye", "who_are_you", "ask_person")
TALK = (NONE, *SMALL_TALK, FOLLOW_UP)

CLASSIFIED = 300
"""With more cards than this the classifier no longer tells them apart: BM25 and likeness do."""

LEARNED, LEARNED_FEW = 24_000, 8_000
"""The classifier learns from so many lines at most; from few when it need not know the cards. For
the most it takes a minute, half a GB of memory and 1.2 GB of disk meanwhile."""

_ROOM = 2 << 30
"""With fewer bytes free where the cache is, learning takes that from memory, and leaves the disk to
the database."""

CALIBRATED = 4_000
"""Of the cards' lines so many at most are left out, each in turn, for the calibration."""


@dataclass(frozen=True)
class Example:
    """One line to learn from. `target` is a slug or a kind of talk."""

    words: Words
    target: str
    facet: Facet | None = None
    asked: bool = False  # somebody could type it: calibration looks at these


@dataclass(frozen=True)
class Phrases:
    """The phrase files; each maps a section's name to its lines."""

    subjects: Mapping[str, tuple[str, ...]]
    questions: Mapping[str, Mapping[str, tuple[str, ...]]]  # by slug and facet
    none: tuple[str, ...]
    aside: tuple[str, ...]  # with {} where a card's name goes: none the less no card answers
    small_talk: Mapping[str, tuple[str, ...]]
    follow_ups: Mapping[str, tuple[str, ...]]
    heads: Mapping[str, tuple[str, ...]]  # by facet: how a question typed as keywords begins

    @classmethod
    def load(cls, folder: Path, own: Path | None = None) -> Phrases:
        """Reads `<folder>/*.txt` and `<folder>/questions/*.txt`; questions in `own` are added.

        Raises OSError or UnicodeError.
        """
        subjects = {
            slug: tuple(p.strip() for line in lines for p in line.split(";") if p.strip())
            for slug, lines in read_sections(folder / "subjects.txt").items()
        }
        aside = folder / "aside.txt"
        return cls(
            subjects=subjects,
            questions=_read_questions(_question_files(folder, own)),
            none=read_sections(folder / "none.txt").get("", ()),
            aside=read_sections(aside).get("", ()) if aside.exists() else (),
            small_talk=read_sections(folder / "smalltalk.txt"),
            follow_ups=read_sections(folder / "followups.txt"),
            heads=_read_heads(folder / _HEADS),
        )


def read_sections(path: Path) -> dict[str, tuple[str, ...]]:
    """Lines by the `[name]` above them; `#` begins a comment; before any name the name is ""."""
    found: dict[str, list[str]] = defaultdict(list)
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.strip()
        if words.startswith("[") and words.endswith("]"):
            name = words[1:-1]
        elif words and not words.startswith("#"):
            found[name].append(words)
    return {name: tuple(lines) for name, lines in found.items()}


def _read_heads(path: Path) -> dict[str, tuple[str, ...]]:
    """A folder of an operator's own need not have them."""
    if not path.exists():
        return {}
    return {name: tuple(heads) for name, heads in tomllib.loads(path.read_text("utf-8")).items()}


def _question_files(folder: Path, own: Path | None) -> list[Path]:
    """Those that come with the other phrase files, then an operator's own."""
    folders = dict.fromkeys([folder.resolve(), (own or folder).resolve()])
    return [path for one in folders for path in sorted((one / _QUESTIONS).glob("*.txt"))]


def _read_questions(files: Sequence[Path]) -> dict[str, dict[str, tuple[str, ...]]]:
    """By slug and facet; a card's questions may stand in two files."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for path in files:
        asked = found.setdefault(path.stem, {})
        for name, lines in read_sections(path).items():
            asked[name] = (*asked.get(name, ()), *lines)
    return found


def _phrases_beside(cards: Mapping[str, Card]) -> Path | None:
    """The phrase folder of the content folder in which the cards stand; it need not be there."""
    card = next(iter(cards.values()), None)
    return None if card is None else card.path.parent.parent.parent / "phrases"


def examples(
    cards: Mapping[str, Card], phrases: Phrases, abbreviations: Abbreviations
) -> Iterator[Example]:
    """All that there is to learn from, in a fixed order."""

    def ready(text: str) -> Words:
        return prepare(text, abbreviations)

    for n, (slug, card) in enumerate(sorted(cards.items())):
        for facet, asked in card.questions.items():
            for question in asked:
                yield Example(ready(question), slug, facet, asked=True)
        for name, lines in phrases.questions.get(slug, {}).items():
            for question in lines:
                yield Example(ready(question), slug, Facet(name), asked=True)
        for name in (card.title, *card.names, *phrases.subjects.get(slug, ())):
            yield Example(ready(name), slug)
        for facet, line in _keywords((card.title, *card.names), phrases.heads, n):
            yield Example(ready(line), slug, facet)
    for line in (*phrases.none, *_said_aside(cards, phrases.aside)):
        yield Example(ready(line), NONE, asked=True)
    for kind in SMALL_TALK:
        for line in phrases.small_talk.get(kind, ()):
            yield Example(ready(line), kind, asked=True)
    for name, lines in phrases.follow_ups.items():
        for line in lines:
            yield Example(ready(line), FOLLOW_UP, Facet(name), asked=True)


def _keywords(
    names: Sequence[str], heads: Mapping[str, tuple[str, ...]], turn: int
) -> Iterator[tuple[Facet, str]]:
    """Questions as one types them into a search box; cards take their turns with the heads."""
    for place, (facet, lines) in enumerate(heads.items()):
        for n in range(turn * _HEADED, (turn + 1) * _HEADED):
            yield Facet(facet), f"{lines[n % len(lines)]} {names[(n + place) % len(names)]}"


def _said_aside(cards: Mapping[str, Card], ways: Sequence[str]) -> Iterator[str]:
    """Talk that has a card's name and is about something else; cards take their turns."""
    slugs = sorted(cards)
    for n, slug in enumerate(slugs[:: len(slugs) // _ASIDE_CARDS + 1]):
        names = (cards[slug].title.lower(), *cards[slug].names)
        for place in range(n * _ASIDES, (n + 1) * _ASIDES) if ways else ():
            yield ways[place % len(ways)].replace("{}", names[place % len(names)])


def train(
    lines: Sequence[Example], slugs: tuple[str, ...], *, scratch: Path | None = None
) -> Matcher:
    """Takes a minute, and more than a GB of the disk that the folder `scratch` is on, without one
    of memory: call it off the event loop, and keep the result. Raises OSError.
    """
    from content.understanding.ridge import solve  # noqa: PLC0415 - pulls in scipy: slow to start

    place = {slug: n for n, slug in enumerate(slugs)}
    classified = slugs if len(slugs) <= CLASSIFIED else ()
    seen, left_out = _chosen(lines, place, LEARNED if classified else LEARNED_FEW)
    learned = [*seen, *left_out]
    others = [] if len(learned) == len(lines) else [x.words for x in lines if x.target in place]
    vocabulary = Vocabulary.of([line.words for line in learned], others)
    ridge, unseen = solve(
        [vocabulary.vector(line.words) for line in learned],
        _targets(learned, classified),
        width=len(vocabulary.index),
        unseen=len(left_out),
        scratch=scratch,
    )
    kept = [line for line in lines if line.target in place]
    words, owners = [line.words for line in kept], [place[line.target] for line in kept]
    documents = Documents(vocabulary, words, owners, len(slugs))
    kept += [line for line in learned if line.target == NONE]
    owners += [len(slugs)] * (len(kept) - len(owners))
    facets = [-1 if line.facet is None else list(Facet).index(line.facet) for line in kept]
    nearest, rows = Lines.of(vocabulary, [line.words for line in kept], owners, facets, len(slugs))
    row_of = {id(line): rows.get(n) for n, line in enumerate(kept)}
    scored = []
    for line, own in zip(left_out, unseen, strict=True):
        more_than = int(line.target in place)  # its own use of a word does not make it known
        scores = read(
            own,
            documents.without(line.words, place.get(line.target)),
            line.words,
            vocabulary=vocabulary,
            lines=nearest,
            talk=len(TALK),
            facets=len(Facet),
            known=vocabulary.familiar(line.words, documents.used > more_than),
            without=row_of.get(id(line)),
        )
        scored.append((line.target, scores))
    right, inside, safe, answer_at, refuse_below = calibrate(scored, place)
    names = Names.of(
        [(x.words, x.target) for x in lines if x.target in place and x.facet is None],
        [x.words for x in lines if x.target == FOLLOW_UP],
    )
    return Matcher(
        slugs=slugs,
        talk=TALK,
        facets=tuple(Facet),
        vocabulary=vocabulary,
        ridge=ridge,
        postings=documents.postings,
        lines=nearest,
        right=right,
        inside=inside,
        safe=safe,
        follows=following(scored, place),
        answer_at=answer_at,
        refuse_below=refuse_below,
        names=names,
    )


def _chosen(
    lines: Sequence[Example], places: Mapping[str, int], most: int
) -> tuple[list[Example], list[Example]]:
    """The lines to learn from: those only learned, and those that are also left out in turn.

    Where there are too many, all that is no card's, and of the cards' lines every so manieth.
    """
    cards = [line for line in lines if line.target in places]
    others = [line for line in lines if line.target not in places]
    chosen = [*_spread(cards, max(1, most - len(others))), *others]
    asked = _spread([line for line in chosen if line.asked and line.target in places], CALIBRATED)
    left_out = {id(line) for line in [*asked, *others]}
    return [x for x in chosen if id(x) not in left_out], [x for x in chosen if id(x) in left_out]


def _spread(lines: Sequence[Example], most: int) -> list[Example]:
    """At most so many of the lines, evenly over all of them."""
    count = min(most, len(lines))
    return [lines[n * len(lines) // count] for n in range(count)]


def load_or_train(
    cards: Mapping[str, Card],
    folder: Path,
    abbreviations: Abbreviations,
    cache: Path | None,
    stamp: str = "",
) -> Matcher:
    """The matcher trained on exactly this content before, if `cache` holds it; else a new one.

    `folder` has the phrase files; question files beside the cards are added to those. `stamp`
    names the state of the cards, so that not all are read.
    """
    own = _phrases_beside(cards)

    def trained() -> Matcher:
        lines = list(examples(cards, Phrases.load(folder, own), abbreviations))
        return train(lines, tuple(sorted(cards)), scratch=_scratch(cache))

    if cache is None:
        return trained()
    kept = cache / f"matcher-{_content_key(cards, folder, own, stamp)}.npz"
    try:
        return Matcher.load(kept)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        matcher = trained()
    with contextlib.suppress(OSError):  # without a cache the next start is slower, no more
        matcher.save(kept)
        for old in cache.glob("matcher-*.npz"):
            if old != kept:
                old.unlink(missing_ok=True)
    return matcher


def _scratch(cache: Path | None) -> Path | None:
    """The cache's folder, if one may write there and it has room. No other: the system's own for
    files that pass by often lies in memory."""
    if cache is None:
        return None
    try:
        cache.mkdir(parents=True, exist_ok=True)
        roomy = shutil.disk_usage(cache).free >= _ROOM
    except OSError:
        return None
    return cache if roomy and os.access(cache, os.W_OK) else None


def _content_key(cards: Mapping[str, Card], folder: Path, own: Path | None, stamp: str) -> str:
    """Changes with the cards, with every phrase learned from and with the code that learns."""
    digest = hashlib.sha256((stamp or repr([cards[s].digest for s in sorted(cards)])).encode())
    learned = [folder / name for name in ("abbreviations.toml", *_PHRASES, _HEADS)]
    code = [Path(__file__).parent / f"{name}.py" for name in _CODE]
    for path in [*filter(Path.exists, learned), *_question_files(folder, own), *code]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:24]


def _targets(lines: Sequence[Example], slugs: tuple[str, ...]) -> Floats:
    places = {name: n for n, name in enumerate((*slugs, *TALK))}
    facets = {facet: len(places) + n for n, facet in enumerate(Facet)}
    targets = np.zeros((len(lines), len(places) + len(facets)), dtype=np.float32)
    for n, line in enumerate(lines):
        if line.target in places:
            targets[n, places[line.target]] = 1
        if line.facet is not None:
            targets[n, facets[line.facet]] = 1
    with_facet = np.array([line.facet is not None for line in lines])
    usual = targets[with_facet, len(places) :].mean(axis=0)
    targets[~with_facet, len(places) :] = usual  # says nothing about the facet
    return targets
