"""A demo for anybody's eyes: python -m tests.demo [--once].

Starts the emulators of all platforms and the real program, each as a process of its own, and lets
made-up villagers ask, complain and get a notice on every channel; what they see is printed. All of
it ends with the demo.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import tomli_w
from cryptography.fernet import Fernet
from rich.console import Console, Group
from rich.panel import Panel
from rich.text import Text

from tests.emulators.phones import (
    Phone,
    Shown,
    TelegramPhone,
    WebPhone,
    ZaloBotPhone,
    ZaloOAPhone,
)
from tests.emulators.telegram import TOKEN as TELEGRAM_TOKEN
from tests.emulators.zalo_bot import TOKEN as ZALO_BOT_TOKEN
from tests.emulators.zalo_oa_world import Account
from tests.program import ROOT, Program, program

PATIENCE = 20.0  # seconds that a villager waits for a first word
SETTLED = 0.8  # seconds without another message: the answer is whole
PAUSE = 1.5  # seconds between questions, for those who read along
UNBROKEN = "\u00a0"  # a space at which no line ends
EMULATORS = {"telegram": "Telegram", "zalo_oa": "Zalo OA", "zalo_bot": "Zalo Bot"}
COLOURS = {"Telegram": "cyan", "Zalo OA": "blue", "Zalo Bot": "magenta", "Web chat": "green"}
UNIT = {
    "code": "xa-mau",
    "name": "Xã Mẫu",
    "office_address": "thôn 1, cạnh chợ",
    "office_phone": "0200 000 000",
}


@dataclass(frozen=True)
class Villager:
    """A made-up person and what they write, one after the other."""

    name: str
    place: str
    lines: tuple[str, ...]


JOIN = ("dang ky", "1")
"""To ask for notices, and to say yes."""

VILLAGERS = (
    Villager(
        "Chị Mỷ",
        "Telegram",
        (
            *("lam the bao hiem y te ho ngheo can giay to gi", "1", "cam on nhe"),
            *("gop y", "3", "đường vào bản lở từ hôm mưa, xe máy không qua được", "1", "1"),
            *JOIN,
        ),
    ),
    Villager(
        "Bác Páo",
        "Zalo OA",
        (
            "Mẹ tôi 78 tuổi rồi, xưa nay chỉ làm nương, không có lương hưu. Hôm nọ nghe loa nói "
            "người già được tiền mà tôi nghe không rõ. Nhà tôi có được không cán bộ?",
            *("2", "thế nộp giấy ở đâu"),
            *("góp ý", "4", "tôi ra xã ba lần, người nhận giấy cứ hẹn mai mà không làm", "1", "1"),
            *JOIN,
        ),
    ),
    Villager(
        "Cô Sua",
        "Zalo Bot",
        (
            *("có người rủ con gái tôi sang Trung Quốc làm việc nhẹ lương cao", "9"),
            *("gop y", "3", "đèn nhà văn hóa hỏng ba tháng rồi", "1", "1"),
            *JOIN,
        ),
    ),
    Villager(
        "Anh Dũng",
        "Web chat",
        (
            *("máy cày nhà tôi hỏng thì sửa ở đâu", "con học lớp 6 bán trú có được gạo ko"),
            *("góp ý", "3", "nước máy đục mấy hôm nay, không dám nấu ăn", "1", "1"),
            *JOIN,
        ),
    ),
)


NOTICE = "Sáng mai trạm y tế tiêm phòng cho trẻ. Bà con mang sổ tiêm của cháu."


async def converse(
    villager: Villager, phone: Phone, console: Console, *, patience: float, pause: float
) -> bool:
    """Let a villager ask all they want and print it; return whether each line was answered."""
    answered = True
    for line in villager.lines:
        before = len(await phone.screen())
        await phone.write(line)
        shown = await phone.screen(before + 1, patience)
        while len(shown) > before:
            await asyncio.sleep(SETTLED)
            later = await phone.screen()
            if len(later) == len(shown):
                break
            shown = later
        answered = answered and len(shown) > before
        console.print(panel(villager, line, shown[before:]))
        await asyncio.sleep(pause)
    return answered


async def announce(
    folder: Path, phones: Mapping[str, Phone], console: Console, environment: Mapping[str, str]
) -> bool:
    """Send a notice as two officials do by command; whether it reached everybody: all asked."""
    number = (await command(folder, environment, "draft", "--text", NOTICE, "--by", "Lan"))[-1]
    await command(folder, environment, "submit", number, "--by", "Lan")
    await command(folder, environment, "approve", number, "--by", "Minh")
    reached = True
    for villager in VILLAGERS:
        end = asyncio.get_running_loop().time() + PATIENCE
        heard: list[Shown] = []
        while not heard and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(SETTLED)
            screen = await phones[villager.place].screen()
            heard = [one for one in screen if NOTICE in one.text]
        reached = reached and bool(heard)
        console.print(panel(villager, "(a notice of the commune)", heard))
    return reached


async def command(folder: Path, environment: Mapping[str, str], *words: str) -> list[str]:
    """What `python -m bot broadcast …` printed, word by word."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "broadcast", *words),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    printed, _ = await process.communicate()
    return printed.decode().split()


def panel(villager: Villager, line: str, shown: list[Shown]) -> Panel:
    """A question with what came back, as it stands on the person's screen."""
    said: list[Text] = [Text(f"› {line}", style="bold")]
    for one in shown:
        said += [Text(), Text(one.text)]
        if one.buttons:
            buttons = (f"[ {label} ]".replace(" ", UNBROKEN) for label in one.buttons)
            said.append(Text(" ".join(buttons), style="dim"))
    if not shown:
        said.append(Text("(no answer)", style="bold red"))
    title = Text(f"{villager.name} · {villager.place}")
    return Panel(
        Group(*said), title=title, title_align="left", border_style=COLOURS[villager.place]
    )


@asynccontextmanager
async def emulator(name: str) -> AsyncIterator[str]:
    """A platform as a process of its own, on a free port; yields its address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"tests.emulators.{name}", "--port", "0"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        process_group=0,  # Ctrl-C is for the demo, which ends it
    )
    assert process.stdout is not None
    try:
        told = (await process.stdout.readline()).decode().strip()
        if not told:
            raise RuntimeError(f"the emulator {name} did not start")
        yield told if told.startswith("http") else f"http://127.0.0.1:{told}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def settings(bases: dict[str, str]) -> dict[str, Any]:
    """A commune with an account on every platform."""
    oa = Account.numbered(0)
    accounts: list[dict[str, Any]] = [
        {"name": "web", "platform": "web_chat"},
        {"name": "telegram", "platform": "telegram", "token": TELEGRAM_TOKEN},
        {"name": "bot", "platform": "zalo_bot", "token": ZALO_BOT_TOKEN},
        {
            "name": "oa",
            "platform": "zalo_oa",
            "app_id": oa.app_id,
            "app_secret": oa.app_secret,
            "oa_secret": oa.oa_secret,
            "refresh_token": oa.refresh_token,
            "oauth_base": bases["zalo_oa"],
        },
    ]
    for account in accounts:
        account["unit"] = UNIT["code"]
        if base := bases.get(account["platform"]):
            account["api_base"] = base
    # No quiet hours: whoever looks at the demo at night sees the notice too.
    quiet = {"start": "00:00", "end": "00:00"}
    return {"accounts": accounts, "units": [UNIT], "quiet_hours": quiet}


async def demo(console: Console, *, once: bool) -> int:
    """Play the scene; return 0 if everybody was answered. Without `once` go on until cancelled."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loaban-demo-")))
        bases = {name: await stack.enter_async_context(emulator(name)) for name in EMULATORS}
        (folder / "config.toml").write_text(tomli_w.dumps(settings(bases)), "utf-8")
        keep_learned(folder / "var" / "cache")
        environment = {"LOABAN_TOKEN_KEY": Fernet.generate_key().decode()}
        console.print("Learning the cards (half a minute the first time)…", style="dim")
        running = await stack.enter_async_context(program(folder, patience=300, **environment))
        stack.push_async_callback(stop, running)
        if not running.address:
            console.print(running.text, markup=False, style="red")
            return 1
        tell(console, running, bases)
        jar = aiohttp.CookieJar(unsafe=True)
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        phones = await take_up_phones(session, running.address, bases)
        pause = 0.0 if once else PAUSE
        answered = await asyncio.gather(
            *(
                converse(one, phones[one.place], console, patience=PATIENCE, pause=pause)
                for one in VILLAGERS
            )
        )
        reached = await announce(folder, phones, console, environment)
        silent = [one.name for one, heard in zip(VILLAGERS, answered, strict=True) if not heard]
        console.print(
            f"Without an answer: {', '.join(silent)}." if silent else "Everybody was answered.",
            style="bold red" if silent else "bold",
        )
        told = "The notice reached all who asked." if reached else "The notice did not reach all."
        console.print(told, style="bold" if reached else "bold red")
        if not once:
            console.print("Now ask yourself, in the web chat. Ctrl-C ends the demo.", style="bold")
            await running.process.wait()
            console.print(f"The program has ended: {running.text[-2000:]}", markup=False)
        return 1 if silent or not reached or not once else 0


def keep_learned(cache: Path) -> None:
    """Learn once for all demos: where `make run` keeps it, or where the tests do."""
    kept = Path(os.environ.get("LOABAN_TEST_LEARNED") or ROOT / "var" / "cache")
    kept.mkdir(parents=True, exist_ok=True)
    cache.parent.mkdir()
    cache.symlink_to(kept)


def tell(console: Console, running: Program, bases: dict[str, str]) -> None:
    """Say where to look."""
    staff = re.search(r"Staff\s+(\S+)", running.text)
    places = {"Web chat": f"{running.address}/", "Staff": staff[1] if staff else ""}
    places |= {f"{name} (emulated)": bases[key] for key, name in EMULATORS.items()}
    for name, address in places.items():
        console.print(f"  {name:<22}{address}", soft_wrap=True, highlight=False, markup=False)


async def take_up_phones(
    session: aiohttp.ClientSession, address: str, bases: dict[str, str]
) -> dict[str, Phone]:
    """A phone on each platform, by the platform's name."""
    official = ZaloOAPhone(session, bases["zalo_oa"], "2512523625412515")
    await official.control.webhook(f"{address}/hooks/oa")
    web = WebPhone(session, address)
    await web.open()
    return {
        "Telegram": TelegramPhone(session, bases["telegram"], 4001),
        "Zalo OA": official,
        "Zalo Bot": ZaloBotPhone(session, bases["zalo_bot"], "6ede9afa66b88fe6d6a9"),
        "Web chat": web,
    }


async def stop(running: Program) -> None:
    """End the program as an operator does."""
    if running.process.returncode is None:
        await running.stop()


async def run(*, once: bool) -> int:
    """The demo until it is over, or until Ctrl-C or SIGTERM, which is no failure."""
    playing = asyncio.create_task(demo(Console(), once=once))
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, playing.cancel)
    try:
        return await playing
    except asyncio.CancelledError:
        return 0


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--once", action="store_true", help="play the scene once and end")
    sys.exit(asyncio.run(run(once=asked.parse_args().once)))


if __name__ == "__main__":
    main()
