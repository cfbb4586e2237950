"""Broadcasts that ask, and the answers."""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for table in ("broadcasts", "notice_drafts"):
        op.add_column(table, sa.Column("questions", sa.Text(), nullable=False, server_default=""))
    op.add_column("broadcasts", sa.Column("code", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("broadcasts", sa.Column("closed_at", Utc(), nullable=True))
    op.add_column("broadcasts", sa.Column("respondents", sa.Integer(), nullable=True))
    op.create_table(
        "answers",
        sa.Column("id", ID, nullable=False),
        sa.Column("broadcast_id", ID, nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("choice", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"],
            name=op.f("fk_answers_broadcast_id_broadcasts"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"],
            name=op.f("fk_answers_person_id_people"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint(
            "broadcast_id", "question", "person_id",
            name=op.f("uq_answers_broadcast_id_question_person_id"),
        ),
    )  # fmt: skip
    op.create_index("ix_answers_person", "answers", ["person_id"])


def downgrade() -> None:
    op.drop_table("answers")
    for column in ("respondents", "closed_at", "code", "questions"):
        op.drop_column("broadcasts", column)
    op.drop_column("notice_drafts", "questions")
