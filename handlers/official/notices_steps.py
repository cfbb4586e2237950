"""The steps of composing a notice: which come in what order, and which may be left out.

Plain rules without a database; `notices_composing` walks them. Pictures, voices and words in other
languages need no step: they may come at any (`notices_enclosing`, `notices_languages`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

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


ORDER = (
    Step.ASK, Step.CHOICES, Step.TEXT, Step.UNIT, Step.PURPOSE, Step.CARD, Step.WHEN, Step.UNTIL,
    Step.LOOK,
)  # fmt: skip
ASKING = frozenset({Step.ASK, Step.CHOICES, Step.UNTIL})
"""Of what asks something alone."""

TELLING = frozenset({Step.TEXT, Step.PURPOSE, Step.CARD})
"""Of what asks nothing alone."""


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
        step = Step(draft.step)
        if step is Step.TEMPLATE and draft.template is None:  # it stands before the first preview
            step = Step.LOOK
        if step not in ORDER or (draft.looked and step is not Step.LOOK):
            return replace(draft, step=Step.LOOK)
        earlier = [one for one in ORDER[: ORDER.index(step)] if self._asked(one, official, draft)]
        return replace(draft, step=earlier[-1], looked=False) if earlier else None

    def changeable(self, official: Official, draft: NoticeDraft) -> list[Step]:
        """What the preview offers to change."""
        steps: list[Step] = [
            step for step in ORDER if step is not Step.LOOK and self._asked(step, official, draft)
        ]
        return steps if draft.template is None else [*steps, Step.TEMPLATE]

    def _asked(self, step: Step, official: Official, draft: NoticeDraft) -> bool:
        if step in (TELLING if draft.questions else ASKING):
            return False
        return step is not Step.UNIT or len(self.places(official)) > 1
