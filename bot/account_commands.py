"""The commands `python -m bot accounts`: listed, added, changed, removed and connected anew."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, TypeVar

import aiohttp
import typer
from rich.table import Table

from bot.account_register import BadAccount, Register
from bot.account_settings import SECRETS, needed_keys
from bot.config import Settings
from bot.consent import ConsentRefused, Consents, Invitation
from bot.sealing import Seal
from bot.terminal import Explained, out, refuse, settings_or_exit
from bot.unit_keeping import units_in
from bot.wiring import USER_AGENT, now
from handlers.errands import VIETNAM
from storage.database import Database

app = typer.Typer(
    no_args_is_help=True,
    help="Accounts on Telegram and Zalo: list, add, change, remove, consent anew.",
)
Result = TypeVar("Result")
By = Annotated[str, typer.Option("--by", help="Who does this; noted with the account.")]


@app.command("list")
def list_accounts() -> None:
    """Every account: of the settings file, and added while running."""
    settings = settings_or_exit()
    added = _with_register(settings, lambda register: register.all())
    table = Table("account", "platform", "unit", "called", "from", box=None)
    for account in settings.accounts:
        table.add_row(account.name, account.platform, account.unit, account.title, "settings")
    for row in added:
        since = f"added {_day(row.added_at)} by {row.added_by}"
        if row.changed_at is not None:
            since += f", changed {_day(row.changed_at)} by {row.changed_by}"
        table.add_row(row.name, row.platform, row.unit, row.title, since)
    out.print(table)


def _day(at: datetime) -> str:
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y")


@app.command("add")
def add_account(
    name: Annotated[str, typer.Argument(help="a-z, 0-9, hyphens; its webhook is /hooks/NAME")],
    platform: Annotated[str, typer.Option(help="telegram, zalo_oa or zalo_bot")],
    by: By,
    unit: Annotated[str, typer.Option(help="The unit's code, as in [[units]].")] = "",
    given: Annotated[
        list[str] | None,
        typer.Option("--set", help="key=value as in [[accounts]]; secrets as key=env:NAME"),
    ] = None,
) -> None:
    """Add an account; the running program takes it up in seconds. What is missing is asked for."""
    settings = settings_or_exit()
    wanted = {"name": name, "platform": platform, "unit": unit, **_read(given or [])}
    for key in needed_keys(platform):
        if key not in wanted:
            wanted[key] = typer.prompt(key, hide_input=key in SECRETS, err=True)
    account = _with_register(settings, lambda register: register.add(wanted, at=now(), by=by))
    out.print(f"{account.name} is added. `python -m bot doctor` tells whether it works.")


@app.command("change")
def change_account(
    name: str,
    *,
    by: By,
    unit: Annotated[
        str | None, typer.Option(help="Another unit's code; empty: the whole installation.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="What staff call it.")] = None,
    mode: Annotated[str | None, typer.Option(help="polling or webhook")] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="key=value as in [[accounts]]; secrets as key=env:NAME; key= for what is usual",
        ),
    ] = None,
    asked: Annotated[
        list[str] | None, typer.Option("--ask", help="A secret that is typed now, such as token.")
    ] = None,
) -> None:
    """Change an account in place: its conversations, tokens and waiting messages stay.

    The running program takes it up in seconds.
    """
    settings = settings_or_exit()
    named = {"unit": unit, "title": title, "mode": mode}
    wanted = {key: value for key, value in named.items() if value is not None}
    wanted |= _read(given or [])
    for key in asked or []:
        if key not in SECRETS:
            refuse(f"--ask {key}: it is no secret; write --set {key}=…")
        wanted[key] = typer.prompt(key, hide_input=True, err=True)
    if not wanted:
        refuse("nothing was named that should change: look at --help")
    _with_register(settings, lambda register: register.change(name, wanted, at=now(), by=by))
    out.print(f"{name} is changed. `python -m bot doctor` tells whether it works.")


@app.command("remove")
def remove_account(name: str) -> None:
    """Remove an added account and forget its secrets; the running program lets it go in seconds."""
    settings = settings_or_exit()
    others = _with_register(settings, lambda register: register.sharing_app(name))
    waiting = _with_register(settings, lambda register: register.remove(name, at=now()))
    out.print(f"{name} is removed; {waiting} messages that waited for it will not be sent.")
    if others:
        out.print(
            f"Its app is also that of {', '.join(others)}: if the platform's console has an "
            f"address that ends with /{name}, write /{others[0]} there, or they hear nothing any "
            "more.",
            markup=False,
        )


@app.command("consent")
def consent(
    name: Annotated[str, typer.Argument(help="An Official Account of Zalo.")],
    code: Annotated[
        str, typer.Option(help="The code that the browser's address shows after a consent.")
    ] = "",
) -> None:
    """Let an admin of an Official Account consent: for the first time, or when its token is lost.

    The running program goes on with what the consent brought, without a restart.
    """
    settings = settings_or_exit()
    try:
        if code:
            holder = _with_consents(settings, lambda consents: consents.redeem(name, code))
            told = f"{name} is connected: {holder.name} {holder.number}".rstrip(": ")
            out.print(f"{told}.", markup=False, highlight=False)
        else:
            _tell(name, _with_consents(settings, lambda consents: consents.invite(name)))
    except ConsentRefused as refused:
        refuse(f"{name} is not connected: {refused.reason}.")


def _tell(name: str, asked: Invitation) -> None:
    """Say what to enter and what to open."""
    by_hand = f"python -m bot accounts consent {name} --code CODE"
    lines = [
        "1. In Zalo's console, where the app gets permission of Official Accounts, enter",
        "   callback address: "
        + (asked.callback or "any address of your own ([web] public_url is not set)"),
        f"   code challenge:   {asked.challenge}",
        "   They stay the same until LOABAN_TOKEN_KEY changes.",
    ]
    until = asked.until.astimezone(VIETNAM).strftime("%H:%M")
    if asked.link:
        lines += [
            f"2. Let an admin of the Official Account open this before {until}, Vietnam's time:",
            f"   {asked.link}",
            "   If Zalo answers -14003, open the link that its console makes instead.",
            "3. The page that comes then says whether it worked. If none comes, copy the `code`",
            f"   out of the browser's address within ten minutes: {by_hand}",
        ]
    else:
        lines += [
            "2. Let an admin of the Official Account open the link that Zalo's console makes.",
            "3. Copy the `code` out of the browser's address within ten minutes:",
            f"   {by_hand}",
        ]
    if not asked.sure:
        lines += [
            f"Beware: oa_id of {name} is not set, so until {until} whichever Official Account "
            "consents to this app is attached. Look at the name that is shown, or set oa_id."
        ]
    for line in lines:
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def _with_consents(settings: Settings, work: Callable[[Consents], Awaitable[Result]]) -> Result:
    async def done(database: Database) -> Result:
        key = settings.token_key.get_secret_value()
        async with aiohttp.ClientSession(headers={"User-Agent": USER_AGENT}) as session:
            consents = Consents(
                await _register(database, settings),
                database=database,
                session=session,
                seal=Seal(key) if key else None,
                public_url=settings.web.public_url,
                clock=now,
            )
            return await work(consents)

    return _with_database(settings, done)


def _read(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            refuse(f"--set {key}: write key=value")
        if value.startswith("env:"):
            variable = value.removeprefix("env:")
            if variable not in os.environ:
                refuse(f"{key}: the environment variable {variable} is not set")
            value = os.environ[variable]
        elif key in SECRETS:
            refuse(f"{key}: a secret would stay in the shell's history; write {key}=env:NAME")
        found[key] = value
    return found


def _with_register(settings: Settings, work: Callable[[Register], Awaitable[Result]]) -> Result:
    async def done(database: Database) -> Result:
        return await work(await _register(database, settings))

    return _with_database(settings, done)


async def _register(database: Database, settings: Settings) -> Register:
    async with database.read() as tx:
        return Register(database, settings, await units_in(tx, settings))


def _with_database(settings: Settings, work: Callable[[Database], Awaitable[Result]]) -> Result:
    async def done() -> Result:
        database = Database.at(settings.database_url)
        try:
            return await work(database)
        finally:
            await database.close()

    with Explained():
        try:
            return asyncio.run(done())
        except BadAccount as fault:
            refuse(str(fault))
