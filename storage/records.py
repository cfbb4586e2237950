"""All mapped records, imported so that migrations and tests see the whole schema."""

from storage import (
    account_leases,
    accounts,
    broadcasts,
    case_groups,
    case_history,
    case_records,
    consents,
    conversations,
    drafts,
    files,
    guesses,
    inbox,
    links,
    notice_drafts,
    notices,
    official_drafts,
    officials,
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
    "broadcasts",
    "case_groups",
    "case_history",
    "case_records",
    "consents",
    "conversations",
    "drafts",
    "files",
    "guesses",
    "inbox",
    "links",
    "metadata",
    "notice_drafts",
    "notices",
    "official_drafts",
    "officials",
    "outbox",
    "people",
    "tokens",
    "unanswered",
]
