"""Words of cases as they are searched, and the order in which the console lists cases."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

CHUNK = 1_000


def upgrade() -> None:
    # Written out, as in 0006: Alembic would build SQLite's table anew.
    op.execute("ALTER TABLE case_words ADD COLUMN plain TEXT NOT NULL DEFAULT ''")
    words = sa.table(
        "case_words", sa.column("id", sa.BigInteger), sa.column("text"), sa.column("plain")
    )
    said = sa.update(words).where(words.c.id == sa.bindparam("number"))
    said = said.values(plain=sa.bindparam("searched"))
    connection, last = op.get_bind(), 0
    query = sa.select(words.c.id, words.c.text).order_by(words.c.id).limit(CHUNK)
    while rows := connection.execute(query.where(words.c.id > last)).all():
        last = rows[-1].id
        connection.execute(said, [{"number": row.id, "searched": _plain(row.text)} for row in rows])
    op.create_index("ix_cases_due", "cases", ["due_at", "id"])
    op.create_index("ix_cases_state_due", "cases", ["state", "due_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_cases_state_due", "cases")
    op.drop_index("ix_cases_due", "cases")
    op.execute("ALTER TABLE case_words DROP COLUMN plain")


def _plain(text: str) -> str:
    """What `storage.case_records.plain` was when this was written."""
    apart = unicodedata.normalize("NFKD", text.lower())
    bare = "".join(sign for sign in apart if unicodedata.category(sign) != "Mn")
    return "".join(f" {word}" for word in re.findall(r"\w+", bare.replace("đ", "d")))
