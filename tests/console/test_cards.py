"""The cards' desk over HTTP on both databases, on a content folder of the test's own."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from bot.wiring import House, now
from content.approvals import Approvals, digest_of
from content.card_form import fields_of, with_fields
from handlers.errands import VIETNAM
from storage.card_drafts import CardDrafts
from storage.card_versions import Origin
from storage.cases import Cases
from storage.officials import Role
from storage.tallies import Asked, Tallies
from storage.unanswered import Doubt, Unanswered
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
    write,
)
from tests.console.desk import Desk, form, forms, sitting_at
from tests.console.test_case_desk import opened
from tests.handlers.office import Person

ONE_DATABASE = pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
"""For what the database has no part in."""


@pytest.fixture
async def house(own_house: House) -> House:
    return own_house


async def test_what_one_writes_another_approves_and_the_file_says_it(
    house: House, lan: Desk, sua: Desk
) -> None:
    before = file(house)
    page = await handed_in(lan, general=WORDS)
    assert file(house) == before, "a draft speaks to nobody"
    assert "/approve" not in page, "an editor approves nothing"
    assert "Thẻ chờ bạn duyệt: 1" in await sua.open("/staff")
    assert "chờ bạn duyệt" not in await lan.open("/staff")
    page = await sua.open(CARD)
    assert WORDS.split(",")[1] in page
    assert "/edit" not in page
    page = await sua.press(page, "/approve")
    assert "Đã duyệt và ghi vào tệp" in page
    assert file(house) == with_fields(before, {"general": WORDS})
    assert await draft_of(house) is None
    assert await origins(house) == [Origin.FOUND, Origin.CONSOLE]
    assert "Lan viết, Sua duyệt." in page
    assert await deeds(house) == ["edited", "submitted", "approved"]
    assert house.library.shelf.reload_if_changed()
    assert house.library.shelf.cards[SLUG].sections["general"].text == WORDS
    assert house.library.shelf.cards[SLUG].approval is None, "no office has agreed"


async def test_nobody_approves_what_they_wrote_or_another_version_than_was_shown(
    house: House, stack: AsyncExitStack, lan: Desk, sua: Desk
) -> None:
    boss = await stack.enter_async_context(sitting_at(house, name="Mai"))
    await write(lan, general=WORDS)
    await write(boss, contact="Hỏi trưởng thôn. {lien-he-xa}")
    page = await lan.press(await lan.open(CARD), "/submit")
    seen = await boss.open(CARD)
    assert "người khác phải duyệt" in seen
    assert "/approve" not in seen
    address, fields = form(seen, "/return")
    answer = await boss.client.post(address.replace("return", "approve"), data=fields)
    assert answer.status == 409
    seen = await sua.open(CARD)
    await write(lan, general="Câu khác hẳn.")
    await lan.press(await lan.open(CARD), "/submit")
    page = await sua.press(seen, "/approve", 409)
    assert "Bản nháp vừa đổi" in page
    assert "Câu khác hẳn." in page
    assert "Câu khác hẳn." not in file(house)
    await sua.press(page, "/approve")
    assert "Câu khác hẳn." in file(house)


async def test_two_editors_are_told_of_each_other_and_nothing_is_lost(
    house: House, stack: AsyncExitStack, lan: Desk
) -> None:
    hai = await stack.enter_async_context(sitting_at(house, Role.EDITOR, name="Hai"))
    mine, theirs = await lan.open(f"{CARD}/edit"), await hai.open(f"{CARD}/edit")
    await lan.press(mine, "/save", general="Lan viết câu này.")
    page = await hai.press(theirs, "/save", 409, general="Hai viết câu này.")
    assert "Vừa có người khác lưu" in page
    assert form(page, "/save")[1]["general"].strip() == "Hai viết câu này."
    assert "Lan" in re.sub("<[^>]+>", "", page)
    draft = await draft_of(house)
    assert draft
    assert "Lan viết câu này." in draft.text
    page = await hai.press(page, "/save", general="Hai viết câu này.")
    assert "Hai viết câu này." in page
    assert "Lan, Hai" in page
    assert "cùng viết: Hai" in await lan.open(f"{CARD}/edit")


async def test_what_may_not_be_shown_is_neither_handed_in_nor_approved(
    house: House, lan: Desk, sua: Desk
) -> None:
    page = await write(lan, fee="Nộp 50.000 đồng, hay {mien-phi}.")
    page = await lan.press(page, "/submit", 422)
    assert "Thẻ còn lỗi" in page
    assert "Mất tiền không" in page
    draft = await draft_of(house)
    assert draft
    async with house.database.begin() as tx:
        await CardDrafts().submit(tx, draft)
    await sua.press(await sua.open(CARD), "/approve", 422)
    assert "50.000" not in file(house)


async def test_an_office_is_named_only_for_a_card_without_remarks(
    house: House, lan: Desk, sua: Desk
) -> None:
    related = fields_of(file(house))["related"].split("\n")
    here = "\n".join(slug for slug in related if slug in house.library.shelf.cards)
    long = "Câu này dài " + "lắm " * 30 + "hết."
    await handed_in(lan, general=WORDS, contact=long, related=here)
    page = await sua.press(await sua.open(CARD), "/approve", 422, office="Sở Tư pháp")
    assert "còn chỗ muốn sửa" in page
    assert form(page, "/approve")[1]["office"] == "Sở Tư pháp"
    await write(lan, contact="Hỏi trưởng thôn. {lien-he-xa}")
    await lan.press(await lan.open(CARD), "/submit")
    page = await sua.press(await sua.open(CARD), "/approve", office=" Sở  Tư pháp ")
    assert "Sở Tư pháp đồng ý." in page
    approval = Approvals.load(house.library.folder).of(SLUG, digest_of(file(house)))
    assert approval
    assert approval.by == "Sở Tư pháp"
    house.library.shelf.reload_if_changed()
    assert "Sở Tư pháp đã duyệt ngày" in await lan.open(CARDS)
    assert form(await lan.open(f"{CARD}/edit"), "/save")[1]["fee"]


async def test_a_draft_is_given_back_with_a_reason_and_handed_in_again(
    house: House, lan: Desk, sua: Desk
) -> None:
    await handed_in(lan)
    page = await sua.press(await sua.open(CARD), "/return", text="Thiếu <b>nguồn</b>")
    assert "Đã trả lại" in page
    page = await lan.open(CARD)
    assert "Thiếu &lt;b&gt;nguồn" in page
    page = await lan.press(page, "/submit")
    assert "Thiếu" not in page
    await sua.press(await sua.open(CARD), "/return", 422, text=" ")
    page = await lan.press(page, "/drop")
    assert await draft_of(house) is None
    assert "/edit" in page
    assert await deeds(house) == ["edited", "submitted", "returned", "submitted", "dismissed"]


@ONE_DATABASE
async def test_the_form_tells_what_is_wrong_beside_each_field_and_keeps_nothing(
    house: House, lan: Desk
) -> None:
    page = await lan.open(f"{CARD}/edit")
    page = await lan.press(page, "/save", 422, general=fields_of(file(house))["general"])
    assert "Chưa đổi chữ nào" in page
    address, fields = form(page, "/save")
    typed = fields | {
        "fee": "Nộp 50.000 đồng, hay {mien-phi}.",
        "title": "A & <b>",
        "channel": "zalo_oa",
    }
    answer = await lan.client.post(address.replace("save", "preview"), data=typed)
    page = await answer.text()
    field = page[page.index('name="fee"') : page.index('name="steps"')]
    assert 'aria-invalid="true"' in field
    assert 'class="remarks" id="r-fee"' in field
    assert unescape(form(page, "/save")[1]["fee"]).strip() == typed["fee"]
    assert "<b>" not in page
    assert 'value="zalo_oa" selected' in page
    assert "A &amp; &lt;b&gt;: ai được?" in page, "as it will be shown"
    assert await draft_of(house) is None


@ONE_DATABASE
async def test_a_form_sent_unchanged_is_the_file_again(house: House, lan: Desk) -> None:
    await write(lan, general=WORDS)
    await write(lan, general=fields_of(file(house))["general"])
    draft = await draft_of(house)
    assert draft
    assert draft.text == file(house)


async def test_questions_that_no_card_answers_begin_a_new_card(
    house: House, lan: Desk, sua: Desk
) -> None:
    cows = ("con trâu nhà em ốm thì báo ai", "trâu ốm báo ai vậy", "nhà em trâu ốm báo ai")
    async with house.database.begin() as tx:
        for text in cows:
            await Unanswered().note(tx, unit="", text=text, kind=Doubt.UNKNOWN, guess="", at=now())
    page = await lan.open("/staff/unanswered")
    assert "/staff/new-card/from" in page
    assert "/staff/new-card/from" not in await sua.open("/staff/unanswered")
    [group] = [fields for address, fields in forms(page) if "/unanswered/add" in address]
    answer = await lan.client.post("/staff/new-card/from", data=group)
    page = await answer.text()
    _, fields = form(page, "/new-card/save")
    assert all(f"- {text}" in fields["questions"] for text in cows)
    assert fields["reviewed"]
    page = await lan.press(page, "/new-card/save", 422, title="")
    assert "Tên ngắn chỉ có" in page
    page = await lan.press(page, "/new-card/save", 422, title="Khai sinh")
    assert "Đã có thẻ" in page
    filled = fields_of(file(house)) | {"title": "Trâu bò bị ốm", "related": "", "office": ""}
    filled["questions"] = filled["questions"].replace("- ", "- trâu bò ")
    filled["names"] = filled["names"].replace("khai", "trâu").replace("giấy", "bò")
    page = await lan.press(page, "/new-card/save", **filled | {"slug": ""})
    assert "Thẻ mới, chưa trả lời bà con" in page
    assert "trau-bo-bi-om" in await lan.open(f"{CARDS}?state=draft")
    await lan.press(page, "/submit")
    seen = await sua.open(f"{CARDS}/trau-bo-bi-om")
    await sua.press(seen, "/approve")
    assert fields_of(file(house, "trau-bo-bi-om"))["title"] == "Trâu bò bị ốm"
    house.library.shelf.reload_if_changed()
    assert "trau-bo-bi-om" in house.library.shelf.cards
    assert await origins(house, "trau-bo-bi-om") == [Origin.CONSOLE]


async def test_the_list_tells_how_each_card_stands_and_how_often_it_was_shown(
    house: House, lan: Desk, stack: AsyncExitStack
) -> None:
    today = (now() + timedelta(hours=7)).date()
    async with house.database.begin() as tx:
        for unit in ("xa-mau", "xa-mau", "xa-khac"):
            await Tallies().add(
                tx, Asked.ANSWERED, day=today, unit=unit, platform="web_chat", topic=SLUG
            )
        for what, day in ((Asked.UNKNOWN, today), (Asked.OPENED, today - timedelta(days=91))):
            await Tallies().add(tx, what, day=day, unit="", platform="web_chat", topic=SLUG)
    page = await lan.open(f"{CARDS}?text=khai+sinh")
    assert page.count("<h2>") == 1
    assert "3 lần trả lời bà con trong 90 ngày" in page
    assert "Thẻ mẫu, chưa cơ quan nào duyệt." in page
    card = house.library.shelf.cards[SLUG]
    assert f"lần sau trước {card.review_by.strftime('%d/%m/%Y')}" in page
    assert "Không có thẻ nào như vậy" in await lan.open(f"{CARDS}?state=submitted")
    await handed_in(lan)
    page = await lan.open(f"{CARDS}?state=submitted")
    assert page.count("<h2>") == 1
    assert "chờ người khác duyệt: Lan" in page
    by_hand(house, re.sub(r"(?m)^review_by: .*", "review_by: 2026-11-27", file(house)))
    house.library.shelf.reload_if_changed()
    far = await stack.enter_async_context(sitting_at(house, Role.VIEWER, unit="xa-khac"))
    page = await far.open(f"{CARDS}?text=KHAI")
    assert "1 lần trả lời" in page
    assert "/staff/new-card" not in page
    assert "Sửa thẻ này" not in await far.open(f"{CARDS}/so-do")


@ONE_DATABASE
async def test_thirty_cards_stand_on_a_page_and_a_broken_file_is_told(
    house: House, lan: Desk
) -> None:
    folder: Path = house.library.folder / "cards" / "vi"
    for number in range(40):
        text = re.sub(r"(?s)\nnames:.*?\nrelated", f"\nnames: [tên {number}]\nrelated", file(house))
        (folder / f"them-{number:02}.md").write_text(text, "utf-8")
    (folder / "hong.md").write_text("---\n", "utf-8")
    house.library.shelf.reload_if_changed()
    page = await lan.open(CARDS)
    assert page.count("<h2>") == 30
    assert "hong.md, dòng 1" in page
    [more] = re.findall(r'href="([^"]+)" rel="next"', page)
    assert (await lan.open(unescape(more))).count("<h2>") == 14
    page = await lan.open(f"{CARDS}/hong")
    assert "Tệp của thẻ có lỗi" in page
    answer = await lan.client.get(f"{CARDS}/hong/edit")
    assert "không đúng mẫu thẻ" in await answer.text()


@ONE_DATABASE
async def test_no_address_leads_out_of_the_folder(lan: Desk) -> None:
    for slug in ("..", "x", "%2e%2e%2fapprovals", "a" * 70, "vi.md"):
        await lan.open(f"{CARDS}/{slug}", 404)
        await lan.open(f"{CARDS}/{slug}/edit", 404)


async def test_what_few_people_said_around_a_card_is_not_told(house: House, lan: Desk) -> None:
    for many in range(5):
        assert "người hiểu" not in await lan.open(CARDS), many
        case = await opened(house, Person(house), topic=SLUG)
        async with house.database.begin() as tx:
            await Cases().answer(tx, case, "Rồi.", by=None, at=now())
        async with house.database.begin() as tx:
            answered = await house.casework.get(tx, case.id)
            await Cases().rate(tx, answered, understood=True, at=now())
    page = await lan.open(CARDS)
    row = page[page.index(f'"{CARD}"') :].split("</li>")[0]
    assert "5 người hiểu, 0 người chưa hiểu" in row
    assert page.count("người hiểu") == 1
    assert "5 người hiểu, 0 người chưa hiểu" in await lan.open(f"{CARDS}/{SLUG}")


async def test_what_was_said_of_a_cards_own_answers_stands_in_the_list_and_on_its_page(
    house: House, lan: Desk
) -> None:
    day, places = now().astimezone(VIETNAM).date(), (CARDS, f"{CARDS}/{SLUG}")

    async def say(what: Asked, many: int) -> None:
        async with house.database.begin() as tx:
            for _ in range(many):
                await Tallies().add(
                    tx, what, day=day, unit="xa-mau", platform="telegram", topic=SLUG
                )

    await say(Asked.ANSWERED, 20)
    await say(Asked.HELPED, 7)
    await say(Asked.NOT_HELPED, 4)
    for place in places:
        page = await lan.open(place)
        assert "20 lần trả lời bà con trong 90 ngày" in page
        assert "nói chưa đúng" not in page, "few said so"
    await say(Asked.NOT_HELPED, 1)
    for place in places:
        page = await lan.open(place)
        assert page.count("7 lần bà con nói đúng, 5 lần nói chưa đúng") == 1
        assert "20 lần trả lời bà con trong 90 ngày" in page
        assert "người hiểu" not in page
