"""Who has a case open just now, and whether somebody wants the console's keyboard shortcuts."""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0033"
down_revision = "0031"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "case_presence",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("official_id", ID, nullable=False),
        sa.Column("seen_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"],
            name=op.f("fk_case_presence_case_id_cases"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["official_id"], ["officials.id"],
            name=op.f("fk_case_presence_official_id_officials"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_presence")),
        sa.UniqueConstraint(
            "case_id", "official_id", name=op.f("uq_case_presence_case_id_official_id")
        ),
    )  # fmt: skip
    op.create_index("ix_case_presence_seen", "case_presence", ["seen_at"])
    op.add_column(
        "staff_accounts",
        sa.Column("shortcuts", sa.Boolean(), nullable=False, server_default=sa.true()),
    )


def downgrade() -> None:
    op.drop_column("staff_accounts", "shortcuts")
    op.drop_table("case_presence")
