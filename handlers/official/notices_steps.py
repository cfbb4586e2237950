"""The steps of composing a notice: which come in what order, and which may be left out.

Plain rules without a database; `notices_composing` walks them. Pictures and voices need no step:
they may come at any (`notices_enclosing`). What few notices need stands behind the preview: to whom
but a place (`notices_audience`), words in further languages (`notices_languages`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from content.when import NotATime, read_when
from handlers.errands import VIETNAM
from handlers.units import Units
from storage.notice_drafts import NoticeDraft
from storage.officials import Official

Place = tuple[str, bool]
"""A unit's code, empty for everybody, and whether it is meant without those below it."""


class Step(StrEnum):
    """What is asked just now, in the order in which it is asked."""

    ASK = "ask"  # a question
    CHOICES = "choices"
    TEXT = "text"
    UNIT = "unit"
    PURPOSE = "purpose"
    CARD = "card"
    WHEN = "when"
    UNTIL = "until"  # the end for answers
    LOOK = "look"  # the preview
    REASON = "reason"  # why it is an emergency
    URGENT = "urgent"  # the words that send it at once
    SAY_BACK = "say_back"  # a card whose question is asked
    TEMPLATE = "template"  # whether it goes by a template to who gets no free text
    WHO = "who"  # by what people are chosen
    LANGUAGE = "language"  # those who read one
    FOLLOWERS = "followers"  # those who want to hear of a card
    LISTS = "lists"  # a saved list
    SAVE = "save"  # the name for one
    TONGUES = "tongues"  # words in which further language


ORDER = (
    Step.ASK, Step.CHOICES, Step.TEXT, Step.UNIT, Step.PURPOSE, Step.CARD, Step.WHEN, Step.UNTIL,
    Step.LOOK,
)  # fmt: skip
ASKING = frozenset({Step.ASK, Step.CHOICES, Step.UNTIL})
"""Of what asks something alone."""

CHANGES = (Step.TEXT, Step.WHO, Step.TONGUES, Step.CARD, Step.WHEN)
CHANGES_ASKING = (Step.ASK, Step.CHOICES, Step.WHO, Step.WHEN, Step.UNTIL)
"""What the preview offers to change of what asks nothing, and of what asks."""

TELLING = frozenset({Step.TEXT, Step.PURPOSE, Step.CARD})
"""Of what asks nothing alone."""

WHOM = (Step.UNIT, Step.PURPOSE, Step.LANGUAGE, Step.FOLLOWERS, Step.LISTS, Step.SAVE)
"""What stands below `Step.WHO`, in the order of its choices."""

IN = "in-"
"""The step of the words in a language: this and its code."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Where it stands after a word or a digit, and what to say above it; `on`: to the next step."""

    draft: NoticeDraft
    key: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    on: bool = False


class Route:
    """What comes next, for the units that the program serves."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def places(self, official: Official) -> Sequence[Place]:
        """To whom they may send: their own unit with all below, it alone, each one below it."""
        own = official.unit
        below = [unit.code for unit in self._units if unit.code in self._units.below(own)]
        found: list[Place] = [(own, False)]
        if own and len(below) > 1:
            found.append((own, True))
        for code in below:
            if code != own:
                found.append((code, False))
                if len(self._units.below(code)) > 1:
                    found.append((code, True))
        return found

    def begun(self, official: Official) -> NoticeDraft:
        """An empty draft; to their own unit, until they choose."""
        return NoticeDraft(official.id, Step.TEXT, unit=official.unit)

    def following(self, draft: NoticeDraft, official: Official) -> NoticeDraft:
        """At the next step; once the preview was seen, at the preview again."""
        if draft.looked or draft.step not in ORDER:
            return replace(draft, step=Step.LOOK, looked=True)
        steps = [step for step in ORDER if self._asked(step, official, draft)]
        later = [step for step in steps if ORDER.index(step) > ORDER.index(Step(draft.step))]
        step = later[0] if later else Step.LOOK
        return replace(draft, step=step, looked=step is Step.LOOK)

    def before(self, draft: NoticeDraft, official: Official) -> NoticeDraft | None:
        """One step back; None: there is none before."""
        step = draft.step
        if step == Step.TEMPLATE and draft.template is None:  # it stands before the first preview
            step = Step.LOOK
        if step not in ORDER or (draft.looked and step != Step.LOOK):
            return replace(draft, step=above(step))
        place = ORDER.index(Step(step))
        earlier = [one for one in ORDER[:place] if self._asked(one, official, draft)]
        return replace(draft, step=earlier[-1], looked=False) if earlier else None

    def changeable(self, draft: NoticeDraft) -> list[Step]:
        """What the preview offers to change: the same at the same digits, whoever looks."""
        steps = [*CHANGES_ASKING] if draft.questions else [*CHANGES]
        return steps if draft.template is None else [*steps, Step.TEMPLATE]

    def whom(self, official: Official, draft: NoticeDraft) -> list[Step]:
        """By what the people can be chosen; what asks something goes to who said yes to that."""
        left_out = {Step.PURPOSE, Step.FOLLOWERS} if draft.questions else set[Step]()
        if len(self.places(official)) == 1:
            left_out.add(Step.UNIT)
        return [step for step in WHOM if step not in left_out]

    def leads_to(self, official: Official, draft: NoticeDraft) -> list[Step]:
        """The steps that the screen of this one offers."""
        if draft.step == Step.WHO:
            return self.whom(official, draft)
        return self.changeable(draft) if draft.step == Step.LOOK else []

    def _asked(self, step: Step, official: Official, draft: NoticeDraft) -> bool:
        if step in (TELLING if draft.questions else ASKING):
            return False
        return step is not Step.UNIT or len(self.places(official)) > 1


def above(step: str) -> Step:
    """From where a step was reached after the preview."""
    if step.startswith(IN):
        return Step.TONGUES
    return Step.WHO if step in WHOM else Step.LOOK


def tongue_of(step: str) -> str:
    """The language whose words are awaited; empty for every other step."""
    return step.removeprefix(IN) if step.startswith(IN) else ""


def read_due(draft: NoticeDraft, words: str, now: datetime) -> Turn:
    """The time to send at, as people say it; `now` in UTC."""
    try:
        when = read_when(words, now=now, zone=VIETNAM)
    except NotATime as fault:
        return Turn(draft, f"when.{fault.key}", {"said": fault.said})
    if when.repeats and draft.questions:
        return Turn(draft, "notice.ask_once")
    return Turn(replace(draft, due_at=when.first, repeats=when.repeats), on=True)
