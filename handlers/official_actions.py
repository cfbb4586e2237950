"""What a button means that officials press: at their cases, and at their notices.

`handlers.actions` writes and reads them as it does all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class JoinOffice:
    """Yes, from now on I work here for whom this code says."""

    code: str


@dataclass(frozen=True, slots=True)
class ListWork:
    """List the open cases that I may see, from the `start`-th on."""

    start: int = 0


class Duty(StrEnum):
    """What an official does with a case."""

    OPEN = "o"
    ANSWER = "a"
    ASK_BACK = "b"
    TAKE = "t"
    HAND_ON = "h"  # value: from which colleague on they are listed
    GIVE = "i"  # value: the colleague's number
    CLOSE = "c"
    UNMASK = "u"
    NOTE = "n"
    RELEASE = "r"
    JOIN = "j"  # value: the case that says the same
    PART = "p"  # undoes it
    SEND = "s"  # what they wrote
    REWRITE = "w"
    FILES = "f"  # look at photos, hear voices
    SIGN = "g"  # put their own name below it, or take it away
    DROP = "d"


@dataclass(frozen=True, slots=True)
class Work:
    """A step of an official in a case; `seen` is its version on the screen that had the button."""

    duty: Duty
    case: int
    seen: int = 0
    value: int = 0


class Composed(StrEnum):
    """What an official does while composing a notice (`Compose`)."""

    BEGIN = "b"  # with a value: whatever was begun before is gone
    SHOW = "l"  # show the step again; value: from which line on its list goes on
    CHOOSE = "c"  # value: what was chosen
    CHANGE = "g"  # from the preview, change one thing; value: the step
    BACK = "r"
    SKIP = "x"
    LEAVE = "v"  # keep it for later
    DROP = "d"
    SUBMIT = "s"
    URGENT = "u"  # it is an emergency


@dataclass(frozen=True, slots=True)
class Compose:
    """A step of composing a notice. `step` is the one that was shown: an old button of another
    step changes nothing."""

    told: Composed
    step: str = ""
    value: str = ""


class Deed(StrEnum):
    """What an official does with a notice that was handed in."""

    OPEN = "o"
    APPROVE = "a"  # value 1: and move it to now, its time has passed
    RETURN = "r"
    MEND = "m"  # its author changes it
    PAUSE = "p"
    RESUME = "g"
    CANCEL = "c"  # asked back until value is 1
    RETRY = "t"
    RETRY_UNCERTAIN = "u"
    LEAVE_UNCERTAIN = "l"
    TAKE_BACK = "k"  # what was sent already; value 1: without other words
    CLOSE = "e"  # take no more answers; asked back until value is 1


@dataclass(frozen=True, slots=True)
class Notice:
    """A step of an official with a notice; `seen` is its version on the screen with the button."""

    deed: Deed
    number: int
    seen: int = 0
    value: int = 0


@dataclass(frozen=True, slots=True)
class ListNotices:
    """List the notices that I wrote or may release, from the `start`-th on."""

    start: int = 0
