"""The outbox: what waits before a message of the same conversation is found by an index of its own.

Without figures of its own PostgreSQL read all that waits, for each message that it claimed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

UNFINISHED = sa.text("state IN ('pending', 'claimed')")


def upgrade() -> None:
    op.create_index(
        "ix_outbox_unfinished",
        "outbox",
        ["conversation_id"],
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_unfinished", "outbox")
