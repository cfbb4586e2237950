"""The world behind the Zalo OA emulator: accounts, villagers and what their screens show.

Knows who may be written to and what it costs; nothing of HTTP, and no shape of a message.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.emulators.worlds import Watched
from tests.emulators.zalo_oa_options import DAY, HOUR, ApiError, Clock, Fault, Options


@dataclass
class Shown:
    """One line on a villager's screen. `by` is "oa" or "user"."""

    user: str
    message_id: str
    by: str
    kind: str
    text: str = ""
    buttons: list[dict[str, Any]] = field(default_factory=list)
    elements: list[dict[str, Any]] = field(default_factory=list)  # of a template, as sent
    url: str = ""  # of the picture, sound or file
    at: float = 0.0
    reactions: list[str] = field(default_factory=list)


@dataclass
class Villager:
    id: str
    name: str = "Bà Lan"
    follows: bool = False
    last_interaction: float | None = None
    error: int = 0  # what a message to this person is refused with, whatever the rules say
    banned: bool = False
    restricted: bool = False
    on_mobile: bool = True
    tags: list[str] = field(default_factory=list)
    traits: dict[str, int] = field(default_factory=dict)  # ages, gender, locations, cities …
    shared: dict[str, str] = field(default_factory=dict)
    asked_for_info: bool = False
    replies: int = 0  # free ones since the last interaction
    promotions: list[float] = field(default_factory=list)
    screen: list[Shown] = field(default_factory=list)


@dataclass
class Asset:
    """What an upload left behind, or a person sent (then `until` is when its URL dies)."""

    kind: str
    content: bytes
    type: str
    until: float


@dataclass
class Call:
    """One call and how it ended (status 0: no answer was given). Tokens are left out."""

    path: str
    oa: str
    parameters: Any
    status: int = 0
    error: int = 0
    at: float = 0.0


@dataclass(frozen=True)
class Account:
    """What the console shows of one OA and its app; `refresh_token` is the first one."""

    oa_id: str
    app_id: str
    app_secret: str
    oa_secret: str
    refresh_token: str

    @classmethod
    def numbered(cls, number: int, *, one_app: bool = False) -> Account:
        app = 0 if one_app else number
        return cls(
            oa_id=str(3886132808788086450 + number),
            app_id=str(360846524940903960 + app),
            app_secret=f"emulated-app-secret-{app}",
            oa_secret=f"emulated-oa-secret-{app}",
            refresh_token=f"first-refresh-token-{number}",
        )


class World:
    """Everything that Zalo keeps about one OA."""

    def __init__(self, account: Account, platform: Platform) -> None:
        self.account, self.platform = account, platform
        self.name = "UBND xã Mẫu"
        self.users: dict[str, Villager] = {}
        self.assets: dict[str, Asset] = {}
        self.templates: dict[str, dict[str, Any]] = {}
        self.articles: dict[str, dict[str, Any]] = {}  # by token
        self.quota = {"sub_quota": 2000, "purchase_quota": 0, "reward_quota": 0}
        self.bought = dict(self.quota)
        self.uploads: list[float] = []
        self.campaigns: list[float] = []
        self.anonymous: dict[str, str] = {}  # conversation → the anonymous person's id
        self.proof_required = False
        self.sent: list[Shown] = []
        self.events: list[dict[str, Any]] = []  # bodies, all that ever were
        self.waiting: list[Any] = []  # hooks.Event, not begun yet
        self.attempts: list[dict[str, Any]] = []
        self.mischief: list[dict[str, Any]] = []
        self.held = False

    @property
    def options(self) -> Options:
        return self.platform.options

    @property
    def clock(self) -> Clock:
        return self.platform.clock

    @property
    def webhook(self) -> str:
        """Where events go: an app has one address, for all of its OAs."""
        return self.platform.webhooks.get(self.account.app_id, "")

    @webhook.setter
    def webhook(self, url: str) -> None:
        self.platform.webhooks[self.account.app_id] = url

    def user(self, user_id: str) -> Villager:
        """Return the villager, who begins to exist here."""
        return self.users.setdefault(user_id, Villager(user_id))

    def alias(self, user_id: str) -> str:
        """The id that the same person has for the app."""
        return self.platform.number(self.account.app_id + user_id)

    def interact(self, user: Villager) -> None:
        user.last_interaction, user.replies = self.clock.now(), 0

    def reach(self, user_id: Any) -> Villager:
        """Return the person that may be written to at all. Raises ApiError as Zalo would."""
        user = self.users.get(user_id) if isinstance(user_id, str) else None
        if user is None:
            raise ApiError(-201, "user_id is invalid!")
        if user.error:
            raise ApiError(user.error, "The message is refused for this user")
        if user.banned:
            raise ApiError(-227, "User is banned or has been inactive for more than 45 days")
        if user.restricted:
            raise ApiError(-244, "User has restricted this type of message")
        return user

    def charge_reply(self, user: Villager) -> dict[str, Any]:
        """Take what a cs message costs: nothing for 48 hours, quota up to 7 days."""
        options, since = self.options, user.last_interaction
        if since is None or (options.cs_needs_follower and not user.follows):
            raise ApiError(-213, "User has not followed OA")
        age = self.clock.now() - since
        if age > 7 * DAY:
            raise ApiError(-230, "User has not interacted with the OA in the past 7 days")
        if age > 48 * HOUR:
            return self.charge()
        if options.free_replies and user.replies >= options.free_replies:
            raise ApiError(-311, "Out of free replies")
        user.replies += 1
        total = options.free_replies or 8
        left = total - user.replies if options.free_replies else total
        return self.bill("reply", left, total)

    def charge(self) -> dict[str, Any]:
        for kind, left in self.quota.items():
            if left > 0:
                self.quota[kind] -= 1
                return self.bill(kind, left - 1, self.bought[kind])
        raise ApiError(self.options.out_of_quota_error, "Out of quota")

    def bill(self, kind: str, left: int, total: int) -> dict[str, Any]:
        return {
            "quota_type": kind,
            "remain": str(left),
            "total": str(total),
            "expired_date": self.platform.local(self.clock.now() + 30 * DAY).strftime("%d/%m/%Y"),
            "owner_type": "OA",
            "owner_id": self.account.oa_id,
        }

    def is_night(self) -> bool:
        return not 6 <= self.platform.local(self.clock.now()).hour < 22

    def count_campaign(self) -> None:
        """Count one broadcast or promotion. Raises ApiError -234 at night, -144 past the limit."""
        now, followers = self.clock.now(), sum(user.follows for user in self.users.values())
        if self.is_night():
            raise ApiError(-234, "The message can not be sent from 22:00 to 06:00")
        if len(self.past(self.campaigns, DAY)) >= max(500, followers * 5 // 100):
            raise ApiError(-144, "Out of daily quota")
        self.campaigns.append(now)

    def past(self, times: list[float], seconds: float) -> list[float]:
        return [at for at in times if at > self.clock.now() - seconds]

    def show(self, user: Villager, line: Shown) -> Shown:
        """Put a line on a screen, and into the ledger when it is the OA's."""
        line.user, line.at = user.id, self.clock.now()
        user.screen.append(line)
        if line.by == "oa":
            self.sent.append(line)
        self.platform.wake()
        return line


class Platform(Watched):
    """All OAs, and what they share: the time, the options, the faults, the budgets of apps."""

    def __init__(self, accounts: list[Account], options: Options, *, limit: int = 4000) -> None:
        super().__init__()
        self.options, self.limit, self.clock = options, limit, Clock()
        self.worlds = [World(account, self) for account in accounts]
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.media: dict[str, Asset] = {}
        self.webhooks: dict[str, str] = {}  # by app
        self.random = random.Random(1)
        self.base = ""  # the server's own address
        self._minutes: dict[str, tuple[int, int]] = {}
        self._ids = 0

    def new_id(self) -> str:
        self._ids += 1
        return hashlib.sha256(f"{self.clock.ms()}-{self._ids}".encode()).hexdigest()[:20]

    def number(self, of: str) -> str:
        return str(10**17 + int(hashlib.sha256(of.encode()).hexdigest()[:14], 16))

    def local(self, when: float) -> datetime:
        return datetime.fromtimestamp(when, ZoneInfo(self.options.zone))

    def world(self, oa_id: str) -> World:
        """Return the OA; the first one without an id. Raises KeyError."""
        for world in self.worlds:
            if oa_id in {"", world.account.oa_id}:
                return world
        raise KeyError(oa_id)

    def fault(self, path: str, oa: str) -> Fault | None:
        """Take the fault that is due for this call, if one is."""
        self.faults = [fault for fault in self.faults if fault.times > 0 or fault.chance]
        for fault in self.faults:
            if fault.path not in {"*", path} or fault.oa not in {"", oa}:
                continue
            if not fault.chance:
                fault.times -= 1
                return fault
            if self.random.random() < fault.chance:
                return fault
        return None

    def count(self, app_id: str) -> int:
        """Count one call of an app in this minute; return how many are left, below 0 if none."""
        minute = int(self.clock.now() // 60)
        at, calls = self._minutes.get(app_id, (minute, 0))
        self._minutes[app_id] = (minute, calls + 1 if at == minute else 1)
        return self.limit - self._minutes[app_id][1]
