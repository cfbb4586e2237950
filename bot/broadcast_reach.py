"""The commands `broadcast preview` and `reach`: how a notice looks, and whom it would reach."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from bot.broadcast_template import costs, in_words
from bot.terminal import CANNOT_START, CannotStart, Explained, err, out, settings_or_exit
from bot.wiring import House, build, now
from handlers.messages import Capabilities, Reply
from handlers.official.notices_words import FEW
from storage.broadcasts import Broadcast, Broadcasts, NoBroadcast
from storage.database import Transaction
from storage.migrate import current, newest
from storage.reach import Reach, Way

Result = TypeVar("Result")
Accounts = Mapping[str, Capabilities]
Number = Annotated[int, typer.Argument(metavar="ID")]

WAYS = {
    Way.OPEN: "reached",
    Way.FREE: "reached, free of charge",
    Way.BILLED: "reached, the platform takes money (its price is not known here)",
    Way.TEMPLATE: "reached by the approved template",
    Way.UNKNOWN: "tried: nobody knows when they last wrote",
    Way.UNPAID: "not: it would cost money, and allow_billed is off",
    Way.CLOSED: "not: they last wrote too long ago for the platform",
    Way.FULL: "not: they had enough notices this week",
    Way.BLOCKED: "not: they blocked the account",
    Way.REMOVED: "not: the account was removed",
}


def preview(number: Number) -> None:
    """Show a broadcast as each account will show it, before anybody approves it."""

    async def work(house: House, tx: Transaction) -> list[tuple[str, str, list[str]]]:
        it = await Broadcasts().get(tx, number)
        found = []
        for name, channel in sorted(house.channels.items()):
            able = channel.capabilities
            for language in ("", *dict(it.draft.texts)):
                reply = house.notices.page.shown(it.draft, able, language)
                found.append((f"{name} {language}".strip(), *_shown(reply)))
                if reply.template:
                    head = f"{name} {language}".strip()
                    found.append((f"{head}, by its template", reply.template, []))
        return found

    for name, text, labels in with_house(work):
        out.print(f"── {name}", markup=False, highlight=False)
        out.print(text, markup=False, highlight=False, soft_wrap=True)
        if labels:
            out.print(" ".join(labels), markup=False, highlight=False)


def _shown(reply: Reply) -> tuple[str, list[str]]:
    labels = [f"[ {button.label} ]" for button in reply.buttons]
    return reply.text, [*labels, *(f"[{one.kind} {one.text}]" for one in reply.media)]


def reach(
    number: Number,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")] = False,
) -> None:
    """Count whom a broadcast would reach by account, and why it would not reach others."""

    async def work(house: House, tx: Transaction) -> tuple[Broadcast, Reach, Accounts]:
        it = await Broadcasts().get(tx, number)
        return it, await house.notices.words.count(tx, it.draft, now=now()), abilities(house)

    it, found, accounts = with_house(work)
    prices = costs(found, accounts)
    languages = sorted(found.languages.items())
    if as_json:
        by_account = {
            account: {way.value: count for way, count in ways.items()}
            for account, ways in found.accounts().items()
        }
        shown = {
            "id": it.id, "reached": found.reached, "accounts": by_account,
            "never_asked_for_it": found.never, "said_no": found.stopped,
            "template_cost": prices,
            "languages": {language or "vi": few(count) for language, count in languages},
        }  # fmt: skip
        typer.echo(json.dumps(shown, ensure_ascii=False))
        return
    table = Table("account", "people", "", box=None)
    for account, ways in found.accounts().items():
        for way, count in sorted(ways.items()):
            words = in_words(prices[account]) if way is Way.TEMPLATE else WAYS[way]
            table.add_row(account, str(count), words)
    table.add_row("", str(found.never), "not: they never asked for this")
    table.add_row("", str(found.stopped), "not: they said no, or stopped it")
    if len(languages) > 1:
        for language, count in languages:
            table.add_row("", str(few(count)), f"of those reached: read {language or 'vi'}")
    out.print(table)
    typer.echo(f"{found.reached} people would get it.")


def abilities(house: House) -> Accounts:
    """What the accounts that work can show, by name."""
    return {name: channel.capabilities for name, channel in house.channels.items()}


def few(count: int) -> int | str:
    """A count by language: of few people not even that."""
    return count if count >= FEW else f"fewer than {FEW}"


def with_house(work: Callable[[House, Transaction], Awaitable[Result]]) -> Result:
    """Look from inside the program as it would run: the accounts say what they can show."""
    settings = settings_or_exit()

    async def done() -> Result:
        async with build(settings, renews=False) as house:
            if await current(house.database) != newest():
                raise CannotStart("the database needs a migration: run `python -m bot migrate`")
            await house.accounts.take_up()
            async with house.database.read() as tx:
                return await work(house, tx)

    with Explained():
        try:
            return asyncio.run(done())
        except NoBroadcast as refused:
            err.print(str(refused), style="red", markup=False, highlight=False)
            raise typer.Exit(CANNOT_START) from refused
