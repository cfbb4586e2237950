"""Notices of officials: being composed, whose they are, and for one unit alone."""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "broadcasts",
        sa.Column("only_unit", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "notices",
        sa.Column("broadcast_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("approver_id", ID, nullable=True),
        sa.Column("told", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"],
            name=op.f("fk_notices_broadcast_id_broadcasts"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["officials.id"],
            name=op.f("fk_notices_author_id_officials"), ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["officials.id"],
            name=op.f("fk_notices_approver_id_officials"), ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("broadcast_id", name=op.f("pk_notices")),
    )  # fmt: skip
    op.create_table(
        "notice_drafts",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("official_id", ID, nullable=False),
        sa.Column("broadcast_id", ID, nullable=True),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("looked", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("only_unit", sa.Boolean(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("card", sa.String(length=64), nullable=False),
        sa.Column("due_at", Utc(), nullable=True),
        sa.Column("repeats", sa.String(length=64), nullable=False),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("touched_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"],
            name=op.f("fk_notice_drafts_conversation_id_conversations"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["official_id"], ["officials.id"],
            name=op.f("fk_notice_drafts_official_id_officials"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"],
            name=op.f("fk_notice_drafts_broadcast_id_broadcasts"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_drafts")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_notice_drafts_conversation_id")),
    )  # fmt: skip
    op.create_index("ix_notice_drafts_official", "notice_drafts", ["official_id"])


def downgrade() -> None:
    op.drop_table("notice_drafts")
    op.drop_table("notices")
    op.drop_column("broadcasts", "only_unit")
