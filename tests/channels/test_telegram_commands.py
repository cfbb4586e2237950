"""The menu of commands that Telegram's menu button offers, over real HTTP to the emulator."""

from __future__ import annotations

import pytest

from handlers.messages import Command, Reply
from tests.channels import telegram_line
from tests.channels.telegram_line import LAN, Line, chat

line = telegram_line.line


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_the_menu_of_commands_is_written_when_it_has_changed(line: Line, mode: str) -> None:
    vietnamese = [Command("menu", "Các chuyện"), Command("canbo", "Hỏi cán bộ")]
    # Telegram has no menus for languages of three letters.
    first = [*vietnamese, Command("menu", "Topics", "en"), Command("menu", "Cov lus", "hmn")]
    other = [*vietnamese, Command("menu", "Subjects", "en")]
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
    async with line.hooked(commands=[Command("menu", "Các chuyện")]) as (channel, store, _):
        await channel.poll(store.accept)
        await line.control.say(LAN, "chào")
        await store.holds(1)
    assert "the menu of commands is not set" in caplog.text


async def test_a_chat_gets_a_menu_by_its_role_and_may_lose_it_again(line: Line) -> None:
    everybody = [Command("menu", "Các chuyện"), Command("menu", "Topics", "en")]
    officials = (Command("viec", "Việc đang chờ"), Command("viec", "Work", "en"))
    here = f"chat {LAN}"
    async with line.hooked(commands=everybody) as (channel, store, _):
        await channel.poll(store.accept)
        await channel.send(chat(LAN), Reply("Bạn đã là cán bộ.", commands=officials))
        await channel.send(chat(LAN), Reply("Việc mới."))
        shown = (await line.control.state())["commands"]
        assert {whose: [one["description"] for one in menu] for whose, menu in shown.items()} == {
            "": ["Các chuyện"],
            "en": ["Topics"],
            here: ["Việc đang chờ"],
            f"{here} en": ["Work"],
        }
        # Where a language does not explain a role's menu, its people keep no older one.
        await channel.send(chat(LAN), Reply("Bạn là lãnh đạo.", commands=officials[:1]))
        assert f"{here} en" not in (await line.control.state())["commands"]
        await channel.send(chat(LAN), Reply("Bạn đã thôi việc.", commands=()))
        assert set((await line.control.state())["commands"]) == {"", "en"}


async def test_words_arrive_though_their_menu_is_refused(line: Line) -> None:
    await line.control.fault("setMyCommands", "error", times=100)
    await line.channel().send(chat(LAN), Reply("Chào.", commands=(Command("viec", "Việc"),)))
    assert [one.text for one in await line.control.sent(LAN)] == ["Chào."]
