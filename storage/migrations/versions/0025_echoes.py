"""What comes back of a broadcast: that it arrived, that somebody wanted no more."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "outbox", sa.Column("arrived", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    for name in ("arrived", "opted_out"):
        op.add_column(
            "broadcasts", sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        )


def downgrade() -> None:
    op.drop_column("broadcasts", "opted_out")
    op.drop_column("broadcasts", "arrived")
    op.drop_column("outbox", "arrived")
