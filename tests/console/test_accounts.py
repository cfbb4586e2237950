"""The desk for channels' accounts: they come and go while it runs, and none is waited for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from bot import worker
from bot.account_register import Register
from bot.config import Settings, load
from bot.sealing import Seal
from bot.wiring import House, build, now
from content.library import Library
from storage.accounts import AccountRecord
from storage.audit import AuditRecord, Verb
from storage.officials import Role
from storage.tokens import TokenBook
from tests.console.desk import Desk, sitting_at
from tests.emulators.telegram import TOKEN, Emulator

KEY = Fernet.generate_key().decode()
LIST, NEW = "/staff/accounts", "/staff/new-account"


@pytest.fixture
def settings(migrated_address: str, data_folder: Path) -> Settings:
    """As those of the house, with a key that seals secrets."""
    return load(
        {
            "LOABAN_DATABASE__URL": migrated_address,
            "LOABAN_DATA__FOLDER": str(data_folder),
            "LOABAN_CONFIG": str(Path(__file__).parent.parent / "house.toml"),
            "LOABAN_TOKEN_KEY": KEY,
            "LOABAN_WEB__PUBLIC_URL": "https://xa.example.vn",
        }
    )


@pytest.fixture
async def sealed(settings: Settings, library: Library) -> AsyncIterator[House]:
    async with build(settings, library) as built:
        yield built


async def of_telegram(desk: Desk, name: str, base: str, *, token: str = TOKEN) -> str:
    """Add an account by the form; the page that comes then."""
    page = await desk.open(f"{NEW}?platform=telegram")
    return await desk.press(page, NEW, name=name, unit="xa-mau", set_token=token, set_api_base=base)


async def test_an_account_added_at_the_console_is_listed_asked_and_removed(
    sealed: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = []
    async with Emulator() as emulator, sitting_at(sealed) as desk:
        shown.append(await of_telegram(desk, "xa-mau-tele", emulator.base))
        assert "Đang bắt đầu" in shown[-1]
        await sealed.accounts.take_up()
        shown.append(await desk.open(LIST))
        assert "Chưa hỏi" in shown[-1]
        shown.append(await desk.open(f"{LIST}/xa-mau-tele"))
        assert "Đang chạy tốt" in shown[-1]
        assert "https://xa.example.vn/hooks/xa-mau-tele" in shown[-1]
        shown.append(await desk.open(LIST))
        assert "Đang chạy tốt" in shown[-1], "what was answered is remembered"
        emulator.world.revoked = True
        shown.append(await desk.press(shown[2], "/ask"))
        assert "Lấy mã mới" in shown[-1]
        shown.append(await desk.open("/staff"))
        assert "Tài khoản cần người xem: 1" in shown[-1]
        await desk.client.post("/chat", data={"text": "chào"})
        own = await desk.open(f"{LIST}/web")
        assert "Tin đến gần nhất" in own
        assert '<a href="https://xa.example.vn/">https://xa.example.vn/</a>' in own
        shown.append(await desk.open(f"{LIST}/xa-mau-tele/remove"))
        assert "không còn được trả lời" in shown[-1]
        shown.append(await desk.press(shown[-1], "/remove"))
        assert "Đã xóa" in shown[-1]
        await sealed.accounts.take_up()
        await desk.open(f"{LIST}/xa-mau-tele", status=404)
        shown.append(await desk.open("/staff/audit"))
        assert "tài khoản kênh xa-mau-tele" in shown[-1]
    assert TOKEN not in "".join(shown)
    assert TOKEN not in caplog.text
    async with sealed.database.read() as tx:
        noted = await tx.connection.execute(
            select(AuditRecord.verb, AuditRecord.thing, AuditRecord.reason).where(
                AuditRecord.kind == "channel"
            )
        )
        assert [tuple(one) for one in noted] == [
            (Verb.ADDED, "xa-mau-tele", ""), (Verb.DELETED, "xa-mau-tele", ""),
        ]  # fmt: skip


async def test_what_cannot_be_added_is_told_and_no_secret_comes_back(sealed: House) -> None:
    async with Emulator() as emulator, sitting_at(sealed) as desk:
        await of_telegram(desk, "bot-1", emulator.base)
        page = await desk.open(f"{NEW}?platform=telegram")
        token = "1234567:secret-secret-secret"
        told = await desk.press(page, NEW, 422, name="Xã Mẫu", set_token=token)
        assert "chữ thường không dấu" in told
        assert token not in told
        told = await desk.press(page, NEW, 422, name="bot-2", set_token="")
        assert "Còn thiếu: Mã của bot (token)" in told
        for name, given, words in (
            ("bot-1", token, "Đã có tài khoản tên này"),
            ("web", token, "Đã có tài khoản tên này"),
            ("bot-3", TOKEN, "đang dùng cho một tài khoản khác"),
        ):
            told = await desk.press(page, NEW, 409, name=name, set_token=given)
            assert words in told
            assert given not in told
        told = await desk.press(page, NEW, 409, name="bot-4", set_token=token, set_api_base="không")
        assert "api_base" in told


async def test_an_account_is_changed_in_place_and_no_secret_is_shown(sealed: House) -> None:
    change = "/change"
    async with Emulator() as emulator, sitting_at(sealed) as desk:
        page = await of_telegram(desk, "bot-1", emulator.base)
        await sealed.accounts.take_up()
        first = sealed.accounts.channels["bot-1"]
        page = await desk.open(f"{LIST}/bot-1")
        assert f'value="{emulator.base}"' in page, "what is no secret can be seen"
        saved = await desk.press(
            page, change, set_title="Bot của xã", set_mode="webhook", unit="ban-mau",
            set_messages_per_second="5", set_token=f"{TOKEN}-moi",
        )  # fmt: skip
        assert "Đã lưu" in saved
        assert "-moi" not in saved
        await sealed.accounts.take_up()
        second = sealed.accounts.channels["bot-1"]
        assert second is not first
        assert second.speed is not None
        assert second.speed.per_second == 5
        assert sealed.accounts.home_units["bot-1"] == "ban-mau"
        assert "Bot của xã" in await desk.open(f"{LIST}?text=của xã")
        told = await desk.press(page, change, 409, set_title="Bot khác")
        assert "Có người vừa sửa" in told
        assert 'value="Bot của xã"' in told, "what is kept now"
        assert "Bot khác" not in told
        told = await desk.press(told, change, 409, set_token="99:of-another-bot")
        assert "của một bot khác" in told
        assert "of-another-bot" not in told
        told = await desk.press(told, change, 409, set_messages_per_second="nhanh")
        assert "messages_per_second" in told
        assert 'value="nhanh"' in told, "what was typed can be mended"
        assert TOKEN not in "".join((page, saved, told))
        await desk.press(told, change, 422, unit="nowhere")
        assert change not in await desk.open(f"{LIST}/web"), "it stands in the settings file"
        page = await desk.open("/staff/audit")
        assert page.count("tài khoản kênh bot-1") == 2
    async with sitting_at(sealed, unit="ban-mau") as desk:
        page = await desk.open(f"{LIST}/bot-1")
        assert "set_api_base" not in page, "of the house alone"
        saved = await desk.press(page, change, set_title="", set_api_base="http://127.0.0.1:9")
        assert "Đã lưu" in saved
        await desk.press(saved, change, 422, unit="")
    known = await Register(sealed.database, sealed.settings).known("bot-1")
    assert known.settings["api_base"] == emulator.base
    assert "title" not in known.settings


async def test_a_new_webhook_is_told_when_every_process_knows_its_secret(sealed: House) -> None:
    register, loop = Register(sealed.database, sealed.settings), asyncio.get_running_loop()
    async with Emulator() as emulator:
        given = {"name": "bot", "platform": "telegram", "token": TOKEN, "api_base": emulator.base}
        await register.add(given, at=now(), by="thử")
        stop = asyncio.Event()
        working = asyncio.create_task(worker.keep_accounts(sealed, stop, fetch=True))

        async def asked(method: str) -> None:
            async with asyncio.timeout(20):
                while method not in [call.method for call in emulator.world.calls]:
                    await asyncio.sleep(0.02)

        await asked("getUpdates")
        before = sealed.channels["bot"]
        await register.change("bot", {"mode": "webhook"}, at=now(), by="thử")
        while sealed.channels["bot"] is before:
            await asyncio.sleep(0.02)
        taken_up = loop.time()
        await asked("setWebhook")
        assert loop.time() - taken_up > worker.RELOAD
        stop.set()
        await working


async def test_without_a_key_nothing_is_added_and_it_is_said_what_to_do(house: House) -> None:
    async with sitting_at(house) as desk:
        page = await desk.open(f"{NEW}?platform=telegram")
        assert "LOABAN_TOKEN_KEY" in page
        assert "password" not in page, "there is nothing to fill in"
        assert "ghi trong tệp cài đặt" in await desk.open(f"{LIST}/web")


async def test_a_platform_that_hangs_keeps_no_page_but_its_own_waiting(
    settings: Settings, library: Library
) -> None:
    async with build(settings, library, patience=0.3) as house, Emulator() as emulator:
        emulator.world.latency = 60.0
        async with sitting_at(house) as desk:
            await of_telegram(desk, "treo", emulator.base)
            opening = asyncio.create_task(house.accounts.take_up())
            await asyncio.wait({opening}, timeout=1)
            async with asyncio.timeout(5):
                assert "treo" in await desk.open(LIST)
                assert "không trả lời kịp" in await desk.open(f"{LIST}/treo")
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)


async def test_hundreds_are_filtered_and_shown_by_pages(sealed: House) -> None:
    async with sealed.database.begin() as tx:
        await tx.connection.execute(
            AccountRecord.__table__.insert(),
            [
                {
                    "name": f"bot-{number:03}",
                    "platform": "zalo_bot" if number % 2 else "telegram",
                    "unit": "xa-khac" if number % 3 else "xa-mau",
                    "sealed": "x",
                    "added_at": now(),
                    "added_by": "thử",
                }
                for number in range(300)
            ],
        )
    async with sitting_at(sealed) as desk:
        page = await desk.open(LIST)
        assert page.count("<h2><a") == 50
        assert "bot-049" in page
        assert "bot-050" not in page
        assert "bot-050" in await desk.open(f"{LIST}?after=bot-049")
        page = await desk.open(f"{LIST}?platform=telegram&unit=xa-mau")
        assert "bot-000" in page
        assert "bot-001" not in page
        assert "bot-002" not in page
        page = await desk.open(f"{LIST}?text=BOT-29")
        assert page.count("<h2><a") == 10
    async with sitting_at(sealed, unit="xa-mau") as desk:
        page = await desk.open(LIST)
        assert "bot-003" in page
        assert "bot-001" not in page, "another unit's"
        assert "api_base" not in await desk.open(f"{NEW}?platform=telegram"), "of the house alone"


async def test_tokens_that_end_soon_are_warned_of(sealed: House) -> None:
    await Register(sealed.database, sealed.settings).add(
        {
            "name": "oa-mau", "platform": "zalo_oa", "unit": "xa-mau", "app_id": "4", "oa_id": "7",
            "app_secret": "khoa-cua-ung-dung", "oa_secret": "khoa-cua-oa",
        },
        at=now(),
        by="thử",
    )  # fmt: skip
    async with sealed.database.begin() as tx:
        await TokenBook().begin(
            tx, "oa-mau", refresh=Seal(KEY).close("lam-moi"), seed="", instead_of=None,
            at=now() - timedelta(days=80),
        )  # fmt: skip
    async with sitting_at(sealed) as desk:
        assert "Tài khoản cần người xem: 1" in await desk.open("/staff")
        page = await desk.open(f"{LIST}?troubled=1")
        assert "Quyền chỉ còn 9 ngày" in page
        assert "/staff/accounts/web" not in page
        page = await desk.open(f"{LIST}/oa-mau")
        asked = await desk.press(page, "/consent")
        assert "https://xa.example.vn/oauth/oa-mau" in asked
        told = await desk.press(asked, "/consent/code", 409, code="x")
        assert "Mã không dùng được" in told
    async with sitting_at(sealed, Role.OFFICER) as desk:
        assert "Tài khoản cần người xem" not in await desk.open("/staff")
        assert "/staff/accounts" not in await desk.open("/staff")


async def test_a_code_to_hang_up_is_drawn_for_a_unit(sealed: House) -> None:
    async with sitting_at(sealed) as desk:
        answer = await desk.client.get(f"{LIST}/web/qr.png?unit=ban-mau")
        assert answer.status == 200
        assert (await answer.read()).startswith(b"\x89PNG")
        answer = await desk.client.get(f"{LIST}/web/qr.svg?unit=ban-mau")
        assert b"<svg" in await answer.read()
        await desk.open(f"{LIST}/web/qr.png?unit=nowhere", status=404)
