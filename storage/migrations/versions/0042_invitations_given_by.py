"""Of an invitation to the console it is known who gave it: it ends when they may give it no more.

One that is open already was given by whom nobody knows now, and stands as one of a command does.
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_invitations", sa.Column("given_by", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("staff_invitations", "given_by")
