"""How it stands with an account's tokens: renewed in time, growing old, unanswered, or lost."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.channels.zalo_oa_tokens import REFRESH_LIFE
from handlers.staff.channel_accounts import Tokens, TokenState
from storage.tokens import KeptTokens

NO_ANSWER = timedelta(minutes=10)  # after which a refresh that was asked for has gone wrong
WARN_BEFORE = timedelta(days=30)


def token_state(kept: KeptTokens, at: datetime) -> Tokens:
    """Tokens as they are at that time (UTC)."""
    ends = kept.refresh_at + REFRESH_LIFE
    if kept.lost_at is not None:
        return Tokens(TokenState.LOST, since=kept.lost_at, until=kept.access_until)
    if kept.asked_at is not None and at - kept.asked_at > NO_ANSWER:
        return Tokens(TokenState.UNANSWERED, since=kept.asked_at, until=kept.access_until)
    state = TokenState.WELL if ends - at > WARN_BEFORE else TokenState.ENDING
    return Tokens(state, since=kept.refresh_at, until=ends)
