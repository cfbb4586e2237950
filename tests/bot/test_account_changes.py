"""An account is changed in place: it stays the same one, and the program takes it up by itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from cryptography.fernet import Fernet

from bot.account_channels import tokens_of
from bot.account_register import BadAccount, Fault, Register
from bot.accounts import Accounts
from bot.channels.channel import RetryAt, Speed
from bot.config import Settings, load
from bot.pacing import Pace
from bot.sealing import Seal
from storage.database import Database
from storage.outbox import Outbox, State
from tests.bot.office import Office, Post, now
from tests.console.test_accounts import KEY as OTHER_KEY
from tests.emulators.zalo_oa import Emulator

KEY = Fernet.generate_key().decode()
BOT = {"name": "xa-1", "platform": "zalo_bot", "token": "1:secret", "unit": "xa-mau"}
one_database = pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)


def settings(**environment: str) -> Settings:
    return load(
        {"LOABAN_TOKEN_KEY": KEY, "LOABAN_WEB__PUBLIC_URL": "https://xa.example.vn", **environment},
        Path("/nowhere"),
    )


@pytest.fixture
async def register(database: Database) -> Register:
    register = Register(database, settings())
    await register.add(BOT, at=now(), by="Mai")
    return register


async def change(register: Register, name: str = "xa-1", **wanted: str) -> None:
    await register.change(name, wanted, at=now(), by="Lan")


async def refusal(register: Register, name: str = "xa-1", **wanted: str) -> Fault:
    with pytest.raises(BadAccount) as refused:
        await change(register, name, **wanted)
    assert "1:" not in str(refused.value), "no token is repeated"
    return refused.value.fault


async def test_what_is_not_named_stays_and_no_secret_is_told(register: Register) -> None:
    await change(register, title="Bot của xã", token="1:newer", messages_per_second="2.5")
    [kept] = await register.all()
    assert (kept.title, kept.added_by, kept.changed_by) == ("Bot của xã", "Mai", "Lan")
    assert "newer" not in kept.sealed
    account = register.open(kept)
    assert account.token.get_secret_value() == "1:newer"
    assert (account.unit, account.mode, account.messages_per_second) == ("xa-mau", "polling", 2.5)
    known = await register.known("xa-1")
    assert "token" not in known.settings
    assert known.settings["messages_per_second"] == "2.5"
    await change(register, messages_per_second="", title="", unit="")
    account = register.open((await register.all())[0])
    assert (account.messages_per_second, account.title, account.unit) == (None, "", "")


async def test_what_cannot_be_changed_is_told_why_and_nothing_is(register: Register) -> None:
    await register.add({**BOT, "name": "xa-2", "token": "1:other-secret"}, at=now(), by="Mai")
    before = [kept.sealed for kept in await register.all()]
    assert await refusal(register, "web", title="Trang") is Fault.IN_SETTINGS
    assert await refusal(register, "xa-9", title="Bot") is Fault.GONE
    assert await refusal(register, token="1:other-secret") is Fault.SAME_LINE
    assert await refusal(register, token="3:secret") is Fault.FIXED, "it is another bot"
    assert await refusal(register, platform="telegram") is Fault.FIXED
    for wrong in (
        {"unit": "nowhere"}, {"token": ""}, {"messages_per_second": "0"}, {"mode": "by post"},
        {"app_id": "4"}, {"title": "x" * 81}, {"title": "hai\ndòng"},
    ):  # fmt: skip
        assert await refusal(register, **wrong) is Fault.OTHER, wrong
    assert [kept.sealed for kept in await register.all()] == before


async def test_the_settings_file_keeps_its_accounts_and_another_key_changes_none(
    register: Register, database: Database
) -> None:
    without = Register(database, settings(LOABAN_TOKEN_KEY=""))
    assert await refusal(without, title="Bot") is Fault.KEY
    other = Register(database, settings(LOABAN_TOKEN_KEY=OTHER_KEY))
    assert await refusal(other, title="Bot") is Fault.OTHER_KEY


async def test_of_two_who_change_it_at_once_the_second_looks_again(register: Register) -> None:
    seen = (await register.known("xa-1")).version
    await register.change("xa-1", {"title": "một"}, at=now(), by="Lan", version=seen)
    with pytest.raises(BadAccount) as refused:
        await register.change("xa-1", {"title": "hai"}, at=now(), by="Mai", version=seen)
    assert refused.value.fault is Fault.CHANGED
    assert (await register.all())[0].title == "một"
    [kept] = await register.all()
    same = (await register.known("xa-1")).version
    await register.change("xa-1", {"title": "một"}, at=now(), by="Mai", version=same)
    assert (await register.all()) == [kept], "nothing was to be changed"


async def test_a_webhook_gets_a_secret_that_stays_when_polling_comes_back(
    register: Register, database: Database
) -> None:
    await change(register, mode="webhook")
    first = register.open((await register.all())[0])
    assert len(first.webhook_secret.get_secret_value()) >= 32
    await change(register, mode="polling")
    after = register.open((await register.all())[0])
    assert (after.mode, after.webhook_secret) == ("polling", first.webhook_secret)
    nowhere = Register(database, settings(LOABAN_WEB__PUBLIC_URL=""))
    await nowhere.add({**BOT, "name": "xa-4", "token": "4:secret"}, at=now(), by="Mai")
    assert await refusal(nowhere, "xa-4", mode="webhook") is Fault.NO_ADDRESS


@one_database
async def test_an_account_whose_unit_is_gone_is_mended_by_another_unit(
    register: Register, database: Database, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[[units]]\ncode = "xa-moi"\nname = "Xã Mới"\n', "utf-8")
    later = Register(database, settings(LOABAN_CONFIG=str(config)))
    accounts = Accounts(later, lambda account: Post(account.name))
    await accounts.take_up()
    assert "none of the units" in accounts.problems["xa-1"]
    await change(later, unit="xa-moi")
    await accounts.take_up()
    assert not accounts.problems
    assert accounts.home_units["xa-1"] == "xa-moi"


async def test_an_official_account_keeps_its_tokens(database: Database) -> None:
    register = Register(database, settings())
    async with Emulator() as emulator:
        oa = emulator.world.account
        given = {
            "name": "oa", "platform": "zalo_oa", "app_id": oa.app_id, "app_secret": oa.app_secret,
            "oa_secret": oa.oa_secret, "refresh_token": oa.refresh_token,
            "api_base": emulator.base, "oauth_base": emulator.base,
        }  # fmt: skip
        await register.add(given, at=now(), by="Mai")

        async def token() -> str:
            async with aiohttp.ClientSession() as session:
                account = register.open((await register.all())[0])
                keeper = tokens_of(
                    account, session=session, database=database, seal=Seal(KEY), clock=now
                )
                found = await keeper.current()
                await keeper.close()
                return found

        before = await token()
        await change(register, "oa", oa_id=oa.oa_id, oa_secret="khoa-moi", title="Zalo của xã")
        assert await token() == before
        assert await refusal(register, "oa", app_id="9") is Fault.FIXED


@dataclass
class Slow(Post):
    """A channel whose close is waited for by nobody but its own task."""

    may_close: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    async def close(self) -> None:
        await self.may_close.wait()
        self.closed = True


@one_database
async def test_what_an_account_has_in_hand_is_ended_by_its_old_channel(
    register: Register, database: Database
) -> None:
    made: list[Slow] = []

    def channel_of(account: object) -> Slow:
        made.append(Slow("xa-1"))
        return made[-1]

    accounts = Accounts(register, channel_of)
    await accounts.take_up()
    office = Office(database, made[0])
    made[0].answers["lâu"] = [0.5]
    await office.put("lan", "lâu", account="xa-1")
    async with office.sending(channels=accounts.channels):
        while made[0].answers["lâu"] != []:
            await asyncio.sleep(0.01)
        await change(register, title="Bot của xã")
        await accounts.take_up()
        assert accounts.channels["xa-1"] is made[1]
        await office.put("cu", "mới", account="xa-1")
        await made[1].until(lambda: made[1].delivered == [("cu", "mới")])
        await office.settled("lâu", State.SENT)
    assert made[0].delivered == [("lan", "lâu")]
    closing = asyncio.create_task(accounts.close())
    made[0].may_close.set()
    made[1].may_close.set()
    await closing
    assert made[0].closed


@one_database
async def test_what_was_refused_before_a_change_goes_out_right_after_it(
    register: Register, database: Database
) -> None:
    office, accounts = Office(database, Post("xa-1")), Accounts(register, lambda _: Post("xa-1"))
    await accounts.take_up()
    old = accounts.channels["xa-1"]
    assert isinstance(old, Post)
    refused = RetryAt("unsent.no_token", now() + timedelta(hours=1), account_wide=True)
    old.answers["chào"] = [refused]
    await office.put("lan", "chào", account="xa-1")
    await office.put("cu", "và bạn", account="xa-1")
    async with office.sending(channels=accounts.channels):
        await asyncio.sleep(1)
        assert not old.delivered, "the whole account waits"
        await change(register, title="Bot của xã")
        async with database.begin() as tx:
            await Outbox().hurry_account(tx, "xa-1", by=now())
        await accounts.take_up()
        new = accounts.channels["xa-1"]
        assert isinstance(new, Post)
        await new.until(lambda: len(new.delivered) == 2)
    assert not old.delivered


async def test_a_change_lets_what_was_refused_be_tried_within_seconds(
    register: Register, database: Database
) -> None:
    office = Office(database, Post("xa-1"))
    office.post.answers["chào"] = [RetryAt("unsent.no_token", now() + timedelta(hours=1))]
    await office.put("lan", "chào", account="xa-1")
    async with office.sending(channels={"xa-1": office.post}):
        await office.post.until(lambda: not office.post.answers["chào"])
        await office.settled("chào", State.PENDING)
    await change(register, title="Bot của xã")
    async with database.read() as tx:
        [waiting] = await Outbox().waiting(tx)
    assert waiting.first <= now() + timedelta(seconds=6)


def test_a_new_pace_holds_at_once_and_forgets_no_refusal() -> None:
    pace, now = Pace(Speed(10, 1)), 1000.0
    assert pace.turn("lan", now) == 0
    pace.refused("lan", now, until=now + 30)
    pace.keep_to(Speed(2, 1))
    assert pace.chat_wait("lan", now) == 30
    assert pace.turn("cu", now) == pytest.approx(0.1)
    assert pace.turn("mai", now) == pytest.approx(0.6), "two a second"
    pace.refused("cu", now, until=now + 1, account_wide=True)
    slow = pace.per_second(now + 1)
    assert slow < 2
    pace.keep_to(Speed(20, 1))
    assert pace.per_second(now + 1) == slow, "it comes back step by step"
    assert pace.per_second(now + 1000) == 20
