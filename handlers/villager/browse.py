"""Looking around without a question: the first page, the groups of subjects, and the cards."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

from content.answers import compose, label
from content.cards import Card, Facet
from content.days import named_time
from content.shelf import Shelf
from content.texts import Texts
from handlers.actions import Action, Feedback, ListUnits, ShowCard, ShowGroup, Told
from handlers.errands import Served, Visit
from handlers.messages import Media, MediaKind, Reply
from handlers.units import Units
from handlers.villager.menus import Choice, Menus
from storage.conversations import Shown, Talk
from storage.tallies import Asked, Tallies

PAGE = 7


class Browse:
    """Shows pages and cards."""

    def __init__(
        self,
        *,
        shelf: Shelf,
        texts: Texts,
        units: Units,
        media_of: Callable[[Card], Iterable[tuple[str, str]]],
        platform: Callable[[str], str],
        tallies: Tallies,
    ) -> None:
        """`media_of` gives a card's pictures and sounds: ("image" or "audio", name); `platform`
        says of an account what kind of channel it is."""
        self._platform = platform
        self._tallies = tallies
        self._shelf = shelf
        self._media_of = media_of
        self._texts = texts
        self._units = units
        self._menus = Menus(texts)

    async def welcome(self, visit: Visit) -> Served:
        """The first contact: what this is, whose, and what it can do. It asks for nothing."""
        return Served((self.first_page(visit.person.unit),), Talk(greeted=True))

    def first_page(self, unit: str) -> Reply:
        """The first contact's words with the groups of subjects, for a person of that unit."""
        return self._home(self._introduction(unit), unit)

    def has(self, slug: str) -> bool:
        """Whether there is such a card."""
        return slug in self._shelf.cards

    def card_page(self, slug: str, *, unit: str, today: date) -> Reply:
        """The short form of a card, for a person of that unit of whom nothing else is known."""
        return self._card(slug, Facet.GENERAL, today=today, asked="", unit=unit)

    def introduction(self, visit: Visit) -> Reply:
        """The same words without choices, before the answer to a first question."""
        return Reply(self._introduction(visit.person.unit))

    def _introduction(self, code: str) -> str:
        unit = self._units.get(code)
        if unit is None:
            return self._texts("welcome.text")
        return self._texts("welcome.text_unit", unit=unit.name)

    async def home(self, visit: Visit, _action: Action | None = None) -> Served:
        page = replace(self._home(self._texts("home.text"), visit.person.unit), menu=True)
        return Served((page,), Talk(greeted=True))

    async def group(self, visit: Visit, action: Action) -> Served:
        """The cards of one group of subjects; an unknown group shows the first page."""
        match action:
            case ShowGroup(group, start) if group in self._shelf.groups:
                cards = self._shelf.groups[group]
                choices: list[Choice] = [(card.title, ShowCard(card.slug)) for card in cards]
                page = self._menus.page(choices, start=start, more=ShowGroup(group, start + PAGE))
                text = self._texts("group.text", group=self._texts(f"group.{group}"))
                reply = Reply(text, self._menus.numbered(page), menu=True)
                return Served((reply,), Talk(greeted=True))
        return await self.home(visit)

    async def card(self, visit: Visit, action: Action) -> Served:
        """One facet of a card; a card that is gone shows the first page."""
        match action:
            case ShowCard(slug, facet) if slug in self._shelf.cards and facet in set(Facet):
                return await self.open(visit, slug, Facet(facet))
        return await self.home(visit)

    async def open(self, visit: Visit, slug: str, facet: Facet) -> Served:
        """A card of the shelf that was chosen by a button or a link."""
        await self._tallies.add(
            visit.tx,
            Asked.OPENED,
            day=visit.today,
            unit=visit.person.unit,
            platform=self._platform(visit.conversation.account),
            topic=slug,
            facet=facet.value,
            place=visit.conversation.id,
        )
        return self.show(visit, slug, facet)

    def show(
        self,
        visit: Visit,
        slug: str,
        facet: Facet,
        *,
        question: str = "",
        also: Choice | None = None,
        rated: bool = True,
    ) -> Served:
        """Answer from a card of the shelf, with its other facets as choices and `also` one more.
        It may be `rated`, though not in a group."""
        asked = question or visit.talk.question
        talk = Talk(
            topic=slug,
            facet=facet.value,
            sure=True,
            question=asked,
            greeted=True,
            answer=Shown(
                slug,
                facet.value,
                asked=bool(question) or _goes_on(visit.talk, slug),
                posted=tuple(visit.talk.posted),
            ),
        )
        page = self._card(
            slug, facet, today=visit.today, asked=asked, unit=visit.person.unit, also=also
        )
        if not rated or visit.group:
            return Served((page,), replace(talk, answer=None))
        page = replace(page, buttons=(*page.buttons, *self._menus.rating(slug)))
        return Served((page,), talk)

    def _card(
        self,
        slug: str,
        facet: Facet,
        *,
        today: date,
        asked: str,
        unit: str,
        also: Choice | None = None,
    ) -> Reply:
        card = self._shelf.cards[slug]
        answer = compose(
            card,
            facet,
            today=today,
            time=named_time(asked, today),
            local=self._units.local(unit),
            texts=self._texts,
        )
        choices: list[Choice] = [
            (label(other, self._texts), ShowCard(slug, other.value)) for other in answer.facets
        ]
        if also:
            choices = [*choices[:PAGE], also]
        return Reply(answer.text, self._menus.numbered(choices), self._media(slug, facet))

    def _home(self, text: str, unit: str) -> Reply:
        """The groups of subjects, and feedback; before that, where one lives is to be chosen."""
        choices: list[Choice] = [
            (self._texts(f"group.{group}"), ShowGroup(group)) for group in self._shelf.groups
        ]
        last: Choice = (self._texts("feedback.button"), Feedback(Told.BEGIN))
        if len(self._units) > 1 and not unit:
            last = (self._texts("menu.units"), ListUnits())
        return Reply(text, self._menus.numbered([*choices[:PAGE], last], home=False))

    def _media(self, slug: str, facet: Facet) -> tuple[Media, ...]:
        """The card's picture and recorded voice, with its short form only: data costs money."""
        if facet is not Facet.GENERAL:
            return ()
        card = self._shelf.cards[slug]
        return tuple(
            Media(MediaKind(kind), name, card.title) for kind, name in self._media_of(card)
        )


def _goes_on(talk: Talk, slug: str) -> bool:
    """Whether another part of the card that answered the question is shown now, and nobody said yet
    that this was not it."""
    before = talk.answer
    return (
        before is not None and before.slug == slug and before.asked and before.helped is not False
    )
