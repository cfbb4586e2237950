"""Accounts, sessions and invitations of staff, tries to sign in, and the log, on both databases."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, text, update

from storage.audit import KEPT, Audit, AuditRecord, Kind, Verb, Wanted, forget_audit
from storage.database import Database, DatabaseFault
from storage.officials import Role
from storage.sign_in_tries import FORGOTTEN, LONGEST_WAIT, SignInTries, forget_tries, wait_after
from storage.staff_accounts import LastAdministrator, LoginTaken, StaffAccount, StaffAccounts
from storage.staff_invitations import LASTS, StaffInvitations
from storage.staff_sessions import Lasting, StaffSessions, forget_sessions

NOW = datetime.now(UTC)
ACCOUNTS, TRIES, AUDIT, INVITATIONS = StaffAccounts(), SignInTries(), Audit(), StaffInvitations()
SESSIONS = StaffSessions(Lasting(whole=timedelta(hours=12), idle=timedelta(hours=2)))


async def hired(
    database: Database, login: str, role: Role = Role.ADMINISTRATOR, unit: str = ""
) -> StaffAccount:
    async with database.begin() as tx:
        return await ACCOUNTS.create(
            tx, login=login, password="hash", name=login, unit=unit, role=role, at=NOW
        )


async def test_a_name_to_sign_in_with_is_one_persons_whatever_its_letter_case(
    database: Database,
) -> None:
    mai = await hired(database, "Mai")
    lan = await hired(database, "lan", Role.OFFICER, "xa")
    async with database.begin() as tx:
        assert await ACCOUNTS.by_login(tx, "MAI") == mai
        await ACCOUNTS.remove(tx, lan, at=NOW)
    for login in ("mAI", "lan"):
        with pytest.raises(LoginTaken):
            await hired(database, login)
    async with database.read() as tx:
        assert await ACCOUNTS.by_login(tx, "lan") is None
        assert await ACCOUNTS.get(tx, lan.id) is None
        assert await ACCOUNTS.all(tx) == [mai]
        assert await ACCOUNTS.all(tx, units=["xa"]) == []


async def test_the_last_administrator_stays_though_two_leave_at_once(database: Database) -> None:
    mai, lan = await hired(database, "mai"), await hired(database, "lan")
    await hired(database, "pao", unit="xa")

    async def leave(who: StaffAccount) -> bool:
        try:
            async with database.begin() as tx:
                await ACCOUNTS.remove(tx, who, at=NOW)
        except LastAdministrator:
            return False
        return True

    assert sorted(await asyncio.gather(leave(mai), leave(lan))) == [False, True]
    async with database.begin() as tx:
        [left] = [one for one in await ACCOUNTS.all(tx) if not one.official.unit]
        with pytest.raises(LastAdministrator):
            await ACCOUNTS.change(tx, left, unit="", role=Role.VIEWER)
        with pytest.raises(LastAdministrator):
            await ACCOUNTS.change(tx, left, unit="xa", role=Role.ADMINISTRATOR)
        assert not await ACCOUNTS.lacks_administrator(tx)


async def test_a_code_of_the_second_step_serves_once(database: Database) -> None:
    mai = await hired(database, "mai")
    async with database.begin() as tx:
        assert await ACCOUNTS.begin_totp(tx, mai.id, "sealed")
        assert not await ACCOUNTS.begin_totp(tx, mai.id, "another")
        used = [await ACCOUNTS.use_step(tx, mai.id, step) for step in (7, 7, 6, 8)]
    assert used == [True, False, False, True]


async def test_a_session_serves_until_it_ends_or_nobody_is_there(database: Database) -> None:
    mai, lan = await hired(database, "mai"), await hired(database, "lan")
    async with database.begin() as tx:
        one = await SESSIONS.begin(tx, account=mai.id, token_hash="1", browser="x" * 99, at=NOW)
        two = await SESSIONS.begin(tx, account=mai.id, token_hash="2", browser="", at=NOW)
    hour = timedelta(hours=1)
    async with database.begin() as tx:
        found = await SESSIONS.find(tx, ["0", "1"], at=NOW + hour)
        assert found
        assert (found.id, found.account) == (one, mai.id)
        assert await SESSIONS.find(tx, ["1"], at=NOW + 2 * hour) is None
        for passed in range(1, 12):
            await SESSIONS.touch(tx, one, at=NOW + passed * hour)
        assert await SESSIONS.find(tx, ["1"], at=NOW + 11.5 * hour)
        assert await SESSIONS.find(tx, ["1"], at=NOW + 12 * hour) is None
        assert not await SESSIONS.end(tx, two, account=lan.id, at=NOW), "it is not theirs"
        assert [one.id for one in await SESSIONS.of(tx, mai.id, at=NOW)] == [one, two]
        assert await SESSIONS.end_all(tx, mai.id, but=one, at=NOW) == 1
        assert [one.id for one in await SESSIONS.of(tx, mai.id, at=NOW)] == [one]
    assert await forget_sessions(database, before=NOW + hour) == 2


async def test_an_invitation_is_used_once_though_two_try_at_once(database: Database) -> None:
    async with database.begin() as tx:
        for code in ("a", "b"):
            await INVITATIONS.invite(
                tx, code, name="", unit="", role=Role.ADMINISTRATOR, at=NOW, first=True
            )
        await INVITATIONS.invite(tx, "c", name="Lan", unit="xa", role=Role.VIEWER, at=NOW)

    async def use(code: str, at: datetime = NOW) -> bool:
        async with database.begin() as tx:
            return await INVITATIONS.use(tx, code, at=at) is not None

    assert not await use("c", NOW + LASTS)
    assert sorted(await asyncio.gather(use("c"), use("c"))) == [False, True]
    assert await use("a")
    assert not await use("b"), "there is a first administrator"


async def test_failed_tries_wait_longer_and_longer_and_never_for_long(database: Database) -> None:
    at = NOW
    async with database.begin() as tx:
        for _ in range(3):
            assert not await TRIES.take(tx, "mai", free=3, at=at)
        assert await TRIES.take(tx, "mai", free=3, at=at) == timedelta(seconds=30)
        assert not await TRIES.take(tx, "lan", free=3, at=at), "another counts by itself"
        at += timedelta(seconds=30)
        assert not await TRIES.take(tx, "mai", free=3, at=at)
        assert await TRIES.take(tx, "mai", free=3, at=at) == timedelta(seconds=60)
        assert not await TRIES.take(tx, "mai", free=3, at=at + FORGOTTEN + timedelta(seconds=1))
        await TRIES.forget(tx, "mai")
        assert not await TRIES.take(tx, "mai", free=1, at=at)
        await TRIES.undo(tx, "mai")
        assert not await TRIES.take(tx, "mai", free=1, at=at)
    assert max(wait_after(count, 5) for count in range(2000)) == LONGEST_WAIT
    assert await forget_tries(database, now=at + 2 * FORGOTTEN) == 2


async def test_tries_at_once_all_count(database: Database) -> None:
    async def one() -> bool:
        async with database.begin() as tx:
            return not await TRIES.take(tx, "mai", free=5, at=NOW)

    assert sum(await asyncio.gather(*(one() for _ in range(12)))) == 5


async def note(database: Database, at: datetime = NOW, **more: object) -> None:
    values = {"verb": Verb.SAW, "kind": Kind.CASE, "thing": 1, "by": 1, "unit": "xa"} | more
    async with database.begin() as tx:
        await AUDIT.note(
            tx, values.pop("verb"), values.pop("kind"), values.pop("thing"), at=at, **values
        )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        update(AuditRecord).values(reason="nothing"),
        delete(AuditRecord),
        text("DELETE FROM audit_log"),
        text("UPDATE audit_log SET by = 2"),
    ],
    ids=["update", "delete", "raw delete", "raw update"],
)
async def test_the_database_refuses_to_change_the_log(database: Database, change: object) -> None:
    await note(database, reason="vì sao")
    with pytest.raises(DatabaseFault):
        async with database.begin() as tx:
            await tx.connection.execute(change)
    async with database.read() as tx:
        [entry] = await AUDIT.page(tx, Wanted(), at_most=9)
    assert (entry.by, entry.reason) == (1, "vì sao")


async def test_the_log_forgets_only_what_is_older_than_two_years(database: Database) -> None:
    await note(database, NOW - KEPT - timedelta(days=1))
    await note(database, NOW - KEPT + timedelta(days=1))
    assert await forget_audit(database, before=NOW - KEPT - timedelta(hours=1)) == 1
    with pytest.raises(DatabaseFault):
        await forget_audit(database, before=NOW)


async def test_the_log_is_searched_by_who_what_whose_and_when_and_paged_by_number(
    database: Database,
) -> None:
    day = timedelta(days=1)
    await note(database, NOW - 3 * day)
    await note(database, NOW - 2 * day, by=2, verb=Verb.UNMASKED, reason="gọi lại")
    await note(database, NOW - day, by=2, thing=2, unit="ban")
    await note(database, NOW, by=None, verb=Verb.SIGN_IN_FAILED, kind=Kind.ACCOUNT, thing="mai")

    async def found(wanted: Wanted, **more: int) -> list[int]:
        async with database.read() as tx:
            return [e.id for e in await AUDIT.page(tx, wanted, **({"at_most": 9} | more))]

    assert await found(Wanted()) == [4, 3, 2, 1]
    assert await found(Wanted(), at_most=2) == [4, 3]
    assert await found(Wanted(), below=3) == [2, 1]
    assert await found(Wanted(by=2)) == [3, 2]
    assert await found(Wanted(verb=Verb.UNMASKED)) == [2]
    assert await found(Wanted(kind=Kind.CASE, thing="1")) == [2, 1]
    assert await found(Wanted(units=["ban"])) == [3]
    assert await found(Wanted(since=NOW - 2 * day, until=NOW)) == [3, 2]
