"""The cards' desk and the files: neither ever overwrites what the other wrote, also in a crash."""

from __future__ import annotations

import re

import pytest

from bot.wiring import House
from content.card_files import write_card
from content.card_form import with_fields
from handlers.staff.card_publishing import Published
from storage.card_drafts import CardDraft, CardDrafts, DraftState
from storage.card_versions import Origin
from tests.console.cards import (
    CARD,
    CARDS,
    SLUG,
    WORDS,
    by_hand,
    deeds,
    draft_of,
    file,
    handed_in,
    origins,
)
from tests.console.desk import Desk, form


@pytest.fixture
async def house(own_house: House) -> House:
    return own_house


async def test_a_file_changed_meanwhile_is_never_overwritten(
    house: House, lan: Desk, sua: Desk
) -> None:
    before = file(house)
    await handed_in(lan, general=WORDS, fee="Hỏi xã. Có nhà {mien-phi}.")
    seen = await sua.open(CARD)
    moved = with_fields(
        before, {"fee": "Mọi nhà {mien-phi}.", "contact": "Hỏi trưởng bản. {lien-he-xa}"}
    )
    by_hand(house, moved)
    page = await sua.press(seen, "/approve", 409)
    assert "chưa duyệt được" in page
    assert "Hỏi trưởng bản." in re.sub("<[^>]+>", "", page)
    assert file(house) == moved
    page = await lan.press(await lan.open(CARD), "/refresh")
    assert "Chỗ này cả bản nháp và tệp đều đổi" in page
    assert "Mọi nhà {mien-phi}." in page
    filled = form(page, "/save")[1]
    assert "Hỏi xã." in filled["fee"]
    assert "trưởng bản" in filled["contact"]
    page = await lan.press(page, "/save", fee="Có nhà {mien-phi}, hỏi xã.")
    await lan.press(page, "/submit")
    await sua.press(await sua.open(CARD), "/approve")
    assert file(house) == with_fields(
        moved, {"general": WORDS, "fee": "Có nhà {mien-phi}, hỏi xã."}
    )
    assert await origins(house) == [Origin.FOUND, Origin.HAND, Origin.CONSOLE]


async def approved(house: House, lan: Desk) -> CardDraft:
    """A draft that was approved by somebody, just before its file is written."""
    await house.console.publishing.look()
    await handed_in(lan)
    draft = await draft_of(house)
    assert draft
    async with house.database.begin() as tx:
        return await CardDrafts().approve(tx, draft, by=999_999)


async def test_a_crash_before_the_file_is_written_loses_no_approval(
    house: House, lan: Desk
) -> None:
    before = file(house)
    draft = await approved(house, lan)
    assert file(house) == before
    await house.console.publishing.finish_all()
    assert file(house) == draft.text
    assert await draft_of(house) is None
    await house.console.publishing.look()
    assert await origins(house) == [Origin.FOUND, Origin.CONSOLE]


async def test_a_crash_after_the_file_is_written_makes_no_edit_by_hand_of_it(
    house: House, lan: Desk
) -> None:
    draft = await approved(house, lan)
    write_card(house.library.folder, SLUG, draft.text, base=draft.base)
    await lan.open(CARDS)
    assert file(house) == draft.text
    assert await draft_of(house) is None
    assert await origins(house) == [Origin.FOUND, Origin.CONSOLE]
    assert await house.console.publishing.finish(draft) is Published.DONE, "once more does nothing"
    assert await origins(house) == [Origin.FOUND, Origin.CONSOLE]


async def test_after_a_crash_and_an_edit_by_hand_the_draft_goes_back_to_its_writers(
    house: House, lan: Desk
) -> None:
    await approved(house, lan)
    other = with_fields(file(house), {"fee": "Hỏi xã. Có nhà {mien-phi}."})
    by_hand(house, other)
    page = await lan.open(CARD)
    assert file(house) == other
    assert "Tệp của thẻ vừa có người sửa" in page
    draft = await draft_of(house)
    assert draft
    assert draft.state is DraftState.RETURNED
    assert await origins(house) == [Origin.FOUND, Origin.HAND]
    assert await deeds(house) == ["edited", "submitted", "returned"]


async def test_a_folder_that_cannot_be_written_keeps_the_approval_until_it_can(
    house: House, lan: Desk, sua: Desk
) -> None:
    await handed_in(lan)
    seen, folder = await sua.open(CARD), house.library.folder / "cards"
    before = file(house)
    (folder / "vi").rename(folder / "away")
    try:
        draft = await draft_of(house)
        assert draft
        async with house.database.begin() as tx:
            waiting = await CardDrafts().approve(tx, draft, by=999_999)
        assert await house.console.publishing.finish(waiting) is Published.UNWRITABLE
        assert "đã duyệt, máy đang ghi vào tệp" in await lan.open(f"{CARDS}?state=draft")
    finally:
        (folder / "away").rename(folder / "vi")
    assert file(house) == before
    await lan.open(CARDS)
    assert await draft_of(house) is None
    assert WORDS in file(house)
    await sua.press(seen, "/approve", 409)


async def test_an_edit_by_hand_stands_in_the_history_and_can_be_undone_by_two_people(
    house: House, lan: Desk, sua: Desk
) -> None:
    first = file(house)
    await lan.open(CARDS)
    by_hand(house, with_fields(first, {"general": "Sửa tay."}))
    page = await lan.open(CARD)
    assert "Sửa thẳng trong tệp" in page
    page = await lan.open(f"{CARD}/versions/1")
    assert "Từ tệp đang dùng trở về bản này" in page
    page = await lan.press(page, "/again")
    assert "Đã có bản nháp như bản cũ" in page
    assert "chưa lấy" not in page
    assert "Duyệt hoặc bỏ bản nháp ấy" in await lan.open(f"{CARD}/versions/1")
    await lan.press(page, "/submit")
    await sua.press(await sua.open(CARD), "/approve")
    assert file(house) == first
    assert await origins(house) == [Origin.FOUND, Origin.HAND, Origin.CONSOLE]
    await lan.open(f"{CARD}/versions/9", 404)
