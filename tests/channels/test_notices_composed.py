"""A notice composed from an official's phone on each platform: to whom, and in which language."""

from __future__ import annotations

import pytest

from bot.wiring import House
from tests.channels.test_notices import PLATFORMS, on_rig, on_the_web
from tests.handlers.notices import WORDS, again, sending
from tests.handlers.office import invitation
from tests.handlers.test_notices_languages import HMONG, reader


@pytest.mark.parametrize("name", [*PLATFORMS, "web_chat"])
async def test_an_official_chooses_people_and_adds_a_language_by_digits_alone(
    house: House, name: str
) -> None:
    await reader(house, "hmn")
    await reader(house, "")
    code = await invitation(house)
    where = on_the_web(house) if name == "web_chat" else on_rig(house, name)
    async with where as line, sending(house):
        await line.say(f"mời {code}", "Lan")
        await line.say("1", "việc")
        await line.say("thông báo", "viết lời")
        await line.say(WORDS, "ở đâu")
        await line.say("1", "loại tin")
        await line.say("1", "thẻ")
        await line.say("7", "lúc nào")
        await line.say("1", "Gửi được cho 2 người")
        await line.say("3", "Lúc này gửi được cho 2 người")
        await line.say("3", "đọc một tiếng")
        await line.say("3", "Chỉ người đã chọn tiếng Mông")
        await line.say("4", "bằng tiếng nào")
        await line.say("1", "lời tiếng Mông vào đây")
        await line.say(HMONG, "nhận lời tiếng Mông")
        await line.say("1", "Đã gửi duyệt, thông báo số 1")
    it = await again(house, 1)
    assert (it.draft.language, it.draft.texts) == ("hmn", (("hmn", HMONG),))
