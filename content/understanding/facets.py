"""Reads which side of a subject a question is about: papers, place, money, time …

Three readings are added up: the ridge scores of the whole message, those of its asking sentence,
and the cue words that editors keep in `phrases/cues.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from content.cards import Facet
from content.understanding.features import Floats
from content.understanding.matcher import Matcher, Scores
from content.understanding.training import asking_words
from content.understanding.vietnamese import Abbreviations

WHOLE, ASKED = 4.0, 2.5
"""What the ridge scores of the message and of its asking sentence count for."""

CUE, LAST_CUE = 1.8, 1.0
"""What a cue adds to its facet, and what the last one (the longest that ends there) adds."""

OFTEN: Mapping[Facet, float] = {
    Facet.GENERAL: 0.9,
    Facet.ELIGIBILITY: 0.3,
    Facet.AMOUNT: -0.3,
    Facet.PAPERS: -0.1,
    Facet.WHERE: 0.0,
    Facet.DEADLINE: 0.0,
    Facet.FEE: -0.3,
    Facet.STEPS: 0.0,
    Facet.CONTACT: -0.3,
}
"""How much more or less often a facet is asked for than the cards' own examples make believe.
These numbers were fitted on the tuning half of tests/benchmarks/matching."""


class FacetReader:
    def __init__(
        self,
        matcher: Matcher,
        abbreviations: Abbreviations,
        cues: Mapping[Facet, tuple[re.Pattern[str], ...]],
    ) -> None:
        self._matcher = matcher
        self._abbreviations = abbreviations
        self._cues = cues
        self._often = np.array([OFTEN[Facet(name)] for name in matcher.facets])

    @classmethod
    def load(cls, path: Path, matcher: Matcher, abbreviations: Abbreviations) -> FacetReader:
        """Raises ValueError or re.error for cues that cannot be read."""
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        cues = {
            Facet(name): tuple(_whole_words(cue) for cue in lines) for name, lines in raw.items()
        }
        return cls(matcher, abbreviations, cues)

    def read(self, text: str, scores: Scores) -> Facet:
        asked = asking_words(text, self._abbreviations)
        total = WHOLE * scores.facets + ASKED * self._matcher.score(asked).facets
        total = total + self.cue_scores(asked.folded) + self._often
        return Facet(self._matcher.facets[int(np.argmax(total))])

    def cue_scores(self, folded: str) -> Floats:
        """What the cues in a folded sentence speak for."""
        scores = np.zeros(len(self._matcher.facets), dtype=np.float32)
        last, last_at = 0, (0, 0)
        for place, name in enumerate(self._matcher.facets):
            for cue in self._cues.get(Facet(name), ()):
                for found in cue.finditer(folded):
                    scores[place] = CUE
                    at = (found.end(), found.end() - found.start())
                    if at > last_at:
                        last, last_at = place, at
        if last_at != (0, 0):
            scores[last] += LAST_CUE
        return scores


def _whole_words(cue: str) -> re.Pattern[str]:
    bare = cue.removeprefix("^").removesuffix("$")
    start = "^" if cue.startswith("^") else r"(?<!\S)"
    end = "$" if cue.endswith("$") else r"(?!\S)"
    return re.compile(f"{start}(?:{bare}){end}")
