"""What waits for words, and for how long: after a long silence it is asked what new words are for.

Who left a question of ours open and writes again the next day mostly asks something else. Their
words are kept while they choose, so nobody types them twice, and none go to an official unasked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from content.screens import shorten
from content.texts import Texts
from handlers.actions import Action, GoOn
from handlers.errands import Served, Visit
from handlers.messages import Reply
from handlers.villager.menus import Choice, Menus
from storage.conversations import Talk

PATIENCE = timedelta(hours=3)
"""So long words are taken for what was asked. A meal, a trip to the field or a signal lost on the
way are shorter; after half a day nobody remembers what the chat was waiting for."""

VILLAGERS = frozenset({"feedback", "question", "case", "survey"})
"""What a villager's words may be awaited for; "case" is followed by which and why, "survey" by
which and where in it."""

ASKED = "old:"
"""Before what is awaited, while it is asked whether the words are for that."""

LONGEST = 8_000
SHOWN = 80


class Awaited:
    """Asks what words are for that come late."""

    def __init__(
        self,
        texts: Texts,
        *,
        warn: Callable[[Visit], Reply | None],
        words: Callable[[Visit], Awaitable[Served]],
    ) -> None:
        """`words` serves a visit with words; `warn` gives whom to call to somebody in danger."""
        self._texts = texts
        self._warn = warn
        self._words = words
        self._menus = Menus(texts)

    def ask_first(self, visit: Visit) -> Served | None:
        """The question what their words are for; None where that is clear."""
        talk = visit.talk
        if not (is_old(visit) or talk.expecting.startswith(ASKED)):
            return None
        awaited = talk.expecting.removeprefix(ASKED)
        before = talk.question if talk.expecting.startswith(ASKED) else ""
        words = f"{before}\n{visit.text.strip()}".strip()[:LONGEST]
        what = awaited.partition(":")[0]
        choices: list[Choice] = [
            (self._texts(f"awaited.go_on.{what}"), GoOn(1)),
            (self._texts("awaited.other"), GoOn(0)),
        ]
        text = self._texts(f"awaited.ask.{what}", text=shorten(words, SHOWN))
        reply = Reply(text, self._menus.numbered(choices, person=False))
        talk = replace(talk, expecting=f"{ASKED}{awaited}", question=words, greeted=True)
        warning = self._warn(visit)
        if warning is None:
            return Served((reply,), talk)
        return Served((warning, reply), talk, urgent=True)

    async def go_on(self, visit: Visit, action: Action) -> Served | None:
        """They chose; their words are served as if typed now. None: nothing was asked."""
        talk = visit.talk
        if not isinstance(action, GoOn) or not talk.expecting.startswith(ASKED):
            return None
        awaited = talk.expecting.removeprefix(ASKED) if action.on else ""
        now = replace(talk, expecting=awaited, awaited_since=visit.now, question="")
        conversation = replace(visit.conversation, talk=now)
        return await self._words(replace(visit, text=talk.question, conversation=conversation))


def is_old(visit: Visit) -> bool:
    """Whether what is awaited was asked too long ago to be what new words are for."""
    talk = visit.talk
    if talk.expecting.partition(":")[0] not in VILLAGERS:
        return False
    return talk.awaited_since is None or visit.now - talk.awaited_since > PATIENCE


def awaited_since(visit: Visit, after: Talk, *, chose: bool) -> datetime | None:
    """Since when (UTC) words are awaited. A sticker in between makes nothing newer."""
    if not after.expecting:
        return None
    if after.expecting == visit.talk.expecting and is_old(visit) and not chose:
        return visit.talk.awaited_since
    return visit.now
