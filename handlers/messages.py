"""The words that channels and errands share: what came in, what goes out, and where.

A channel turns a platform's events into `Incoming` and shows `Reply`; an errand reads the one
and writes the other. Neither knows the other's home. `Reply` is kept in the outbox as JSON,
which `to_json` writes and `from_json` reads.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a person did. `TEXT` covers captions and words spoken to the bot as a command."""

    TEXT = "text"
    BUTTON = "button"  # text holds the button's encoded action
    START = "start"  # opened the chat, or a deep link: text holds its payload, or nothing
    VOICE = "voice"
    IMAGE = "image"
    STICKER = "sticker"
    FILE = "file"
    LOCATION = "location"
    CONTACT = "contact"
    OTHER = "other"  # something the channel can name no better
    BLOCKED = "blocked"  # the person stopped the bot
    UNBLOCKED = "unblocked"
    WITHDREW = "withdrew"  # took back the consent that the platform had asked for
    MIGRATED = "migrated"  # the chat has a new id: text holds it
    ARRIVED = "arrived"  # nothing that they did: a message of ours is there, text holds its id


@dataclass(frozen=True, slots=True)
class Address:
    """Where a conversation lives. `account` is our name for it, `chat` the platform's id."""

    account: str
    chat: str
    thread: str = ""  # a topic inside a group, where the platform has them


@dataclass(frozen=True, slots=True)
class Attachment:
    """A photo, a voice note or a file that somebody sent; the platform still has it.

    `reference` is what the channel needs to fetch it, for as long as the platform keeps it. `mime`
    and `size` (bytes) are what the platform says, or empty and 0: neither is to be trusted.
    """

    kind: Kind
    reference: str
    mime: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing a person did on a platform.

    `message_id` is unique within the account and the same when the platform delivers again.
    `sender` is the platform's id of the person. `sent_at` is in UTC. `pressed` is the platform's id
    of the message whose button it was. Things sent at once share an `album`, unique within the
    account as message ids are: they get one answer, to their words if they have any. `location` is
    latitude and longitude in degrees.
    """

    address: Address
    message_id: str
    kind: Kind
    sender: str
    sent_at: datetime
    text: str = ""
    group: bool = False
    edited: bool = False
    pressed: str = ""
    album: str = ""
    attachments: tuple[Attachment, ...] = ()
    location: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A choice that the person can tap. `action` is encoded by `handlers.actions`, <= 64 bytes.

    `digit` is what can be typed instead: 1 to 8, 9 for a person, 0 for home.
    """

    label: str
    action: str
    digit: int | None = None


class MediaKind(StrEnum):
    IMAGE = "image"
    AUDIO = "audio"
    FILE = "file"  # a form to fill in, a document


SENT = "files/"
"""The name of what somebody sent begins so: `handlers.file_names` makes and reads it."""


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or a sound of a card, or a file that somebody sent.

    `name` is its path inside the content folder, or what `handlers.file_names` made. `text` is what
    it shows or says, for those who cannot see or hear it. `link` is where it can be opened, if it
    says more than the words beside it.
    """

    kind: MediaKind
    name: str
    text: str
    link: str = ""

    @property
    def sent(self) -> bool:
        """Whether somebody sent it: it is the message, not an illustration."""
        return self.name.startswith(SENT)

    @property
    def shown_name(self) -> str:
        """The name for a log: of what somebody sent it holds no key to it."""
        return self.name.split("-")[0] if self.sent else self.name

    @property
    def line(self) -> str:
        """What stands in the words where it cannot be shown; nothing for an illustration."""
        return f"{self.text}: {self.link}" if self.link else ""


@dataclass(frozen=True, slots=True)
class Command:
    """A word that a platform's menu offers, written without its "/", and what it does.

    `language` is the code of the people who see it so; with none, of all who have no menu of
    their own language.
    """

    word: str
    about: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to a person, in words that no platform need change but by its capabilities.

    A `menu` only offers choices: what is chosen may take its place, if it stands last. `replaces`
    is the platform's id of such a menu; a channel that cannot do that sends a new message.
    `mends` is the platform's id of an earlier message whose place this one takes, or which it takes
    away (`removes`), however long ago that was; what cannot be done so is sent anew.
    `template`: what an approved template carries to who may not get the text itself; empty: nothing
    does.
    With `commands` the platform's own menu, where it has one, offers these in this chat from now
    on; with none of them, what it offers to everybody.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    media: tuple[Media, ...] = ()
    menu: bool = False
    replaces: str = ""
    commands: tuple[Command, ...] | None = None
    mends: str = ""
    removes: bool = False
    template: str = ""

    def to_json(self) -> str:
        return json.dumps(
            {
                "text": self.text,
                "buttons": [[b.label, b.action, b.digit] for b in self.buttons],
                "media": [[m.kind.value, m.name, m.text, m.link] for m in self.media],
                "menu": self.menu,
                "replaces": self.replaces,
                "removes": self.removes,
                "template": self.template,
                "commands": None
                if self.commands is None
                else [[c.word, c.about, c.language] for c in self.commands],
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, stored: str) -> Reply:
        """Read what `to_json` wrote. Raises ValueError or KeyError when it is not that."""
        raw: dict[str, Any] = json.loads(stored)
        return cls(
            text=raw["text"],
            buttons=tuple(Button(label, action, digit) for label, action, digit in raw["buttons"]),
            # Older rows have no link.
            media=tuple(Media(MediaKind(kind), *rest) for kind, *rest in raw["media"]),
            menu=raw.get("menu", False),  # older rows do not say
            replaces=raw.get("replaces", ""),
            commands=_commands(raw.get("commands")),
            removes=raw.get("removes", False),
            template=raw.get("template", ""),
        )


def _commands(raw: list[list[str]] | None) -> tuple[Command, ...] | None:
    return None if raw is None else tuple(Command(*one) for one in raw)  # older rows: no language


@dataclass(frozen=True, slots=True)
class Window:
    """So long after a person last wrote may they be written to: `free` of charge, and till `billed`
    for money, which this account may spend if it `pays`."""

    free: timedelta
    billed: timedelta
    pays: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """An approved form by which words reach whom the window shuts out: at most `length` letters of
    them, on one line and with nothing beside them. `price`: đồng a message, None if it is not known
    here. `name` and `field`: what the platform calls it, and its one parameter."""

    length: int
    price: int | None = None
    name: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can show. A reply is laid out for it once, by `handlers.layout`.

    Lengths are in UTF-16 units, the stricter of the ways in which platforms count.
    """

    text_length: int
    buttons: int  # at most this many; 0: none, so choices become numbered lines
    button_label_length: int = 64
    media: frozenset[MediaKind] = field(default_factory=frozenset)  # else words, or a link
    if_sent: frozenset[MediaKind] = field(default_factory=frozenset)  # no illustrations of these
    sounds: frozenset[str] = field(default_factory=frozenset)  # endings that it plays; empty: all
    caption_length: int = 0  # longer words do not fit under a picture or sound: one message more
    edits: bool = False  # whether a message can take the place of an earlier one
    window: Window | None = None  # None: it may write to a person whenever it likes
    template: Template | None = None  # for who is outside the window

    def shows(self, media: Media) -> bool:
        """Whether it is shown as it is; of a sound whose ending is not known yet, if it may."""
        if media.kind not in (self.media | self.if_sent if media.sent else self.media):
            return False
        if media.kind is not MediaKind.AUDIO or not self.sounds:
            return True
        _, dot, ending = media.name.rpartition(".")
        return not dot or f".{ending.lower()}" in self.sounds

    def messages(self, reply: Reply) -> int:
        """How many of the platform's messages a reply becomes that is laid out for this."""
        captioned = len(reply.text.encode("utf-16-le", "surrogatepass")) // 2 <= self.caption_length
        return max(1, len(reply.media) + (not captioned))
