"""Files that officials send as an answer: of a draft of theirs, then of what was said in a case."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OWNERS = {"official_draft_id": "official_drafts", "words_id": "case_words"}


def upgrade() -> None:
    # SQLite's table is built anew, which takes nothing along: no other table refers to it.
    with op.batch_alter_table("files") as files:
        files.add_column(
            sa.Column("seconds", sa.Integer(), nullable=False, server_default=sa.text("0"))
        )
        for column, table in OWNERS.items():
            files.add_column(sa.Column(column, ID, nullable=True))
            files.create_foreign_key(
                op.f(f"fk_files_{column}_{table}"), table, [column], ["id"], ondelete="SET NULL"
            )
    op.create_index("ix_files_official_draft", "files", ["official_draft_id"])
    op.create_index("ix_files_words", "files", ["words_id"])
    # What was said in these cases is forgotten, and their files should have gone with it.
    op.execute(
        "UPDATE files SET case_id = NULL WHERE case_id IN"
        " (SELECT case_id FROM case_events WHERE what = 'forgotten')"
    )


def downgrade() -> None:
    # What officials spoke would be nobody's, and its bytes would stay for ever.
    op.execute(
        "UPDATE files SET official_draft_id = NULL, words_id = NULL, case_id = NULL"
        " WHERE official_draft_id IS NOT NULL OR words_id IS NOT NULL"
    )
    op.drop_index("ix_files_words", "files")
    op.drop_index("ix_files_official_draft", "files")
    with op.batch_alter_table("files") as files:
        for column, table in OWNERS.items():
            files.drop_constraint(op.f(f"fk_files_{column}_{table}"), type_="foreignkey")
            files.drop_column(column)
        files.drop_column("seconds")
