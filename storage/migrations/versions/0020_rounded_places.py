"""Locations that villagers sent are kept to some 100 m, also those of before that was so."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_EXACT = re.compile(r"(-?\d{1,3}\.\d{3}\d+), (-?\d{1,3}\.\d{3}\d+)")


def upgrade() -> None:
    link = op.get_bind()
    for name in ("cases", "drafts"):
        table = sa.table(name, sa.column("id", sa.BigInteger), sa.column("place", sa.String))
        like = sa.select(table.c.id, table.c.place).where(table.c.place.like("%.____%, %.____%"))
        for number, place in link.execute(like).all():
            if found := _EXACT.fullmatch(place):
                rounded = ", ".join(f"{float(part):.3f}" for part in found.groups())
                link.execute(sa.update(table).where(table.c.id == number).values(place=rounded))


def downgrade() -> None:
    """What was taken away is gone."""
