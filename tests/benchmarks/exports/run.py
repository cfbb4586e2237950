"""Measures the export of many cases: rows a second and the most memory that it takes.

`python -m tests.benchmarks.exports.run [ROWS]`, on SQLite and, where it answers, PostgreSQL. Each
format runs as the command itself, in a process of its own.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from rich.console import Console
from sqlalchemy import insert

from storage.case_history import CaseEventRecord
from storage.case_records import CaseRecord, CaseWordsRecord
from storage.database import Database
from storage.migrate import migrate

out = Console(width=120, highlight=False)
ROOT = Path(__file__).parents[3]
POSTGRESQL = os.environ.get(
    "LOABAN_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres"
)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
CHUNK = 5_000
FORMATS = ("csv", "jsonl", "xlsx")
WORDS = (
    "Đường từ trung tâm xã vào bản {n} sạt lở hai chỗ, xe không đi được, gọi 0912 {a:03} {b:03}.",
    "Trạm y tế đóng cửa buổi chiều, bà con phải đi {n} km mới mua được thuốc cho con.",
    "Đèn ở ngõ {n} hỏng ba tháng nay, các cháu đi học về sợ. Tôi nói với trưởng bản hai lần rồi.",
    "Tôi tên là Lò Thị Hoa, căn cước 0110{a:03}{b:03}{n:02}: khi nào có {n}.000.000 đồng hỗ trợ?",
    "Nên mở chợ vào ngày chủ nhật, ngày {n}/12/2026 họp bản ai cũng muốn thế.",
)
ANSWERS = ("Xã đã cho máy xúc vào dọn từ ngày {n}/12.", "Xã cảm ơn, sẽ sửa trong {n} ngày.")
"""Made up; {n}, {a} and {b} differ from case to case, so that nothing is masked twice."""


def told(texts: Sequence[str], number: int) -> str:
    """One of the texts with numbers of its own."""
    return texts[number % len(texts)].format(
        n=number % 28 + 1, a=number // 1_000 % 1_000, b=number % 1_000
    )


def cases(first: int, last: int) -> Iterator[dict[str, object]]:
    for number in range(first, last):
        received = BEGAN + timedelta(minutes=number)
        yield {
            "id": number, "kind": "problem", "state": "answered", "version": 2, "unit": "xa-mau",
            "place": f"Bản số {number % 97}", "topic": "", "name": "", "platform": "web_chat",
            "language": "vi", "quarantine": "", "received_at": received,
            "due_at": received + timedelta(days=7), "answered_at": received + timedelta(days=3),
        }  # fmt: skip


async def fill(address: str, rows: int) -> None:
    """So many cases, each with what was told, an answer and its history."""
    database = Database.at(address)
    await migrate(database)
    for first in range(1, rows + 1, CHUNK):
        made = list(cases(first, min(first + CHUNK, rows + 1)))
        said = [
            {
                "case_id": case["id"],
                "at": case["received_at"],
                "side": side,
                "text": told(texts, number),
            }
            for number, case in enumerate(made, first)
            for side, texts in (("villager", WORDS), ("official", ANSWERS))
        ]
        happened = [
            {"case_id": case["id"], "at": case["answered_at"], "what": "answered", "detail": ""}
            for case in made
        ]
        async with database.begin() as tx:
            await tx.connection.execute(insert(CaseRecord), made)
            await tx.connection.execute(insert(CaseWordsRecord), said)
            await tx.connection.execute(insert(CaseEventRecord), happened)
    await database.close()


def measure(address: str, form: str, folder: Path) -> tuple[float, float, float, int]:
    """Seconds, those of them in which a processor worked for it (the measure on a busy machine),
    megabytes at the most, and bytes of the file."""
    target = folder / f"out.{form}"
    environment = {
        **os.environ,
        "LOABAN_DATABASE__URL": address,
        "LOABAN_CONFIG": str(ROOT / "tests" / "house.toml"),
    }
    began = time.perf_counter()
    command = ["-m", "bot", "export", "feedback", "--format", form, "--out", str(target)]
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, *command], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the export as {form} failed")
    worked = used.ru_utime + used.ru_stime
    return time.perf_counter() - began, worked, used.ru_maxrss / 1024, target.stat().st_size


async def run(rows: int) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        addresses = {"SQLite": f"sqlite:///{folder / 'loaban.db'}"}
        name = f"loaban_bench_{uuid.uuid4().hex[:8]}"
        try:
            server = await asyncpg.connect(POSTGRESQL, timeout=5)
            await server.execute(f'CREATE DATABASE "{name}"')
            addresses["PostgreSQL"] = f"{POSTGRESQL.rsplit('/', 1)[0]}/{name}"
        except (OSError, TimeoutError, asyncpg.PostgresError):
            server = None
        try:
            out.print(
                "| database | format | rows | seconds | of a processor | most memory | file |"
            )
            out.print("|---|---|---|---|---|---|---|")
            for kind, address in addresses.items():
                await fill(address, rows)
                for form in FORMATS:
                    seconds, worked, memory, size = measure(address, form, folder)
                    out.print(
                        f"| {kind} | {form} | {rows:,} | {seconds:.1f} | {worked:.1f} "
                        f"| {memory:.0f} MB | {size / 1e6:.0f} MB |"
                    )  # fmt: skip
        finally:
            if server is not None:
                await server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                await server.close()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
