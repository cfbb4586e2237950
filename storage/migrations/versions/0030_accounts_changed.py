"""Added accounts: the name that is shown, and who changed one in place when."""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "accounts", sa.Column("title", sa.String(length=80), nullable=False, server_default="")
    )
    op.add_column("accounts", sa.Column("changed_at", Utc(), nullable=True))
    op.add_column(
        "accounts",
        sa.Column("changed_by", sa.String(length=128), nullable=False, server_default=""),
    )


def downgrade() -> None:
    op.drop_column("accounts", "changed_by")
    op.drop_column("accounts", "changed_at")
    op.drop_column("accounts", "title")
