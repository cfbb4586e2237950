"""The screens of composing a notice: one a step, each wholly answerable by digits or words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from content.screens import shorten
from content.texts import Texts
from content.understanding.vietnamese import fold, tokens
from handlers.actions import Action, encode
from handlers.errands import Served, Visit
from handlers.messages import Button, Reply
from handlers.official.notices_steps import Route, Step
from handlers.official.notices_words import NoticeWords, joined
from handlers.official_actions import Compose, Composed
from storage.consents import GENERAL
from storage.notice_drafts import NoticeDraft
from storage.officials import Official
from storage.questionnaires import Questionnaire

EXPECTING = "notice"
"""What a conversation expects while the next words are the notice's."""

PAGE = 6
SKIP, DROP, MORE, BACK = 7, 8, 9, 0
ALONE = "!"
"""Stands behind a unit's code that is meant without the units below it."""

SHOWN = 200
YES, NO = "yes", "no"
ANEW, POLL = "anew", "poll"
"""Values of a button that begins: a notice, or one that asks something."""

NO_CARD = {Step.CARD.value: "notice.no_card", Step.FOLLOWERS.value: "notice.no_followers"}
"""What the choice is called at each step that asks for a card and needs none."""

Choice = tuple[str, Action]


class Screens:
    """Builds the pages; it changes nothing."""

    def __init__(self, *, texts: Texts, route: Route, words: NoticeWords) -> None:
        self._texts = texts
        self._route = route
        self._words = words

    def text(self, visit: Visit, draft: NoticeDraft, notice: str = "") -> Served:
        """Asking for the words; what stands there already is shown."""
        said = ""
        if draft.text:
            said = self._texts("notice.text_now", text=draft.text)
        return self.screen(visit, draft, joined(notice, self._texts("notice.ask.text"), said))

    def unit(
        self, visit: Visit, draft: NoticeDraft, official: Official, start: int, notice: str = ""
    ) -> Served:
        """Asking to whom, the official's own people first."""
        asked = joined(notice, self._texts("notice.ask.unit"))
        return self.screen(visit, draft, asked, self.places(official), start=start)

    def places(self, official: Official) -> list[Choice]:
        return [
            (
                self._words.place(code, only=only),
                Compose(Composed.CHOOSE, Step.UNIT, f"{code}{ALONE if only else ''}"),
            )
            for code, only in self._route.places(official)
        ]

    def purpose(self, visit: Visit, draft: NoticeDraft, notice: str = "") -> Served:
        asked = joined(notice, self._texts("notice.ask.purpose"))
        return self.screen(visit, draft, asked, self.purposes())

    def purposes(self) -> list[Choice]:
        return [
            (
                self._texts(f"notice.purpose.{purpose}"),
                Compose(Composed.CHOOSE, Step.PURPOSE, purpose.value),
            )
            for purpose in GENERAL
        ]

    def card(
        self,
        visit: Visit,
        draft: NoticeDraft,
        cards: Sequence[tuple[str, str]],
        notice: str = "",
    ) -> Served:
        """Asking for a card to open below it; `cards` (slug, title) may be meant."""
        choices: list[Choice] = [
            (title, Compose(Composed.CHOOSE, Step.CARD, slug)) for slug, title in cards
        ]
        asked = joined(notice, self._texts("notice.ask.card"))
        return self.screen(visit, draft, asked, choices, skip=NO_CARD[Step.CARD])

    def without_card(self, step: str) -> list[Choice]:
        return [(self._texts(NO_CARD[step]), Compose(Composed.SKIP, step))]

    def when(self, visit: Visit, draft: NoticeDraft, notice: str = "") -> Served:
        asked = joined(notice, self._texts("notice.ask.when"))
        return self.screen(visit, draft, asked, self.times())

    def times(self) -> list[Choice]:
        return [(self._texts("notice.at_once"), Compose(Composed.CHOOSE, Step.WHEN, "now"))]

    def template(self, visit: Visit, draft: NoticeDraft, question: str, notice: str = "") -> Served:
        """Asking whether it goes by a template, for money, to who gets no free text."""
        return self.screen(visit, draft, joined(notice, question), self.templates())

    def templates(self) -> list[Choice]:
        return [
            (self._texts(f"notice.template.{way}"), Compose(Composed.CHOOSE, Step.TEMPLATE, way))
            for way in (YES, NO)
        ]

    def reason(self, visit: Visit, draft: NoticeDraft, notice: str = "") -> Served:
        return self.screen(visit, draft, joined(notice, self._texts("notice.ask.reason")))

    def urgent(self, visit: Visit, draft: NoticeDraft, count: str, notice: str = "") -> Served:
        """The second question before an emergency goes out on one person's word."""
        asked = self._texts("notice.ask.urgent", count=count, reason=draft.reason)
        return self.screen(visit, draft, joined(notice, asked))

    def look(
        self,
        visit: Visit,
        draft: NoticeDraft,
        *,
        preview: Reply,
        facts: str,
        start: int = 0,
    ) -> Served:
        """The preview, then what is to be known of it and what can be done; from `start` on, only
        what more can be done."""
        choices = self.doings(draft)
        if start:
            return self.screen(visit, draft, self._texts("notice.more"), choices, start=start)
        served = self.screen(visit, draft, facts, choices)
        return replace(served, replies=(preview, *served.replies))

    def doings(self, draft: NoticeDraft) -> list[Choice]:
        """What can be done at the preview."""
        choices: list[Choice] = [
            (self._texts("notice.submit"), Compose(Composed.SUBMIT, Step.LOOK)),
            *(
                (
                    self._texts(f"notice.change.{step}"),
                    Compose(Composed.CHANGE, Step.LOOK, step.value),
                )
                for step in self._route.changeable(draft)
            ),
        ]
        if not draft.questions:  # what asks something is no emergency
            key = "notice.calm_down" if draft.emergency else "notice.urgent"
            choices.append((self._texts(key), Compose(Composed.URGENT, Step.LOOK)))
        return choices

    def resume(self, visit: Visit, draft: NoticeDraft, *, poll: bool = False) -> Served:
        """Something was begun before: go on with it, or begin anew, with a question (`poll`)?"""
        text = self._texts("notice.resume", text=shorten(begun(draft), SHOWN) or "…")
        buttons = self._numbered(
            [
                (self._texts("notice.go_on"), Compose(Composed.SHOW, draft.step)),
                (self._texts("notice.anew"), Compose(Composed.BEGIN, "", POLL if poll else ANEW)),
            ]
        )
        leave = self._button(BACK, "notice.leave", Compose(Composed.LEAVE))
        return self.said(visit, Reply(text, (*buttons, leave)))

    def screen(
        self,
        visit: Visit,
        draft: NoticeDraft,
        text: str,
        choices: Sequence[Choice] = (),
        *,
        start: int = 0,
        skip: str = "",
    ) -> Served:
        """Words and choices of a step: 0 goes back, 8 gives it up, 9 shows more of a list."""
        step = draft.step
        begin = start if 0 <= start < len(choices) else 0
        room = len(choices) if len(choices) <= DROP - 1 else PAGE
        buttons = self._numbered(choices[begin : begin + room])
        if skip:
            buttons.append(self._button(SKIP, skip, Compose(Composed.SKIP, step)))
        buttons.append(self._button(DROP, "notice.drop", Compose(Composed.DROP, step)))
        if begin + room < len(choices):
            more = Compose(Composed.SHOW, step, str(begin + room))
            buttons.append(self._button(MORE, "menu.more", more))
        if step in {Step.TEXT, Step.ASK} and not draft.looked:
            buttons.append(self._button(BACK, "notice.leave", Compose(Composed.LEAVE, step)))
        else:
            buttons.append(self._button(BACK, "notice.back", Compose(Composed.BACK, step)))
        served = self.said(visit, Reply(text, tuple(buttons)))
        return replace(served, talk=replace(served.talk, expecting=EXPECTING))

    def said(self, visit: Visit, reply: Reply) -> Served:
        return Served((reply,), replace(visit.talk, expecting="", greeted=True))

    def _numbered(self, choices: Sequence[Choice]) -> list[Button]:
        return [
            Button(label, encode(action), digit)
            for digit, (label, action) in enumerate(choices, start=1)
        ]

    def _button(self, digit: int, key: str, action: Action) -> Button:
        return Button(self._texts(key), encode(action), digit)


def meant(choices: Iterable[Choice], words: str) -> Compose | None:
    """The choice whose words they typed instead of its digit, marks, capitals and stops aside."""
    said = tokens(fold(words))
    for label, action in choices:
        if said and tokens(fold(label)) == said and isinstance(action, Compose):
            return action
    return None


def begun(draft: NoticeDraft) -> str:
    """What was composed so far, in a few words; nothing while there is nothing to lose."""
    asks = Questionnaire.from_json(draft.questions)
    return draft.text or (asks.questions[0].text if asks and asks.questions else "")
