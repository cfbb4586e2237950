"""The steps that the console takes with a case: each reads its form, checks and does, or refuses.

One desk takes them with one case, another with several; both do the same to each. A form names the
version of the case that it is about, so of two who act at once one is first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from handlers.casework import Casework, NotDownwards
from handlers.grouping import Grouping
from handlers.official.duties import colleagues, duties
from handlers.official_actions import Duty
from handlers.staff.forms import Cannot, Form, reason, words, writing
from handlers.units import Units
from storage.audit import Verb
from storage.case_groups import GroupFault
from storage.case_history import Happened, History
from storage.case_records import Case, Changed, Refused
from storage.cases import Cases
from storage.database import Transaction
from storage.official_drafts import Purpose
from storage.officials import Official

DUTIES = {Purpose.ANSWER: Duty.ANSWER, Purpose.ASK_BACK: Duty.ASK_BACK}

VERBS = {
    "answer": Verb.ANSWERED,
    "ask_back": Verb.ASKED_BACK,
    "assign": Verb.ASSIGNED,
    "move": Verb.MOVED,
    "close": Verb.CLOSED,
    "release": Verb.RELEASED,
    "keep": Verb.KEPT,
    "note": Verb.NOTED,
    "group": Verb.GROUPED,
    "ungroup": Verb.UNGROUPED,
    "unmask": Verb.UNMASKED,
}
"""What the audit log calls a step."""

REASONED = frozenset({"close", "keep", "unmask"})
"""Steps whose words are why they were done."""

Step = Callable[[Transaction, Case, Form, Official], Awaitable[str]]

Refusals = (Changed, Refused, Cannot, NotDownwards, GroupFault)
"""What a step may raise: then nothing is to be done."""


def why_not(fault: Exception) -> str:
    """The text that says why a step was refused; empty where somebody else was first."""
    match fault:
        case Cannot():
            return fault.key
        case NotDownwards():
            return "staff.case.not_down"
        case GroupFault():
            return f"staff.group.fault.{fault.trouble}"
    return ""


def allow(by: Official, case: Case, duty: Duty) -> None:
    """Raises Cannot for what they may not do with the case as it stands."""
    if duty not in duties(by, case):
        raise Cannot("official.may_not", 409 if by.answers else 403)


def seen(by: Official, case: Case, form: Form, duty: Duty) -> None:
    """Raises Changed for a form about an earlier version of the case, else as `allow`."""
    if by.answers and form.get("seen", "") != str(case.version):
        raise Changed
    allow(by, case, duty)


class CaseSteps:
    """Takes a step in the transaction of its caller, and returns the word for what was done.

    Each raises one of `Refusals` for what cannot be done so.
    """

    def __init__(
        self,
        *,
        casework: Casework,
        grouping: Grouping,
        units: Units,
        clock: Callable[[], datetime],
    ) -> None:
        self._casework = casework
        self._grouping = grouping
        self._units = units
        self._clock = clock
        self._cases = Cases()
        self._history = History()

    async def unmask(self, tx: Transaction, case: Case, form: Form, by: Official) -> str:
        """What is masked is shown once; that and the reason stand in the history."""
        allow(by, case, Duty.UNMASK)
        why, at = reason(form), self._clock()
        await self._history.note(tx, case.id, Happened.SHOWN, at=at, by=by.id, detail=why)
        return "unmask"

    async def send(self, tx: Transaction, case: Case, form: Form, by: Official) -> str:
        """Send an answer or a question back."""
        purpose, text = writing(form)
        seen(by, case, form, DUTIES[purpose])
        at = self._clock()
        if purpose is Purpose.ANSWER:
            await self._casework.answer(tx, case, text, by=by, at=at)
        else:
            await self._casework.ask_back(tx, case, text, by=by, at=at)
        return purpose.value

    async def assign(self, tx: Transaction, case: Case, form: Form, by: Official) -> str:
        """Give it to an official, or take it oneself."""
        wanted = form.get("to", "")
        seen(by, case, form, Duty.TAKE if wanted == str(by.id) else Duty.GIVE)
        able = [by, *await colleagues(tx, self._casework, by, case)]
        to = next((one for one in able if str(one.id) == wanted), None)
        if to is None:
            raise Cannot("official.not_to_them", 422)
        await self._casework.assign(tx, case, to=to, by=by, at=self._clock())
        return "assign"

    async def move(self, tx: Transaction, case: Case, form: Form, by: Official) -> str:
        """Hand it on to another unit."""
        seen(by, case, form, Duty.HAND_ON)
        unit = self._units.get(form.get("unit", ""))
        if unit is None or unit.code == case.unit:
            raise Cannot("staff.case.no_unit", 422)
        await self._casework.move(tx, case, to=unit, by=by, at=self._clock())
        return "move"

    async def close(self, tx: Transaction, case: Case, form: Form, by: Official) -> str:
        """Close it without an answer; why stands in the history."""
        seen(by, case, form, Duty.CLOSE)
        why, at = reason(form), self._clock()
        await self._casework.close(tx, case, by=by, at=at, why=why)
        return "close"

    async def release(self, tx: Transaction, case: Case, form: Form, by: Official) -> str:
        """Let what was held back go the usual way."""
        seen(by, case, form, Duty.RELEASE)
        await self._casework.release(tx, case, by=by, at=self._clock())
        return "release"

    async def keep(self, tx: Transaction, case: Case, form: Form, by: Official) -> str:
        """It was looked at and stays held back; why stands in the history."""
        seen(by, case, form, Duty.RELEASE)
        why, at = reason(form), self._clock()
        await self._casework.keep(tx, case, by=by, at=at, why=why)
        return "keep"

    async def note(self, tx: Transaction, case: Case, form: Form, by: Official) -> str:
        """Words among officials."""
        allow(by, case, Duty.NOTE)
        text, at = words(form, "text"), self._clock()
        await self._cases.note(tx, case.id, text, by=by.id, at=at)
        return "note"

    async def group(self, tx: Transaction, case: Case, form: Form, by: Official) -> str:
        """Another case says the same: both are in one group from then on."""
        allow(by, case, Duty.NOTE)
        named = form.get("other", "")
        said = int(named) if named.isascii() and named.isdecimal() and len(named) < 19 else 0
        other = await self._cases.get(tx, said, lock=True)
        if other is None or other.id == case.id or not self._casework.sees(by, other):
            raise Cannot("staff.case.none_such", 422)
        await self._grouping.put_together(tx, case, other, at=self._clock(), by=by)
        return "group"

    async def ungroup(self, tx: Transaction, case: Case, _form: Form, by: Official) -> str:
        """The case stands alone again."""
        allow(by, case, Duty.NOTE)
        if case.group is not None:
            await self._grouping.take_out(tx, case, at=self._clock(), by=by)
        return "ungroup"
