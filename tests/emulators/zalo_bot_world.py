"""The world behind the Zalo bot emulator: one bot's people, chats, updates, screens and ledger.

Knows the rules that hold between them, and nothing of HTTP. What Zalo has not published is an
option of its own in `Options`.
"""

from __future__ import annotations

import copy
import hashlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.worlds import ApiError, BotWorld

TEXT_LENGTH = 2000


@dataclass
class Options:
    """What Zalo does not say, or says and does otherwise; each default is the stricter reading."""

    # getUpdates has no offset and no acknowledgement: an update is gone once it was handed over,
    # though its answer was lost; or "again": it comes again.
    lost_update: str = "gone"
    # The documents show webhook bodies in an envelope; bots in use met them without.
    wrapped: bool = True
    # "photo" in the documents, "photo_url" in python-zalo-bot.
    photo_field: str = "photo"
    # Of a protected person an event without any message was seen.
    unsupported_bare: bool = False
    # No repetition of a webhook is documented; more tries follow after 1, 2, 4 … times the pause.
    webhook_tries: int = 1
    webhook_pause: float = 1.0
    webhook_timeout: float = 5.0
    # Measured for getWebhookInfo of a bot without a webhook.
    no_webhook_is_404: bool = True
    # Codes and words are unpublished for: polling beside a webhook, a chat that never wrote, one
    # that blocked the bot.
    polling_refused: tuple[int, str] = (409, "Conflict: a webhook is set")
    stranger: tuple[int, str] = (400, "Bad Request: chat not found")
    blocked: tuple[int, str] = (403, "Forbidden: bot was blocked by the user")
    # "Check ok, not the HTTP code alone": errors may come with status 200.
    errors_as_200: bool = False
    # Zalo refuses addresses that it cannot reach; tests have no others.
    plain_http: bool = True
    # Whether it looks at a photo or a voice before it answers is unpublished.
    fetches_media: bool = True
    # The longest wait of getUpdates, in seconds.
    longest_wait: float = 60.0


@dataclass
class Line:
    """One thing on a chat's screen. `who` is "bot" or "person"; `url` is of a photo, a voice."""

    chat: str
    who: str
    kind: str
    message_id: str
    text: str = ""
    url: str = ""
    at: float = field(default_factory=time.time)


@dataclass
class Chat:
    id: str
    type: str = "PRIVATE"
    name: str = "Bà Lan"
    blocked: bool = False
    typing: bool = False
    lines: list[Line] = field(default_factory=list)


class World(BotWorld):
    """Everything that Zalo keeps about one bot."""

    def __init__(self, token: str, options: Options | None = None) -> None:
        super().__init__(token)
        self.options = options or Options()
        number = token.partition(":")[0]
        self.me = {
            "id": number,
            "account_name": f"bot.{number}",
            "account_type": "BASIC",
            "can_join_groups": False,
            "display_name": "Loa Bản",
        }
        self.quota: int | None = None  # messages that may still be sent; no end if None
        self.chats: dict[str, Chat] = {}
        self.updates: deque[dict[str, Any]] = deque()  # not handed over yet
        self.history: dict[str, dict[str, Any]] = {}  # all that ever were, by message id
        self.undelivered: list[dict[str, Any]] = []  # updates that the webhook did not take
        self.media: dict[str, tuple[str, bytes]] = {}  # type and content, by name
        self.slow_files = 0.0
        self.fetch: Callable[[str], Awaitable[str]] | None = None  # the content type at an address
        self._ids = 0

    def new_id(self) -> str:
        self._ids += 1
        return hashlib.sha256(f"{self.me['id']}/{self._ids}".encode()).hexdigest()[:20]

    # What people do

    def chat(self, number: str, type_: str = "PRIVATE", name: str = "Bà Lan") -> Chat:
        """Return the chat; it begins to exist here, when a person opens it."""
        return self.chats.setdefault(number, Chat(number, type_, name))

    def say(
        self, chat: Chat, event: str, content: dict[str, Any], *, user: str, bot: bool = False
    ) -> str:
        """A person does something in a chat; return the message's id."""
        message_id = self.new_id()
        message = {
            "message_id": message_id,
            "date": int(time.time() * 1000),
            "from": {"id": user, "display_name": chat.name, "is_bot": bot},
            "chat": {"id": chat.id, "chat_type": chat.type},
            "message_type": "CHAT_MESSAGE",
            **content,
        }
        text = content.get("text", content.get("caption", ""))
        url = next((v for k, v in content.items() if "url" in k or k == "photo"), "")
        kind = event.split(".")[1]
        chat.lines.append(Line(chat.id, "person", kind, message_id, text, url))
        update = {"event_name": event, "message": message}
        if kind == "unsupported" and self.options.unsupported_bare:
            del update["message"]
        self.add_update(update, message_id)
        return message_id

    def add_update(self, update: dict[str, Any], message_id: str) -> None:
        self.history[message_id] = copy.deepcopy(update)
        self.updates.append(copy.deepcopy(update))
        self.wake()

    # What the bot does

    def reachable(self, number: Any) -> Chat:
        """Return the chat that the bot may write to. Raises ApiError."""
        if not isinstance(number, str) or not number:
            raise ApiError(400, "Bad Request: chat_id is required")
        if number not in self.chats:
            raise ApiError(*self.options.stranger)
        if self.chats[number].blocked:
            raise ApiError(*self.options.blocked)
        return self.chats[number]

    def deliver(self, chat: Chat, kind: str, *, text: str = "", url: str = "") -> dict[str, Any]:
        """Put the bot's message on a screen. Raises ApiError when the quota is used up."""
        if self.quota is not None:
            if self.quota <= 0:
                raise ApiError(429, "Quota exceeded")
            self.quota -= 1
        line = Line(chat.id, "bot", kind, self.new_id(), text, url)
        chat.lines.append(line)
        chat.typing = False
        self.wake()
        return {"message_id": line.message_id, "date": int(line.at * 1000)}


def units(text: str) -> int:
    """The length of a text in UTF-16 units: Zalo says "characters", this is the stricter count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
