"""The commands `python -m bot broadcast`: written, approved, sent and accounted for.

They change the database alone; the running program's clock does the rest.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from bot.broadcast_asking import BadAsking, Wanted, asking
from bot.broadcast_files import Put, put, read_files
from bot.broadcast_languages import TextFile, TextIn, further_texts
from bot.broadcast_lists import audience, drop_list, lists, of_list, save_list
from bot.broadcast_officials import Acting
from bot.broadcast_reach import abilities, preview, reach, with_house
from bot.broadcast_results import as_json, results_in_words
from bot.broadcast_running import OPERATOR, By, Number
from bot.broadcast_running import change as _change
from bot.broadcast_running import named as _name
from bot.broadcast_running import stop as _stop
from bot.broadcast_running import with_database as _with
from bot.broadcast_taking_back import take_back
from bot.broadcast_template import unfit
from bot.broadcast_words import for_script, refusal, told
from bot.filing import limits_of, store_of
from bot.survey_file import told as told_fault
from bot.terminal import out, settings_or_exit
from bot.unit_keeping import units_in
from bot.wiring import House, now
from content.shelf import SHIPPED
from content.when import NotATime, When, read_when
from handlers.asking import faults, purposes
from handlers.errands import VIETNAM
from handlers.messages import Kind
from handlers.notice_page import LONGEST, MOST_CARDS
from storage.answer_numbers import Results, results_of
from storage.answers import Answers
from storage.audiences import Audience
from storage.broadcast_recipients import Account, Recipients
from storage.broadcasts import Broadcast, Broadcasts, Draft, WrongState
from storage.consents import Purpose
from storage.database import Database, Transaction
from storage.notices import Notices
from storage.outbox import State

app = typer.Typer(no_args_is_help=True, help="Notices to those who asked for them.")
app.command("take-back")(take_back)
app.command("save-list")(save_list)
app.command("drop-list")(drop_list)
app.command("lists")(lists)
app.command("preview")(preview)
app.command("reach")(reach)
At = Annotated[str, typer.Option("--at", help='As people say it: "7h sáng mai", "ngày 5/12 8h30".')]


@app.command("draft")
def draft(
    *,
    by: By,
    text: Annotated[str, typer.Option(help="What to say, in plain words.")] = "",
    unit: Annotated[str, typer.Option(help="To this unit and all below it; else to all.")] = "",
    only_unit: Annotated[
        bool, typer.Option("--only-unit/--below", help="Not to the units below --unit; or to them.")
    ] = False,
    at: At = "",
    purpose: Annotated[
        Purpose | None,
        typer.Option(help="What people said yes to: notices, or surveys for what asks something."),
    ] = None,
    card: Annotated[
        list[str] | None, typer.Option(help="A card to open by a button; up to three.")
    ] = None,
    emergency: Annotated[
        bool, typer.Option("--emergency", help="Also at night; one person may release it.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why it is an emergency.")] = "",
    grace: Annotated[int, typer.Option(min=1, help="Hours for which it may be late.")] = 6,
    picture: Annotated[Path | None, typer.Option(help="A picture to go with it.")] = None,
    voice: Annotated[Path | None, typer.Option(help="A recording to go with it.")] = None,
    text_in: TextIn = None,
    text_file: TextFile = None,
    language: Annotated[
        str, typer.Option(help='Only to those who chose this language; "vi": who chose none.')
    ] = "",
    to_list: Annotated[
        str, typer.Option("--list", help="To a saved list, as `lists` shows them.")
    ] = "",
    asked_about: Annotated[
        str,
        typer.Option(help="To those alone who said yes to hearing when this card changes."),
    ] = "",
    poll: Annotated[str, typer.Option(help="Ask this, with a --choice for each answer.")] = "",
    quiz: Annotated[
        str, typer.Option(help="Ask this card's question to say back; --choice: wrong answers.")
    ] = "",
    survey: Annotated[Path | None, typer.Option(help="Ask the questions of this file.")] = None,
    choice: Annotated[list[str] | None, typer.Option(help="An answer; again for each.")] = None,
    until: Annotated[str, typer.Option(help="The end for answers, as --at; else 14 days.")] = "",
    template: Annotated[
        bool,
        typer.Option(
            "--template",
            help="Its words also by the account's template, for money, to who gets no free text.",
        ),
    ] = False,
) -> None:
    """Write a broadcast down; prints its id last."""
    settings = settings_or_exit()
    cards = (settings.content.folder or SHIPPED) / "cards" / "vi"
    try:
        wanted = Wanted(text, poll, quiz, survey, choice or [], until, purpose)
        what = asking(wanted, cards, now=now())
    except BadAsking as fault:
        _stop(str(fault))
    words = what.text if wanted.any and not what.text else _text(what.text)
    _name(by)
    who = audience(
        settings, unit=unit, only_unit=only_unit, purpose=what.purpose, language=language,
        asked_about=asked_about,
    )  # fmt: skip
    if to_list and (purpose or replace(who, purpose=Audience().purpose) != Audience()):
        _stop("--list says to whom: leave out --unit, --purpose, --language and --asked-about")
    opened = list(dict.fromkeys(card or filter(None, [asked_about])))
    for slug in opened:
        if not (cards / f"{slug}.md").exists():
            _stop(f"--card: there is no card {slug!r}; `python -m content status` lists them")
    if len(opened) > MOST_CARDS:
        _stop(f"--card: {MOST_CARDS} at most")
    if reason and not emergency:
        _stop("--reason goes with --emergency")
    try:
        files = read_files(
            [("--picture", picture, Kind.IMAGE), ("--voice", voice, Kind.VOICE)],
            limits_of(settings),
        )
    except ValueError as fault:
        _stop(str(fault))
    when = _when(at)
    new = Draft(
        text=words,
        card=opened[0] if opened else "",
        also=tuple(opened[1:]),
        emergency=emergency,
        reason=reason,
        due_at=when.first if when else None,
        repeats=when.repeats if when else "",
        grace=timedelta(hours=grace),
        texts=further_texts(text_in, text_file),
        template=template,
    )
    if template:
        _see_fits(replace(new, asks=what.asks))

    put_there: list[Put] = []

    async def store(database: Database) -> None:
        put_there.extend(await put(database, store_of(settings), files, at=now()))

    async def work(tx: Transaction) -> int:
        acting = Acting(await units_in(tx, settings), by)
        whole = who.of(new) if not to_list else await of_list(tx, new, to_list)
        name = await acting.write(tx, whole.unit)
        enclosed = tuple([await one.named(tx) for one in put_there])
        asks = what.asks
        if asks is not None:
            if whole.purpose not in purposes(asks):  # of a list
                raise WrongState(f"--list: those of {to_list!r} did not say yes to being asked")
            asks = replace(asks, code=await Answers().free_code(tx))
        whole = replace(whole, enclosed=enclosed, asks=asks)
        written = await Broadcasts().write(tx, whole, by=name, at=now())
        await acting.wrote(tx, written)
        return written

    number = _with(settings, work, before=store)
    if when:
        out.print(f"Due {when.first:%H:%M %d/%m/%Y}, Vietnam's time {when.repeats}".strip())
    typer.echo(number)


@app.command("edit")
def edit(
    number: Number,
    text: Annotated[str, typer.Option(help="The new words.")],
    by: By,
    text_in: TextIn = None,
    text_file: TextFile = None,
) -> None:
    """Change the words of a broadcast that has not begun: it has to be approved anew.

    Its words in other languages are dropped, unless they are given again.
    """
    words, settings = _text(text), settings_or_exit()
    texts = further_texts(text_in, text_file)

    def changed(old: Draft) -> Draft:
        return replace(old, text=words, texts=texts)

    async def read(tx: Transaction) -> Draft:
        return (await Broadcasts().get(tx, number)).draft

    if (old := _with(settings, read)).template:
        _see_fits(changed(old))

    async def work(tx: Transaction) -> None:
        old = (await Broadcasts().get(tx, number, lock=True)).draft
        if wrong := [told_fault(one) for one in faults(old.asks, words)] if old.asks else []:
            raise WrongState("; ".join(wrong))
        acting = Acting(await units_in(tx, settings), by)
        name = await acting.write(tx, old.unit)
        await Broadcasts().edit(tx, number, changed(old), by=name, at=now())
        await acting.wrote(tx, number)

    _with(settings, work)
    out.print(f"{number} is a draft again.")


@app.command("submit")
def submit(number: Number, by: By) -> None:
    """Hand a draft to the person who approves it."""
    settings = settings_or_exit()

    async def work(tx: Transaction) -> None:
        unit = (await Broadcasts().get(tx, number)).draft.unit
        name = await Acting(await units_in(tx, settings), by).write(tx, unit)
        await Broadcasts().submit(tx, number, by=name, at=now())

    _with(settings, work)
    out.print(f"{number} waits for another person's approval.")


@app.command("approve")
def approve(number: Number, by: By) -> None:
    """Release a broadcast that another person wrote; an emergency also one's own."""
    settings = settings_or_exit()

    async def work(tx: Transaction) -> None:
        name = await Acting(await units_in(tx, settings), by).release(tx, number)
        await Broadcasts().approve(tx, number, by=name, at=now())

    _with(settings, work)
    out.print(f"{number} is approved; its words are fixed from now on.")


@app.command("move")
def move(number: Number, at: At, by: By = OPERATOR) -> None:
    """Send it at another time; also what was missed."""
    when = _when(at)
    if when is None or when.repeats:
        _stop("--at: name one time")
    _change(
        number, by, lambda tx, name: Broadcasts().move(tx, number, to=when.first, by=name, at=now())
    )
    out.print(f"{number} goes out at {when.first:%H:%M %d/%m/%Y}.")


@app.command("pause")
def pause(number: Number, by: By = OPERATOR) -> None:
    """Send nothing of it until it is resumed; also while it is being sent."""
    _change(number, by, lambda tx, name: Broadcasts().pause(tx, number, by=name, at=now()))
    out.print(f"{number} is paused.")


@app.command("resume")
def resume(number: Number, by: By = OPERATOR) -> None:
    """Go on with what was paused or missed."""
    _change(number, by, lambda tx, name: Broadcasts().resume(tx, number, by=name, at=now()))
    out.print(f"{number} goes on.")


@app.command("cancel")
def cancel(number: Number, by: By = OPERATOR) -> None:
    """Send nothing more of it, for good."""
    _change(number, by, lambda tx, name: Broadcasts().cancel(tx, number, by=name, at=now()))
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

    async def work(tx: Transaction, name: str) -> int:
        recipients, at = Recipients(), now()
        await Broadcasts().send_again(tx, number, by=name, at=at)
        await Notices().tell_again(tx, number)
        if leave:
            return await recipients.leave(tx, number, at=at)
        state = State.UNCERTAIN if uncertain else State.FAILED
        return await recipients.retry(tx, number, state=state, at=at)

    if leave and not uncertain:
        _stop("--leave goes with --uncertain")
    count = _change(number, by, work)
    out.print(f"{count} messages {'stay as they are' if leave else 'are sent again'}.")


@app.command("close")
def close(number: Number, by: By = OPERATOR) -> None:
    """Take no more answers to what it asks, and cut what leads from an answer to a person."""
    _change(number, by, lambda tx, name: Answers().close(tx, number, by=name, at=now()))
    out.print(f"{number} is closed; `results {number}` tells what was answered.")


@app.command("results")
def results(
    number: Number,
    as_script: Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")] = False,
) -> None:
    """What was answered: totals, small numbers hidden; exact once it is closed."""

    async def work(tx: Transaction) -> tuple[Broadcast, Results]:
        it = await Broadcasts().get(tx, number)
        return it, await results_of(tx, it)

    it, found = _with(settings_or_exit(), work)
    if as_script:
        typer.echo(as_json(it, found))
        return
    for line in results_in_words(it, found):
        typer.echo(line)


@app.command("status")
def status(
    number: Number,
    as_script: Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")] = False,
) -> None:
    """What became of it, in words and numbers."""
    settings = settings_or_exit()

    async def work(tx: Transaction) -> tuple[Broadcast, Account]:
        it = await Broadcasts().get(tx, number)
        return it, await Recipients().account(tx, number)

    it, account = _with(settings, work)
    if as_script:
        typer.echo(json.dumps(for_script(it, account), ensure_ascii=False))
        return
    for line in told(it, account):
        typer.echo(line)


def _see_fits(draft: Draft) -> None:
    """Stop unless the template of some account can carry it."""

    async def work(house: House, _: Transaction) -> str:
        return unfit(draft, abilities(house))

    if why := with_house(work):
        _stop(f"it goes by a template: {why}")


def _when(at: str) -> When | None:
    if not at:
        return None
    try:
        return read_when(at, now=now(), zone=VIETNAM)
    except NotATime as fault:
        _stop(f"--at: {refusal(fault)}")


def _text(text: str) -> str:
    words = text.strip()
    if not words:
        _stop("--text is empty: say something")
    if len(words) > LONGEST:
        _stop(f"--text has {len(words)} letters, and at most {LONGEST} fit into one message")
    return words
