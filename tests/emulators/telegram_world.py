"""The world behind the Telegram emulator: one bot's people, chats, updates, files and ledger.

Knows the rules that hold between them (who can be written to, how fast), and nothing of HTTP.
"""

from __future__ import annotations

import copy
import math
import re
import time
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.worlds import ApiError, BotWorld

BY_DEFAULT = {"message", "edited_message", "channel_post", "callback_query", "my_chat_member"}


@dataclass
class Bucket:
    """A budget of `size` messages that refills by `rate` a second."""

    size: float
    rate: float
    left: float = -1.0
    at: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until one more message may go."""
        self.left = self.size if self.left < 0 else self.left + (now - self.at) * self.rate
        self.left, self.at = min(self.left, self.size), now
        return max(0.0, (1 - self.left) / self.rate)

    def take(self) -> None:
        self.left -= 1


@dataclass
class Chat:
    id: int
    type: str = "private"
    name: str = "Bà Lan"
    blocked: bool = False
    deactivated: bool = False
    moved_to: int | None = None
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    pace: Bucket = field(default_factory=lambda: Bucket(3, 1))  # 1/s, a short burst passes
    minute: Bucket = field(default_factory=lambda: Bucket(20, 20 / 60))  # groups

    @property
    def is_group(self) -> bool:
        return self.type in {"group", "supergroup"}

    def as_json(self) -> dict[str, Any]:
        if self.type == "private":
            return {"id": self.id, "type": "private", "first_name": self.name}
        return {"id": self.id, "type": self.type, "title": self.name}


@dataclass
class Sent:
    """One message that arrived in a chat, or a change to one."""

    method: str
    chat: int
    message_id: int
    text: str
    message: dict[str, Any]
    at: float = field(default_factory=time.time)


class World(BotWorld):
    """Everything that Telegram keeps about one bot."""

    def __init__(self, token: str, username: str = "LoaBanBot", *, limited: bool = True) -> None:
        super().__init__(token)
        self.me = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Loa Bản",
            "username": username,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }
        self.limited = limited
        self.chats: dict[int, Chat] = {}
        self.updates: dict[int, dict[str, Any]] = {}  # not taken yet, in the order of arrival
        self.again: list[dict[str, Any]] = []  # to be delivered a second time
        self.history: dict[int, dict[str, Any]] = {}  # all that ever were
        self.allowed = set(BY_DEFAULT)
        self.queries: set[str] = set()
        self.answered: list[str] = []
        self.files: dict[str, bytes] = {}
        self.commands: dict[str, list[Any]] = {}  # by language code, or "chat <id>"
        self.links: dict[str, str] = {}  # paths that getFile gave, and whose they are
        self.slow_files = 0.0
        self.slow_answers = 0.0  # seconds between a call's effect and its answer
        self.sent: list[Sent] = []
        self.overall = Bucket(30, 30)
        self.poller = 0
        self._message_id = 100
        self._update_id = 500_000_000

    # What people do

    def chat(self, number: int, type_: str = "private", name: str = "Bà Lan") -> Chat:
        """Return the chat; it begins to exist here, when a person opens it."""
        return self.chats.setdefault(number, Chat(number, type_, name))

    def person(self, number: int) -> dict[str, Any]:
        return {"id": number, "is_bot": False, "first_name": "Bà Lan", "language_code": "vi"}

    def add_update(self, **content: Any) -> int:
        """Queue an update and return its id; 0 when the bot does not want its kind."""
        if not self.allowed & set(content):
            return 0
        self._update_id += 1
        update = {"update_id": self._update_id, **copy.deepcopy(content)}
        self.updates[self._update_id] = self.history[self._update_id] = update
        self.wake()
        return self._update_id

    def message_from(
        self, chat: Chat, user: int, *, thread: int | None = None, reply_to: int | None = None
    ) -> dict[str, Any]:
        """Begin a message of a person: everything but what it says."""
        message = self._message(chat, self.person(user))
        if thread:
            message |= {"message_thread_id": thread, "is_topic_message": True}
        if reply_to and reply_to in chat.messages:
            message["reply_to_message"] = chat.messages[reply_to]
        return message

    def _message(self, chat: Chat, sender: dict[str, Any]) -> dict[str, Any]:
        self._message_id += 1
        message = {
            "message_id": self._message_id,
            "from": sender,
            "chat": chat.as_json(),
            "date": int(time.time()),
        }
        chat.messages[self._message_id] = message
        return message

    def membership(self, chat: Chat, old: str, new: str, user: int) -> int:
        return self.add_update(
            my_chat_member={
                "chat": chat.as_json(),
                "from": self.person(user),
                "date": int(time.time()),
                "old_chat_member": {"user": self.me, "status": old},
                "new_chat_member": {"user": self.me, "status": new},
            }
        )

    def migrate(self, chat: Chat, new: int) -> int:
        """Turn a group into a supergroup, with the notices that both chats show."""
        chat.moved_to = new
        moved = self.chat(new, "supergroup", chat.name)
        user = next(iter(self.chats))
        old_notice = self.message_from(chat, user) | {"migrate_to_chat_id": new}
        number = self.add_update(message=old_notice)
        self.add_update(message=self.message_from(moved, user) | {"migrate_from_chat_id": chat.id})
        return number

    # What the bot does

    def reachable(self, address: Any) -> Chat:
        """Return the chat that the bot may write to. Raises ApiError as Telegram would."""
        if address in {None, ""}:
            raise ApiError(400, "Bad Request: chat_id is empty")
        try:
            chat = self.chats[int(address)]
        except (KeyError, ValueError, TypeError):
            raise ApiError(400, "Bad Request: chat not found") from None
        if chat.moved_to:
            words = "Bad Request: group chat was upgraded to a supergroup chat"
            raise ApiError(400, words, migrate_to_chat_id=chat.moved_to)
        if chat.deactivated:
            raise ApiError(403, "Forbidden: user is deactivated")
        if chat.blocked and chat.is_group:
            raise ApiError(403, f"Forbidden: bot was kicked from the {chat.type} chat")
        if chat.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        return chat

    def pace(self, chat: Chat) -> None:
        """Count one message. Raises ApiError 429 when the bot writes too fast."""
        if not self.limited:
            return
        now = time.monotonic()
        buckets = [self.overall, chat.pace, *([chat.minute] if chat.is_group else [])]
        wait = max(bucket.wait(now) for bucket in buckets)
        if wait > 0:
            after = math.ceil(wait)
            words = f"Too Many Requests: retry after {after}"
            raise ApiError(429, words, retry_after=after)
        for bucket in buckets:
            bucket.take()

    def deliver(self, method: str, chat: Chat, thread: Any, content: dict[str, Any]) -> Any:
        """Put the bot's message into a chat and into the ledger."""
        if thread and chat.type != "supergroup":
            raise ApiError(400, "Bad Request: message thread not found")
        self.pace(chat)
        message = self._message(chat, self.me)
        if thread:
            message |= {"message_thread_id": int(thread), "is_topic_message": True}
        message |= content
        self.note(method, chat, message)
        return message

    def note(self, method: str, chat: Chat, message: dict[str, Any]) -> None:
        text = message.get("text", message.get("caption", ""))
        shown = copy.deepcopy(message)
        self.sent.append(Sent(method, chat.id, message["message_id"], text, shown))
        self.wake()


def units(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def entities(text: str) -> list[dict[str, Any]]:
    """Mark the commands and mentions in a text, as Telegram's clients do."""
    return [
        {
            "type": "mention" if found[0].startswith("@") else "bot_command",
            "offset": units(text[: found.start()]),
            "length": units(found[0]),
        }
        for found in re.finditer(r"(?<![\w/@])(?:/\w{1,32}(?:@\w{3,32})?|@\w{3,32})", text)
    ]
