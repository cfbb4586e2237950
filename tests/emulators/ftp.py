"""An FTP server in this process, as far as a store of files needs one: RFC 959, 2428 and 3659.

It knows folders, and refuses what lies in one that is not there. A test can let it be away, hang up
on everybody, or tell that a connection was idle for too long.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

IDLE = "421 Idle for too long"

_WORDS = {
    "USER": "331 And the password?",
    "PASS": "230 Signed in",
    "TYPE": "200 As you like",
    "QUIT": "221 Goodbye",
}

_Joined = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class FtpServer:
    """`files` are by their whole path; `sessions` counts who signed in."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.folders = {"/"}
        self.sessions = 0
        self._idle = False
        self._port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def address(self) -> str:
        return f"ftp://loaban:secret@127.0.0.1:{self._port}/xa-mau"

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        await self.go_away()

    async def come_back(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def go_away(self) -> None:
        if self._server is not None:
            self._server.close()
        self.hang_up()

    def hang_up(self) -> None:
        """End all connections without a word."""
        for writer in self._open:
            writer.close()
        self._open.clear()

    def call_idle(self) -> None:
        """Each connection there is now is told that it was idle, and ended."""
        self._idle = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        session = _Session(self, writer)
        try:
            await session.say("220 Ready")
            while line := (await reader.readline()).decode().strip():
                command, _, rest = line.partition(" ")
                if self._idle and command != "QUIT":
                    self._idle = False
                    await session.say(IDLE)
                    break
                await session.do(command.upper(), rest)
        except ConnectionError:
            pass
        finally:
            self._open.discard(writer)
            session.close()


class _Session:
    """One who is connected."""

    def __init__(self, server: FtpServer, writer: asyncio.StreamWriter) -> None:
        self._on, self._writer = server, writer
        self._rest = 0
        self._listening: asyncio.Server | None = None
        self._data: asyncio.Queue[_Joined] = asyncio.Queue()

    async def say(self, line: str) -> None:
        self._writer.write(f"{line}\r\n".encode())
        await self._writer.drain()

    def close(self) -> None:
        if self._listening is not None:
            self._listening.close()
        self._writer.close()

    async def do(self, command: str, path: str) -> None:
        """One command of whoever is connected."""
        match command:
            case "PASS":
                self._on.sessions += 1
                await self.say(_WORDS[command])
            case "REST":
                self._rest = int(path)
                await self.say("350 From there on")
            case "PASV":
                await self._listen()
            case "STOR" | "RETR" | "MLSD" | "MKD" | "DELE":
                if not await self._file(command, path):
                    await self.say("550 No such file or folder")
            case _:
                await self.say(_WORDS.get(command, "502 Not here"))

    async def _file(self, command: str, path: str) -> bool:
        """What is done to files and folders; False where that cannot be."""
        files, folders = self._on.files, self._on.folders
        inside = (path.rpartition("/")[0] or "/") in folders
        match command:
            case "MKD" if inside and path not in folders:
                folders.add(path)
                await self.say(f'257 "{path}" made')
            case "DELE" if path in files:
                del files[path]
                await self.say("250 Deleted")
            case "RETR" if path in files:
                await self._send(files[path][self._rest :])
            case "STOR" if inside:
                await self._take(path)
            case "MLSD" if path in folders:
                await self._send(self._listed(path).encode())
            case _:
                return False
        return True

    def _listed(self, path: str) -> str:
        root = path.rstrip("/")
        lines = [f"type=dir; {f[len(root) + 1 :]}" for f in self._on.folders if _in(root, f)]
        lines += [
            f"type=file;size={len(content)}; {name[len(root) + 1 :]}"
            for name, content in self._on.files.items()
            if _in(root, name)
        ]
        return "".join(f"{line}\r\n" for line in lines)

    async def _listen(self) -> None:
        data: asyncio.Queue[_Joined] = asyncio.Queue()
        self._data = data  # a new one: what joined for a deed that was refused is not meant

        async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await data.put((reader, writer))

        if self._listening is not None:
            self._listening.close()
        self._listening = await asyncio.start_server(joined, "127.0.0.1", 0)
        port = self._listening.sockets[0].getsockname()[1]
        await self.say(f"227 Here (127,0,0,1,{port // 256},{port % 256})")

    async def _send(self, content: bytes) -> None:
        await self.say("150 It comes")
        _, writer = await self._data.get()
        writer.write(content)
        await writer.drain()
        writer.close()
        self._rest = 0
        await self.say("226 All of it")

    async def _take(self, path: str) -> None:
        await self.say("150 Let it come")
        reader, writer = await self._data.get()
        begun = self._on.files.get(path, b"")[: self._rest]
        self._on.files[path] = begun + await reader.read(-1)
        writer.close()
        self._rest = 0
        await self.say("226 Kept")


def _in(folder: str, path: str) -> bool:
    return path != "/" and path.rpartition("/")[0] == folder
