"""Answers by voice on every channel, over real HTTP: spoken, heard first, played or opened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.wiring import now
from content.library import Library
from handlers.messages import Kind, MediaKind
from storage.officials import Officials
from tests.bot import samples
from tests.emulators.phones import Phone, Shown
from tests.journeys.commune import Commune, commune, hear, say

PLAYS = {"Telegram", "Web chat"}
"""Where a voice is played in the chat; elsewhere it is opened by a link."""

ROUND = {
    "Telegram": "Zalo OA",
    "Zalo OA": "Zalo Bot",
    "Zalo Bot": "Web chat",
    "Web chat": "Telegram",
}
"""Who answers whom: each platform has an official once and a villager once."""

LINK = re.compile(r"http://\S+/tep/\S+")


async def ask(world: Commune, villager: Phone, official: Phone, number: int) -> None:
    """A question that no card answers; its official is asked for the answer."""
    question = f"máy cày đời {number} nhà tôi hỏng thì sửa ở đâu"
    await say(villager, question, "chậm nhất là ngày")
    await hear(official, f"câu hỏi số {number} mới")
    await say(official, f"việc {number}", question)
    await say(official, "1", "gửi một tin nói")


async def speak(official: Phone, content: bytes) -> Shown:
    """Send a voice note, and wait for the preview."""
    before = len(await official.screen())
    await official.send(Kind.VOICE, content)
    await hear(official, "đang tải về", before)
    return await hear(official, "Bà con sẽ nghe", before)


async def heard(world: Commune, name: str, shown: Shown) -> None:
    """It is played where the chat can do that; else the link opens it, with no sign-in."""
    assert (MediaKind.AUDIO in shown.media) is (name in PLAYS), (name, shown)
    if name in PLAYS:
        return
    [link] = LINK.findall(shown.text)
    async with world.session.get(link) as page:
        assert page.status == 200
        html = await page.text()
    [sound] = re.findall(r'<audio[^>]* src="([^"]+)"', html)
    async with world.session.get(world.address + sound) as given:
        assert given.status == 200
        content = await given.read()
    assert content.startswith(b"OggS")
    assert samples.SECRET not in content
    async with world.session.get(link[:-1] + ("A" if link[-1] != "A" else "B")) as wrong:
        assert wrong.status == 404


async def test_a_spoken_answer_reaches_every_channel_from_every_channel(
    data_folder: Path, library: Library
) -> None:
    async with commune(data_folder.parent, library) as world:
        for number, (name, phone) in enumerate(world.phones.items(), start=1):
            code = await world.invite(name, number)
            await say(phone, f"mời {code}", "cán bộ trả lời")
            await say(phone, "1", "máy làm việc của bạn")
        for number, (name, whose) in enumerate(ROUND.items(), start=1):
            official, villager = world.phones[name], world.phones[whose]
            await ask(world, villager, official, number)
            preview = await speak(official, samples.voice(seconds=12))
            assert "12 giây" in preview.text
            assert ("bấm vào liên kết" in preview.text) is (whose not in PLAYS)
            await heard(world, name, preview)
            before = len(await villager.screen())
            await say(official, "1", "Đã gửi câu trả lời")
            answer = await hear(villager, "bằng tin nói (12 giây)", before)
            await heard(world, whose, answer)
            assert "Xã Mẫu trả lời" in answer.text
        # A Zalo bot plays one form of sound alone, the one that Zalo's phones record.
        official, villager = world.phones["Zalo OA"], world.phones["Zalo Bot"]
        await ask(world, villager, official, len(ROUND) + 1)
        preview = await speak(official, samples.bare(seconds=5))
        assert "bấm vào liên kết" not in preview.text
        before = len(await villager.screen())
        await say(official, "1", "Đã gửi câu trả lời")
        await hear(villager, "bằng tin nói", before)
        played, told = (await villager.screen())[before:][-2:]
        assert (played.media, told.media) == ({MediaKind.AUDIO}, set())
        assert not LINK.search(told.text)


async def test_a_voice_waits_for_its_yes_over_a_restart(
    data_folder: Path, library: Library
) -> None:
    async with commune(data_folder.parent, library) as world:
        official, villager = world.phones["Telegram"], world.phones["Web chat"]
        await say(official, f"mời {await world.invite('Lan', 1)}", "cán bộ trả lời")
        await say(official, "1", "máy làm việc của bạn")
        await ask(world, villager, official, 1)
        await speak(official, samples.voice(seconds=7))
        await world.stop()
        await world.start()
        before = len(await villager.screen())
        await say(official, "1", "Đã gửi câu trả lời")
        answer = await hear(villager, "(7 giây)", before)
        assert MediaKind.AUDIO in answer.media


async def test_a_voice_whose_link_expired_or_that_is_none_is_told_at_once(
    data_folder: Path, library: Library
) -> None:
    async with commune(data_folder.parent, library) as world:
        official, villager = world.phones["Telegram"], world.phones["Web chat"]
        await say(official, f"mời {await world.invite('Lan', 1)}", "cán bộ trả lời")
        await say(official, "1", "máy làm việc của bạn")
        await ask(world, villager, official, 1)
        before = len(await official.screen())
        await official.send(Kind.VOICE, samples.PAGE)
        await hear(official, "Loại tệp này không nhận được", before)
        await world.lose_a_file()
        await official.send(Kind.VOICE, samples.voice())
        await hear(official, "Tệp không còn ở nơi gửi", before)
        before = len(await villager.screen())
        await say(official, "Bác ra chợ nhé.", "Bà con sẽ đọc đúng như sau")
        await say(official, "1", "Đã gửi câu trả lời")
        await hear(villager, "Bác ra chợ nhé.", before)


async def test_without_a_public_address_who_cannot_hear_is_told_of_before_sending(
    data_folder: Path, library: Library
) -> None:
    async with commune(data_folder.parent, library, public=False) as world:
        official = world.phones["Telegram"]
        await say(official, f"mời {await world.invite('Lan', 1)}", "cán bộ trả lời")
        await say(official, "1", "máy làm việc của bạn")
        await ask(world, world.phones["Zalo Bot"], official, 1)
        before = len(await official.screen())
        await official.send(Kind.VOICE, samples.voice())
        await hear(official, "không nghe được tin nói", before)
        await say(official, "Bác ra chợ nhé.", "Bà con sẽ đọc đúng như sau")
        await say(official, "1", "Đã gửi câu trả lời")
        await hear(world.phones["Zalo Bot"], "Bác ra chợ nhé.")
        async with world.house.database.begin() as tx:
            await Officials().remove(tx, 1, at=now())
        official, villager = world.phones["Web chat"], world.phones["Telegram"]
        await say(official, f"mời {await world.invite('Páo', 2)}", "cán bộ trả lời")
        await say(official, "1", "máy làm việc của bạn")
        await ask(world, villager, official, 2)
        await speak(official, samples.voice(seconds=5))
        await say(official, "1", "Đã gửi câu trả lời")
        answer = await hear(villager, "(5 giây)")
        assert MediaKind.AUDIO in answer.media


@pytest.mark.parametrize("name", ["Telegram", "Zalo OA", "Zalo Bot"])
async def test_an_official_sees_a_photo_and_hears_a_voice_of_feedback(
    name: str, data_folder: Path, library: Library
) -> None:
    async with commune(data_folder.parent, library) as world:
        official, villager = world.phones[name], world.phones["Web chat"]
        await say(official, f"mời {await world.invite('Lan', 1)}", "cán bộ trả lời")
        await say(official, "1", "máy làm việc của bạn")
        await ask(world, villager, official, 1)
        await say(official, "0", "Đã bỏ")
        await say(villager, "việc của tôi", "Câu hỏi số 1")
        await say(villager, "1", "Rút lại")
        await say(villager, "1", "nhắn thêm vào đây")
        await villager.send(Kind.IMAGE, samples.picture())
        await hear(villager, "Đã chuyển thêm")
        await say(villager, "việc của tôi", "Câu hỏi số 1")
        await say(villager, "1", "Rút lại")
        await say(villager, "1", "nhắn thêm vào đây")
        await villager.send(Kind.VOICE, samples.voice(seconds=9))
        await world.all_fetched(2)
        await say(official, "việc 1", "Xem ảnh, nghe tin nói (2)")
        before = len(await official.screen())
        await say(official, "9", "Đã ghi lại")
        photo = await hear(official, "Ảnh 1/2", before)
        assert MediaKind.IMAGE in photo.media or LINK.search(photo.text)
        voice = await hear(official, "Tin nói 2/2", before)
        await heard(world, name, voice)
        assert "9 giây" in voice.text
