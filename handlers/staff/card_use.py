"""How often cards were shown, and what people said of answers, in words: of the last days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from content.texts import Texts
from handlers.casework import Casework
from handlers.numbers import may_tell
from handlers.reporting import EXPLAINED, rated_by_topic
from handlers.staff.card_view import CardViews
from handlers.staff.staff import Staff
from storage.case_numbers import Ratings, understood_by_topic
from storage.case_search import Wanted
from storage.database import Transaction
from storage.tallies import Tallies

DAYS = 90
"""So many days back it is counted."""


class Use(NamedTuple):
    """Of a card. `rated` tells what was said of its own answers, `said` of officials' answers to
    what is nearest to it; both are empty where few said anything."""

    used: int = 0
    rated: str = ""
    said: str = ""


class CardUse:
    """Counts within what an official may see."""

    def __init__(
        self, *, casework: Casework, views: CardViews, texts: Texts, zone: ZoneInfo
    ) -> None:
        self._casework = casework
        self._views = views
        self._texts = texts
        self._zone = zone
        self._tallies = Tallies()

    async def of(self, tx: Transaction, staff: Staff, slugs: Sequence[str]) -> dict[str, Use]:
        """Each card's."""
        today = self._views.today
        first = today - timedelta(days=DAYS - 1)
        wanted = Wanted(since=datetime.combine(first, time(), self._zone))
        sums = await self._tallies.sums(tx, first=first, last=today, units=staff.only)
        sight = self._casework.sight(staff.official)
        said = await understood_by_topic(tx, sight, wanted, slugs)
        used, rated = Counter[str](), rated_by_topic(sums)
        for one in sums:
            used[one.topic] += one.many if one.what in EXPLAINED else 0
        return {
            slug: Use(
                used[slug],
                self._told("staff.cards.rated", rated.get(slug)),
                self._told("staff.cards.said", said.get(slug)),
            )
            for slug in slugs
        }

    def _told(self, key: str, said: Ratings | None) -> str:
        return self._texts(key, yes=said.yes, no=said.no) if said and may_tell(said) else ""
