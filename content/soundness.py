"""What makes a card untrustworthy: sums and rules without a time, figures without their source.

Such a card is refused like one that cannot be read. How it is worded is `checker`'s affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from content.cards import Card
from content.faults import CardFault, fault
from content.figures import Law, Period, cites
from content.wording import LAW_NUMBER

MONEY = re.compile(
    r"\d[\d.,]*(?: ?(?:đồng|nghìn|ngàn|triệu|tỷ|tỉ|đ)| ?(?:k|tr)\d*)(?!\w)"
    r"|(?:một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|trăm|mươi) (?:nghìn|ngàn|triệu|tỷ|tỉ)(?!\w| lệ)",
    re.IGNORECASE,
)
"""A sum in the text itself has no time and no state: it belongs among the figures."""

RULE = re.compile(
    r"(?<![\d/.,])\d[\d.,]* ?(?:%|(?:phần trăm|ngày|tuần|tháng|năm|tuổi|km)(?!\w))", re.IGNORECASE
)
"""Spans of time, ages, shares, distances: what laws decide and change, so figures too."""

_DATE = re.compile(r"\d{1,2}/\d{1,2}/\d{4}|\b(?:ngày|mùng|tháng|quý) \d{1,2}(?!\d| ?%)", re.I)
_UNIT = re.compile(r"[^\W\d_]|%")


def unsound(card: Card) -> Iterator[CardFault]:
    """Every fault for which a card may not be shown."""
    for items in (*(section.items for section in card.sections.values()), card.remember):
        for item in items:
            if money := MONEY.search(item.text):
                yield fault(card.path, item.line, "money_in_body", money=money[0])
            elif rule := RULE.search(_DATE.sub("", item.text)):
                yield fault(card.path, item.line, "rule_in_body", rule=rule[0])
    for name, figure in card.figures.items():
        line = card.lines.get(f"figures.{name}", 1)
        for period in figure.periods:
            if any(sign.isdigit() for sign in period.value) and not _UNIT.search(period.value):
                yield fault(card.path, line, "figure_bare", name=name, number=period.value)
        yield from dict.fromkeys(
            found for period in figure.periods for found in _source(card, name, line, period)
        )
    if card.review_by <= card.reviewed:
        line = card.lines.get("review_by", 1)
        yield fault(card.path, line, "review_backwards", day=card.review_by)


def _source(card: Card, name: str, line: int, period: Period) -> Iterator[CardFault]:
    """A figure that is shown names a declared text, whole: only so can the answer cite it.

    One still to be confirmed is not shown; what was heard of it so far is enough.
    """
    source = period.source.strip()
    declared = {core for law in card.legal for core in LAW_NUMBER.findall(law.number)}
    cited = [law for law in card.legal if cites(source, law.number)]
    if not source:
        yield fault(card.path, line, "source_missing", name=name)
    elif set(LAW_NUMBER.findall(source)) - declared:
        yield fault(card.path, line, "law_undeclared", name=name, source=source)
    elif not period.confirmed:
        return
    elif not any(source.startswith(law.number) for law in cited):
        yield fault(card.path, line, "source_unknown", name=name, source=source)
    else:
        yield from _times(card, name, line, period, cited)


def _times(
    card: Card, name: str, line: int, period: Period, cited: list[Law]
) -> Iterator[CardFault]:
    """One of the texts cited must hold when the period begins, and until it ends."""
    started = [law for law in cited if law.since is None or law.since <= period.start]
    if not started:
        fields = {"name": name, "law": cited[0].number, "day": cited[0].in_force}
        yield fault(card.path, line, "law_later", start=period.start, **fields)
        return
    ends = {old: law for law in card.legal if law.in_force for old in law.replaces}
    if all(law.number in ends for law in started):
        by = ends[started[0].number]
        gone = by.since
        if gone and (period.until is None or period.until >= gone):
            fields = {"name": name, "law": started[0].number, "day": gone}
            yield fault(card.path, line, "law_ended", **fields)
