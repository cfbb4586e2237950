"""A few kills of the campaign in `kills`, so that it cannot rot: `make campaign-kills` has more."""

from __future__ import annotations

from tests.faults.kills import PEOPLE, run


async def test_nobody_is_left_without_an_end_nor_written_to_twice_when_a_sender_is_killed(
    database_address: str,
) -> None:
    """The seed's kills hit: the platform had taken messages of which the database knew nothing."""
    tally = await run(database_address, 3, seed=4, until_hits=2)
    assert tally.hits >= 2
    assert 0 < tally.taken <= tally.in_flight
    assert tally.sent + tally.uncertain == tally.recipients == PEOPLE * tally.kills.total()
    assert tally.ordinary_doubled == 0
