"""Questions that the cards could not answer, without who asked them."""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "unanswered",
        sa.Column("id", ID, nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("guess", sa.String(length=64), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("settled_at", Utc(), nullable=True),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unanswered")),
    )
    op.create_index("ix_unanswered_state", "unanswered", ["state", "id"])
    op.create_index("ix_unanswered_asked", "unanswered", ["asked_at"])


def downgrade() -> None:
    op.drop_table("unanswered")
