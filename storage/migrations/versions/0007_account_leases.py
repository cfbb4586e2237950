"""Which sender sends for an account: one at a time, so that its pace is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_leases",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner"],
            ["senders.owner"],
            name=op.f("fk_account_leases_owner_senders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_account_leases")),
    )
    op.create_index(op.f("ix_account_leases_owner"), "account_leases", ["owner"])


def downgrade() -> None:
    op.drop_table("account_leases")
