"""A house in memory behind the web chat: takes messages, answers like the bot, remembers all."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.channels.web_chat import Line
from content.texts import Texts
from handlers.messages import Button, Incoming, Kind, Media, MediaKind, Reply

TEXTS = Texts.load(Path(__file__).parents[2] / "content" / "texts" / "vi.po")
CARD = "1:c:tro-cap-huu-tri-xa-hoi:"
PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 120"><rect width="240" height="120"'
    b' fill="#fff"/><g fill="none" stroke="#7a1f1a" stroke-width="4" stroke-linejoin="round">'
    b'<path d="M20 100h60V52L50 28 20 52zM42 100V72h16v28M98 66h34m-10-10 10 10-10 10"/>'
    b'<path d="M148 30h72v70h-72zM162 50h44M162 64h44M162 78h26"/>'
    b"</g></svg>"
)
WELCOME = Reply(
    "Chào bà con! Tôi là Loa Bản, máy trả lời về chính sách.\n"
    "Bà con cứ viết câu hỏi, hoặc bấm một mục dưới đây. Việc gấp thì gọi 113, 114, 115.",
    (
        Button("1. Tiền hỗ trợ", "1:g:an-sinh:0", 1),
        Button("2. Bảo hiểm y tế", "1:g:y-te:0", 2),
        Button("3. Giấy tờ", "1:g:giay-to:0", 3),
        Button("4. Vay vốn", "1:g:vay-von:0", 4),
        Button("5. Học hành", "1:g:hoc-hanh:0", 5),
        Button("6. Đất, nhà ở", "1:g:dat-nha:0", 6),
        Button("9. Hỏi cán bộ xã", "1:p", 9),
    ),
)
SHORT = Reply(
    "Tiền tuổi già hằng tháng\n"
    "Người từ 75 tuổi không có lương hưu được Nhà nước phát tiền mỗi tháng; hộ nghèo, cận nghèo"
    " thì từ 70 tuổi. Mức chung là 540.000 đồng/tháng.\n"
    "Bà con nhớ giúp:\n• Từ 75 tuổi không có lương hưu là được.\n"
    "• Phải làm giấy đề nghị, không làm thì không có.\n• Nộp ở xã, không mất tiền.",
    (
        Button("1. Ai được?", CARD + "eligibility", 1),
        Button("2. Được gì, bao nhiêu?", CARD + "amount", 2),
        Button("3. Cần giấy gì?", CARD + "papers", 3),
        Button("4. Các bước", CARD + "steps", 4),
        Button("9. Hỏi cán bộ", "1:p", 9),
        Button("0. Trang đầu", "1:h", 0),
    ),
    (
        Media(
            MediaKind.IMAGE, "pictograms/mot-cua.svg", "Hình: đi từ nhà lên xã, mang theo giấy tờ"
        ),
    ),
)
STEPS = Reply(
    "Tiền tuổi già hằng tháng: các bước\n"
    "1. Xin giấy đề nghị mẫu 01 ở xã, nhờ con cháu hoặc cán bộ ghi giúp.\n"
    "2. Nộp giấy ở bộ phận một cửa của xã, mang theo căn cước.\n"
    "3. Lấy giấy hẹn có ghi ngày trả lời.\n"
    "4. Chủ tịch xã ký thì nhận tiền mặt hoặc qua tài khoản mỗi tháng.\n"
    "Chưa rõ thì bà con gọi xã: 0260 3862 345.\n"
    "Theo Nghị định 176/2025/NĐ-CP. Đọc lại ngày 23/11/2026.\n"
    "Thẻ mẫu, chưa cơ quan nào duyệt: hỏi lại xã trước khi làm.",
    SHORT.buttons[:3] + SHORT.buttons[4:],
    (Media(MediaKind.AUDIO, "audio/cac-buoc.mp3", "Các bước xin tiền tuổi già"),),
)
LABELS = {b.action: b.label.partition(". ")[2] for r in (WELCOME, SHORT) for b in r.buttons}


@dataclass
class Kept:
    """One message: `seen_at` is None while ours has not been sent."""

    number: int
    chat: str
    mine: bool
    text: str
    seen_at: datetime | None
    reply: Reply | None = None


class House:
    """The ports of WebChat: `accept`, transcripts, `welcome` and `read_media`.

    `answer_after` is how long an answer takes, in seconds. With `broken` all fails.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.answer_after = 0.0
        self.broken = False
        self.came: dict[str, Incoming] = {}
        self.kept: list[Kept] = []
        self._marks: defaultdict[str, int] = defaultdict(int)
        self._news = asyncio.Condition()
        self._answering: set[asyncio.Task[None]] = set()

    async def accept(self, incoming: Incoming) -> bool:
        self._fail_if_broken()
        if incoming.message_id in self.came:
            return False
        self.came[incoming.message_id] = incoming
        text = "" if incoming.kind is Kind.START else incoming.text
        text = LABELS.get(text, text) if incoming.kind is Kind.BUTTON else text
        await self._show(self._keep(incoming.address.chat, text=text, mine=True))
        # As in the outbox: the reply has its place in the talk at once, and is seen when sent.
        reply = self._keep(incoming.address.chat, text="", mine=False, reply=self._reply(incoming))
        task = asyncio.create_task(self._send(reply))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        return True

    async def tell(self, chat: str, reply: Reply) -> None:
        """Say something unasked, as a notice does."""
        await self._show(self._keep(chat, text="", mine=False, reply=reply))

    def opened(self, link: str) -> Reply | None:
        return SHORT if link.endswith("_tro-cap") else None

    def welcome(self, unit: str) -> Reply:
        return Reply(f"{WELCOME.text}\nXã: {unit}", WELCOME.buttons) if unit else WELCOME

    async def read_media(self, name: str) -> bytes:
        self._fail_if_broken()
        if name == "pictograms/mot-cua.svg":
            return PICTURE
        if name == "audio/cac-buoc.mp3":
            return bytes(range(256)) * 4
        raise FileNotFoundError(name)

    async def last(self, chat: str) -> list[Line]:
        self._fail_if_broken()
        return self._lines(chat)[-60:]

    async def since(self, chat: str, after: datetime) -> list[Line]:
        self._fail_if_broken()
        return [line for line in self._lines(chat) if line.at >= after][-60:]

    def mark(self, chat: str) -> int:
        return self._marks[chat]

    async def changed(self, chat: str, heard: int, at_most: float) -> int:
        async def wait() -> None:
            async with self._news:
                await self._news.wait_for(lambda: self._marks[chat] != heard)

        try:
            await asyncio.wait_for(wait(), at_most)
        except TimeoutError:
            return heard
        return self._marks[chat]

    def _lines(self, chat: str) -> list[Line]:
        return [
            Line(f"{'q' if k.mine else 'a'}{k.number}", k.mine, k.text, k.seen_at, k.reply)
            for k in self.kept
            if k.chat == chat and k.seen_at is not None and (k.reply or k.text)
        ]

    async def _send(self, reply: Kept) -> None:
        await asyncio.sleep(self.answer_after)
        await self._show(reply)

    def _keep(self, chat: str, *, text: str, mine: bool, reply: Reply | None = None) -> Kept:
        kept = Kept(len(self.kept) + 1, chat, mine, text, None, reply)
        self.kept.append(kept)
        return kept

    async def _show(self, kept: Kept) -> None:
        kept.seen_at = self.clock()
        async with self._news:
            self._marks[kept.chat] += 1
            self._news.notify_all()

    def _reply(self, incoming: Incoming) -> Reply:
        if incoming.kind is Kind.START:
            return self.welcome(incoming.text)
        if incoming.text.endswith("steps") or "bước" in incoming.text:
            return STEPS
        if incoming.text == "1:h":
            return WELCOME
        if "tuổi già" in incoming.text or "tien gia" in incoming.text or "1:" in incoming.text:
            return SHORT
        return Reply(f"Bà con nói: {incoming.text}", SHORT.buttons[-2:])

    def _fail_if_broken(self) -> None:
        if self.broken:
            raise OSError("the database does not answer")
