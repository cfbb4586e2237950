"""`python -m content`: ask the cards, check them, look at one, and see why an answer came."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from content.answers import TEXT_KEYS, compose, label
from content.approvals import Approval, ApprovalFault
from content.cards import Card, Facet
from content.changes import CHANGE_DAYS
from content.checker import check as check_shelf
from content.desk import Desk, answer_line
from content.library import TEXTS, NoCards, holding
from content.media import PICTURES, media_of
from content.phrasebook import PhraseRefused
from content.phrasebook import add_phrase as add_to_file
from content.readability import measure, table
from content.readability import picture as draw
from content.screens import screens, show
from content.shelf import SHIPPED, Shelf
from content.texts import TextFault, Texts
from content.understanding import Context
from content.why import why as explain

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
Folder = Annotated[Path, typer.Option("--folder", help="The content folder.")]
Cache = Annotated[Path, typer.Option("--cache", help="Where what was learned is kept.")]
KEPT = Path.home() / ".cache" / "loa-ban"


@app.command()
def ask(
    question: Annotated[list[str] | None, typer.Argument(help="What a villager asks.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Lines {id, turns} on stdin.")] = False,
    folder: Folder = SHIPPED,
    cache: Cache = KEPT,
) -> None:
    """Answers one question, or one JSON line after another."""
    desk = _desk(folder, cache)
    if jsonl:
        for stream in (sys.stdin, sys.stdout):
            if isinstance(stream, io.TextIOWrapper):  # whatever the machine's own encoding is
                stream.reconfigure(encoding="utf-8", errors="replace")
        for line in sys.stdin:
            if line.strip():
                typer.echo(json.dumps(answer_line(desk, line, _complain), ensure_ascii=False))
                sys.stdout.flush()
        return
    asked = " ".join(question or [])
    typer.echo(desk.reply(asked, desk.library.understand(asked, None)))


@app.command()
def check(
    folder: Folder = SHIPPED,
    calendar: Annotated[
        bool, typer.Option(help="Whether a card past its review date is a fault.")
    ] = True,
) -> None:
    """Reads every card and text; one line a fault, and 1 as the exit code if there is any."""
    shelf = Shelf.load(folder)
    today = _today() if calendar else None
    faults = [str(found) for found in check_shelf(shelf, today, folder)]
    try:
        Texts.load(holding(folder, TEXTS) / TEXTS, required=TEXT_KEYS)
    except TextFault as error:
        faults += str(error).splitlines()
    for found in faults:
        typer.echo(found)
    if faults:
        raise typer.Exit(1)
    typer.echo(f"{len(shelf.cards)} cards, no fault")


@app.command()
def preview(
    slug: str,
    facet: Annotated[Facet | None, typer.Option(help="One facet; all without it.")] = None,
    channel: Annotated[str, typer.Option(help="One channel; each in turn without it.")] = "",
    day: Annotated[
        datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="As on that day.")
    ] = None,
    folder: Folder = SHIPPED,
) -> None:
    """Shows a card as each channel will show it."""
    shelf, texts = _shelf(folder), _texts(folder)
    card = _card(shelf, slug)
    known = screens()
    if channel and channel not in {screen.name for screen in known}:
        _stop(f"{channel}: no such channel; there are {', '.join(s.name for s in known)}")
    pictures = holding(folder, PICTURES)
    for screen in known:
        if channel in ("", screen.name):
            typer.echo(f"── {screen.name} " + "─" * (60 - len(screen.name)))
            for shown in [facet] if facet else Facet:
                answer = compose(card, shown, today=day.date() if day else _today(), texts=texts)
                media = [*media_of(pictures, card)] if shown is Facet.GENERAL else []
                labels = [label(other, texts) for other in answer.facets]
                choices = [f"{digit}. {name}" for digit, name in enumerate(labels, start=1)]
                for line in show(answer.text, choices, media, screen):
                    typer.echo(line)
                typer.echo()


@app.command()
def readability(
    picture: Annotated[
        Path | None, typer.Option(help="Also writes the picture (SVG) there.")
    ] = None,
    folder: Folder = SHIPPED,
) -> None:
    """How long the cards' sentences are, the hardest first."""
    shelf = _shelf(folder)
    rows = measure(shelf, folder)
    heads, *lines = table(rows)
    shown = Table(*heads, box=None)
    for line in lines:
        shown.add_row(*line)
    Console(width=None if sys.stdout.isatty() else 160).print(shown)
    if picture is not None:
        picture.write_bytes(draw(rows))
        typer.echo(f"{picture}: written")


@app.command()
def approve(
    slug: str,
    by: Annotated[str, typer.Option("--by", help="The office that read the card and agrees.")],
    folder: Folder = SHIPPED,
) -> None:
    """Records that an office stands behind a card as its text is now; any change undoes it."""
    shelf = Shelf.load(folder)
    path = folder / "cards" / "vi" / f"{slug}.md"
    for found in check_shelf(shelf, _today(), folder):
        if found.path == path:
            _stop(f"not approved; mend this first: {found}")
    card = _card(shelf, slug)
    if card.overdue(_today()):
        _stop(f"not approved: {slug} had to be read again by {card.review_by}; mend review_by")
    try:
        shelf.approvals.record(folder, slug, Approval(by.strip(), _today(), card.digest))
    except ApprovalFault as fault:
        _stop(str(fault))
    typer.echo(f"{slug}: approved by {by.strip()}; any change of its text undoes this")


@app.command("add-phrase")
def add_phrase(
    slug: str,
    phrase: Annotated[str, typer.Argument(help="As people ask it.")],
    facet: Annotated[Facet, typer.Option(help="The side of the subject that it asks about.")],
    folder: Folder = SHIPPED,
) -> None:
    """Teaches a card one more way of asking; a running program learns it within a minute."""
    try:
        path = add_to_file(_shelf(folder), folder, slug, facet, phrase)
    except PhraseRefused as refused:
        _stop(f"not added: {refused}")
    typer.echo(f"{slug}: added under [{facet}] in {path}")


@app.command()
def why(
    question: list[str],
    after: Annotated[str, typer.Option(help="The card that was talked about before.")] = "",
    folder: Folder = SHIPPED,
    cache: Cache = KEPT,
) -> None:
    """Shows what a question became, what each card scored and why, and what was decided."""
    desk = _desk(folder, cache)
    if after:
        _card(desk.library.shelf, after)
    context = Context(after) if after else None
    Console().print(explain(desk.library, " ".join(question), desk.today, context))


@app.command()
def status(folder: Folder = SHIPPED) -> None:
    """What is to be confirmed, read again, or about to change within 90 days."""
    today = _today()
    console = Console()
    table = Table("card", "what", "when", box=None)
    shelf = _shelf(folder)
    for card in shelf.cards.values():
        if shelf.approvals.undone(card.slug, card.digest):
            table.add_row(card.slug, "approval undone: the text changed", "")
        for what, when in _pending(card, today):
            table.add_row(card.slug, what, when)
    approved = sum(card.approval is not None for card in shelf.cards.values())
    console.print(f"{len(shelf.cards)} cards, {approved} approved, the others samples")
    console.print(table)


def _pending(card: Card, today: date) -> Iterator[tuple[str, str]]:
    if card.overdue(today):
        yield "overdue: shows no figures", str(card.review_by)
    elif card.review_by <= today + timedelta(days=CHANGE_DAYS):
        yield "to be read again", str(card.review_by)
    for figure in card.figures.values():
        for period in figure.periods:
            if not period.confirmed and (period.until is None or period.until >= today):
                yield f"to confirm: {figure.name} = {period.value}", str(period.start)
        if coming := figure.upcoming(today, CHANGE_DAYS):
            yield f"changes: {figure.name} to {coming.value}", str(coming.start)
        elif last := figure.ends(today, CHANGE_DAYS):
            yield f"ends: {figure.name}", str(last)


def _desk(folder: Path, cache: Path) -> Desk:
    logging.basicConfig(format="%(levelname)s %(message)s")
    try:
        return Desk.open(folder, cache, _today())
    except NoCards as fault:
        _stop(f"{fault}; see --folder")
        raise
    except TextFault as fault:
        _stop(str(fault))
        raise


def _shelf(folder: Path) -> Shelf:
    shelf = Shelf.load(folder)
    for found in shelf.faults:
        _complain(str(found))
    if not shelf.cards:
        _stop(f"{folder}: no card can be read there; see --folder")
    return shelf


def _card(shelf: Shelf, slug: str) -> Card:
    if slug not in shelf.cards:
        _stop(f"{slug}: no such card; there are {', '.join(shelf.cards)}")
    return shelf.cards[slug]


def _texts(folder: Path) -> Texts:
    try:
        return Texts.load(holding(folder, TEXTS) / TEXTS, required=TEXT_KEYS)
    except TextFault as error:
        _stop(str(error))
        raise


def _today() -> date:
    return datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()


def _complain(words: str) -> None:
    typer.echo(words, err=True)


def _stop(words: str) -> NoReturn:
    _complain(words)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
