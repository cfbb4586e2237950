"""What people do at the cards' desk, and what became of it."""

from __future__ import annotations

from sqlalchemy import select

from bot.wiring import House
from content.card_files import text_of
from storage.audit import AuditRecord
from storage.card_drafts import CardDraft, CardDrafts
from storage.card_versions import CardVersions, Origin
from tests.console.desk import Desk

CARDS, SLUG = "/staff/cards", "khai-sinh"
CARD = f"{CARDS}/{SLUG}"
WORDS = "Sinh con thì ra xã làm giấy khai sinh sớm, trễ vẫn làm được."


def file(house: House, slug: str = SLUG) -> str:
    return text_of(house.library.folder, slug)


def by_hand(house: House, text: str, slug: str = SLUG) -> None:
    path = house.library.folder / "cards" / "vi" / f"{slug}.md"
    path.write_text(text, "utf-8")


async def draft_of(house: House, slug: str = SLUG) -> CardDraft | None:
    async with house.database.read() as tx:
        return await CardDrafts().get(tx, "vi", slug)


async def origins(house: House, slug: str = SLUG) -> list[Origin]:
    """Where the texts of a card came from, the oldest first."""
    async with house.database.read() as tx:
        found = await CardVersions().of(tx, "vi", slug, below=None, at_most=99)
    return [one.origin for one in reversed(found)]


async def deeds(house: House, slug: str = SLUG) -> list[str]:
    async with house.database.read() as tx:
        rows = await tx.connection.execute(
            select(AuditRecord.verb)
            .where(AuditRecord.kind == "card", AuditRecord.thing == slug)
            .order_by(AuditRecord.id)
        )
        return list(rows.scalars())


async def write(desk: Desk, *, status: int = 200, address: str = CARD, **fields: str) -> str:
    """Change these fields in the form and keep the draft."""
    page = await desk.open(f"{address}/edit")
    return await desk.press(page, "/save", status, **fields)


async def handed_in(desk: Desk, **fields: str) -> str:
    """The same, and hand it in."""
    page = await write(desk, **fields or {"general": WORDS})
    return await desk.press(page, "/submit")
