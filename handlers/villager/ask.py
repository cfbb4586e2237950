"""Asking in one's own words: an answer from a card, a choice of cards, or an official's turn.

Never a guess about policy: where the engine is not sure, a person answers, and we say so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from content.answers import unknown_key
from content.cards import Facet
from content.crisis import Alarm, Danger
from content.redaction import redact
from content.screens import shorten
from content.shelf import Shelf
from content.texts import Texts
from content.understanding import (
    Answer,
    Choices,
    Context,
    Outcome,
    SmallTalk,
    Unknown,
)
from content.understanding import AskPerson as WantsPerson
from content.wishes import Wishes
from handlers.actions import Action, Begun, Feedback, ShowCard, Told
from handlers.casework import Casework
from handlers.errands import Served, Visit
from handlers.messages import Reply
from handlers.units import Units
from handlers.villager.browse import Browse
from handlers.villager.denouncing import Denouncing
from handlers.villager.menus import Choice, Menus
from storage.case_records import CaseKind, NewCase
from storage.cases import Cases
from storage.conversations import Talk
from storage.tallies import Asked, Tallies
from storage.unanswered import Doubt, Unanswered

LONGEST_QUESTION = 4_000
"""In letters. Telegram's own messages are no longer than this."""

SHOWN_QUESTION = 120
FORMAL_CARD = "khieu-nai-to-cao"
EXPECTING_QUESTION = "question"

Understand = Callable[[str, Context | None, date], Outcome]


class Ask:
    """Answers questions, and passes on those that no card answers."""

    def __init__(
        self,
        *,
        understand: Understand,
        alarm: Alarm,
        shelf: Shelf,
        texts: Texts,
        browse: Browse,
        units: Units,
        casework: Casework,
        platform: Callable[[str], str],
        unanswered: Unanswered,
        wishes: Wishes,
        tallies: Tallies,
    ) -> None:
        """`platform` says of an account what kind of channel it is."""
        self._understand = understand
        self._alarm = alarm
        self._shelf = shelf
        self._texts = texts
        self._browse = browse
        self._units = units
        self._cases = Cases()
        self._casework = casework
        self._platform = platform
        self._unanswered = unanswered
        self._wishes = wishes
        self._tallies = tallies
        self._denouncing = Denouncing(texts)
        self._menus = Menus(texts)

    async def ask(self, visit: Visit) -> Served:
        """Answer `visit.text`; to somebody in danger, first whom to call."""
        question = visit.text.strip()
        if not any(letter.isalnum() for letter in question):
            return self._say(visit.talk, "answer.unreadable")
        if not any(letter.isalpha() for letter in question):
            return self._say(visit.talk, "answer.unclear")
        danger = self._alarm.hear(question)
        if len(question) > LONGEST_QUESTION:
            served = self._say(visit.talk, "ask.too_long")
            return served if danger is None else self._warned(visit, danger, served)
        if visit.talk.expecting == EXPECTING_QUESTION:
            served = await self._pass_on(visit, question, "ask.passed_on", visit.talk)
            return served if danger is None else self._warned(visit, danger, served)
        context = _context(visit.talk)
        if danger is not None and context is not None and context.topic != danger.card:
            context = None  # whoever cries for help talks of something else now
        outcome = self._understand(question, context, visit.today)
        await self._count(visit, outcome, danger)
        if danger is None:
            return await self._answer(visit, question, outcome)
        if isinstance(outcome, Answer):
            served = self._browse.show(
                visit, outcome.slug, Facet.STEPS, question=question, rated=False
            )
            return self._warned(visit, danger, served)
        if isinstance(outcome, Choices) and danger.card in outcome.slugs:
            return self._warned(visit, danger, self._menu(visit, question, outcome))
        return await self._help(visit, question, danger)

    async def _count(self, visit: Visit, outcome: Outcome, danger: Danger | None) -> None:
        """One more of its kind; small talk is none."""
        match outcome:
            case _ if danger is not None:
                what, topic, facet = Asked.DANGER, danger.card, ""
            case Answer(slug=topic, facet=sure):
                what, facet = Asked.ANSWERED, sure.value
            case Choices():
                what, topic, facet = Asked.UNSURE, "", ""
            case Unknown():
                what, topic, facet = Asked.UNKNOWN, "", ""
            case _:
                return
        await self._tallies.add(
            visit.tx,
            what,
            day=visit.today,
            unit=visit.person.unit,
            platform=self._platform(visit.conversation.account),
            topic=topic,
            facet=facet,
            place=visit.conversation.id,
        )

    async def _answer(self, visit: Visit, question: str, outcome: Outcome) -> Served:
        talk = _talk(visit.talk, outcome.context)
        match outcome:
            case Answer(slug=slug, facet=facet):
                also = self._as_feedback() if self._troubled(visit, question) else None
                return self._browse.show(visit, slug, facet, question=question, also=also)
            case Choices(slugs=slugs):
                await self.note(visit, question, Doubt.UNSURE, slugs)
                return self._menu(visit, question, outcome)
            case SmallTalk(kind=kind):
                return self._say(talk, f"smalltalk.{kind}")
            case WantsPerson():
                return await self.pass_on(visit)
            case Unknown(alternatives=slugs):
                await self.note(visit, question, Doubt.UNKNOWN, slugs)
                key = unknown_key(question)
                if key == "answer.unknown" and self._troubled(visit, question):
                    told = replace(talk, question=question)
                    return self._say(told, "answer.trouble", [self._as_feedback()])
                if key == "answer.unknown":
                    return await self._pass_on(visit, question, key, talk)
                return self._say(talk, key)

    def _menu(self, visit: Visit, question: str, outcome: Choices) -> Served:
        talk = replace(_talk(visit.talk, outcome.context), question=question)
        choices: list[Choice] = [
            (self._shelf.cards[slug].title, ShowCard(slug, outcome.facet.value))
            for slug in outcome.slugs
        ]
        if self._troubled(visit, question):
            choices.append(self._as_feedback())
        return self._say(talk, "answer.choices", choices)

    def _troubled(self, visit: Visit, question: str) -> bool:
        """Whether it may be feedback rather than a question; never in a group."""
        return not visit.group and self._wishes.tells_trouble(question)

    def _as_feedback(self) -> Choice:
        """Tell the commune what was typed just now."""
        return self._texts("feedback.send_this"), Feedback(Told.BEGIN, "", Begun.SAID)

    def formal(self, visit: Visit) -> Served:
        """ "khiếu nại" alone: an appeal by the law, or just to tell the commune."""
        card = self._shelf.get(FORMAL_CARD)
        choices: list[Choice] = [(card.title, ShowCard(card.slug))] if card else []
        choices.append((self._texts("feedback.button"), Feedback(Told.BEGIN)))
        return self._say(replace(visit.talk, expecting=""), "feedback.formal", choices)

    def denounced(self, visit: Visit) -> Served:
        """Their words would reach whom they are about: they are told how one denounces."""
        served = self._denouncing.offer(visit, visit.text.strip())
        danger = self._alarm.hear(visit.text)
        return served if danger is None else self._warned(visit, danger, served)

    def _whom_to_call(self, visit: Visit, danger: Danger) -> str:
        """The national numbers, which always answer; below them the one of their own place."""
        national = self._texts(danger.text_key)
        place, phone = self._units.hotline(visit.person.unit, danger.kind, visit.today)
        if not phone:
            return national
        if not place:
            return f"{national}\n{self._texts('crisis.local_any', phone=phone)}"
        return f"{national}\n{self._texts('crisis.local', place=place, phone=phone)}"

    def warning(self, visit: Visit) -> Reply | None:
        """Whom to call, for somebody whose words show that they are in danger."""
        danger = self._alarm.hear(visit.text)
        return None if danger is None else Reply(self._whom_to_call(visit, danger))

    def _warned(self, visit: Visit, danger: Danger, served: Served) -> Served:
        first = Reply(self._whom_to_call(visit, danger))
        return replace(served, replies=(first, *served.replies), urgent=True)

    async def _help(self, visit: Visit, question: str, danger: Danger) -> Served:
        """No card answers their words: whom to call, the card that helps further, and no menu."""
        await self._pass_on(visit, question, "ask.passed_on", visit.talk)
        card = self._shelf.get(danger.card)
        choices: list[Choice] = (
            [(card.title, ShowCard(card.slug, Facet.STEPS.value))] if card else []
        )
        topic = card.slug if card else ""
        after = replace(visit.talk, topic=topic, facet=Facet.STEPS.value, sure=bool(card))
        reply = Reply(self._whom_to_call(visit, danger), self._menus.numbered(choices))
        return Served((reply,), replace(after, greeted=True), urgent=True)

    async def pass_on(self, visit: Visit, _action: Action | None = None) -> Served:
        """They want a person: pass on what they asked last, or ask for it now."""
        if visit.talk.question:
            return await self._pass_on(visit, visit.talk.question, "ask.passed_on", visit.talk)
        tell: list[Choice] = [(self._texts("feedback.button"), Feedback(Told.BEGIN))]
        served = self._say(visit.talk, "ask.say_your_question", tell)
        return replace(served, talk=replace(served.talk, expecting=EXPECTING_QUESTION))

    async def _pass_on(self, visit: Visit, question: str, key: str, talk: Talk) -> Served:
        """A question waits once, however often it is asked; a denunciation is none."""
        if self._wishes.denounces(question):
            return self._denouncing.offer(visit, question)
        here = visit.conversation
        case = await self._cases.waits(visit.tx, conversation=here.id, text=question)
        if case is None:
            asked = NewCase(
                CaseKind.QUESTION,
                unit=visit.person.unit,
                text=question,
                topic=talk.topic,
                platform=self._platform(here.account),
            )
            case = await self._casework.open(visit.tx, asked, conversation=here.id, at=visit.now)
        await self._unanswered.pass_on(
            visit.tx, unit=visit.person.unit, text=redact(question), case=case.id, at=visit.now
        )
        hours = self._units.local(visit.person.unit).office_hours
        after = replace(talk, expecting="", question="")
        shown = shorten(question, SHOWN_QUESTION)
        lines = [
            self._texts(key, question=shown),
            self._texts("ask.due", day=self._casework.day(case.due_at)),
        ]
        if hours:
            lines.append(self._texts("ask.hours", hours=hours))
        text = " ".join([*lines, self._texts("ask.sooner")])
        reply = Reply(text, self._menus.numbered([]))
        return Served((reply,), replace(after, greeted=True))

    async def note(self, visit: Visit, question: str, kind: Doubt, slugs: tuple[str, ...]) -> None:
        """Kept without who asked, so that staff see what the cards lack."""
        await self._unanswered.note(
            visit.tx,
            unit=visit.person.unit,
            text=redact(question),
            kind=kind,
            guess=slugs[0] if slugs else "",
            at=visit.now,
        )

    def _say(
        self,
        talk: Talk,
        key: str,
        choices: list[Choice] | None = None,
        **fields: str,
    ) -> Served:
        buttons = self._menus.numbered(choices or [])
        reply = Reply(self._texts(key, **fields), buttons, menu=bool(choices))
        return Served((reply,), replace(talk, greeted=True))


def _context(talk: Talk) -> Context | None:
    if not talk.topic:
        return None
    facet = Facet(talk.facet or Facet.GENERAL)
    return Context(talk.topic, facet, sure=talk.sure, leanings=talk.leanings)


def _talk(talk: Talk, context: Context | None) -> Talk:
    if context is None:
        return replace(talk, topic="", facet="", sure=False, leanings=())
    return replace(
        talk,
        topic=context.topic,
        facet=context.facet.value,
        sure=context.sure,
        leanings=context.leanings,
    )
