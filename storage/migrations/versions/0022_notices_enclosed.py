"""Notices: what goes with them, taken back, in languages, about a card, to saved lists."""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FILES = ("picture_id", "voice_id")


def _one_answer(*columns: str) -> None:
    """One answer of a person holds for each of these."""
    op.drop_index("uq_consents_holds", "consents")
    op.create_index(
        "uq_consents_holds",
        "consents",
        list(columns),
        unique=True,
        sqlite_where=sa.text("holds"),
        postgresql_where=sa.text("holds"),
    )


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
        op.add_column(table, sa.Column("also", sa.Text(), nullable=False, server_default="[]"))
        op.add_column(
            table, sa.Column("language", sa.String(length=16), nullable=False, server_default="")
        )
    for table in ("broadcasts", "consents"):
        op.add_column(
            table, sa.Column("topic", sa.String(length=64), nullable=False, server_default="")
        )
    _one_answer("person_id", "purpose", "topic")
    op.create_table(
        "audiences",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("only_unit", sa.Boolean(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("saved_by", sa.String(length=128), nullable=False),
        sa.Column("saved_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audiences")),
        sa.UniqueConstraint("name", name=op.f("uq_audiences_name")),
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
    op.drop_table("audiences")
    # No card is known of any more: who said yes to one would get all.
    op.execute("DELETE FROM consents WHERE topic <> ''")
    _one_answer("person_id", "purpose")
    for table in ("broadcasts", "consents"):
        op.drop_column(table, "topic")
    for table in ("broadcasts", "notice_drafts"):
        op.drop_column(table, "language")
        op.drop_column(table, "also")
        op.drop_column(table, "texts")
    op.drop_column("people", "language")
    op.drop_column("broadcasts", "enclosed")
    op.drop_column("files", "digest")
