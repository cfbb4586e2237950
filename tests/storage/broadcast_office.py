"""What the tests of broadcasts share: villagers who said yes, and notices to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from storage.broadcast_recipients import Account, Recipients
from storage.broadcast_schedule import Schedule
from storage.broadcasts import Broadcast, Broadcasts, Draft
from storage.consents import Consents, Purpose
from storage.conversations import Conversations
from storage.database import Database
from storage.outbox import Claim, Outbox
from storage.people import People

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
BOOK, SCHEDULE = Broadcasts(), Schedule()
RECIPIENTS, CONSENTS = Recipients(), Consents()
BODIES = {"bot": '{"text": "x", "buttons": [], "media": []}'}


class Office:
    """Villagers who said yes, and broadcasts to them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def villager(self, name: str, *, unit: str = "", yes: bool = True) -> tuple[int, int]:
        """Their person and conversation."""
        async with self.database.begin() as tx:
            person = await People().meet(tx, account="bot", sender=name, unit=unit, at=NOW)
            talk = await Conversations().open(
                tx, account="bot", chat=name, thread="", person=person.known_as, at=NOW
            )
            if yes:
                await CONSENTS.answer(
                    tx, Purpose.NOTICES, yes=True, person=person.id, conversation=talk.id,
                    notice="1", at=NOW,
                )  # fmt: skip
        return person.id, talk.id

    async def do(self, deed: str, number: int, **more: Any) -> None:
        async with self.database.begin() as tx:
            await getattr(BOOK, deed)(tx, number, **{"by": "Mai", "at": NOW, **more})

    async def scheduled(self, **values: Any) -> int:
        async with self.database.begin() as tx:
            number = await BOOK.write(tx, Draft("tin", **values), by="Lan", at=NOW)
        await self.do("submit", number)
        await self.do("approve", number)
        async with self.database.begin() as tx:
            await SCHEDULE.plan(tx)
        return number

    async def begun(self, *, units: tuple[str, ...] = (), **values: Any) -> int:
        number = await self.scheduled(**values)
        async with self.database.begin() as tx:
            await SCHEDULE.begin(tx, await BOOK.get(tx, number), at=NOW)
        await self.expand(number, units)
        return number

    async def expand(self, number: int, units: tuple[str, ...] = ()) -> None:
        more = True
        while more:
            async with self.database.begin() as tx:
                it = await BOOK.get(tx, number)
                more = await RECIPIENTS.expand(tx, it, bodies=BODIES, units=units, at=NOW)

    async def get(self, number: int) -> Broadcast:
        async with self.database.read() as tx:
            return await BOOK.get(tx, number)

    async def account(self, number: int) -> Account:
        async with self.database.read() as tx:
            return await RECIPIENTS.account(tx, number)

    async def claim(self, *, cap: int = 3) -> list[Claim]:
        """What a sender may send of all that waits."""
        async with self.database.begin() as tx:
            await Outbox().alive(tx, "me", at=NOW)
            claims = await Outbox().claim(tx, account="bot", owner="me", at=NOW, at_most=50)
            refused = await RECIPIENTS.refuse(tx, claims, cap=cap, at=NOW)
        return [claim for claim in claims if claim.id not in refused]

    async def send(self, **more: Any) -> int:
        claims = await self.claim(**more)
        async with self.database.begin() as tx:
            for claim in claims:
                await Outbox().sent(tx, claim, platform_id="1", at=NOW)
        return len(claims)


async def lose_the_sender(office: Office) -> None:
    async with office.database.begin() as tx:
        await Outbox().retire(tx, "me")
        await Outbox().free_lost_claims(tx, at=NOW)
