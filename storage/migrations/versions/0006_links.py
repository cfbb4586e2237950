"""Codes by which a person links two chats, and people who did."""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # Written out: to add a foreign key Alembic would build the table of SQLite anew, and dropping
    # the old one would take all conversations along.
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE people ADD COLUMN same_as {number} CONSTRAINT fk_people_same_as_people"
        " REFERENCES people (id)"
    )
    op.create_index("ix_people_same_as", "people", ["same_as"])
    op.create_table(
        "link_codes",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("typed_in", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_link_codes_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["typed_in"],
            ["conversations.id"],
            name=op.f("fk_link_codes_typed_in_conversations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_codes")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_link_codes_conversation_id")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_link_codes_code_hash")),
    )
    op.create_index("ix_link_codes_typed_in", "link_codes", ["typed_in"])
    op.create_table(
        "wrong_codes",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_wrong_codes_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_codes")),
    )
    op.create_index("ix_wrong_codes_at", "wrong_codes", ["at"])


def downgrade() -> None:
    op.drop_table("wrong_codes")
    op.drop_table("link_codes")
    op.drop_index("ix_people_same_as", "people")
    op.execute("ALTER TABLE people DROP COLUMN same_as")
