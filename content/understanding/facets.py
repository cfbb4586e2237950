"""Reads which side of a subject a question is about: papers, place, money, time …

Five readings are added up: the ridge scores of the whole message, of its asking sentence and of
that sentence's last clause; which side the subject's own lines ask about that are most like the
message; and the cue words that editors keep in `phrases/cues.toml`.
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
from content.understanding.vietnamese import Abbreviations, Words, asking_part, last_clause, prepare

WHOLE, ASKED, CLAUSE = 0.4, 0.3, 0.3
"""What the ridge scores of the message, its asking sentence and that one's end count for."""

NEAREST = 0.3
"""What the card's nearest lines count for."""

CUE, LAST_CUE = 0.08, 0.045
"""What a cue adds to its facet, and what the last one (the longest that ends there) adds."""

_GAP = ".{"
_PARTICLES = re.compile(r"(?: (?:a|vay|nhi|he|ha|hen|nhe|day|co|chu|bac|em|anh|chi))+$")
"""Said at the end out of politeness, or to whom; what is asked stands before."""

_OTHER_CASE = re.compile(r"^(?:the|con|vay|neu|roi|a)\b.* thi (?:lai )?(?:sao|the nao)(?: \S+)?$")


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

    @classmethod
    def load(cls, path: Path, matcher: Matcher, abbreviations: Abbreviations) -> FacetReader:
        """Raises ValueError or re.error for cues that cannot be read."""
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        cues = {
            Facet(name): tuple(_whole_words(cue) for cue in lines) for name, lines in raw.items()
        }
        return cls(matcher, abbreviations, cues)

    def read(self, text: str, words: Words, scores: Scores, slug: str) -> Facet:
        """The side of the card `slug` that is asked about."""
        heard = self.scores(text, words, scores, slug)
        return Facet(self._matcher.facets[int(np.argmax(heard))])

    def goes_on(self, words: Words, facet: Facet, before: Facet) -> Facet:
        """The side asked before, where the same is asked of another case: "thế tuổi 82 thì sao"."""
        unsaid = facet in (Facet.ELIGIBILITY, Facet.GENERAL) and before is not Facet.GENERAL
        return before if unsaid and _OTHER_CASE.search(words.folded) else facet

    def scores(self, text: str, words: Words, scores: Scores, slug: str) -> Floats:
        """How much speaks for each of the matcher's facets, if a card is what is talked about."""
        # A story says in the end what it asks, and the facet better there than as a whole.
        asking = asking_part(text)
        asked = prepare(asking, self._abbreviations)
        end = prepare(last_clause(asking), self._abbreviations)
        alone = scores.facets if asked == words else self._matcher.facets_of(asked)
        last = alone if end == asked else self._matcher.facets_of(end)
        said: Floats = WHOLE * scores.facets + ASKED * alone + CLAUSE * last
        near = NEAREST * self._matcher.facets_near(words, slug)
        return said + near + self.cue_scores(asked.folded)

    def cue_scores(self, folded: str) -> Floats:
        """What the cues in a folded sentence speak for; one inside a longer one says nothing."""
        folded = _PARTICLES.sub("", folded)
        heard = [
            (found.start(), found.end(), _GAP not in cue.pattern, place)
            for place, name in enumerate(self._matcher.facets)
            for cue in self._cues.get(Facet(name), ())
            for found in cue.finditer(folded)
        ]
        own = [
            one
            for one in heard
            if not any(
                whole and start <= one[0] and one[1] <= end and end - start > one[1] - one[0]
                for start, end, whole, _ in heard
            )
        ]
        scores = np.zeros(len(self._matcher.facets), dtype=np.float32)
        scores[[place for *_, place in own]] = CUE
        if own:
            # Where a gap of any words is bridged, the length says nothing.
            *_, last = max(own, key=lambda one: (one[1], (one[1] - one[0]) * one[2]))
            scores[last] += LAST_CUE
        return scores


def _whole_words(cue: str) -> re.Pattern[str]:
    bare = cue.removeprefix("^").removesuffix("$")
    start = "^" if cue.startswith("^") else r"(?<!\S)"
    end = "$" if cue.endswith("$") else r"(?!\S)"
    return re.compile(f"{start}(?:{bare}){end}")
