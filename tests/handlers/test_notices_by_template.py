"""A notice to who gets no free text any more: the official is told, chooses and sees the cost."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.account_settings import Account
from bot.wiring import House, now
from handlers.messages import Capabilities, Reply, Template, Window
from storage.consents import Consents, Purpose
from storage.conversations import Conversations
from storage.inbox import Inbox
from storage.officials import Role
from storage.people import People
from tests.bot.office import Post
from tests.channels.test_zalo_oa_template import approved, templated
from tests.channels.zalo_oa_house import House as Zalo
from tests.channels.zalo_oa_house import open_house
from tests.emulators.zalo_oa_line import CU, LAN
from tests.handlers.notices import WORDS, account_of, again, composed, sending, submitted
from tests.handlers.office import Person, official

DAY = timedelta(days=1)
WINDOW = Window(timedelta(hours=48), timedelta(days=7))
PLATFORM = Account.model_construct(name="xa-mau", platform="zalo_oa", unit="xa-mau")


def templates(house: House, template: Template | None) -> None:
    """The commune has a Zalo OA, with this template or none."""
    able = Capabilities(2000, buttons=5, window=WINDOW, template=template)
    house.accounts.put(PLATFORM, Post("xa-mau", capabilities=able))


async def villager(house: House, chat: str, *, heard: timedelta) -> None:
    """Somebody on Zalo who asked for notices, and last wrote so long ago."""
    at = now() - heard
    async with house.database.begin() as tx:
        person = await People().meet(tx, account="xa-mau", sender=chat, unit="xa-mau", at=at)
        talk = await Conversations().open(
            tx, account="xa-mau", chat=chat, thread="", person=person.known_as, at=at
        )
        await Consents().answer(
            tx, Purpose.NOTICES, yes=True, person=person.id, conversation=talk.id, notice="1",
            at=at,
        )  # fmt: skip
        await Inbox().store(
            tx, account="xa-mau", message_id=chat, conversation=talk.id, kind="text",
            text="chào", sent_at=at, at=at,
        )  # fmt: skip


def labels_of(replies: list[Reply]) -> list[str]:
    return [button.label for reply in replies for button in reply.buttons]


async def three_people(house: House) -> Person:
    """One who wrote yesterday, one three days ago, one nine; and an official."""
    for number, days in enumerate((1, 3, 9)):
        await villager(house, str(number), heard=days * DAY)
    return await official(house)


async def test_who_it_does_not_reach_is_asked_about_once_with_what_it_costs(house: House) -> None:
    templates(house, Template(200, 300))
    lan = await three_people(house)
    asked = await composed(lan)
    assert "Có 2 người trên Zalo OA lâu rồi không nhắn" in asked
    assert f"“{WORDS}” Tốn khoảng 600 đồng." in asked
    preview, facts = await lan.say("1")
    assert "Ai lâu rồi không nhắn trên Zalo OA sẽ thấy lời này trong mẫu tin:" in preview.text
    assert preview.text.endswith(WORDS)
    assert "Zalo OA 3 (1 không mất tiền, 2 bằng mẫu tin)" in facts.text
    assert "Có 2 người trên Zalo OA nhận bằng mẫu tin. Tốn khoảng 600 đồng." in facts.text
    it = await again(house, await submitted(lan))
    assert it.draft.template
    assert json.loads(it.draft.frozen())["template"] is True


@pytest.mark.parametrize("answer", ["2", "bỏ qua"])
async def test_without_a_yes_they_are_left_out_and_the_approver_reads_so(
    house: House, answer: str
) -> None:
    templates(house, Template(200))
    lan = await three_people(house)
    sua = await official(house, Role.APPROVER, name="Sua")
    assert "Phải trả tiền, giá ở đây chưa biết." in await composed(lan)
    told = await lan.told(answer)
    left_out = "Có 2 người trên Zalo OA chỉ nhận được bằng mẫu tin, mà thông báo này không gửi"
    assert "Zalo OA 1 (1 không mất tiền)" in told
    assert left_out in told
    assert "trong mẫu tin:" not in told
    number = await submitted(lan)
    assert not (await again(house, number)).draft.template
    await house.notices.reports.run(now())
    assert left_out in "\n".join(reply.text for reply in await sua.replies())


@pytest.mark.parametrize(("template", "days"), [(None, 9), (Template(200), 1)])
async def test_nobody_is_asked_where_there_is_no_template_or_nobody_beyond(
    house: House, template: Template | None, days: int
) -> None:
    templates(house, template)
    await villager(house, "1", heard=days * DAY)
    told = await composed(await official(house))
    assert "Bà con sẽ thấy" in told
    assert "mẫu tin" not in told


async def test_words_too_long_for_the_template_are_told_and_go_by_none(house: House) -> None:
    templates(house, Template(len(WORDS), 300))
    lan = await three_people(house)
    told = await composed(lan, words=f"{WORDS} {WORDS}")
    assert f"Lời dài {2 * len(WORDS) + 1} chữ cái, mẫu tin trên Zalo OA chỉ chứa" in told
    await lan.say("2")
    assert "1. Gửi cho họ bằng mẫu tin" in labels_of(await lan.say(WORDS)), "shorter words fit"
    await lan.say("1")
    await lan.say("2")
    told = await lan.told(f"{WORDS} Mai nhé.")
    assert "không gửi bằng mẫu tin được" in told
    assert not (await again(house, await submitted(lan))).draft.template


async def test_the_choice_is_gone_back_from_and_changed_at_the_preview(house: House) -> None:
    templates(house, Template(200))
    lan = await three_people(house)
    await composed(lan)
    assert "Gửi lúc nào" in await lan.told("quay lại")
    assert "bằng mẫu tin" in await lan.told("1")
    assert "Bạn bấm một trong các số" in await lan.told("gửi đi nhé")
    await lan.say("2")
    assert "1. Gửi bằng mẫu tin hay không" in labels_of(await lan.say("9"))
    assert "1. Gửi cho họ bằng mẫu tin" in labels_of(await lan.say("1"))
    assert "nhận bằng mẫu tin" in await lan.told("1")
    assert (await again(house, await submitted(lan))).draft.template


async def zalo(house: House, opened: Zalo) -> None:
    """A real channel to the emulator: Lan wrote just now, the old man nine days ago."""
    await approved(opened)
    await opened.control.do(
        "user", user=CU, last_interaction=opened.now().timestamp() - 9 * 24 * 3600
    )
    house.accounts.put(PLATFORM, templated(opened))
    await villager(house, LAN, heard=timedelta(hours=1))
    await villager(house, CU, heard=9 * DAY)


async def test_from_the_officials_yes_to_the_old_mans_phone(house: House) -> None:
    async with open_house() as opened:
        await zalo(house, opened)
        lan, sua = await official(house), await official(house, Role.APPROVER, name="Sua")
        await composed(lan)
        await lan.say("1")
        number = await submitted(lan)
        await house.notices.reports.run(now())
        assert "nhận bằng mẫu tin" in "\n".join(one.text for one in await sua.replies())
        await sua.say("1")
        async with sending(house):
            await house.clock.broadcasts()
            [text] = await opened.control.sent(LAN, at_least=1)
            [template] = await opened.control.sent(CU, at_least=1)
        assert (text.kind, template.kind) == ("text", "template")
        assert "nhắn DỪNG" in text.text
        assert template.text == f"UBND xã Mẫu báo: {WORDS}"
        account = await account_of(house, number)
        assert (account.sent, account.by_template, account.failed) == (2, 1, 0)
        house.accounts.channels.pop("xa-mau")
