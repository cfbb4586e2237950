"""The doctor: looks at database, migrations, cards, accounts and clock, and names remedies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from bot.config import SAMPLE_UNIT, Settings
from bot.token_keeping import consent_remedy
from bot.token_states import WARN_BEFORE, token_state
from bot.unit_keeping import units_in, units_of
from bot.wiring import build, now
from content.library import NoCards
from content.shelf import SHIPPED, Shelf
from content.texts import TextFault
from handlers.errands import VIETNAM
from handlers.staff.channel_accounts import TokenState
from handlers.units import Units
from storage.case_lists import EVERYTHING, CaseLists
from storage.database import BadDatabaseUrl, Database, DatabaseFault
from storage.files import Files
from storage.migrate import current, newest
from storage.officials import Officials
from storage.tokens import KeptTokens, TokenBook

MAX_DRIFT = 5.0
CHECK_TIME = 15.0
PATIENCE = 5.0  # with each account; all are asked side by side


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
    units = await _units(settings)
    findings += crisis_numbers(units, now().astimezone(VIETNAM).date())
    findings += _unreachable(settings)
    findings += await accounts_at_work(settings)
    findings += await kept_tokens(settings, now())
    findings += await cases_in_hand(settings, now())
    findings += await files_elsewhere(settings)
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


async def _units(settings: Settings) -> Units:
    """All units; those of the settings alone while the database cannot tell of others."""
    try:
        database = Database.at(settings.database_url)
        try:
            async with database.read() as tx:
                return await units_in(tx, settings)
        finally:
            await database.close()
    except (BadDatabaseUrl, OSError, *DatabaseFault):
        return units_of(settings)  # the database's own finding tells


def crisis_numbers(units: Units, today: date) -> Iterator[Finding]:
    """Whether somebody confirmed the numbers for people in danger; `today` is Vietnam's day."""
    of_units = ((f"crisis numbers of {unit.code}", unit.hotlines) for unit in units)
    for what, numbers in (("crisis numbers", units.common), *of_units):
        if not numbers.numbers:
            continue
        last = numbers.last_day
        state, remedy = f"confirmed {numbers.confirmed}, shown until {last}", ""
        if numbers.confirmed > today:
            state = f"confirmed {numbers.confirmed}, which is not yet: they are not shown"
            remedy = "set confirmed to the day on which you dialled them"
        elif last < today:
            state = f"confirmed {numbers.confirmed}, over a year ago: they are no longer shown"
            remedy = "dial each one, mend what is wrong, then set confirmed to that day"
        elif last - today <= WARN_BEFORE:
            remedy = f"dial each one before {last}, then set confirmed to that day"
        yield Finding(what, not remedy, state, remedy)


def _unreachable(settings: Settings) -> Iterator[Finding]:
    """Accounts that wait for webhooks at an address that nobody told the platform."""
    for account in settings.accounts:
        if account.mode == "webhook" and not settings.web.public_url:
            yield Finding(
                f"webhook of {account.name}", False, "not registered: there is no public address",
                "set [web] public_url, or mode = \"polling\"",
            )  # fmt: skip


async def accounts_at_work(settings: Settings, patience: float = PATIENCE) -> list[Finding]:
    """Ask each account's platform, all side by side, for so many seconds; no token is spent."""
    try:
        async with build(settings, renews=False) as house:
            await house.accounts.take_up()
            left_out = [
                Finding(f"account {name}", False, "is left out", problem)
                for name, problem in house.accounts.problems.items()
            ]

            async def check(name: str) -> Finding:
                try:
                    async with asyncio.timeout(patience):
                        health = await house.channels[name].check()
                except TimeoutError:
                    return Finding(f"account {name}", False, "no answer in time", "try again later")
                state = health.link or "works" if health.ok else "does not work"
                return Finding(f"account {name}", health.ok, state, health.problem)

            return [*left_out, *await asyncio.gather(*map(check, house.channels))]
    except (NoCards, TextFault) as fault:
        return [Finding("content", False, str(fault), "mend [content] folder")]
    except (BadDatabaseUrl, *DatabaseFault) as fault:
        return [Finding("accounts", False, f"not asked: {type(fault).__name__}", "see database")]


async def kept_tokens(settings: Settings, at: datetime) -> list[Finding]:
    """Whether the tokens of Official Accounts are renewed in time; added accounts among them."""
    try:
        database = Database.at(settings.database_url)
        try:
            async with database.read() as tx:
                kept = await TokenBook().all(tx)
        finally:
            await database.close()
    except (BadDatabaseUrl, OSError, *DatabaseFault):
        return []  # the database's own finding tells
    return [_token(tokens, at) for tokens in kept]


async def cases_in_hand(settings: Settings, at: datetime) -> list[Finding]:
    """Whether each unit has somebody who answers, and how many answers are overdue (UTC)."""
    units = await _units(settings)
    try:
        database = Database.at(settings.database_url)
        try:
            async with database.read() as tx:
                at_work = await Officials().all(tx)
                late = await CaseLists().overdue(tx, EVERYTHING, at)
        finally:
            await database.close()
    except (BadDatabaseUrl, OSError, *DatabaseFault):
        return []  # the database's own finding tells
    answering = {one.unit for one in at_work if one.answers}
    alone = [
        unit.code
        for unit in units
        if unit.code != SAMPLE_UNIT.code  # a trial serves nobody yet
        and not answering & {"", *(above.code for above in units.line(unit.code))}
    ]
    return [
        Finding(
            "officials",
            not alone,
            f"nobody answers the people of {', '.join(alone)}" if alone else f"{len(at_work)} work",
            "`python -m bot invite --unit … --role officer --name …`" if alone else "",
        ),
        Finding(
            "cases", not late, f"{late} are overdue",
            "let those who lead see to them: \"việc\" in their chat" if late else "",
        ),
    ]  # fmt: skip


async def files_elsewhere(settings: Settings) -> list[Finding]:
    """Hosts that files wait on because no account may ask them: their names alone."""
    try:
        database = Database.at(settings.database_url)
        try:
            async with database.read() as tx:
                found = await Files().elsewhere(tx)
        finally:
            await database.close()
    except (BadDatabaseUrl, OSError, *DatabaseFault):
        return []  # the database's own finding tells
    return [
        Finding(
            f"files of {account}", False, f"{count} wait on {host}, which is not asked",
            f"if {host} is the platform's, add it to file_hosts of {account} and start the "
            "program again; they are waited for seven days",
        )
        for account, host, count in found
    ]  # fmt: skip


def _token(kept: KeptTokens, at: datetime) -> Finding:
    what, found = f"tokens of {kept.account}", token_state(kept, at)
    if found.state is TokenState.LOST:
        return Finding(
            what, False, f"lost since {_day(found.since)}",
            consent_remedy(kept.account),
        )  # fmt: skip
    until = found.until
    if found.state is TokenState.UNANSWERED:
        state = f"no answer to a refresh since {_moment(found.since)}; " + (
            f"the account works until {_moment(until)}" if until and until > at else "none serves"
        )
        return Finding(
            what, False, state, "look at the program's log: it tries again while it runs"
        )
    state = f"renewed {_day(found.since)}"
    state += f", can be renewed until {_day(until)}" if until else ""
    if found.state is TokenState.WELL:
        return Finding(what, True, state)
    return Finding(what, False, state, "start the program before then, and look at its log")


def _moment(at: datetime) -> str:
    return at.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")


def _day(at: datetime) -> str:
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y")
