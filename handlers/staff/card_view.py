"""How cards, drafts and their texts are shown: states, remarks beside fields, looks in channels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from content.answers import compose, label
from content.approvals import digest_of
from content.card_form import NotAForm, field_at
from content.cards import Card, Facet
from content.checker import Reading, read_draft
from content.differences import Line, differences
from content.faults import CardFault
from content.library import Library, holding
from content.media import PICTURES, media_of
from content.screens import screens, show
from content.texts import Texts
from storage.card_drafts import CardDraft
from storage.card_versions import Origin, Version
from storage.database import Transaction
from storage.officials import Officials

SOON = timedelta(days=30)
"""So long before a card has to be read again the list says so."""


class Standing(NamedTuple):
    """Of a card in use: its states, by the names that the list can be narrowed to, with words."""

    state: str
    words: str


class Remark(NamedTuple):
    """What is wrong. `field` is empty for the card as a whole; what `stops` must be mended."""

    field: str
    problem: str
    remedy: str
    stops: bool


class Looks(NamedTuple):
    """One answer as a channel shows it."""

    facet: str
    shown: str


@dataclass(frozen=True, slots=True)
class Past:
    """A version in words; moments are Vietnam's."""

    number: int
    at: str
    words: str


class CardViews:
    """Puts cards into words; what villagers get into those that they read."""

    def __init__(
        self,
        *,
        library: Library,
        texts: Texts,
        to_villagers: Texts,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._library = library
        self._texts = texts
        self._to_villagers = to_villagers
        self._zone = zone
        self.clock = clock
        self._officials = Officials()
        self.channels = tuple(screen.name for screen in screens())

    @property
    def today(self) -> date:
        """The day in Vietnam."""
        return self.clock().astimezone(self._zone).date()

    def at(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).strftime("%H:%M %d/%m/%Y")

    def read(self, text: str, slug: str) -> Reading:
        """A text as the card of that name. Blocking."""
        library = self._library
        return read_draft(text, slug, library.shelf, self.today, library.folder)

    def standing(self, card: Card) -> Iterator[Standing]:
        """Who stands behind a card's text, what in it is open, when it is to be read again."""
        approval = self._library.shelf.approvals.of(card.slug, card.digest)
        if approval is None:
            yield Standing("sample", self._texts("staff.cards.sample"))
        else:
            fields = {"by": approval.by, "on": approval.on.strftime("%d/%m/%Y")}
            yield Standing("approved", self._texts("staff.cards.approved", **fields))
        if names := ", ".join(dict.fromkeys(unconfirmed(card, self.today))):
            yield Standing("to-confirm", self._texts("staff.cards.to_confirm", names=names))
        day = card.review_by.strftime("%d/%m/%Y")
        if card.overdue(self.today):
            yield Standing("overdue", self._texts("staff.cards.overdue", day=day))
        elif card.review_by <= self.today + SOON:
            yield Standing("soon", self._texts("staff.cards.soon", day=day))

    def remarks(self, reading: Reading, text: str) -> list[Remark]:
        """What the checker says of a text, in its order, the faults that stop it first."""

        def remark(found: CardFault, *, stops: bool) -> Remark:
            try:
                field = field_at(text, found.line)
            except NotAForm:
                field = ""
            return Remark(field, found.problem, found.remedy, stops)

        return [
            *(remark(found, stops=True) for found in reading.stops),
            *(remark(found, stops=False) for found in reading.remarks),
        ]

    def looks(self, card: Card, channel: str) -> list[Looks]:
        """What each button of the card shows in that channel today."""
        [screen] = [one for one in screens() if one.name == channel]
        pictures = holding(self._library.folder, PICTURES)
        found = []
        for facet in Facet:
            answer = compose(card, facet, today=self.today, texts=self._to_villagers)
            media = self._media(pictures, card) if facet is Facet.GENERAL else []
            labels = [label(other, self._to_villagers) for other in answer.facets]
            choices = [f"{digit}. {name}" for digit, name in enumerate(labels, start=1)]
            shown = "\n".join(show(answer.text, choices, media, screen))
            found.append(Looks(label(facet, self._texts), shown))
        return found

    def _media(self, folder: Path, card: Card) -> list[tuple[str, str]]:
        """A picture by what it is, a voice by its file, whose ending decides where it is heard."""
        picture = self._to_villagers("staff.card.picture")
        return [
            (kind, picture if kind == "image" else name) for kind, name in media_of(folder, card)
        ]

    def channel(self, typed: str) -> str:
        """The channel that was asked for, or the first."""
        return typed if typed in self.channels else self.channels[0]

    def names_of_channels(self) -> list[tuple[str, str]]:
        return [(name, self._texts(f"staff.card.channel.{name}")) for name in self.channels]

    def difference(self, before: str, after: str) -> list[Line]:
        """What changed, with the name of the part where no section is."""
        front = self._texts("staff.card.front")
        return [
            Line(line.mark, line.words, line.heading or front)
            for line in differences(before, after)
        ]

    async def people(self, tx: Transaction, numbers: Iterable[int | None]) -> dict[int, str]:
        """How these officials are called."""
        return await self._officials.names(tx, {one for one in numbers if one is not None})

    def writers(self, draft: CardDraft, names: dict[int, str]) -> str:
        return ", ".join(names.get(one, f"#{one}") for one in draft.writers)

    def past(self, version: Version, names: dict[int, str]) -> Past:
        """Where a text of a card came from."""
        match version.origin:
            case Origin.CONSOLE:
                by = ", ".join(names.get(one, f"#{one}") for one in version.writers)
                approver = names.get(version.approved_by or 0, f"#{version.approved_by}")
                words = self._texts("staff.card.by_console", by=by, approver=approver)
                if version.office:
                    office = self._texts("staff.card.with_office", office=version.office)
                    words = f"{words} {office}"
            case Origin.HAND:
                words = self._texts("staff.card.by_hand")
            case Origin.FOUND:
                words = self._texts("staff.card.found")
        return Past(version.number, self.at(version.seen_at), words)


def unconfirmed(card: Card, today: date) -> Iterator[str]:
    """The values that are still to be confirmed, now or for a time to come."""
    for figure in card.figures.values():
        for period in figure.periods:
            if not period.confirmed and (period.until is None or period.until >= today):
                yield f"{figure.name} ({period.value})"


def by_field(remarks: Sequence[Remark], fields: Collection[str]) -> dict[str, list[Remark]]:
    """The remarks of each field; those of the whole card at the empty name."""
    found: dict[str, list[Remark]] = {name: [] for name in ("", *fields)}
    for remark in remarks:
        found[remark.field if remark.field in fields else ""].append(remark)
    return found


def same(one: str, other: str) -> bool:
    """Whether two texts are one card; how their lines end does not count."""
    return digest_of(one) == digest_of(other)
