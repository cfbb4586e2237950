"""The program as an operator runs it: start, stop, crash, wrong settings, roles apart."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import sys
import time
from pathlib import Path

import aiohttp
import pytest

from tests.emulators.telegram import TOKEN, Emulator
from tests.emulators.telegram_control import TelegramControl
from tests.program import ROOT, program

QUESTION = "làm thẻ bảo hiểm y tế hộ nghèo cần giấy tờ gì"


def telegram(folder: Path, base: str, **more: str) -> None:
    """A config with one Telegram account whose API is the emulator."""
    lines = [
        "[[accounts]]",
        'name = "bot"',
        'platform = "telegram"',
        f'token = "{TOKEN}"',
        f'api_base = "{base}"',
        *(f'{key} = "{value}"' for key, value in more.items()),
    ]
    (folder / "config.toml").write_text("\n".join(lines), "utf-8")


async def ask(session: aiohttp.ClientSession, address: str, text: str) -> str:
    """Ask by the form of the page, as a browser without scripts does; return the page."""
    async with session.get(f"{address}/") as page:
        found = re.search(r'name="id" value="([^"]+)"', await page.text())
    assert found
    async with session.post(f"{address}/chat", data={"text": text, "id": found[1]}) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.text()


@pytest.fixture
async def session() -> aiohttp.ClientSession:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as opened:
        yield opened


@pytest.fixture
def folder(data_folder: Path) -> Path:
    return data_folder.parent


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
async def test_run_answers_stops_with_zero_and_keeps_its_data(
    folder: Path, session: aiohttp.ClientSession, stop: signal.Signals
) -> None:
    async with program(folder) as first:
        learned = _learned(folder)
        assert "/staff" in first.text
        page = await ask(session, first.address, QUESTION)
        assert "căn cước" in page.lower()
        assert await first.stop(stop) == 0
        assert "Traceback" not in first.text
    async with program(folder) as second:
        assert _learned(folder) == learned, "nothing is learned again"
        async with session.get(f"{second.address}/") as again:
            assert QUESTION in await again.text(), "the conversation is still there"


def _learned(folder: Path) -> dict[str, int]:
    """What the program keeps of its learning, and when each was written."""
    kept = (folder / "var" / "cache").iterdir()
    return {path.name: path.stat().st_mtime_ns for path in kept if path.suffix == ".npz"}


async def test_only_loopback_is_bound_unless_configured(folder: Path) -> None:
    async with program(folder) as running:
        assert running.address.startswith("http://127.0.0.1:")


async def test_a_stop_is_quick_while_a_chat_is_open(
    folder: Path, session: aiohttp.ClientSession
) -> None:
    async with program(folder) as running:
        await ask(session, running.address, "xin chào")
        async with session.get(f"{running.address}/chat/stream") as stream:
            assert stream.status == 200
            began = time.monotonic()
            assert await running.stop() == 0
            assert time.monotonic() - began < 6


async def test_a_taken_port_is_told_and_stops_the_start(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with program(folder, ready="cannot start", PORT=port) as failed:
            assert await asyncio.wait_for(failed.process.wait(), 10) == 2
            assert "set PORT to a free one" in failed.text
            assert "Traceback" not in failed.text


async def test_wrong_settings_stop_the_start_and_name_each_key(folder: Path) -> None:
    (folder / "config.toml").write_text('[web]\nprot = 1\n[pacing]\nmessages_per_second = "x"\n')
    async with program(folder, ready="cannot start") as failed:
        assert await asyncio.wait_for(failed.process.wait(), 10) == 2
        assert "web.prot" in failed.text
        assert "pacing.messages_per_second" in failed.text


async def test_a_role_on_an_unmigrated_database_says_what_to_do(folder: Path) -> None:
    async with program(folder, "web", ready="cannot start") as failed:
        assert await asyncio.wait_for(failed.process.wait(), 20) == 2
        assert "python -m bot migrate" in failed.text


async def doctor(folder: Path, **environment: str) -> tuple[int, dict[str, dict[str, object]]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "doctor", "--json",
        cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder), **environment},
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, {f["what"]: f for f in json.loads(out)}


async def test_the_doctor_finds_what_is_wrong_and_how_to_mend_it(folder: Path) -> None:
    code, found = await doctor(folder)
    assert code == 1
    assert found["migrations"]["remedy"] == "run `python -m bot migrate`"
    async with program(folder) as running:
        await running.stop()
    code, found = await doctor(folder)
    assert code == 0, found
    telegram(folder, "http://127.0.0.1:9")
    code, found = await doctor(folder)
    assert code == 1
    assert not found["account bot"]["ok"]
    assert found["account bot"]["remedy"]
    assert TOKEN not in json.dumps(found)
    code, found = await doctor(folder, LOABAN_DATABASE__URL="postgresql://127.0.0.1:9/x")
    assert code == 1
    assert not found["database"]["ok"]


async def test_telegram_by_long_polling_needs_only_a_token(
    folder: Path, session: aiohttp.ClientSession
) -> None:
    async with Emulator() as emulator:
        control = TelegramControl(session, emulator.base)
        telegram(folder, emulator.base)
        async with program(folder) as running:
            await control.say(7, "/start")
            [welcome] = await control.sent(7, at_least=1)
            assert "máy trả lời tự động" in welcome.text
            await control.say(7, QUESTION)
            answer = (await control.sent(7, at_least=2))[-1]
            assert "căn cước" in answer.text.lower()
            buttons = [b for row in answer.message["reply_markup"]["inline_keyboard"] for b in row]
            await control.press(7, answer.message_id, buttons[0]["callback_data"])
            facet = (await control.sent(7, at_least=3))[-1]
            await control.say(7, "0")
            home = (await control.sent(7, at_least=4))[-1]
            assert "hỏi chuyện gì" in home.text
            assert facet.text != answer.text
            assert await running.stop() == 0
            assert TOKEN not in running.text


async def test_telegram_deep_links_choose_the_commune(
    folder: Path, session: aiohttp.ClientSession
) -> None:
    async with Emulator() as emulator:
        control = TelegramControl(session, emulator.base)
        telegram(folder, emulator.base)
        with (folder / "config.toml").open("a", encoding="utf-8") as config:
            config.write('\n[[units]]\ncode = "xa-a"\nname = "Xã A Lưới"\n')
            config.write('\n[[units]]\ncode = "xa-b"\nname = "Xã B Lưới"\n')
        async with program(folder):
            await control.say(7, "/start xa-b")
            [welcome] = await control.sent(7, at_least=1)
            assert "Xã B Lưới" in welcome.text


@pytest.mark.postgresql
async def test_the_roles_run_apart_on_postgresql_with_a_webhook(
    folder: Path, postgresql: str, session: aiohttp.ClientSession
) -> None:
    secret = "webhook-secret-1"
    async with Emulator() as emulator:
        control = TelegramControl(session, emulator.base)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = str(probe.getsockname()[1])
        telegram(folder, emulator.base, mode="webhook", webhook_secret=secret)
        shared = {
            "LOABAN_DATABASE__URL": postgresql,
            "LOABAN_WEB__PUBLIC_URL": f"http://127.0.0.1:{port}",
            "PORT": port,
        }
        async with program(folder, "migrate", ready="Migrated", **shared) as migrated:
            assert await migrated.process.wait() == 0
        async with (
            program(folder, "worker", **shared) as worker,
            program(folder, "clock", **shared) as clock,
            program(folder, "web", **shared) as web,
        ):
            await control.say(7, QUESTION)
            sent = await control.sent(7, at_least=2)
            assert "căn cước" in sent[-1].text.lower()
            page = await ask(session, f"http://127.0.0.1:{port}", QUESTION)
            assert "căn cước" in page.lower()
            hook = f"http://127.0.0.1:{port}/hooks/bot"
            for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "wrong"}):
                async with session.post(hook, json={}, headers=headers) as refused:
                    assert refused.status == 403
            right = {"X-Telegram-Bot-Api-Secret-Token": secret}
            async with session.post(hook, data=b"{", headers=right) as malformed:
                assert malformed.status == 400
            odd = {"update_id": 9, "poll": {"id": "1"}}
            async with session.post(hook, json=odd, headers=right) as ignored:
                assert ignored.status == 200
            async with session.post(f"{hook}-x", json={}, headers=right) as unknown:
                assert unknown.status == 403
            for role in (web, worker, clock):
                assert await role.stop() == 0, role.text


async def test_a_webhook_is_not_acknowledged_while_the_database_refuses(
    folder: Path, session: aiohttp.ClientSession
) -> None:
    """Locked by somebody else, SQLite refuses the write: the platform must deliver again."""
    secret = "webhook-secret-1"
    async with Emulator() as emulator:
        control = TelegramControl(session, emulator.base)
        telegram(folder, emulator.base, mode="webhook", webhook_secret=secret)
        async with program(folder) as running:
            locker = await asyncio.create_subprocess_exec(
                sys.executable, "-c",
                "import sqlite3, sys; c = sqlite3.connect('var/loaban.db', isolation_level=None); "
                "c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); sys.stdin.read()",
                cwd=folder, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert locker.stdout is not None
            await locker.stdout.readline()
            message = {
                "update_id": 5,
                "message": {
                    "message_id": 1,
                    "date": 1_790_000_000,
                    "chat": {"id": 7, "type": "private"},
                    "from": {"id": 7, "is_bot": False, "first_name": "A"},
                    "text": QUESTION,
                },
            }
            await control.say(7, "/start")  # so that the emulator knows the chat
            hook, right = (
                f"{running.address}/hooks/bot",
                {"X-Telegram-Bot-Api-Secret-Token": secret},
            )
            began = time.monotonic()
            async with session.post(hook, json=message, headers=right) as refused:
                assert refused.status == 503
            assert time.monotonic() - began < 2.5, "the platform waits 2 seconds, not longer"
            await locker.communicate(b"")
            async with asyncio.timeout(20):
                status = 503
                while status != 200:
                    async with session.post(hook, json=message, headers=right) as again:
                        status = again.status
            assert "căn cước" in (await control.sent(7, at_least=2))[-1].text.lower()
