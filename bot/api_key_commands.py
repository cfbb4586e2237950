"""The commands `api-key create`, `list`, `remove`: keys for programs that read over the API."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from bot.config import Settings
from bot.console_api import API_MARKS
from bot.receipt_keys import ReceiptKeys
from bot.terminal import (
    in_transaction,
    out,
    refuse,
    settings_or_exit,
    units_or_exit,
)
from bot.unit_keeping import codes_of
from bot.wiring import invitation_code, now
from handlers.errands import VIETNAM
from handlers.staff.key_making import KeyMaking, name_of
from storage.api_keys import LONGEST_NAME, ApiKey, ApiKeys
from storage.officials import Role

app = typer.Typer(no_args_is_help=True, help="Keys for programs that read over the API.")


@app.command("create")
def create(
    name: Annotated[str, typer.Option(help="Which program has it, and whose it is.")],
    role: Annotated[str, typer.Option(help=f"One of {', '.join(Role)}.")] = Role.VIEWER.value,
    unit: Annotated[str, typer.Option(help="The unit's code; without it, all units.")] = "",
) -> None:
    """Make a key and print it: it is shown this once and cannot be shown again."""
    settings = settings_or_exit()
    place, units = None, units_or_exit(settings) if unit else None
    if units is not None and (place := units.get(unit)) is None:
        refuse(f"there is no unit {unit!r}: take one of {codes_of(units)}")
    if role not in set(Role):
        refuse(f"there is no role {role!r}: take one of {', '.join(Role)}")
    if not (called := name_of(name)):
        refuse(f"--name: write 1 to {LONGEST_NAME} letters")
    where = place.code if place else ""
    number, key = in_transaction(
        settings,
        lambda tx: _making(settings).create(tx, name=called, unit=where, role=Role(role), by=None),
    )
    out.print(
        f"Key {number} for {called}, shown only now: {key}",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


@app.command("list")
def list_keys(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")] = False,
) -> None:
    """All keys that open something, with when they were used last; none can be shown again."""
    found = in_transaction(settings_or_exit(), ApiKeys().all)
    if as_json:
        typer.echo(json.dumps([_as_row(one) for one in found], ensure_ascii=False))
        return
    table = Table("id", "name", "unit", "role", "made", "last used", box=None)
    for one in found:
        table.add_row(
            str(one.id), one.name, one.unit or "all", one.role,
            _local(one.created_at)[:10], _local(one.last_used_at)[:16].replace("T", " ") or "never",
        )  # fmt: skip
    out.print(table)


@app.command("remove")
def remove(
    number: Annotated[int, typer.Argument(metavar="ID", help="As `api-key list` shows it.")],
) -> None:
    """Take a key away: from this moment it opens nothing."""
    settings = settings_or_exit()
    key = in_transaction(settings, lambda tx: _making(settings).remove(tx, number, by=None))
    if key is None:
        refuse(f"there is no key with the number {number}: see `python -m bot api-key list`")
    out.print(f"The key of {key.name} opens nothing more.", markup=False, highlight=False)


def _making(settings: Settings) -> KeyMaking:
    keys = ReceiptKeys(settings.token_key.get_secret_value(), settings.data.folder / "receipts.key")
    return KeyMaking(marks=keys.marks(API_MARKS), draw=invitation_code, clock=now)


def _as_row(one: ApiKey) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "unit": one.unit,
        "role": one.role.value,
        "made": _local(one.created_at),
        "last_used": _local(one.last_used_at) or None,
    }


def _local(at: datetime | None) -> str:
    return at.astimezone(VIETNAM).isoformat(timespec="seconds") if at else ""
