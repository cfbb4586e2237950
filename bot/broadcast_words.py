"""How the commands tell operators of a broadcast: in words, as JSON, and why a time was refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from content.when import NotATime
from handlers.errands import VIETNAM
from storage.broadcast_outcomes import Account
from storage.broadcast_records import Broadcast, Phase

NOT_A_TIME = {
    "past": "{said!r} is past",
    "impossible": "there is no such day or hour as {said!r}",
    "open": '{said!r} leaves the hour open: add it, as in "3h chiều mai"',
    "unknown": '{said!r} is no time that is known: write "7h sáng mai", "thứ 2 tuần sau 8h30", '
    '"ngày 5/12 8h" or "2026-12-05 08:00"',
}


def in_words(account: Account) -> str:
    """ "312 of 320 received, 5 have blocked the bot, 3 to try again"."""
    parts = [f"{account.sent} of {account.recipients} received"]
    for words, count in (
        (f"{'has' if account.blocked == 1 else 'have'} blocked the bot", account.blocked),
        ("to try again", account.failed - account.blocked),
        ("may or may not have received it", account.uncertain),
        ("left out", account.skipped),
        ("waiting", account.pending),
        ("had their message changed in place", account.edited),
        ("had it taken away", account.deleted),
        ("by the approved template", account.by_template),
        ("sent again, for the first may not have arrived", account.again),
    ):
        if count:
            parts.append(f"{count} {words}")
    return ", ".join(parts)


def told(it: Broadcast, account: Account) -> Iterator[str]:
    """The whole account, line by line: the state, the numbers, the reasons, what can be done."""
    yield f"{it.id}: {it.phase}{' · ' + it.note if it.note else ''}"
    if it.approved_at is not None:
        alone = ", who wrote it" if it.alone else ""
        yield f"approved by {it.approved_by}{alone} at {_local(it.approved_at):%H:%M %d/%m/%Y}"
    yield in_words(account)
    for reason, count in sorted(account.reasons.items(), key=lambda one: (-one[1], one[0])):
        yield f"  {count}  {reason}"
    yield from echoes(it)
    if account.uncertain:
        yield f"`retry {it.id} --uncertain` sends to those again, with `--leave` it does not"
    if account.failed > account.blocked and it.phase in (Phase.SENDING, Phase.FINISHED):
        yield f"`retry {it.id}` sends again what failed"


def echoes(it: Broadcast) -> Iterator[str]:
    """What came back of it, as far as anything did, and how long it took."""
    if it.arrived:
        yield f"{it.arrived} came to their phone, as far as the platform tells"
    if it.opted_out:
        yield f"{it.opted_out} wanted no more notices within two days of it"
    if it.took is not None:
        yield f"it took {_minutes(it.took)}"


def _minutes(took: timedelta) -> str:
    seconds = int(took.total_seconds())
    return f"{seconds // 60} min {seconds % 60} s"


def for_script(it: Broadcast, account: Account) -> dict[str, object]:
    """The account for a script; times are in Vietnam's zone."""
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
        "again": account.again,
        "takes_back": it.draft.takes_back,
        "edited": account.edited,
        "deleted": account.deleted,
        "by_template": account.by_template,
        "reasons": dict(account.reasons),
        "arrived": it.arrived,
        "opted_out": it.opted_out,
        "seconds": None if it.took is None else it.took.total_seconds(),
        "due": _local(due).isoformat() if due else None,
        "repeats": it.draft.repeats,
        "emergency": it.draft.emergency,
        "emergency_reason": it.draft.reason,
        "one_person": it.alone,
        "author": it.author,
        "editors": list(it.editors),
        "approved_by": it.approved_by,
        "approved_at": _local(it.approved_at).isoformat() if it.approved_at else None,
        "note": it.note,
        "unit": it.draft.unit,
        "only_unit": it.draft.only_unit,
    }


def refusal(fault: NotATime) -> str:
    """Why the words name no time to send at."""
    return NOT_A_TIME[fault.key].format(said=fault.said)


def _local(at: datetime) -> datetime:
    return at.astimezone(VIETNAM)
