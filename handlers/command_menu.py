"""What a platform's menu button offers, by who is served and in each language that there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from content.texts import Texts
from handlers.messages import Command
from handlers.units import Units
from storage.notices import WRITING
from storage.officials import Role

VILLAGERS = (
    ("words.home", "command.home"),
    ("words.person", "command.person"),
    ("words.feedback", "command.feedback"),
    ("words.notices", "command.notices"),
    ("words.stop_notices", "command.stop"),
)
UNITS = ("words.units", "command.units")
WORK = ("words.work", "command.work")
WRITERS = (
    ("notice.words_begin", "command.write_notice"),
    ("notice.words_poll", "command.ask_people"),
    ("notice.words_list", "command.list_notices"),
)
"""Of those who write notices and approve them."""


class CommandMenus:
    """`texts` are everybody's; `others` by their language code explain the same commands in it.

    The commands themselves are the words of `texts`, since those are what is understood when typed.
    A language that does not explain all of a menu has none of its own: its people see everybody's.
    """

    def __init__(self, texts: Texts, units: Units, others: Mapping[str, Texts]) -> None:
        self._texts, self._units, self._others = texts, units, others

    @property
    def _villagers(self) -> tuple[tuple[str, str], ...]:
        return (*VILLAGERS, UNITS) if len(self._units) > 1 else VILLAGERS

    def of_villagers(self) -> tuple[Command, ...]:
        """The menu of everybody."""
        return tuple(self._menu(self._villagers))

    def of_officials(self, role: Role) -> tuple[Command, ...]:
        """The menu in an official's own chat: their role's work first, then what everybody has."""
        more = WRITERS if role in WRITING else ()
        return tuple(self._menu((WORK, *more, *self._villagers)))

    def _menu(self, offered: Sequence[tuple[str, str]]) -> Iterator[Command]:
        for language, texts in {"": self._texts, **self._others}.items():
            if not language or all(about in texts for _, about in offered):
                for words, about in offered:
                    yield Command(self._word(words), texts(about), language)

    def _word(self, words: str) -> str:
        """The first of the words that are typed alone for it."""
        return self._texts(words).split("|", maxsplit=1)[0].removeprefix("/")
