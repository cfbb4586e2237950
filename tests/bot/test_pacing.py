"""Pacing: an even pace, a short burst a chat, who waits after a refusal, and the quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.channel import Speed
from bot.pacing import CALM, SLOWER, STEP, STEP_TIME, Pace, quiet_until
from handlers.errands import VIETNAM
from storage.outbox import Lane
from tests.emulators.telegram_world import Bucket

TELEGRAM = Speed(29.5, 1)


@given(st.lists(st.floats(0, 0.1), min_size=40, max_size=200))
def test_no_second_holds_more_turns_than_the_limit(pauses: list[float]) -> None:
    pace, now, turns = Pace(Speed(30, 1)), 0.0, []
    for number, pause in enumerate(pauses):
        now += pause
        turns.append(now + pace.turn(f"chat {number}", now))
    assert turns == sorted(turns)
    for start in turns:
        assert sum(start <= turn < start + 1 - 1e-9 for turn in turns) <= 30


def test_a_reply_of_several_messages_takes_as_many_turns() -> None:
    pace = Pace(Speed(10, 1))
    pace.turn("a", 0.0, messages=3)
    assert pace.turn("b", 0.0) == pytest.approx(0.3)


def test_a_chat_may_burst_shortly_and_then_keeps_its_pace_whatever_the_way_takes() -> None:
    pace, bucket, now = Pace(Speed(1000, 1)), Bucket(3, 1), 0.0
    went = []
    for number in range(9):
        now += pace.chat_wait("one", now)
        now += pace.turn("one", now)
        on_its_way = 0.09 if number == 0 else 0.01
        assert bucket.wait(now + on_its_way) == 0
        bucket.take()
        went.append(now)
    assert went[2] < 0.2
    assert [round(later - went[2]) for later in went[3:]] == [1, 2, 3, 4, 5, 6]


def test_a_chat_whose_minutes_are_counted_is_never_over_them_and_wastes_little() -> None:
    pace, went = Pace(Speed(1000, 1, chat_minute=lambda chat: 20 if chat == "group" else None)), []
    bucket, now = Bucket(20, 20 / 60), 0.0
    for messages in [1, 2, 3] * 20:
        now += pace.chat_wait("group", now, messages=messages)
        now += pace.turn("group", now, messages=messages)
        for _ in range(messages):
            assert bucket.wait(now) == 0
            bucket.take()
        went += [now] * messages
    for start in went:
        assert sum(start <= at < start + 60 for at in went) <= 20
    assert len(went) / (now / 60 + 1) > 16
    assert pace.chat_wait("alone", now) == 0


def test_a_chat_that_must_wait_takes_no_turn_from_others() -> None:
    pace = Pace(Speed(1000, 1))
    for _ in range(3):
        assert pace.chat_wait("busy", 0.0) < 0.5
        pace.turn("busy", 0.0)
    assert pace.chat_wait("busy", 0.0) > 0.5
    assert pace.chat_wait("calm", 0.0) == 0
    assert pace.turn("calm", 0.0) < 0.1


def test_one_refusal_is_its_chats_alone() -> None:
    pace = Pace(TELEGRAM)
    pace.turn("one", 100.0)
    assert pace.refused("one", 100.1, until=107.1) is None
    assert pace.chat_wait("one", 101.0) == pytest.approx(6.1)
    assert pace.chat_wait("two", 101.0) == 0
    assert pace.per_second(101.0) == 29.5


@pytest.mark.parametrize(("silent_for", "chats"), [(CALM + 1, 2), (5.0, 4)])
def test_refusals_of_several_chats_are_the_accounts_and_it_slows_down_once(
    silent_for: float, chats: int
) -> None:
    pace, names = Pace(TELEGRAM), [f"chat {n}" for n in range(chats)]
    for name in names:
        pace.turn(name, 100.0)
    now = 100 + silent_for
    for name in names:
        pace.turn(name, now)
    *first, last = [pace.refused(name, now + 1, until=now + 4 + n) for n, name in enumerate(names)]
    assert (first, last) == ([None] * (chats - 1), now + 4)
    assert pace.per_second(now + 2) == pytest.approx(29.5 * SLOWER)
    pace.refused("sent before that", now + 2, until=now + 9)
    assert pace.per_second(now + 2) == pytest.approx(29.5 * SLOWER)
    assert pace.per_second(now + 4 + STEP_TIME) == pytest.approx(29.5 * (SLOWER + STEP))
    assert pace.per_second(now + 4 + 20 * STEP_TIME) == 29.5


def test_what_the_platform_says_of_the_account_needs_no_second_witness() -> None:
    pace = Pace(TELEGRAM)
    pace.turn("one", 100.0)
    assert pace.refused("one", 100.1, until=105.0, account_wide=True) == 105.0
    assert pace.per_second(105.0) < 29.5


def test_refusals_that_lie_apart_are_each_chats_own() -> None:
    pace = Pace(TELEGRAM)
    for number in range(10):
        pace.turn(f"chat {number}", 10.0 * number)
        assert pace.refused(f"chat {number}", 10.0 * number, until=10.0 * number + 30) is None


def test_a_platform_that_halves_its_limit_is_followed_down_and_up_again() -> None:
    """Five minutes of the emulator's limiter, halved in the second and third."""
    pace, bucket, now, number = Pace(TELEGRAM), Bucket(30, 30), 0.0, 0
    taken, refused = [0] * 5, [0] * 5
    while True:
        now += pace.turn(f"chat {number}", now)
        number += 1
        minute = int(now // 60)
        if minute == 5:
            break
        wait = bucket.wait(now)
        bucket.rate = 15 if minute in {1, 2} else 30
        if wait == 0:
            bucket.take()
            taken[minute] += 1
            continue
        refused[minute] += 1
        resumes = pace.refused(f"chat {number - 1}", now, until=now + 1)
        now = resumes or now
    assert refused[0] == refused[3] == refused[4] == 0
    assert taken[0] > 0.98 * 30 * 60
    assert 0.8 * 15 * 60 < taken[2] <= 15 * 60 + 30
    assert refused[2] < 0.02 * taken[2]
    assert taken[4] > 0.98 * 30 * 60


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
