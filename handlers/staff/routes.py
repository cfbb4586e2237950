"""The map of the console: every address below /staff, and who serves it."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from handlers.staff.account_desk import AccountDesk
from handlers.staff.answers_desk import AnswersDesk
from handlers.staff.api import Api
from handlers.staff.audit_desk import AuditDesk
from handlers.staff.card_desk import CardDesk
from handlers.staff.card_list import CardList
from handlers.staff.card_publishing import CardPublishing
from handlers.staff.card_writing import NEW as NEW_CARD
from handlers.staff.card_writing import CardWriting
from handlers.staff.case_bulk import BulkDesk
from handlers.staff.case_desk import CaseDesk
from handlers.staff.case_list import CaseList
from handlers.staff.days_off_desk import DaysOffDesk
from handlers.staff.door import Door
from handlers.staff.export_desk import ExportDesk
from handlers.staff.files import FileDesk
from handlers.staff.group_desk import GroupDesk
from handlers.staff.invitation_desk import InvitationDesk
from handlers.staff.inviting import Inviting
from handlers.staff.key_desk import KeyDesk
from handlers.staff.live import ADDRESS as LIVE
from handlers.staff.live import Live
from handlers.staff.my_account import MyAccount
from handlers.staff.notice_audiences import NoticeAudiences
from handlers.staff.notice_calendar import NoticeCalendar
from handlers.staff.notice_desk import NoticeDesk
from handlers.staff.notice_files import NoticeFiles
from handlers.staff.notice_list import NoticeList
from handlers.staff.notice_writing import NEW, NoticeWriting
from handlers.staff.numbers_desk import NumbersDesk
from handlers.staff.one_answer_desk import OneAnswerDesk
from handlers.staff.overview import Overview
from handlers.staff.papers_desk import PapersDesk
from handlers.staff.people import People
from handlers.staff.question_groups import QuestionGroups
from handlers.staff.replies import ADDRESS as REPLIES
from handlers.staff.replies import ReplyDesk
from handlers.staff.report_desk import ReportDesk
from handlers.staff.sign_in import SignIn
from handlers.staff.unanswered import UnansweredDesk
from handlers.staff.unit_desk import UnitDesk
from handlers.staff.unit_editing import UnitEditing
from handlers.staff.unit_import import UnitImport

CASE = r"/staff/cases/{case:[0-9]{1,18}}"
GROUP = r"/staff/groups/{group:[0-9]{1,18}}"
INVITATION = r"/staff/invitation/{code:[\w-]{20,80}}"
PERSON = r"/staff/people/{account:[0-9]{1,18}}"
SESSION = r"/staff/me/sessions/{session:[0-9]{1,18}}/end"
NOTICE = r"/staff/notices/{notice:[0-9]{1,18}}"
FILE = r"/staff/files/{id:[0-9]{1,18}}"
CHANNEL = r"/staff/accounts/{name:[a-z0-9][a-z0-9-]{0,39}}"
CARD = r"/staff/cards/{slug:[a-z0-9-]{1,64}}"
VERSION = CARD + r"/versions/{version:[0-9]{1,9}}"
REPLY = REPLIES + r"/{reply:[0-9]{1,18}}"
UNIT = r"/staff/units/{unit:[a-z0-9][a-z0-9-]{0,39}}"
LIST = r".{ending:xlsx|csv}"
KEY = r"/staff/keys/{key:[0-9]{1,18}}"
CODE = CHANNEL + r"/qr.{ending:png|svg}"


@dataclass(frozen=True, slots=True)
class Console:
    """All desks of the console, the door to them, and the API beside."""

    door: Door
    sign_in: SignIn
    invitations: InvitationDesk
    inviting: Inviting
    me: MyAccount
    people: People
    audit: AuditDesk
    accounts: AccountDesk
    units: UnitDesk
    unit_editing: UnitEditing
    unit_import: UnitImport
    days_off: DaysOffDesk
    keys: KeyDesk
    overview: Overview
    unanswered: UnansweredDesk
    card_list: CardList
    card: CardDesk
    card_writing: CardWriting
    publishing: CardPublishing
    question_groups: QuestionGroups
    one_answer: OneAnswerDesk
    case_list: CaseList
    exports: ExportDesk
    reports: ReportDesk
    numbers: NumbersDesk
    cases: CaseDesk
    bulk: BulkDesk
    replies: ReplyDesk
    live: Live
    groups: GroupDesk
    files: FileDesk
    notice_list: NoticeList
    calendar: NoticeCalendar
    notices: NoticeDesk
    writing: NoticeWriting
    notice_files: NoticeFiles
    audiences: NoticeAudiences
    answers: AnswersDesk
    papers: PapersDesk
    api: Api

    def routes(self) -> list[web.RouteDef]:
        cases, groups, me, people = self.cases, self.groups, self.me, self.people
        return [
            web.get("/staff", self.overview.show),
            web.get("/staff/sign-in", self.sign_in.show),
            web.post("/staff/sign-in", self.sign_in.enter),
            web.post("/staff/sign-in/code", self.sign_in.code),
            web.post("/staff/leave", self.sign_in.leave),
            web.get("/staff/me", me.show),
            web.post("/staff/me/password", me.password),
            web.post("/staff/me/second-step", me.draw),
            web.post("/staff/me/second-step/on", me.turn_on),
            web.post("/staff/me/second-step/off", me.turn_off),
            web.post("/staff/me/shortcuts", me.shortcuts),
            web.post("/staff/me/sessions/end", me.end_others),
            web.post(SESSION, me.end),
            web.get("/staff/people", people.show),
            web.post("/staff/people/invite", people.invite),
            web.post(f"{PERSON}/again", people.invite_again),
            web.post(f"{PERSON}/change", people.change),
            web.post(f"{PERSON}/remove", people.remove),
            web.get("/staff/audit", self.audit.show),
            *self._accounts(),
            *self._units(),
            web.get(INVITATION, self.invitations.show),
            web.post(INVITATION, self.invitations.accept),
            web.get("/staff/staff.css", self.door.style),
            web.get("/staff/staff.js", self.door.script),
            web.get(LIVE, self.live.stream),
            *self._of_replies(),
            web.get("/staff/unanswered", self.unanswered.show),
            web.post("/staff/unanswered/add", self.unanswered.add),
            web.post("/staff/unanswered/dismiss", self.unanswered.dismiss),
            *self._of_cards(),
            web.post("/staff/unanswered/answer", self.one_answer.write),
            web.post("/staff/unanswered/answer/preview", self.one_answer.preview),
            web.post("/staff/unanswered/answer/send", self.one_answer.send),
            web.get("/staff/cases", self.case_list.show),
            web.post("/staff/cases/chosen", self.bulk.choose),
            web.post("/staff/cases/chosen/fill", self.bulk.fill),
            web.post("/staff/cases/chosen/preview", self.bulk.preview),
            web.post("/staff/cases/chosen/do", self.bulk.do),
            web.get("/staff/cases/export", self.exports.show),
            web.post("/staff/cases/export", self.exports.write),
            web.get("/staff/numbers", self.numbers.show),
            web.get("/staff/numbers/topics.svg", self.numbers.topics),
            web.get("/staff/numbers/weeks.svg", self.numbers.weeks),
            web.get("/staff/numbers/units.svg", self.numbers.units),
            web.get("/staff/report", self.reports.show),
            web.post("/staff/report", self.reports.write),
            web.get(CASE, cases.show),
            web.post(f"{CASE}/unmask", cases.unmask),
            web.post(f"{CASE}/preview", cases.preview),
            web.post(f"{CASE}/rewrite", cases.rewrite),
            web.post(f"{CASE}/fill", cases.fill),
            web.post(f"{CASE}/send", cases.send),
            web.post(f"{CASE}/assign", cases.assign),
            web.post(f"{CASE}/move", cases.move),
            web.post(f"{CASE}/close", cases.close),
            web.post(f"{CASE}/release", cases.release),
            web.post(f"{CASE}/keep", cases.keep),
            web.post(f"{CASE}/note", cases.note),
            web.post(f"{CASE}/group", cases.group),
            web.post(f"{CASE}/ungroup", cases.ungroup),
            web.get(GROUP, groups.show),
            web.post(f"{GROUP}/preview", groups.preview),
            web.post(f"{GROUP}/rewrite", groups.rewrite),
            web.post(f"{GROUP}/publish", groups.publish),
            web.get(FILE, self.files.show),
            web.post(f"{FILE}/again", self.files.fetch_again),
            *self._of_notices(),
            web.get("/staff/{rest:.*}", self.door.nowhere),  # after all others
        ]

    def _of_replies(self) -> list[web.RouteDef]:
        replies = self.replies
        return [
            web.get(REPLIES, replies.show),
            web.post(f"{REPLIES}/add", replies.add),
            web.post(f"{REPLY}/edit", replies.edit),
            web.post(f"{REPLY}/remove", replies.remove),
        ]

    def _accounts(self) -> list[web.RouteDef]:
        accounts = self.accounts
        return [
            web.get("/staff/accounts", accounts.show),
            web.get("/staff/new-account", accounts.new),
            web.post("/staff/new-account", accounts.add),
            web.get(CHANNEL, accounts.open),
            web.post(f"{CHANNEL}/ask", accounts.ask),
            web.post(f"{CHANNEL}/change", accounts.change),
            web.get(CODE, accounts.code),
            web.post(f"{CHANNEL}/consent", accounts.invite),
            web.post(f"{CHANNEL}/consent/code", accounts.redeem),
            web.get(f"{CHANNEL}/remove", accounts.asks_back),
            web.post(f"{CHANNEL}/remove", accounts.remove),
        ]

    def _of_cards(self) -> list[web.RouteDef]:
        card, writing = self.card, self.card_writing
        routes = [
            web.get("/staff/cards", self.card_list.show),
            web.post(f"{NEW_CARD}/from", writing.begin),
            web.get(CARD, card.show),
            web.post(f"{CARD}/submit", card.submit),
            web.post(f"{CARD}/approve", card.approve),
            web.post(f"{CARD}/return", card.give_back),
            web.post(f"{CARD}/refresh", card.refresh),
            web.post(f"{CARD}/drop", card.drop),
            web.get(VERSION, card.version),
            web.post(f"{VERSION}/again", card.again),
        ]
        for paper in (NEW_CARD, f"{CARD}/edit"):
            routes += [
                web.get(paper, writing.show),
                web.post(f"{paper}/preview", writing.preview),
                web.post(f"{paper}/save", writing.save),
            ]
        return routes

    def _units(self) -> list[web.RouteDef]:
        editing, lists, days, keys = self.unit_editing, self.unit_import, self.days_off, self.keys
        return [
            web.get("/staff/units", self.units.show),
            web.get("/staff/new-unit", editing.new),
            web.post("/staff/new-unit", editing.add),
            web.get(f"{UNIT}/edit", editing.show),
            web.post(f"{UNIT}/save", editing.save),
            web.post(f"{UNIT}/numbers", editing.numbers),
            web.post(f"{UNIT}/remove", editing.remove),
            web.get("/staff/units/import", lists.show),
            web.post("/staff/units/import", lists.look),
            web.post("/staff/units/import/confirm", lists.confirm),
            web.get(f"/staff/units/template{LIST}", lists.template),
            web.get(f"/staff/units/export{LIST}", lists.export),
            web.get("/staff/days-off", days.show),
            web.post("/staff/days-off/add", days.add),
            web.post("/staff/days-off/remove", days.remove),
            web.get("/staff/keys", keys.show),
            web.post("/staff/keys/create", keys.create),
            web.post(f"{KEY}/remove", keys.remove),
        ]

    def _of_notices(self) -> list[web.RouteDef]:
        notices, writing = self.notices, self.writing
        routes = [
            web.get("/staff/notices", self.notice_list.show),
            web.get("/staff/notices/calendar", self.calendar.show),
            web.get(NOTICE, notices.show),
            web.get(f"{NOTICE}/progress", notices.progress),
            web.get(f"{NOTICE}/chart.svg", notices.chart),
            web.post(f"{NOTICE}/submit", notices.submit),
            web.post(f"{NOTICE}/approve", notices.approve),
            web.post(f"{NOTICE}/return", notices.give_back),
            web.post(f"{NOTICE}/pause", notices.pause),
            web.post(f"{NOTICE}/resume", notices.resume),
            web.post(f"{NOTICE}/move", notices.move),
            web.post(f"{NOTICE}/cancel", notices.cancel),
            web.post(f"{NOTICE}/retry", notices.retry),
            web.post(f"{NOTICE}/retry-uncertain", notices.retry_uncertain),
            web.post(f"{NOTICE}/leave-uncertain", notices.leave_uncertain),
            web.post(f"{NOTICE}/take-back", notices.take_back),
            web.post(f"{NOTICE}/close", notices.close),
            web.post(f"{NOTICE}/answers", self.answers.write),
            web.post(f"{NOTICE}/papers", self.papers.of_notice),
            web.get(f"{NOTICE}/{{file:picture|voice}}", self.notice_files.show),
            web.get(f"{NEW}/file/{{ticket:[0-9a-f-]{{34,60}}}}", self.notice_files.show_new),
            web.get("/staff/notices/lists", self.audiences.show),
            web.post("/staff/notices/lists/save", self.audiences.save),
            web.post("/staff/notices/lists/drop", self.audiences.drop),
            web.get("/staff/papers", self.papers.show),
            web.post("/staff/papers", self.papers.of_card),
        ]
        for paper in (NEW, f"{NOTICE}/edit"):
            routes += [
                web.get(paper, writing.show),
                web.post(f"{paper}/preview", writing.preview),
                web.post(f"{paper}/rewrite", writing.rewrite),
                web.post(f"{paper}/keep", writing.keep),
                web.post(f"{paper}/submit", writing.submit),
                web.post(f"{paper}/urgent", writing.urgent),
            ]
        return routes
