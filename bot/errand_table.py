"""The one table of errands: which of them serves which words, buttons and commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

from content.cards import Facet
from content.texts import Texts
from content.wishes import Wish, Wished, Wishes
from handlers.actions import (
    Action,
    AskPerson,
    Back,
    CaseStep,
    ChooseLanguage,
    ChooseUnit,
    Feedback,
    Follow,
    ForgetMe,
    GoOn,
    Home,
    LinkChats,
    ListLanguages,
    ListUnits,
    MeantReceipt,
    MoreCases,
    MyCases,
    MyData,
    OfferLink,
    OfferNotices,
    PartChats,
    RateAnswer,
    ShowCard,
    ShowGroup,
    ShowGroups,
    Skip,
    Stop,
    StopNotices,
    TakeFollow,
    TakeNotices,
    Told,
    Unfollow,
)
from handlers.deep_links import DeepLink
from handlers.errands import Served, Visit
from handlers.messages import Kind, Reply
from handlers.official.notices_desk import NoticeDesk
from handlers.official.office import Office
from handlers.reception import Errands
from handlers.survey_actions import Survey, Vote
from handlers.villager.answering import Answering
from handlers.villager.ask import EXPECTING_QUESTION, Ask
from handlers.villager.awaited import Awaited, is_old
from handlers.villager.browse import Browse
from handlers.villager.feedback import Telling
from handlers.villager.feedback_steps import Step
from handlers.villager.following import Following
from handlers.villager.language import Languages
from handlers.villager.linking import Linking
from handlers.villager.my_cases import MyCases as OwnCases
from handlers.villager.my_data import MyData as OwnData
from handlers.villager.places import Places
from handlers.villager.rating import Rating
from handlers.villager.subscription import Subscription
from storage.conversations import Talk
from storage.officials import Officials


@dataclass(frozen=True)
class Desk:
    """The errands that a villager may meet."""

    ask: Ask
    browse: Browse
    rating: Rating
    places: Places
    languages: Languages
    following: Following
    linking: Linking
    telling: Telling
    wishes: Wishes
    own_cases: OwnCases
    own_data: OwnData
    subscription: Subscription
    answering: Answering
    texts: Texts
    officials: Officials = field(default_factory=Officials)

    @cached_property
    def awaited(self) -> Awaited:
        """What to do with words that come late."""
        return Awaited(self.texts, warn=self.ask.warning, words=self.new_words)

    async def words(self, visit: Visit) -> Served:
        """A receipt opens its case whatever was going on; what comes late is asked about; what is
        being told comes next; the rest is a wish, what they think of the last answer, a commune, a
        code or a question."""
        if self.own_cases.is_receipt(visit.text):
            begun = await self.telling.telling(visit)
            served = await self.own_cases.look_up(visit) or await self.browse.home(visit)
            return self.telling.reminded(served, begun) if begun else served
        if (asked := self.awaited.ask_first(visit)) is not None:
            return asked
        return await self.new_words(visit)

    async def new_words(self, visit: Visit) -> Served:
        """The same without looking back."""
        if (told := await self.telling.hear(visit)) is not None:
            return told
        if (answered := await self.answering.hear(visit)) is not None:
            return answered
        return await self.answering.reminded(visit, await self._other_words(visit))

    async def _other_words(self, visit: Visit) -> Served:
        """Words that nothing waited for."""
        if visit.talk.expecting and self.wishes.stops(visit.text):
            return await self.browse.home(visit)
        if (served := await self.own_cases.hear(visit)) is not None:
            return served
        if (wish := await self.wished(visit)) is not None:
            return wish
        if (rated := await self.rating.hear(visit)) is not None:
            return rated
        if (unit := self.places.find(visit.text)) is not None:
            return await self.places.choose(visit, ChooseUnit(unit.code))
        return await self.linking.hear(visit) or await self.ask.ask(visit)

    async def wished(self, visit: Visit) -> Served | None:
        """What they want who ask nothing of the cards."""
        match self.wishes.hear(visit.text):
            case Wished(Wish.PERSON):
                return await self.ask.pass_on(visit)
            case Wished(Wish.FEEDBACK) as wished:
                return await self.telling.begin(visit, wished)
            case Wished(Wish.FORMAL):
                return self.ask.formal(visit)
        if self.wishes.denounces(visit.text) and not self.wishes.asks(visit.text):
            return self.ask.denounced(visit)
        return None

    async def meant_receipt(self, visit: Visit, action: Action) -> Served:
        """Yes, that is their receipt; what they were telling before still waits."""
        begun = await self.telling.half_told(visit)
        served = await self.own_cases.meant(visit, action)
        return self.telling.reminded(served, begun) if begun else served

    async def person(self, visit: Visit, action: Action) -> Served:
        """To a person; what they were telling is kept, and they read how to go on with it."""
        telling = await self.telling.telling(visit) is not None
        begun = await self.telling.half_told(visit) if telling else None
        served = await self.ask.pass_on(visit, action)
        return self.telling.reminded(served, begun) if begun else served

    async def go_on(self, visit: Visit, action: Action) -> Served:
        """What their late words are for; of an old button the first page."""
        return await self.awaited.go_on(visit, action) or await self.browse.home(visit)

    async def no_such_digit(self, visit: Visit, digit: str) -> Served | None:
        """Repeat what can be chosen; None where the usual words do."""
        served = await self.telling.no_such_digit(visit, digit)
        served = served or await self.answering.no_such_digit(visit, digit)
        if served is None and await self.officials.of(visit.tx, visit.conversation.id):
            words = self.texts("official.no_such_digit", digit=digit)
            return Served((Reply(words),), visit.talk)
        return served

    async def media(self, visit: Visit) -> Served | None:
        """A photo, a sound or a place without words: for what is being told, a case, or instead of
        the question that was awaited."""
        if is_old(visit) and not await self.telling.telling(visit):
            return None
        if visit.talk.expecting == EXPECTING_QUESTION:
            return await self.telling.begin(visit)
        return await self.telling.hear(visit) or await self.own_cases.hear(visit)

    async def start(self, visit: Visit) -> Served:
        """A link may name the commune, and a card: /start <code>_<slug>."""
        link = DeepLink.read(visit.text)
        if (unit := self.places.find(link.unit)) is not None:
            visit = await self.places.arrive(visit, unit)
        if not self.browse.has(link.card):
            return await self.browse.welcome(visit)
        first = () if visit.talk.greeted else (self.browse.introduction(visit),)
        anew = replace(visit, conversation=replace(visit.conversation, talk=Talk()))
        served = await self.browse.open(anew, link.card, Facet.GENERAL)
        return replace(served, replies=(*first, *served.replies))

    async def step(self, visit: Visit, action: Action) -> Served:
        """ "thôi", "quay lại", "bỏ qua", said of what is being told; else the first page."""
        if (answered := await self.answering.step(visit, action)) is not None:
            return answered
        draft = await self.telling.telling(visit)
        match action:
            case Stop() if draft and draft.step == Step.NAME:
                return await self.telling.skip(visit, draft)
            case Stop() if draft:
                return await self.telling.stop(visit)
            case Back() if draft:
                return await self.telling.back(visit, draft)
            case Skip() if draft:
                return await self.telling.skip(visit, draft)
        return await self.browse.home(visit)

    async def stop_notices(self, visit: Visit, action: Action) -> Served:
        """ "dừng": no more notices. Who gets none and tells something means that."""
        if await self.telling.telling(visit) and not await self.subscription.has_any(visit):
            return await self.step(visit, Stop())
        return await self.subscription.stop(visit, action)


def errand_table(
    desk: Desk,
    office: Office,
    notices: NoticeDesk,
    texts: Texts,
    *,
    describe: Callable[[Action], str],
    store: Callable[[str], str],
) -> Errands:
    """`describe` puts a villager's tapped button into words; `store` gives the words of a message
    as they may be kept."""
    typed: dict[str, Action] = {
        "home": Home(),
        "person": AskPerson(),
        "units": ListUnits(),
        "languages": ListLanguages(),
        "follow": Follow(""),
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

    async def at_work(visit: Visit, kind: Kind, action: Action | None) -> Served | None:
        """Officials: their notices first, for those say what the next words are; then cases."""
        return await notices.serve(visit, kind, action) or await office.serve(visit, kind, action)

    return Errands(
        words=desk.words,
        start=desk.start,
        desk=at_work,
        actions={
            Home: desk.browse.home,
            AskPerson: desk.person,
            ShowGroups: desk.browse.home,
            ShowGroup: desk.browse.group,
            ShowCard: desk.browse.card,
            RateAnswer: desk.rating.rate,
            ListUnits: desk.places.offer,
            ChooseUnit: desk.places.choose,
            ListLanguages: desk.languages.offer,
            ChooseLanguage: desk.languages.choose,
            OfferLink: desk.linking.offer,
            LinkChats: desk.linking.link,
            PartChats: desk.linking.part,
            GoOn: desk.go_on,
            Feedback: desk.telling.act,
            CaseStep: desk.own_cases.step,
            MyCases: desk.own_cases.show_all,
            MoreCases: desk.own_cases.show_all,
            MeantReceipt: desk.meant_receipt,
            MyData: desk.own_data.show,
            ForgetMe: desk.own_data.forget,
            OfferNotices: desk.subscription.offer,
            TakeNotices: desk.subscription.take,
            StopNotices: desk.stop_notices,
            Follow: desk.following.offer,
            TakeFollow: desk.following.take,
            Unfollow: desk.following.stop,
            Vote: desk.answering.vote,
            Survey: desk.answering.act,
            Stop: desk.step,
            Back: desk.step,
            Skip: desk.step,
        },
        commands={
            word: action
            for name, action in typed.items()
            for word in texts(f"words.{name}").split("|")
        },
        describe=lambda action: (
            notices.describe(action) or office.describe(action) or describe(action)
        ),
        introduction=desk.browse.introduction,
        media=desk.media,
        no_such_digit=desk.no_such_digit,
        coded=desk.answering.coded,
        forget=desk.own_data.forget_all,
        store=store,
    )
