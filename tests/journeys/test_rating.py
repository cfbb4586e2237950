"""A villager says on each channel whether an answer was what they asked, as it is shown there."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date
from pathlib import Path

from sqlalchemy import select

from content.library import Library
from storage.tallies import Asked, TallyRecord
from tests.emulators.phones import Phone
from tests.journeys.commune import Commune, commune, hear, say

QUESTION = "làm thẻ bảo hiểm y tế cho hộ nghèo cần giấy gì"
RIGHT, WRONG = "👍 Đúng rồi", "👎 Chưa đúng"
TYPED = {RIGHT: "dung roi", WRONG: "chua dung"}


async def tell(phone: Phone, label: str, hears: str) -> None:
    """By the button that is shown, else by its words."""
    before = await phone.screen()
    if any(label in shown.buttons for shown in before):
        await phone.tap(label)
        await hear(phone, hears, len(before))
    else:
        assert any(f"{RIGHT} · {WRONG}" in shown.text for shown in before)
        await say(phone, TYPED[label], hears)


async def rated(world: Commune) -> Counter[tuple[str, Asked]]:
    """By platform and what was said."""
    found: Counter[tuple[str, Asked]] = Counter()
    async with world.house.database.read() as tx:
        row = TallyRecord
        for one in await tx.connection.execute(
            select(row.platform, row.what, row.many, row.topic).where(row.day >= date.min)
        ):
            if one.what in {Asked.HELPED, Asked.NOT_HELPED}:
                assert one.topic == "the-bhyt"
                found[one.platform, Asked(one.what)] += one.many
    return found


async def test_each_channel_counts_one_answer_once_and_helps_on_who_was_not_helped(
    data_folder: Path, library: Library
) -> None:
    async def through(phone: Phone) -> None:
        await say(phone, QUESTION, "giấy cần mang")
        await tell(phone, RIGHT, "Cần gì cứ hỏi tiếp")
        await tell(phone, RIGHT, "Cần gì cứ hỏi tiếp")
        await tell(phone, WRONG, "hỏi lại bằng lời khác")
        await say(phone, "9", f"“{QUESTION}”")

    async with commune(data_folder.parent, library) as world:
        await asyncio.gather(*(through(phone) for phone in world.phones.values()))
        platforms = ("telegram", "web_chat", "zalo_bot", "zalo_oa")
        assert len(world.phones) == len(platforms)
        assert await rated(world) == {(name, Asked.NOT_HELPED): 1 for name in platforms}
