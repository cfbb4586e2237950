"""The whole program as a process of its own, as an operator starts it, for the journeys."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
START = 60.0


@dataclass
class Program:
    """A running `python -m bot …`. `printed` is what it has written so far, both streams."""

    process: asyncio.subprocess.Process
    printed: list[str] = field(default_factory=list)
    address: str = ""

    @property
    def text(self) -> str:
        return "".join(self.printed)

    async def kill(self) -> None:
        """As a power cut does: no warning, nothing finished."""
        self.process.kill()
        await self.process.wait()

    async def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """As an operator does; return the exit code."""
        self.process.send_signal(with_signal)
        return await asyncio.wait_for(self.process.wait(), 25)


@asynccontextmanager
async def program(
    folder: Path,
    role: str = "run",
    *,
    ready: str = "",
    patience: float = START,
    module: str = "bot",
    **environment: str,
) -> AsyncIterator[Program]:
    """Start a role in `folder` and wait until it says `ready`; it is killed at the end. `module`
    is another beginning of the same program.

    Without `ready` it is waited for until it has said all that it says at its start.
    """
    ready = ready or ("Accounts" if role in {"run", "web"} else "is running")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LOABAN_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *role.split(),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**clean, "PYTHONPATH": str(ROOT), "PORT": "0", "COLUMNS": "200", **environment},
    )  # fmt: skip
    started = Program(process)
    up = asyncio.Event()

    async def read() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            started.printed.append(line.decode())
            if found := re.search(r"Web chat\s+(http://\S+)/", started.text):
                started.address = found[1]
            if ready in started.text:
                up.set()
        up.set()

    reading = asyncio.create_task(read())
    try:
        await asyncio.wait_for(up.wait(), patience)
        yield started
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading
