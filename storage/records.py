"""All mapped records, imported so that migrations and tests see the whole schema."""

from storage import accounts, cases, conversations, inbox, outbox, people, tokens, unanswered
from storage.database import Record

metadata = Record.metadata

__all__ = [
    "accounts",
    "cases",
    "conversations",
    "inbox",
    "metadata",
    "outbox",
    "people",
    "tokens",
    "unanswered",
]
