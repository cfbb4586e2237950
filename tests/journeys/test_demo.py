"""The demo as anybody runs it: everybody is answered, and nothing of it stays behind."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from rich.console import Console

from tests.demo import VILLAGERS, converse
from tests.emulators.phones import ZaloBotPhone
from tests.emulators.zalo_bot import Emulator
from tests.program import ROOT


@asynccontextmanager
async def demo(learned: Path, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.demo", *words),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "LOABAN_TEST_LEARNED": str(learned), "COLUMNS": "200"},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def nothing_stays(printed: str) -> None:
    """Nobody listens any more at any of the addresses that were told."""
    ports = set(re.findall(r"http://127\.0\.0\.1:(\d+)", printed))
    assert len(ports) == 4, "the program and three platforms"
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", int(port))


@pytest.mark.usefixtures("library")
async def test_the_demo_plays_once_and_everybody_is_answered(learned: Path) -> None:
    async with demo(learned, "--once") as process:
        told, _ = await process.communicate()
    printed = told.decode()
    assert process.returncode == 0, printed
    assert "The notice reached all who asked." in printed
    for villager in VILLAGERS:
        assert f"{villager.name} · {villager.place}" in printed
    for answer in (
        "Căn cước",
        "Tiền tuổi già",
        "gọi ngay 111",
        "không đoán",
        "bán trú",
    ):
        assert answer in printed
    assert "/staff" in printed
    assert printed.count("Mã biên nhận") == len(VILLAGERS), "everybody's complaint was taken"
    assert printed.count("Sáng mai trạm y tế") == len(VILLAGERS), "a notice on every channel"
    assert "no answer" not in printed
    assert "Traceback" not in printed
    await nothing_stays(printed)


@pytest.mark.usefixtures("library")
async def test_ctrl_c_ends_the_demo_and_all_that_it_started(learned: Path) -> None:
    async with demo(learned) as process:
        assert process.stdout is not None
        printed = b""
        while b"Zalo Bot (emulated)" not in printed:
            line = await process.stdout.readline()
            assert line, printed.decode()
            printed += line
        process.send_signal(signal.SIGINT)
        rest, _ = await process.communicate()
    assert process.returncode == 0, rest.decode()
    assert "Traceback" not in rest.decode()
    await nothing_stays(printed.decode())


async def test_a_villager_whom_nobody_answers_is_noticed() -> None:
    screen = Console(file=io.StringIO())
    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        phone = ZaloBotPhone(session, emulator.base, "6ede9afa66b88fe6d6a9")
        answered = await converse(VILLAGERS[0], phone, screen, patience=0.1, pause=0)
    assert not answered
    assert isinstance(screen.file, io.StringIO)
    assert "no answer" in screen.file.getvalue()
