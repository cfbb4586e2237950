"""The staircase: no folder imports what stands above it (docs/architecture.md)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ABOVE = {
    "storage": {"bot", "handlers", "content", "tests"},
    "content": {"bot", "handlers", "storage", "tests"},
    "handlers": {"bot", "tests"},
    "bot": {"tests"},
}
FOREIGN = {
    "storage": {"aiohttp", "telegram", "apscheduler", "rapidfuzz", "jinja2", "typer", "rich"},
    "content": {"aiohttp", "sqlalchemy", "alembic", "asyncpg", "telegram", "apscheduler", "jinja2"},
    "handlers": {"sqlalchemy", "alembic", "asyncpg", "telegram", "apscheduler"},
    "bot": {"sqlalchemy", "alembic", "asyncpg", "aiosqlite"},
}


NAMES_PLATFORMS = {
    "bot/account_channels.py",  # which platform is which class
    "bot/account_settings.py",  # which settings it has
    "bot/account_commands.py",  # the same, in the help
    "bot/config.py",  # which of them needs the key that seals tokens
    "bot/token_keeping.py",  # tokens of the one kind whose tokens change
    "bot/consent.py",  # consent to accounts of that kind
    "bot/token_states.py",  # how long those live
    "bot/terminal.py",  # whose library's log is turned down
}
"""Where bot/ may name a platform, and why; handlers/, content/ and storage/ never do."""


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Every module that a file names in an import, in full; relative imports are not used here."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import by the whole name"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def inside(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


ALL = [(folder, path) for folder in ABOVE for path in modules(folder)]


@pytest.mark.parametrize(("folder", "path"), ALL, ids=lambda v: getattr(v, "stem", v))
def test_no_import_goes_up_the_stairs(folder: str, path: Path) -> None:
    wrong = {n for n in imported(path) if inside(n, ABOVE[folder] | FOREIGN[folder])}
    assert not wrong, f"{path.relative_to(ROOT)} imports {sorted(wrong)}"


def test_only_staff_among_the_errands_knows_the_web() -> None:
    for path in modules("handlers"):
        if path.is_relative_to(ROOT / "handlers" / "staff"):
            continue
        wrong = {name for name in imported(path) if inside(name, {"aiohttp", "jinja2"})}
        assert not wrong, f"{path.relative_to(ROOT)} imports {sorted(wrong)}"


@pytest.mark.parametrize(
    ("room", "others"),
    [
        ("villager", {"handlers.official", "handlers.staff"}),
        ("official", {"handlers.villager", "handlers.staff"}),
        ("staff", {"handlers.villager"}),
    ],
)
def test_errands_for_one_kind_of_people_do_not_reach_into_another(
    room: str, others: set[str]
) -> None:
    for path in modules(f"handlers/{room}"):
        wrong = {name for name in imported(path) if inside(name, others)}
        assert not wrong, f"{path.relative_to(ROOT)} imports {sorted(wrong)}"


def test_channels_know_messages_and_their_contract_alone() -> None:
    for path in modules("bot/channels"):
        platform = path.stem.split("_")[0]
        for name in imported(path):
            assert not inside(name, {"storage", "content"}), f"{path.name} imports {name}"
            if inside(name, {"handlers"}):
                assert inside(name, {"handlers.messages", "handlers.actions"}), (
                    f"{path.name} imports {name}"
                )
            if inside(name, {"bot"}) and name not in {"bot", "bot.channels"}:
                own = f"bot.channels.{platform}"
                files = ("channel", "calls", "receiving", "downloads")
                shared = (f"bot.channels.{file}" for file in files)
                assert name.startswith((own, *shared)), f"{path.name} imports {name}"


def test_python_telegram_bot_stays_in_its_channel_and_apscheduler_in_the_clock() -> None:
    for path in modules("bot"):
        names = set(imported(path))
        if not path.name.startswith("telegram"):
            assert not {n for n in names if inside(n, {"telegram"})}, path.name
        if path.name != "clock.py":
            assert not {n for n in names if inside(n, {"apscheduler"})}, path.name


class _Wordless(ast.NodeTransformer):
    """Takes docstrings out; comments go with `ast.unparse`."""

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        return ast.Pass() if isinstance(node.value, ast.Constant) else node


def named_platforms(path: Path) -> set[str]:
    """The platforms that a file's code names, in imports, names and texts."""
    code = ast.unparse(_Wordless().visit(ast.parse(path.read_text("utf-8"))))
    return set(re.findall(r"telegram|zalo", code.casefold()))


def test_no_platform_is_named_outside_its_channel_and_where_accounts_are_made() -> None:
    for _, path in ALL:
        place = path.relative_to(ROOT).as_posix()
        own = {path.stem.partition("_")[0]} if place.startswith("bot/channels/") else set()
        if place not in NAMES_PLATFORMS:
            assert named_platforms(path) <= own, f"{place} names a platform"
    assert all(named_platforms(ROOT / place) for place in NAMES_PLATFORMS), "leave out who need not"


@pytest.mark.parametrize("call", ["datetime.now", "datetime.utcnow", "time.time", "date.today"])
def test_the_time_is_read_in_wiring_alone(call: str) -> None:
    allowed = {ROOT / "bot" / "wiring.py", ROOT / "content" / "__main__.py"}
    for _, path in ALL:
        if path not in allowed:
            assert f"{call}(" not in path.read_text("utf-8"), f"{path} reads {call}()"


def test_this_test_sees_an_import_that_goes_up(tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text("from handlers import messages\nimport bot.web\n")
    assert {n for n in imported(path) if inside(n, ABOVE["storage"])} >= {"bot.web", "handlers"}
