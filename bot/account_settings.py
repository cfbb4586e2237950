"""Settings of one account: which keys each platform has, which it needs, and how they must look."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from bot.channels.downloads import HOST
from bot.channels.zalo_files import HOSTS as ZALO_FILE_HOSTS
from handlers.unit_rules import CODE

Name = Annotated[str, Field(pattern=CODE)]
Platform = Literal["telegram", "zalo_oa", "zalo_bot", "web_chat"]


@dataclass(frozen=True, slots=True)
class _Keys:
    """What an account of one platform must have and may have, beside its name and unit."""

    needed: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()
    api_base: str = ""
    oauth_base: str = ""
    file_hosts: tuple[str, ...] = ()
    form: str = ""  # how webhook_secret must look, and in words
    form_in_words: str = ""


PACE = ("messages_per_second", "messages_per_chat_per_second")
_BOT = ("api_base", "mode", "webhook_secret", *PACE)
_KEYS: dict[str, _Keys] = {
    "telegram": _Keys(
        needed=("token",),
        possible=_BOT,
        api_base="https://api.telegram.org",
        form=r"[A-Za-z0-9_-]{1,256}",
        form_in_words="1-256 of A-Z a-z 0-9 _ -",
    ),
    "zalo_bot": _Keys(
        needed=("token",),
        possible=(*_BOT, "file_hosts"),
        api_base="https://bot-api.zaloplatforms.com",
        file_hosts=ZALO_FILE_HOSTS,
        form=r"[!-~]{8,256}",
        form_in_words="8-256 letters, digits or signs",
    ),
    "zalo_oa": _Keys(
        needed=("app_id", "app_secret", "oa_secret"),
        possible=(
            "refresh_token",
            "api_base",
            "oauth_base",
            "oa_id",
            "webhook_hours",
            "allow_billed",
            "notice_template",
            "notice_template_field",
            "notice_template_length",
            "notice_template_price",
            "pictures",
            "lists",
            "appsecret_proof",
            "file_hosts",
        ),
        api_base="https://openapi.zalo.me",
        file_hosts=ZALO_FILE_HOSTS,
        oauth_base="https://oauth.zaloapp.com",
    ),
    "web_chat": _Keys(),
}
_COMMON = {"name", "platform", "unit", "title"}
SECRETS = {"token", "webhook_secret", "app_secret", "oa_secret", "refresh_token"}

# What the console asks for beside what is needed; the rest is for the command.
ASKS = {
    "telegram": ("title", "mode"),
    "zalo_bot": ("title", "mode"),
    "zalo_oa": ("title", "oa_id", "appsecret_proof"),
}
FIXED = ("name", "platform", "app_id")
"""What makes an account the one that it is: with another one it is another account."""
BASES = {
    "telegram": ("api_base",),
    "zalo_bot": ("api_base",),
    "zalo_oa": ("api_base", "oauth_base"),
}
CHOICES = {"mode": ("polling", "webhook"), "appsecret_proof": ("false", "true")}
BY_CONSENT = {"zalo_oa"}
"""Platforms on which an admin of the account has to consent."""


def needed_keys(platform: str) -> tuple[str, ...]:
    """The keys without which an account of this platform is none."""
    return _KEYS[platform].needed if platform in _KEYS else ()


def paced(platform: str) -> tuple[str, ...]:
    """The keys of its pace, where an account has one of its own."""
    return PACE if platform in _KEYS and set(PACE) <= set(_KEYS[platform].possible) else ()


class Account(BaseModel):
    """One account on one platform. Whatever the platform does not have is refused.

    `title`: the name that staff are shown. `messages_per_second`, `messages_per_chat_per_second`:
    its own pace instead of that of `[pacing]`.
    `webhook_hours`: events that are older are refused. Zalo repeats one for hours.
    `allow_billed`: a consultation message may cost money (2 to 7 days after a person wrote).
    `notice_template`: an approved template, by which notices go to those who may get no free text;
    the words of a notice are its one parameter `notice_template_field`, which has at most
    `notice_template_length` letters. `notice_template_price` (đồng a message) is only shown.
    `pictures`, `lists`, `appsecret_proof`: what this Official Account can do or wants.
    `file_hosts`: where the platform keeps what people send; hosts below these count too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: Name
    platform: Platform
    unit: str = ""
    title: str = Field(default="", max_length=80)
    api_base: str = ""
    mode: Literal["polling", "webhook"] = "polling"
    token: SecretStr = SecretStr("")
    webhook_secret: SecretStr = SecretStr("")
    messages_per_second: float | None = Field(default=None, gt=0, le=1000)
    messages_per_chat_per_second: float | None = Field(default=None, gt=0, le=100)
    oauth_base: str = ""
    app_id: str = ""
    app_secret: SecretStr = SecretStr("")
    oa_secret: SecretStr = SecretStr("")
    refresh_token: SecretStr = SecretStr("")
    oa_id: str = ""
    webhook_hours: float = Field(default=12, gt=0, le=168)
    allow_billed: bool = False
    notice_template: str = ""
    notice_template_field: str = ""
    notice_template_length: int = Field(default=0, ge=0, le=2000)
    notice_template_price: int | None = Field(default=None, ge=0)
    pictures: bool = False
    lists: bool = False
    appsecret_proof: bool = False
    file_hosts: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_its_platform(cls, raw: object) -> object:
        keys = _KEYS.get(str(raw.get("platform"))) if isinstance(raw, dict) else None
        if not isinstance(raw, dict) or keys is None:
            return raw  # the fields' own checks tell what is wrong
        platform = raw["platform"]
        foreign = (set(cls.model_fields) & set(raw)) - _COMMON - {*keys.needed, *keys.possible}
        if foreign:
            raise ValueError(f"a {platform} account has no {', '.join(sorted(foreign))}")
        for key in keys.needed:
            if not _shown(raw.get(key)):
                raise ValueError(
                    f'a {platform} account needs {key}, for instance "env:{key.upper()}"'
                )
        bases = {
            "api_base": keys.api_base,
            "oauth_base": keys.oauth_base,
            "file_hosts": keys.file_hosts,
        }
        return {**{key: value for key, value in bases.items() if value}, **raw}

    @field_validator("file_hosts", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """The environment and `accounts add --set` give them in one line, with commas between."""
        return [host.strip() for host in value.split(",")] if isinstance(value, str) else value

    @field_validator("file_hosts")
    @classmethod
    def _hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        """No `*`, path, port or number: nothing of the own network can be among them."""
        if not hosts:
            raise ValueError('name at least one host, as in ["zdn.vn"], or leave the key out')
        for host in hosts:
            if not HOST.fullmatch(host):
                raise ValueError(
                    f'{host!r} is no host: write its name alone in small letters, as in "zdn.vn"'
                )
        return hosts

    @field_validator("notice_template", "notice_template_field")
    @classmethod
    def _code(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_]{0,64}", value):
            raise ValueError("copy it from Zalo's console: letters, digits and _, at most 64")
        return value

    @field_validator("title")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("write it on one line, without signs that do not show")
        return value

    @field_validator("notice_template_price", *PACE, mode="before")
    @classmethod
    def _known(cls, value: object) -> object:
        return None if value == "" else value

    @model_validator(mode="after")
    def _templated(self) -> Account:
        """Half a template would be found out by the first notice only."""
        rest = {
            "notice_template_field": bool(self.notice_template_field),
            "notice_template_length": self.notice_template_length > 0,
        }
        if self.notice_template:
            lacks = [key for key, given in rest.items() if not given]
            if lacks:
                raise ValueError(f"notice_template needs {' and '.join(lacks)} too")
        elif foreign := [key for key, given in rest.items() if given]:
            raise ValueError(f"{' and '.join(foreign)}: no notice_template is named")
        elif self.notice_template_price is not None:
            raise ValueError("notice_template_price: no notice_template is named")
        return self

    @model_validator(mode="after")
    def _reachable(self) -> Account:
        keys = _KEYS[self.platform]
        secret = self.webhook_secret.get_secret_value()
        if self.mode == "webhook" and not re.fullmatch(keys.form, secret):
            raise ValueError(f"mode webhook needs webhook_secret: {keys.form_in_words}")
        for key in ("api_base", "oauth_base"):
            value = getattr(self, key)
            if value and not value.startswith(("http://", "https://")):
                raise ValueError(f"{key}: write the whole address, as in https://example.vn")
        return self


def _shown(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value or "")


def unnumbered(one: Account, other: Account) -> str:
    """Which of two accounts of one Zalo app lacks its `oa_id`, by name; "" if neither does.

    All events of an app come to one address: only their numbers tell whose each is.
    """
    if not (one.platform == other.platform == "zalo_oa" and one.app_id == other.app_id):
        return ""
    return next((account.name for account in (one, other) if not account.oa_id), "")


def other_bot(one: Account, other: Account) -> bool:
    """Whether two tokens are of different bots, as far as they tell it: before the colon."""
    ids = [account.token.get_secret_value().partition(":") for account in (one, other)]
    return all(colon for _, colon, _ in ids) and ids[0][0] != ids[1][0]


def same_line(one: Account, other: Account) -> bool:
    """Whether two accounts speak for the same bot or Official Account, as far as is known."""
    tokens = (one.token.get_secret_value(), other.token.get_secret_value())
    if one.platform != other.platform:
        return False
    return bool(tokens[0] == tokens[1] != "" or one.oa_id == other.oa_id != "")
