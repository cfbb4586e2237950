"""What the web chat reads of its conversations: the port that it declares, on our storage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from bot.channels.web_chat import Line as WebLine
from handlers.messages import Reply
from storage.conversations import Conversations
from storage.database import Bell, Database
from storage.outbox import conversation_bell
from storage.transcript import Transcript


class Transcripts:
    """One account's conversations; wakes who waits for one of them."""

    KEPT = 60
    OPEN = 5_000  # chats whose bells are held; older ones are looked up again

    def __init__(self, database: Database, account: str, reveal: Callable[[str], str]) -> None:
        """`reveal` opens what is sealed in a stored message."""
        self._reveal = reveal
        self._database = database
        self._account = account
        self._conversations = Conversations()
        self._transcript = Transcript()
        self._found: dict[str, tuple[int, Bell]] = {}

    async def last(self, chat: str) -> list[WebLine]:
        return await self._lines(chat, None)

    async def since(self, chat: str, after: datetime) -> list[WebLine]:
        return await self._lines(chat, after)

    def mark(self, chat: str) -> int:
        found = self._found.get(chat)
        return found[1].rings if found else 0

    async def changed(self, chat: str, heard: int, at_most: float) -> int:
        """Wait for the conversation's bell, or look where another process may send without one."""
        found = await self._find(chat)
        if found is None:
            await asyncio.sleep(min(at_most, 0.5))
            return self.mark(chat)
        number, bell = found
        if self._database.on_postgresql:
            await bell.wait(heard, at_most=at_most)
            return bell.rings
        newest = await self._newest(number)
        loop = asyncio.get_running_loop()
        end = loop.time() + at_most
        while bell.rings == heard and (left := end - loop.time()) > 0:
            await bell.wait(heard, at_most=min(left, 1.0))
            if bell.rings == heard and await self._newest(number) != newest:
                bell.ring()
        return bell.rings

    async def _newest(self, number: int) -> int:
        async with self._database.read() as tx:
            return await self._transcript.newest(tx, number)

    async def _find(self, chat: str) -> tuple[int, Bell] | None:
        if chat not in self._found:
            async with self._database.read() as tx:
                found = await self._conversations.find(tx, account=self._account, chat=chat)
            if found is None:
                return None
            if len(self._found) >= self.OPEN:
                self._found.pop(next(iter(self._found)))
            self._found[chat] = found.id, self._database.bell(conversation_bell(found.id))
        return self._found[chat]

    async def _lines(self, chat: str, after: datetime | None) -> list[WebLine]:
        found = await self._find(chat)
        if found is None:
            return []
        number = found[0]
        async with self._database.read() as tx:
            if after is None:
                lines = await self._transcript.last(tx, number, at_most=self.KEPT)
            else:
                lines = await self._transcript.since(tx, number, after=after, at_most=self.KEPT)
        return [
            WebLine(
                key=line.key,
                from_person=line.from_person,
                text=self._reveal(line.text) if line.from_person else "",
                at=line.at,
                reply=None if line.from_person else Reply.from_json(self._reveal(line.text)),
            )
            for line in lines
        ]
