"""What was approved is kept as a copy; what became of a broadcast outlives its messages."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PENDING = "state = 'pending' AND attempts >= 0"


def upgrade() -> None:
    op.create_table(
        "broadcast_outcomes",
        sa.Column("id", ID, nullable=False),
        sa.Column("broadcast_id", ID, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("many", sa.Integer(), nullable=False),
        sa.Column("again", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"],
            name=op.f("fk_broadcast_outcomes_broadcast_id_broadcasts"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast_outcomes")),
        sa.UniqueConstraint(
            "broadcast_id", "state", "reason", "blocked",
            name=op.f("uq_broadcast_outcomes_broadcast_id_state_reason_blocked"),
        ),
    )  # fmt: skip
    # Written out, as in 0006: Alembic would build SQLite's table anew.
    op.execute("ALTER TABLE outbox ADD COLUMN again INTEGER DEFAULT 0 NOT NULL")
    op.execute("ALTER TABLE broadcasts ADD COLUMN approved TEXT DEFAULT '' NOT NULL")
    _copy_what_was_approved()
    op.create_index(
        "ix_outbox_first", "outbox", ["account", "lane", "not_before"],
        sqlite_where=sa.text(PENDING), postgresql_where=sa.text(PENDING),
    )  # fmt: skip


def _copy_what_was_approved() -> None:
    """As `storage.broadcast_draft.Draft.frozen` writes it."""
    names = ("text", "card", "purpose", "unit", "emergency", "reason")
    table = sa.table("broadcasts", sa.column("id"), sa.column("approved_by"),
                     sa.column("approved"), *(sa.column(n) for n in names if n != "emergency"),
                     sa.column("emergency", sa.Boolean()))  # fmt: skip
    connection = op.get_bind()
    rows = connection.execute(
        sa.select(table.c.id, *(table.c[n] for n in names)).where(table.c.approved_by != "")
    ).all()
    for row in rows:
        words = {name: getattr(row, name) for name in names}
        copy = json.dumps(words, ensure_ascii=False, sort_keys=True)
        connection.execute(sa.update(table).where(table.c.id == row.id).values(approved=copy))


def downgrade() -> None:
    op.drop_index("ix_outbox_first", "outbox")
    op.execute("ALTER TABLE broadcasts DROP COLUMN approved")
    op.execute("ALTER TABLE outbox DROP COLUMN again")
    op.drop_table("broadcast_outcomes")
