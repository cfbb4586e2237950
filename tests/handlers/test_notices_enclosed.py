"""A picture and a voice note go with a notice: taken, looked at, approved, sent, and deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.account_settings import Account
from bot.channels.zalo_bot_sending import SOUNDS
from bot.fetching import place
from bot.wiring import House, build, now
from content.library import Library
from handlers.messages import Address, Attachment, Capabilities, Kind, MediaKind, Reply
from storage.broadcast_records import BroadcastRecord
from storage.broadcast_schedule import LOST
from storage.broadcasts import Broadcasts, Phase
from storage.consents import Purpose
from storage.files import File, Files
from storage.officials import Role
from storage.privacy import forget_old_messages
from tests.bot import samples
from tests.bot.office import Post
from tests.bot.test_broadcast_commands import command
from tests.emulators.ftp import FtpServer
from tests.handlers.notices import (
    WORDS,
    account_of,
    again,
    asked_for_notices,
    composed,
    sending,
    submitted,
    told_news,
)
from tests.handlers.office import Person, official
from tests.handlers.test_voice_answers import Speaker, left, speaker

RICH = Capabilities(2000, buttons=5, media=frozenset(MediaKind))
DUMB = Capabilities(2000, buttons=0)
Voice = Callable[[int], bytes]


@dataclass
class Watching(Post):
    """A channel that keeps what it was given."""

    shown: list[Reply] = field(default_factory=list)

    async def send(self, address: Address, reply: Reply) -> str:
        self.shown.append(reply)
        return await super().send(address, reply)


async def until(house: House, number: int, phase: Phase) -> None:
    async with asyncio.timeout(15):
        while (await again(house, number)).phase is not phase:
            await house.clock.broadcasts()
            await asyncio.sleep(0.05)


async def file_of(house: House, number: int) -> File:
    async with house.database.read() as tx:
        file = await Files().get(tx, number)
    assert file
    return file


async def with_both(house: House, voice: Voice = samples.voice) -> tuple[Speaker, Person, int]:
    """A notice with a picture and a voice waits for approval: its author, approver and number."""
    lan, sua = await speaker(house), await official(house, Role.APPROVER, name="Sua")
    await composed(lan)
    assert "đang tải về" in await lan.send(samples.picture())
    assert "đang tải về" in await lan.send(voice(12))
    assert len(await lan.fetched()) == 2
    return lan, sua, await submitted(lan)


async def approved(house: House, sua: Person) -> None:
    await house.notices.reports.run(now())
    asked = (await sua.replies())[-1]
    await sua.say(str(asked.buttons[0].digit))


async def test_what_is_sent_while_composing_goes_with_the_notice_once_it_has_come(
    house: House,
) -> None:
    lan = await speaker(house)
    await official(house, Role.APPROVER, name="Sua")
    await asked_for_notices(house.database)
    await lan.say("thông báo")
    file = await house.filing.uploads.keep(samples.picture())
    assert "ở đâu" in await lan.attach(file, WORDS), "a caption is the notice's words"
    for digit in ("1", "1", "7"):
        await lan.say(digit)
    assert "đang tải về" in await lan.told("1")
    assert "đang tải về" in await lan.told("1"), "nothing is handed in before it is here"
    [news] = await lan.fetched()
    assert "đã về" in news.text
    preview, facts = await lan.say(str(news.buttons[0].digit))
    assert "[ảnh]" in preview.text
    assert [one.kind for one in preview.media] == [MediaKind.IMAGE], "it is seen, not only named"
    assert samples.SECRET not in await house.filing.media(preview.media[0].name)
    assert "Kèm ảnh" in facts.text
    it = await again(house, await submitted(lan))
    assert [one.mime for one in it.draft.enclosed] == ["image/jpeg"]


async def test_a_picture_and_a_voice_reach_people_as_each_channel_can_show_them(
    house: House, library: Library
) -> None:
    web = house.settings.web.model_copy(update={"public_url": "https://xa.example"})
    async with build(house.settings.model_copy(update={"web": web}), library) as open_house:
        await _reach_people(open_house)


async def _reach_people(house: House) -> None:
    posts = {}
    for name, able in (("rich", RICH), ("dumb", DUMB)):
        posts[name] = Watching(name, capabilities=able)
        account = Account.model_construct(name=name, platform="telegram", unit="xa-mau")
        house.accounts.put(account, posts[name])
        await asked_for_notices(house.database, account=name)
    _, sua, number = await with_both(house)
    await approved(house, sua)
    async with sending(house):
        await until(house, number, Phase.FINISHED)
    assert (await account_of(house, number)).sent == 2
    [whole], [plain] = posts["rich"].shown, posts["dumb"].shown
    assert [one.kind for one in whole.media] == [MediaKind.IMAGE, MediaKind.AUDIO]
    assert "Bấm để nghe (12 giây): https://xa.example/tep/" in plain.text
    assert "Bấm để xem ảnh: https://xa.example/tep/" in plain.text


@pytest.mark.parametrize(("voice", "plays"), [(samples.bare, True), (samples.voice, False)])
async def test_a_voice_plays_in_a_zalo_bots_chat_as_zalo_records_it_and_is_a_link_otherwise(
    house: House, library: Library, voice: Voice, *, plays: bool
) -> None:
    web = house.settings.web.model_copy(update={"public_url": "https://xa.example"})
    settings = house.settings.model_copy(update={"web": web})
    media = frozenset({MediaKind.IMAGE, MediaKind.AUDIO})
    able = Capabilities(2000, buttons=0, media=media, sounds=SOUNDS)
    async with build(settings, library) as open_house:
        bot = Watching("bot", capabilities=able)
        account = Account.model_construct(name="bot", platform="zalo_bot", unit="xa-mau")
        open_house.accounts.put(account, bot)
        await asked_for_notices(open_house.database, account="bot")
        _, sua, number = await with_both(open_house, voice)
        await approved(open_house, sua)
        async with sending(open_house):
            await until(open_house, number, Phase.FINISHED)
    [shown] = bot.shown
    assert (MediaKind.AUDIO in [one.kind for one in shown.media]) is plays
    assert ("Bấm để nghe (12 giây): https://xa.example/tep/" in shown.text) is not plays


async def test_where_it_can_neither_be_shown_nor_opened_the_preview_says_so(house: House) -> None:
    account = Account.model_construct(name="dumb", platform="zalo_bot", unit="xa-mau")
    house.accounts.put(account, Post("dumb", capabilities=DUMB))
    lan = await speaker(house)
    await composed(lan)
    await lan.send(samples.voice(seconds=12))
    [news] = await lan.fetched()
    preview = (await lan.say(str(news.buttons[0].digit)))[0].text
    assert "Zalo Bot" in preview
    assert "[không nghe được tin nói ở kênh này]" in preview
    assert "[tin nói]" in preview, "on the page"


async def test_what_is_gone_at_sending_time_pauses_the_notice_and_loses_nothing(
    house: House,
) -> None:
    await asked_for_notices(house.database)
    lan, sua, number = await with_both(house)
    await approved(house, sua)
    it = await again(house, number)
    voice = await file_of(house, it.draft.enclosed[1].id)
    kept = await house.filing.store.read(place(voice))
    await house.filing.store.write(place(voice), samples.voice(seconds=3))
    await house.clock.broadcasts()
    paused = await again(house, number)
    assert (paused.phase, paused.note) == (Phase.PAUSED, LOST), "other bytes than were approved"
    assert "không còn ảnh hoặc tin nói" in await told_news(house, lan)
    await house.filing.store.write(place(voice), kept)
    async with sending(house):
        await command(house, "resume", str(number), "--by", "Sua")
        await until(house, number, Phase.FINISHED)
    assert (await account_of(house, number)).sent == 1


async def test_what_goes_while_it_is_being_sent_holds_what_has_not_gone(house: House) -> None:
    await asked_for_notices(house.database)
    _, sua, number = await with_both(house)
    await approved(house, sua)
    await house.clock.broadcasts()
    it = await again(house, number)
    assert it.expanded
    await house.filing.store.delete(place(await file_of(house, it.draft.enclosed[0].id)))
    async with sending(house):
        await house.clock.broadcasts()
    account = await account_of(house, number)
    assert (account.sent, account.pending) == (0, 1)
    assert (await again(house, number)).phase is Phase.PAUSED


async def test_a_store_that_does_not_answer_holds_a_notice_up_and_pauses_nothing(
    house: House, library: Library
) -> None:
    async with FtpServer() as server:
        files = house.settings.files.model_copy(update={"store": server.address})
        away = house.settings.model_copy(update={"files": files})
        async with build(away, library) as elsewhere:
            await asked_for_notices(elsewhere.database)
            _, sua, number = await with_both(elsewhere)
            await approved(elsewhere, sua)
            await server.go_away()
            await elsewhere.clock.broadcasts()
            it = await again(elsewhere, number)
            assert (it.phase, it.expanded) == (Phase.SENDING, False)
            await server.come_back()
            await elsewhere.clock.broadcasts()
            assert (await again(elsewhere, number)).expanded


async def test_what_is_left_out_replaced_or_dropped_is_deleted(house: House) -> None:
    lan = await speaker(house)
    await composed(lan)
    await lan.send(samples.picture())
    await lan.send(samples.picture(size=(50, 50)))
    await lan.send(samples.voice(seconds=2))
    await lan.fetched()
    assert "Đã bỏ ra" in await lan.told("bo anh")
    assert await left(house) == 1


async def test_a_notice_that_is_changed_keeps_its_picture_and_a_dropped_one_loses_it(
    house: House,
) -> None:
    lan, _, number = await with_both(house)
    assert await left(house) == 2, "they are the broadcast's now"
    await lan.say("các thông báo")
    await lan.say("1")
    assert "Kèm ảnh" in await lan.told("1"), "to be changed"
    await lan.say("bỏ tin nói")
    await submitted(lan)
    it = await again(house, number)
    assert [one.is_sound for one in it.draft.enclosed] == [False]
    await house.filing.fetching.sweep()


async def test_what_a_chat_does_not_ask_about_stays_when_a_notice_is_changed_there(
    house: House,
) -> None:
    lan, _, number = await with_both(house)
    about, book = "Bảng giờ tiêm", Broadcasts()
    async with house.database.begin() as tx:
        before = (await book.get(tx, number)).draft
        described = tuple(
            one if one.is_sound else replace(one, about=about) for one in before.enclosed
        )
        mine = replace(before, enclosed=described, purpose=Purpose.TOPIC, topic="can-cuoc")
        await book.edit(tx, number, mine, by="Lan", at=now())
        await book.submit(tx, number, by="Lan", at=now())
    await lan.say("các thông báo")
    await lan.say("1")
    await lan.say("1")
    await submitted(lan)
    draft = (await again(house, number)).draft
    assert (draft.purpose, draft.topic) == (Purpose.TOPIC, "can-cuoc")
    assert [one.about for one in draft.enclosed] == [about, ""]


@pytest.mark.parametrize(
    ("content", "why"), [(samples.PDF, "chỉ gửi kèm được ảnh và tin nói"), (None, "không còn")]
)
async def test_what_cannot_go_with_it_is_told_and_the_notice_goes_without(
    house: House, content: bytes | None, why: str
) -> None:
    lan = await speaker(house)
    await composed(lan)
    if content is None:
        await lan.attach(Attachment(Kind.VOICE, "uploads/nowhere"))
    else:
        await lan.send(content)
    [news] = await lan.fetched()
    assert why in news.text
    it = await again(house, await submitted(lan))
    assert it.draft.enclosed == ()


async def test_another_picture_needs_another_approval(house: House) -> None:
    _, sua, number = await with_both(house)
    await approved(house, sua)
    it = await again(house, number)
    other = replace(it.draft.enclosed[0], digest="0" * 64)
    changed = replace(it, draft=replace(it.draft, enclosed=(other, it.draft.enclosed[1])))
    assert it.intact
    assert not changed.intact


async def test_a_picture_goes_when_its_notice_is_kept_no_longer(house: House) -> None:
    _, _, number = await with_both(house)
    await command(house, "cancel", str(number), "--by", "Sua")
    await forget_old_messages(house.database, before=now() - timedelta(days=1))
    assert await left(house) == 2
    async with house.database.begin() as tx:
        await tx.connection.execute(
            update(BroadcastRecord).values(ended_at=now() - timedelta(days=2))
        )
    await forget_old_messages(house.database, before=now() - timedelta(days=1))
    house.filing.fetching._swept = None
    assert await left(house) == 0


async def test_files_come_from_the_command_line_as_well(house: House, tmp_path: Path) -> None:
    picture, voice = tmp_path / "a.jpg", tmp_path / "b.ogg"
    picture.write_bytes(samples.picture())
    voice.write_bytes(samples.voice(seconds=4))
    written = ("draft", "--text", "Mai tiêm.", "--by", "Phòng máy")
    printed = await command(house, *written, "--picture", str(picture), "--voice", str(voice))
    it = await again(house, int(printed.split()[-1]))
    assert [one.mime for one in it.draft.enclosed] == ["image/jpeg", "audio/ogg"]
    assert "[image" in await command(house, "preview", str(it.id))
    kept = await house.filing.store.read(f"files/{it.draft.enclosed[0].key}")
    assert samples.SECRET not in kept
    assert await left(house) == 2
    for option, path, why in (
        ("--voice", picture, "is image/jpeg"),
        ("--picture", tmp_path / "none.jpg", "cannot be read"),
        ("--picture", Path(__file__), "cannot be taken"),
    ):
        assert why in await command(house, *written, option, str(path), fails=True)
