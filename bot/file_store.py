"""Where files lie: a folder, or any store that fsspec knows, by the same few verbs."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fsspec.asyn import AsyncFileSystem
from fsspec.core import split_protocol, url_to_fs
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import get_filesystem_class

_AT_ONCE = (AsyncFileSystem, LocalFileSystem, MemoryFileSystem)
"""What several may use at once. All others, such as FTP and SFTP, speak over one connection."""


class FileStore:
    """A store by its address: a folder, or `s3://…`, `ftp://…`, `memory://…` and so on.

    Its calls run outside the event loop, and raise OSError or what the store's package raises. It
    is connected to when it is first needed, so that one that is away stops no start. Where one
    connection serves all, calls wait for each other; one that fails is made anew and asked once
    more, since some packages tell a lost connection as a file that is not there.
    """

    def __init__(self, address: str) -> None:
        """Raises ValueError or ImportError for an address that no package here serves."""
        kind = get_filesystem_class(split_protocol(address)[0] or "file")
        self._address = address
        self._local = issubclass(kind, LocalFileSystem)
        self._shared = not issubclass(kind, _AT_ONCE)
        self._lock = threading.Lock()
        self._fs: Any = None
        self._root = ""

    async def write(self, key: str, content: bytes) -> None:
        path = _path(key)
        await asyncio.to_thread(self._do, lambda: self._write(path, content))

    async def read(self, key: str) -> bytes:
        """Raises FileNotFoundError when it is not there."""
        path = _path(key)
        content: bytes = await asyncio.to_thread(
            self._do, lambda: self._fs.cat_file(f"{self._root}/{path}")
        )
        return content

    async def there(self, key: str) -> bool:
        """Whether anything lies there. Raises what the store's package raises."""
        path = _path(key)
        try:
            await asyncio.to_thread(self._do, lambda: self._info(f"{self._root}/{path}"))
        except FileNotFoundError:
            return False
        return True

    async def delete(self, key: str) -> None:
        """Delete it, if it is there."""
        path = _path(key)
        with contextlib.suppress(FileNotFoundError):
            await asyncio.to_thread(self._do, lambda: self._delete(f"{self._root}/{path}"))

    async def names(self, folder: str) -> list[str]:
        """The keys in a folder."""
        try:
            found = await asyncio.to_thread(self._do, lambda: self._names(folder))
        except FileNotFoundError:
            return []
        return [f"{folder}/{str(path).rstrip('/').rpartition('/')[2]}" for path in found]

    def _do(self, deed: Callable[[], Any]) -> Any:
        if not self._shared:
            with self._lock:
                self._connect()
            return deed()
        with self._lock:
            used = self._fs is not None
            try:
                self._connect()
                return deed()
            except Exception:  # whatever the store's package raises
                self._fs = None
                if not used:
                    raise
            try:
                self._connect()
                return deed()
            except Exception:  # it is made anew next time, and the caller learns of it
                self._fs = None
                raise

    def _connect(self) -> None:
        if self._fs is None:
            options = {"skip_instance_cache": True} if self._shared else {}
            filesystem, root = url_to_fs(self._address, **options)
            self._fs, self._root = filesystem, str(root).rstrip("/")

    def _write(self, key: str, content: bytes) -> None:
        path = f"{self._root}/{key}"
        if self._local:  # what people sent is its owner's alone
            Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            Path(self._root).chmod(0o700)
        elif self._shared:
            self._fs.invalidate_cache()
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._fs.pipe_file(path, content)

    def _info(self, path: str) -> Any:
        self._fs.invalidate_cache()
        return self._fs.info(path)  # `exists` calls any fault a no

    def _delete(self, path: str) -> None:
        try:
            self._fs.rm_file(path)
        except FileNotFoundError:
            raise
        except Exception:  # a package's own word for what is not there
            self._fs.invalidate_cache()
            self._fs.info(path)  # raises FileNotFoundError; `exists` calls any fault a no
            raise

    def _names(self, folder: str) -> list[Any]:
        self._fs.invalidate_cache()  # other processes write too
        found: list[Any] = self._fs.ls(f"{self._root}/{folder}", detail=False)
        return found


def _path(key: str) -> str:
    """A key, which is also its path below the root."""
    if not re.fullmatch(r"[a-z]+/[A-Za-z0-9_-]+", key):
        raise ValueError("no key of this store")
    return key
