"""Consents, broadcasts, and which messages of the outbox are of one."""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OF_BROADCAST = "broadcast_id IS NOT NULL"
OF_PERSON = "person_id IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("yes", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.String(length=16), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"],
            name=op.f("fk_consents_person_id_people"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"],
            name=op.f("fk_consents_conversation_id_conversations"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )  # fmt: skip
    holds = sa.text("holds")
    op.create_index(
        "uq_consents_holds", "consents", ["person_id", "purpose"],
        unique=True, sqlite_where=holds, postgresql_where=holds,
    )  # fmt: skip
    op.create_index("ix_consents_conversation", "consents", ["conversation_id"])
    op.create_table(
        "broadcasts",
        sa.Column("id", ID, nullable=False),
        sa.Column("series_id", ID, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("card", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("repeats", sa.String(length=64), nullable=False),
        sa.Column("due_at", Utc(), nullable=True),
        sa.Column("grace", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=128), nullable=False),
        sa.Column("approved_by", sa.String(length=128), nullable=False),
        sa.Column("approved_at", Utc(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("started_at", Utc(), nullable=True),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.Column("expanded_to", ID, nullable=False),
        sa.Column("expanded", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("history", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"], ["broadcasts.id"],
            name=op.f("fk_broadcasts_series_id_broadcasts"), ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcasts")),
        sa.UniqueConstraint("series_id", "due_at", name=op.f("uq_broadcasts_series_id_due_at")),
    )  # fmt: skip
    op.create_index("ix_broadcasts_state", "broadcasts", ["state", "due_at"])
    # Written out, as in 0006: Alembic would build SQLite's table anew.
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(f"ALTER TABLE outbox ADD COLUMN person_id {number}")
    op.execute(
        f"ALTER TABLE outbox ADD COLUMN broadcast_id {number}"
        " CONSTRAINT fk_outbox_broadcast_id_broadcasts REFERENCES broadcasts (id)"
    )
    op.create_index(
        "uq_outbox_broadcast_person", "outbox", ["broadcast_id", "person_id"], unique=True,
        sqlite_where=sa.text(OF_BROADCAST), postgresql_where=sa.text(OF_BROADCAST),
    )  # fmt: skip
    op.create_index(
        "ix_outbox_person", "outbox", ["person_id"],
        sqlite_where=sa.text(OF_PERSON), postgresql_where=sa.text(OF_PERSON),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_outbox_person", "outbox")
    op.drop_index("uq_outbox_broadcast_person", "outbox")
    op.execute("ALTER TABLE outbox DROP COLUMN person_id")
    op.execute("ALTER TABLE outbox DROP COLUMN broadcast_id")
    op.drop_table("broadcasts")
    op.drop_table("consents")
