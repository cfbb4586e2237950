"""The command `broadcast take-back`: a sent notice is changed, taken away, or corrected."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.broadcast_officials import Acting
from bot.broadcast_running import By, Number, stop, with_database
from bot.terminal import out, settings_or_exit
from bot.unit_keeping import units_in
from bot.wiring import now, texts_of
from handlers.notice_corrections import LONGEST_CORRECTION, correction
from storage.broadcast_corrections import Corrections, Received
from storage.broadcasts import Broadcast, Broadcasts
from storage.database import Transaction


def take_back(
    number: Number,
    by: By,
    text: Annotated[str, typer.Option(help="What it should have said; without: nothing.")] = "",
) -> None:
    """Stop a notice that has begun, and take back what was sent; prints the new id last.

    Where the platform allows it (Telegram) the sent message is deleted, or changed in its place;
    elsewhere those who received it, and nobody else, get a correction. Another person has to
    approve it, unless the notice was an emergency.
    """
    settings, words = settings_or_exit(), text.strip()
    if len(words) > LONGEST_CORRECTION:
        stop(f"--text has {len(words)} letters, and at most {LONGEST_CORRECTION} fit")

    async def work(tx: Transaction) -> tuple[Broadcast, Received]:
        acting = Acting(await units_in(tx, settings), by)
        name = await acting.change(tx, number)
        it = await Broadcasts().get(tx, number)
        said = correction(texts_of(settings), it, words)
        received = await Corrections().received(tx, number)
        written = await Corrections().take_back(
            tx, number, words=said, removes=not words, by=name, at=now()
        )
        await acting.wrote(tx, written)
        if it.draft.emergency and await acting.leads(tx, it.draft.unit):
            await Broadcasts().approve(tx, written, by=name, at=now())
        return await Broadcasts().get(tx, written), received

    it, received = with_database(settings, work)
    out.print(f"{received.people} people received it, or may have.")
    if received.forgotten:
        out.print(
            f"{received.forgotten} more did, of whom nothing is kept: they cannot be reached."
        )
    out.print("It goes out now." if it.approved_by else "It waits for another person's approval.")
    typer.echo(it.id)
