"""Joins what officials need: their office in the chat, the rules against floods, the reminders."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from bot.config import Settings
from bot.pacing import quiet_until
from content.checker import word_lists
from content.library import Library
from content.receipts import ReceiptWords
from content.texts import Texts
from content.wording import Wording
from handlers.abuse import Abuse
from handlers.case_files import CaseFiles
from handlers.casework import Casework
from handlers.command_menu import CommandMenus
from handlers.errands import VIETNAM
from handlers.official.joining import Joining
from handlers.official.office import Office
from handlers.official.proof import Proof
from handlers.official.screens import Screens
from handlers.official.speaking import Speaking
from handlers.official.writing import Writing
from handlers.official_post import OfficialPost
from handlers.post import Post
from handlers.reminders import Reminders
from handlers.units import Units
from handlers.working_days import WorkingDays
from storage.case_records import CaseKind
from storage.database import Database
from storage.outbox import Lane


def office_of(
    *,
    units: Units,
    texts: Texts,
    menus: CommandMenus,
    casework: Casework,
    files: CaseFiles,
    proof: Proof,
    post: Post,
) -> Office:
    screens = Screens(casework=casework, texts=texts, files=files)
    writing = Writing(casework=casework, screens=screens, texts=texts, proof=proof, files=files)
    return Office(
        casework=casework,
        texts=texts,
        joining=Joining(units=units, texts=texts, menus=menus),
        screens=screens,
        writing=writing,
        speaking=Speaking(
            casework=casework,
            screens=screens,
            writing=writing,
            texts=texts,
            files=files,
            post=post,
        ),
    )


def proof_of(folder: Path, *, texts: Texts, casework: Casework) -> Proof:
    """`folder` is the content folder."""
    wording = Wording.load(*word_lists(folder))
    return Proof(casework=casework, texts=texts, wording=wording)


def abuse_of(settings: Settings, library: Library) -> Abuse:
    return Abuse(
        alarm=library.alarm.hear,
        cases_per_hour=settings.cases.flood_per_hour,
        newcomers_per_hour=settings.cases.newcomers_per_hour,
        newcomer=timedelta(hours=settings.cases.newcomer_hours),
    )


def casework_of(
    settings: Settings,
    *,
    units: Units,
    texts: Texts,
    off: Collection[date],
    post: Post,
    abuse: Abuse,
    receipts: ReceiptWords,
    files: CaseFiles,
    hashes: Callable[[str], Sequence[str]],
    draw: Callable[[int], int],
) -> Casework:
    """The steps of a case, with who tells officials of them. `off` are days off."""
    office = OfficialPost(
        units=units, texts=texts, post=post, quiet=quiet_of(settings), urgent=abuse.urgent
    )
    return Casework(
        units=units,
        texts=texts,
        post=post,
        days=working_days(settings, off),
        abuse=abuse,
        office=office,
        receipts=receipts,
        files=files,
        hashes=hashes,
        draw=draw,
    )


def quiet_of(settings: Settings) -> Callable[[datetime], datetime | None]:
    """Until when officials are left alone at a time (UTC): as whoever gets notices."""

    def quiet(at: datetime) -> datetime | None:
        hours = settings.quiet_hours
        return quiet_until(Lane.CAMPAIGN, at, start=hours.start, end=hours.end, zone=VIETNAM)

    return quiet


def reminders_of(
    settings: Settings, database: Database, casework: Casework, off: Collection[date] | None = None
) -> Reminders:
    return Reminders(
        database=database,
        casework=casework,
        days=working_days(settings, off),
        chair_after=timedelta(days=settings.cases.chair_after_days),
        close_after=timedelta(days=settings.cases.close_after_days),
        remind_asked=timedelta(days=settings.cases.remind_asked_days),
        close_asked=timedelta(days=settings.cases.close_asked_days),
    )


def working_days(settings: Settings, off: Collection[date] | None = None) -> WorkingDays:
    """Vietnam's working days, with the time limits of the settings and the days `off`; without
    these, with the days off of the settings."""
    return WorkingDays(
        days={
            CaseKind.QUESTION: settings.cases.question_days,
            CaseKind.PRAISE: settings.cases.praise_days,
            CaseKind.SUGGESTION: settings.cases.suggestion_days,
            CaseKind.PROBLEM: settings.cases.problem_days,
            CaseKind.COMPLAINT: settings.cases.complaint_days,
        },
        holidays_too=settings.holidays.days if off is None else off,
    )
