"""Numbers of cases and of questions are counted by indexes that hold all that is asked.

A page of them read each case of a year four times, and each day's tally twice.
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

RATED = sa.text("understood IS NOT NULL OR satisfied IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_cases_numbers",
        "cases",
        ["unit", "state", "received_at", "due_at", "topic", "kind", "quarantine"],
    )
    op.create_index(
        "ix_cases_rated", "cases", ["received_at"], sqlite_where=RATED, postgresql_where=RATED
    )
    op.create_index("ix_tallies_sums", "tallies", ["day", "what", "unit", "topic", "many"])


def downgrade() -> None:
    op.drop_index("ix_tallies_sums", "tallies")
    op.drop_index("ix_cases_rated", "cases")
    op.drop_index("ix_cases_numbers", "cases")
