"""Insert unless the same key is there already: one statement on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from storage.database import Record, Transaction


async def insert_or_ignore(
    tx: Transaction, record: type[Record], values: dict[str, Any], key: list[str]
) -> int | None:
    """Return the new row's id, or None when a row with that `key` was there."""
    insert = postgresql.insert if tx.on_postgresql else sqlite.insert
    statement = (
        insert(record)
        .values(**values)
        .on_conflict_do_nothing(index_elements=key)
        .returning(record.__table__.c.id)
    )
    inserted = (await tx.connection.execute(statement)).scalar_one_or_none()
    return None if inserted is None else int(inserted)
