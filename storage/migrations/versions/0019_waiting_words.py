"""Since when a chat waits for words, and the digits of messages that came unasked."""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("awaited_since", Utc(), nullable=True))
    op.add_column(
        "conversations", sa.Column("posted", sa.Text(), nullable=False, server_default="{}")
    )


def downgrade() -> None:
    op.drop_column("conversations", "posted")
    op.drop_column("conversations", "awaited_since")
