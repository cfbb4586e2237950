"""Questions without an answer: in which case an official was asked the same, while that waits."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0035"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # SQLite's table is built anew, which takes nothing along: no other table refers to it.
    with op.batch_alter_table("unanswered") as unanswered:
        unanswered.add_column(sa.Column("case_id", ID, nullable=True))
        unanswered.create_foreign_key(
            op.f("fk_unanswered_case_id_cases"), "cases", ["case_id"], ["id"], ondelete="SET NULL"
        )
    op.create_index("ix_unanswered_case", "unanswered", ["case_id"])


def downgrade() -> None:
    op.drop_index("ix_unanswered_case", "unanswered")
    with op.batch_alter_table("unanswered") as unanswered:
        unanswered.drop_constraint(op.f("fk_unanswered_case_id_cases"), type_="foreignkey")
        unanswered.drop_column("case_id")
