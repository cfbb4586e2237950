"""The paths of the Open API that the Zalo OA emulator answers: quotas, people, uploads, articles.

Sending is in `zalo_oa_messages`. A method takes the world and what was asked (the JSON body, the
`data` of a GET, or a form with its `file`), and returns the `data` of a success.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from tests.emulators.zalo_oa_messages import (
    MEGABYTE,
    Body,
    is_picture,
    send_cs,
    send_template,
    send_v2,
)
from tests.emulators.zalo_oa_options import DAY, HOUR, ApiError, invalid, need
from tests.emulators.zalo_oa_world import Asset, Villager, World


async def quota(world: World, asked: Body) -> Any:
    """POST /v3.0/oa/quota/message: of one person, or of the OA or the app."""
    if "quota_owner" not in asked:
        return _quota_of(world, _known(world, asked.get("user_id")))
    need(asked["quota_owner"] in {"OA", "App", "APP"}, "quota_owner")
    need(asked.get("product_type", "cs") in {"cs", "transaction"}, "product_type")
    need(asked.get("quota_type", "sub_quota") in world.quota, "quota_type")
    until = world.platform.local(world.clock.now() + 30 * DAY).strftime("%d/%m/%Y")
    return [
        {
            "asset_id": world.platform.number(kind),
            "product_type": asked.get("product_type", "cs"),
            "quota_type": kind,
            "valid_through": until,
            "total": total,
            "remain": world.quota[kind],
        }
        for kind, total in world.bought.items()
        if asked.get("quota_type", kind) == kind and total > 0
    ]


def _quota_of(world: World, user: Villager) -> Any:
    monthly = world.options.promotions_a_month
    total = world.options.free_replies or 8
    since = user.last_interaction
    fresh = since is not None and world.clock.now() - since <= 48 * HOUR
    used = user.replies if world.options.free_replies else 0
    return {
        "last_interaction": str(int((since or 0) * 1000)),
        "cs_reply": {
            "remain": max(0, total - used) if fresh else 0,
            "total": total if fresh else 0,
        },
        "promotion": {
            "daily_remain": 0 if world.past(user.promotions, DAY) else 1,
            "daily_total": 1,
            "monthly_remain": max(0, monthly - len(world.past(user.promotions, 30 * DAY))),
            "monthly_total": monthly,
        },
    }


async def quota_v2(world: World, asked: Body) -> Any:
    """POST /v2.0/oa/quota/message: what is left of promotions, or of replies to a message."""
    if "message_id" in asked:
        owners = [
            user
            for user in world.users.values()
            if any(line.message_id == asked["message_id"] for line in user.screen)
        ]
        need(owners, "message_id")
        return {"type": "reply", **_quota_of(world, owners[0])["cs_reply"]}
    need(asked.get("type") == "promotion", "type")
    left = _quota_of(world, _known(world, asked.get("user_id")))["promotion"]
    kept = {"remain": left["monthly_remain"], "total": left["monthly_total"]}
    return {"type": "promotion", **kept}


async def user_detail(world: World, asked: Body) -> Any:
    user = _known(world, asked.get("user_id"))
    seen = world.platform.local(user.last_interaction or 0).strftime("%d/%m/%Y")
    picture = f"{world.platform.base}/media/avatar"
    return {
        "user_id": user.id,
        "user_id_by_app": world.alias(user.id),
        "user_external_id": "",
        "display_name": user.name,
        "user_alias": user.name,
        "is_sensitive": False,
        "user_last_interaction_date": seen if user.last_interaction else "",
        "user_is_follower": user.follows,
        "avatar": picture,
        "avatars": {"120": picture, "240": picture},
        "dynamic_param": "",
        "tags_and_notes_info": {"notes": [], "tag_names": user.tags},
        "shared_info": user.shared,
    }


async def user_list(world: World, asked: Body) -> Any:
    """GET /v3.0/oa/user/getlist: at most 50 people at a time, and no more than 10,000 in all."""
    offset, count = asked.get("offset"), asked.get("count")
    need(isinstance(offset, int) and offset >= 0, "offset")
    need(isinstance(count, int) and count > 0, "count")
    assert isinstance(offset, int)
    assert isinstance(count, int)
    if count > 50 or offset > 9951:
        raise ApiError(-210, "Parameter over limit")
    fits = _period(world, str(asked.get("last_interaction_period") or ""))
    tag, follows = asked.get("tag_name") or "", asked.get("is_follower")
    found = [
        {"user_id": user.id}
        for user in world.users.values()
        if (not tag or tag in user.tags)
        and follows in {None, user.follows}
        and fits(user.last_interaction)
    ]
    page = found[offset : offset + count]
    return {"total": len(found), "count": len(page), "offset": offset, "users": page}


def _period(world: World, period: str) -> Callable[[float | None], bool]:
    if not period:
        return lambda _: True
    today = world.platform.local(world.clock.now()).date()
    back = {"TODAY": (0, 0), "YESTERDAY": (1, 1), "L7D": (7, 0), "L30D": (30, 0)}
    if period in back:
        first, last = (today - timedelta(days=days) for days in back[period])
    else:
        days = re.fullmatch(r"(\d{4}_\d\d_\d\d):(\d{4}_\d\d_\d\d)", period)
        need(days, "last_interaction_period")
        assert days is not None
        zone = ZoneInfo(world.options.zone)
        try:
            first, last = (
                datetime.strptime(day, "%Y_%m_%d").replace(tzinfo=zone).date()
                for day in days.groups()
            )
        except ValueError:
            raise invalid("last_interaction_period") from None
    return lambda at: at is not None and first <= world.platform.local(at).date() <= last


async def about_oa(world: World, asked: Body) -> Any:
    return {
        "oaid": world.account.oa_id,
        "name": world.name,
        "description": "",
        "is_verified": True,
        "oa_type": 4,
        "cate_name": "Cơ quan nhà nước",
        "num_follower": sum(user.follows for user in world.users.values()),
        "avatar": f"{world.platform.base}/media/avatar",
        "cover": "",
        "package_name": "Nâng cao",
        "package_valid_through_date": "",
        "linked_ZCA": "",
    }


def _known(world: World, user_id: Any) -> Villager:
    user = world.users.get(user_id) if isinstance(user_id, str) else None
    if user is None:
        raise invalid("user_id")
    return user


def _upload(kind: str, name: str) -> Method:
    async def upload(world: World, asked: Body) -> Any:
        """Keep a file for 7 days. Raises ApiError on its form, its size, or the month's count."""
        file = asked.get("file")
        need(isinstance(file, web.FileField), "file")
        assert isinstance(file, web.FileField)
        content = file.file.read()
        if kind == "file":
            ending = PurePath(file.filename).suffix.lower()
            need(ending in {".pdf", ".doc", ".docx", ".csv"} and content, "file")
            need(ending != ".pdf" or content.startswith(b"%PDF"), "file")
        else:
            need(is_picture(content, kind), "file")
        sizes = {"image": MEGABYTE, "gif": world.options.gif_size, "file": 5 * MEGABYTE}
        if len(content) > sizes[kind]:
            raise ApiError(world.options.too_big_error, "file size is over limit")
        if len(world.past(world.uploads, 30 * DAY)) >= 5000:
            raise ApiError(world.options.uploads_error, "Out of upload quota")
        world.uploads.append(world.clock.now())
        asset_id = world.platform.new_id()
        until = world.clock.now() + 7 * DAY
        world.assets[asset_id] = Asset(kind, content, file.content_type, until)
        return {name: asset_id}

    return upload


async def create_article(world: World, asked: Body) -> Any:
    """POST /v2.0/article/create: begin to process an article; return its token."""
    need(asked.get("type") in {"normal", "video"}, "type")
    for name, most in (("title", 150), ("author", 50), ("description", 300)):
        text = asked.get(name, "")
        need(isinstance(text, str) and len(text) <= most, name)
        need(text or name != "title", name)
    need(asked.get("status", "hide") in {"show", "hide"}, "status")
    token = world.platform.new_id()
    ready = world.clock.now() + world.options.article_seconds
    article = {"id": world.platform.new_id(), "ready": ready, "title": asked["title"]}
    world.articles[token] = article
    return {"token": token}


async def verify_article(world: World, asked: Body) -> Any:
    """Return the article's id once it is processed. Raises ApiError -214 before."""
    article = world.articles.get(str(asked.get("token")))
    need(article, "token")
    assert article is not None
    if article["ready"] > world.clock.now():
        raise ApiError(-214, "Article is processing")
    return {"id": article["id"]}


VERIFY = "verify an article"  # its path is an option
Method = Callable[[World, Body], Awaitable[Any]]
METHODS: dict[tuple[str, str], Method] = {
    ("POST", "/v3.0/oa/message/cs"): send_cs,
    ("POST", "/v3.0/oa/message/template"): send_template,
    ("POST", "/v2.0/oa/message"): send_v2,
    ("POST", "/v3.0/oa/quota/message"): quota,
    ("POST", "/v2.0/oa/quota/message"): quota_v2,
    ("POST", "/v2.0/oa/upload/image"): _upload("image", "attachment_id"),
    ("POST", "/v2.0/oa/upload/gif"): _upload("gif", "attachment_id"),
    ("POST", "/v2.0/oa/upload/file"): _upload("file", "token"),
    ("GET", "/v3.0/oa/user/detail"): user_detail,
    ("GET", "/v3.0/oa/user/getlist"): user_list,
    ("GET", "/v2.0/oa/getoa"): about_oa,
    ("POST", "/v2.0/article/create"): create_article,
    ("POST", VERIFY): verify_article,
}
