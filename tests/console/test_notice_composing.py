"""What a notice can hold at the console: other languages, other audiences, questions, a
template; and what comes of it as files."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pypdfium2

from bot.wiring import House, now
from handlers.messages import Template
from handlers.staff.notice_files import HELD
from storage.answers import Answers, Given
from storage.audiences import Audience, Audiences
from storage.audit import Audit, Kind, Verb, Wanted
from storage.broadcasts import Broadcasts, Draft, Phase
from storage.consents import Consents, Purpose
from storage.conversations import Conversations
from storage.files import Files
from storage.officials import Role
from storage.outbox import State
from storage.people import People
from storage.questionnaires import Form, Question, Questionnaire
from tests.console.desk import Desk, form, sitting_at
from tests.console.enclosing import ABOUT, picture, send
from tests.console.test_notice_desk import NEW, WORDS, address, begun, handed_in, logged, written
from tests.handlers.notices import again, asked_for_notices
from tests.handlers.test_notices_by_template import templates, three_people

ASKED = Questionnaire(Form.POLL, (Question("Họp hôm nào?", ("Thứ bảy", "Chủ nhật")),), code=21)


async def topic_wanted(house: House, card: str) -> None:
    """Somebody who said yes to hearing when this card changes."""
    async with house.database.begin() as tx:
        person = await People().meet(tx, account="web", sender=card, unit="xa-mau", at=now())
        talk = await Conversations().open(
            tx, account="web", chat=card, thread="", person=person.known_as, at=now()
        )
        await Consents().answer(
            tx, Purpose.TOPIC, yes=True, person=person.id, conversation=talk.id, notice="1",
            topic=card, at=now(),
        )  # fmt: skip


async def test_other_languages_stay_when_the_vietnamese_words_change_until_read_again(
    house: House, desk: Desk
) -> None:
    hmong = "Kas khaub thaum 8 teev."
    number = await handed_in(desk, text_hmn=hmong)
    assert (await again(house, number)).draft.texts == (("hmn", hmong),)
    form_page = await desk.open(f"{address(number)}/edit")
    proof = await desk.press(form_page, "/preview", text="Chiều mai mới tiêm.")
    assert "Lời tiếng Việt đã đổi mà lời tiếng Mông chưa đổi" in proof
    refused = await desk.press(proof, "/submit", 422)
    assert "còn lời tiếng khác cần đọc lại" in refused
    back = await desk.press(refused, "/rewrite")
    assert form(back, "/preview")[1]["text_hmn"] == hmong
    assert "Nhờ người biết tiếng đọc lại" in back
    once_more = await desk.press(back, "/preview")
    assert "Lời tiếng Việt đã đổi" in once_more, "looking twice is not reading"
    await desk.press(once_more, "/submit", same_hmn="1")
    draft = (await again(house, number)).draft
    assert (draft.text, dict(draft.texts)) == ("Chiều mai mới tiêm.", {"hmn": hmong})
    proof = await desk.press(
        await desk.open(f"{address(number)}/edit"), "/preview", text="Thôi.", text_hmn="Tsis."
    )
    assert "Lời tiếng Việt đã đổi" not in proof, "both are new"
    await desk.press(proof, "/submit")
    assert (await again(house, number)).draft.texts == (("hmn", "Tsis."),)


async def test_it_goes_by_language_by_card_and_by_a_saved_list_and_each_is_counted(
    house: House, desk: Desk
) -> None:
    await asked_for_notices(house.database)
    await topic_wanted(house, "can-cuoc")
    empty = await desk.open(NEW)
    proof = await desk.press(empty, "/preview", text=WORDS, language="hmn")
    assert "Chỉ người đã chọn tiếng Mông." in proof
    assert "Chưa gửi được cho ai." in proof
    proof = await desk.press(empty, "/preview", text=WORDS, topic="can-cuoc")
    assert "đã nhờ báo khi" in proof
    assert "Gửi được cho chưa tới 5 người" in proof
    await desk.press(proof, "/submit")
    draft = (await again(house, 1)).draft
    assert (draft.purpose, draft.topic, draft.card) == (Purpose.TOPIC, "can-cuoc", "can-cuoc")

    lists = await desk.open("/staff/notices/lists")
    page = await desk.press(lists, "/save", name="Hỏi căn cước", topic="can-cuoc")
    assert "Đã lưu danh sách" in page
    assert "Gửi được cho chưa tới 5 người" in page
    proof = await desk.press(await desk.open(NEW), "/preview", text="Mới", saved="Hỏi căn cước")
    await desk.press(proof, "/submit")
    assert (await again(house, 2)).draft.topic == "can-cuoc"
    page = await desk.press(await desk.open("/staff/notices/lists"), "/drop")
    assert "Chưa có danh sách nào" in page
    refused = await desk.press(proof, "/submit", 422)
    assert "Không có danh sách này nữa" in refused
    async with house.database.read() as tx:
        lines = await Audit().page(tx, Wanted(kind=Kind.LIST), at_most=5)
    assert [(one.verb, one.thing) for one in lines] == [
        (Verb.DELETED, "Hỏi căn cước"), (Verb.ADDED, "Hỏi căn cước"),
    ]  # fmt: skip


async def test_lists_of_other_units_are_neither_shown_used_replaced_nor_dropped(
    house: House,
) -> None:
    async with house.database.begin() as tx:
        await Audiences().save(tx, "bên kia", Audience("xa-khac"), by="Hoa", at=now())
    async with sitting_at(house, Role.OFFICER, unit="xa-mau", name="Lan") as lan:
        page = await lan.open("/staff/notices/lists")
        assert "bên kia" not in page
        assert "của nơi khác" in await lan.press(page, "/save", 422, name="bên kia")
        saved = await lan.press(page, "/save", name="của mình")
        dropped = await lan.press(saved, "/drop", 404, name="bên kia")
        assert "bên kia" not in dropped
        used = await lan.press(await lan.open(NEW), "/preview", 422, text=WORDS, saved="bên kia")
        assert "Không có danh sách này nữa" in used
    async with house.database.read() as tx:
        assert (await Audiences().get(tx, "bên kia")) == Audience("xa-khac")


async def test_a_poll_a_survey_and_a_quiz_are_written_in_the_form(house: House, desk: Desk) -> None:
    await asked_for_notices(house.database, purpose=Purpose.SURVEYS)
    empty = await desk.open(NEW)
    poll = {"ask1": "Họp hôm nào?", "choices1": "Thứ bảy\nChủ nhật"}
    refused = await desk.press(empty, "/preview", 422, ask1="Họp hôm nào?", choices1="Thứ bảy")
    assert "Mới có 1 câu chọn" in refused
    assert "không gửi khẩn được" in await desk.press(
        empty, "/preview", 422, **poll, emergency="1", reason="lũ"
    )
    later = now() + timedelta(days=20)
    proof = await desk.press(empty, "/preview", **poll, until=f"17h ngày {later:%d/%m/%Y}")
    assert "201. Thứ bảy" in proof or "[Thứ bảy]" in proof
    assert "Gửi được cho 1 người" in proof
    sent = [await desk.client.post(*form(proof, "/submit")[:1], data=form(proof, "/submit")[1])
            for _ in range(2)]  # fmt: skip
    assert [answer.url.path for answer in sent] == [address(1)] * 2, "pressed twice, asked once"
    asks = (await again(house, 1)).draft.asks
    assert asks is not None
    assert (asks.form, asks.code, asks.questions[0].choices) == (
        Form.POLL, 20, ("Thứ bảy", "Chủ nhật"),
    )  # fmt: skip
    assert asks.until is not None

    wider = await desk.press(proof, "/rewrite", more="1")
    survey = {"ask2": "Trạm y tế cần sửa gì trước?"}
    proof = await desk.press(wider, "/preview", **survey)
    assert "Bà con trả lời bằng lời" in proof
    await desk.press(proof, "/submit")
    asks = (await again(house, 2)).draft.asks
    assert asks is not None
    assert (asks.form, len(asks.questions), asks.code) == (Form.SURVEY, 2, 21)

    both = await desk.press(empty, "/preview", 422, **poll, quiz="can-cuoc")
    assert "Chọn một thôi" in both
    proof = await desk.press(
        empty, "/preview", quiz="can-cuoc", wrong="Không cần gì\nChờ xã gọi", purpose="campaigns"
    )
    right = house.library.shelf.cards["can-cuoc"].say_back[1]
    assert f"Câu đúng: {right}" in proof
    await desk.press(proof, "/submit")
    it = (await again(house, 3)).draft
    assert it.asks is not None
    [question] = it.asks.questions
    assert question.choices[question.right or 0] == right
    assert {"Không cần gì", "Chờ xã gọi"} < set(question.choices)
    assert it.purpose is Purpose.CAMPAIGNS
    again_seen = await desk.press(await desk.open(f"{address(3)}/edit"), "/preview", text="Đố vui")
    await desk.press(again_seen, "/submit")
    kept = (await again(house, 3)).draft
    assert kept.asks == it.asks, "what is not touched stays"


async def test_questions_go_to_no_list_of_people_who_did_not_say_yes_to_them(
    house: House, desk: Desk
) -> None:
    async with house.database.begin() as tx:
        await Audiences().save(tx, "tin", Audience("xa-mau"), by="Lan", at=now())
    page = await desk.press(
        await desk.open(NEW),
        "/preview",
        422,
        ask1="Có đi không?",
        choices1="Có\nKhông",
        saved="tin",
    )
    assert "không phải của người đồng ý nhận câu hỏi" in page


async def test_who_zalo_shuts_out_is_asked_about_and_the_official_chooses_the_template(
    house: House, desk: Desk
) -> None:
    templates(house, Template(200, 300, "7788", "noi_dung"))
    await three_people(house)
    proof = await desk.press(await desk.open(NEW), "/preview", text=WORDS, place="xa-mau")
    assert "mẫu tin số 7788, lời thông báo vào ô “noi_dung”" in proof
    assert "Có 2 người trên Zalo OA lâu rồi không nhắn" in proof
    assert "Tốn khoảng 600 đồng." in proof
    chosen = await desk.press(proof, "/preview", template="1")
    assert "Zalo OA 3 (1 không mất tiền, 2 bằng mẫu tin)" in chosen
    left = await desk.press(chosen, "/preview")
    assert "Có 2 người trên Zalo OA lâu rồi không nhắn" in left, "and may think better of it"
    await desk.press(chosen, "/submit")
    assert (await again(house, 1)).draft.template
    page = await desk.open(address(1))
    assert "2 bằng mẫu tin" in page, "who approves reads who goes which way"
    assert "mẫu tin số 7788" in page


async def test_a_notice_is_kept_for_later_and_handed_in_then(house: House, desk: Desk) -> None:
    proof = await send(desk, await desk.open(NEW), {"picture": picture()}, text=WORDS, about=ABOUT)
    page = await desk.press(proof, "/keep")
    assert "Chưa gửi duyệt, chỉ mình bạn thấy" in page
    assert (await again(house, 1)).phase is Phase.DRAFT
    async with house.database.read() as tx:
        assert not await Files().orphans(tx, at=now() + 2 * HELD), "a draft's file is its own"
    await desk.press(page, "/submit")
    assert (await again(house, 1)).phase is Phase.SUBMITTED
    assert [verb for verb in await logged(house, 1) if verb is not Verb.SAW] == [
        Verb.ADDED, Verb.SUBMITTED,
    ]  # fmt: skip


async def test_answers_are_a_file_once_it_is_closed_and_each_file_is_noted(
    house: House, desk: Desk
) -> None:
    people = [await asked_for_notices(house.database, purpose=Purpose.SURVEYS) for _ in range(6)]
    number = await written(house, desk, Draft("", Purpose.SURVEYS, "xa-mau", asks=ASKED))
    await begun(house, number, end=State.SENT)
    async with house.database.begin() as tx:
        for person, _ in people:
            await Answers().put(tx, number, 0, Given(choice=0), person=person)
    page = await desk.open(address(number))
    assert "/answers" not in page, "while it is open, two files compared would tell who answered"
    open_too = {"token": form(page, "/close")[1]["token"], "form": "csv"}
    refused = await desk.client.post(f"{address(number)}/answers", data=open_too)
    assert "Chưa tải được" in await refused.text()
    page = await desk.press(page, "/close")
    to, fields = form(page, "/answers")
    for ending in ("csv", "jsonl", "xlsx"):
        answer = await desk.client.post(to, data=fields | {"form": ending})
        assert f'filename="tra-loi-{number}.{ending}"' in answer.headers["Content-Disposition"]
        content = await answer.read()
        if ending == "csv":
            rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
            assert [row["choice_text"] for row in rows] == ["Thứ bảy"] * 6
        if ending == "jsonl":
            assert len([json.loads(line) for line in content.splitlines()]) == 6
        if ending == "xlsx":
            assert content.startswith(b"PK")
    async with house.database.read() as tx:
        lines = await Audit().page(tx, Wanted(verb=Verb.EXPORTED), at_most=5)
    assert [(one.kind, one.thing, one.reason) for one in lines] == [
        (Kind.BROADCAST, str(number), ending) for ending in ("xlsx", "jsonl", "csv")
    ]


async def test_what_is_read_aloud_and_hung_up_is_given_of_cards_and_of_what_was_approved(
    house: House, desk: Desk, tmp_path: Path
) -> None:
    number = await written(house, desk, Draft(WORDS, unit="xa-mau"))
    page = await desk.open(address(number))
    assert f"{address(number)}/papers" not in page
    token = form(page, "/cancel")[1]["token"]
    order = {"token": token, "unit": "xa-mau", "form": "a5.pdf"}
    early = await desk.client.post(f"{address(number)}/papers", data=order)
    assert "Chưa in được" in await early.text()
    async with house.database.begin() as tx:
        await Broadcasts().approve(tx, number, by="Sua", at=now())
    to, _ = form(await desk.open(address(number)), "/papers")
    given = await desk.client.post(to, data=order)
    assert given.content_type == "application/pdf"
    with pypdfium2.PdfDocument(await given.read()) as paper:
        assert "tiêm phòng" in paper[0].get_textpage().get_text_bounded()
    loud = await desk.client.post(to, data=order | {"form": "loa.txt"})
    assert "Sáng mai trạm y tế tiêm phòng" in (await loud.read()).decode("utf-8-sig")

    cards = await desk.open("/staff/papers")
    await desk.press(cards, "/papers", 422, form="a4.pdf", card="khong-co")
    to, fields = form(cards, "/papers")
    card = fields | {"card": "can-cuoc", "unit": "xa-mau", "form": "a4.pdf"}
    sheet = await desk.client.post(to, data=card)
    assert (await sheet.read()).startswith(b"%PDF-")
    async with house.database.read() as tx:
        lines = await Audit().page(tx, Wanted(verb=Verb.EXPORTED), at_most=5)
    assert [(one.kind, one.thing, one.reason) for one in lines] == [
        (Kind.CARD, "can-cuoc", "a4.pdf"),
        (Kind.BROADCAST, str(number), "loa.txt"),
        (Kind.BROADCAST, str(number), "a5.pdf"),
    ]


async def test_before_it_is_taken_back_the_page_says_whom_that_reaches_and_what_stays(
    house: House, desk: Desk
) -> None:
    templates(house, None)
    await three_people(house)
    proof = await send(
        desk, await desk.open(NEW), {"picture": picture()}, text=WORDS, about=ABOUT, place="xa-mau"
    )
    await desk.press(proof, "/submit")
    await begun(house, 1, end=State.SENT)
    page = await desk.open(address(1))
    assert "Gửi được cho 1 người: Zalo OA 1" in page
    assert "1 trên Zalo OA lâu rồi không nhắn nên kênh không cho gửi" in page
    assert "1 trên Zalo OA phải trả tiền mới gửi được" in page
    assert "Sửa chỉ đổi được lời" in page
    page = await desk.press(page, "/take-back", text="Chiều mai mới tiêm.")
    assert "Gửi được cho 1 người: Zalo OA 1" in page, "and so does who approves it"
