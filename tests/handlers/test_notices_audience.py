"""To whom a notice goes, chosen in the chat: who reads a language, follows a card, fits a list."""

from __future__ import annotations

import pytest

from bot.wiring import House, now
from handlers.actions import encode
from handlers.messages import Kind
from handlers.official_actions import Compose, Composed
from storage.audiences import Audience, Audiences, Saved
from storage.broadcasts import Phase
from storage.consents import Consents, Purpose
from storage.people import People
from tests.bot.test_broadcast_commands import command
from tests.handlers.notices import WORDS, again, asked_for_notices, composed, submitted
from tests.handlers.office import Person, official
from tests.handlers.test_notices_composing import draft_of
from tests.handlers.test_notices_languages import HMONG, TAY, reader, sent_to

WHO, TONGUES = "3", "4"


async def follower(house: House, card: str, *, unit: str = "xa-mau", yes: bool = True) -> int:
    """Somebody who answered whether to hear when that card changes; their person."""
    person, talk = await asked_for_notices(house.database, unit=unit, yes=None)
    async with house.database.begin() as tx:
        await Consents().answer(
            tx, Purpose.TOPIC, yes=yes, person=person, conversation=talk, notice="1", at=now(),
            topic=card,
        )  # fmt: skip
    return person


async def saved(house: House) -> dict[str, Audience]:
    async with house.database.read() as tx:
        return dict(await Audiences().all(tx))


async def keep(house: House, name: str, who: Audience) -> None:
    async with house.database.begin() as tx:
        await Audiences().save(tx, name, who, by="Minh", at=now())


async def test_the_plain_way_is_as_short_as_it_was(house: House) -> None:
    lan = await official(house)
    await composed(lan)
    draft = await draft_of(lan)
    assert draft
    assert (draft.language, draft.topic, draft.texts) == ("", "", ())
    assert (await again(house, await submitted(lan))).phase is Phase.SUBMITTED


async def test_readers_of_one_language_are_chosen_by_digits_and_counted_live(house: House) -> None:
    hmong = await reader(house, "hmn")
    for _ in range(2):
        await reader(house, "")
    lan = await official(house)
    await composed(lan)
    who = await lan.told(WHO)
    assert "Xã Mẫu và các nơi bên dưới" in who
    assert "Lúc này gửi được cho 3 người" in who
    languages = (await lan.say("3"))[0]
    assert [one.label for one in languages.buttons][:3] == [
        "1. Mọi người, đọc tiếng nào cũng gửi", "2. tiếng Việt", "3. tiếng Mông",
    ], "what most of them read stands first"  # fmt: skip
    facts = await lan.told("3")
    assert "Chỉ người đã chọn tiếng Mông." in facts
    assert "Gửi được cho chưa tới 5 người: trang web." in facts, "not how many, of so few"
    assert "chưa tới 5 người" in await lan.told(WHO)
    assert WORDS in await lan.told("0")
    number = await submitted(lan)
    assert (await again(house, number)).draft.language == "hmn"
    await command(house, "approve", str(number), "--by", "Minh")
    await house.clock.broadcasts()
    assert set(await sent_to(house, number)) == {hmong}


@pytest.mark.parametrize("words", ["tiếng Mông", "TIENG MONG", "mông", "tieng mong."])
async def test_a_language_may_be_typed_at_once_and_taken_back(house: House, words: str) -> None:
    await reader(house, "hmn")
    lan = await official(house)
    await composed(lan)
    await lan.say("gửi cho ai?")
    assert "Chỉ người đã chọn tiếng Mông." in await lan.told(words)
    await lan.say("gui cho ai")
    assert "Chỉ người đã chọn" not in await lan.told("moi nguoi, doc tieng nao cung gui")


async def test_who_follows_a_card_is_reached_and_who_only_asked_about_it_is_not(
    house: House,
) -> None:
    wants = await follower(house, "tiem-chung")
    await follower(house, "tiem-chung", yes=False)
    await follower(house, "tiem-chung", unit="xa-khac")
    await asked_for_notices(house.database)
    asks = Person(house)
    await asks.say("xa-mau", Kind.START)
    await asks.say("tiêm phòng cho trẻ ở đâu")
    lan = await official(house)
    await composed(lan)
    await lan.say(WHO)
    cards = (await lan.say("4"))[0]
    assert "ai chỉ hỏi qua thì không" in cards.text
    assert "Tiêm phòng" in cards.buttons[0].label, "what the words may be about"
    assert "Tìm thấy" in await lan.told("hộ nghèo được hỗ trợ gì"), "or found by words"
    facts = await lan.told(encode(Compose(Composed.CHOOSE, "followers", "tiem-chung")), Kind.BUTTON)
    assert "đã nhờ báo khi “Tiêm phòng" in facts
    assert "Gửi được cho chưa tới 5 người" in facts
    assert "Gắn thẻ: Tiêm phòng" in facts
    number = await submitted(lan)
    it = await again(house, number)
    assert (it.draft.purpose, it.draft.topic, it.draft.card) == (
        Purpose.TOPIC, "tiem-chung", "tiem-chung",
    )  # fmt: skip
    await command(house, "approve", str(number), "--by", "Minh")
    await house.clock.broadcasts()
    assert set(await sent_to(house, number)) == {wants}


async def test_the_way_back_from_a_cards_followers_leads_to_all_who_want_notices(
    house: House,
) -> None:
    await asked_for_notices(house.database)
    lan = await official(house)
    await composed(lan)
    for said in (WHO, "4", "1"):
        facts = await lan.told(said)
    assert "Chưa gửi được cho ai" in facts
    await lan.say(WHO)
    await lan.say("4")
    facts = await lan.told("7")
    assert "Loại tin: Tin của xã." in facts
    assert "cho 1 người" in facts
    for said in (WHO, "4", "1", WHO, "4", "khong theo the nao"):
        facts = await lan.told(said)
    assert "nhờ báo khi" not in facts, "by its words as well"
    for said in (WHO, "4", "1", WHO, "2", "2"):
        facts = await lan.told(said)
    assert "Loại tin: Tin vận động." in facts, "another purpose is about no card"
    assert "nhờ báo khi" not in facts


async def test_a_notice_for_followers_that_is_changed_stays_theirs(house: House) -> None:
    await follower(house, "tiem-chung")
    lan = await official(house)
    await composed(lan)
    for said in (WHO, "4", "1"):
        await lan.say(said)
    number = await submitted(lan)
    for said in ("các thông báo", "1", "1", "2", "Mốt mới tiêm nhé bà con."):
        await lan.say(said)
    assert await submitted(lan) == number
    it = await again(house, number)
    assert (it.draft.topic, it.draft.purpose) == ("tiem-chung", Purpose.TOPIC)


async def test_a_list_is_saved_in_the_chat_and_used_there_and_by_the_command(
    house: House,
) -> None:
    hmong = await reader(house, "hmn")
    await reader(house, "")
    lan = await official(house)
    await composed(lan)
    for said in (WHO, "3", "3", WHO):
        await lan.say(said)
    asked = await lan.told("6")
    assert "Chỉ người đã chọn tiếng Mông." in asked
    assert "không ghi tên ai" in asked
    assert "nhiều nhất là 64" in await lan.told("a" * 65)
    assert "Đã lưu danh sách “Người đọc: tiếng Mông”" in await lan.told("Người đọc:  tiếng Mông")
    assert (await saved(house))["Người đọc: tiếng Mông"] == Audience("xa-mau", language="hmn")
    assert "Người đọc: tiếng Mông" in await command(house, "lists")
    await lan.say("thôi")
    await composed(lan)
    await lan.say(WHO)
    facts = await lan.told("nguoi doc tieng mong")
    assert "Chỉ người đã chọn tiếng Mông." in facts
    number = await submitted(lan)
    await command(house, "approve", str(number), "--by", "Minh")
    await house.clock.broadcasts()
    assert set(await sent_to(house, number)) == {hmong}


async def test_only_lists_of_their_own_people_are_offered_or_replaced(house: House) -> None:
    await keep(house, "Mọi nơi", Audience())
    await keep(house, "Bản Mẫu", Audience("ban-mau"))
    await keep(house, "Theo thẻ", Audience("xa-mau", topic="tiem-chung", purpose=Purpose.TOPIC))
    lan = await official(house)
    await composed(lan)
    await lan.say(WHO)
    labels = [one.label for one in (await lan.say("5"))[0].buttons]
    assert labels[:2] == ["1. Bản Mẫu", "2. Theo thẻ"]
    everywhere = next(one.id for one in await _lists(house) if one.name == "Mọi nơi")
    made_up = encode(Compose(Composed.CHOOSE, "lists", str(everywhere)))
    assert "không còn nữa" in await lan.told(made_up, Kind.BUTTON)
    assert "nhờ báo khi “Tiêm phòng" in await lan.told("2")
    for said in (WHO, "6"):
        await lan.say(said)
    assert "nơi khác đã dùng" in await lan.told("Mọi nơi")
    assert (await saved(house))["Mọi nơi"] == Audience()
    assert "Đã lưu" in await lan.told("Bản Mẫu")
    assert (await saved(house))["Bản Mẫu"].topic == "tiem-chung", "their own may be replaced"


async def _lists(house: House) -> list[Saved]:
    async with house.database.read() as tx:
        return [*await Audiences().saved(tx)]


async def test_who_has_no_list_is_told_how_to_make_one(house: House) -> None:
    lan = await official(house, unit="ban-mau")
    await composed(lan)
    choices = (await lan.say(WHO))[0].buttons
    assert "Nơi nhận" not in " ".join(one.label for one in choices), "there is one place only"
    assert "Lưu thành danh sách" in await lan.told("4")
    assert "Muốn chọn lại" in await lan.told("quay lại")
    assert WORDS in await lan.told("0"), "and from there to the preview"


@pytest.mark.parametrize(("typed", "unit"), [("ban mau", "ban-mau"), ("Xã Mẫu", "xa-mau")])
async def test_a_place_may_be_typed_by_its_name(house: House, typed: str, unit: str) -> None:
    lan = await official(house)
    await lan.say("thông báo")
    await lan.say(WORDS)
    assert "loại tin" in await lan.told(typed)
    assert "thẻ" in await lan.told("tin cua xa")
    draft = await draft_of(lan)
    assert draft
    assert (draft.unit, draft.only_unit) == (unit, False)


async def test_words_in_a_further_language_are_added_changed_and_left_out_by_digits(
    house: House,
) -> None:
    await reader(house, "hmn")
    lan = await official(house)
    await composed(lan)
    assert "1. tiếng Mông" in (await lan.say(TONGUES))[0].buttons[0].label
    asked = await lan.told("1")
    assert f"Lời tiếng Việt: “{WORDS}”" in asked
    assert "nhiều nhất là 900" in await lan.told("a" * 901)
    assert HMONG in await lan.told(HMONG)
    await lan.say("lời tiếng khác")
    assert HMONG in await lan.told("mong"), "what stands there is shown"
    assert TAY in await lan.told(TAY), "and new words take its place"
    number = await submitted(lan)
    assert (await again(house, number)).draft.texts == (("hmn", TAY),)
    for said in ("các thông báo", "1", "1", TONGUES, "1"):
        await lan.say(said)
    assert TAY not in await lan.told("1")
    await submitted(lan)
    assert (await again(house, number)).draft.texts == ()


async def test_a_half_chosen_audience_survives_a_question_and_a_villagers_page(
    house: House,
) -> None:
    await reader(house, "hmn")
    lan = await official(house)
    await composed(lan)
    await lan.say(TONGUES)
    await lan.say("1")
    await lan.say("trang đầu")
    assert "đang viết dở" in await lan.told("thông báo")
    assert "lời tiếng Mông vào đây" in await lan.told("1")
    assert HMONG in await lan.told(HMONG)


async def test_a_question_goes_to_who_may_be_asked_alone(house: House) -> None:
    await keep(house, "Được hỏi", Audience("ban-mau", purpose=Purpose.SURVEYS))
    await keep(house, "Nhận tin", Audience("ban-mau"))
    lan = await official(house)
    for said in ("hỏi ý kiến", "Họp ngày nào?", "Thứ bảy\nChủ nhật", "1", "1", "1", "1"):
        await lan.say(said)
    labels = [one.label for one in (await lan.say("4"))[0].buttons]
    assert labels[:4] == [
        "1. Nơi nhận", "2. Người đọc một tiếng", "3. Danh sách đã lưu", "4. Lưu thành danh sách",
    ]  # fmt: skip
    assert "Được hỏi" in (await lan.say("3"))[0].buttons[0].label
    assert "Bản Mẫu" in await lan.told("1")
    number = await submitted(lan)
    it = await again(house, number)
    assert (it.draft.unit, it.draft.purpose) == ("ban-mau", Purpose.SURVEYS)


async def test_an_emergency_for_followers_tells_when_it_goes(house: House) -> None:
    lan = await official(house)
    await composed(lan)
    for said in (WHO, "4", "1", "7", "Lũ về"):
        facts = await lan.told(said)
    assert "VIỆC KHẨN" in facts
    assert "nhờ báo khi" in facts
    assert "Lúc gửi: ngay khi được duyệt" in facts


async def test_the_choice_that_is_typed_in_words_is_taken(house: House) -> None:
    lan = await official(house)
    await composed(lan)
    assert "viết lời" in await lan.told("sua loi")
    assert WORDS in await lan.told("0")
    assert "Gửi lúc nào" in await lan.told("sua gio gui")
    assert "Lúc gửi: ngay khi được duyệt" in await lan.told("ngay khi duoc duyet")
    assert "Đã gửi duyệt" in await lan.told("Gửi duyệt!")


async def test_what_a_person_chose_is_not_told_of_few(house: House) -> None:
    """The order of the languages says no more than the preview does, and exact numbers stand where
    there are enough."""
    person = await reader(house, "tyz")
    lan = await official(house)
    facts = await composed(lan)
    assert "Chọn tiếng Tày: chưa tới 5 người" in facts
    async with house.database.begin() as tx:
        await People().choose_language(tx, person, "")
    await lan.say(WHO)
    assert "2. tiếng Việt" in (await lan.say("3"))[0].buttons[1].label
    for _ in range(5):
        await reader(house, "tyz")
    assert "Gửi được cho 5 người: trang web 5." in await lan.told("tay")
