"""What the web chat needs of the house: where conversations are read, and where files wait."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.channels.web_chat_pages import Line
from handlers.messages import Attachment


class Transcripts(Protocol):
    """Conversations as their people saw them, by chat. A chat that nobody stored yet is empty."""

    async def last(self, chat: str) -> list[Line]:
        """The newest lines, at most 60, in the order of the talk."""

    async def since(self, chat: str, after: datetime) -> list[Line]:
        """What was stored or reached its person from `after` (UTC) on, in the order of the talk."""

    def mark(self, chat: str) -> int:
        """Where the chat's news stand: hand it to `changed`, so that nothing between is missed."""

    async def changed(self, chat: str, heard: int, at_most: float) -> int:
        """Return the new mark once there is news since `heard`, or after `at_most` seconds."""


class Uploads(Protocol):
    """Where files wait that were sent over the page; `limit` is in bytes."""

    limit: int

    async def keep(self, content: bytes) -> Attachment:
        """Raises Refused for what may not be kept."""

    async def fetch(self, reference: str, *, at_most: int) -> bytes:
        """Raises bot.channels.channel.FetchFailed."""

    async def drop(self, reference: str) -> None:
        """It is needed no more."""
