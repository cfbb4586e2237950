"""Says when what an answer shows will change, end, or stand under a new law.

Which figures are shown, and whether they may be, is `answers`' decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

from content.figures import Figure, Law, Period
from content.texts import Texts

CHANGE_DAYS = 90
"""A change of a figure is announced this many days ahead."""

MANY = 3
"""So many values that end on one day are not named one by one."""


class Kind(StrEnum):
    """How a value is spoken of: money and shares, other numbers (days, ages), words."""

    AMOUNT = "amount"
    NUMBER = "number"
    RULE = "rule"


TEXT_KEYS = (
    *(f"answer.changes.{kind}" for kind in Kind),
    *(f"answer.changes_inside.{kind}" for kind in Kind),
    *(f"answer.ends.{kind}" for kind in Kind),
    *("answer.changes_many", "answer.change", "answer.ends_some", "answer.new_law"),
)


def kind_of(value: str) -> Kind:
    if not any(sign.isdigit() for sign in value):
        return Kind.RULE
    return Kind.AMOUNT if "đồng" in value or "%" in value else Kind.NUMBER


def told(
    shown: Mapping[Figure, Period], day: date, *, last: date, named: bool, texts: Texts
) -> Iterator[str]:
    """One line for each day until `last` on which figures shown on `day` change or end.

    In a time that was `named`, it is said until when the old holds and from when the new.
    """
    coming: dict[date, list[tuple[str, str]]] = {}
    ending: dict[date, list[str]] = {}
    within = (last - day).days
    for figure, now in shown.items():
        after = figure.upcoming(day, within)
        end = figure.ends(day, within)
        if end and figure.on(end + timedelta(days=1)) is None and after is None:
            ending.setdefault(end, []).append(now.value)
        old = now
        while after is not None:
            coming.setdefault(after.start, []).append((old.value, after.value))
            old, after = after, figure.upcoming(after.start, (last - after.start).days)
    for start, pairs in sorted(coming.items()):
        yield from _changes(start, list(dict.fromkeys(pairs)), named=named, texts=texts)
    for end, values in sorted(ending.items()):
        yield from _ends(end, list(dict.fromkeys(values)), texts)


def new_laws(laws: Sequence[Law], read: date, *, last: date, texts: Texts) -> Iterator[str]:
    """A line for each law that takes the place of another one of the card until `last`.

    What stands without a date of its own was `read` before that law, so it may not hold under it.
    """
    declared = {law.number for law in laws}
    for law in laws:
        if law.in_force and read < law.in_force <= last and declared & set(law.replaces):
            yield texts("answer.new_law", day=in_words(law.in_force), law=law.number)


def in_words(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year}"


def _changes(
    start: date, pairs: Sequence[tuple[str, str]], *, named: bool, texts: Texts
) -> Iterator[str]:
    """Rules in words one by one; several numbers in one line."""
    rules = [pair for pair in pairs if kind_of(pair[0]) is Kind.RULE]
    numbers = [pair for pair in pairs if pair not in rules]
    if len(numbers) > 1:
        said = [texts("answer.change", old=old, new=new) for old, new in numbers]
        yield texts("answer.changes_many", day=in_words(start), changes="; ".join(said))
        numbers = []
    key = "answer.changes_inside" if named else "answer.changes"
    eve = in_words(start - timedelta(days=1))
    for old, new in (*numbers, *rules):
        yield texts(f"{key}.{kind_of(old)}", day=in_words(start), eve=eve, old=old, new=new)


def _ends(end: date, values: Iterable[str], texts: Texts) -> Iterator[str]:
    by_kind: dict[Kind, list[str]] = {}
    for value in values:
        by_kind.setdefault(kind_of(value), []).append(value)
    if len(by_kind) > 1 or any(len(some) >= MANY for some in by_kind.values()):
        yield texts("answer.ends_some", day=in_words(end))
        return
    for kind, some in by_kind.items():
        yield texts(f"answer.ends.{kind}", old=", ".join(some), day=in_words(end))
