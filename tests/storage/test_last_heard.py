"""When a person was last heard: what decides whether they may still be written to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage.conversations import Conversations
from storage.database import Database
from storage.inbox import Inbox
from storage.people import People

NOW = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)


async def test_the_last_thing_a_person_did_counts_but_not_that_they_left(
    database: Database,
) -> None:
    inbox = Inbox()
    async with database.begin() as tx:
        for chat in ("lan", "cu"):
            person = await People().meet(tx, account="xa", sender=chat, unit="", at=NOW)
            talk = await Conversations().open(
                tx, account="xa", chat=chat, thread="", person=person.id, at=NOW
            )
            for hours, kind in ((0, "text"), (3, "sticker"), (5, "blocked")):
                await inbox.store(
                    tx,
                    account="xa",
                    message_id=f"{chat}{hours}",
                    conversation=talk.id,
                    kind=kind,
                    text="",
                    sent_at=NOW + timedelta(hours=hours + (chat == "cu")),
                    at=NOW,
                )
    async with database.read() as tx:
        assert await inbox.last_heard(tx, account="xa", chat="lan") == NOW + timedelta(hours=3)
        assert await inbox.last_heard(tx, account="xa", chat="nobody") is None
        assert await inbox.last_heard(tx, account="other", chat="lan") is None
