"""Schemathesis asks the running API all sorts of things, right and wrong ones, and holds what comes
against the description: statuses, kinds of content, shapes, no faults of the server, nothing wrong
taken, nothing right refused, nothing told without a key.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from bot.config import load
from bot.wiring import build
from content.library import Library
from storage.case_records import CaseKind
from storage.officials import Role
from tests.console.api import program
from tests.console.test_api import announced
from tests.console.test_case_desk import opened

EXAMPLES = 5
LONGEST = 240


async def test_it_keeps_to_its_own_description_whatever_is_asked(
    migrated_address: str, data_folder: Path, library: Library, tmp_path: Path
) -> None:
    # The limits of each value, which take ten seconds, where the database is the stricter one.
    thorough = migrated_address.startswith("postgresql")
    (tmp_path / "schemathesis.toml").write_text("", "utf-8")
    settings = load(
        {
            "LOABAN_DATABASE__URL": migrated_address,
            "LOABAN_DATA__FOLDER": str(data_folder),
            "LOABAN_CONFIG": str(Path(__file__).parent.parent / "house.toml"),
            "LOABAN_CONSOLE__API_PER_MINUTE": "100000",
        }
    )
    async with build(settings, library) as house:
        for kind in CaseKind:
            await opened(house, kind=kind)
        await announced(house, "xa-mau", approved=True)
        async with program(house, Role.ADMINISTRATOR) as it:
            address = str(it.client.make_url("/api/v1/openapi.json"))
            attack = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "schemathesis.cli",
                "--config-file", str(tmp_path / "schemathesis.toml"),
                "run", address, "--header", f"Authorization:Bearer {it.key}", "--checks", "all",
                "--phases", "examples,coverage,fuzzing" if thorough else "examples,fuzzing",
                "--max-examples", str(EXAMPLES), "--no-color",
                "--generation-deterministic",
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path,
                env=os.environ | {"PYTHONWARNINGS": "ignore"},
            )  # fmt: skip
            said, _ = await asyncio.wait_for(attack.communicate(), LONGEST)
    told = said.decode()
    assert attack.returncode == 0, told
    assert re.search(r"\bTested: +8\b", told), told  # all but the description itself
    passed = re.search(r"(\d+) generated, \1 passed", told)
    assert passed, told
    assert int(passed[1]) > (400 if thorough else 50), told
    assert "Missing test data" not in told, told
