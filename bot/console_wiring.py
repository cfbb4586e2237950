"""Joins the desks of the console."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.filing import Filing
from content.library import Library
from content.texts import Texts
from handlers.casework import Casework
from handlers.errands import VIETNAM
from handlers.grouping import Grouping
from handlers.official.proof import Proof
from handlers.staff.case_desk import CaseDesk
from handlers.staff.case_list import CaseList
from handlers.staff.case_view import CaseViews
from handlers.staff.door import Door
from handlers.staff.group_desk import GroupDesk
from handlers.staff.routes import Console
from handlers.staff.unanswered import UnansweredDesk
from handlers.units import Units
from storage.cases import Cases
from storage.database import Database
from storage.outbox import Outbox
from storage.unanswered import Unanswered


def console_of(
    *,
    key: str,
    secure: bool,
    database: Database,
    library: Library,
    texts: Texts,
    units: Units,
    unanswered: Unanswered,
    casework: Casework,
    grouping: Grouping,
    proof: Proof,
    filing: Filing,
    clock: Callable[[], datetime],
) -> Console:
    """`key` opens the door; `secure` says that pages come over HTTPS."""
    door = Door(
        key=key,
        database=database,
        texts=texts,
        cases=Cases(),
        outbox=Outbox(),
        unanswered=unanswered,
        units=units,
        zone=VIETNAM,
        secure=secure,
        clock=clock,
    )
    return Console(
        door=door,
        unanswered=UnansweredDesk(
            door=door,
            database=database,
            unanswered=unanswered,
            library=library,
            texts=texts,
            zone=VIETNAM,
            clock=clock,
        ),
        case_list=CaseList(
            door=door, database=database, casework=casework, texts=texts, units=units, clock=clock
        ),
        cases=CaseDesk(
            door=door,
            database=database,
            casework=casework,
            grouping=grouping,
            proof=proof,
            views=CaseViews(casework=casework, texts=texts, units=units, files=filing.case_files),
            texts=texts,
            units=units,
            clock=clock,
        ),
        groups=GroupDesk(
            door=door,
            database=database,
            casework=casework,
            grouping=grouping,
            proof=proof,
            texts=texts,
            units=units,
            clock=clock,
        ),
        files=filing.desk(door),
    )
