"""What the last screen of a chat was about: who went to another page since writes about that."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from handlers.actions import Action, UnknownAction, decode
from handlers.official_actions import Compose, ListNotices, ListWork, Notice, Work
from storage.conversations import Talk


def before_notice(talk: Talk) -> bool:
    """Whether it was a step of composing, or a notice that was handed in."""
    return any(isinstance(action, Compose | Notice) for action in _offered(talk))


def before_work(talk: Talk) -> bool:
    """Whether it was a list of cases or notices, or one of them."""
    of_work = ListWork | Work | ListNotices | Notice
    return any(isinstance(action, of_work) for action in _offered(talk))


def _offered(talk: Talk) -> Iterator[Action]:
    for choice in talk.choices.values():
        with contextlib.suppress(UnknownAction):
            yield decode(choice)
