"""Notices: whether one may go by an approved template to who may get no free text."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "broadcasts", sa.Column("template", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    # None: its author was not asked yet.
    op.add_column("notice_drafts", sa.Column("template", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("notice_drafts", "template")
    op.drop_column("broadcasts", "template")
