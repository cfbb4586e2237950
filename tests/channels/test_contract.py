"""The contract of `bot/channels/channel.py`, asked of every channel alike, over real HTTP.

What a channel cannot show it says in its capabilities; nothing here knows which platform it is.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import UTC
from typing import get_args

import pytest

from bot.account_settings import Platform
from bot.channels.channel import (
    FailedForGood,
    FetchForeign,
    FetchGone,
    FetchLater,
    FetchTooLarge,
    RetryAt,
    SendFailed,
    StopWriting,
    Uncertain,
)
from bot.file_checks import FileLimits, check
from content.screens import Screen, screens, shorten, utf16_length
from content.shelf import SHIPPED
from content.texts import Texts
from content.understanding.vietnamese import Abbreviations
from content.wishes import FILE, Wishes
from handlers.layout import BETWEEN
from handlers.messages import Attachment, Button, Kind, Media, MediaKind, Reply
from handlers.villager.menus import Menus, digits
from tests.bot import samples
from tests.channels.rig import BARE, MISSING, PICTURE, SOUND, Rig, open_rig
from tests.channels.rigs import RIGS

HOOKED = [name for name in RIGS if name.endswith("webhook")]
DELIVERED = [name for name in RIGS if name != "web_chat"]
"""Where somebody else carries the message, who can refuse it, lose it or be away."""

SENDING = [name for name in RIGS if not name.startswith("letterbox")]
"""Whose people can send more than words."""

WHOLE = {Kind.IMAGE: samples.picture(), Kind.VOICE: samples.AMR}

SENTENCES = [
    f"Câu thứ {n} nhắc bà con mang theo căn cước và sổ hộ nghèo 🌾." for n in range(1, 151)
]
LONG = "Con trai tôi đi làm xa, tôi làm thẻ bảo hiểm y tế thay cho nó có được không"
LABELS = ["Ai được?", LONG, "Các bước", "Nộp ở đâu?", "Mấy ngày?", "Mất tiền không?"]
CHOICES = (
    *(Button(label, f"1:c:the-bhyt:{n}", n) for n, label in enumerate(LABELS, start=1)),
    Button("Hỏi cán bộ", "1:p", 9),
    Button("Trang đầu", "1:h", 0),
)
PRIVATE = "chuyện riêng"
TEXTS = Texts.load(SHIPPED / "texts" / "vi.po")
EIGHT = tuple(Button(f"Chuyện {n}", f"1:c:the-bhyt:{n}", n) for n in range(1, 9))
RATINGS = Menus(TEXTS).rating("the-bhyt")
WISHES = Wishes.load(SHIPPED / FILE, Abbreviations.load(SHIPPED / "phrases" / "abbreviations.toml"))


@pytest.fixture(params=RIGS)
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with open_rig(RIGS[request.param]) as opened:
        yield opened


only_hooked = pytest.mark.parametrize("rig", HOOKED, indirect=True)
only_sending = pytest.mark.parametrize("rig", SENDING, indirect=True)
only_delivered = pytest.mark.parametrize("rig", DELIVERED, indirect=True)


def test_every_platform_of_the_settings_keeps_the_contract() -> None:
    assert set(get_args(Platform)) < {name.partition(",")[0] for name in RIGS}


# What comes in


async def test_what_a_person_writes_comes_in_and_the_answer_goes_to_them(rig: Rig) -> None:
    await rig.phone.write("làm thẻ ở đâu")
    [one] = await rig.store.holds(1)
    assert (one.kind, one.text, one.group) == (Kind.TEXT, "làm thẻ ở đâu", False)
    assert one.address == rig.address
    assert one.address.account == rig.channel.account
    assert one.sender
    assert one.sent_at.tzinfo is UTC
    [shown] = await rig.say(Reply("Ở xã, bộ phận một cửa."))
    assert shown.text == "Ở xã, bộ phận một cửa."


async def test_what_comes_twice_has_the_same_id_and_other_messages_have_others(rig: Rig) -> None:
    await rig.phone.write("một")
    await rig.store.holds(1)
    await rig.phone.again()
    await rig.store.holds(2)
    await rig.phone.write("hai")
    first, again, second = await rig.store.holds(3)
    assert (first.message_id, first.text) == (again.message_id, again.text)
    assert second.message_id != first.message_id


async def test_what_has_no_words_comes_in_as_its_kind(rig: Rig) -> None:
    for count, kind in enumerate(sorted(rig.phone.sends), start=1):
        await rig.phone.send(kind)
        assert (await rig.store.holds(count))[-1].kind is kind


@only_hooked
async def test_a_forged_request_is_refused_and_nothing_is_taken(rig: Rig) -> None:
    proof, body = rig.request(PRIVATE)
    for headers in ({}, {name: f"{value}x" for name, value in proof.items()}):
        assert await rig.post(headers, body) == 403
    assert rig.store.tried == 1, "the first word alone"
    assert await rig.post(proof, body) == 200
    assert [one.text for one in rig.store.taken] == [PRIVATE]


@pytest.mark.parametrize("rig", sorted(set(RIGS) - set(HOOKED)), indirect=True)
async def test_an_account_without_a_webhook_refuses_every_request(rig: Rig) -> None:
    proof, body = rig.request(PRIVATE)
    assert await rig.post(proof, body) in {403, 404}
    assert not rig.store.taken


# What people send to look at and to listen to


async def sent(rig: Rig, kind: Kind) -> Attachment:
    count = len(rig.store.taken) + 1
    await rig.phone.send(kind, WHOLE[kind])
    [attachment] = (await rig.store.holds(count))[-1].attachments
    assert attachment.kind is kind
    return attachment


@only_sending
async def test_what_a_person_sent_is_fetched_whole_as_long_as_it_is_small_enough(rig: Rig) -> None:
    for kind in sorted(rig.phone.sends):
        reference = (await sent(rig, kind)).reference
        found = await rig.channel.fetch(reference, at_most=10**6)
        assert check(found, FileLimits()).kind is kind
        assert await rig.channel.fetch(reference, at_most=len(found)) == found
        with pytest.raises(FetchTooLarge):
            await rig.channel.fetch(reference, at_most=len(found) - 1)


@only_sending
async def test_what_the_platform_forgot_is_gone_for_good(rig: Rig) -> None:
    reference = (await sent(rig, Kind.IMAGE)).reference
    await rig.expire()
    with pytest.raises(FetchGone):
        await rig.channel.fetch(reference, at_most=10**6)


@pytest.mark.parametrize("rig", [name for name in SENDING if name != "web_chat"], indirect=True)
async def test_what_comes_too_slowly_or_not_at_all_is_to_be_tried_later(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reference = (await sent(rig, Kind.IMAGE)).reference
    await rig.dawdle()
    for _ in range(2):
        with pytest.raises(FetchLater) as raised:
            await rig.channel.fetch(reference, at_most=10**6)
        assert raised.value.when.tzinfo is UTC
        told, error = caplog.text, raised.value.with_traceback(None)
        while error is not None:
            told += f"{error!r} {vars(error)}"
            error = error.__cause__ or error.__context__
        for hidden in (*rig.secrets, reference):
            assert hidden not in told
        await rig.end()
        await rig.emulator.stop()


@pytest.mark.parametrize(
    "reference",
    ["", "../../etc/passwd", "file:///etc/passwd", "uploads/../staff.key", "http://169.254.169.254/",
     "https://127.0.0.1/x", "http://localhost:1/", "https://zalo.me@127.0.0.1/", "https://zalo.me:1/",
     "https://notzalo.me/"],
)  # fmt: skip
async def test_what_is_no_reference_of_the_platform_is_not_asked_for(
    rig: Rig, reference: str
) -> None:
    with pytest.raises((FetchGone, FetchForeign)):
        await rig.channel.fetch(reference, at_most=10**6)


# What goes out


async def test_a_reply_of_any_length_arrives_whole_and_in_order(rig: Rig) -> None:
    shown = [one.text for one in await rig.say(Reply(" ".join(SENTENCES)))]
    assert len(shown) > 1
    assert " ".join(shown) == " ".join(SENTENCES)
    for text in shown:
        assert text.endswith("."), "cut between sentences"
        assert utf16_length(text) <= rig.channel.capabilities.text_length


async def test_every_choice_can_be_made_by_a_tap_or_by_its_digit(rig: Rig) -> None:
    shown = await rig.say(Reply("Bà con cần biết gì?", CHOICES))
    lines = "\n".join(one.text for one in shown).splitlines()
    taps = {label for one in shown for label in one.buttons}
    for count, choice in enumerate(CHOICES, start=1):
        line = f"{choice.digit}. {choice.label}"
        label = shorten(line, rig.channel.capabilities.button_label_length)
        if label in taps:
            await rig.phone.tap(label)
            expected = (Kind.BUTTON, choice.action)
        else:
            assert line in lines, "the digit that can be typed stands with its choice"
            assert digits(CHOICES)[str(choice.digit)] == choice.action
            await rig.phone.write(str(choice.digit))
            expected = (Kind.TEXT, str(choice.digit))
        made = (await rig.store.holds(count))[-1]
        assert (made.kind, made.text) == expected
    assert len(taps) == min(rig.channel.capabilities.buttons, len(CHOICES))


async def test_what_is_thought_of_an_answer_can_be_tapped_or_said_in_the_words_that_are_shown(
    rig: Rig,
) -> None:
    shown = await rig.say(Reply("Mang theo thẻ này.", (*EIGHT, *CHOICES[-2:], *RATINGS)))
    taps = {label for one in shown for label in one.buttons}
    lines = "\n".join(one.text for one in shown).splitlines()
    for count, (choice, right) in enumerate(zip(RATINGS, (True, False), strict=True), start=1):
        if choice.label in taps:
            await rig.phone.tap(choice.label)
            expected = (Kind.BUTTON, choice.action)
        else:
            assert lines[-1] == BETWEEN.join(one.label for one in RATINGS), "one line for both"
            assert WISHES.rates(choice.label) is right, "what is shown is what can be typed"
            await rig.phone.write(choice.label)
            expected = (Kind.TEXT, choice.label)
        made = (await rig.store.holds(count))[-1]
        assert (made.kind, made.text) == expected


@pytest.mark.parametrize("media", [PICTURE, SOUND, BARE], ids=["picture", "sound", "bare sound"])
async def test_media_is_shown_where_it_is_declared_and_words_always(rig: Rig, media: Media) -> None:
    shown = await rig.say(Reply("Mang theo thẻ này.", CHOICES[:1], (media,)))
    kinds: set[MediaKind] = set().union(*(one.media for one in shown))
    assert kinds == ({media.kind} if rig.channel.capabilities.shows(media) else set())
    assert "Mang theo thẻ này." in "\n".join(one.text for one in shown)


async def test_words_arrive_though_their_picture_is_gone(rig: Rig) -> None:
    await rig.show(Reply("Mang theo thẻ này.", media=(MISSING,)))
    assert [one.text for one in await rig.phone.screen(1)][-1] == "Mang theo thẻ này."


@only_delivered
@pytest.mark.parametrize("failure", [RetryAt, FailedForGood, StopWriting, Uncertain])
async def test_a_message_that_does_not_arrive_says_what_to_do(
    rig: Rig, failure: type[SendFailed]
) -> None:
    await rig.spoil(failure)
    with pytest.raises(SendFailed) as raised:
        await rig.show(Reply("Ở xã."))
    assert type(raised.value) is failure
    assert str(raised.value) in TEXTS, "the reason is the key of a text for staff"
    shown = [one.text for one in await rig.phone.screen()]
    assert shown == (["Ở xã."] if failure is Uncertain else [])
    if isinstance(raised.value, RetryAt):
        assert raised.value.when.tzinfo is UTC
        await rig.show(Reply("Ở xã."))
        assert [one.text for one in await rig.phone.screen()] == ["Ở xã."]


@only_delivered
async def test_while_the_platform_is_away_nothing_is_lost_or_uncertain(rig: Rig) -> None:
    await rig.show(Reply("Chào bà."))
    await rig.end()
    await rig.go_away()
    await rig.channel.open()
    with pytest.raises(RetryAt) as raised:
        await rig.show(Reply("Ở xã."))
    assert not raised.value.account_wide, "no word of the platform's says so"
    health = await rig.channel.check()
    assert not health.ok
    assert "cannot be reached" in health.problem
    await rig.channel.close()


@pytest.mark.parametrize("screen", screens(), ids=lambda screen: screen.name)
async def test_editors_see_in_the_preview_what_the_channel_declares(screen: Screen) -> None:
    name = next(name for name in RIGS if name.partition(",")[0] == screen.name)
    async with open_rig(RIGS[name]) as rig:
        declared = rig.channel.capabilities
    assert (screen.letters, screen.buttons) == (declared.text_length, declared.buttons)
    assert screen.button_letters == declared.button_label_length or not screen.buttons
    assert screen.pictures == (MediaKind.IMAGE in declared.media)
    assert set(screen.sounds) == (declared.sounds if MediaKind.AUDIO in declared.media else set())


# The account


async def test_the_check_finds_a_sound_account_sound(rig: Rig) -> None:
    health = await rig.channel.check()
    assert health.ok
    assert not health.problem


@only_delivered
async def test_the_check_says_how_to_mend_an_account_whose_key_is_taken_away(rig: Rig) -> None:
    await rig.revoke()
    health = await rig.channel.check()
    assert not health.ok
    assert ":" in health.problem, "what is wrong: what to do"
    with pytest.raises(RetryAt) as raised:
        await rig.show(Reply("Ở xã."))
    assert raised.value.account_wide, "no other message would fare better"


@only_delivered
async def test_no_secret_and_no_words_are_in_a_log_or_an_error(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (None, "aiohttp.client", "aiohttp.internal", "asyncio"):
        caplog.set_level(logging.DEBUG, name)
    await rig.echo()
    told = []
    for _ in range(4):
        with pytest.raises(SendFailed) as raised:
            await rig.show(Reply(PRIVATE))
        error: BaseException | None = raised.value
        while error is not None:
            told.append(f"{error!r} {error.args} {vars(error)}")
            error = error.__cause__ or error.__context__
        told.append((await rig.channel.check()).problem)
    rig.store.refusals = 1  # whose reason quotes what it should have stored
    await rig.phone.write(PRIVATE)
    await rig.phone.again()
    await rig.store.holds(1)
    said = "\n".join([caplog.text, *told, repr(rig.channel)])
    assert rig.secrets
    for hidden in (*rig.secrets, PRIVATE):
        assert hidden not in said


async def test_closing_ends_what_was_begun(rig: Rig) -> None:
    await rig.under_way()
    await rig.end()
    assert await rig.is_idle()
    await rig.channel.open()  # an account may be taken up again
    await rig.channel.close()
