"""Joins the desks of the console, once in each language, and the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.account_desk import AccountsAtDesk
from bot.broadcast_files import NoticeStore
from bot.channels.web_chat_limits import address_of
from bot.clock import next_time
from bot.config import Settings
from bot.filing import Filing, limits_of
from bot.notice_wiring import NoticeHouse
from bot.packing import Press
from bot.receipt_keys import ReceiptKeys
from bot.unit_keeping import UnitKeeping
from content.library import ENGLISH, Library, holding
from content.shelf import SHIPPED
from content.texts import Texts
from handlers.casework import Casework
from handlers.errands import VIETNAM
from handlers.grouping import Grouping
from handlers.official.proof import Proof
from handlers.one_answer import OneAnswer
from handlers.staff.account_desk import AccountDesk
from handlers.staff.answers_desk import AnswersDesk
from handlers.staff.api import Api
from handlers.staff.api_door import ApiDoor
from handlers.staff.api_export import ApiExport
from handlers.staff.api_reading import ApiReading
from handlers.staff.audit_desk import AuditDesk
from handlers.staff.card_desk import CardDesk
from handlers.staff.card_list import CardList
from handlers.staff.card_publishing import CardPublishing
from handlers.staff.card_view import CardViews
from handlers.staff.card_writing import CardWriting
from handlers.staff.case_bulk import BulkDesk
from handlers.staff.case_desk import CaseDesk
from handlers.staff.case_list import CaseList
from handlers.staff.case_steps import CaseSteps
from handlers.staff.case_view import CaseViews
from handlers.staff.days_off_desk import DaysOffDesk
from handlers.staff.door import Door
from handlers.staff.export_desk import ExportDesk
from handlers.staff.group_desk import GroupDesk
from handlers.staff.invitation_desk import InvitationDesk
from handlers.staff.inviting import Inviting
from handlers.staff.key_desk import KeyDesk
from handlers.staff.key_making import KeyMaking
from handlers.staff.languages import Consoles
from handlers.staff.live import Live
from handlers.staff.live_hub import LiveHub
from handlers.staff.my_account import MyAccount
from handlers.staff.notice_asking import AskingForm
from handlers.staff.notice_audiences import NoticeAudiences
from handlers.staff.notice_calendar import NoticeCalendar
from handlers.staff.notice_choices import NoticeChoices
from handlers.staff.notice_desk import NoticeDesk
from handlers.staff.notice_files import NoticeFiles
from handlers.staff.notice_form import NoticeForm
from handlers.staff.notice_list import NoticeList
from handlers.staff.notice_view import NoticeViews
from handlers.staff.notice_writing import NoticeWriting
from handlers.staff.numbers_desk import NumbersDesk
from handlers.staff.one_answer_desk import OneAnswerDesk
from handlers.staff.overview import Overview
from handlers.staff.papers_desk import PapersDesk
from handlers.staff.passwords import Passwords
from handlers.staff.people import People
from handlers.staff.question_groups import QuestionGroups
from handlers.staff.replies import Replies, ReplyDesk
from handlers.staff.report_desk import ReportDesk
from handlers.staff.routes import Console
from handlers.staff.second_step import SecondStep
from handlers.staff.sign_in import SignIn
from handlers.staff.unanswered import UnansweredDesk
from handlers.staff.unit_desk import UnitDesk
from handlers.staff.unit_editing import UnitEditing
from handlers.staff.unit_import import UnitImport
from handlers.unit_changes import UnitChanges
from handlers.units import Units
from storage.database import Database
from storage.staff_sessions import Lasting, StaffSessions
from storage.unanswered import Unanswered

API_MARKS = "loaban api"
"""The purpose for which keys of the API are hashed."""


def consoles_of(
    *,
    settings: Settings,
    keys: ReceiptKeys,
    draw: Callable[[], str],
    database: Database,
    library: Library,
    texts: Texts,
    keeping: UnitKeeping,
    unanswered: Unanswered,
    casework: Casework,
    grouping: Grouping,
    answering: OneAnswer,
    proof: Proof,
    filing: Filing,
    channels: AccountsAtDesk,
    notices: NoticeHouse,
    press: Press,
    clock: Callable[[], datetime],
) -> Consoles:
    """The desks in each language, over the same books. `draw` gives a code that nobody can guess,
    for an address. What nobody put into English is said in Vietnamese. Raises TextFault."""
    limits = settings.console
    sessions = StaffSessions(
        Lasting(timedelta(hours=limits.session_hours), timedelta(minutes=limits.idle_minutes))
    )
    passwords = Passwords(memory_kib=limits.argon2_memory_kib, passes=limits.argon2_passes)
    publishing = CardPublishing(
        database=database, folder=library.folder, texts=texts, zone=VIETNAM, clock=clock
    )
    hub = LiveHub(database=database, casework=casework, sessions=sessions, clock=clock)
    question_groups = QuestionGroups(lambda: library.words)

    api = _api_of(
        settings, keys, database=database, units=keeping.units, casework=casework, clock=clock
    )

    def speaking(language: str, spoken: Texts) -> Console:
        return _console_of(
            language=language,
            texts=spoken,
            written=texts,
            sessions=sessions,
            passwords=passwords,
            publishing=publishing,
            hub=hub,
            question_groups=question_groups,
            api=api,
            settings=settings,
            keys=keys,
            draw=draw,
            database=database,
            library=library,
            keeping=keeping,
            unanswered=unanswered,
            casework=casework,
            grouping=grouping,
            answering=answering,
            proof=proof.in_words_of(spoken),
            filing=filing,
            channels=channels,
            notices=notices,
            press=press,
            clock=clock,
        )

    return Consoles(speaking("vi", texts), speaking("en", english_of(settings).over(texts)))


def english_of(settings: Settings) -> Texts:
    """What the console says to staff who chose English; in a folder of its own, so that villagers
    are not offered it."""
    folder = holding(settings.content.folder or SHIPPED, ENGLISH)
    return Texts.load(folder / ENGLISH, unreviewed=settings.content.serve_unreviewed)


def _console_of(
    *,
    language: str,
    texts: Texts,
    written: Texts,
    sessions: StaffSessions,
    passwords: Passwords,
    publishing: CardPublishing,
    hub: LiveHub,
    question_groups: QuestionGroups,
    api: Api,
    settings: Settings,
    keys: ReceiptKeys,
    draw: Callable[[], str],
    database: Database,
    library: Library,
    keeping: UnitKeeping,
    unanswered: Unanswered,
    casework: Casework,
    grouping: Grouping,
    answering: OneAnswer,
    proof: Proof,
    filing: Filing,
    channels: AccountsAtDesk,
    notices: NoticeHouse,
    press: Press,
    clock: Callable[[], datetime],
) -> Console:
    """`texts` are what the desks say; what writes to villagers, and `written` in files, keeps to
    Vietnamese."""
    units = keeping.units
    door = Door(
        keys=keys.marks("loaban console"),
        sessions=sessions,
        database=database,
        texts=texts,
        units=units,
        secure=settings.web.public_url.startswith("https://"),
        clock=clock,
        language=language,
    )
    words, rights, deeds = notices.words.in_words_of(texts), notices.rights, notices.deeds
    form = NoticeForm(
        texts=texts,
        route=notices.route,
        asking=AskingForm(texts, notices.quiz_of),
        title_of=library.title_of,
        zone=VIETNAM,
    )
    choices = NoticeChoices(texts=texts, library=library, words=words, rights=rights, form=form)
    notice_files = NoticeFiles(
        door=door,
        database=database,
        texts=texts,
        deeds=deeds,
        store=NoticeStore(database, filing.store, limits_of(settings), clock),
        clock=clock,
    )
    papers = PapersDesk(
        door=door, database=database, texts=texts, units=units, library=library, deeds=deeds,
        press=press,
    )  # fmt: skip
    inviting = Inviting(draw=draw, clock=clock)
    accounts = AccountDesk(
        door=door,
        database=database,
        accounts=channels,
        texts=texts,
        units=units,
        zone=VIETNAM,
        clock=clock,
    )
    views = CardViews(library=library, texts=texts, to_villagers=written, zone=VIETNAM, clock=clock)
    card_list = CardList(
        door=door,
        database=database,
        casework=casework,
        library=library,
        publishing=publishing,
        views=views,
        texts=texts,
        zone=VIETNAM,
        clock=clock,
    )
    steps = CaseSteps(casework=casework, grouping=grouping, units=units, clock=clock)
    replies = Replies(texts=texts, units=units)
    live = Live(
        door=door,
        database=database,
        hub=hub,
        casework=casework,
        texts=texts,
        units=units,
    )
    unit_desk = UnitDesk(
        door=door, texts=texts, units=units, fresh=keeping.take_up, zone=VIETNAM, clock=clock
    )
    changes = UnitChanges(clock)
    return Console(
        door=door,
        me=MyAccount(
            door=door,
            database=database,
            sessions=sessions,
            passwords=passwords,
            texts=texts,
            units=units,
            zone=VIETNAM,
            seal=keys.seal,
            unseal=keys.unseal,
            clock=clock,
        ),
        people=People(
            door=door,
            database=database,
            sessions=sessions,
            inviting=inviting,
            texts=texts,
            units=units,
            public_url=settings.web.public_url,
            clock=clock,
        ),
        accounts=accounts,
        units=unit_desk,
        unit_editing=UnitEditing(
            door=door,
            database=database,
            changes=changes,
            texts=texts,
            units=units,
            fresh=keeping.take_up,
            zone=VIETNAM,
            clock=clock,
        ),
        unit_import=UnitImport(
            door=door,
            database=database,
            changes=changes,
            texts=texts,
            in_files=written,
            units=units,
            fresh=keeping.take_up,
            zone=VIETNAM,
            clock=clock,
        ),
        days_off=DaysOffDesk(
            door=door,
            database=database,
            changes=changes,
            texts=texts,
            off=keeping.off,
            silent=keeping.silent,
            fresh=keeping.take_up,
            zone=VIETNAM,
            clock=clock,
        ),
        keys=KeyDesk(
            door=door,
            database=database,
            making=KeyMaking(marks=keys.marks(API_MARKS), draw=draw, clock=clock),
            texts=texts,
            units=units,
            zone=VIETNAM,
        ),
        audit=AuditDesk(door=door, database=database, texts=texts, units=units, zone=VIETNAM),
        sign_in=SignIn(
            door=door,
            database=database,
            sessions=sessions,
            passwords=passwords,
            second=SecondStep(keys.unseal),
            texts=texts,
            address_of=lambda request: address_of(request, settings.web.trusted_proxies),
            seal=keys.seal,
            unseal=keys.unseal,
            clock=clock,
        ),
        invitations=InvitationDesk(
            door=door,
            database=database,
            sessions=sessions,
            passwords=passwords,
            texts=texts,
            units=units,
            clock=clock,
        ),
        inviting=inviting,
        overview=Overview(
            door=door,
            database=database,
            casework=casework,
            unanswered=unanswered,
            units=units,
            zone=VIETNAM,
            troubled=accounts.troubled,
            to_dial=unit_desk.warnings,
            cards=card_list.waiting,
            clock=clock,
        ),
        unanswered=UnansweredDesk(
            door=door,
            database=database,
            unanswered=unanswered,
            groups=question_groups,
            library=library,
            texts=texts,
            zone=VIETNAM,
            clock=clock,
        ),
        card_list=card_list,
        card=CardDesk(
            door=door,
            database=database,
            library=library,
            publishing=publishing,
            views=views,
            texts=texts,
        ),
        card_writing=CardWriting(
            door=door,
            database=database,
            unanswered=unanswered,
            library=library,
            views=views,
            texts=texts,
        ),
        publishing=publishing,
        question_groups=question_groups,
        one_answer=OneAnswerDesk(
            door=door,
            database=database,
            unanswered=unanswered,
            casework=casework,
            answering=answering,
            proof=proof,
            texts=texts,
            clock=clock,
        ),
        case_list=CaseList(
            door=door,
            database=database,
            casework=casework,
            live=live,
            platforms=[*channels.fields, "web_chat"],
            texts=texts,
            units=units,
            clock=clock,
        ),
        exports=ExportDesk(
            door=door,
            database=database,
            casework=casework,
            texts=texts,
            written=written,
            units=units,
            clock=clock,
        ),
        reports=ReportDesk(
            door=door,
            database=database,
            casework=casework,
            library=library,
            texts=texts,
            written=written,
            units=units,
            clock=clock,
        ),
        numbers=NumbersDesk(
            door=door,
            database=database,
            casework=casework,
            unanswered=unanswered,
            library=library,
            texts=texts,
            units=units,
            clock=clock,
        ),
        cases=CaseDesk(
            door=door,
            database=database,
            casework=casework,
            steps=steps,
            proof=proof,
            views=CaseViews(casework=casework, texts=texts, units=units, files=filing.case_files),
            replies=replies,
            live=live,
            texts=texts,
            clock=clock,
        ),
        bulk=BulkDesk(
            door=door,
            database=database,
            casework=casework,
            steps=steps,
            proof=proof,
            texts=texts,
            units=units,
            clock=clock,
        ),
        replies=ReplyDesk(
            door=door,
            database=database,
            replies=replies,
            proof=proof,
            texts=texts,
            units=units,
            clock=clock,
        ),
        live=live,
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
        files=filing.desk(door, casework),
        notice_list=NoticeList(
            door=door, database=database, texts=texts, words=words, rights=rights
        ),
        calendar=NoticeCalendar(
            door=door,
            database=database,
            texts=texts,
            words=words,
            rights=rights,
            next_time=next_time,
            zone=VIETNAM,
            clock=clock,
        ),
        notices=NoticeDesk(
            door=door,
            database=database,
            texts=texts,
            deeds=deeds,
            views=NoticeViews(
                texts=texts, words=words, rights=rights, deeds=deeds, zone=VIETNAM, clock=clock
            ),
            form=form,
            files=notice_files,
            papers=papers,
            clock=clock,
        ),
        writing=NoticeWriting(
            door=door,
            database=database,
            texts=texts,
            words=words,
            rights=rights,
            deeds=deeds,
            form=form,
            choices=choices,
            files=notice_files,
            clock=clock,
        ),
        notice_files=notice_files,
        audiences=NoticeAudiences(
            door=door,
            database=database,
            texts=texts,
            words=words,
            rights=rights,
            form=form,
            choices=choices,
            clock=clock,
        ),
        answers=AnswersDesk(door=door, database=database, texts=texts, deeds=deeds),
        papers=papers,
        api=api,
    )


def _api_of(
    settings: Settings,
    keys: ReceiptKeys,
    *,
    database: Database,
    units: Units,
    casework: Casework,
    clock: Callable[[], datetime],
) -> Api:
    door = ApiDoor(
        marks=keys.marks(API_MARKS),
        database=database,
        casework=casework,
        units=units,
        per_minute=settings.console.api_per_minute,
        clock=clock,
    )
    return Api(
        door=door,
        reading=ApiReading(door=door, database=database, units=units, clock=clock),
        export=ApiExport(door=door, database=database, units=units, clock=clock),
    )
