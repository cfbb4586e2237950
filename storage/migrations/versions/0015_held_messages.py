"""What officials are told in the morning, and on which host a file lies that is not asked."""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "official_news",
        sa.Column("id", ID, nullable=False),
        sa.Column("official_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["official_id"],
            ["officials.id"],
            name=op.f("fk_official_news_official_id_officials"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_official_news_case_id_cases"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_official_news")),
    )
    op.create_index("ix_official_news_due", "official_news", ["official_id", "due_at"])
    op.create_index("ix_official_news_case", "official_news", ["case_id"])
    op.add_column(
        "files", sa.Column("host", sa.String(length=253), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("files", "host")
    op.drop_table("official_news")
