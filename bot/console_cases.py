"""Builds the desks of cases, and what is counted and written of them."""

from __future__ import annotations

from typing import TypedDict

from bot.console_parts import Room
from handlers.staff.case_bulk import BulkDesk
from handlers.staff.case_desk import CaseDesk
from handlers.staff.case_list import CaseList
from handlers.staff.case_steps import CaseSteps
from handlers.staff.case_view import CaseViews
from handlers.staff.export_desk import ExportDesk
from handlers.staff.files import FileDesk
from handlers.staff.group_desk import GroupDesk
from handlers.staff.live import Live
from handlers.staff.live_hub import LiveHub
from handlers.staff.numbers_desk import NumbersDesk
from handlers.staff.replies import Replies, ReplyDesk
from handlers.staff.report_desk import ReportDesk


class CaseDesks(TypedDict):
    """The desks of cases, by their names in the console."""

    case_list: CaseList
    cases: CaseDesk
    bulk: BulkDesk
    groups: GroupDesk
    replies: ReplyDesk
    files: FileDesk
    live: Live
    exports: ExportDesk
    reports: ReportDesk
    numbers: NumbersDesk


def case_desks(room: Room, *, hub: LiveHub) -> CaseDesks:
    """Cases, one or many; `hub` tells the pages of every language what changed."""
    parts, texts = room.parts, room.texts
    casework, grouping, units = parts.casework, parts.grouping, parts.keeping.units
    proof = parts.proof.in_words_of(texts)
    steps = CaseSteps(casework=casework, grouping=grouping, units=units, clock=parts.clock)
    replies = Replies(texts=texts, units=units)
    live = Live(**room.desk, hub=hub, casework=casework, units=units)
    views = CaseViews(casework=casework, texts=texts, units=units, files=parts.filing.case_files)
    return CaseDesks(
        case_list=CaseList(
            **room.placed,
            casework=casework,
            live=live,
            platforms=[*parts.channels.fields, "web_chat"],
        ),
        cases=CaseDesk(
            **room.timed,
            casework=casework,
            steps=steps,
            proof=proof,
            views=views,
            replies=replies,
            live=live,
        ),
        bulk=BulkDesk(**room.placed, casework=casework, steps=steps, proof=proof, replies=replies),
        groups=GroupDesk(
            **room.placed,
            casework=casework,
            answers=parts.public_answers,
            grouping=grouping,
            proof=proof,
        ),
        replies=ReplyDesk(**room.placed, replies=replies, proof=proof),
        files=parts.filing.desk(room.door, casework),
        live=live,
        exports=ExportDesk(**room.placed, casework=casework, written=parts.texts),
        reports=ReportDesk(
            **room.placed, casework=casework, library=parts.library, written=parts.texts
        ),
        numbers=NumbersDesk(
            **room.placed,
            casework=casework,
            unanswered=parts.unanswered,
            library=parts.library,
        ),
    )
