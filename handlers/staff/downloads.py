"""Files that the console gives away: sent as they come, or once they are whole; none stays here."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO

from aiohttp import web
from aiohttp.helpers import content_disposition_header

from handlers.charts import policy

PIECE = 256 * 1024

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "pdf": "application/pdf",
    "jsonl": "application/x-ndjson; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
"""What browsers are told of a file, by the ending of its name."""


def picture(drawn: bytes) -> web.Response:
    """A chart, to be shown in a page or by itself."""
    headers = {"Content-Security-Policy": policy(drawn)}
    return web.Response(body=drawn, content_type="image/svg+xml", headers=headers)


async def begun(request: web.Request, name: str, *, size: int | None = None) -> web.StreamResponse:
    """The answer that a file is written into; the browser saves it under that name."""
    response = web.StreamResponse(
        headers={
            "Content-Type": TYPES[name.rpartition(".")[2]],
            "Content-Disposition": content_disposition_header("attachment", filename=name),
        }
    )
    if size is not None:
        response.content_length = size
    await response.prepare(request)
    return response


async def sent(request: web.Request, file: IO[bytes], name: str) -> web.StreamResponse:
    """Send a whole file from its beginning."""
    size = await asyncio.to_thread(file.seek, 0, 2)
    await asyncio.to_thread(file.seek, 0)
    response = await begun(request, name, size=size)
    while piece := await asyncio.to_thread(file.read, PIECE):
        await response.write(piece)
    await response.write_eof()
    return response


@asynccontextmanager
async def draft() -> AsyncIterator[IO[bytes]]:
    """A file without a name, which is gone when it is closed."""
    file: IO[bytes] = await asyncio.to_thread(tempfile.TemporaryFile)
    try:
        yield file
    finally:
        await asyncio.to_thread(file.close)
