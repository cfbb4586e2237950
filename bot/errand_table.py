"""The one table of errands: which of them serves which words, buttons and commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from content.texts import Texts
from handlers.actions import (
    Action,
    AskPerson,
    Back,
    CaseStep,
    ChooseUnit,
    Feedback,
    ForgetMe,
    Home,
    LinkChats,
    ListUnits,
    MyCases,
    MyData,
    OfferLink,
    OfferNotices,
    PartChats,
    ShowCard,
    ShowGroup,
    ShowGroups,
    Skip,
    Stop,
    StopNotices,
    TakeNotices,
    Told,
)
from handlers.errands import Served, Visit
from handlers.official.office import Office
from handlers.reception import Errands
from handlers.villager.ask import Ask
from handlers.villager.browse import Browse
from handlers.villager.feedback import Telling
from handlers.villager.linking import Linking
from handlers.villager.my_cases import MyCases as OwnCases
from handlers.villager.my_data import MyData as OwnData
from handlers.villager.places import Places
from handlers.villager.subscription import Subscription


@dataclass(frozen=True)
class Desk:
    """The errands that a villager may meet."""

    ask: Ask
    browse: Browse
    places: Places
    linking: Linking
    telling: Telling
    own_cases: OwnCases
    own_data: OwnData
    subscription: Subscription

    async def words(self, visit: Visit) -> Served:
        """What is being told comes first; then a receipt, a commune, a code; the rest asks."""
        served = await self.telling.hear(visit) or await self.own_cases.hear(visit)
        if served is not None:
            return served
        if (unit := self.places.find(visit.text)) is not None:
            return await self.places.choose(visit, ChooseUnit(unit.code))
        return await self.linking.hear(visit) or await self.ask.ask(visit)

    async def media(self, visit: Visit) -> Served | None:
        """A photo, a sound or a place without words: for what is being told, or a case."""
        return await self.telling.hear(visit) or await self.own_cases.hear(visit)

    async def start(self, visit: Visit) -> Served:
        """A link may name the commune: /start <code>."""
        if (unit := self.places.find(visit.text)) is not None:
            return await self.places.arrive(visit, unit, self.browse.first_page)
        return await self.browse.welcome(visit)

    async def step(self, visit: Visit, action: Action) -> Served:
        """ "thôi", "quay lại", "bỏ qua", said of what is being told; else the first page."""
        draft = await self.telling.telling(visit)
        match action:
            case Stop() if draft:
                return await self.telling.stop(visit)
            case Back() if draft:
                return await self.telling.back(visit, draft)
            case Skip() if draft:
                return await self.telling.skip(visit, draft)
        return await self.browse.home(visit)


def errand_table(
    desk: Desk,
    office: Office,
    texts: Texts,
    describe: Callable[[Action], str],
    store: Callable[[str], str],
) -> Errands:
    """`describe` puts a villager's tapped button into words; `store` gives the words of a message
    as they may be kept."""
    typed: dict[str, Action] = {
        "home": Home(),
        "person": AskPerson(),
        "units": ListUnits(),
        "link": OfferLink(),
        "part": PartChats(),
        "feedback": Feedback(Told.BEGIN),
        "my_cases": MyCases(),
        "my_data": MyData(),
        "forget_me": ForgetMe(),
        "notices": OfferNotices(),
        "stop_notices": StopNotices(),
        "stop": Stop(),
        "back": Back(),
        "skip": Skip(),
    }
    return Errands(
        words=desk.words,
        start=desk.start,
        desk=office.serve,
        actions={
            Home: desk.browse.home,
            AskPerson: desk.ask.pass_on,
            ShowGroups: desk.browse.home,
            ShowGroup: desk.browse.group,
            ShowCard: desk.browse.card,
            ListUnits: desk.places.offer,
            ChooseUnit: desk.places.choose,
            OfferLink: desk.linking.offer,
            LinkChats: desk.linking.link,
            PartChats: desk.linking.part,
            Feedback: desk.telling.act,
            CaseStep: desk.own_cases.step,
            MyCases: desk.own_cases.show_all,
            MyData: desk.own_data.show,
            ForgetMe: desk.own_data.forget,
            OfferNotices: desk.subscription.offer,
            TakeNotices: desk.subscription.take,
            StopNotices: desk.subscription.stop,
            Stop: desk.step,
            Back: desk.step,
            Skip: desk.step,
        },
        commands={
            word: action
            for name, action in typed.items()
            for word in texts(f"words.{name}").split("|")
        },
        describe=lambda action: office.describe(action) or describe(action),
        introduction=desk.browse.introduction,
        media=desk.media,
        forget=desk.own_data.forget_all,
        store=store,
    )
