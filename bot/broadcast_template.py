"""Notices by an approved template on the command line: whether one fits, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping

from handlers.messages import Capabilities
from handlers.notice_template import fits, longest
from storage.broadcasts import Draft
from storage.reach import Reach, Way


def unfit(draft: Draft, accounts: Mapping[str, Capabilities]) -> str:
    """Why no account's template can carry it, for an operator; empty if one can."""
    limits = {name: able.template.length for name, able in accounts.items() if able.template}
    if not limits:
        return "no account that works has a notice_template: see config.example.toml"
    if any(fits(draft, accounts[name]) for name in limits):
        return ""
    if draft.asks is not None:
        return "what asks something does not fit into a template"
    most = ", ".join(f"{many} in {name}'s" for name, many in sorted(limits.items()))
    return f"its words have {longest(draft)} letters, and a template takes at most {most}"


def costs(reach: Reach, accounts: Mapping[str, Capabilities]) -> dict[str, int | None]:
    """What goes by each account's template costs, in đồng; None where the price is not known."""
    found: dict[str, int | None] = {}
    for name, ways in reach.accounts().items():
        if count := ways.get(Way.TEMPLATE, 0):
            template = accounts[name].template
            price = template.price if template else None
            found[name] = None if price is None else count * price
    return found


def in_words(cost: int | None) -> str:
    """Behind a count of people who are reached so."""
    price = "its price is not known here" if cost is None else f"about {cost} đồng"
    return f"reached by the approved template: {price}"
