"""Notices that are mended in a chat: the card that they are about, and what their picture shows."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "notice_drafts", sa.Column("topic", sa.String(64), nullable=False, server_default="")
    )
    op.add_column("notice_drafts", sa.Column("about", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("notice_drafts", "about")
    op.drop_column("notice_drafts", "topic")
