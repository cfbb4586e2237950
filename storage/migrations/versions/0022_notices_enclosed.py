"""Pictures and voice notes of notices, and notices that take another back."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0019"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FILES = ("picture_id", "voice_id")


def upgrade() -> None:
    op.add_column(
        "files", sa.Column("digest", sa.String(length=64), nullable=False, server_default="")
    )
    op.add_column(
        "broadcasts", sa.Column("enclosed", sa.Text(), nullable=False, server_default="[]")
    )
    op.add_column(
        "people", sa.Column("language", sa.String(length=16), nullable=False, server_default="")
    )
    for table in ("broadcasts", "notice_drafts"):
        op.add_column(table, sa.Column("texts", sa.Text(), nullable=False, server_default="{}"))
        op.add_column(
            table, sa.Column("language", sa.String(length=16), nullable=False, server_default="")
        )
    op.add_column("broadcasts", sa.Column("takes_back", ID, nullable=True))
    op.add_column(
        "broadcasts", sa.Column("removes", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "outbox", sa.Column("target", sa.String(length=128), nullable=False, server_default="")
    )
    for table in ("broadcasts", "notice_drafts"):
        for column in FILES:
            op.add_column(table, sa.Column(column, ID, nullable=True))
    op.create_index("ix_broadcasts_picture", "broadcasts", ["picture_id"])
    op.create_index("ix_broadcasts_voice", "broadcasts", ["voice_id"])


def downgrade() -> None:
    # Their files are nobody's from then on, and are swept away.
    op.drop_index("ix_broadcasts_voice", "broadcasts")
    op.drop_index("ix_broadcasts_picture", "broadcasts")
    for table in ("broadcasts", "notice_drafts"):
        for column in FILES:
            op.drop_column(table, column)
    op.drop_column("outbox", "target")
    op.drop_column("broadcasts", "removes")
    op.drop_column("broadcasts", "takes_back")
    for table in ("broadcasts", "notice_drafts"):
        op.drop_column(table, "language")
        op.drop_column(table, "texts")
    op.drop_column("people", "language")
    op.drop_column("broadcasts", "enclosed")
    op.drop_column("files", "digest")
