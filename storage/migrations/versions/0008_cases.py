"""Cases with their words and history, drafts of feedback, officials and their invitations.

The questions that waited become cases. From now on the database refuses to change a case's history.
"""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

REFUSE_ON_SQLITE = (
    """
    CREATE TRIGGER case_events_are_not_changed BEFORE UPDATE ON case_events
    BEGIN SELECT RAISE(ABORT, 'the history of a case is not changed'); END
    """,
    """
    CREATE TRIGGER case_events_are_not_deleted BEFORE DELETE ON case_events
    WHEN EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id)
    BEGIN SELECT RAISE(ABORT, 'the history of a case is not changed'); END
    """,
)

REFUSE_ON_POSTGRESQL = (
    """
    CREATE FUNCTION keep_case_events() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'the history of a case is not changed';
    END $$
    """,
    """
    CREATE TRIGGER case_events_are_kept BEFORE UPDATE OR DELETE ON case_events
    FOR EACH ROW EXECUTE FUNCTION keep_case_events()
    """,
)


def upgrade() -> None:
    op.create_table(
        "case_groups",
        sa.Column("id", ID, nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("published_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_groups")),
    )
    op.create_index("ix_case_groups_unit", "case_groups", ["unit", "published_at"])
    op.create_table(
        "invitations",
        sa.Column("id", ID, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("used_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_invitations_code_hash")),
    )
    op.create_table(
        "drafts",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("touched_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_drafts_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_drafts_conversation_id")),
    )
    op.create_index("ix_drafts_touched", "drafts", ["touched_at"])
    op.create_table(
        "officials",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("conversation_id", ID, nullable=True),
        sa.Column("joined_at", Utc(), nullable=False),
        sa.Column("removed_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_officials_conversation_id_conversations"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officials")),
    )
    op.create_index("ix_officials_conversation", "officials", ["conversation_id"])
    op.create_index("ix_officials_unit", "officials", ["unit"])
    op.create_table(
        "wrong_guesses",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_wrong_guesses_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_guesses")),
    )
    op.create_index("ix_wrong_guesses_kind", "wrong_guesses", ["kind", "at"])
    op.create_table(
        "cases",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("conversation_id", ID, nullable=True),
        sa.Column("receipt_hash", sa.String(length=64), nullable=True),
        sa.Column("official_id", ID, nullable=True),
        sa.Column("group_id", ID, nullable=True),
        sa.Column("quarantine", sa.String(length=32), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("answered_at", Utc(), nullable=True),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("understood", sa.Boolean(), nullable=True),
        sa.Column("satisfied", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_cases_conversation_id_conversations"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["case_groups.id"],
            name=op.f("fk_cases_group_id_case_groups"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["official_id"],
            ["officials.id"],
            name=op.f("fk_cases_official_id_officials"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index("ix_cases_conversation", "cases", ["conversation_id"])
    op.create_index("ix_cases_group", "cases", ["group_id"])
    op.create_index("ix_cases_official", "cases", ["official_id"])
    op.create_index("ix_cases_receipt", "cases", ["receipt_hash"], unique=True)
    op.create_index("ix_cases_received", "cases", ["received_at", "id"])
    op.create_index("ix_cases_state", "cases", ["state", "unit", "due_at"])
    op.create_table(
        "case_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("by", ID, nullable=True),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_events_case_id_cases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_events")),
    )
    op.create_index("ix_case_events_case", "case_events", ["case_id", "id"])
    op.create_table(
        "case_words",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("side", sa.String(length=16), nullable=False),
        sa.Column("by", ID, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_words_case_id_cases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_words")),
    )
    op.create_index("ix_case_words_case", "case_words", ["case_id", "id"])

    _questions_become_cases()
    for statement in REFUSE_ON_SQLITE if _on_sqlite() else REFUSE_ON_POSTGRESQL:
        op.execute(statement)
    op.drop_table("questions")
    op.drop_table("wrong_codes")


def _questions_become_cases() -> None:
    """With the numbers they had; an answer is due three days after each was asked."""
    op.execute(
        "INSERT INTO cases (id, kind, state, version, unit, place, topic, name, platform, language,"
        " conversation_id, quarantine, received_at, due_at)"
        " SELECT id, 'question', CASE state WHEN 'waiting' THEN 'received' ELSE 'closed' END, 1,"
        " unit, '', topic, '', '', 'vi', conversation_id, '', asked_at, asked_at FROM questions"
    )
    op.execute(
        "UPDATE cases SET due_at = datetime(due_at, '+3 days')"
        if _on_sqlite()
        else "UPDATE cases SET due_at = due_at + interval '3 days'"
    )
    op.execute(
        "INSERT INTO case_words (case_id, at, side, text)"
        " SELECT id, asked_at, 'villager', text FROM questions ORDER BY id"
    )
    op.execute(
        "INSERT INTO case_events (case_id, at, what, detail)"
        " SELECT id, asked_at, 'received', '' FROM questions ORDER BY id"
    )
    if not _on_sqlite():
        op.execute(
            "SELECT setval(pg_get_serial_sequence('cases', 'id'),"
            " (SELECT coalesce(max(id), 1) FROM cases), (SELECT count(*) > 0 FROM cases))"
        )


def _on_sqlite() -> bool:
    return bool(op.get_bind().dialect.name == "sqlite")


def downgrade() -> None:
    op.create_table(
        "wrong_codes",
        sa.Column("id", ID, primary_key=True),
        sa.Column("conversation_id", ID, sa.ForeignKey("conversations.id", ondelete="CASCADE")),
        sa.Column("at", Utc(), nullable=False),
    )
    op.create_index("ix_wrong_codes_at", "wrong_codes", ["at"])
    op.create_table(
        "questions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("conversation_id", ID, sa.ForeignKey("conversations.id", ondelete="CASCADE")),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
    )
    op.create_index("ix_questions_state", "questions", ["state", "asked_at"])
    op.create_index("ix_questions_conversation", "questions", ["conversation_id"])
    op.execute(
        "INSERT INTO questions (conversation_id, unit, text, topic, state, asked_at)"
        " SELECT c.conversation_id, c.unit, w.text, c.topic, 'waiting', c.received_at"
        " FROM cases c JOIN case_words w ON w.case_id = c.id AND w.side = 'villager'"
        " WHERE c.kind = 'question' AND c.state IN ('received', 'assigned')"
        " AND c.conversation_id IS NOT NULL"
    )
    for trigger in ("case_events_are_not_changed", "case_events_are_not_deleted"):
        if _on_sqlite():
            op.execute(f"DROP TRIGGER {trigger}")
    for table in ("case_words", "case_events", "cases", "case_groups", "officials", "invitations"):
        op.drop_table(table)
    for table in ("drafts", "wrong_guesses"):
        op.drop_table(table)
    if not _on_sqlite():
        op.execute("DROP FUNCTION keep_case_events")
