"""Tokens of accounts whose platform renews them, sealed."""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "account_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("access", sa.Text(), nullable=False),
        sa.Column("access_until", Utc(), nullable=True),
        sa.Column("refresh", sa.Text(), nullable=False),
        sa.Column("refresh_at", Utc(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("asked_at", Utc(), nullable=True),
        sa.Column("lost_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_tokens")),
        sa.UniqueConstraint("account", name=op.f("uq_account_tokens_account")),
    )


def downgrade() -> None:
    op.drop_table("account_tokens")
