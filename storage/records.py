"""All mapped records, imported so that migrations and tests see the whole schema."""

from storage import cases, conversations, inbox, outbox, people, unanswered
from storage.database import Record

metadata = Record.metadata

__all__ = ["cases", "conversations", "inbox", "metadata", "outbox", "people", "unanswered"]
