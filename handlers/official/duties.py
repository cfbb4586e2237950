"""What an official may do with a case as it stands: one rule for their phones and the console.

Buttons can be old and forms made up, so this is asked when a duty is shown and again when it is
done. Which states allow it in the end, `storage.cases` decides.
"""

from __future__ import annotations

from handlers.casework import Casework
from handlers.official_actions import Duty
from storage.case_records import OPEN, Case, CaseState
from storage.database import Transaction
from storage.official_drafts import Purpose
from storage.officials import Official, Officials


def duties(official: Official, case: Case) -> tuple[Duty, ...]:
    """All that they may do with it now."""
    if not official.answers:
        return ()
    found = [Duty.NOTE, Duty.FILES]
    if case.state in OPEN:
        found.append(Duty.CLOSE)
        if not case.quarantine:
            found += [Duty.JOIN, Duty.PART]
    if official.leads or official.id == case.official:
        found.append(Duty.UNMASK)
    if case.quarantine:
        if case.waiting and official.leads:
            found.append(Duty.RELEASE)
        return (*found, *_answering(case))
    if case.waiting:
        found += [Duty.ASK_BACK, Duty.HAND_ON, Duty.GIVE]
        if official.id != case.official:
            found.append(Duty.TAKE)
    return (*found, *_answering(case))


def still(case: Case, purpose: Purpose) -> bool:
    """Whether what they wrote may still go out."""
    asked_back = case.state is CaseState.NEEDS_INFORMATION
    return case.waiting or (asked_back and purpose is Purpose.ANSWER)


def _answering(case: Case) -> tuple[Duty, ...]:
    open_to = case.waiting and not case.quarantine
    return (Duty.ANSWER,) if open_to or case.state is CaseState.NEEDS_INFORMATION else ()


async def colleagues(
    tx: Transaction, casework: Casework, official: Official, case: Case
) -> list[Official]:
    """Who else may take it over, by name."""
    return [
        one
        for one in await Officials().all(tx)
        if one.id != official.id and one.answers and casework.sees(one, case)
    ]
