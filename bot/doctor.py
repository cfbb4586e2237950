"""The doctor: looks at database, migrations, cards, accounts and clock, and names remedies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from bot.config import Settings
from bot.wiring import build, now
from content.library import NoCards
from content.shelf import SHIPPED, Shelf
from content.texts import TextFault
from handlers.errands import VIETNAM
from storage.database import BadDatabaseUrl, Database, DatabaseFault
from storage.migrate import current, newest

MAX_DRIFT = 5.0
CHECK_TIME = 15.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `remedy` is empty when it is well."""

    what: str
    ok: bool
    state: str
    remedy: str = ""


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything. Nothing is changed, and one fault hides no other."""
    findings = [Finding("config", True, f"read; {len(settings.accounts)} accounts")]
    findings += [finding async for finding in _database(settings)]
    findings += _cards(settings)
    findings += await _accounts(settings)
    return findings


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    try:
        database = Database.at(settings.database_url)
    except (BadDatabaseUrl, OSError) as fault:
        yield Finding("database", False, str(fault), "mend [database] url")
        return
    kind = "PostgreSQL" if database.on_postgresql else f"SQLite, {database.url.database}"
    try:
        async with asyncio.timeout(CHECK_TIME):
            found, wanted = await current(database), newest()
            drift = abs((await database.time(now) - now()).total_seconds())
        yield Finding("database", True, kind)
        if found == wanted:
            yield Finding("migrations", True, f"at {found}")
        else:
            yield Finding(
                "migrations", False, f"at {found or 'nothing'}, needs {wanted}",
                "run `python -m bot migrate`",
            )  # fmt: skip
        local = now().astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")
        yield Finding(
            "clock",
            drift <= MAX_DRIFT,
            f"{local} in Vietnam"
            + (f"; {drift:.0f} s off the database's" if drift > MAX_DRIFT else ""),
            "" if drift <= MAX_DRIFT else "set both machines' clocks (NTP)",
        )
    except (TimeoutError, *DatabaseFault) as fault:
        cause = getattr(fault, "orig", None) or fault
        yield Finding(
            "database", False, f"{kind} does not answer: {cause}",
            "start it, or mend [database] url",
        )  # fmt: skip
    finally:
        await database.close()


def _cards(settings: Settings) -> list[Finding]:
    folder = settings.content.folder or SHIPPED
    shelf = Shelf.load(folder)
    findings = [
        Finding(
            "cards",
            bool(shelf.cards),
            f"{len(shelf.cards)} in {folder / 'cards'}",
            "" if shelf.cards else "set [content] folder to one that has cards/vi/*.md",
        )
    ]
    findings += [
        Finding("card", False, str(fault), "`python -m content check` tells more")
        for fault in shelf.faults
    ]
    overdue = [c.slug for c in shelf.cards.values() if c.overdue(now().astimezone(VIETNAM).date())]
    if overdue:
        findings.append(
            Finding(
                "cards",
                False,
                f"past their review date: {', '.join(overdue)}",
                "read them again and set reviewed and review_by",
            )
        )
    return findings


async def _accounts(settings: Settings) -> list[Finding]:
    try:
        async with build(settings) as house:

            async def check(name: str) -> Finding:
                try:
                    async with asyncio.timeout(CHECK_TIME):
                        health = await house.channels[name].check()
                except TimeoutError:
                    return Finding(f"account {name}", False, "no answer in time", "try again later")
                state = health.link or "works" if health.ok else "does not work"
                return Finding(f"account {name}", health.ok, state, health.problem)

            return list(await asyncio.gather(*map(check, house.channels)))
    except (NoCards, TextFault) as fault:
        return [Finding("content", False, str(fault), "mend [content] folder")]
    except (BadDatabaseUrl, *DatabaseFault) as fault:
        return [Finding("accounts", False, f"not asked: {type(fault).__name__}", "see database")]
