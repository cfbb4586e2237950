"""What the tests of polls share: people who agreed to be asked, and questions sent to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from bot.wiring import House, now
from handlers.messages import Kind
from storage.answer_numbers import Results, results_of
from storage.answers import AnswerRecord, Answers
from storage.broadcasts import Broadcasts, Draft
from storage.consents import Consents, Purpose
from storage.conversations import ConversationRecord
from storage.people import People
from storage.questionnaires import Form, Question, Questionnaire
from tests.handlers.office import Person

DAYS = ("Thứ bảy", "Chủ nhật", "Ngày nào cũng được")
POLL = Questionnaire(Form.POLL, (Question("Họp thôn ngày nào thì tiện?", DAYS),))
SURVEY = Questionnaire(
    Form.SURVEY,
    (
        Question("Bà con có hay đến trạm y tế không?", ("Hay đến", "Ít khi")),
        Question("Đến trạm có phải chờ lâu không?", ("Lâu", "Không lâu")),
        Question("Trạm cần sửa gì trước?"),
    ),
)


async def agreed(house: House, person: Person | None = None) -> Person:
    """Somebody of Xã Mẫu who said yes to being asked."""
    person = person or Person(house)
    await person.say("xa-mau", Kind.START)
    number = await person.number()
    async with house.database.begin() as tx:
        row = ConversationRecord
        found = await tx.connection.execute(select(row.person_id).where(row.id == number))
        known = await People().get(tx, found.scalar_one())
        await Consents().answer(
            tx, Purpose.SURVEYS, yes=True, person=known.id, conversation=number,
            notice="1", at=now(),
        )  # fmt: skip
    return person


async def asked(house: House, asks: Questionnaire = POLL, text: str = "") -> int:
    """Ask everybody who agreed; the broadcast's number."""
    book, at = Broadcasts(), now()
    async with house.database.begin() as tx:
        coded = replace(asks, code=await Answers().free_code(tx))
        draft = Draft(text, purpose=Purpose.SURVEYS, asks=coded)
        number = await book.write(tx, draft, by="Lan", at=at)
        await book.submit(tx, number, by="Lan", at=at)
        await book.approve(tx, number, by="Minh", at=at)
    await house.clock.broadcasts()
    return number


async def closed(house: House, number: int) -> None:
    async with house.database.begin() as tx:
        await Answers().close(tx, number, by="Lan", at=now())


async def results(house: House, number: int) -> Results:
    async with house.database.read() as tx:
        return await results_of(tx, await Broadcasts().get(tx, number))


async def kept(house: House, number: int) -> Sequence[tuple[int, int | None, str, bool]]:
    """What stands in the book: question, choice, words, and whether it leads to a person."""
    row = AnswerRecord
    async with house.database.read() as tx:
        rows = await tx.connection.execute(
            select(row.question, row.choice, row.words, row.person_id)
            .where(row.broadcast_id == number)
            .order_by(row.id)
        )
        return [(one.question, one.choice, one.words, one.person_id is not None) for one in rows]
