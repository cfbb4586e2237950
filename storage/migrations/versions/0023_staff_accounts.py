"""Accounts of staff at the console, their sessions and invitations, and the audit log.

The database refuses to change an entry of the log, and to delete one before two years are over.
"""

import sqlalchemy as sa
from alembic import op

from storage.database import Utc

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

REFUSE_ON_SQLITE = (
    """
    CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE ON audit_log
    BEGIN SELECT RAISE(ABORT, 'the audit log is not changed'); END
    """,
    """
    CREATE TRIGGER audit_log_is_not_deleted BEFORE DELETE ON audit_log
    WHEN OLD.at > datetime('now', '-730 days')
    BEGIN SELECT RAISE(ABORT, 'the audit log is kept for two years'); END
    """,
)

REFUSE_ON_POSTGRESQL = (
    """
    CREATE FUNCTION keep_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.at <= now() - interval '730 days' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'the audit log is not changed, and kept for two years';
    END $$
    """,
    """
    CREATE TRIGGER audit_log_is_kept BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION keep_audit_log()
    """,
    """
    CREATE TRIGGER audit_log_is_not_emptied BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_log()
    """,
)


def upgrade() -> None:
    op.create_table(
        "staff_accounts",
        sa.Column("id", ID, nullable=False),
        sa.Column("official_id", ID, nullable=False),
        sa.Column("login", sa.String(length=40), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=False),
        sa.Column("totp", sa.Text(), nullable=False, server_default=""),
        sa.Column("totp_step", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("created_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["official_id"], ["officials.id"],
            name=op.f("fk_staff_accounts_official_id_officials"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_accounts")),
        sa.UniqueConstraint("official_id", name=op.f("uq_staff_accounts_official_id")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_accounts_login")),
    )  # fmt: skip
    op.create_table(
        "staff_sessions",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=60), nullable=False),
        sa.Column("began_at", Utc(), nullable=False),
        sa.Column("seen_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["staff_accounts.id"],
            name=op.f("fk_staff_sessions_account_id_staff_accounts"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_sessions_token_hash")),
    )  # fmt: skip
    op.create_index("ix_staff_sessions_account", "staff_sessions", ["account_id", "ended_at"])
    op.create_table(
        "staff_invitations",
        sa.Column("id", ID, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("used_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["staff_accounts.id"],
            name=op.f("fk_staff_invitations_account_id_staff_accounts"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_invitations")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_staff_invitations_code_hash")),
    )  # fmt: skip
    op.create_table(
        "sign_in_tries",
        sa.Column("id", ID, nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_tries")),
        sa.UniqueConstraint("mark", name=op.f("uq_sign_in_tries_mark")),
    )
    _create_log()


def _create_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("by", ID, nullable=True),
        sa.Column("verb", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("thing", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_by", "audit_log", ["by", "id"])
    op.create_index("ix_audit_log_verb", "audit_log", ["verb", "id"])
    op.create_index("ix_audit_log_thing", "audit_log", ["kind", "thing", "id"])
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    for statement in REFUSE_ON_SQLITE if _on_sqlite() else REFUSE_ON_POSTGRESQL:
        op.execute(statement)


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    op.drop_table("audit_log")
    if not _on_sqlite():
        op.execute("DROP FUNCTION keep_audit_log")
    for table in ("sign_in_tries", "staff_invitations", "staff_sessions", "staff_accounts"):
        op.drop_table(table)
