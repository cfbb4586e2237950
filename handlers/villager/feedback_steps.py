"""The steps of telling feedback: which come in what order, which can be left out, who handles it.

Plain rules on what was told so far, without a database; `feedback` walks them.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from handlers.units import Unit, Units
from storage.case_records import CaseKind
from storage.drafts import Draft

KINDS = (CaseKind.PRAISE, CaseKind.SUGGESTION, CaseKind.PROBLEM, CaseKind.COMPLAINT)
DENUNCIATION = "denunciation"
"""No kind of case: its legal way is told instead."""

LEADER, OTHER = "leader", "other"
ABOUT = ("staff", LEADER, "village", OTHER)
"""Whom a complaint may be about; `Route.handling` says to whom it goes."""


class Step(StrEnum):
    """What is asked just now, in the order in which it is asked."""

    KIND = "kind"
    DENOUNCE = "denounce"  # asks nothing: what a denunciation is
    WAY = "way"  # asks nothing: how one denounces
    WORDS = "words"
    UNIT = "unit"
    ABOUT = "about"
    PLACE = "place"
    SEND = "send"
    NAME = "name"


_ORDER = list(Step)


class Route:
    """What comes next, for the units that the program serves."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def home(self, chosen: str) -> str:
        """The code of the unit that somebody chose, or of the only one that there is."""
        if chosen or len(self._units) != 1:
            return chosen
        return next(iter(self._units)).code

    def communes(self) -> list[Unit]:
        """The units that feedback can be for: those with an office."""
        offices = {office.code for u in self._units if (office := self._units.office(u.code))}
        return [unit for unit in self._units if unit.code in offices]

    def villages(self, draft: Draft) -> list[Unit]:
        """The places inside the commune that it is for."""
        office = self._units.office(draft.unit)
        return self._units.inside(office.code) if office else []

    def handling(self, draft: Draft) -> Unit | None:
        """The unit whose officials see it; None when there is none that may.

        No complaint goes to a village: there it could only reach its head, whom it may be about
        even where that is not said. One about whoever leads the office goes to the unit above.
        """
        office = self._units.office(draft.unit)
        if office is None or draft.kind != CaseKind.COMPLAINT:
            return self._units.get(draft.unit)
        return self._units.get(office.parent) if draft.about == LEADER else office

    def seen_by(self, draft: Draft) -> str:
        """Whose officials see it, by name: a village's, then the office's that serves it; empty
        when there are none."""
        handling = self.handling(draft)
        office = self._units.office(handling.code) if handling else None
        names = dict.fromkeys(unit.name for unit in (handling, office) if unit)
        return ", ".join(names)

    def complete(self, draft: Draft, files: int) -> bool:
        """Whether it can be handed in."""
        told = draft.text or files
        return bool(draft.kind in set(KINDS) and told and self.handling(draft))

    def following(self, draft: Draft, files: int) -> Draft:
        """At the first step that is not answered yet; else at sending."""
        answers = {
            Step.WORDS: draft.text or files,
            Step.UNIT: draft.unit,
            Step.ABOUT: draft.about,
            Step.PLACE: draft.place or draft.step == Step.PLACE,  # may be left out
        }
        for step, answer in answers.items():
            if self._asked(draft, step) and not answer:
                return replace(draft, step=step)
        return replace(draft, step=Step.SEND)

    def before(self, draft: Draft, chosen: str) -> Draft:
        """At the step that was asked before, its answer taken back; but the words stay until others
        are told.

        The commune is not asked of somebody who has `chosen` one.
        """
        if draft.step == Step.WAY:
            return replace(draft, step=Step.DENOUNCE)
        here = _ORDER.index(Step(draft.step))
        given = {Step.UNIT} if chosen else set()
        earlier = [step for step in _ORDER[:here] if step not in given and self._asked(draft, step)]
        step = earlier[-1] if earlier else Step.KIND
        before = replace(draft, step=step)
        match step:
            case Step.UNIT:
                return replace(before, unit="")
            case Step.ABOUT:
                return replace(before, about="")
            case Step.PLACE:
                return replace(before, place="")
        return before

    def _asked(self, draft: Draft, step: Step) -> bool:
        """Whether such feedback is asked this at all."""
        match step:
            case Step.KIND | Step.WORDS | Step.SEND:
                return True
            case Step.UNIT:
                return len(self.communes()) > 1
            case Step.ABOUT:
                return draft.kind == CaseKind.COMPLAINT
            case Step.PLACE:
                return draft.kind == CaseKind.PROBLEM
        return False
