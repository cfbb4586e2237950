"""What the web chat shows to somebody who follows a link, before a word is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.channels.web_chat import WebChat
from handlers.deep_links import DeepLink
from handlers.errands import VIETNAM
from handlers.layout import lay_out
from handlers.messages import Reply
from handlers.villager.browse import Browse


class Landing:
    """`home` is the unit of those whose link names none; `clock` gives aware UTC times."""

    def __init__(self, browse: Browse, home: str, *, clock: Callable[[], datetime]) -> None:
        self._browse = browse
        self._home = home
        self._clock = clock

    def first_page(self, link: str) -> Reply:
        """The first page, for the unit that a link names."""
        return _laid_out(self._browse.first_page(DeepLink.read(link).unit or self._home))

    def opened(self, link: str) -> Reply | None:
        """The card that a link names, if there is one."""
        meant = DeepLink.read(link)
        if not self._browse.has(meant.card):
            return None
        today = self._clock().astimezone(VIETNAM).date()
        unit = meant.unit or self._home
        return _laid_out(self._browse.card_page(meant.card, unit=unit, today=today))


def _laid_out(reply: Reply) -> Reply:
    return lay_out(reply, WebChat.capabilities)[0]
