"""The outbox: what has ended is counted by an index of its own, by notice and by what became of it.

A row comes into it once, when it ends: what is claimed and sent does not write it on the way.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0037"
branch_labels = None
depends_on = None

ENDED = sa.text("state NOT IN ('pending', 'claimed')")


def upgrade() -> None:
    op.create_index(
        "ix_outbox_ended",
        "outbox",
        ["broadcast_id", "state"],
        sqlite_where=ENDED,
        postgresql_where=ENDED,
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_ended", "outbox")
