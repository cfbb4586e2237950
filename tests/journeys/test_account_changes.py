"""Accounts are changed by a command while the program runs: nothing that people write is lost."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import tomli_w
from aiohttp.test_utils import unused_port
from cryptography.fernet import Fernet

from tests.emulators import telegram, zalo_bot, zalo_oa
from tests.emulators.telegram_control import TelegramControl
from tests.emulators.zalo_bot_control import ZaloBotControl
from tests.emulators.zalo_oa import TOKEN_PATH
from tests.emulators.zalo_oa_control import ZaloOAControl
from tests.journeys.test_accounts import accounts
from tests.program import program

QUESTION = "làm thẻ bảo hiểm y tế hộ nghèo cần giấy tờ gì"
PLATFORMS: dict[str, Any] = {
    "telegram": (telegram.Emulator, TelegramControl, 7000),
    "zalo_bot": (zalo_bot.Emulator, ZaloBotControl, "nguoi-"),
}


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_from_polling_to_a_webhook_and_back_everybody_is_answered(
    data_folder: Path, platform: str
) -> None:
    folder, port = data_folder.parent, unused_port()
    emulated, controlled, first = PLATFORMS[platform]
    async with emulated() as emulator, aiohttp.ClientSession() as session:
        control = controlled(session, emulator.base)
        given = {
            "LOABAN_TOKEN_KEY": Fernet.generate_key().decode(),
            "LOABAN_WEB__PUBLIC_URL": f"http://127.0.0.1:{port}",
            "PORT": str(port),
            "THE_TOKEN": emulator.token,
        }
        by, said = ("--by", "Chị Mai"), list[Any]()

        async def talk() -> None:
            """Somebody new writes each moment."""
            while True:
                said.append(first + len(said) if platform == "telegram" else f"{first}{len(said)}")
                await control.say(said[-1], QUESTION)
                await asyncio.sleep(0.2)

        async def turn(mode: str) -> None:
            code, told = await accounts(folder, "change", "xa", "--mode", mode, *by, **given)
            assert code == 0, told
            async with asyncio.timeout(15):
                while bool((await control.state())["webhook"]) is not (mode == "webhook"):
                    await asyncio.sleep(0.05)

        async with program(folder, **given) as running:
            code, told = await accounts(
                folder, "add", "xa", "--platform", platform, *by,
                "--set", f"api_base={emulator.base}", "--set", "token=env:THE_TOKEN", **given,
            )  # fmt: skip
            assert code == 0, told
            talking = asyncio.create_task(talk())
            await turn("webhook")
            await asyncio.sleep(1)
            await turn("polling")
            await asyncio.sleep(1)
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
            for chat in said:
                assert await control.sent(chat, at_least=1), f"{chat} of {len(said)} has no answer"
                words = [one.text for one in await control.sent(chat)]
                assert len(words) == len(set(words)), "and nobody is answered twice"
            assert await running.stop() == 0
        assert emulator.token not in running.text


async def test_what_was_refused_goes_out_when_the_account_is_mended(data_folder: Path) -> None:
    folder = data_folder.parent
    async with zalo_bot.Emulator() as emulator, aiohttp.ClientSession() as session:
        control = ZaloBotControl(session, emulator.base)
        secrets = {"LOABAN_TOKEN_KEY": Fernet.generate_key().decode(), "THE_TOKEN": emulator.token}
        by = ("--by", "Chị Mai")
        async with program(folder, **secrets) as running:
            code, told = await accounts(
                folder, "add", "xa", "--platform", "zalo_bot", *by,
                "--set", f"api_base={emulator.base}", "--set", "token=env:THE_TOKEN", **secrets,
            )  # fmt: skip
            assert code == 0, told
            await control.fault("sendMessage", "error", status=401, description="Unauthorized")
            await control.say("lan", QUESTION)
            await control.calls("sendMessage", at_least=1)
            code, told = await accounts(
                folder, "change", "xa", *by, "--title", "Bot của xã", "--unit", "xa-mau",
                "--set", "token=env:THE_TOKEN", **secrets,
            )  # fmt: skip
            assert code == 0, told
            assert await control.sent("lan", at_least=1)
            _, listed = await accounts(folder, "list", **secrets)
            assert "Bot của xã" in listed
            for wrong, why in (
                (("change", "web", "--title", "Trang"), "settings file"),
                (("change", "xa", "--set", "token=x"), "shell's history"),
                (("change", "xa"), "nothing was named"),
                (("change", "xa", "--mode", "webhook"), "public_url"),
                (("change", "xa", "--ask", "mode"), "no secret"),
            ):
                code, told = await accounts(folder, *wrong, *by, **secrets)
                assert (code, why in told) == (2, True), told
            assert await running.stop() == 0


async def test_a_program_whose_token_hangs_at_zalo_ends_in_seconds(data_folder: Path) -> None:
    folder = data_folder.parent
    async with zalo_oa.Emulator() as emulator, aiohttp.ClientSession() as session:
        oa, control = emulator.world.account, ZaloOAControl(session, emulator.base)
        settings = {
            "name": "xa-oa", "platform": "zalo_oa", "app_id": oa.app_id,
            "app_secret": oa.app_secret, "oa_secret": oa.oa_secret, "oa_id": oa.oa_id,
            "refresh_token": oa.refresh_token, "api_base": emulator.base,
            "oauth_base": emulator.base,
        }  # fmt: skip
        (folder / "config.toml").write_text(tomli_w.dumps({"accounts": [settings]}), "utf-8")
        key = {"LOABAN_TOKEN_KEY": Fernet.generate_key().decode()}
        await control.fault("hang", path=TOKEN_PATH)
        async with program(folder, **key) as running:
            await control.calls(TOKEN_PATH, at_least=1)
            began = time.monotonic()
            assert await running.stop() == 0
            assert time.monotonic() - began < 8
        async with program(folder, **key) as running:
            assert len(await control.calls(TOKEN_PATH, at_least=2)) == 2
            assert await running.stop() == 0
        assert "consent" not in running.text, "the refresh token still served"
