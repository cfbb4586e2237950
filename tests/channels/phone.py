"""A browser before the web chat, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from bot.channels.web_chat import WebChat
from handlers.messages import Kind
from tests.emulators.web_chat_house import TEXTS, House

JSON = {"Accept": "application/json"}
Client = TestClient[web.Request, web.Application]


class Phone:
    """A browser: keeps its cookie, and says what its page would."""

    def __init__(self, client: Client, house: House, chat: WebChat) -> None:
        self.client, self.house, self.chat = client, house, chat

    async def open(self, path: str = "/") -> str:
        async with self.client.get(path) as response:
            assert response.status == 200
            return await response.text()

    async def post(self, headers: dict[str, str] | None = None, /, **fields: str) -> ClientResponse:
        form = {"id": "phone-made-1", **fields}
        return await self.client.post(
            "/chat", data=form, headers=headers or {}, allow_redirects=False
        )

    async def say(self, text: str, **fields: str) -> dict[str, Any]:
        response = await self.post(JSON, text=text, **fields)
        assert response.status == 200
        answer: dict[str, Any] = await response.json()
        return answer

    async def news(self, after: str = "1") -> dict[str, Any]:
        await asyncio.sleep(0.02)
        async with self.client.get("/chat/messages", params={"after": after}) as response:
            news: dict[str, Any] = await response.json()
            return news

    @property
    def kinds(self) -> list[tuple[Kind, str]]:
        return [(incoming.kind, incoming.text) for incoming in self.house.came.values()]


@asynccontextmanager
async def open_phone(house: House) -> AsyncIterator[Phone]:
    """A browser before the web chat of that house."""
    chat = WebChat(
        account="web",
        transcripts=house,
        texts=TEXTS,
        welcome=house.welcome,
        opened=house.opened,
        read_media=house.read_media,
        clock=house.clock,
        secure=False,
        accept=house.accept,
        beat=0.5,
        patience=0.3,
    )
    app = web.Application()
    app.add_routes(chat.routes())
    app.on_shutdown.append(chat.hang_up)
    async with TestClient(TestServer(app)) as client:
        yield Phone(client, house, chat)
