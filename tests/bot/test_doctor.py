"""What the doctor finds of tokens that must be renewed in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import tomli_w
from cryptography.fernet import Fernet

from bot.config import load
from bot.doctor import accounts_at_work, cases_in_hand, kept_tokens
from bot.wiring import build
from storage.case_records import CaseKind, NewCase
from storage.cases import Cases
from storage.conversations import Conversations
from storage.database import Database
from storage.migrate import migrate
from storage.officials import Officials, Role
from storage.people import People
from storage.tokens import TokenBook
from tests.emulators.zalo_oa import TOKEN_PATH, Emulator
from tests.emulators.zalo_oa_control import ZaloOAControl

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "lost", "ok", "told"),
    [
        (1, False, True, "renewed 24/11/2026, can be renewed until 22/02/2027"),
        (59, False, True, "can be renewed until"),
        (61, False, False, "can be renewed until 24/12/2026"),
        (95, False, False, "can be renewed until 20/11/2026"),
        (1, True, False, "lost since 25/11/2026"),
    ],
)
async def test_tokens_that_end_soon_or_are_lost_are_told(
    database: Database, database_address: str, days: int, lost: bool, ok: bool, told: str
) -> None:
    book, got = TokenBook(), NOW - timedelta(days=days)
    async with database.begin() as tx:
        await book.begin(tx, "oa-xa", refresh="sealed", seed="s", at=got, instead_of=None)
    async with database.begin() as tx:
        kept = await book.get(tx, "oa-xa")
        assert kept is not None
        if lost:
            await book.lose(tx, "oa-xa", kept, at=NOW)
    settings = load({"LOABAN_DATABASE__URL": database_address}, Path("/nowhere"))
    [finding] = await kept_tokens(settings, NOW)
    assert finding.what == "tokens of oa-xa"
    assert finding.ok is ok
    assert told in finding.state
    assert bool(finding.remedy) is not ok


async def test_a_refresh_without_an_answer_is_told_before_the_account_falls_silent(
    database: Database, database_address: str
) -> None:
    book = TokenBook()
    async with database.begin() as tx:
        await book.begin(tx, "oa-xa", refresh="r", seed="s", at=NOW, instead_of=None)
        kept = await book.get(tx, "oa-xa")
        assert kept is not None
        until = NOW + timedelta(hours=25)
        await book.keep(tx, "oa-xa", kept, access="a", access_until=until, refresh="r", at=NOW)
        kept = await book.get(tx, "oa-xa")
        assert kept is not None
        await book.ask(tx, "oa-xa", kept, at=NOW + timedelta(hours=19))
    settings = load({"LOABAN_DATABASE__URL": database_address}, Path("/nowhere"))
    for hours, ok, told in (
        (19.1, True, "can be renewed until"),
        (20, False, "since 05:00 26/11/2026; the account works until 11:00 26/11/2026"),
        (26, False, "none serves"),
    ):
        [finding] = await kept_tokens(settings, NOW + timedelta(hours=hours))
        assert (finding.ok, told in finding.state) == (ok, True), finding


async def test_accounts_whose_platform_hangs_are_waited_for_side_by_side_and_cost_no_token(
    data_folder: Path,
) -> None:
    async with Emulator(oas=4) as emulator, aiohttp.ClientSession() as session:
        control = ZaloOAControl(session, emulator.base)
        accounts = [
            {
                "name": f"oa-{number}",
                "platform": "zalo_oa",
                "app_id": world.account.app_id,
                "app_secret": world.account.app_secret,
                "oa_secret": world.account.oa_secret,
                "refresh_token": world.account.refresh_token,
                "api_base": emulator.base,
                "oauth_base": emulator.base,
            }
            for number, world in enumerate(emulator.platform.worlds)
        ]
        (data_folder.parent / "config.toml").write_text(tomli_w.dumps({"accounts": accounts}))
        environment = {
            "LOABAN_TOKEN_KEY": Fernet.generate_key().decode(),
            "LOABAN_DATA__FOLDER": str(data_folder),
        }
        settings = load(environment, data_folder.parent)
        database = Database.at(settings.database_url)
        await migrate(database)
        await database.close()
        async with build(settings) as house:  # the program ran, and three accounts have tokens
            for name in ("oa-0", "oa-1", "oa-2"):
                assert (await house.channels[name].check()).ok
        spent = len(await control.calls(TOKEN_PATH))
        await control.fault("hang", path="/v2.0/oa/getoa", chance=1.0)
        findings = await accounts_at_work(settings, patience=1.0)
        assert {f.what: f.state for f in findings if not f.ok} == {
            "account oa-0": "no answer in time",
            "account oa-1": "no answer in time",
            "account oa-2": "no answer in time",
            "account oa-3": "does not work",
        }
        assert len(await control.calls(TOKEN_PATH)) == spent == 3
        asked = [call.at for call in await control.calls("/v2.0/oa/getoa")][-3:]
        assert max(asked) - min(asked) < 0.9, "not one after the other"


async def test_a_unit_without_anybody_who_answers_and_late_answers_are_told(
    database: Database, database_address: str
) -> None:
    shared = str(Path(__file__).parent.parent / "house.toml")
    settings = load({"LOABAN_DATABASE__URL": database_address, "LOABAN_CONFIG": shared})
    async with database.begin() as tx:
        person = await People().meet(tx, account="web", sender="a", unit="", at=NOW)
        talk = await Conversations().open(
            tx, account="web", chat="a", thread="", person=person.known_as, at=NOW
        )
        await Officials().invite(tx, "1", name="Lan", unit="xa-mau", role=Role.OFFICER, at=NOW)
        await Officials().join(tx, "1", conversation=talk.id, at=NOW)
        new = NewCase(CaseKind.QUESTION, unit="xa-mau", text="máy cày hỏng")
        await Cases().open(tx, new, conversation=talk.id, at=NOW, due_at=NOW)
    officials, cases = await cases_in_hand(settings, NOW + timedelta(days=1))
    assert officials.state == "nobody answers the people of xa-khac"
    assert (cases.ok, cases.state) == (False, "1 are overdue")
    _, on_time = await cases_in_hand(settings, NOW)
    assert on_time.ok
