"""An operator connects an Official Account to the running program, by its commands and one link."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp
import tomli_w
from aiohttp.test_utils import unused_port
from cryptography.fernet import Fernet

from tests.emulators.zalo_oa import Emulator
from tests.emulators.zalo_oa_control import ZaloOAControl
from tests.emulators.zalo_oa_line import LAN
from tests.journeys.test_accounts import accounts
from tests.program import program

QUESTION = "làm thẻ bảo hiểm y tế hộ nghèo cần giấy tờ gì"


async def test_an_official_account_is_connected_while_the_program_runs(
    data_folder: Path,
) -> None:
    folder, port = data_folder.parent, unused_port()
    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        oa = emulator.world.account
        given = {
            "LOABAN_TOKEN_KEY": Fernet.generate_key().decode(),
            "LOABAN_WEB__PUBLIC_URL": f"http://127.0.0.1:{port}",
            "PORT": str(port),
        }
        settings = {
            "name": "xa-oa",
            "platform": "zalo_oa",
            "app_id": oa.app_id,
            "app_secret": oa.app_secret,
            "oa_secret": oa.oa_secret,
            "oa_id": oa.oa_id,
            "api_base": emulator.base,
            "oauth_base": emulator.base,
        }
        (folder / "config.toml").write_text(tomli_w.dumps({"accounts": [settings]}), "utf-8")
        control = ZaloOAControl(session, emulator.base)
        async with program(folder, **given) as running:
            code, told = await accounts(folder, "consent", "xa-oa", **given)
            assert code == 0, told
            assert "Beware" not in told
            callback = re.search(r"callback address: (\S+)", told)
            challenge = re.search(r"code challenge:\s+(\S{43})\n", told)
            link = re.search(rf"{emulator.base}/\S+", told)
            assert callback
            assert challenge
            assert link
            await control.do("console", callback=callback[1], challenge=challenge[1])
            async with session.get(link[0]) as answer:
                assert answer.status == 200, await answer.text()
                assert str(answer.url).startswith(callback[1])
            await control.webhook(f"{callback[1].partition('/oauth/')[0]}/hooks/xa-oa")
            await control.say(LAN, QUESTION)
            assert await control.sent(LAN, at_least=1), "it is answered without a restart"

            pasted = (await control.do("console", consent=True))["code"]
            code, told = await accounts(folder, "consent", "xa-oa", "--code", pasted, **given)
            assert (code, "xa-oa is connected: UBND xã Mẫu" in told) == (0, True), told
            assert await running.stop() == 0
        assert "code=" not in running.text
        assert "state=" not in running.text
