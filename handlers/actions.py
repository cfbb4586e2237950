"""What a button means, and its short, versioned encoding (at most 64 bytes, Telegram's limit).

What officials alone press is in `handlers.official_actions`, what answers a question of a
broadcast in `handlers.survey_actions`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from enum import StrEnum
from typing import get_args, get_type_hints

from handlers.official_actions import Compose, JoinOffice, ListNotices, ListWork, Notice, Work
from handlers.survey_actions import Survey, Vote

VERSION = "1"
MAX_BYTES = 64
LONGEST_NUMBER = 12


class UnknownAction(ValueError):
    """The text is no action that this version of the program knows."""


@dataclass(frozen=True, slots=True)
class Home:
    """Show the first page."""


@dataclass(frozen=True, slots=True)
class AskPerson:
    """Pass the last question to an official."""


@dataclass(frozen=True, slots=True)
class ShowGroup:
    """List the cards of a group of subjects, from the `start`-th on."""

    group: str
    start: int = 0


@dataclass(frozen=True, slots=True)
class ShowGroups:
    """List the groups of subjects."""


@dataclass(frozen=True, slots=True)
class ShowCard:
    """Answer from a card: one facet of it ('general' is the card in short)."""

    slug: str
    facet: str = "general"


class Helped(StrEnum):
    """What somebody says of an answer."""

    YES = "y"
    NO = "n"


@dataclass(frozen=True, slots=True)
class RateAnswer:
    """The answer from this card was, or was not, what I asked for."""

    slug: str
    helped: Helped


@dataclass(frozen=True, slots=True)
class ListUnits:
    """List the communes or villages to choose from, inside `parent`, from the `start`-th on."""

    parent: str = ""
    start: int = 0


@dataclass(frozen=True, slots=True)
class ChooseUnit:
    """This is where I live; an empty code takes the choice back."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class ListLanguages:
    """Ask in which language I want notices, from the `start`-th on."""

    start: int = 0


@dataclass(frozen=True, slots=True)
class ChooseLanguage:
    """I want notices in this one."""

    code: str


@dataclass(frozen=True, slots=True)
class OfferLink:
    """Tell what linking two chats does, and a code to type in the other."""


@dataclass(frozen=True, slots=True)
class LinkChats:
    """Yes, link this chat with the one whose code was typed here."""


@dataclass(frozen=True, slots=True)
class PartChats:
    """Let this chat stand alone again."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """What I wrote after a long silence: it goes `on` with what was awaited (1), or asks (0)."""

    on: int


class Told(StrEnum):
    """What somebody does while telling feedback (`Feedback`)."""

    BEGIN = "b"  # value: one of `Begun`
    ADD = "m"  # what was typed just now belongs to what was begun before
    WAY = "w"  # how one denounces
    KIND = "k"  # value: a kind of case, or "denunciation"
    ABOUT = "a"  # value: whom a complaint is about
    UNIT = "u"  # value: the commune that it is for
    SHOW = "l"  # show the step again; value: from which line on its list goes on
    PLACE = "p"  # value: the code of the village
    SEND = "s"
    NAME = "n"  # send with a name
    BACK = "r"
    SKIP = "x"
    DROP = "d"


class Begun(StrEnum):
    """How telling feedback begins. What is told is what was typed last, or nothing yet."""

    EMPTY = ""
    ANEW = "anew"  # whatever was begun before is gone
    SAID = "said"
    SAID_ANEW = "instead"
    COMPLAINT = "complain"  # as SAID; it is a complaint


@dataclass(frozen=True, slots=True)
class Feedback:
    """A step of telling feedback. `step` is the one that was shown: an old button of another step
    changes nothing."""

    told: Told
    step: str = ""
    value: str = ""


class CaseMove(StrEnum):
    """What a villager does with a case of theirs."""

    SHOW = "s"
    GOOD = "g"  # understood and content
    NOT_CONTENT = "c"  # understood, not content
    NOT_CLEAR = "u"  # not understood
    REOPEN = "r"
    ADD = "a"
    WITHDRAW = "w"


@dataclass(frozen=True, slots=True)
class CaseStep:
    """A step of the villager in a case of their own."""

    move: CaseMove
    case: int


@dataclass(frozen=True, slots=True)
class MyCases:
    """List what I asked and said, and how it stands."""


@dataclass(frozen=True, slots=True)
class MoreCases:
    """The same list, from the `start`-th on."""

    start: int


@dataclass(frozen=True, slots=True)
class MeantReceipt:
    """Yes, that is my receipt; `mark` is its keyed hash, 32 bytes in base64."""

    mark: str


@dataclass(frozen=True, slots=True)
class MyData:
    """Show what is kept of me."""


@dataclass(frozen=True, slots=True)
class ForgetMe:
    """Delete all that is kept of me; asked back until `sure` is 1."""

    sure: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """Give up what I am telling; else the first page."""


@dataclass(frozen=True, slots=True)
class Back:
    """One step back in what I am telling; else the first page."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Leave out what is asked just now; else the first page."""


@dataclass(frozen=True, slots=True)
class OfferNotices:
    """Ask whether they want to be written to for a purpose."""

    purpose: str = "notices"


@dataclass(frozen=True, slots=True)
class TakeNotices:
    """Yes, write to me for this purpose; the answer is to the question of version `notice`."""

    purpose: str
    notice: str


@dataclass(frozen=True, slots=True)
class StopNotices:
    """Write to me no more, for no purpose."""


@dataclass(frozen=True, slots=True)
class Follow:
    """Ask whether they want to hear when what this card tells changes; without a name, the card
    that they were answered from last."""

    slug: str


@dataclass(frozen=True, slots=True)
class TakeFollow:
    """Yes, tell me; the answer is to the question of version `notice`."""

    slug: str
    notice: str


@dataclass(frozen=True, slots=True)
class Unfollow:
    """Tell me no more of this card."""

    slug: str


Action = (
    Home
    | AskPerson
    | ShowGroup
    | ShowGroups
    | ShowCard
    | RateAnswer
    | ListUnits
    | ChooseUnit
    | ListLanguages
    | ChooseLanguage
    | OfferLink
    | LinkChats
    | PartChats
    | GoOn
    | Feedback
    | CaseStep
    | MyCases
    | MoreCases
    | MeantReceipt
    | MyData
    | ForgetMe
    | Stop
    | Back
    | Skip
    | JoinOffice
    | ListWork
    | Work
    | OfferNotices
    | TakeNotices
    | StopNotices
    | Follow
    | TakeFollow
    | Unfollow
    | Compose
    | Notice
    | ListNotices
    | Vote
    | Survey
)

_TAGS: dict[str, type[Action]] = {
    "h": Home,
    "p": AskPerson,
    "gs": ShowGroups,
    "g": ShowGroup,
    "c": ShowCard,
    "r": RateAnswer,
    "us": ListUnits,
    "u": ChooseUnit,
    "gl": ListLanguages,
    "gc": ChooseLanguage,
    "lo": OfferLink,
    "l": LinkChats,
    "lp": PartChats,
    "go": GoOn,
    "f": Feedback,
    "k": CaseStep,
    "ks": MyCases,
    "km": MoreCases,
    "kr": MeantReceipt,
    "d": MyData,
    "df": ForgetMe,
    "x": Stop,
    "b": Back,
    "n": Skip,
    "oj": JoinOffice,
    "ol": ListWork,
    "o": Work,
    "no": OfferNotices,
    "ny": TakeNotices,
    "ns": StopNotices,
    "wf": Follow,
    "wy": TakeFollow,
    "wn": Unfollow,
    "nc": Compose,
    "nd": Notice,
    "nl": ListNotices,
    "qv": Vote,
    "qs": Survey,
}
"""The first part of what is written; the action's fields follow. Never give one another meaning:
buttons stay in people's chats."""

_TAG_OF = {action: tag for tag, action in _TAGS.items()}
_TYPES = {
    action: [get_type_hints(action)[field.name] for field in fields(action)]
    for action in get_args(Action)
}


def encode(action: Action) -> str:
    """Return the action as text. Raises ValueError when it does not fit in 64 bytes."""
    encoded = ":".join([VERSION, _TAG_OF[type(action)], *map(str, astuple(action))])
    if len(encoded.encode()) > MAX_BYTES:
        raise ValueError(f"action {encoded!r} is longer than {MAX_BYTES} bytes: shorten its name")
    return encoded


def decode(text: str) -> Action:
    """Read what `encode` wrote. Raises UnknownAction for anything else."""
    version, _, rest = text.partition(":")
    tag, *parts = rest.split(":")
    action = _TAGS.get(tag)
    if version == VERSION and action is not None and len(parts) == len(_TYPES[action]):
        with contextlib.suppress(ValueError):
            build: Callable[..., Action] = action
            return build(*map(_read, _TYPES[action], parts))
    raise UnknownAction(f"not an action of version {VERSION}: {text[:MAX_BYTES]!r}")


def _read(kind: type, part: str) -> object:
    if kind is int and not (part.isascii() and part.isdigit() and len(part) <= LONGEST_NUMBER):
        raise ValueError(f"{part[:MAX_BYTES]!r} is no number")
    return kind(part)
