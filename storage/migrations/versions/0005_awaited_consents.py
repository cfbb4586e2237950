"""Until when an account's consent is expected."""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "awaited_consents",
        sa.Column("id", ID, nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_awaited_consents")),
        sa.UniqueConstraint("account", name=op.f("uq_awaited_consents_account")),
    )


def downgrade() -> None:
    op.drop_table("awaited_consents")
