"""The menu of commands that Telegram's menu button offers, over real HTTP to the emulator."""

from __future__ import annotations

import pytest

from tests.channels import telegram_line
from tests.channels.telegram_line import LAN, Line

line = telegram_line.line


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_the_menu_of_commands_is_written_when_it_has_changed(line: Line, mode: str) -> None:
    first = {"": [("menu", "Các chuyện"), ("canbo", "Hỏi cán bộ")], "en": [("menu", "Topics")]}
    other = {**first, "en": [("menu", "Subjects")]}
    for starts, (commands, written) in enumerate([(first, 2), (first, 2), (other, 3)], start=1):
        if mode == "polling":
            async with line.polling(commands=commands):
                await line.control.calls("getMyCommands", at_least=2 * starts)
                await line.control.calls("setMyCommands", at_least=written)
        else:
            async with line.hooked(commands=commands) as (channel, store, _):
                await channel.poll(store.accept)
        assert len(await line.control.calls("setMyCommands")) == written
    shown = (await line.control.state())["commands"]
    assert [c["command"] for c in shown[""]] == ["menu", "canbo"]
    assert shown["en"] == [{"command": "menu", "description": "Subjects"}]


async def test_a_menu_of_commands_that_is_refused_keeps_no_message_away(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    await line.control.fault("getMyCommands", "malformed", body='{"ok":true,"result":7}')
    await line.control.fault("setMyCommands", "error", times=100)
    async with line.hooked(commands={"": [("menu", "Các chuyện")]}) as (channel, store, _):
        await channel.poll(store.accept)
        await line.control.say(LAN, "chào")
        await store.holds(1)
    assert "the menu of commands is not set" in caplog.text


async def test_a_chat_gets_a_menu_by_its_role_and_may_lose_it_again(line: Line) -> None:
    everybody, officials = [("menu", "Các chuyện")], [("viec", "Việc đang chờ")]
    async with line.hooked(commands={"": everybody}) as (channel, store, _):
        await channel.poll(store.accept)
        await channel.offer_in(str(LAN), officials)
        shown = (await line.control.state())["commands"]
        assert shown[""] == [{"command": "menu", "description": "Các chuyện"}]
        assert shown[f"chat {LAN}"] == [{"command": "viec", "description": "Việc đang chờ"}]
        await channel.offer_in(str(LAN), [])
        assert f"chat {LAN}" not in (await line.control.state())["commands"]
