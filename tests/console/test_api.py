"""The API over HTTP on both databases: who sees what, what is refused and how, what is noted."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from aiohttp import ClientPayloadError
from sqlalchemy import update

from bot.wiring import House, now
from handlers.exports import Columns
from handlers.staff.api_answers import CaseAnswer
from handlers.staff.api_door import Allowances
from handlers.staff.api_export import PAGE
from storage.api_keys import ApiKeys
from storage.audit import Audit, Entry, Kind, Verb, Wanted
from storage.broadcasts import Broadcasts, Draft
from storage.case_records import CaseKind, CaseRecord, NewCase
from storage.cases import Cases
from storage.officials import LEADING, Role
from storage.tallies import Asked, Tallies
from storage.unanswered import Doubt, Unanswered
from tests.conftest import Clock
from tests.console.api import Program, browser, new_key, program
from tests.console.desk import sitting_at
from tests.console.test_case_desk import opened

NAMED = "Tôi tên là Nguyễn Văn An, số 0912 345 678, cầu gãy"


async def noted(house: House, verb: Verb) -> list[Entry]:
    """What the log has of that, the newest first."""
    async with house.database.read() as tx:
        return await Audit().page(tx, Wanted(verb=verb), at_most=50)


async def announced(house: House, unit: str, *, approved: bool = False) -> int:
    book, at = Broadcasts(), now()
    async with house.database.begin() as tx:
        number = await book.write(tx, Draft(f"họp ở {unit}", unit=unit), by="Lan", at=at)
        if approved:
            await book.submit(tx, number, by="Lan", at=at)
            await book.approve(tx, number, by="Mai", at=at)
    return number


@pytest.mark.parametrize("role", Role)
async def test_a_key_sees_its_own_unit_and_complaints_only_where_its_role_leads(
    house: House, role: Role
) -> None:
    here = await opened(house, text="đèn hỏng")
    below = await opened(house, unit="ban-mau")
    far = await opened(house, unit="xa-khac", text="đường ở xa")
    complaint = await opened(house, kind=CaseKind.COMPLAINT)
    held = await opened(house, quarantine="flood")
    hidden = [] if role in LEADING else [complaint.id, held.id]
    for unit in ("xa-mau", "xa-khac"):
        async with house.database.begin() as tx:
            await Unanswered().note(
                tx, unit=unit, text=f"hỏi ở {unit}", kind=Doubt.UNKNOWN, guess="", at=now()
            )
    async with program(house, role, unit="xa-mau") as it:
        seen = {here.id, below.id, complaint.id, held.id} - set(hidden)
        assert set(await it.ids("/cases")) == seen
        for number in (*hidden, far.id, 10**16):
            await it.read(f"/cases/{number}", 404)
        for number in seen:
            assert (await it.read(f"/cases/{number}"))["id"] == number
        asked = (await it.read("/unanswered"))["items"]
        assert [one["text"] for one in asked] == ["hỏi ở xa-mau"]
        units = (await it.read("/units"))["items"]
        assert {one["code"] for one in units} == {"xa-mau", "ban-mau"}
        for path in ("/cases", "/unanswered", "/notices", "/tallies", "/exports/feedback"):
            await it.read(path, 404, unit="xa-khac")
        answer = await it.client.get("/api/v1/exports/feedback?format=jsonl", headers=it.headers)
        lines = [json.loads(line) for line in (await answer.text()).splitlines()]
        assert {line["id"] for line in lines} == seen
    async with program(house, role) as it:
        assert set(await it.ids("/cases")) == seen | {far.id}
        assert await it.ids("/cases", unit="xa-khac") == [far.id]


async def test_drafts_are_nobodys_to_read_and_notices_handed_in_theirs_who_write_them(
    house: House,
) -> None:
    draft, sent = await announced(house, "xa-mau"), await announced(house, "xa-mau", approved=True)
    far = await announced(house, "xa-khac", approved=True)
    everybody = await announced(house, "", approved=True)
    handed_in = await announced(house, "xa-mau")
    async with house.database.begin() as tx:
        await Broadcasts().submit(tx, handed_in, by="Lan", at=now())
    async with program(house, Role.VIEWER, unit="xa-mau") as it:
        assert await it.ids("/notices") == [sent]
        await it.read("/notices", 403, state="draft")
        for number in (draft, far, everybody, 10**16):
            await it.read(f"/notices/{number}", 404)
        told = await it.read(f"/notices/{sent}")
        assert told["state"] == "approved"
        assert told["account"]["recipients"] == 0
        await it.read(f"/notices/{handed_in}", 404)
        await it.read("/notices", 403, state="submitted")
    async with program(house, Role.OFFICER, unit="xa-mau") as it:
        assert await it.ids("/notices") == [handed_in, sent]
        assert await it.ids("/notices", state="submitted") == [handed_in]
        await it.read("/notices", 403, state="draft")
        await it.read(f"/notices/{draft}", 404)
    async with program(house) as it:
        assert await it.ids("/notices", limit="2") == [
            everybody,
            far,
        ]  # handed in ones are not a viewer's


async def test_words_are_masked_and_fields_are_those_of_the_export(house: House) -> None:
    case = await opened(house, text=NAMED, name="Nguyễn Văn An", place="nhà ông Lò Văn Páo")
    async with program(house, Role.ADMINISTRATOR) as it:
        [row], one = (await it.read("/cases"))["items"], await it.read(f"/cases/{case.id}")
        assert list(row) == list(Columns.NAMES) == list(CaseAnswer.model_fields)
        assert one | {"history": None} == row | {"history": None}
        assert [event["what"] for event in one["history"]] == ["received"]
        assert row["named"] is True
        assert "Nguyễn" not in json.dumps(one, ensure_ascii=False)
        assert "0912" not in row["words"]
        assert "cầu gãy" in row["words"]
        assert "Páo" not in row["place"]
        for form in ("csv", "jsonl"):
            file = await it.client.get(
                "/api/v1/exports/feedback", params={"format": form}, headers=it.headers
            )
            text = (await file.read()).decode("utf-8-sig")
            assert "attachment" in file.headers["Content-Disposition"]
            assert "0912" not in text
            rows: list[dict[str, Any]] = (
                list(csv.DictReader(io.StringIO(text)))
                if form == "csv"
                else [json.loads(line) for line in text.splitlines()]
            )
            assert [str(each["id"]) for each in rows] == [str(case.id)]
            assert rows[0]["received_at"] == row["received_at"]


async def test_pages_follow_each_other_without_a_gap(house: House) -> None:
    numbers = [(await opened(house)).id for _ in range(7)]
    async with program(house) as it:
        found: list[int] = []
        page = await it.read("/cases", limit="3")
        found += [one["id"] for one in page["items"]]
        while page["next"]:
            page = await it.read("/cases", limit="3", cursor=page["next"])
            found += [one["id"] for one in page["items"]]
        assert found == numbers[::-1]
        whole = await it.client.get("/api/v1/exports/feedback?format=jsonl", headers=it.headers)
        lines = (await whole.text()).splitlines()
        assert [json.loads(line)["id"] for line in lines] == numbers


async def test_a_file_that_breaks_off_is_not_taken_for_a_whole_one(house: House) -> None:
    at = now()
    async with house.database.begin() as tx:
        for _ in range(PAGE + 1):
            new = NewCase(kind=CaseKind.PROBLEM, unit="xa-mau", text="cầu gãy")
            last = await Cases().open(tx, new, conversation=None, at=at, due_at=at)
        broken = update(CaseRecord).where(CaseRecord.id == last)
        await tx.connection.execute(broken.values(state="of another version"))
    async with program(house) as it:
        for _ in range(2):  # the first is not taken for one that still goes on
            answer = await it.client.get("/api/v1/exports/feedback", headers=it.headers)
            assert answer.status == 200
            with pytest.raises(ClientPayloadError):
                await answer.read()


async def test_a_key_reads_one_file_at_a_time(house: House) -> None:
    at = now()
    async with house.database.begin() as tx:
        for _ in range(PAGE):
            new = NewCase(kind=CaseKind.PROBLEM, unit="xa-mau", text="cầu gãy " * 10)
            await Cases().open(tx, new, conversation=None, at=at, due_at=at)
    async with program(house) as it:
        first = await it.client.get("/api/v1/exports/feedback", headers=it.headers)
        problem = await it.read("/exports/feedback", 429)
        assert "reads an export already" in problem["detail"]
        other = Program(it.client, *(await new_key(house)))
        assert (
            await it.client.get("/api/v1/exports/feedback", headers=other.headers)
        ).status == 200
        assert len((await first.text()).splitlines()) == PAGE + 1
        again = await it.client.get("/api/v1/exports/feedback", headers=it.headers)
        assert again.status == 200


async def test_filters_narrow_the_list(house: House) -> None:
    problem = await opened(house, platform="web_chat")
    praise = await opened(house, kind=CaseKind.PRAISE, unit="ban-mau", platform="telegram")
    async with program(house) as it:
        assert await it.ids("/cases", kind="praise") == [praise.id]
        assert await it.ids("/cases", unit="ban-mau") == [praise.id]
        assert await it.ids("/cases", platform="web_chat") == [problem.id]
        assert await it.ids("/cases", state="answered") == []
        assert await it.ids("/cases", state="received", waiting="true", limit="1") == [praise.id]
        assert await it.ids("/cases", late="true") == [praise.id, problem.id]
        assert await it.ids("/cases", received_to="2020-01-01") == []
        assert await it.ids("/cases", due_from="9999-12-31") == []
        assert await it.ids("/cases", received_from="0001-01-01", due_to="9999-12-31", limit="1")
        export = await it.client.get(
            "/api/v1/exports/feedback?format=jsonl&kind=praise", headers=it.headers
        )
        assert len((await export.text()).splitlines()) == 1


async def test_of_fewer_than_five_it_is_not_told_how_many(house: House) -> None:
    today = now().date()
    async with house.database.begin() as tx:
        for topic, times in (("ruoc-den", 5), ("benh-la", 4)):
            for _ in range(times):
                await Tallies().add(
                    tx, Asked.ANSWERED, day=today, unit="xa-mau", platform="web_chat", topic=topic
                )
    async with program(house, unit="xa-mau") as it:
        found = (await it.read("/tallies"))["items"]
        assert {one["topic"]: one["many"] for one in found} == {"ruoc-den": 5, "benh-la": None}
        assert len((await it.read("/tallies", topic="benh-la"))["items"]) == 1
        assert (await it.read("/tallies", what="not_helped"))["items"] == []
        assert (await it.read("/tallies", what="danger"))["items"] == []
        assert (await it.read("/tallies", day_to="2020-01-01"))["items"] == []
    async with program(house, unit="xa-khac") as it:
        assert (await it.read("/tallies"))["items"] == []


async def test_what_is_wrong_is_told_with_how_to_mend_it(house: House) -> None:
    async with program(house) as it:
        for asked, named in (
            ({"sate": "answered"}, "state"),
            ({"state": "gone"}, "'answered'"),
            ({"limit": "201"}, "200"),
            ({"limit": "1_0"}, "figures"),
            ({"received_from": "2026-W01-1"}, "2026-12-31"),
            ({"received_from": "1764201600"}, "2026-12-31"),
            ({"late": "yes"}, "true or false"),
            ({"cursor": "x"}, "pattern"),
        ):
            problem = await it.read("/cases", 400, **asked)
            assert problem["status"] == 400
            assert problem["title"] == "Bad Request"
            [fault] = problem["faults"]
            assert fault["parameter"] == next(iter(asked))
            assert named in fault["detail"], problem
        answer = await it.client.get("/api/v1/cases?limit=1&limit=2", headers=it.headers)
        assert answer.status == 400
        for path in ("/nowhere", "/cases/", "/cases/x", "/cases/0", "/cases/1/words"):
            await it.read(path, 404)
        assert (await it.client.get("/api")).status == 404


async def test_only_reading_is_answered_and_no_other_site_is_let_in(house: House) -> None:
    await opened(house)
    async with program(house) as it:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = await it.client.request(method, "/api/v1/cases", headers=it.headers)
            assert answer.status == 405
            assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
            assert answer.content_type == "application/problem+json"
        for path in ("/api/v1/cases", "/api/v1/exports/feedback"):
            head = await it.client.head(path, headers=it.headers)
            assert (head.status, await head.read()) == (200, b"")
        assert await noted(house, Verb.EXPORTED) == []
        asked = it.headers | {"Origin": "https://example.org"}
        options = await it.client.options("/api/v1/cases", headers=asked)
        assert (options.status, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
        answer = await it.client.get("/api/v1/cases", headers=asked)
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers


async def test_without_a_key_nothing_opens_also_not_for_a_session_of_the_console(
    house: House,
) -> None:
    async with sitting_at(house) as desk:
        await desk.open("/staff/cases")
        for header in ({}, {"Authorization": "Bearer loa_x"}, {"Authorization": "Basic eDp5"}):
            for route in house.console.api.table:
                path = route.address.replace("{id}", "1")
                answer = await desk.client.get(path, headers=header)
                if route.right is None:
                    assert answer.status == 200
                    continue
                assert answer.status == 401, path
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
                assert answer.content_type == "application/problem+json"
    assert await noted(house, Verb.REFUSED) == []


async def test_a_removed_key_opens_nothing_from_that_moment(house: House) -> None:
    async with program(house, unit="xa-mau") as it:
        await it.read("/units")
        async with house.database.begin() as tx:
            assert await ApiKeys().remove(tx, it.number, at=now())
            assert await ApiKeys().remove(tx, it.number, at=now()) is None
        assert "removed" in (await it.read("/units", 401))["detail"]
        await it.read("/units", 401)
        assert [(e.kind, e.thing, e.unit) for e in await noted(house, Verb.REFUSED)] == [
            (Kind.API_KEY, str(it.number), "xa-mau")
        ]


async def test_uses_and_refusals_are_noted(house: House) -> None:
    case, far = await opened(house), await opened(house, unit="xa-khac")
    async with program(house, unit="xa-mau") as it:
        await it.client.get("/api/v1/exports/feedback?kind=problem", headers=it.headers)
        [export] = await noted(house, Verb.EXPORTED)
        assert (export.kind, export.thing) == (Kind.API_KEY, str(it.number))
        assert export.reason == "feedback: format=csv kind=problem"
        await it.read(f"/cases/{case.id}")
        [saw] = await noted(house, Verb.SAW)
        assert (saw.kind, saw.thing, saw.unit) == (Kind.CASE, str(case.id), "xa-mau")
        assert saw.reason == f"API key {it.number}"
        for _ in range(3):
            await it.read(f"/cases/{far.id}", 404)
        await it.read("/notices", 403, state="submitted")
        await it.read("/cases", 404, unit="xa-khac")
        await it.read("/cases/99", 404)
        reasons = [entry.reason for entry in await noted(house, Verb.REFUSED)]
        assert reasons == [
            "list_cases: another unit",
            "list_notices: not with this role",
            f"read_case: case {far.id} is not its",
        ]
        async with house.database.read() as tx:
            [key] = await ApiKeys().all(tx)
        assert key.last_used_at


async def test_who_asks_too_often_is_told_how_long_to_wait(house: House) -> None:
    async with program(house) as it:
        most, times = house.settings.console.api_per_minute, 0
        while (answer := await it.client.get("/api/v1/units", headers=it.headers)).status == 200:
            times += 1
            assert times < 4 * most  # some come back meanwhile
        assert times >= most
        assert answer.status == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        other = Program(it.client, *(await new_key(house)))
        await other.read("/units")
        [refused] = await noted(house, Verb.REFUSED)
        assert refused.reason == "list_units: too many requests"


def test_what_was_used_up_comes_back_with_time(clock: Clock) -> None:
    allowances = Allowances(6)
    assert [allowances.take(1, clock()) for _ in range(7)] == [0, 0, 0, 0, 0, 0, 10]
    clock.pass_by(4)
    assert allowances.take(1, clock()) == 6
    clock.pass_by(6)
    assert [allowances.take(1, clock()) for _ in range(2)] == [0, 10]
    clock.pass_by(3600)
    assert [allowances.take(1, clock()) for _ in range(7)][-2:] == [0, 10]


async def test_a_database_that_is_away_is_a_problem_too(house: House) -> None:
    async with program(house) as it:
        async with house.database.engine.begin() as connection:
            await connection.exec_driver_sql("ALTER TABLE cases RENAME TO away")
        try:
            assert (await it.read("/cases", 503))["status"] == 503
        finally:
            async with house.database.engine.begin() as connection:
                await connection.exec_driver_sql("ALTER TABLE away RENAME TO cases")


async def test_the_document_names_every_address_and_needs_no_key(house: House) -> None:
    async with browser(house) as client:
        told = await (await client.get("/api/v1/openapi.json")).json()
        served = {route.path for route in house.console.api.routes()} - {"/api{rest:(/.*)?}"}
        assert {told["servers"][0]["url"] + path for path in told["paths"]} == served
        assert told["openapi"] == "3.1.0"
        assert told["paths"]["/openapi.json"]["get"]["security"] == []
