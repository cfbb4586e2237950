"""The commands `python -m bot broadcast`: written, approved, sent and accounted for.

They change the database alone; the running program's clock does the rest.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, NoReturn, TypeVar

import typer

from bot.config import Settings
from bot.terminal import CANNOT_START, CannotStart, Explained, err, out, settings_or_exit
from bot.wiring import now
from content.library import TEXTS, holding
from content.shelf import SHIPPED
from content.texts import Texts
from content.when import NotATime, When, read_when
from handlers.errands import VIETNAM
from storage.broadcast_recipients import Account, Recipients
from storage.broadcasts import Broadcast, Broadcasts, Draft, NoBroadcast, WrongState
from storage.consents import Purpose
from storage.database import Database, Transaction
from storage.migrate import current, newest
from storage.outbox import State

app = typer.Typer(no_args_is_help=True, help="Notices to those who asked for them.")
Result = TypeVar("Result")
By = Annotated[str, typer.Option("--by", help="Who does this; noted with the broadcast.")]
At = Annotated[str, typer.Option("--at", help='As people say it: "7h sáng mai", "ngày 5/12 8h30".')]
Number = Annotated[int, typer.Argument(metavar="ID")]

LONGEST = 900
"""Letters of a notice: it must be one message on every channel, with the line that tells how to
stop it. The shortest that a channel takes is 2,000."""

OPERATOR = "operator"


@app.command("draft")
def draft(
    *,
    text: Annotated[str, typer.Option(help="What to say, in plain words.")],
    by: By,
    unit: Annotated[str, typer.Option(help="To this unit and all below it; else to all.")] = "",
    at: At = "",
    purpose: Annotated[Purpose, typer.Option(help="What people said yes to.")] = Purpose.NOTICES,
    card: Annotated[str, typer.Option(help="A card to open by a button.")] = "",
    emergency: Annotated[
        bool, typer.Option("--emergency", help="Also at night; one person may release it.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why it is an emergency.")] = "",
    grace: Annotated[int, typer.Option(min=1, help="Hours for which it may be late.")] = 6,
) -> None:
    """Write a broadcast down; prints its id last."""
    settings = settings_or_exit()
    words = _text(text)
    _name(by)
    if unit and unit not in {one.code for one in settings.units}:
        _stop(f"--unit: {unit!r} is not among [[units]]")
    cards = (settings.content.folder or SHIPPED) / "cards" / "vi"
    if card and not (cards / f"{card}.md").exists():
        _stop(f"--card: there is no card {card!r}; `python -m content status` lists them")
    if reason and not emergency:
        _stop("--reason goes with --emergency")
    when = _when(settings, at)
    new = Draft(
        text=words,
        purpose=purpose,
        unit=unit,
        card=card,
        emergency=emergency,
        reason=reason,
        due_at=when.first if when else None,
        repeats=when.repeats if when else "",
        grace=timedelta(hours=grace),
    )
    number = _with(settings, lambda tx: Broadcasts().write(tx, new, by=by, at=now()))
    if when:
        out.print(f"Due {when.first:%H:%M %d/%m/%Y}, Vietnam's time {when.repeats}".strip())
    typer.echo(number)


@app.command("edit")
def edit(number: Number, text: Annotated[str, typer.Option(help="The new words.")], by: By) -> None:
    """Change the words of a broadcast that has not begun: it has to be approved anew."""
    words = _text(text)

    async def work(tx: Transaction) -> None:
        old = (await Broadcasts().get(tx, number, lock=True)).draft
        kept = Draft(
            words, old.purpose, old.unit, old.card, old.emergency, old.reason, old.due_at,
            old.repeats, old.grace,
        )  # fmt: skip
        await Broadcasts().edit(tx, number, kept, by=by, at=now())

    _with(settings_or_exit(), work)
    out.print(f"{number} is a draft again.")


@app.command("submit")
def submit(number: Number, by: By) -> None:
    """Hand a draft to the person who approves it."""
    _with(settings_or_exit(), lambda tx: Broadcasts().submit(tx, number, by=by, at=now()))
    out.print(f"{number} waits for another person's approval.")


@app.command("approve")
def approve(number: Number, by: By) -> None:
    """Release a broadcast that another person wrote; an emergency also one's own."""
    _with(settings_or_exit(), lambda tx: Broadcasts().approve(tx, number, by=by, at=now()))
    out.print(f"{number} is approved.")


@app.command("move")
def move(number: Number, at: At, by: By = OPERATOR) -> None:
    """Send it at another time; also what was missed."""
    settings = settings_or_exit()
    when = _when(settings, at)
    if when is None or when.repeats:
        _stop("--at: name one time")
    _with(settings, lambda tx: Broadcasts().move(tx, number, to=when.first, by=by, at=now()))
    out.print(f"{number} goes out at {when.first:%H:%M %d/%m/%Y}.")


@app.command("pause")
def pause(number: Number, by: By = OPERATOR) -> None:
    """Send nothing of it until it is resumed; also while it is being sent."""
    _with(settings_or_exit(), lambda tx: Broadcasts().pause(tx, number, by=by, at=now()))
    out.print(f"{number} is paused.")


@app.command("resume")
def resume(number: Number, by: By = OPERATOR) -> None:
    """Go on with what was paused or missed."""
    _with(settings_or_exit(), lambda tx: Broadcasts().resume(tx, number, by=by, at=now()))
    out.print(f"{number} goes on.")


@app.command("cancel")
def cancel(number: Number, by: By = OPERATOR) -> None:
    """Send nothing more of it, for good."""
    _with(settings_or_exit(), lambda tx: Broadcasts().cancel(tx, number, by=by, at=now()))
    out.print(f"{number} is cancelled.")


@app.command("retry")
def retry(
    number: Number,
    by: By = OPERATOR,
    uncertain: Annotated[
        bool, typer.Option("--uncertain", help="What may or may not have arrived.")
    ] = False,
    leave: Annotated[
        bool, typer.Option("--leave", help="With --uncertain: leave it as it is.")
    ] = False,
) -> None:
    """Send again what failed, except to who blocked us; with --uncertain what is not known."""

    async def work(tx: Transaction) -> int:
        recipients, at = Recipients(), now()
        await Broadcasts().send_again(tx, number, by=by, at=at)
        if leave:
            return await recipients.leave(tx, number, at=at)
        state = State.UNCERTAIN if uncertain else State.FAILED
        return await recipients.retry(tx, number, state=state, at=at)

    if leave and not uncertain:
        _stop("--leave goes with --uncertain")
    count = _with(settings_or_exit(), work)
    out.print(f"{count} messages {'stay as they are' if leave else 'are sent again'}.")


@app.command("status")
def status(
    number: Number,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")] = False,
) -> None:
    """What became of it, in words and numbers."""
    settings = settings_or_exit()

    async def work(tx: Transaction) -> tuple[Broadcast, Account]:
        it = await Broadcasts().get(tx, number)
        return it, await Recipients().account(tx, number)

    it, account = _with(settings, work)
    if as_json:
        typer.echo(json.dumps(_as_json(it, account), ensure_ascii=False))
        return
    typer.echo(f"{it.id}: {it.phase}{' · ' + it.note if it.note else ''}")
    typer.echo(in_words(account, _texts(settings)))
    for reason, count in sorted(account.reasons.items(), key=lambda one: -one[1]):
        typer.echo(f"  {count}  {reason}")


def in_words(account: Account, texts: Texts) -> str:
    """ "312 trên 320 người đã nhận, 5 người đã chặn, 3 người cần gửi lại"."""
    parts = [texts("broadcast.sent", sent=account.sent, recipients=account.recipients)]
    for key, count in (
        ("broadcast.blocked", account.blocked),
        ("broadcast.again", account.failed - account.blocked),
        ("broadcast.uncertain", account.uncertain),
        ("broadcast.skipped", account.skipped),
        ("broadcast.pending", account.pending),
    ):
        if count:
            parts.append(texts(key, count=count))
    return ", ".join(parts)


def _as_json(it: Broadcast, account: Account) -> dict[str, object]:
    due = it.draft.due_at
    return {
        "id": it.id,
        "state": it.phase.value,
        "recipients": account.recipients,
        "pending": account.pending,
        "sent": account.sent,
        "failed": account.failed,
        "uncertain": account.uncertain,
        "skipped": account.skipped,
        "blocked": account.blocked,
        "reasons": dict(account.reasons),
        "due": due.astimezone(VIETNAM).isoformat() if due else None,
        "repeats": it.draft.repeats,
        "emergency": it.draft.emergency,
        "emergency_reason": it.draft.reason,
        "one_person": it.alone,
        "author": it.author,
        "approved_by": it.approved_by,
        "note": it.note,
    }


def _when(settings: Settings, at: str) -> When | None:
    if not at:
        return None
    try:
        return read_when(at, now=now(), zone=VIETNAM)
    except NotATime as fault:
        _stop(f"--at: {_texts(settings)(f'when.{fault.key}', said=fault.said)}")


def _texts(settings: Settings) -> Texts:
    folder = settings.content.folder or SHIPPED
    return Texts.load(holding(folder, TEXTS) / TEXTS, unreviewed=settings.content.serve_unreviewed)


def _text(text: str) -> str:
    words = text.strip()
    if not words:
        _stop("--text is empty: say something")
    if len(words) > LONGEST:
        _stop(f"--text has {len(words)} letters, and at most {LONGEST} fit into one message")
    return words


def _name(by: str) -> None:
    if not by.strip():
        _stop("--by: name who does this")


def _with(settings: Settings, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """Do the work in one transaction on a database of this version's shape."""

    async def done() -> Result:
        database = Database.at(settings.database_url)
        try:
            if await current(database) != newest():
                raise CannotStart("the database needs a migration: run `python -m bot migrate`")
            async with database.begin() as tx:
                return await work(tx)
        finally:
            await database.close()

    with Explained():
        try:
            return asyncio.run(done())
        except (WrongState, NoBroadcast) as refused:
            _stop(str(refused))


def _stop(why: str) -> NoReturn:
    err.print(why, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(CANNOT_START)
