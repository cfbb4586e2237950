"""The Telegram channel receives and tells its health, over real HTTP to the emulator."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.channels.channel import (
    SendFailed,
)
from bot.channels.telegram import TelegramChannel
from handlers.messages import Button, Kind, Reply
from tests.channels import telegram_line
from tests.channels.line import HELLO, NOW, SECRET, Store
from tests.channels.telegram_line import GROUP, IMPATIENT, LAN, PICTURE, Line, chat
from tests.emulators.telegram import TOKEN, Emulator
from tests.emulators.telegram_control import TelegramControl

line, channel = telegram_line.line, telegram_line.channel


# Polling


async def test_a_written_message_is_accepted_once_and_then_forgotten_by_telegram(
    line: Line,
) -> None:
    number = await line.control.say(LAN, "Làm thẻ bảo hiểm ở đâu?")
    async with line.polling() as store:
        (one,) = await store.holds(1)
        await line.control.calls("getUpdates", at_least=2)
    assert (one.kind, one.text, one.sender) == (Kind.TEXT, "Làm thẻ bảo hiểm ở đâu?", str(LAN))
    assert (one.message_id, one.address) == (f"u{number}", chat(LAN))
    assert (await line.control.state())["pending"] == 0


async def test_polling_removes_a_webhook_and_keeps_what_waited_for_it(line: Line) -> None:
    hook = {"url": "https://example.vn/hooks/xa-mau"}
    async with line.session.post(f"{line.emulator.base}/bot{TOKEN}/setWebhook", json=hook):
        await line.control.say(LAN, "chào")
    async with line.polling() as store:
        await store.holds(1)
    assert (await line.control.state())["webhook"] == {}


async def test_polling_removes_a_webhook_that_is_set_while_it_runs(line: Line) -> None:
    hook = {"url": "https://example.vn/hooks/xa-mau"}
    async with line.polling() as store:
        await line.control.calls("getUpdates", at_least=1)
        async with line.session.post(f"{line.emulator.base}/bot{TOKEN}/setWebhook", json=hook):
            await line.control.say(LAN, "chào")
        await store.holds(1)
    assert (await line.control.state())["webhook"] == {}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error"},
        {"kind": "error", "status": 502, "description": "Bad Gateway"},
        {"kind": "error", "retry_after": 0.05},
        {"kind": "error", "status": 409, "description": "Conflict: terminated by other getUpdates"},
        {"kind": "error", "status": 401, "description": "Unauthorized"},
        {"kind": "malformed"},
        {"kind": "malformed", "body": '{"ok":true,"result":{"no":"list"}}'},
        {"kind": "malformed", "body": '{"ok":true,"result":[{"update_id":"x"}]}'},
        {"kind": "malformed", "body": "[" * 100_000},
        {"kind": "reset"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["getMe", "deleteWebhook", "getUpdates"])
async def test_polling_goes_on_after_every_kind_of_failure(
    line: Line, method: str, fault: dict[str, Any]
) -> None:
    await line.control.fault(method, times=3, **fault)
    await line.control.say(LAN, "chào")
    async with line.polling() as store:
        await store.holds(1)


async def test_polling_begins_while_the_platform_is_down_and_works_once_it_is_up(
    line: Line,
) -> None:
    port = int(line.emulator.base.rpartition(":")[2])
    await line.emulator.stop()
    async with line.polling() as store:
        await asyncio.sleep(0.1)
        again = Emulator()
        await again.start(port)
        again.world.add_update(message=again.world.message_from(again.world.chat(LAN), LAN))
        await store.holds(1)
        await again.stop()


async def test_a_lasting_failure_is_logged_once_and_its_end_too(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    await line.control.fault("getUpdates", "error", times=5)
    await line.control.say(LAN, "chào")
    async with line.polling() as store:
        await store.holds(1)
    assert [r.levelname for r in caplog.records if r.name.startswith("bot")] == ["WARNING", "INFO"]


async def test_an_update_is_offered_again_until_the_store_takes_it(line: Line) -> None:
    await line.control.say(LAN, "một")
    async with line.polling() as store:
        store.refusals = 3
        await store.holds(1)
    assert store.tried == 4


async def test_an_update_that_the_store_never_takes_is_logged_and_the_next_one_comes(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    number = await line.control.say(LAN, "chuyện riêng")
    await line.control.say(LAN, "hai")
    async with line.polling() as store:
        store.refusals = 5
        (one,) = await store.holds(1)
    assert one.text == "hai"
    assert f"update {number} is LOST" in caplog.text
    assert "chuyện riêng" not in caplog.text


async def test_an_update_that_cannot_be_read_is_logged_and_the_next_one_comes(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    number = await line.control.update(message={"text": "no chat"})
    await line.control.say(LAN, "hai")
    async with line.polling() as store:
        (one,) = await store.holds(1)
    assert one.text == "hai"
    assert f"update {number} cannot be read" in caplog.text


async def test_an_update_that_was_not_accepted_stays_with_telegram(line: Line) -> None:
    await line.control.say(LAN, "một")
    async with line.polling() as store:
        store.refusals = 100
        await line.control.calls("getUpdates", at_least=1)
        await asyncio.sleep(0.02)
    assert (await line.control.state())["pending"] == 1


async def test_a_second_program_with_the_same_token_shows_in_the_check(line: Line) -> None:
    channel, store = line.channel(), Store()
    await line.control.fault("getUpdates", "error", times=1000, status=409, description="Conflict")
    task = asyncio.create_task(channel.poll(store.accept))
    await line.control.calls("getUpdates", at_least=2)
    health = await channel.check()
    task.cancel()
    assert not health.ok
    assert "another program" in health.problem


# What people do, from the emulator through the channel


async def test_a_press_carries_its_action_and_is_acknowledged(line: Line) -> None:
    reply = Reply("Chọn", (Button("Bảo hiểm", "1:c:bao-hiem:general"),))
    message = int(await line.channel(limits=IMPATIENT).send(chat(LAN), reply))
    async with line.polling() as store:
        query = await line.control.press(LAN, message, "1:c:bao-hiem:general")
        (one,) = await store.holds(1)
    assert (one.kind, one.text, one.sent_at) == (Kind.BUTTON, "1:c:bao-hiem:general", NOW)
    assert (await line.control.state())["answered"] == [query]


async def test_a_press_on_a_message_that_telegram_forgot_is_read(line: Line) -> None:
    message = int(await line.channel().send(chat(LAN), Reply("Chọn", (Button("A", "1:h"),))))
    async with line.polling() as store:
        await line.control.press(LAN, message, "1:h", inaccessible=True)
        (one,) = await store.holds(1)
    assert (one.text, one.address) == ("1:h", chat(LAN))


async def test_a_press_whose_acknowledgement_fails_is_still_read(line: Line) -> None:
    message = int(await line.channel().send(chat(LAN), Reply("Chọn", (Button("A", "1:h"),))))
    await line.control.fault("answerCallbackQuery", "hang")
    async with line.polling(limits=IMPATIENT) as store:
        await line.control.press(LAN, message, "1:h")
        await store.holds(1)


async def test_an_edit_a_block_and_its_end_and_a_migration_arrive_in_order(line: Line) -> None:
    said = await line.control.do("say", chat=LAN, text="một")
    await line.control.edit(LAN, said["message_id"], "một, sửa")
    await line.control.block(LAN)
    await line.control.block(LAN, on=False)
    await line.control.say_in_group(-55, "/xa")
    await line.control.migrate(-55, -10055)
    async with line.polling() as store:
        taken = await store.holds(6)
    assert [one.kind for one in taken] == [
        *(Kind.TEXT, Kind.TEXT, Kind.BLOCKED, Kind.UNBLOCKED, Kind.TEXT, Kind.MIGRATED)
    ]
    assert [one.edited for one in taken[:2]] == [False, True]
    assert (taken[5].address.chat, taken[5].text) == ("-55", "-10055")


async def test_a_group_is_heard_only_when_it_speaks_to_the_bot(line: Line) -> None:
    mine = int(await line.channel().send(chat(GROUP), HELLO))
    await line.control.say_in_group(GROUP, "nói chuyện với nhau")
    await line.control.say_in_group(GROUP, "@LoaBanBot, lịch tiêm chủng?")
    await line.control.say_in_group(GROUP, "/xa@loabanbot Ba Đình")
    await line.control.say_in_group(GROUP, "/xa@OtherBot")
    await line.control.say_in_group(GROUP, "@OtherBot chào")
    await line.control.say_in_group(GROUP, "còn giấy tờ?", reply_to=mine)
    async with line.polling() as store:
        taken = await store.holds(3)
        await line.control.calls("getUpdates", at_least=2)
    assert [one.text for one in taken] == ["lịch tiêm chủng?", "/xa Ba Đình", "còn giấy tờ?"]
    assert all(one.group and one.sender == "7" for one in taken)


# Webhooks


async def test_a_webhook_is_set_with_its_secret_and_brings_messages(line: Line) -> None:
    async with line.hooked() as (channel, store, url):
        await channel.poll(store.accept)
        await line.control.say(LAN, "/start nd_42")
        (one,) = await store.holds(1)
    assert (one.kind, one.text) == (Kind.START, "nd_42")
    assert (await line.control.calls("setWebhook"))[0].parameters["url"] == url


async def test_setting_the_webhook_is_repeated_until_telegram_takes_it(line: Line) -> None:
    await line.control.fault("setWebhook", "error", times=3)
    async with line.hooked() as (channel, store, _):
        await channel.poll(store.accept)
    assert [call.status for call in await line.control.calls("setWebhook")] == [500] * 3 + [200]


async def test_what_the_store_did_not_take_comes_by_webhook_again_and_in_order(
    line: Line,
) -> None:
    async with line.hooked() as (channel, store, _):
        await channel.poll(store.accept)
        store.refusals = 2
        for text in ("một", "hai", "ba"):
            await line.control.say(LAN, text)
        assert [one.text for one in await store.holds(3)] == ["một", "hai", "ba"]


async def test_a_group_message_waits_until_the_bots_name_can_be_asked(line: Line) -> None:
    await line.control.fault("getMe", "error", times=2)
    async with line.hooked() as (_, store, url):
        hook = {"url": url, "secret_token": SECRET}
        async with line.session.post(f"{line.emulator.base}/bot{TOKEN}/setWebhook", json=hook):
            await line.control.say_in_group(GROUP, "@LoaBanBot chào")
        (one,) = await store.holds(1)
    assert one.text == "chào"
    assert [call.status for call in await line.control.calls("getMe")] == [500, 500, 200]


async def test_a_webhook_without_a_secret_is_not_allowed(line: Line) -> None:
    with pytest.raises(ValueError, match="webhook_secret"):
        line.channel(mode="webhook", webhook_secret="")


# Health and secrets


async def test_the_check_gives_the_link_or_says_what_to_do(
    line: Line, channel: TelegramChannel
) -> None:
    assert (await channel.check()).link == "https://t.me/LoaBanBot"
    await line.control.settings(revoked=True)
    health = await channel.check()
    assert not health.ok
    assert "@BotFather" in health.problem
    await line.emulator.stop()
    assert "cannot be reached" in (await channel.check()).problem


async def test_an_address_that_is_none_is_told_without_the_token(line: Line) -> None:
    with pytest.raises(ValueError, match="api_base") as raised:
        line.channel(api_base="api.telegram.org")
    assert TOKEN not in str(raised.value)


async def test_the_token_the_secret_and_the_words_show_in_no_log_and_no_error(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("aiohttp.client", "aiohttp.internal", "httpx", "httpcore", "telegram", "asyncio"):
        caplog.set_level(logging.DEBUG, name)
    errors: list[BaseException] = []
    echo = f"<html>no upstream for /bot{TOKEN}/sendMessage"
    for fault in (
        {"kind": "malformed", "body": echo},
        {"kind": "malformed", "body": echo, "status": 502},
        {"kind": "error", "status": 404, "description": f"Not Found: /bot{TOKEN}"},
        {"kind": "reset"},
        {"kind": "hang"},
    ):
        for reply in (Reply("chuyện riêng"), Reply("chuyện riêng", media=(PICTURE,))):
            await line.control.fault("*", **fault)
            try:
                await line.channel(limits=IMPATIENT).send(chat(LAN), reply)
            except SendFailed as error:
                errors.append(error)
    for base in ("http://127.0.0.1:9", "http://no-such-host.invalid", "http://[bad", "http://a:b"):
        try:
            await line.channel(api_base=base).send(chat(LAN), HELLO)
        except SendFailed as error:
            errors.append(error)
    async with line.hooked() as (channel, store, _):
        await line.control.fault("*", "malformed", body=echo, times=2)
        await channel.poll(store.accept)
        await line.control.say(LAN, "chuyện riêng")
        await store.holds(1)
    seen = caplog.text + "".join(map(_with_causes, errors)) + repr(channel)
    assert len(errors) >= 12
    assert len(caplog.records) > 1
    for hidden in (TOKEN, TOKEN.partition(":")[2], SECRET, "chuyện riêng"):
        assert hidden not in seen


def _with_causes(error: BaseException | None) -> str:
    text = ""
    while error is not None:
        text += f"{error!r} {error} {error.args}\n"
        error = error.__cause__ or error.__context__
    return text


async def test_the_emulator_serves_as_a_process_of_its_own(line: Line) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.emulators.telegram", "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), 20))
        base = f"http://127.0.0.1:{port}"
        control = TelegramControl(line.session, base)
        await control.say(LAN, "chào")
        async with line.polling(api_base=base) as store:
            await store.holds(1)
        await line.channel(api_base=base).send(chat(LAN), HELLO)
        assert [one.text for one in await control.sent(LAN)] == [HELLO.text]
    finally:
        process.terminate()
        await process.wait()
