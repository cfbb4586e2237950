"""Every address of the console, as each role and from another unit: nobody gets what is not theirs.

The table has to name each address of `routes.py` with the right that it asks for.
"""

from __future__ import annotations

import re
from contextlib import AsyncExitStack

import pytest
from aiohttp.test_utils import make_mocked_request
from sqlalchemy import func, select

from bot.wiring import House, now
from handlers.staff.staff import RIGHTS, Right
from storage.accounts import AccountBook, AccountRecord
from storage.api_keys import ApiKeyRecord, ApiKeys
from storage.broadcasts import BroadcastRecord, Broadcasts, Draft
from storage.card_drafts import CardDraftRecord
from storage.case_groups import CaseGroups
from storage.case_history import CaseEventRecord
from storage.cases import Cases
from storage.officials import OfficialRecord, Role
from storage.saved_replies import SavedReplies
from storage.staff_invitations import StaffInvitationRecord
from storage.staff_sessions import Lasting, StaffSessions
from storage.unanswered import Doubt, Unanswered, UnansweredRecord, UnansweredState
from storage.units import KeptUnit, UnitBook, UnitRecord
from tests.bot import samples
from tests.console.desk import Desk, account, forms, sitting_at
from tests.console.test_case_desk import opened

CASE, GROUP, FILE = "/staff/cases/{case}", "/staff/groups/{group}", "/staff/files/{id}"
PERSON = "/staff/people/{account}"
NOTICE, NEW = "/staff/notices/{notice}", "/staff/notices/new"
INVITATION = "/staff/invitation/{code}"
CHANNEL = "/staff/accounts/{name}"
CARD, NEW_CARD = "/staff/cards/{slug}", "/staff/new-card"
VERSION = f"{CARD}/versions/{{version}}"
REPLY = "/staff/replies/{reply}"
UNIT = "/staff/units/{unit}"

OUTSIDE = {
    ("GET", "/staff/sign-in"), ("POST", "/staff/sign-in"), ("POST", "/staff/sign-in/code"),
    ("GET", "/staff/staff.css"), ("GET", "/staff/staff.js"),
    ("GET", INVITATION), ("POST", INVITATION),
    ("GET", "/staff/staff.css"), ("GET", INVITATION), ("POST", INVITATION),
    ("GET", "/staff/language/{language}"),
}  # fmt: skip
"""What has to be open to who is not signed in; forms there carry a token of the browser."""

NEEDS = {
    ("GET", "/staff"): Right.READ,
    ("GET", "/staff/{rest}"): Right.READ,
    ("POST", "/staff/leave"): Right.READ,
    ("GET", "/staff/me"): Right.READ,
    ("POST", "/staff/me/password"): Right.READ,
    ("POST", "/staff/me/second-step"): Right.READ,
    ("POST", "/staff/me/second-step/on"): Right.READ,
    ("POST", "/staff/me/second-step/off"): Right.READ,
    ("POST", "/staff/me/shortcuts"): Right.READ,
    ("POST", "/staff/me/sessions/end"): Right.READ,
    ("POST", "/staff/me/sessions/{session}/end"): Right.READ,
    ("GET", "/staff/people"): Right.PEOPLE,
    ("POST", "/staff/people/invite"): Right.PEOPLE,
    ("POST", f"{PERSON}/again"): Right.PEOPLE,
    ("POST", f"{PERSON}/change"): Right.PEOPLE,
    ("POST", f"{PERSON}/remove"): Right.PEOPLE,
    ("GET", "/staff/audit"): Right.AUDIT,
    ("GET", "/staff/accounts"): Right.SETTINGS,
    ("GET", "/staff/new-account"): Right.SETTINGS,
    ("POST", "/staff/new-account"): Right.SETTINGS,
    ("GET", CHANNEL): Right.SETTINGS,
    ("GET", "/staff/units"): Right.SETTINGS,
    ("GET", "/staff/new-unit"): Right.SETTINGS,
    ("POST", "/staff/new-unit"): Right.SETTINGS,
    ("GET", f"{UNIT}/edit"): Right.SETTINGS,
    ("POST", f"{UNIT}/save"): Right.SETTINGS,
    ("POST", f"{UNIT}/numbers"): Right.SETTINGS,
    ("POST", f"{UNIT}/remove"): Right.SETTINGS,
    ("GET", "/staff/units/import"): Right.SETTINGS,
    ("POST", "/staff/units/import"): Right.SETTINGS,
    ("POST", "/staff/units/import/confirm"): Right.SETTINGS,
    ("GET", "/staff/units/template.{ending}"): Right.SETTINGS,
    ("GET", "/staff/units/export.{ending}"): Right.SETTINGS,
    ("GET", "/staff/days-off"): Right.SETTINGS,
    ("POST", "/staff/days-off/add"): Right.SETTINGS,
    ("POST", "/staff/days-off/remove"): Right.SETTINGS,
    ("GET", "/staff/keys"): Right.SETTINGS,
    ("POST", "/staff/keys/create"): Right.SETTINGS,
    ("POST", "/staff/keys/{key}/remove"): Right.SETTINGS,
    ("POST", f"{CHANNEL}/ask"): Right.SETTINGS,
    ("POST", f"{CHANNEL}/change"): Right.SETTINGS,
    ("GET", f"{CHANNEL}/qr.{{ending}}"): Right.SETTINGS,
    ("POST", f"{CHANNEL}/consent"): Right.SETTINGS,
    ("POST", f"{CHANNEL}/consent/code"): Right.SETTINGS,
    ("GET", f"{CHANNEL}/remove"): Right.SETTINGS,
    ("POST", f"{CHANNEL}/remove"): Right.SETTINGS,
    ("GET", "/staff/unanswered"): Right.READ,
    ("POST", "/staff/unanswered/add"): Right.CARDS,
    ("POST", "/staff/unanswered/dismiss"): Right.CARDS,
    ("GET", "/staff/cards"): Right.READ,
    ("GET", CARD): Right.READ,
    ("GET", VERSION): Right.READ,
    ("POST", f"{CARD}/approve"): Right.APPROVE,
    ("POST", f"{CARD}/return"): Right.APPROVE,
    ("POST", f"{CARD}/submit"): Right.CARDS,
    ("POST", f"{CARD}/refresh"): Right.CARDS,
    ("POST", f"{CARD}/drop"): Right.CARDS,
    ("POST", f"{VERSION}/again"): Right.CARDS,
    ("POST", f"{NEW_CARD}/from"): Right.CARDS,
    **{
        (method, f"{paper}{step}"): Right.CARDS
        for paper in (NEW_CARD, f"{CARD}/edit")
        for method, step in (("GET", ""), ("POST", "/preview"), ("POST", "/save"))
    },
    ("POST", "/staff/unanswered/answer"): Right.PUBLISH,
    ("POST", "/staff/unanswered/answer/preview"): Right.PUBLISH,
    ("POST", "/staff/unanswered/answer/send"): Right.PUBLISH,
    ("GET", "/staff/cases"): Right.READ,
    ("GET", "/staff/live"): Right.READ,
    ("POST", "/staff/cases/chosen"): Right.ANSWER,
    ("POST", "/staff/cases/chosen/fill"): Right.ANSWER,
    ("POST", "/staff/cases/chosen/preview"): Right.ANSWER,
    ("POST", "/staff/cases/chosen/do"): Right.ANSWER,
    ("GET", "/staff/replies"): Right.ANSWER,
    ("POST", "/staff/replies/add"): Right.ANSWER,
    ("POST", f"{REPLY}/edit"): Right.ANSWER,
    ("POST", f"{REPLY}/remove"): Right.ANSWER,
    ("GET", "/staff/cases/export"): Right.EXPORT,
    ("POST", "/staff/cases/export"): Right.EXPORT,
    ("GET", "/staff/numbers"): Right.READ,
    ("GET", "/staff/numbers/topics.svg"): Right.READ,
    ("GET", "/staff/numbers/weeks.svg"): Right.READ,
    ("GET", "/staff/numbers/units.svg"): Right.READ,
    ("GET", "/staff/report"): Right.EXPORT,
    ("POST", "/staff/report"): Right.EXPORT,
    ("GET", CASE): Right.READ,
    ("POST", f"{CASE}/unmask"): Right.ANSWER,
    ("POST", f"{CASE}/preview"): Right.ANSWER,
    ("POST", f"{CASE}/rewrite"): Right.READ,
    ("POST", f"{CASE}/fill"): Right.ANSWER,
    ("POST", f"{CASE}/send"): Right.ANSWER,
    ("POST", f"{CASE}/assign"): Right.ANSWER,
    ("POST", f"{CASE}/move"): Right.ANSWER,
    ("POST", f"{CASE}/close"): Right.ANSWER,
    ("POST", f"{CASE}/release"): Right.ANSWER,
    ("POST", f"{CASE}/keep"): Right.ANSWER,
    ("POST", f"{CASE}/note"): Right.ANSWER,
    ("POST", f"{CASE}/group"): Right.ANSWER,
    ("POST", f"{CASE}/ungroup"): Right.ANSWER,
    ("GET", GROUP): Right.READ,
    ("POST", f"{GROUP}/preview"): Right.PUBLISH,
    ("POST", f"{GROUP}/rewrite"): Right.READ,
    ("POST", f"{GROUP}/publish"): Right.PUBLISH,
    ("GET", FILE): Right.ANSWER,
    ("POST", f"{FILE}/again"): Right.ANSWER,
    ("GET", "/staff/notices"): Right.READ,
    ("GET", "/staff/notices/calendar"): Right.READ,
    ("GET", NOTICE): Right.READ,
    ("GET", f"{NOTICE}/progress"): Right.READ,
    ("GET", f"{NOTICE}/chart.svg"): Right.READ,
    ("POST", f"{NOTICE}/submit"): Right.NOTICE,
    ("POST", f"{NOTICE}/approve"): Right.APPROVE,
    ("POST", f"{NOTICE}/return"): Right.APPROVE,
    ("POST", f"{NOTICE}/pause"): Right.NOTICE,
    ("POST", f"{NOTICE}/resume"): Right.NOTICE,
    ("POST", f"{NOTICE}/move"): Right.NOTICE,
    ("POST", f"{NOTICE}/cancel"): Right.NOTICE,
    ("POST", f"{NOTICE}/retry"): Right.NOTICE,
    ("POST", f"{NOTICE}/retry-uncertain"): Right.NOTICE,
    ("POST", f"{NOTICE}/leave-uncertain"): Right.NOTICE,
    ("POST", f"{NOTICE}/take-back"): Right.NOTICE,
    ("POST", f"{NOTICE}/close"): Right.NOTICE,
    ("POST", f"{NOTICE}/answers"): Right.EXPORT,
    ("POST", f"{NOTICE}/papers"): Right.EXPORT,
    ("GET", f"{NOTICE}/{{file}}"): Right.READ,
    ("GET", f"{NEW}/file/{{ticket}}"): Right.NOTICE,
    ("GET", "/staff/notices/lists"): Right.NOTICE,
    ("POST", "/staff/notices/lists/save"): Right.NOTICE,
    ("POST", "/staff/notices/lists/drop"): Right.NOTICE,
    ("GET", "/staff/papers"): Right.EXPORT,
    ("POST", "/staff/papers"): Right.EXPORT,
    **{
        (method, f"{paper}{step}"): Right.APPROVE if step == "/urgent" else Right.NOTICE
        for paper in (NEW, f"{NOTICE}/edit")
        for method, step in (
            ("GET", ""),
            ("POST", "/preview"),
            ("POST", "/rewrite"),
            ("POST", "/keep"),
            ("POST", "/submit"),
            ("POST", "/urgent"),
        )
    },
}

EVERYBODYS = ("/staff/cards", NEW_CARD, "/staff/unanswered/add")
"""The cards are everybody's: who has the right in a unit alone reads them, and changes nothing."""

OF_HOUSE = {"/staff/days-off/add", "/staff/days-off/remove"}
"""What is the whole installation's: nobody of a unit changes it."""

LISTS = {"/staff/units/template.{ending}", "/staff/units/export.{ending}"}
"""Of what is whoever's who asks; the ending names nothing of anybody."""

TYPED = {"text": "vì sao", "purpose": "answer", "title": "Cầu", "seen": "1", "unit": "xa-khac"}


class Place:
    """A unit with one thing of each sort."""

    def __init__(self, house: House, unit: str) -> None:
        self.house, self.unit = house, unit
        self.ids: dict[str, str] = {}

    async def furnish(self) -> Place:
        case = await opened(self.house, unit=self.unit, text=f"cầu treo gãy ở {self.unit}")
        photo = await self.house.filing.uploads.keep(samples.picture())
        at = now()
        async with self.house.database.begin() as tx:
            group = await CaseGroups().open(tx, unit=self.unit, title="Cầu treo", at=at)
            again = await Cases().get(tx, case.id)
            assert again
            await self.house.grouping.put(tx, again, await CaseGroups().get(tx, group), at=at)
            files = self.house.filing.case_files
            await files.take(tx, (photo,), case=case.id, account="web", at=at)
            [file] = await files.of_case(tx, case.id)
            book = Broadcasts()
            notice = await book.write(
                tx, Draft(f"cầu treo gãy ở {self.unit}", unit=self.unit), by="Lan", at=at
            )
            await book.submit(tx, notice, by="Lan", at=at)
            await Unanswered().note(
                tx,
                unit=self.unit,
                text=f"trâu ốm ở {self.unit}",
                kind=Doubt.UNKNOWN,
                guess="",
                at=at,
            )
            reply = await SavedReplies().add(
                tx, unit=self.unit, title="Cầu", text=f"cầu treo ở {self.unit}", at=at
            )
            units, village = UnitBook(), KeptUnit(f"thon-{self.unit}", "Thôn", self.unit)
            await units.take_turn(tx)
            await units.add(tx, [village], at=at)
            key = await ApiKeys().create(
                tx, key_hash=self.unit, name="thử", unit=self.unit, role=Role.VIEWER, at=at
            )
            await AccountBook().add(
                tx, name=f"kenh-{self.unit}", platform="telegram", unit=self.unit, sealed="x",
                at=at, by="thử",
            )  # fmt: skip
        await self.house.filing.fetching.fetch_due()
        who = await account(self.house, Role.OFFICER, unit=self.unit)
        request = make_mocked_request("GET", "/staff")
        async with self.house.database.begin() as tx:
            await self.house.console.door.begin(tx, request, who)
            [session] = await StaffSessions(Lasting()).of(tx, who.id, at=at)
        self.ids = {"account": str(who.id), "session": str(session.id)}
        self.ids |= {
            "case": str(case.id),
            "notice": str(notice),
            "group": str(group),
            "reply": str(reply),
            "id": str(file.id),
            "code": "x" * 43,
            "name": f"kenh-{self.unit}",
            "ending": "png",
            "file": "picture",
            "ticket": f"{file.id}-{'0' * 32}",
            "slug": "so-do",
            "version": "1",
            "unit": village.code,
            "key": str(key),
            "rest": "no-such-desk",
        }
        return self

    def address(self, path: str) -> str:
        path = path.replace("units/template.{ending}", "units/template.csv")
        path = path.replace("units/export.{ending}", "units/export.csv")
        return re.sub(r"\{(\w+)\}", lambda found: self.ids[found[1]], path)


def routes(house: House) -> list[tuple[str, str]]:
    """Method and path of each, without the patterns of numbers."""
    return [
        (route.method, re.sub(r"\{(\w+):[^/]*\}", r"{\1}", route.path))
        for route in house.consoles.routes()
    ]


async def token(desk: Desk) -> str:
    """Of the session's forms."""
    return forms(await desk.open("/staff"))[0][1]["token"]


async def deeds(house: House) -> list[int]:
    """How much has happened: to cases, questions, people, channels, units, keys, notices, cards."""
    async with house.database.read() as tx:
        events = await tx.connection.execute(select(func.count()).select_from(CaseEventRecord))
        settled = await tx.connection.execute(
            select(func.count()).where(UnansweredRecord.state != UnansweredState.OPEN)
        )
        invited = await tx.connection.execute(
            select(func.count()).select_from(StaffInvitationRecord)
        )
        gone = await tx.connection.execute(
            select(func.count()).where(OfficialRecord.removed_at.is_not(None))
        )
        channels = await tx.connection.execute(select(func.count()).select_from(AccountRecord))
        units = await tx.connection.execute(
            select(func.count() + func.coalesce(func.sum(UnitRecord.version), 0))
        )
        keys = await tx.connection.execute(
            select(func.count()).where(ApiKeyRecord.removed_at.is_(None))
        )
        told = await tx.connection.execute(select(func.sum(func.length(BroadcastRecord.history))))
        drafts = await tx.connection.execute(select(func.count()).select_from(CardDraftRecord))
        counts = (events, settled, invited, gone, channels, units, keys, told, drafts)
        return [int(one.scalar_one()) for one in counts]


async def asked(desk: Desk, method: str, address: str, **form: str) -> tuple[int, str]:
    answer = await desk.client.request(
        method, address, data=form if method == "POST" else None, allow_redirects=False
    )
    return answer.status, await answer.text(errors="replace")


async def test_the_table_names_every_address(house: House) -> None:
    assert sorted(routes(house)) == sorted([*OUTSIDE, *NEEDS])


async def test_who_is_not_signed_in_gets_nothing_and_does_nothing(house: House) -> None:
    here = await Place(house, "xa-mau").furnish()
    before = await deeds(house)
    async with sitting_at(house) as desk:
        desk.client.session.cookie_jar.clear()
        for method, path in NEEDS:
            status, page = await asked(desk, method, here.address(path), **TYPED)
            assert status == (303 if method == "GET" else 401), path
            assert "cầu treo" not in page
            assert "trâu" not in page
        for method, path in OUTSIDE:
            if method == "POST":
                status, _ = await asked(desk, method, here.address(path), **TYPED, token="x")
                assert status in {403, 404}, path
    assert await deeds(house) == before


@pytest.mark.parametrize("role", Role)
async def test_each_role_does_what_the_table_lets_it_and_nothing_elsewhere(
    house: House, role: Role
) -> None:
    here, far = await Place(house, "xa-mau").furnish(), await Place(house, "xa-khac").furnish()
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(sitting_at(house, role, unit="xa-mau"))
        good = await token(desk)
        before = await deeds(house)
        stays = {key: right for key, right in NEEDS.items() if key[1] != "/staff/leave"}
        for (method, path), right in stays.items():
            status, page = await asked(desk, method, far.address(path), **TYPED, token=good)
            if "{" in path and not path.startswith(EVERYBODYS) and path not in LISTS:
                refused = {404} if right in RIGHTS[role] else {403, 404}
                assert status in refused, f"{path} shows what is another unit's"
            assert "ở xa-khac" not in page, path
            if method == "POST":
                status, _ = await asked(desk, method, here.address(path), **TYPED, token="x" * 64)
                assert status == 403, f"{path} takes a form without a token"
        assert await deeds(house) == before
        for (method, path), right in stays.items():
            status, _ = await asked(desk, method, here.address(path), **TYPED, token=good)
            if path.startswith(EVERYBODYS) and right is not Right.READ:
                assert status == 403, path
            elif right in RIGHTS[role] and path not in OF_HOUSE:
                assert status != 403, path
            else:
                assert status in {403, 404}, path
        if Right.ANSWER not in RIGHTS[role]:
            assert await deeds(house) == before
