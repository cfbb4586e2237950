"""Where files lie: a folder, memory, and a real store that is spoken to over the network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from ftplib import all_errors
from pathlib import Path

import pytest

from bot.file_store import FileStore
from tests.emulators.ftp import FtpServer

LARGE = 300_000  # bytes: more than goes into one part of an upload


@pytest.fixture
async def server() -> AsyncIterator[FtpServer]:
    async with FtpServer() as running:
        yield running


@pytest.fixture(params=["folder", "memory", "ftp"])
def store(request: pytest.FixtureRequest, tmp_path: Path, server: FtpServer) -> FileStore:
    addresses = {
        "folder": str(tmp_path / "files"),
        "memory": f"memory://{id(tmp_path)}",
        "ftp": server.address,
    }
    return FileStore(addresses[request.param])


async def test_what_is_written_is_read_listed_and_deleted(store: FileStore) -> None:
    assert await store.names("uploads") == []
    await store.write("uploads/one", b"1" * LARGE)
    await store.write("uploads/one", b"1" * (LARGE + 1))  # once more, after a crash
    await store.write("uploads/two", b"")
    assert await store.read("uploads/one") == b"1" * (LARGE + 1)
    assert sorted(await store.names("uploads")) == ["uploads/one", "uploads/two"]
    assert await store.there("uploads/one")
    await store.delete("uploads/one")
    assert not await store.there("uploads/one")
    assert await store.names("uploads") == ["uploads/two"]


async def test_what_is_not_there_is_told_and_its_deletion_is_no_fault(store: FileStore) -> None:
    await store.delete("files/none")
    with pytest.raises(FileNotFoundError):
        await store.read("files/none")
    await store.write("files/one", b"1")
    await store.delete("files/none")
    with pytest.raises(FileNotFoundError):
        await store.read("files/none")


async def test_several_at_once_do_not_get_into_each_others_way(store: FileStore) -> None:
    contents = {f"files/n{number}": bytes([number]) * LARGE for number in range(6)}
    await asyncio.gather(*(store.write(key, content) for key, content in contents.items()))
    read = await asyncio.gather(*map(store.read, contents))
    assert read == list(contents.values())


async def test_no_name_leads_out_of_the_store(store: FileStore) -> None:
    for key in ("../key", "files/../../key", "files/a/b", "/etc/passwd", "files/"):
        with pytest.raises(ValueError, match="no key"):
            await store.read(key)


@pytest.mark.parametrize("how", ["hung up", "idle"])
async def test_a_connection_that_ended_is_made_anew_and_loses_nothing(
    server: FtpServer, how: str
) -> None:
    store = FileStore(server.address)
    await store.write("files/one", b"a photo")

    def end() -> None:
        server.hang_up() if how == "hung up" else server.call_idle()

    end()
    assert await store.read("files/one") == b"a photo", "it is not called gone"
    end()
    await store.write("files/two", b"a voice")
    end()
    assert await store.names("files") == ["files/one", "files/two"]
    end()
    await store.delete("files/one")
    assert list(server.files.values()) == [b"a voice"]


async def test_a_store_that_is_away_stops_no_start_and_serves_once_it_is_back(
    server: FtpServer,
) -> None:
    await server.go_away()
    store = FileStore(server.address)
    with pytest.raises(all_errors) as raised:
        await store.write("files/one", b"1")
    assert not isinstance(raised.value, FileNotFoundError)
    with pytest.raises(all_errors) as raised:
        await store.read("files/one")
    assert not isinstance(raised.value, FileNotFoundError), "what is away is not gone"
    with pytest.raises(all_errors):
        await store.there("files/one")
    await server.come_back()
    await store.write("files/one", b"1")
    assert await store.read("files/one") == b"1"


async def test_one_connection_serves_many_files(server: FtpServer) -> None:
    store = FileStore(server.address)
    for number in range(5):
        await store.write(f"files/n{number}", b"1")
    assert server.sessions <= 2
