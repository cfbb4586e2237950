"""`python -m content`: ask the cards, check them, look at one, and see why an answer came."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from content.answers import CHANGE_DAYS, TEXT_KEYS, compose, menu, unknown_key
from content.cards import Card, Facet
from content.checker import check as check_shelf
from content.library import TEXTS, Library, NoCards, holding
from content.shelf import SHIPPED, Shelf
from content.texts import TextFault, Texts
from content.understanding import (
    Answer,
    AskPerson,
    Choices,
    Context,
    Outcome,
    SmallTalk,
    Unknown,
)

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
Folder = Annotated[Path, typer.Option("--folder", help="The content folder.")]
Cache = Annotated[Path, typer.Option("--cache", help="Where what was learned is kept.")]
KEPT = Path.home() / ".cache" / "loa-ban"


@dataclass(frozen=True)
class Desk:
    """All that one command needs to answer."""

    library: Library
    texts: Texts
    today: date

    @classmethod
    def open(cls, folder: Path, cache: Path) -> Desk:
        _log()
        try:
            return cls(Library.open(folder, cache=cache), _texts(folder), _today())
        except NoCards as fault:
            _stop(f"{fault}; see --folder")
            raise

    def reply(self, question: str, outcome: Outcome, asked_before: str = "") -> str:
        """The text the bot would show; to somebody in danger, first whom to call.

        `asked_before` is the last question, for who now wants a person to answer it.
        """
        if isinstance(outcome, AskPerson):
            return self.texts(
                "ask.passed_on" if asked_before else "ask.say_your_question", question=asked_before
            )
        danger = self.library.alarm.hear(question)
        if danger is None:
            return self._say(question, outcome)
        first = self.texts(danger.text_key)
        if not isinstance(outcome, Answer):
            return first
        if self.library.shelf.cards[outcome.slug].urgent:
            outcome = replace(outcome, facet=Facet.STEPS)
        return f"{first}\n\n{self._say(question, outcome)}"

    def _say(self, question: str, outcome: Outcome) -> str:
        cards = self.library.shelf.cards
        match outcome:
            case Answer(slug, facet):
                return compose(cards[slug], facet, today=self.today, texts=self.texts).text
            case Choices(slugs):
                return menu([cards[slug].title for slug in slugs], self.texts)
            case SmallTalk(kind):
                return self.texts(f"smalltalk.{kind}")
            case Unknown(confidence) if confidence == 0:
                return self.texts("answer.unreadable")
        return self.texts(unknown_key(question))


@app.command()
def ask(
    question: Annotated[list[str] | None, typer.Argument(help="What a villager asks.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Lines {id, turns} on stdin.")] = False,
    folder: Folder = SHIPPED,
    cache: Cache = KEPT,
) -> None:
    """Answers one question, or one JSON line after another."""
    desk = Desk.open(folder, cache)
    if jsonl:
        for stream in (sys.stdin, sys.stdout):
            if isinstance(stream, io.TextIOWrapper):  # whatever the machine's own encoding is
                stream.reconfigure(encoding="utf-8", errors="replace")
        for line in sys.stdin:
            if line.strip():
                typer.echo(json.dumps(_answer_line(desk, line), ensure_ascii=False))
                sys.stdout.flush()
        return
    asked = " ".join(question or [])
    typer.echo(desk.reply(asked, desk.library.understand(asked, None)))


@app.command()
def check(folder: Folder = SHIPPED) -> None:
    """Reads every card and text; one line a fault, and 1 as the exit code if there is any."""
    shelf = Shelf.load(folder)
    faults = [str(found) for found in check_shelf(shelf)]
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
    day: Annotated[
        datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="As on that day.")
    ] = None,
    folder: Folder = SHIPPED,
) -> None:
    """Shows a card as villagers see it."""
    shelf, texts = _shelf(folder), _texts(folder)
    card = shelf.get(slug)
    if card is None:
        _stop(f"{slug}: no such card; there are {', '.join(shelf.cards)}")
        return
    today = day.date() if day else _today()
    shown = [compose(card, f, today=today, texts=texts).text for f in ([facet] if facet else Facet)]
    typer.echo("\n\n".join(shown))


@app.command()
def why(question: list[str], folder: Folder = SHIPPED, cache: Cache = KEPT) -> None:
    """Shows what a question became, what each candidate scored, and what was decided."""
    desk = Desk.open(folder, cache)
    understanding = desk.library.understanding
    trace = understanding.explain(" ".join(question))
    matcher = understanding.matcher
    console = Console()
    console.print(f"text     {trace.words.text}", markup=False)
    console.print(f"folded   {trace.words.folded}", markup=False)
    table = Table("card", "score", box=None)
    for slug, score in trace.cards:
        table.add_row(slug, f"{score:.3f}")
    for name, score in sorted(trace.talk, key=lambda pair: -pair[1])[:3]:
        table.add_row(f"({name})", f"{score:.3f}")
    console.print(table)
    console.print(
        f"the first is right {trace.right:.2f} (answers at {matcher.answer_at:.2f}); a card answers"
        f" it {trace.inside:.2f} (refuses below {matcher.refuse_below:.2f}); hangs on the turn"
        f" before {trace.follows:.2f}\n{trace.outcome}",
        markup=False,
    )


@app.command()
def status(folder: Folder = SHIPPED) -> None:
    """What is to be confirmed, read again, or about to change within 90 days."""
    today = _today()
    console = Console()
    table = Table("card", "what", "when", box=None)
    for card in _shelf(folder).cards.values():
        for what, when in _pending(card, today):
            table.add_row(card.slug, what, when)
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


def _answer_line(desk: Desk, line: str) -> dict[str, Any]:
    """The answer to the last turn. A line that cannot be read gets one too, so none is missing."""
    answer: dict[str, Any] = {
        "id": None,
        "slug": None,
        "facet": None,
        "confidence": 0.0,
        "alternatives": [],
        "text": desk.texts("answer.unreadable"),
    }
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError) as error:
        _complain(f"not JSON: {error}")
        return answer
    if isinstance(asked, dict):
        answer["id"] = asked.get("id")
        turns = asked.get("turns")
        if isinstance(turns, list) and turns and all(isinstance(turn, str) for turn in turns):
            return answer | _said(desk, turns)
    _complain("turns must be a list of at least one text")
    return answer


def _said(desk: Desk, turns: list[str]) -> dict[str, Any]:
    context: Context | None = None
    outcome: Outcome = Unknown(0.0, (), None)
    asked = before = ""
    for turn in turns:
        outcome = desk.library.understand(turn, context)
        context = outcome.context
        before, asked = asked, turn if isinstance(outcome, Answer | Choices) else asked
    slug: str | None = None
    facet: Facet | None = None
    confidence = 1.0  # small talk and the wish for a person are recognised or not
    alternatives: tuple[str, ...] = ()
    if isinstance(outcome, Answer):
        slug, facet, alternatives = outcome.slug, outcome.facet, outcome.alternatives
    elif isinstance(outcome, Choices):
        slug, facet, alternatives = outcome.slugs[0], outcome.facet, outcome.slugs[1:]
    elif isinstance(outcome, Unknown):
        alternatives = outcome.alternatives
    if isinstance(outcome, Answer | Choices | Unknown):
        confidence = outcome.confidence
    return {
        "slug": slug,
        "facet": None if facet is None else str(facet),
        "confidence": confidence,
        "alternatives": list(alternatives),
        "text": desk.reply(turns[-1], outcome, before),
    }


def _shelf(folder: Path) -> Shelf:
    shelf = Shelf.load(folder)
    for found in shelf.faults:
        _complain(str(found))
    if not shelf.cards:
        _stop(f"{folder}: no card can be read there; see --folder")
    return shelf


def _texts(folder: Path) -> Texts:
    try:
        return Texts.load(holding(folder, TEXTS) / TEXTS, required=TEXT_KEYS)
    except TextFault as error:
        _stop(str(error))
        raise


def _today() -> date:
    return datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()


def _log() -> None:
    logging.basicConfig(format="%(levelname)s %(message)s")


def _complain(words: str) -> None:
    typer.echo(words, err=True)


def _stop(words: str) -> None:
    _complain(words)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
