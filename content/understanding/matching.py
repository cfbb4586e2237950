"""Understands a message: what it is about, how sure that is, and what it therefore gets.

Built once from the cards and the phrase files (`build`), then read-only. `matcher` scores,
`facets` reads the side of the subject, `dialogue` knows what hangs on the turn before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from content.cards import Card, Facet
from content.understanding.chances import FOLLOW_UP, follow_measures
from content.understanding.dialogue import HANGS, MENU, chance, follow, stands_alone, subject
from content.understanding.facets import FacetReader
from content.understanding.matcher import Matcher, Scores
from content.understanding.outcomes import (
    Answer,
    AskPerson,
    Choices,
    Context,
    Outcome,
    SmallTalk,
    Talk,
    Unknown,
)
from content.understanding.training import (
    NONE,
    SMALL_TALK,
    load_or_train,
    read_sections,
)
from content.understanding.vietnamese import Abbreviations, Words, prepare


@dataclass(frozen=True)
class Trace:
    """How an outcome came about, for `python -m content why`."""

    words: Words
    scores: Scores
    cards: tuple[tuple[str, float], ...]
    talk: tuple[tuple[str, float], ...]
    right: float
    inside: float
    safe: float
    follows: float
    outcome: Outcome


class Understanding:
    """Built once, then read-only: safe to call from several threads, some tenths of a ms a call."""

    def __init__(
        self,
        matcher: Matcher,
        facets: FacetReader,
        abbreviations: Abbreviations,
        small_talk: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.matcher = matcher
        self._facets = facets
        self._abbreviations = abbreviations
        self._said = {
            prepare(line, abbreviations).folded: kind
            for kind in SMALL_TALK
            for line in small_talk.get(kind, ())
        }

    @classmethod
    def build(
        cls,
        cards: Mapping[str, Card],
        *,
        folder: Path,
        cache: Path | None = None,
        stamp: str = "",
    ) -> Understanding:
        """Trains on the cards and on `<folder>/phrases`, or takes the result from `cache`.

        `stamp` names the state of the cards; where it is given and known, none of them is read.

        Blocks for some seconds when it must train. A cache that cannot be read or written is
        done without. Raises ValueError when there are fewer than two cards.
        """
        if len(cards) < 2:
            raise ValueError("at least two cards are needed to tell questions apart")
        abbreviations = Abbreviations.load(folder / "phrases" / "abbreviations.toml")
        matcher = load_or_train(cards, folder / "phrases", abbreviations, cache, stamp)
        return cls(
            matcher,
            FacetReader.load(folder / "phrases" / "cues.toml", matcher, abbreviations),
            abbreviations,
            read_sections(folder / "phrases" / "smalltalk.txt"),
        )

    def understand(self, text: str, context: Context | None = None) -> Outcome:
        """What the text gets, given what was talked about. Never raises on any text."""
        return self.explain(text, context).outcome

    def explain(self, text: str, context: Context | None = None) -> Trace:
        """The outcome with all that led to it."""
        words = prepare(text, self._abbreviations)
        scores = self.matcher.score(words)
        right = float(self.matcher.right.of(scores.measures()))
        inside = float(self.matcher.inside.of(scores.measures()))
        safe = float(self.matcher.safe.of(scores.crossed()))
        before = None if context is None else self.matcher.places.get(context.topic)
        follows = 0.0
        if before is not None:
            follows = float(self.matcher.follows.of(follow_measures(scores, before)))
        ranked = tuple((self.matcher.slugs[n], float(scores.cards[n])) for n in scores.ranking[:8])
        outcome = self._decide(text, words, scores, (right, inside, safe, follows), context)
        talk = tuple(zip(self.matcher.talk, map(float, scores.talk), strict=True))
        return Trace(words, scores, ranked, talk, right, inside, safe, follows, outcome)

    def facet_scores(self, text: str, trace: Trace) -> dict[Facet, float]:
        """How much speaks for each facet of what was explained."""
        outcome = trace.outcome
        slug = outcome.slug if isinstance(outcome, Answer) else trace.cards[0][0]
        heard = self._facets.scores(text, trace.words, trace.scores, slug)
        return {Facet(name): float(n) for name, n in zip(self.matcher.facets, heard, strict=True)}

    def _decide(
        self,
        text: str,
        words: Words,
        scores: Scores,
        chances: tuple[float, float, float, float],
        context: Context | None,
    ) -> Outcome:
        right, inside, safe, follows = chances
        if not words.folded:
            return Unknown(0.0, (), context)
        talk = self._small_talk(words, scores)
        if talk is not None:
            return talk if context is None else replace(talk, context=context)
        best = self._best(scores)
        facet = self._facets.read(text, words, scores, best[0])
        named = self._named(words, context)
        if named == best[0]:  # both readings agree
            sure = chance(max(right, self.matcher.answer_at))
            return Answer(named, facet, sure, best[1:], Context(named, facet, sure=True))
        clear = safe >= self.matcher.answer_at and inside >= self.matcher.refuse_below
        alone = clear and context is not None and stands_alone(context, best[0], right, follows)
        if context is not None and named is None and not alone:
            kept = subject(context, self.matcher.places, scores, follows)
            if kept in self.matcher.places and follows >= HANGS:
                asked = self._facets.read(text, words, scores, kept)
                return follow(
                    context,
                    kept,
                    self._facets.goes_on(words, asked, context.facet),
                    best=best,
                    follows=follows,
                    sure_at=self.matcher.answer_at,
                )
        leanings = tuple(
            (self.matcher.slugs[n], chance(float(scores.cards[n]))) for n in scores.ranking[:5]
        )
        guess = Context(best[0], facet, sure=False, leanings=leanings)
        if inside < self.matcher.refuse_below:
            # What was talked about is not forgotten, but after this it is only a guess.
            onward = guess if context is None else replace(context, sure=False)
            return Unknown(chance(inside), best, onward)
        if safe >= self.matcher.answer_at:
            return Answer(best[0], facet, chance(right), best[1:], replace(guess, sure=True))
        return Choices(best, facet, chance(min(right, inside)), guess)

    def _named(self, words: Words, context: Context | None) -> str | None:
        """The card that the message names, if that is not what is talked about anyway."""
        heard = self.matcher.names.hear(words)
        if heard is None:
            return None
        slug, name = heard
        places = self.matcher.places
        before = None if context is None else places.get(context.topic)
        if before is None or (
            before != places[slug] and self.matcher.own_to(name, places[slug], before)
        ):
            return slug
        return None

    def _small_talk(self, words: Words, scores: Scores) -> SmallTalk | AskPerson | None:
        """Said just so, or near to it and nearer than to any card."""
        kind = self._said.get(words.folded)
        if kind is None:
            place = int(np.argmax(scores.talk))
            near = self.matcher.talk[place]
            if near in (NONE, FOLLOW_UP) or scores.length > 12:
                return None
            if scores.talk[place] < max(0.4, float(scores.cards.max()) + 0.1):
                return None
            kind = near
        return AskPerson(None) if kind == "ask_person" else SmallTalk(Talk(kind), None)

    def _best(self, scores: Scores) -> tuple[str, ...]:
        return tuple(self.matcher.slugs[n] for n in scores.ranking[:MENU])
