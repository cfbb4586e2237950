"""A villager in the web chat, with scripts: what they ask is stored, and nobody waits for it."""

from __future__ import annotations

from aiohttp.test_utils import TestClient


async def ask(browser: TestClient, *texts: str) -> str:
    """Ask, one after the other; return the chat's page as it stands then."""
    await browser.get("/")  # begins the conversation: the cookie
    for text in texts:
        data, headers = {"text": text}, {"Accept": "application/json"}
        async with browser.post("/chat", data=data, headers=headers) as said:
            assert await said.json() == {"stored": True}
    return await (await browser.get("/")).text()
