"""Settings: a TOML file and the environment → frozen values, all faults told at once.

Order of strength: environment `LOABAN_<SECTION>__<KEY>`, then the file, then the defaults here.
A value `"env:NAME"` is read from the environment. `PORT` overrides `[web] port`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, time
from itertools import combinations
from pathlib import Path
from typing import Any

from fsspec import get_filesystem_class
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from rapidfuzz import process

from bot.account_settings import Account, Name, same_line, unnumbered
from bot.hotlines import Hotlines
from bot.sealing import KEY_NAME, REMEDY, Seal

PREFIX = "LOABAN_"
NOT_SETTINGS = ("LOABAN_CONFIG", "LOABAN_TEST_", KEY_NAME)
DEFAULT_FILE = Path("config.toml")


class ConfigFaults(Exception):
    """The settings cannot be used. `faults` says of each the key, what is wrong, the remedy."""

    def __init__(self, source: str, faults: list[str]) -> None:
        super().__init__(f"{source}:\n" + "\n".join(f"  - {fault}" for fault in faults))
        self.faults = faults


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Web(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    posts_per_chat: int = Field(default=120, ge=10, le=1_000_000)
    uploads_per_chat: int = Field(default=20, ge=1, le=1_000_000)
    posts_per_address: int = Field(default=6_000, ge=10, le=10_000_000)
    uploads_per_address: int = Field(default=300, ge=1, le=10_000_000)

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("write the whole address, as in https://loaban.example.vn")
        return value.rstrip("/")


class DatabaseSection(Section):
    url: SecretStr = SecretStr("")


class Data(Section):
    folder: Path = Path("var")


class Content(Section):
    folder: Path | None = None
    serve_unreviewed: bool = False


class UnitSection(Section):
    """A commune or village, and what its cards say of its office; what is unknown stays empty."""

    code: Name
    name: str = Field(min_length=1, max_length=60)
    parent: str = ""
    office_address: str = ""
    office_hours: str = ""
    office_phone: str = ""
    contact: str = ""
    clinic_address: str = ""
    police_address: str = ""
    crisis: Hotlines = Hotlines()


class QuietHours(Section):
    start: time = time(21, 0)
    end: time = time(6, 0)


class Pacing(Section):
    messages_per_second: float = Field(default=29.5, gt=0, le=1000)
    messages_per_chat_per_second: float = Field(default=1, gt=0, le=100)


class Broadcasts(Section):
    weekly_cap: int = Field(default=3, ge=1, le=100)
    holidays: tuple[date, ...] = ()


class Retention(Section):
    messages_days: int = Field(default=180, ge=1, le=3650)
    cases_days: int = Field(default=365, ge=1, le=3650)
    drafts_days: int = Field(default=7, ge=1, le=365)
    audit_days: int = Field(default=1095, ge=730, le=36_500)


class ConsoleSection(Section):
    """How long staff stay signed in, what checking a password costs, and how often a key of the API
    may ask."""

    session_hours: int = Field(default=12, ge=1, le=720)
    idle_minutes: int = Field(default=120, ge=5, le=43_200)
    argon2_memory_kib: int = Field(default=65_536, ge=8, le=4_194_304)
    argon2_passes: int = Field(default=3, ge=1, le=100)
    api_per_minute: int = Field(default=120, ge=1, le=100_000)


class Cases(Section):
    """Within how many calendar days each kind of case is answered, and what follows."""

    question_days: int = Field(default=3, ge=1, le=90)
    praise_days: int = Field(default=15, ge=1, le=90)
    suggestion_days: int = Field(default=15, ge=1, le=90)
    problem_days: int = Field(default=7, ge=1, le=90)
    complaint_days: int = Field(default=30, ge=1, le=90)
    chair_after_days: int = Field(default=2, ge=0, le=90)
    close_after_days: int = Field(default=14, ge=1, le=365)
    remind_asked_days: int = Field(default=7, ge=1, le=365)
    close_asked_days: int = Field(default=30, ge=1, le=365)
    flood_per_hour: int = Field(default=10, ge=1, le=1000)
    newcomers_per_hour: int = Field(default=30, ge=1, le=10_000)
    newcomer_hours: int = Field(default=24, ge=1, le=720)


class FilesSection(Section):
    """Where files of feedback lie, and how large they may be; `store` "" is the data folder."""

    store: str = ""
    photo_mb: int = Field(default=10, ge=1, le=50)
    voice_mb: int = Field(default=10, ge=1, le=50)
    document_mb: int = Field(default=10, ge=1, le=50)
    per_case: int = Field(default=10, ge=1, le=100)

    @field_validator("store")
    @classmethod
    def _known(cls, value: str) -> str:
        protocol = value.partition("://")[0] if "://" in value else "file"
        try:
            get_filesystem_class(protocol)
        except (ImportError, ValueError) as fault:
            raise ValueError(f"{protocol}:// cannot be used: {fault}") from None
        return value


class Holidays(Section):
    """Days off beside Vietnam's public holidays."""

    days: tuple[date, ...] = ()


SAMPLE_UNIT = UnitSection(code="xa-mau", name="Xã Mẫu (bản chạy thử)")


class Settings(Section):
    """All settings. Use `database_url`: it knows the default inside the data folder."""

    web: Web = Web()
    database: DatabaseSection = DatabaseSection()
    data: Data = Data()
    content: Content = Content()
    accounts: tuple[Account, ...] = ()
    units: tuple[UnitSection, ...] = ()
    quiet_hours: QuietHours = QuietHours()
    pacing: Pacing = Pacing()
    broadcasts: Broadcasts = Broadcasts()
    retention: Retention = Retention()
    cases: Cases = Cases()
    console: ConsoleSection = ConsoleSection()
    files: FilesSection = FilesSection()
    holidays: Holidays = Holidays()
    crisis: Hotlines = Hotlines()
    token_key: SecretStr = SecretStr("")
    """Seals the secrets that the database keeps; from the environment alone."""

    @property
    def database_url(self) -> str:
        return self.database.url.get_secret_value() or f"sqlite:///{self.data.folder / 'loaban.db'}"

    @model_validator(mode="after")
    def _together(self) -> Settings:
        _refuse_twice("accounts", (account.name for account in self.accounts))
        _refuse_twice("units", (unit.code for unit in self.units))
        codes = {unit.code for unit in self.units}
        for unit in self.units:
            if unit.parent and unit.parent not in codes:
                raise ValueError(f"units: the parent {unit.parent!r} of {unit.code!r} is no unit")
            _refuse_circle(unit, {u.code: u for u in self.units})
        for account in self.accounts:
            if account.unit and account.unit not in codes:
                raise ValueError(f"accounts: {account.name!r} names the unit {account.unit!r}, "
                                 "which is not among [[units]]")  # fmt: skip
        for one, other in combinations(self.accounts, 2):
            if same_line(one, other):
                raise ValueError(
                    f"accounts: {one.name!r} and {other.name!r} are the same line; remove one"
                )
            if nameless := unnumbered(one, other):
                raise ValueError(
                    f"accounts: {one.name!r} and {other.name!r} share an app, and the messages of "
                    f"both come to one address: set oa_id of {nameless!r}"
                )
        key = self.token_key.get_secret_value()
        if key:
            Seal(key)
        for account in self.accounts:
            if account.platform == "zalo_oa" and not key:
                raise ValueError(f"accounts: the tokens of {account.name!r} are kept sealed, and "
                                 f"{KEY_NAME} is missing: {REMEDY}")  # fmt: skip
        if sum(account.platform == "web_chat" for account in self.accounts) > 1:
            raise ValueError("accounts: one web_chat account serves all units; remove the others")
        return self


def load(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read the settings. `environment` and `folder` are the process's own unless given.

    Without a file and without `[[units]]` a sample unit is served; the web chat is always there.
    Raises ConfigFaults with everything that is wrong.
    """
    env = os.environ if environment is None else environment
    named = env.get("LOABAN_CONFIG", "")
    file = (folder or Path()) / (named or DEFAULT_FILE)
    raw: dict[str, Any] = {}
    faults: list[str] = []
    if file.exists() or named:
        try:
            raw = tomllib.loads(file.read_text("utf-8"))
        except OSError as fault:
            raise ConfigFaults(
                str(file), [f"cannot be read ({fault.strerror}): LOABAN_CONFIG names it"]
            ) from fault
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
            raise ConfigFaults(str(file), [f"is not TOML: {fault}"]) from fault
    if "token_key" in raw:
        faults.append(f"token_key: is no setting; keep it out of files, as {KEY_NAME}")
    _overlay(raw, env, faults)
    if KEY_NAME in env:
        raw["token_key"] = env[KEY_NAME]
    raw = _from_environment(raw, env, (), faults)
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as invalid:
        faults += [fault_in_words(error) for error in invalid.errors()]
        raise ConfigFaults(str(file), faults) from None
    if faults:
        raise ConfigFaults(str(file), faults)
    return _with_samples(settings)


def _with_samples(settings: Settings) -> Settings:
    units = settings.units or (SAMPLE_UNIT,)
    accounts = settings.accounts
    if not any(account.platform == "web_chat" for account in accounts):
        taken = {account.name for account in accounts}
        name = "web" if "web" not in taken else "web-chat"
        unit = units[0].code if len(units) == 1 else ""
        accounts = (Account(name=name, platform="web_chat", unit=unit), *accounts)
    return settings.model_copy(update={"units": units, "accounts": accounts})


def _overlay(raw: dict[str, Any], env: Mapping[str, str], faults: list[str]) -> None:
    """Lay the environment's values over the file's. A list's item is named by number, from 0."""
    for name, value in sorted(env.items()):
        if not name.startswith(PREFIX) or name.startswith(NOT_SETTINGS):
            continue
        path = name.removeprefix(PREFIX).lower().split("__")
        place: Any = raw
        try:
            for step in path[:-1]:
                place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
            if len(path) < 2 or not isinstance(place, dict):
                raise KeyError(name)
            place[path[-1]] = value
        except (KeyError, IndexError, ValueError, AttributeError, TypeError):
            faults.append(f"{name} (environment): names no setting; write LOABAN_<SECTION>__<KEY>")
    if "PORT" in env and isinstance(raw.setdefault("web", {}), dict):
        raw["web"]["port"] = env["PORT"]


def _from_environment(
    value: Any, env: Mapping[str, str], path: tuple[str, ...], faults: list[str]
) -> Any:
    """Replace every "env:NAME" by what the environment has under that name."""
    match value:
        case dict():
            return {k: _from_environment(v, env, (*path, k), faults) for k, v in value.items()}
        case list():
            return [_from_environment(v, env, (*path, str(i)), faults) for i, v in enumerate(value)]
        case str() if value.startswith("env:"):
            name = value.removeprefix("env:")
            if name not in env:
                faults.append(
                    f"{'.'.join(path)}: the environment variable {name} is not set; set it, "
                    "or take the key out"
                )
            return env.get(name, "")
    return value


def fault_in_words(error: ErrorDetails, model: type[BaseModel] | None = None) -> str:
    """One fault of settings (all of them without a `model`), for an operator.

    A secret's value is never repeated.
    """
    key = ".".join(str(step) for step in error["loc"]) or "settings"
    match error["type"]:
        case "extra_forbidden":
            known = _known_keys(error["loc"], model or Settings)
            near = process.extractOne(str(error["loc"][-1]), known, score_cutoff=60)
            hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
            return f"{key}: no such key; {hint}"
        case "missing":
            return f"{key}: is missing; add it"
        case "value_error":
            problem = str(error["ctx"]["error"])
            return f"{key}: {problem}" if error["loc"] else problem
        case "string_pattern_mismatch":
            return f"{key}: use a-z, 0-9 and hyphens, at most 40, beginning with a letter or digit"
    return f"{key}: {error['msg']}"


def _known_keys(location: tuple[int | str, ...], model: Any) -> list[str]:
    for step in location[:-1]:
        if isinstance(step, str):
            field = model.model_fields[step]
            inner = field.annotation
            model = inner.__args__[0] if hasattr(inner, "__args__") else inner
    return sorted(model.model_fields)


def _refuse_twice(key: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{key}: {name!r} stands twice; give each its own")
        seen.add(name)


def _refuse_circle(unit: UnitSection, units: Mapping[str, UnitSection]) -> None:
    above, seen = unit, {unit.code}
    while above.parent in units:
        above = units[above.parent]
        if above.code in seen:
            raise ValueError(f"units: {unit.code!r} stands below itself; mend its parent")
        seen.add(above.code)
