"""What people think of the answer that stands last, by a button or in words: it is only counted.

Nobody is asked for it. A talk remembers what was said of that answer as long as it stands last, so
that it counts once; a changed mind moves the one count.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from content.redaction import redact
from content.texts import Texts
from content.wishes import Wishes
from handlers.actions import Action, Helped, RateAnswer
from handlers.errands import Served, Visit
from handlers.messages import Reply
from handlers.villager.menus import Menus
from storage.conversations import Shown, Talk
from storage.tallies import Asked, Tallies
from storage.unanswered import Doubt, Unanswered

Note = Callable[[Visit, str, Doubt, tuple[str, ...]], Awaitable[None]]


class Rating:
    """Counts, thanks, and helps on whoever was not helped."""

    def __init__(
        self,
        *,
        texts: Texts,
        wishes: Wishes,
        platform: Callable[[str], str],
        tallies: Tallies,
        unanswered: Unanswered,
        note: Note,
    ) -> None:
        """`platform` says of an account what kind of channel it is; `note` keeps a question without
        who asked it."""
        self._texts = texts
        self._wishes = wishes
        self._platform = platform
        self._tallies = tallies
        self._unanswered = unanswered
        self._note = note
        self._menus = Menus(texts)

    async def rate(self, visit: Visit, action: Action) -> Served:
        """A button; that of an earlier card's answer changes nothing."""
        shown = visit.talk.answer
        if not isinstance(action, RateAnswer) or shown is None or shown.slug != action.slug:
            return Served((Reply(self._texts("rating.old")),), visit.talk, aside=True)
        return await self._rated(visit, shown, helped=action.helped is Helped.YES)

    async def hear(self, visit: Visit) -> Served | None:
        """The same in words, where an answer stands last; None for all else. What came unasked
        since then may be what the words are about."""
        talk, shown = visit.talk, visit.talk.answer
        if visit.group or talk.expecting:
            return None
        helped = self._wishes.rates(visit.text)
        if shown is None:  # of the subjects that were offered none is meant
            offered = helped is False and talk.question and not talk.sure
            return self._sorry(talk) if offered else None
        if helped is None or not {*talk.posted} <= {*shown.posted}:
            return None
        return await self._rated(visit, shown, helped=helped)

    async def _rated(self, visit: Visit, shown: Shown, *, helped: bool) -> Served:
        if helped is not shown.helped:
            await self._count(visit, shown, helped=helped)
            await self._question(visit, shown, helped=helped)
        # A subject that was wrong is but a guess: the next question is taken by its own words.
        talk = replace(visit.talk, answer=replace(shown, helped=helped), sure=helped)
        if helped:
            return Served((Reply(self._texts("rating.thanks")),), _back(talk, shown), aside=True)
        return self._sorry(talk)

    def _sorry(self, talk: Talk) -> Served:
        reply = Reply(self._texts("rating.sorry"), self._menus.numbered([]))
        return Served((reply,), talk, aside=True)

    async def _count(self, visit: Visit, shown: Shown, *, helped: bool) -> None:
        """One more, or the one that they said before moves."""
        now, before = Asked.HELPED, Asked.NOT_HELPED
        if not helped:
            now, before = before, now
        key: dict[str, Any] = {
            "day": visit.today,
            "unit": visit.person.unit,
            "platform": self._platform(visit.conversation.account),
            "topic": shown.slug,
            "facet": shown.facet,
            "place": visit.conversation.id,
        }
        if shown.helped is None:
            await self._tallies.add(visit.tx, now, **key)
        else:
            await self._tallies.move(visit.tx, before, to=now, **key)

    async def _question(self, visit: Visit, shown: Shown, *, helped: bool) -> None:
        """What was asked is one of the unanswered questions while they say that it was not it."""
        question = visit.talk.question
        if not (shown.asked and question):
            return
        if not helped:
            await self._note(visit, question, Doubt.WRONG, (shown.slug,))
        elif shown.helped is False:
            text = redact(question)
            unit = visit.person.unit
            await self._unanswered.take_back(visit.tx, unit=unit, text=text, kind=Doubt.WRONG)


def _back(talk: Talk, shown: Shown) -> Talk:
    """The card is the subject, also where they had said that it was not."""
    if talk.topic == shown.slug:
        return talk
    return replace(talk, topic=shown.slug, facet=shown.facet, leanings=())
