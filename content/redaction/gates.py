"""Quick looks at a page that tell where a rule can find nothing, so that it need not read.

Most messages hold nothing to hide. Each gate asks for something without which none of its rule's
patterns matches; where it is there, the rule decides. A gate must never be shut before a rule that
would find: tests/content/test_redaction_gates.py asks this of every page that it can think of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from content.redaction.codes import codes, links, plates
from content.redaction.names import introduced, titled
from content.redaction.numbers import keep, left_over, numbers, spoken
from content.redaction.page import Found, Page
from content.redaction.places import addresses, births
from content.redaction.words import FAMILIES, WORDS, any_of, first_letters, letters_of

Gate = Callable[[Page], bool]
Rule = Callable[[Page], Iterator[Found]]


_DOMAIN = re.compile(r"[.,] ?(?:com|vn|net|org|info|me|ly|gl|cc|app|be)|(?:cham|[)\]]) ?(?:com|vn)")
_NETWORKS = first_letters(WORDS["networks"]["names"])
_BIRTH = first_letters(WORDS["birth"]["cues"])
_ADDRESS = first_letters(WORDS["address"]["cues"])
_NUMBERED = first_letters(WORDS["address"]["numbered"])
_SPOKEN = frozenset(run for runs in letters_of(WORDS["numbers"]["spoken"]) for run in runs)
_INTRODUCED = re.compile(
    rf"ten|{any_of(WORDS['names']['signed'])}|(?:{any_of(WORDS['names']['selves'])}) {{1,3}}la"
)
_TITLED = re.compile(
    rf"(?:{any_of(WORDS['names']['titles'])}) {{1,3}}"
    rf"(?:(?:{'|'.join(sorted(first_letters(FAMILIES)))})(?![^\W\d_])|[hk]')"
)
_FULL_MIDDLES = first_letters(WORDS["names"]["middles"][:3])


def _digits(least: int) -> Gate:
    return lambda page: page.digits >= least


def _links(page: Page) -> bool:
    """An @, an ending of an address, which can be said as "chấm com", or a network's name."""
    plain = page.plain
    return (
        "@" in plain
        or "http" in plain
        or "www." in plain
        or _DOMAIN.search(plain) is not None
        or not _NETWORKS.isdisjoint(page.runs)
    )


def _births(page: Page) -> bool:
    return page.digits >= 2 and not _BIRTH.isdisjoint(page.runs)


def _addresses(page: Page) -> bool:
    """A cue; "số nhà" and its like only before a number; a latitude with its longitude."""
    runs = page.runs
    digits = page.digits
    numbered = digits > 0 and not _NUMBERED.isdisjoint(runs)
    return numbered or digits >= 12 or not _ADDRESS.isdisjoint(runs)


def _spoken(page: Page) -> bool:
    """Eight figures, of which three are words."""
    words = sum(map(_SPOKEN.__contains__, page.runs))
    return words >= 3 and words + page.digits >= 8


def _introduced(page: Page) -> bool:
    return _INTRODUCED.search(page.plain) is not None


def _titled(page: Page) -> bool:
    """A family name after a title, or văn, thị or a."""
    return _TITLED.search(page.plain) is not None or not _FULL_MIDDLES.isdisjoint(page.runs)


GATED: Sequence[tuple[Gate, Rule]] = (
    (_links, links),
    (_digits(6), plates),  # two before the letters, four after them
    (_digits(7), codes),  # a passport has seven
    (_births, births),
    (_addresses, addresses),
    (_digits(1), keep),
    (_digits(5), numbers),  # the least after a household's cue
    (_spoken, spoken),
    (_introduced, introduced),
    (_titled, titled),
    (_digits(9), left_over),
)
"""Every rule with its gate, in this order: what one has found, the next do not read."""
