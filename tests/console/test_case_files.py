"""Photos and voice notes on the page of a case; what is not there yet is told and fetched again."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import update

from bot.fetching import GAVE_UP, GIVE_UP
from bot.wiring import House, now
from handlers.messages import Attachment, Kind
from storage.files import File, FileRecord, Files
from tests.bot import samples
from tests.console.desk import Desk, form, forms
from tests.console.test_case_desk import address, opened


async def received(house: House, *attachments: Attachment) -> tuple[str, list[File]]:
    """A case with these files, as far as they could be fetched; its address, and the files."""
    case = await opened(house)
    async with house.database.begin() as tx:
        await house.filing.case_files.take(tx, attachments, case=case.id, account="web", at=now())
    await house.filing.fetching.fetch_due()
    return address(case), await files(house, case.id)


async def files(house: House, case: int) -> list[File]:
    async with house.database.read() as tx:
        return await Files().of_case(tx, case)


async def test_a_photo_is_shown_and_a_voice_note_played_in_place(desk: Desk, house: House) -> None:
    photo = await house.filing.uploads.keep(samples.picture())
    voice = await house.filing.uploads.keep(samples.voice())
    where, (picture, sound) = await received(house, photo, voice)
    page = await desk.open(where)
    assert f'<img src="/staff/files/{picture.id}" alt="Tệp 1/2: ảnh bà con gửi"' in page
    assert f'<audio controls preload="none" src="/staff/files/{sound.id}"' in page
    for file_address in re.findall(r'(?:img|audio)[^>]* src="([^"]+)"', page):
        answer = await desk.client.get(file_address)
        assert answer.status == 200
        assert answer.content_type in {"image/jpeg", "audio/ogg"}
    desk.client.session.cookie_jar.clear()
    for file in (picture, sound):
        await desk.stays_shut(f"/staff/files/{file.id}")


async def test_a_sound_that_no_browser_plays_says_so_and_can_be_saved(
    desk: Desk, house: House
) -> None:
    where, [sound] = await received(house, await house.filing.uploads.keep(samples.AMR))
    page = await desk.open(where)
    assert "<audio" not in page
    assert "trình duyệt không phát được" in page
    assert f'<a href="/staff/files/{sound.id}" download>Tải về máy</a>' in page
    async with house.database.read() as tx:
        [file] = await house.filing.case_files.of_case(tx, 1)
        name = house.filing.case_files.media(sound).name
    assert file.mime == "audio/amr"
    linked = await desk.client.get(f"/tep/{name.removeprefix('files/').partition('.')[0]}")
    html = await linked.text()
    assert "<audio" not in html
    assert "trình duyệt không phát được" in html
    assert f'href="/media/{name}" download' in html


async def test_what_is_gone_where_it_was_is_told_and_not_asked_for_again(
    desk: Desk, house: House
) -> None:
    where, [lost] = await received(house, Attachment(Kind.IMAGE, "nothing"))
    page = await desk.open(where)
    assert "Tệp không còn ở nơi gửi" in page
    assert "nhờ bà con gửi lại" in page
    assert not [to for to, _ in forms(page) if to.endswith("/again")]
    assert lost.reference == "", "nothing leads back to the message"


async def test_a_file_that_could_not_be_had_is_fetched_again_when_somebody_asks(
    desk: Desk, house: House
) -> None:
    photo = await house.filing.uploads.keep(samples.picture())
    case = await opened(house)
    at = now() - GIVE_UP - timedelta(hours=1)
    async with house.database.begin() as tx:
        await house.filing.case_files.take(tx, (photo,), case=case.id, account="web", at=at)
        [file] = await Files().due(tx, at=now(), at_most=1)
        await Files().failed(tx, file, reason=GAVE_UP, perhaps_later=True)
    page = await desk.open(address(case))
    assert "Đã thử nhiều lần" in page
    assert "Máy không tự tải nữa" in page
    to, fields = form(page, "/again")
    assert (await desk.client.post(to, data=fields | {"token": "x"})).status == 403
    page = await desk.press(page, "/again")
    assert "Máy đang tải lại tệp" in page
    assert "Máy đang tải về" in page
    await house.filing.fetching.fetch_due()
    assert f'<img src="/staff/files/{file.id}"' in await desk.open(address(case))
    assert (await desk.client.post(to, data=fields)).status == 200, "it is there: nothing to do"


async def test_a_file_that_comes_later_says_when_and_can_be_fetched_now(
    desk: Desk, house: House
) -> None:
    photo = await house.filing.uploads.keep(samples.picture())
    case = await opened(house)
    async with house.database.begin() as tx:
        await house.filing.case_files.take(tx, (photo,), case=case.id, account="web", at=now())
        await tx.connection.execute(
            update(FileRecord).values(next_try_at=now() + timedelta(hours=1))
        )
    assert "Máy tự tải lại lúc" in await desk.open(address(case))
    page = await desk.press(await desk.open(address(case)), "/again")
    assert "Máy tự tải lại lúc" not in page
    await house.filing.fetching.fetch_due()
    assert "<img" in await desk.open(address(case))


async def test_a_file_of_no_case_is_not_fetched_for_staff(desk: Desk, house: House) -> None:
    case = await opened(house)
    page = await desk.open(address(case))
    token = form(page, "/preview")[1]["token"]
    answer = await desk.client.post("/staff/files/99999/again", data={"token": token})
    assert answer.status == 404
