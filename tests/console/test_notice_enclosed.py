"""A picture and a voice of a notice: taken, shown, kept, and refused where they lie."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.wiring import House, now
from handlers.staff.notice_files import HELD
from storage.files import Files
from storage.officials import Role
from tests.bot import samples
from tests.console.desk import Desk, form, sitting_at
from tests.console.enclosing import ABOUT, picture, send, voice
from tests.console.test_notice_desk import NEW, WORDS, address
from tests.handlers.notices import again


def source(page: str, tag: str) -> str:
    """Where the page has its picture or sound from."""
    found = re.search(rf'<{tag}[^>]* src="([^"]+)"', page)
    assert found, page
    return found[1]


async def shown_files(house: House, number: int) -> list[str]:
    return [one.mime for one in (await again(house, number)).draft.enclosed]


async def test_a_picture_and_a_voice_are_seen_heard_approved_and_kept(house: House) -> None:
    async with (
        sitting_at(house, Role.OFFICER, unit="xa-mau", name="Lan") as lan,
        sitting_at(house, Role.APPROVER, unit="xa-mau", name="Sua") as sua,
    ):
        both = {"picture": picture(), "voice": voice()}
        refused = await send(lan, await lan.open(NEW), both, 422, text=WORDS)
        assert "ảnh cho thấy gì" in refused, "who cannot see it is thought of"
        proof = await lan.press(refused, "/preview", about=ABOUT)
        assert f'alt="{ABOUT}"' in proof, "what came once need not be sent again"
        assert "Kèm tin nói 4 giây." in proof
        for tag, mime in (("img", "image/jpeg"), ("audio", "audio/ogg")):
            answer = await lan.client.get(source(proof, tag))
            assert answer.content_type == mime
            assert samples.SECRET not in await answer.read()
        other = await sua.client.get(source(proof, "img"))
        assert other.status == 404, "it is not handed in, so it is its sender's alone"
        await lan.press(proof, "/submit")
        page = await sua.open(address(1))
        assert source(page, "img") == f"{address(1)}/picture"
        assert (await sua.client.get(f"{address(1)}/voice")).content_type == "audio/ogg"
        await sua.press(page, "/approve")
        assert await shown_files(house, 1) == ["image/jpeg", "audio/ogg"]
        draft = (await again(house, 1)).draft
        assert house.notices.page.media(draft)[0].text == ABOUT, "people's chats have the words too"
        proof = await lan.press(await lan.open(f"{address(1)}/edit"), "/preview", no_voice="1")
        assert "<audio" not in proof
        await lan.press(proof, "/submit")
    assert await shown_files(house, 1) == ["image/jpeg"]
    assert (await again(house, 1)).draft.enclosed[0].about == ABOUT


@pytest.mark.parametrize(
    ("field", "sent", "says"),
    [
        ("picture", ("a.jpg", samples.PAGE, "image/jpeg"), "Loại tệp này không nhận được"),
        ("picture", ("a.png", samples.PDF, "image/png"), "không phải ảnh"),
        ("picture", ("a.jpg", samples.voice(seconds=2), "image/jpeg"), "không phải ảnh"),
        ("picture", ("a.jpg", samples.picture()[:90], "image/jpeg"), "Tệp hỏng"),
        ("voice", ("a.mp3", samples.picture(), "audio/mpeg"), "không phải ghi âm"),
        ("voice", ("a.m4a", samples.recording(b"vide"), "audio/mp4"), "Phim không nhận được"),
    ],
)  # fmt: skip
async def test_a_file_that_lies_about_its_kind_is_not_taken(
    house: House, desk: Desk, field: str, sent: tuple[str, bytes, str], says: str
) -> None:
    page = await send(desk, await desk.open(NEW), {field: sent}, 422, text=WORDS, about=ABOUT)
    assert says in page
    assert form(page, "/preview")[1]["text"] == WORDS
    assert field not in form(page, "/preview")[1] or not form(page, "/preview")[1][field]
    async with house.database.read() as tx:
        assert await Files().get(tx, 1) is None, "nothing of it is kept"


async def test_what_is_too_large_is_refused_whole_and_of_strangers_nothing_is_read(
    house: House, desk: Desk
) -> None:
    most = house.console.notice_files.most
    huge = {"picture": ("a.jpg", b"\xff\xd8\xff" + bytes(most), "image/jpeg")}
    page = await desk.open(NEW)
    assert "Tệp lớn quá mức" in await send(desk, page, huge, 413, text=WORDS)
    large = {"picture": ("a.jpg", b"\xff\xd8\xff" + bytes(11 * 1024 * 1024), "image/jpeg")}
    assert "Tệp lớn quá mức" in await send(desk, page, large, 422, text=WORDS, about=ABOUT)
    desk.client.session.cookie_jar.clear()
    await send(desk, page, large, 413, text=WORDS)


async def test_a_file_waits_three_days_for_its_notice_and_no_longer(
    house: House, desk: Desk
) -> None:
    proof = await send(desk, await desk.open(NEW), {"picture": picture()}, text=WORDS, about=ABOUT)
    async with house.database.read() as tx:
        assert not await Files().orphans(tx, at=now() + HELD - timedelta(hours=1))
        [orphan] = await Files().orphans(tx, at=now() + HELD + timedelta(hours=1))
    async with house.database.begin() as tx:
        await Files().forget(tx, orphan)
    gone = await desk.press(proof, "/submit", 422)
    assert "Tệp này không còn ở máy" in gone


async def test_a_made_up_ticket_opens_no_file_of_others(house: House) -> None:
    async with (
        sitting_at(house, Role.OFFICER, unit="xa-mau", name="Lan") as lan,
        sitting_at(house, Role.OFFICER, unit="xa-mau", name="Hoa") as hoa,
    ):
        proof = await send(lan, await lan.open(NEW), {"picture": picture()}, text="a", about="b")
        ticket = form(proof, "/submit")[1]["picture"]
        page = await hoa.press(await hoa.open(NEW), "/preview", 422, text=WORDS, picture=ticket)
        assert "Tệp này không còn ở máy" in page
