"""People who asked to be forgotten: their rows go once the last message to them is out."""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("forgotten_at", Utc(), nullable=True))
    op.create_index("ix_people_forgotten", "people", ["forgotten_at"])


def downgrade() -> None:
    op.drop_index("ix_people_forgotten", "people")
    op.drop_column("people", "forgotten_at")
