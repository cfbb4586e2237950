"""Cases: from received to closed, by one hand at a time, with a history that nobody edits."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from storage.case_history import CONSOLE, CaseEventRecord, Happened, History
from storage.case_lists import EVERYTHING, CaseLists, Sight
from storage.case_records import (
    Case,
    CaseKind,
    CaseRecord,
    CaseState,
    Changed,
    NewCase,
    Refused,
    Side,
)
from storage.cases import Cases
from storage.conversations import ConversationRecord, Conversations
from storage.database import Database
from storage.migrate import migrate
from storage.officials import INVITATION_LASTS, Official, Officials, Role
from storage.people import People

NOW = datetime(2026, 12, 30, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BOOK, LISTS, HISTORY, OFFICIALS = Cases(), CaseLists(), History(), Officials()


async def conversation(database: Database, chat: str = "c") -> int:
    async with database.begin() as tx:
        person = await People().meet(tx, account="web", sender=chat, unit="", at=NOW)
        talk = await Conversations().open(
            tx, account="web", chat=chat, thread="", person=person.known_as, at=NOW
        )
        return talk.id


async def official(database: Database, name: str = "Lan", role: Role = Role.OFFICER) -> Official:
    """Somebody of the unit "xa" who works in a chat of their own."""
    chat = await conversation(database, f"desk of {name}")
    async with database.begin() as tx:
        await OFFICIALS.invite(tx, f"code {name}", name=name, unit="xa", role=role, at=NOW)
        joined = await OFFICIALS.join(tx, f"code {name}", conversation=chat, at=NOW)
    assert joined
    return joined


async def opened(database: Database, chat: int | None = None, **new: object) -> Case:
    values = {"kind": CaseKind.PROBLEM, "unit": "xa", "text": "cầu gãy", **new}
    async with database.begin() as tx:
        number = await BOOK.open(
            tx, NewCase(**values), conversation=chat, at=NOW, due_at=NOW + 7 * DAY
        )  # fmt: skip
        case = await BOOK.get(tx, number)
    assert case
    return case


async def again(database: Database, case: Case) -> Case:
    async with database.read() as tx:
        found = await BOOK.get(tx, case.id)
    assert found
    return found


async def test_a_case_goes_from_received_to_closed_and_its_history_tells(
    database: Database,
) -> None:
    lan = await official(database)
    case = await opened(database, await conversation(database))
    async with database.begin() as tx:
        await BOOK.assign(tx, case, to=lan.id, by=lan.id, at=NOW)
    case = await again(database, case)
    assert (case.state, case.official) == (CaseState.ASSIGNED, lan.id)
    async with database.begin() as tx:
        await BOOK.ask_back(tx, case, "cầu nào?", by=lan.id, at=NOW + DAY)
    case = await again(database, case)
    assert not case.overdue(NOW + 30 * DAY), "it waits for the villager"
    async with database.begin() as tx:
        await BOOK.add(tx, case, "cầu treo", at=NOW + 2 * DAY, due_at=NOW + 9 * DAY)
    case = await again(database, case)
    assert (case.state, case.due_at) == (CaseState.ASSIGNED, NOW + 9 * DAY)
    async with database.begin() as tx:
        await BOOK.answer(tx, case, "mai sửa", by=lan.id, at=NOW + 3 * DAY)
        answered = await BOOK.get(tx, case.id)
        assert answered
        await BOOK.rate(tx, answered, at=NOW + 4 * DAY, understood=True, satisfied=False)
        await BOOK.close(tx, answered, by=None, at=NOW + 5 * DAY)
    case = await again(database, case)
    assert (case.state, case.understood, case.satisfied) == (CaseState.CLOSED, True, False)
    async with database.begin() as tx:
        await BOOK.reopen(tx, case, "vẫn gãy", at=NOW + 6 * DAY, due_at=NOW + 13 * DAY)
    case = await again(database, case)
    assert (case.state, case.closed_at, case.satisfied) == (CaseState.ASSIGNED, None, None)
    async with database.read() as tx:
        happened = [event.what for event in await HISTORY.of(tx, case.id)]
        said = [(words.side, words.text) for words in await BOOK.words(tx, case.id)]
    assert happened == [
        Happened.RECEIVED,
        Happened.ASSIGNED,
        Happened.ASKED_BACK,
        Happened.ADDED,
        Happened.ANSWERED,
        Happened.RATED,
        Happened.CLOSED,
        Happened.REOPENED,
    ]
    assert said == [
        (Side.VILLAGER, "cầu gãy"),
        (Side.OFFICIAL, "cầu nào?"),
        (Side.VILLAGER, "cầu treo"),
        (Side.OFFICIAL, "mai sửa"),
        (Side.VILLAGER, "vẫn gãy"),
    ]


async def test_a_step_from_the_wrong_state_is_refused_and_changes_nothing(
    database: Database,
) -> None:
    lan = await official(database)
    case = await opened(database)
    async with database.begin() as tx:
        await BOOK.withdraw(tx, case, at=NOW)
    case = await again(database, case)
    for step in (
        lambda tx: BOOK.answer(tx, case, "x", by=lan.id, at=NOW),
        lambda tx: BOOK.assign(tx, case, to=lan.id, by=None, at=NOW),
        lambda tx: BOOK.close(tx, case, by=lan.id, at=NOW),
        lambda tx: BOOK.reopen(tx, case, "", at=NOW, due_at=NOW),
    ):
        with pytest.raises(Refused) as refused:
            async with database.begin() as tx:
                await step(tx)
        assert refused.value.state is CaseState.WITHDRAWN
    async with database.read() as tx:
        assert len(await BOOK.words(tx, case.id)) == 1


async def test_of_two_officials_who_answer_at_once_one_is_told_that_it_changed(
    database: Database,
) -> None:
    lan, minh = await official(database), await official(database, "Minh")
    case = await opened(database)

    async def answer(by: Official) -> bool:
        try:
            async with database.begin() as tx:
                await BOOK.answer(tx, case, f"của {by.name}", by=by.id, at=NOW)
        except Changed:
            return False
        return True

    assert sorted(await asyncio.gather(answer(lan), answer(minh))) == [False, True]
    async with database.read() as tx:
        assert len(await BOOK.words(tx, case.id)) == 2, "only one answer is there"


async def test_nobody_can_edit_a_history_and_it_goes_only_with_its_case(
    database: Database,
) -> None:
    case = await opened(database)
    event = CaseEventRecord
    for statement in (
        update(event).values(what="closed"),
        delete(event).where(event.case_id == case.id),
    ):
        with pytest.raises(DBAPIError, match="not changed"):
            async with database.begin() as tx:
                await tx.connection.execute(statement)
    async with database.begin() as tx:
        await tx.connection.execute(delete(CaseRecord).where(CaseRecord.id == case.id))
    async with database.read() as tx:
        assert (await tx.connection.execute(select(event.id))).all() == []


async def test_a_case_outlives_its_conversation_without_a_way_back(database: Database) -> None:
    chat = await conversation(database)
    case = await opened(database, chat)
    async with database.read() as tx:
        assert await BOOK.thread(tx, case.id)
    async with database.begin() as tx:
        await tx.connection.execute(delete(ConversationRecord).where(ConversationRecord.id == chat))
    async with database.read() as tx:
        assert await BOOK.get(tx, case.id)
        assert await BOOK.thread(tx, case.id) is None


async def test_officials_see_their_units_and_complaints_only_if_they_lead(
    database: Database,
) -> None:
    problem = await opened(database)
    complaint = await opened(database, kind=CaseKind.COMPLAINT)
    elsewhere = await opened(database, unit="far")
    held = await opened(database, quarantine="flood")
    officer = Sight(frozenset({"xa"}), leads=False)
    chair = Sight(frozenset({"xa"}), leads=True)

    async def ids(sight: Sight) -> list[int]:
        async with database.read() as tx:
            return [case.id for case in await LISTS.waiting(tx, sight)]

    assert await ids(officer) == [problem.id]
    assert await ids(chair) == [problem.id, complaint.id]
    assert await ids(EVERYTHING) == [problem.id, complaint.id, elsewhere.id]
    assert [officer.covers(c) for c in (problem, complaint, elsewhere)] == [True, False, False]
    async with database.read() as tx:
        assert await LISTS.held_back(tx, officer) == []
        assert [case.id for case in await LISTS.held_back(tx, chair)] == [held.id]


async def test_who_was_reminded_is_not_reminded_again_until_it_waits_anew(
    database: Database,
) -> None:
    lan = await official(database)
    case = await opened(database)
    late = case.due_at + DAY

    async def to_remind() -> list[int]:
        async with database.read() as tx:
            return [c.id for c in await LISTS.to_remind(tx, "late", due_before=late)]

    assert await to_remind() == [case.id]
    async with database.begin() as tx:
        await HISTORY.note(tx, case.id, Happened.REMINDED, at=late, detail="late")
    assert await to_remind() == []
    async with database.begin() as tx:
        await BOOK.answer(tx, case, "xong", by=lan.id, at=late)
    answered = await again(database, case)
    async with database.begin() as tx:
        await BOOK.reopen(tx, answered, "chưa", at=late, due_at=late - timedelta(hours=1))
    assert await to_remind() == [case.id]


async def test_pages_give_every_case_once(database: Database) -> None:
    made = [await opened(database) for _ in range(3)]
    old = await opened(database)
    async with database.begin() as tx:
        await tx.connection.execute(
            update(CaseRecord).where(CaseRecord.id == old.id).values(received_at=NOW - 9 * DAY)
        )
    async with database.read() as tx:
        found = [
            case.id
            async for page in LISTS.pages(tx, EVERYTHING, units=["xa"], since=NOW, until=NOW + DAY)
            for case in page
        ]
    assert found == [case.id for case in made]


async def test_a_receipt_finds_its_case_under_any_of_the_keys(database: Database) -> None:
    case = await opened(database, receipt="old")
    async with database.read() as tx:
        found = await BOOK.by_receipt(tx, ["new", "old"])
        assert found
        assert found.id == case.id
        assert await BOOK.by_receipt(tx, ["other"]) is None


async def test_an_invitation_serves_once_for_a_week_and_a_removed_official_is_nobody(
    database: Database,
) -> None:
    chat, other = await conversation(database), await conversation(database, "other")
    role = Role.APPROVER
    async with database.begin() as tx:
        await OFFICIALS.invite(tx, "1", name="Hà", unit="xa", role=role, at=NOW)
        await OFFICIALS.invite(tx, "2", name="Hà", unit="xa", role=role, at=NOW)
    late = NOW + INVITATION_LASTS
    async with database.begin() as tx:
        assert await OFFICIALS.join(tx, "2", conversation=chat, at=late) is None
        joined = await OFFICIALS.join(tx, "1", conversation=chat, at=NOW)
        assert await OFFICIALS.join(tx, "1", conversation=other, at=NOW) is None
    assert joined
    assert joined.leads
    async with database.begin() as tx:
        [desk] = await OFFICIALS.desks(tx, units=["xa"], roles=[role])
        assert (desk.account, desk.conversation) == ("web", chat)
        assert await OFFICIALS.remove(tx, joined.id, at=NOW)
        assert await OFFICIALS.of(tx, chat) is None
        assert await OFFICIALS.desks(tx, units=["xa"], roles=[role]) == []


async def test_questions_of_the_earlier_version_become_cases(database_address: str) -> None:
    """A database at 0007 with a waiting question, brought to today's version."""
    database = Database.at(database_address)
    await migrate(database, to="0007")
    async with database.begin() as tx:
        at = NOW if tx.on_postgresql else NOW.replace(tzinfo=None)
        for statement in (
            "INSERT INTO people (id, account, sender, unit, created_at)"
            " VALUES (7, 'web', 's', '', :at)",
            "INSERT INTO conversations (id, account, chat, thread, person_id, topic, facet, sure,"
            " leanings, choices, question, expecting, greeted, created_at)"
            " VALUES (8, 'web', 'c', '', 7, '', '', false, '[]', '{}', '', '', false, :at)",
            "INSERT INTO questions (id, conversation_id, unit, text, topic, state, asked_at)"
            " VALUES (41, 8, 'xa', 'khi nào có điện', '', 'waiting', :at)",
        ):
            await tx.connection.execute(text(statement).bindparams(at=at))
    await migrate(database)
    async with database.read() as tx:
        [case] = await LISTS.waiting(tx, EVERYTHING)
        [words] = await BOOK.words(tx, case.id)
        [event] = await HISTORY.of(tx, case.id)
    assert (case.id, case.kind, words.text) == (41, CaseKind.QUESTION, "khi nào có điện")
    assert (case.received_at, case.due_at) == (NOW, NOW + 3 * DAY)
    assert event.what is Happened.RECEIVED
    assert (await opened(database)).id > 41
    await database.close()


async def test_locations_of_before_are_rounded_by_the_migration(database_address: str) -> None:
    """Those of cases and of what is half told; what people wrote themselves stays as it is."""
    database = Database.at(database_address)
    await migrate(database, to="0019")
    places = ["21.0278, 105.8342", "-8.1234, 105.0001", "chợ 3.5678, 7.1234", "21.028, 105.834"]
    async with database.begin() as tx:
        at = NOW if tx.on_postgresql else NOW.replace(tzinfo=None)
        for number, place in enumerate(places, start=1):
            await tx.connection.execute(
                text(
                    "INSERT INTO cases (id, kind, state, version, unit, place, topic, name,"
                    " platform, language, quarantine, received_at, due_at) VALUES (:id, 'problem',"
                    " 'received', 1, 'xa', :place, '', '', '', 'vi', '', :at, :at)"
                ).bindparams(id=number, place=place, at=at)
            )
        for statement in (
            "INSERT INTO people (id, account, sender, unit, created_at)"
            " VALUES (7, 'web', 's', '', :at)",
            "INSERT INTO conversations (id, account, chat, thread, person_id, topic, facet, sure,"
            " leanings, choices, question, expecting, greeted, created_at)"
            " VALUES (8, 'web', 'c', '', 7, '', '', false, '[]', '{}', '', '', false, :at)",
            "INSERT INTO drafts (id, conversation_id, step, kind, about, text, unit, place, name,"
            " touched_at) VALUES (9, 8, 'words', '', '', '', '', '21.0278, 105.8342', '', :at)",
        ):
            await tx.connection.execute(text(statement).bindparams(at=at))
    await migrate(database)
    async with database.read() as tx:
        rows = await tx.connection.execute(text("SELECT place FROM cases ORDER BY id"))
        assert rows.scalars().all() == ["21.028, 105.834", "-8.123, 105.000", *places[2:]]
        half_told = await tx.connection.execute(text("SELECT place FROM drafts"))
        assert half_told.scalars().all() == ["21.028, 105.834"]
    await database.close()


async def test_another_unit_is_reminded_of_what_was_handed_on_to_it(database: Database) -> None:
    lan = await official(database)
    case = await opened(database)
    late = NOW + 8 * DAY
    async with database.begin() as tx:
        await BOOK.assign(tx, case, to=lan.id, by=CONSOLE, at=NOW)
        await HISTORY.note(tx, case.id, Happened.REMINDED, at=late, detail="late")
        assert await LISTS.to_remind(tx, "late", due_before=late) == []
        assigned = await BOOK.get(tx, case.id)
        assert assigned
        await BOOK.move(tx, assigned, unit="khac", by=CONSOLE, at=late)
        [moved] = await LISTS.to_remind(tx, "late", due_before=late)
    assert (moved.unit, moved.state, moved.official) == ("khac", CaseState.RECEIVED, None)
    assert moved.due_at == case.due_at
