"""Pacing: an even pace, a short burst for one chat, and quiet hours in Vietnam's time."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pacing import CHAT_BURST, Pace, quiet_until
from handlers.errands import VIETNAM
from storage.outbox import Lane


@given(st.lists(st.floats(0, 0.1), min_size=40, max_size=200))
def test_no_second_holds_more_turns_than_the_limit(pauses: list[float]) -> None:
    pace, now, turns = Pace(per_second=30, per_chat_per_second=1), 0.0, []
    for number, pause in enumerate(pauses):
        now += pause
        turns.append(now + pace.turn(f"chat {number}", now))
    assert turns == sorted(turns)
    for start in turns:
        assert sum(start <= turn < start + 1 - 1e-9 for turn in turns) <= 30


def test_a_chat_may_burst_shortly_and_then_keeps_its_pace() -> None:
    pace = Pace(per_second=1000, per_chat_per_second=1)
    waits = [pace.turn("one", 0.0) for _ in range(CHAT_BURST + 3)]
    assert all(wait < 0.1 for wait in waits[:CHAT_BURST])
    assert [round(wait) for wait in waits[CHAT_BURST:]] == [1, 2, 3]


def test_one_busy_chat_does_not_delay_another() -> None:
    pace = Pace(per_second=1000, per_chat_per_second=1)
    for _ in range(CHAT_BURST):
        pace.turn("busy", 0.0)
    assert pace.turn("calm", 0.0) < 0.1


def test_a_hold_stops_every_turn_until_its_end() -> None:
    pace = Pace(per_second=30, per_chat_per_second=1)
    pace.hold(5.0)
    assert pace.turn("one", 1.0) == pytest.approx(4.0)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=VIETNAM).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        (at(20, 59), None),
        (at(21, 0), datetime(2026, 11, 24, 6, 0, tzinfo=VIETNAM)),
        (at(23, 30), datetime(2026, 11, 24, 6, 0, tzinfo=VIETNAM)),
        (at(3, 0), datetime(2026, 11, 23, 6, 0, tzinfo=VIETNAM)),
        (at(6, 0), None),
    ],
)
def test_a_campaign_waits_until_quiet_hours_end(now: datetime, morning: datetime | None) -> None:
    quiet = quiet_until(Lane.CAMPAIGN, now, start=time(21), end=time(6), zone=VIETNAM)
    assert quiet == morning


@pytest.mark.parametrize("lane", [Lane.REPLY, Lane.EMERGENCY])
def test_replies_and_emergencies_never_wait_for_the_morning(lane: Lane) -> None:
    assert quiet_until(lane, at(23), start=time(21), end=time(6), zone=VIETNAM) is None


def test_equal_times_mean_no_quiet_hours() -> None:
    assert quiet_until(Lane.CAMPAIGN, at(6), start=time(6), end=time(6), zone=VIETNAM) is None


def test_quiet_hours_may_lie_within_one_day() -> None:
    quiet = quiet_until(Lane.CAMPAIGN, at(12, 30), start=time(12), end=time(13), zone=VIETNAM)
    assert quiet == datetime(2026, 11, 23, 13, 0, tzinfo=VIETNAM)
