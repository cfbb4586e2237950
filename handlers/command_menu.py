"""What a platform's menu button offers: words that work when typed, and what each does."""

from __future__ import annotations

from content.texts import Texts
from handlers.messages import Command
from handlers.units import Units


def of_villagers(texts: Texts, units: Units) -> tuple[Command, ...]:
    """The menu of everybody."""
    offered = [
        (texts("words.home"), texts("command.home")),
        (texts("words.person"), texts("command.person")),
        (texts("words.feedback"), texts("command.feedback")),
        (texts("words.notices"), texts("command.notices")),
        (texts("words.stop_notices"), texts("command.stop")),
    ]
    if len(units) > 1:
        offered.append((texts("words.units"), texts("command.units")))
    return tuple(_command(words, about) for words, about in offered)


def of_officials(texts: Texts, units: Units) -> tuple[Command, ...]:
    """The menu in an official's own chat: their work first, then what everybody has."""
    return (_command(texts("words.work"), texts("command.work")), *of_villagers(texts, units))


def _command(words: str, about: str) -> Command:
    """The first of the words that are typed alone for it."""
    return Command(words.split("|", maxsplit=1)[0].removeprefix("/"), about)
