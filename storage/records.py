"""All mapped records, imported so that migrations and tests see the whole schema."""

from storage import (
    account_leases,
    accounts,
    cases,
    conversations,
    inbox,
    links,
    outbox,
    people,
    tokens,
    unanswered,
)
from storage.database import Record

metadata = Record.metadata

__all__ = [
    "account_leases",
    "accounts",
    "cases",
    "conversations",
    "inbox",
    "links",
    "metadata",
    "outbox",
    "people",
    "tokens",
    "unanswered",
]
