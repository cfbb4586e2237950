"""Where files lie: a folder, or any store that fsspec knows, by the same few verbs."""

from __future__ import annotations

import asyncio
import contextlib
import re
from pathlib import Path
from typing import Any

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem


class FileStore:
    """A store by its address: a folder, or `s3://…`, `memory://…` and so on.

    Its calls run outside the event loop, and raise OSError or what the store's package raises.
    """

    def __init__(self, address: str) -> None:
        filesystem, root = url_to_fs(address)
        self._fs: Any = filesystem
        self._root = str(root).rstrip("/")
        self._local = isinstance(filesystem, LocalFileSystem)

    async def write(self, key: str, content: bytes) -> None:
        await asyncio.to_thread(self._write, self._path(key), content)

    async def read(self, key: str) -> bytes:
        """Raises FileNotFoundError when it is not there."""
        content: bytes = await asyncio.to_thread(self._fs.cat_file, self._path(key))
        return content

    async def delete(self, key: str) -> None:
        """Delete it, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            await asyncio.to_thread(self._fs.rm_file, self._path(key))

    async def names(self, folder: str) -> list[str]:
        """The keys in a folder."""
        try:
            found = await asyncio.to_thread(self._fs.ls, f"{self._root}/{folder}", detail=False)
        except FileNotFoundError:
            return []
        return [f"{folder}/{str(path).rstrip('/').rpartition('/')[2]}" for path in found]

    def _path(self, key: str) -> str:
        if not re.fullmatch(r"[a-z]+/[A-Za-z0-9_-]+", key):
            raise ValueError("no key of this store")
        return f"{self._root}/{key}"

    def _write(self, path: str, content: bytes) -> None:
        if self._local:  # what people sent is its owner's alone
            Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            Path(self._root).chmod(0o700)
        self._fs.pipe_file(path, content)
