"""To whom a notice goes, beyond a place: who reads a language, follows a card, is on a saved list.

It stands behind one choice of the preview (`Step.WHO`), for most notices need none of it. Nothing
is known of people but what they chose, so whoever fits at the time of sending gets the notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from content.languages import VIETNAMESE, Language
from content.texts import Texts
from handlers.audiences import audience_of, for_followers
from handlers.errands import Served, Visit
from handlers.official.notices_enclosing import as_draft
from handlers.official.notices_languages import by_name
from handlers.official.notices_rights import NoticeRights
from handlers.official.notices_screens import NO_CARD, Choice, Screens, meant
from handlers.official.notices_steps import Route, Step, Turn
from handlers.official.notices_words import NoticeWords, joined
from handlers.official_actions import Compose, Composed
from storage.audiences import LONGEST_NAME, Audiences, Saved
from storage.consents import Purpose
from storage.notice_drafts import NoticeDraft
from storage.officials import Official

STEPS = frozenset({Step.WHO, Step.LANGUAGE, Step.FOLLOWERS, Step.LISTS, Step.SAVE})
EVERYBODY = "all"


class AudienceSteps:
    """Hears and shows the steps of choosing people."""

    def __init__(
        self,
        *,
        texts: Texts,
        route: Route,
        words: NoticeWords,
        rights: NoticeRights,
        screens: Screens,
    ) -> None:
        self._texts = texts
        self._route = route
        self._words = words
        self._rights = rights
        self._screens = screens
        self._lists = Audiences()

    async def show(
        self, visit: Visit, official: Official, draft: NoticeDraft, start: int, news: str
    ) -> Served:
        """The screen of the step; that of `FOLLOWERS` is `followers`."""
        choices = await self.choices(visit, official, draft)
        match draft.step:
            case Step.WHO:
                asked = await self._who(visit, draft)
            case Step.LISTS:
                asked = self._texts("notice.ask.lists" if choices else "notice.no_lists")
            case Step.SAVE:
                whom = "\n".join(self._words.whom(as_draft(draft)))
                asked = self._texts("notice.ask.save", whom=whom)
            case _:
                asked = self._texts("notice.ask.language")
        return self._screens.screen(visit, draft, joined(news, asked), choices, start=start)

    def followers(
        self, visit: Visit, draft: NoticeDraft, cards: Sequence[tuple[str, str]], news: str
    ) -> Served:
        """Asking for the card that people want to hear of; `cards` (slug, title) may be meant."""
        choices: list[Choice] = [
            (title, Compose(Composed.CHOOSE, Step.FOLLOWERS, slug)) for slug, title in cards
        ]
        asked = joined(news, self._texts("notice.ask.followers"))
        return self._screens.screen(visit, draft, asked, choices, skip=NO_CARD[Step.FOLLOWERS])

    async def choices(
        self, visit: Visit, official: Official, draft: NoticeDraft
    ) -> Sequence[Choice]:
        """What can be chosen at the step."""
        match draft.step:
            case Step.WHO:
                return [
                    (self._texts(f"notice.whom.{step}"), Compose(Composed.CHANGE, Step.WHO, step))
                    for step in self._route.whom(official, draft)
                ]
            case Step.LANGUAGE:
                everybody = (self._texts("notice.any_language"), self._language(EVERYBODY))
                codes = await self.languages(visit, draft)
                named = [(self._texts(f"language.{code}"), self._language(code)) for code in codes]
                return [everybody, *named]
            case Step.LISTS:
                return [
                    (one.name, Compose(Composed.CHOOSE, Step.LISTS, str(one.id)))
                    for one in await self._offered(visit, official, draft)
                ]
        return []

    async def meant(
        self, visit: Visit, official: Official, draft: NoticeDraft, words: str
    ) -> Compose | None:
        """The choice that they typed; at the first screen one of those below it as well, for who
        types "tiếng Mông" there has said all."""
        steps = [Step(draft.step)]
        if draft.step == Step.WHO:
            steps += self._route.whom(official, draft)
        for step in steps:
            match step:
                case Step.UNIT:
                    choices: Sequence[Choice] = self._places(official)
                case Step.PURPOSE:
                    choices = self._screens.purposes()
                case _:
                    choices = await self.choices(visit, official, replace(draft, step=step))
            if step is Step.LANGUAGE:
                choices = by_name(choices)
            if (chosen := meant(choices, words)) is not None:
                return chosen
        return None

    async def choose(
        self, visit: Visit, official: Official, draft: NoticeDraft, value: str, title: str
    ) -> Turn:
        """A digit of one of the steps; `title` is that of the card `value`, empty if it is none."""
        match draft.step:
            case Step.LANGUAGE if value == EVERYBODY or value in set(Language):
                language = "" if value == EVERYBODY else value
                return Turn(replace(draft, language=language), on=True)
            case Step.FOLLOWERS if title:
                return Turn(for_followers(draft, value), on=True)
            case Step.LISTS:
                for one in await self._offered(visit, official, draft):
                    if str(one.id) == value:
                        return Turn(one.who.of(draft), on=True)
                return Turn(draft, "notice.list_gone")
        return Turn(draft)

    async def save(self, visit: Visit, official: Official, draft: NoticeDraft, words: str) -> Turn:
        """Give what was chosen a name, in the place of an earlier list that they may change."""
        name = " ".join(words.split())
        if len(name) > LONGEST_NAME:
            return Turn(draft, "notice.list_name_long", {"most": LONGEST_NAME})
        earlier = await self._lists.get(visit.tx, name)
        if earlier is not None and not self._rights.covers(official, earlier.unit):
            return Turn(draft, "notice.list_taken", {"name": name})
        who = audience_of(draft)
        await self._lists.save(visit.tx, name, who, by=official.name, at=visit.now)
        return Turn(replace(draft, step=Step.LOOK), "notice.list_saved", {"name": name})

    async def languages(self, visit: Visit, draft: NoticeDraft) -> Sequence[Language]:
        """All that people can choose, those that most of them chose first."""
        whole = as_draft(replace(draft, language=""))
        reach = await self._words.count(visit.tx, whole, now=visit.now)
        many = {code or VIETNAMESE: count for code, count in reach.languages.items()}
        return sorted(Language, key=lambda code: -many.get(code, 0))

    async def _who(self, visit: Visit, draft: NoticeDraft) -> str:
        """To whom as it stands, and how many they are now."""
        whole = as_draft(draft)
        reach = await self._words.count(visit.tx, whole, now=visit.now)
        count = self._texts("notice.count_now", count=self._words.many(reach, whole))
        return "\n".join([*self._words.whom(whole), count, self._texts("notice.ask.who")])

    async def _offered(self, visit: Visit, official: Official, draft: NoticeDraft) -> list[Saved]:
        """The saved lists of people who are theirs; what asks something goes to who said yes to
        being asked."""
        return [
            one
            for one in await self._lists.saved(visit.tx)
            if self._rights.covers(official, one.who.unit)
            and (not draft.questions or one.who.purpose is Purpose.SURVEYS)
        ]

    def _places(self, official: Official) -> list[Choice]:
        """Also by the mere name, which is meant with all that is below."""
        places = self._route.places(official)
        offered = self._screens.places(official)
        named = [
            (self._words.name(code), action)
            for (code, only), (_, action) in zip(places, offered, strict=True)
            if not only
        ]
        return [*offered, *named]

    def _language(self, code: str) -> Compose:
        return Compose(Composed.CHOOSE, Step.LANGUAGE, code)
