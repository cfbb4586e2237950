"""What a button means, and its short, versioned encoding (at most 64 bytes, Telegram's limit)."""

from __future__ import annotations

from dataclasses import dataclass

VERSION = "1"
MAX_BYTES = 64


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
class OfferLink:
    """Tell what linking two chats does, and a code to type in the other."""


@dataclass(frozen=True, slots=True)
class LinkChats:
    """Yes, link this chat with the one whose code was typed here."""


@dataclass(frozen=True, slots=True)
class PartChats:
    """Let this chat stand alone again."""


Action = (
    Home
    | AskPerson
    | ShowGroup
    | ShowGroups
    | ShowCard
    | ListUnits
    | ChooseUnit
    | OfferLink
    | LinkChats
    | PartChats
)


def encode(action: Action) -> str:
    """Return the action as text. Raises ValueError when it does not fit in 64 bytes."""
    match action:
        case Home():
            parts = ["h"]
        case AskPerson():
            parts = ["p"]
        case ShowGroups():
            parts = ["gs"]
        case ShowGroup(group, start):
            parts = ["g", group, str(start)]
        case ShowCard(slug, facet):
            parts = ["c", slug, facet]
        case ListUnits(parent, start):
            parts = ["us", parent, str(start)]
        case ChooseUnit(code):
            parts = ["u", code]
        case OfferLink():
            parts = ["lo"]
        case LinkChats():
            parts = ["l"]
        case PartChats():
            parts = ["lp"]
    encoded = ":".join([VERSION, *parts])
    if len(encoded.encode()) > MAX_BYTES:
        raise ValueError(f"action {encoded!r} is longer than {MAX_BYTES} bytes: shorten its name")
    return encoded


def decode(text: str) -> Action:
    """Read what `encode` wrote. Raises UnknownAction for anything else."""
    match text.split(":"):
        case [version, "h"] if version == VERSION:
            return Home()
        case [version, "p"] if version == VERSION:
            return AskPerson()
        case [version, "gs"] if version == VERSION:
            return ShowGroups()
        case [version, "g", group, start] if version == VERSION and _is_count(start):
            return ShowGroup(group, int(start))
        case [version, "c", slug, facet] if version == VERSION:
            return ShowCard(slug, facet)
        case [version, "us", parent, start] if version == VERSION and _is_count(start):
            return ListUnits(parent, int(start))
        case [version, "u", code] if version == VERSION:
            return ChooseUnit(code)
        case [version, "lo"] if version == VERSION:
            return OfferLink()
        case [version, "l"] if version == VERSION:
            return LinkChats()
        case [version, "lp"] if version == VERSION:
            return PartChats()
    raise UnknownAction(f"not an action of version {VERSION}: {text[:MAX_BYTES]!r}")


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6
