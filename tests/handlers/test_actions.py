"""Actions of buttons: short, versioned, and never more than they say."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.actions import (
    MAX_BYTES,
    Action,
    AskPerson,
    ChooseUnit,
    Helped,
    Home,
    LinkChats,
    ListUnits,
    OfferLink,
    PartChats,
    RateAnswer,
    ShowCard,
    ShowGroup,
    ShowGroups,
    UnknownAction,
    decode,
    encode,
)
from handlers.official_actions import Duty, JoinOffice, ListWork, Work

NAMES = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=30)
COUNTS = st.integers(0, 999_999)
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.just(Home()),
    st.just(AskPerson()),
    st.just(ShowGroups()),
    st.builds(ShowGroup, NAMES, COUNTS),
    st.builds(ShowCard, NAMES, NAMES),
    st.builds(RateAnswer, NAMES, st.sampled_from(Helped)),
    st.builds(ListUnits, NAMES | st.just(""), COUNTS),
    st.builds(ChooseUnit, NAMES | st.just("")),
    st.builds(ListWork, COUNTS),
    st.builds(Work, st.sampled_from(Duty), COUNTS, COUNTS, COUNTS),
    st.builds(JoinOffice, st.text("0123456789", min_size=12, max_size=12)),
    st.sampled_from([OfferLink(), LinkChats(), PartChats()]),
)


@given(ACTIONS)
def test_an_action_comes_back_as_it_was_and_fits_in_a_button(action: Action) -> None:
    try:
        encoded = encode(action)
    except ValueError:
        assert isinstance(action, ShowCard), "only a card's name and facet can be too long"
        return
    assert len(encoded.encode()) <= MAX_BYTES
    assert decode(encoded) == action


@given(st.text())
def test_any_other_text_is_an_unknown_action_and_nothing_worse(text: str) -> None:
    with contextlib.suppress(UnknownAction):
        decode(text)


@pytest.mark.parametrize(
    "text", ["", "1", "2:h", "1:zz", "1:g:x:-1", "1:g:x:٣", "1:c:x", "1:r:x:z", "h:1"]
)
def test_what_another_version_wrote_is_unknown(text: str) -> None:
    with pytest.raises(UnknownAction):
        decode(text)


def test_a_name_that_does_not_fit_is_told() -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        encode(ShowCard("x" * 60, "general"))
