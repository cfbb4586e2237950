"""Numbered choices: which digit stands for what, on every channel and in every state.

1 to 8 are the choices shown, 9 is a person, 0 is home.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from content.texts import Texts
from handlers.actions import Action, AskPerson, Helped, Home, RateAnswer, encode
from handlers.messages import Button

PERSON, HOME = 9, 0
MOST = 8
Choice = tuple[str, Action]


class Menus:
    """Builds the buttons under a reply."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def numbered(
        self, choices: Iterable[Choice], *, person: bool = True, home: bool = True
    ) -> tuple[Button, ...]:
        """Up to eight choices (label, action), then the ways to a person and home."""
        buttons = [
            Button(label, encode(action), digit)
            for digit, (label, action) in enumerate(list(choices)[:MOST], start=1)
        ]
        if person:
            buttons.append(Button(self._texts("menu.person"), encode(AskPerson()), PERSON))
        if home:
            buttons.append(Button(self._texts("menu.home"), encode(Home()), HOME))
        return tuple(buttons)

    def with_one_more(self, buttons: Sequence[Button], choice: Choice) -> tuple[Button, ...]:
        """The same with a choice after the others, if there is room for it."""
        taken = [b.digit for b in buttons if b.digit is not None and b.digit not in {PERSON, HOME}]
        digit = max(taken, default=0) + 1
        if digit > MOST:
            return tuple(buttons)
        label, action = choice
        at = next((n for n, b in enumerate(buttons) if b.digit in {PERSON, HOME}), len(buttons))
        return (*buttons[:at], Button(label, encode(action), digit), *buttons[at:])

    def rating(self, slug: str) -> tuple[Button, ...]:
        """Whether a card's answer was what they asked for: no digit, all are taken. What stands on
        them can be typed."""
        return tuple(
            Button(self._texts(key), encode(RateAnswer(slug, helped)))
            for key, helped in (("rating.yes", Helped.YES), ("rating.no", Helped.NO))
        )

    def page(self, choices: Sequence[Choice], *, start: int, more: Action) -> list[Choice]:
        """The choices from `start` on that fit, with `more` as the last where some are left.

        A `start` beyond the end shows the first page.
        """
        begin = start if 0 <= start < len(choices) else 0
        left = list(choices[begin:])
        if len(left) <= MOST:
            return left
        return [*left[: MOST - 1], (self._texts("menu.more"), more)]


def digits(buttons: Iterable[Button]) -> dict[str, str]:
    """What each digit means while these buttons are the last shown."""
    return {str(b.digit): b.action for b in buttons if b.digit is not None}
