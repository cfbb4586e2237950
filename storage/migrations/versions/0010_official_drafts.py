"""What officials are writing, so that it survives a restart and an absence."""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _gone_with(column: str, table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_official_drafts_{column}_{table}")
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "official_drafts",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("official_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("touched_at", Utc(), nullable=False),
        _gone_with("conversation_id", "conversations"),
        _gone_with("official_id", "officials"),
        _gone_with("case_id", "cases"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_official_drafts")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_official_drafts_conversation_id")),
    )


def downgrade() -> None:
    op.drop_table("official_drafts")
