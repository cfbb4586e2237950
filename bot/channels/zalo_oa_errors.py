"""What each error of the Zalo OA API means for a message: what happens next, what staff are told.

A reason is the key of a text. Source: Zalo's tables of errors of the OA API and of ZBS templates,
as of 2026; a code that stands in none of them is tried again like any trouble of the platform.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum, auto
from zoneinfo import ZoneInfo

from bot.channels.channel import BUSY, CONTENT, GONE, NO_ACCESS, TROUBLE

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")  # Zalo names no zone for its nights: an assumption
MORNING = time(6, 0)

CONSENT = "unsent.consent_needed"
WINDOW = "unsent.window_closed"
FREE_WINDOW = "unsent.free_window_closed"
NO_QUOTA = "unsent.no_quota"
TEMPLATE = "unsent.template_refused"


class Then(Enum):
    """What follows from an error."""

    LATER = auto()  # this message, again in a while
    ALL_LATER = auto()  # the whole account has to slow down
    MORNING = auto()  # this message, tomorrow or when the night is over
    NEVER = auto()  # this message is lost
    PERSON = auto()  # nothing can reach this person any more
    OPERATOR = auto()  # the account stands still until somebody mends it
    TOKEN = auto()  # the access token is not taken


@dataclass(frozen=True, slots=True)
class Meaning:
    """What follows, and the key of the text that says why."""

    then: Then
    reason: str


_TABLE = (
    (Then.TOKEN, NO_ACCESS, (-216, -220, -124)),
    (Then.ALL_LATER, BUSY, (-32,)),
    (Then.LATER, TROUBLE, (-100, -200, -214)),
    (Then.MORNING, "unsent.night", (-133, -234)),
    (Then.MORNING, "unsent.daily_limit", (-144, -147)),
    (Then.NEVER, WINDOW, (-230, -232)),
    (Then.NEVER, FREE_WINDOW, (-305, -311)),
    (Then.NEVER, NO_QUOTA, (-115, -136, -137, -211, -320, -321)),
    (Then.NEVER, "unsent.person_full", (-218, -1441, -1471, -1472)),
    (Then.NEVER, "unsent.restricted", (-139, -140, -141)),
    (
        Then.NEVER,
        CONTENT,
        (-108, -109, -131, -146, -201, -210, -233, -237, -240, -248, -249, -1121, -1122),
    ),
    (Then.PERSON, "unsent.restricted", (-217, -244)),
    (Then.PERSON, "unsent.not_following", (-213,)),
    (Then.PERSON, GONE, (-114, -118, -119, -227)),
    (
        Then.OPERATOR,
        "unsent.account_blocked",
        (-125, -135, -204, -205, -209, -212, -219, -221, -223, -224, -235, -242, -1241),
    ),
)
MEANINGS = {code: Meaning(then, reason) for then, reason, codes in _TABLE for code in codes}


# Of a message by template alone. The template is at fault, the account may send none, or this
# person wants none: nothing of it stands in the way of an answer in a chat, so all else goes on.
_OF_TEMPLATE_TABLE = (
    (TEMPLATE, (-109, -131, -146, -249, -1121, -1122)),
    (TEMPLATE, (-125, -135, -212, -221, -223, -224, -235)),
    ("unsent.restricted", (-217, -244)),
)
OF_TEMPLATES = {
    code: Meaning(Then.NEVER, reason) for reason, codes in _OF_TEMPLATE_TABLE for code in codes
}
DAILY = (-144, -147)
SHUT = (WINDOW, FREE_WINDOW)
"""Reasons for which a person may get a template and no free text."""


def meaning(code: int, words: str) -> Meaning:
    """What an error says; `words` are the platform's own."""
    if code == -201 and "user_id" in words:
        return Meaning(Then.PERSON, GONE)
    return MEANINGS.get(code, Meaning(Then.LATER, TROUBLE))


def next_morning(now: datetime) -> datetime:
    """The next time that it is morning in Vietnam."""
    here = now.astimezone(VIETNAM)
    morning = datetime.combine(here.date(), MORNING, VIETNAM)
    return morning if here < morning else morning + timedelta(days=1)
