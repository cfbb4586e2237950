"""Drafts of cards that wait for a second person, and what the cards' files said before."""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "card_drafts",
        sa.Column("id", ID, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("writers", sa.Text(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("approved_by", ID, nullable=True),
        sa.Column("office", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_drafts")),
        sa.UniqueConstraint("language", "slug", name=op.f("uq_card_drafts_language_slug")),
    )
    op.create_table(
        "card_versions",
        sa.Column("id", ID, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("seen_at", Utc(), nullable=False),
        sa.Column("writers", sa.Text(), nullable=False),
        sa.Column("approved_by", ID, nullable=True),
        sa.Column("office", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_versions")),
        sa.UniqueConstraint(
            "language", "slug", "number", name=op.f("uq_card_versions_language_slug_number")
        ),
    )


def downgrade() -> None:
    op.drop_table("card_versions")
    op.drop_table("card_drafts")
