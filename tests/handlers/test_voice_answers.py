"""An official answers by voice: it is fetched, heard first by them, and then by the villager."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bot.wiring import House, now
from handlers.actions import encode
from handlers.messages import Attachment, Kind, MediaKind, Reply
from handlers.official_actions import Duty, Work
from storage.case_history import Happened, History
from storage.case_privacy import forget_cases_of
from storage.case_records import CaseKind, CaseState, NewCase, Side
from storage.cases import Cases
from storage.files import FileRecord
from storage.officials import Role
from tests.bot import samples
from tests.handlers.notices import handed_in
from tests.handlers.office import Person, again, cases, official, remove
from tests.handlers.villager import words


class Speaker(Person):
    """Somebody who sends files over the web chat as well."""

    async def send(self, content: bytes, text: str = "") -> str:
        """Send a file, as the page takes it; the words that come back at once."""
        file = await self.house.filing.uploads.keep(content)
        return await self.attach(file, text)

    async def attach(self, file: Attachment, text: str = "") -> str:
        incoming = replace(self.incoming(text, file.kind), attachments=(file,))
        assert await self.house.accept(incoming)
        return words(await self.replies())

    async def fetched(self) -> list[Reply]:
        """What comes back once all files are fetched that can be had."""
        await self.house.filing.fetching.fetch_due()
        return await self.replies()


async def speaker(house: House, **more: str) -> Speaker:
    return Speaker(house, (await official(house, **more)).chat)


async def asked(house: House) -> tuple[Speaker, Speaker]:
    """An official who was asked for an answer, and the villager who asks."""
    lan, villager = await speaker(house), Speaker(house)
    await villager.ask()
    await villager.replies()
    for said in ("việc", "1", "1"):
        await lan.say(said)
    return lan, villager


async def spoken(house: House, text: str = "") -> tuple[Speaker, Speaker]:
    """The same, and the official has spoken and seen the preview."""
    lan, villager = await asked(house)
    await lan.send(samples.voice(seconds=12), text)
    assert await lan.fetched()
    return lan, villager


async def left(house: House) -> int:
    """How many files are left once those that nobody owns are swept out: once in a test."""
    await house.filing.fetching.sweep()
    async with house.database.read() as tx:
        count = await tx.connection.execute(select(func.count(FileRecord.id)))
        rows = int(count.scalar_one())
    assert len(await house.filing.store.names("files")) == rows
    return rows


async def test_a_voice_is_fetched_heard_first_and_then_sent(house: House) -> None:
    lan, villager = await asked(house)
    assert "đang tải về" in await lan.send(samples.voice(seconds=12))
    [preview] = await lan.fetched()
    assert [button.digit for button in preview.buttons] == [1, 2, 3, 0]
    assert "12 giây" in preview.text
    [heard] = preview.media
    assert heard.kind is MediaKind.AUDIO
    content = await house.filing.media(heard.name)
    assert content.startswith(b"OggS")
    assert samples.SECRET not in content
    assert await villager.replies() == [], "nothing goes out before the yes"
    assert "Đã gửi" in await lan.told("1")
    [answer] = await villager.replies()
    assert answer.text in preview.text, "word for word"
    assert "Xã Mẫu trả lời" in answer.text
    assert await house.filing.media(answer.media[0].name) == content
    assert "Lan" not in answer.to_json()
    assert lan.chat not in answer.to_json()


async def test_the_history_and_the_lists_tell_that_it_was_spoken(house: House) -> None:
    lan, villager = await spoken(house)
    await lan.say("1")
    await villager.replies()
    [case] = await cases(house)
    async with house.database.read() as tx:
        event = (await History().of(tx, case.id))[-1]
        said = (await Cases().words(tx, case.id))[-1]
    assert (event.what, event.detail) == (Happened.ANSWERED, "voice")
    assert (said.side, said.text) == (Side.OFFICIAL, "(tin nói, 12 giây)")
    [mine] = await villager.say("việc của tôi")
    assert "bằng tin nói" in mine.buttons[0].label
    [page] = await villager.say("1")
    assert [media.kind for media in page.media] == [MediaKind.AUDIO]
    assert "tin nói, 12 giây" in page.text


async def test_after_a_spoken_answer_it_is_rated_and_opened_again_as_ever(house: House) -> None:
    lan, villager = await spoken(house)
    await lan.say("1")
    *_, answer = await villager.replies()
    not_content = answer.buttons[1]
    await villager.say(str(not_content.digit))
    await villager.say("máy vẫn hỏng")
    [case] = await cases(house)
    assert (case.state, case.satisfied) == (CaseState.ASSIGNED, None)
    for said in ("việc", "1", "1"):
        await lan.say(said)
    await lan.send(samples.voice(seconds=3))
    await lan.fetched()
    await lan.say("1")
    *_, answer = await villager.replies()
    await villager.say(str(answer.buttons[0].digit))
    assert (await again(house, case)).satisfied is True


async def test_words_go_along_with_a_voice_or_while_it_comes(house: House) -> None:
    lan, villager = await asked(house)
    await lan.send(samples.voice(), "Bác ra chợ.")
    assert "đang tải về" in await lan.told("7"), "an impatient digit is no answer"
    await lan.say("Hỏi cô Sua.")
    [preview] = await lan.fetched()
    assert "Bác ra chợ.\nHỏi cô Sua." in preview.text
    assert "Người trả lời: Lan" in await lan.told("3")
    await lan.say("1")
    [answer] = await villager.replies()
    assert "Bác ra chợ.\nHỏi cô Sua.\nNgười trả lời: Lan" in answer.text
    assert answer.media


async def test_a_question_back_may_be_spoken(house: House) -> None:
    lan, villager = await speaker(house), Speaker(house)
    await villager.ask()
    await villager.replies()
    for said in ("việc", "1", "2"):
        await lan.say(said)
    await lan.send(samples.voice())
    await lan.fetched()
    assert "Đã hỏi thêm" in await lan.told("1")
    [question] = await villager.replies()
    assert "hỏi thêm" in question.text
    assert question.media


async def test_it_is_spoken_anew_or_dropped_and_nothing_stays(house: House) -> None:
    lan, villager = await spoken(house)
    assert "chưa gửi" in await lan.send(samples.voice()), "what waits is not lost unseen"
    assert "chưa gửi" in await lan.told("việc")
    await lan.say("2")
    assert await lan.draft()
    await lan.send(samples.voice(seconds=5))
    [preview] = await lan.fetched()
    assert "5 giây" in preview.text
    assert "Đã bỏ" in await lan.told("0")
    assert await villager.replies() == []
    assert await left(house) == 0


async def test_a_voice_that_cannot_be_had_is_told_and_the_step_stays(house: House) -> None:
    lan, villager = await asked(house)
    await lan.attach(Attachment(Kind.VOICE, "gone"))
    [told] = await lan.fetched()
    assert "Tệp không còn ở nơi gửi" in told.text
    for wrong in (samples.picture(), samples.PDF):
        file = replace(await house.filing.uploads.keep(wrong), kind=Kind.FILE)
        await lan.attach(file)
        [told] = await lan.fetched()
        assert "không phải tin nói" in told.text
    assert "hoặc viết bằng chữ" in await lan.send(samples.picture()), "a photo is known at once"
    assert await lan.draft()
    await lan.say("Ra chợ nhé.")
    assert "Đã gửi" in await lan.told("1")
    assert "Ra chợ nhé." in words(await villager.replies())
    assert await left(house) == 0


async def test_a_voice_of_a_kind_that_the_villager_cannot_play_is_told_before_it_is_sent(
    house: House,
) -> None:
    lan, villager = await asked(house)
    await lan.send(samples.AMR)
    [told] = await lan.fetched()
    assert "không nghe được tin nói này" in told.text
    assert not told.media
    await lan.say("Ra chợ nhé.")
    await lan.say("1")
    assert "Ra chợ nhé." in words(await villager.replies())
    assert await left(house) == 0


async def test_words_that_came_with_a_lost_voice_are_not_lost(house: House) -> None:
    lan, villager = await asked(house)
    await lan.attach(Attachment(Kind.VOICE, "gone"), "Ra chợ nhé.")
    [told] = await lan.fetched()
    assert "Tệp không còn" in told.text
    assert "Ra chợ nhé." in told.text
    assert not told.media
    await lan.say("1")
    [answer] = await villager.replies()
    assert not answer.media


async def test_a_note_and_a_reason_are_typed(house: House) -> None:
    lan, _ = await asked(house)
    await lan.say("0")
    for said in ("1", "7"):
        await lan.say(said)
    assert "viết bằng chữ" in await lan.send(samples.voice())


async def test_who_is_removed_after_the_preview_sends_nothing_and_leaves_nothing(
    house: House,
) -> None:
    lan, villager = await spoken(house)
    await remove(house, lan)
    assert "không còn là máy làm việc" in await lan.told("1")
    assert await villager.replies() == []
    assert await left(house) == 0


async def test_who_is_removed_while_the_voice_comes_hears_nothing(house: House) -> None:
    lan, _ = await asked(house)
    await lan.send(samples.voice())
    await remove(house, lan)
    assert await lan.fetched() == []
    assert await left(house) == 0


async def test_who_was_second_is_told_and_their_voice_goes(house: House) -> None:
    lan, villager = await spoken(house)
    pao = await speaker(house, name="Páo")
    for said in ("việc", "1", "1", "Ra chợ nhé.", "1"):
        await pao.say(said)
    await villager.replies()
    assert "Páo đã trả lời" in await lan.told("1")
    assert await villager.replies() == []
    assert await left(house) == 0


async def test_who_drops_it_while_it_comes_is_not_stuck_and_nothing_stays(house: House) -> None:
    lan, villager = await asked(house)
    for number in range(4):
        await lan.send(samples.voice())
        told, _ = await asyncio.gather(lan.told("0"), house.filing.fetching.fetch_due())
        assert "Đã bỏ" in told, number
        assert await lan.draft() is None
        for said in ("việc", "1", "1"):
            await lan.say(said)
    assert await villager.replies() == []
    assert await left(house) == 0


async def test_who_has_the_receipt_hears_it_from_anywhere(house: House) -> None:
    lan, villager = await speaker(house), Speaker(house)
    await villager.say("xa-mau", Kind.START)
    new = NewCase(CaseKind.PROBLEM, unit="xa-mau", text="đèn hỏng")
    chat = await villager.number()
    async with house.database.begin() as tx:
        _, receipt = await house.casework.hand_in(tx, new, conversation=chat, at=now())
    for said in ("việc", "1", "1"):
        await lan.say(said)
    await lan.send(samples.voice(seconds=12))
    await lan.fetched()
    await lan.say("1")
    *_, page = await Person(house).say(" ".join(receipt))
    assert "(tin nói, 12 giây)" in page.text
    assert (await house.filing.media(page.media[0].name)).startswith(b"OggS")
    assert {button.digit for button in page.buttons} == {9, 0}, "to listen, not to decide"


async def test_the_preview_disturbs_nothing_that_the_official_does_meanwhile(house: House) -> None:
    lan, villager = await asked(house)
    await lan.send(samples.voice())
    [menu] = await lan.say("đăng ký")
    [preview] = await lan.fetched()
    taken = {button.digit for button in menu.buttons}
    assert 1 in taken
    assert not taken & {button.digit for button in preview.buttons}
    send = next(button for button in preview.buttons if "Gửi" in button.label)
    await lan.say(str(send.digit))
    assert len(await villager.replies()) == 1


async def test_a_voice_goes_with_the_words_of_its_case(house: House) -> None:
    lan, villager = await spoken(house)
    await lan.say("1")
    [answer] = await villager.replies()
    assert await house.filing.media(answer.media[0].name)
    chat = await villager.number()
    async with house.database.begin() as tx:
        await forget_cases_of(tx, chat, at=now())
    assert await left(house) == 0
    with pytest.raises(FileNotFoundError):
        await house.filing.media(answer.media[0].name)


async def test_photos_and_voices_of_a_villager_are_shown_to_officials_and_that_is_noted(
    house: House,
) -> None:
    lan, villager = await speaker(house), Speaker(house)
    case = await villager.ask()
    files = [await house.filing.uploads.keep(one) for one in (samples.picture(), samples.voice())]
    lost = Attachment(Kind.IMAGE, "gone")
    async with house.database.begin() as tx:
        await house.filing.case_files.take(
            tx, (*files, lost), case=case.id, account="web", at=now()
        )
    await lan.say("việc")
    [page] = await lan.say("1")
    assert "Đang chờ tải về" in page.text
    await house.filing.fetching.fetch_due()
    look = next(button for button in page.buttons if button.digit == 9)
    assert look.label.endswith("(3)")
    shown = await lan.say("9")
    assert [media.kind for reply in shown for media in reply.media] == [
        MediaKind.IMAGE, MediaKind.AUDIO,
    ]  # fmt: skip
    assert "Không tải được" in shown[2].text
    for reply in shown[:2]:
        assert await house.filing.media(reply.media[0].name)
        assert villager.chat not in reply.to_json()
    async with house.database.read() as tx:
        event = (await History().of(tx, case.id))[-1]
    assert (event.what, event.detail) == (Happened.FILES_SHOWN, "1, 2")
    assert event.by is not None


async def test_who_may_not_see_a_case_sees_none_of_its_files(house: House) -> None:
    villager = Speaker(house)
    case = await villager.ask()
    photo = await house.filing.uploads.keep(samples.picture())
    async with house.database.begin() as tx:
        await house.filing.case_files.take(tx, (photo,), case=case.id, account="web", at=now())
    await house.filing.fetching.fetch_due()
    look = encode(Work(Duty.FILES, case.id, case.version))
    far, reader = await official(house, unit="xa-khac"), await official(house, Role.VIEWER)
    assert "không xem được" in words(await far.say(look, Kind.BUTTON))
    assert "không làm thế được" in words(await reader.say(look, Kind.BUTTON))
    async with house.database.read() as tx:
        events = [event.what for event in await History().of(tx, case.id)]
    assert Happened.FILES_SHOWN not in events


@pytest.mark.parametrize("looks", [("việc",), ("việc", "1"), ("các thông báo",)])
async def test_a_voice_that_nobody_waits_for_is_answered_as_an_officials(
    house: House, looks: tuple[str, ...]
) -> None:
    lan, villager = await speaker(house), Speaker(house)
    await villager.ask()
    await handed_in(lan)
    for said in looks:
        shown = (await lan.say(said))[-1]
    told = await lan.send(samples.voice(seconds=2))
    assert "bạn mở việc, bấm 1, rồi gửi tin nói" in told
    assert "bà con viết bằng chữ" not in told
    assert await lan.told("1") != "", "the digits of the screen go on to mean what they did"
    assert shown.buttons


async def test_an_official_who_asks_as_a_villager_is_answered_as_one(house: House) -> None:
    lan = await speaker(house)
    await lan.say("việc")
    await lan.say("trang đầu")
    assert "Tôi chưa nghe được tiếng nói" in await lan.send(samples.voice(seconds=2))
