"""A notice composed in an official's chat, by digits and typed words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.account_settings import Account
from bot.wiring import House, build, now
from content.library import Library
from handlers.actions import encode
from handlers.messages import Capabilities, Kind, Window
from handlers.official_actions import Compose, Composed
from storage.broadcasts import Phase
from storage.consents import Purpose
from storage.inbox import Inbox
from storage.notice_drafts import NoticeDraft, NoticeDrafts
from storage.officials import Role
from tests.bot.office import Post
from tests.handlers.notices import WORDS, again, asked_for_notices, composed, submitted
from tests.handlers.office import Person, official, remove


async def draft_of(person: Person) -> NoticeDraft | None:
    number = await person.number()
    async with person.house.database.read() as tx:
        return await NoticeDrafts().of(tx, number)


@pytest.mark.parametrize("word", ["thông báo", "Thong bao", "gửi thông báo", "gui thong bao"])
async def test_a_notice_is_composed_by_digits_and_shown_before_it_is_handed_in(
    house: House, word: str
) -> None:
    lan = await official(house)
    await official(house, Role.APPROVER, name="Sua")
    for _ in range(3):
        await asked_for_notices(house.database)
    await asked_for_notices(house.database, unit="ban-mau", yes=False)
    await asked_for_notices(house.database, unit="xa-khac")
    assert "viết lời" in await lan.told(word)
    assert "ở đâu" in await lan.told(WORDS)
    assert "loại tin" in await lan.told("1")
    cards = (await lan.say("1"))[0]
    assert "Tiêm phòng" in cards.buttons[0].label, "cards that the words may be about"
    assert "Gửi lúc nào" in await lan.told("1")
    preview, facts = await lan.say("7h sáng mai")
    assert WORDS in preview.text
    assert "[Xem thêm] [Dừng nhận tin]" in preview.text
    assert "Xã Mẫu và các nơi bên dưới" in facts.text
    assert "7:00" in facts.text
    assert "4 giây" in facts.text
    assert "Gửi được cho 3 người: trang web 3." in facts.text
    assert "1 đã nói không" in facts.text
    assert "Người duyệt: Sua" in facts.text
    assert "số 1" in await lan.told("1")
    it = await again(house, 1)
    assert (it.phase, it.author, it.draft.unit) == (Phase.SUBMITTED, "Lan", "xa-mau")
    assert await draft_of(lan) is None


async def test_hard_words_are_remarked_on_and_words_too_long_or_no_words_are_refused(
    house: House,
) -> None:
    lan = await official(house)
    await lan.say("thông báo")
    assert "viết bằng chữ" in await lan.told("", Kind.IMAGE)
    assert "bấm một trong các số" in await lan.told("5")
    assert "nhiều nhất là 900" in await lan.told("tiêm phòng " * 90)
    await lan.say("UBND mời bà con đi tiêm.")
    for digit in ("1", "1", "7"):
        await lan.say(digit)
    assert "“UBND”: nên viết đủ chữ" in await lan.told("1")


@pytest.mark.parametrize(
    ("typed", "hears"),
    [
        ("hôm qua", "Chưa hiểu lúc nào"),
        ("chiều mai", "Chưa rõ mấy giờ"),
        ("30/2", "Không có ngày giờ như vậy"),
        ("thứ hai hằng tuần 7h", "hằng tuần, lần đầu 7:00 thứ hai"),
        ("mai 8h30", "8:30"),
    ],
)
async def test_a_time_is_read_as_people_type_it_or_asked_again(
    house: House, typed: str, hears: str
) -> None:
    lan = await official(house)
    assert hears in await composed(lan, when=typed)


async def test_each_step_can_be_gone_back_from_skipped_and_given_up(house: House) -> None:
    lan = await official(house)
    await lan.say("thông báo")
    await lan.say(WORDS)
    assert "loại tin" in await lan.told("bỏ qua")
    assert "ở đâu" in await lan.told("quay lại")
    assert WORDS in await lan.told("0"), "the words that stand there are shown"
    assert "Đã giữ lại" in await lan.told("quay lại"), "there is nothing before the words"
    assert "đang viết dở" in await lan.told("thông báo")
    assert WORDS in await lan.told("1")
    assert "không bỏ qua được" in await lan.told("bo qua")
    assert "Đã bỏ" in await lan.told("thôi")
    assert await draft_of(lan) is None
    assert "viết lời" in await lan.told("thông báo")


async def test_one_thing_is_changed_from_the_preview_and_the_rest_stays(house: House) -> None:
    lan = await official(house)
    await composed(lan, when="mai 8h30")
    await lan.say("3")
    await lan.say("1")
    assert "Bản Mẫu" in await lan.told("3")
    draft = await draft_of(lan)
    assert draft
    assert (draft.unit, draft.step, draft.text) == ("ban-mau", "look", WORDS)
    assert "8:30" in await lan.told("còn gì nữa"), "other words change nothing unseen"
    await lan.say("3")
    await lan.say("2")
    assert "Tin vận động" in await lan.told("2")
    await lan.say("2")
    assert "Mai họp thôn" in await lan.told("Mai họp thôn ở nhà văn hóa.")


async def test_a_draft_survives_a_restart_a_day_and_what_comes_in_meanwhile(
    house: House, library: Library
) -> None:
    lan = await official(house)
    await lan.say("thông báo")
    await lan.say(WORDS)
    villager = Person(house)
    await villager.ask()
    await villager.say("đăng ký")
    async with build(house.settings, library) as anew:
        lan.house = anew
        assert "loại tin" in await lan.told("1"), "a question that came in took no digit"
        number, draft = await lan.number(), await draft_of(lan)
        assert draft
        async with anew.database.begin() as tx:
            await NoticeDrafts().keep(tx, number, draft, at=now() - timedelta(days=1))
        await lan.say("trang đầu")
        assert "đang viết dở" in await lan.told("gửi thông báo")
        assert "loại tin" in await lan.told("1")


async def test_who_goes_to_the_first_page_meanwhile_asks_as_anybody(house: House) -> None:
    lan = await official(house)
    await lan.say("thông báo")
    await lan.say("trang đầu")
    assert "căn cước" in (await lan.told("làm thẻ bảo hiểm y tế hộ nghèo cần giấy tờ gì")).lower()
    assert (await draft_of(lan) or NoticeDraft(0, "")).text == ""


async def test_a_time_that_passed_while_it_lay_is_asked_again(house: House) -> None:
    lan = await official(house)
    await composed(lan, when="mai 8h30")
    number, draft = await lan.number(), await draft_of(lan)
    assert draft
    async with house.database.begin() as tx:
        late = replace(draft, due_at=now() - timedelta(hours=1))
        await NoticeDrafts().keep(tx, number, late, at=now())
    assert "Giờ đã chọn qua rồi" in await lan.told("1")
    assert "ngay khi được duyệt" in await lan.told("1")


async def test_who_may_not_write_is_told_so_and_a_villager_is_served_as_one(house: House) -> None:
    reader, villager = await official(house, Role.VIEWER), Person(house)
    assert "chưa được giao" in await reader.told("thông báo")
    stolen = encode(Compose(Composed.BEGIN))
    assert "chưa được giao" in await reader.told(stolen, Kind.BUTTON)
    await villager.say("", Kind.START)
    assert "viết lời" not in await villager.told("thông báo")
    assert "không phải máy làm việc" in await villager.told(stolen, Kind.BUTTON)


async def test_officials_send_to_their_own_people_alone(house: House) -> None:
    lan = await official(house, unit="ban-mau")
    await lan.say("thông báo")
    assert "loại tin" in await lan.told(WORDS), "there is one place only: it is not asked"
    above = encode(Compose(Composed.CHOOSE, "unit", "xa-mau"))
    await lan.say(above, Kind.BUTTON)
    draft = await draft_of(lan)
    assert draft
    assert draft.unit == "ban-mau"
    everywhere = await official(house, unit="", name="Tỉnh")
    await everywhere.say("thông báo")
    labels = [button.label for button in (await everywhere.say(WORDS))[0].buttons]
    assert "1. bà con ở mọi nơi" in labels


async def test_only_those_who_said_yes_to_this_are_counted_and_one_unit_may_be_meant_alone(
    house: House,
) -> None:
    lan = await official(house)
    await asked_for_notices(house.database)
    await asked_for_notices(house.database, unit="ban-mau")
    await asked_for_notices(house.database, purpose=Purpose.SURVEYS)
    assert "cho 2 người" in await composed(lan)
    await lan.say("3")
    await lan.say("1")
    assert "cho 1 người" in await lan.told("2"), "without the village below it"
    await lan.say("3")
    await lan.say("2")
    assert "cho 1 người" in await lan.told("3"), "who said yes to surveys"


async def test_further_cards_are_added_by_words_up_to_three(house: House) -> None:
    lan = await official(house)
    await composed(lan)
    assert "Gắn thẻ" not in await lan.told("thêm thẻ bảo hiểm y tế hộ nghèo"), "there is none yet"
    await lan.say("5")
    assert "Gắn thẻ: Tiêm phòng" in await lan.told("1")
    told = await lan.told("thêm thẻ hộ nghèo được hỗ trợ gì")
    assert told.count("Gắn thẻ: ") == 2
    assert "Không tìm thấy" in await lan.told("thêm thẻ hộ nghèo được hỗ trợ gì"), "it is there"
    draft = await draft_of(lan)
    assert draft
    assert len(draft.also) == 1
    number = await submitted(lan)
    assert (await again(house, number)).draft.also == draft.also


async def test_an_unsent_answer_is_not_forgotten_for_a_notice(house: House) -> None:
    lan, villager = await official(house), Person(house)
    await villager.ask()
    for said in ("việc", "1", "1", "Ra chợ nhé."):
        await lan.say(said)
    assert "chưa gửi" in await lan.told("thông báo")
    assert await lan.draft() is not None


async def test_what_a_removed_official_was_composing_is_gone(house: House) -> None:
    lan = await official(house)
    await composed(lan)
    await remove(house, lan)
    assert await draft_of(lan) is None
    assert "không còn là máy làm việc" in await lan.told("1")


async def test_old_buttons_of_another_step_change_nothing(house: House) -> None:
    lan = await official(house)
    await composed(lan)
    old = encode(Compose(Composed.CHOOSE, "purpose", "surveys"))
    assert "Tin của xã" in await lan.told(old, Kind.BUTTON)
    assert await submitted(lan) == 1


async def test_an_official_who_composes_in_two_chats_has_two_drafts(house: House) -> None:
    lan, pao = await official(house), await official(house, name="Páo")
    await composed(lan, words="Mai họp thôn.")
    await composed(pao, words="Mai tiêm phòng.")
    assert await submitted(lan) == 1
    assert (await again(house, 1)).draft.text == "Mai họp thôn."
    assert (await draft_of(pao) or NoticeDraft(0, "")).text == "Mai tiêm phòng."


async def test_what_a_platform_charges_or_refuses_is_told_before_it_goes(house: House) -> None:
    lan = await official(house)
    window = Window(timedelta(hours=48), timedelta(days=7), pays=True)
    channel = Post("oa", capabilities=Capabilities(2000, buttons=5, window=window))
    account = Account.model_construct(name="oa", platform="zalo_oa", unit="xa-mau")
    house.accounts.put(account, channel)
    for number, days in enumerate((1, 3, 4, 9)):
        _, talk = await asked_for_notices(house.database, account="oa")
        heard = now() - timedelta(days=days)
        async with house.database.begin() as tx:
            await Inbox().store(
                tx, account="oa", message_id=str(number), conversation=talk, kind="text",
                text="chào", sent_at=heard, at=heard,
            )  # fmt: skip
    told = await composed(lan)
    assert "Zalo OA 3 (1 không mất tiền, 2 phải trả tiền)" in told
    assert "Có 2 tin phải trả tiền cho kênh, giá do kênh định." in told
    assert "1 trên Zalo OA lâu rồi không nhắn" in told
    await lan.say("6")
    later = await lan.told("4 ngày nữa")
    assert "Zalo OA 1 (1 phải trả tiền)" in later, "counted for the time at which it goes"
    assert "Số này tính cho lúc gửi" in later
    poor = replace(window, pays=False)
    channel = Post("oa", capabilities=Capabilities(2000, buttons=5, window=poor))
    house.accounts.put(account, channel)
    await lan.say("6")
    assert "2 trên Zalo OA phải trả tiền mới gửi được" in await lan.told("1")
