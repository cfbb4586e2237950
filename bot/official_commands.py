"""The commands `invite` and `officials`: who may work in their chat, listed, invited, removed."""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.table import Table

from bot.config import Settings
from bot.terminal import (
    Explained,
    err,
    in_transaction,
    out,
    refuse,
    settings_or_exit,
    units_or_exit,
)
from bot.unit_keeping import codes_of
from bot.wiring import House, build, invitation_code, now
from content.library import TEXTS, holding
from content.shelf import SHIPPED
from content.texts import Texts
from handlers.messages import Reply
from handlers.official.joining import DIGITS, LINK
from handlers.staff.inviting import Inviting
from storage.database import Transaction
from storage.officials import INVITATION_LASTS, Official, Officials, Role
from storage.outbox import Lane, Outbox
from storage.staff_accounts import StaffAccounts
from storage.staff_invitations import LASTS

PATIENCE = 15.0
LONGEST_NAME = 80

app = typer.Typer(no_args_is_help=True, help="Officials who answer from their phones.")


def invite(
    role: Annotated[str, typer.Option(help=f"One of {', '.join(Role)}.")] = "",
    name: Annotated[str, typer.Option(help="How colleagues call them.")] = "",
    unit: Annotated[str, typer.Option(help="The unit's code; without it, all units.")] = "",
    login: Annotated[
        str, typer.Option("--for", help="A new password for who signs in with this name.")
    ] = "",
) -> None:
    """Invite somebody: a link to the console, good once and for a week.

    With a name also a code, as good, that lets them work from their own phone. Without a role, the
    first is an administrator, others are officers.
    """
    settings = settings_or_exit()
    place, units = None, units_or_exit(settings) if unit else None
    if units is not None and (place := units.get(unit)) is None:
        refuse(f"there is no unit {unit!r}: take one of {codes_of(units)}")
    if role and role not in set(Role):
        refuse(f"there is no role {role!r}: take one of {', '.join(Role)}")
    if len(name.strip()) > LONGEST_NAME or (name and not name.strip()):
        refuse(f"--name: write 1 to {LONGEST_NAME} letters")
    if login:
        _say_link(settings, in_transaction(settings, lambda tx: _again(tx, login)))
        return
    who = _Invited(name.strip(), place.code if place else "", role)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}" if who.name else ""
    path = in_transaction(settings, lambda tx: _open(tx, who, code))
    _say_link(settings, path)
    if code:
        _tell_code(settings, who.name, code)


@dataclass(frozen=True)
class _Invited:
    """Who is invited to what; without a role, to what is likeliest."""

    name: str
    unit: str
    role: str


async def _open(tx: Transaction, who: _Invited, code: str) -> str:
    """Open the link, and the code if there is one; the link's path."""
    first = await StaffAccounts().lacks_administrator(tx)
    role = Role(who.role or (Role.ADMINISTRATOR if first and not who.unit else Role.OFFICER))
    if code:
        await Officials().invite(tx, code, name=who.name, unit=who.unit, role=role, at=now())
    inviting = Inviting(draw=invitation_code, clock=now)
    return await inviting.invite(tx, name=who.name, unit=who.unit, role=role, by=None)


async def _again(tx: Transaction, login: str) -> str:
    """The path to a new password; empty when nobody has that login."""
    account = await StaffAccounts().by_login(tx, login)
    if account is None:
        return ""
    inviting = Inviting(draw=invitation_code, clock=now)
    return await inviting.invite_again(tx, account, by=None)


def _say_link(settings: Settings, path: str) -> None:
    if not path:
        refuse("--for: nobody signs in with this name")
    base = settings.web.public_url or f"http://{settings.web.host}:{settings.web.port}"
    out.print(
        f"At the console, once, within {LASTS.days} days: {base}{path}",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


def _tell_code(settings: Settings, name: str, code: str) -> None:
    with Explained(), err.status("Asking the platforms for their addresses…"):
        links = asyncio.run(_links(settings, code))
    shown = " ".join(code[at : at + 4] for at in range(0, DIGITS, 4))
    lines = [
        f"Code for {name}: {shown}",
        f"It works once, for {INVITATION_LASTS.days} days. Hand it over in person; whoever has it "
        "gets the role.",
        f"They type in a private chat with the bot: mời {shown}",
        *links,
    ]
    for line in lines:
        out.print(line, markup=False, highlight=False, soft_wrap=True)


@app.command("list")
def list_officials(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")] = False,
) -> None:
    """Everybody who works now."""
    found = in_transaction(settings_or_exit(), Officials().all)
    if as_json:
        typer.echo(json.dumps([_as_row(one) for one in found], ensure_ascii=False))
        return
    table = Table("id", "name", "unit", "role", "chat", box=None)
    for one in found:
        row = _as_row(one)
        table.add_row(
            str(one.id), one.name, one.unit or "all", one.role, "yes" if row["chat"] else "gone"
        )
    out.print(table)


@app.command("remove")
def remove_official(
    number: Annotated[int, typer.Argument(metavar="ID", help="As `officials list` shows it.")],
) -> None:
    """Take somebody's rights away at once, also in the middle of an answer; they are told."""
    settings = settings_or_exit()
    folder = settings.content.folder or SHIPPED
    with Explained():
        texts = Texts.load(
            holding(folder, TEXTS) / TEXTS, unreviewed=settings.content.serve_unreviewed
        )

    async def remove(tx: Transaction) -> str:
        book, at = Officials(), now()
        official = await book.get(tx, number)
        if official is None:
            return ""
        at_work = await book.desks(tx, units=[official.unit], roles=[official.role])
        desks = [desk for desk in at_work if desk.official.id == number]
        await book.remove(tx, number, at=at)
        for desk in desks:
            await Outbox().put(
                tx, [Reply(texts("official.removed"), commands=()).to_json()], account=desk.account,
                conversation=desk.conversation, inbox=None, lane=Lane.REPLY, at=at,
            )  # fmt: skip
        return official.name

    name = in_transaction(settings, remove)
    if not name:
        refuse(f"nobody with the number {number} works now: see `python -m bot officials list`")
    out.print(f"{name} may do nothing more.", markup=False, highlight=False)


def _as_row(one: Official) -> dict[str, object]:
    chat = one.conversation is not None
    return {"id": one.id, "name": one.name, "unit": one.unit, "role": one.role, "chat": chat}


async def _links(settings: Settings, code: str) -> list[str]:
    """A line for each account from which somebody can join."""
    async with build(settings) as house:
        await house.accounts.take_up()
        lines = await asyncio.gather(*(_link(house, name, code) for name in sorted(house.channels)))
    return [line for line in lines if line]


async def _link(house: House, account: str, code: str) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            health = await house.channels[account].check()
    except TimeoutError:
        return f"  {account}: the platform does not answer just now"
    if health.unit_link.startswith("http"):
        return f"  {account}: {health.unit_link.format(unit=LINK + code)} (opens it with the code)"
    if health.link.startswith("http"):
        return f"  {account}: {health.link} (then type the code)"
    return f"  {account}: {health.problem}" if health.problem else ""
