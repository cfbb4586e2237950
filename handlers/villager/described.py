"""What a person said by tapping a button, in words: it stands so in the history of their chat."""

from __future__ import annotations

from content.answers import label
from content.cards import Facet
from content.languages import CODES
from content.shelf import Shelf
from content.texts import Texts
from handlers.actions import (
    Action,
    AskPerson,
    Begun,
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
    OfferNotices,
    RateAnswer,
    ShowCard,
    ShowGroup,
    ShowGroups,
    StopNotices,
    TakeFollow,
    TakeNotices,
    Told,
    Unfollow,
)
from handlers.survey_actions import Survey, Vote
from handlers.units import Units
from storage.consents import GENERAL

_ALWAYS: dict[type[Action], str] = {
    AskPerson: "menu.person",
    ListUnits: "menu.units",
    ListLanguages: "languages.menu",
    Follow: "following.button",
    TakeFollow: "following.yes",
    Unfollow: "following.stop",
    LinkChats: "link.yes",
    Home: "menu.home",
    ShowGroups: "menu.home",
    StopNotices: "notices.stop",
    MeantReceipt: "my_cases.meant_yes",
    MoreCases: "menu.more",
    Vote: "asked.said",  # not which choice: the history of a chat outlives the link to an answer
    Survey: "asked.said",
    RateAnswer: "rating.said",
}
_FEEDBACK = {
    Told.BEGIN: "feedback.button",
    Told.SHOW: "menu.more",
    Told.SEND: "feedback.send",
    Told.NAME: "feedback.send_named",
    Told.SKIP: "feedback.skip",
    Told.BACK: "feedback.back",
    Told.DROP: "feedback.drop",
    Told.ADD: "feedback.go_on",
    Told.WAY: "feedback.denounce_card",
}


class Described:
    """Puts actions into words."""

    def __init__(self, *, shelf: Shelf, texts: Texts, units: Units) -> None:
        self._shelf = shelf
        self._texts = texts
        self._units = units

    def __call__(self, action: Action) -> str:
        match action:
            case ShowCard(slug, facet) if slug in self._shelf.cards and facet in set(Facet):
                title = self._shelf.cards[slug].title
                if facet == Facet.GENERAL:
                    return title
                return f"{title}: {label(Facet(facet), self._texts)}"
            case ShowGroup(group, _) if group in self._shelf.groups:
                return self._texts(f"group.{group}")
            case ChooseUnit(code):
                unit = self._units.get(code)
                return unit.name if unit else self._texts("menu.no_unit")
            case OfferNotices(purpose) | TakeNotices(purpose) if purpose in GENERAL:
                return self._texts(f"notices.take.{purpose}")
            case ChooseLanguage(code) if code in CODES:
                return self._texts(f"language.{code}")
            case ForgetMe(sure):
                return self._texts("my_data.yes" if sure else "my_data.delete")
            case CaseStep(move):
                return self._texts(f"case.move.{move}")
            case GoOn(on):
                return self._texts("feedback.go_on" if on else "awaited.other")
            case Feedback(Told.BEGIN, _, Begun.SAID):
                return self._texts("feedback.send_this")
            case Feedback(told, _, value):
                return self._feedback(told, value)
        return self._texts(_ALWAYS.get(type(action), "menu.old"))

    def _feedback(self, told: Told, value: str) -> str:
        key = _FEEDBACK.get(told, f"feedback.{'about' if told is Told.ABOUT else 'kind'}.{value}")
        unit = self._units.get(value)
        if told in {Told.UNIT, Told.PLACE} and unit:
            return unit.name
        return self._texts(key if key in self._texts else "menu.old")
