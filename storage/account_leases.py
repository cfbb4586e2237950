"""Which sender sends for an account: one at a time, because each paces for itself alone.

A lease ends with its sender: when it retires, or has not shown itself for `LEASE`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Record, Transaction
from storage.outbox import SenderRecord, server_time

LEASE = timedelta(seconds=3)
"""Less than for claims: to be wrong costs some messages too fast, not a message sent twice."""


class AccountLeaseRecord(Record):
    __tablename__ = "account_leases"

    account: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(
        String(128), ForeignKey("senders.owner", ondelete="CASCADE"), index=True
    )


class AccountLeases:
    """The book of who sends for whom."""

    async def take(self, tx: Transaction, account: str, owner: str, *, at: datetime) -> bool:
        """Whether the sender `owner` sends for the account from now on. False: another does.

        So it is too for a sender that is taken for dead, until it shows itself again.
        """
        lease, sender = AccountLeaseRecord, SenderRecord
        dead = sender.seen_at < server_time(tx, at, ago=LEASE)
        row = await tx.connection.execute(
            select(lease.owner, dead.label("dead"))
            .join(sender, sender.owner == lease.owner)
            .where(lease.account == account)
        )
        holder = row.one_or_none()
        me = select(literal(account), sender.owner).where(sender.owner == owner)
        if holder is None:
            insert = postgresql.insert if tx.on_postgresql else sqlite.insert
            taken = await tx.connection.execute(
                insert(lease)
                .from_select(["account", "owner"], me)
                .on_conflict_do_nothing()
                .returning(lease.account)
            )
            return taken.first() is not None
        if holder.owner == owner or not holder.dead:
            return bool(holder.owner == owner)
        taken_over = await tx.connection.execute(
            update(lease)
            .where(lease.account == account, lease.owner == holder.owner, me.exists())
            .values(owner=owner)
        )
        return bool(taken_over.rowcount)

    async def of_others(self, tx: Transaction, owner: str, *, at: datetime) -> set[str]:
        """The accounts that other senders send for."""
        lease, sender = AccountLeaseRecord, SenderRecord
        rows = await tx.connection.execute(
            select(lease.account)
            .join(sender, sender.owner == lease.owner)
            .where(lease.owner != owner, sender.seen_at >= server_time(tx, at, ago=LEASE))
        )
        return set(rows.scalars())

    async def give_back(self, tx: Transaction, accounts: Collection[str], owner: str) -> None:
        """The sender has nothing to do for these accounts: another may send for them."""
        lease = AccountLeaseRecord
        await tx.connection.execute(
            delete(lease).where(lease.owner == owner, lease.account.in_(accounts))
        )
