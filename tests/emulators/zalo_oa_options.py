"""How the Zalo OA emulator behaves and what it runs by: options, errors, the clock, faults."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

HOUR, DAY = 3600.0, 86400.0


@dataclass
class Options:
    """How the platform behaves where its documents are silent or disagree; control may change it.

    The defaults are what the better sources say. Seconds are the emulator's.
    """

    expired_token_error: int = -220  # or -216 "Access token has expired"
    oauth_error_status: int = 200  # the HTTP status of an OAuth error
    wrong_secret_error: int = -14002  # an app secret that is not the app's
    refresh_lifetime_restarts: bool = True  # each rotation begins three new months
    rotation_ends_access: bool = False  # a rotation also ends the access token before it
    lists: bool = False  # template_type "list" in a cs message
    stickers: bool = True
    buttons_with_media: bool = False
    media_elements: int = 1
    button_title_length: int = 100
    gif_size: int = 5 * 1024 * 1024
    too_big_error: int = -210  # an upload that is too large
    uploads_error: int = -211  # more uploads than a month holds
    fetch_urls: bool = False  # a picture sent by url is fetched and checked, as the platform must
    sent_time_on_cs: bool = True
    cs_needs_follower: bool = False  # -213 for those who wrote but do not follow
    free_replies: int = 0  # within 48 hours; 0: without end (until 2026 it was 8)
    out_of_quota_error: int = -211  # or -320, -321
    promotions_a_month: int = 4  # to one person; other sources: 30
    broadcast_targets: str = "array"  # or "text": "1,2"
    article_verify_path: str = "/v2.0/article/verify"
    article_seconds: float = 5.0  # how long an article is processed
    coordinates: str = "text"  # or "number"
    timestamps: str = "text"  # of webhooks; or "number"
    signed_time: str = "body"  # or "header": X-ZEvent-Timestamp
    signed_id: str = "app"  # or "oa"
    retry_on_status: bool = True  # else only where no answer came
    retry_pace: float = 1.0  # scales the waits between attempts at a webhook
    unsubscribe: bool = True  # a webhook that failed to the end gets no more events
    webhook_seconds: float = 2.0  # real ones
    echoes: bool = True  # oa_send_*, user_received_message, user_seen_message
    media_lifetime: float = HOUR  # of what people send
    slow_files: float = 0.0  # seconds of pause within what people sent
    gone_media_status: int = 404
    zone: str = "Asia/Ho_Chi_Minh"  # of the night


class ApiError(Exception):
    """An answer that is no success, as the Open API gives it."""

    def __init__(self, error: int, message: str) -> None:
        super().__init__(message)
        self.error, self.message = error, message


def invalid(name: str) -> ApiError:
    return ApiError(-201, f"{name} is invalid!")


def need(right: object, name: str) -> None:
    """Raise ApiError -201, which names the field, unless it is right."""
    if not right:
        raise invalid(name)


class Clock:
    """The emulator's time: it runs from now at `speed`, and may be moved forward."""

    def __init__(self) -> None:
        self._at, self._real, self.speed = time.time(), time.monotonic(), 1.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        return self._at + (time.monotonic() - self._real) * self.speed

    def ms(self) -> str:
        return str(int(self.now() * 1000))

    def move(self, seconds: float = 0, *, to: float | None = None, speed: float = 0) -> None:
        self._at, self._real = (to or self.now()) + seconds, time.monotonic()
        self.speed = speed or self.speed
        self._moved.set()
        self._moved = asyncio.Event()

    async def until(self, when: float) -> None:
        while (left := when - self.now()) > 0:
            try:
                await asyncio.wait_for(self._moved.wait(), left / self.speed)
            except TimeoutError:
                continue


@dataclass
class Fault:
    """What goes wrong with calls of `path` ("*": any) of `oa` ("": any).

    The next `times` calls are hit, or with `chance` above 0 each call with that probability
    (1: all, until healed). `kind`: error (answer `error`), status, malformed, html, slow (a late
    answer), trickle (a slow body), reset, hang. With `accepted` the call takes effect before.
    """

    kind: str
    path: str = "*"
    oa: str = ""
    times: int = 1
    chance: float = 0.0
    accepted: bool = False
    error: int = -32
    status: int = 500
    seconds: float = 0.0
    body: str = ""
