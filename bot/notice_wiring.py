"""Joins what notices need: how they look, whom they reach, the officials' desk, the reports."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.accounts import Accounts
from bot.broadcast_files import NoticeFiles
from bot.broadcasting import Broadcasting
from bot.clock import next_time
from bot.config import Settings
from content.checker import word_lists
from content.library import Library
from content.texts import Texts
from content.wording import Wording
from handlers.asking import say_back, wrong_answers
from handlers.messages import Capabilities, Media
from handlers.notice_page import NoticePage
from handlers.notice_reach import NoticeReach
from handlers.official.notices_cards import Cards
from handlers.official.notices_composing import Composing
from handlers.official.notices_deeds import Deeds
from handlers.official.notices_desk import NoticeDesk
from handlers.official.notices_enclosing import Enclosing
from handlers.official.notices_pages import Pages
from handlers.official.notices_released import Released
from handlers.official.notices_reports import NoticeReports
from handlers.official.notices_rights import NoticeRights
from handlers.official.notices_steps import Route
from handlers.official.notices_words import NoticeWords
from handlers.post import Post
from handlers.units import Units
from storage.broadcasts import Enclosed
from storage.database import Database
from storage.questionnaires import Questionnaire


@dataclass(frozen=True)
class NoticeHouse:
    """All that notices need."""

    database: Database
    units: Units
    clock: Callable[[], datetime]
    desk: NoticeDesk
    words: NoticeWords
    page: NoticePage
    reports: NoticeReports
    enclosing: Enclosing
    rights: NoticeRights
    route: Route
    deeds: Deeds
    quiz_of: Callable[[str], Questionnaire | None]


def notices_of(
    settings: Settings,
    folder: Path,
    *,
    library: Library,
    database: Database,
    units: Units,
    texts: Texts,
    accounts: Callable[[], Accounts],
    clock: Callable[[], datetime],
    media_of: Callable[[Enclosed], Media],
) -> NoticeHouse:
    """`folder` is the content folder; `accounts` are asked each time, they come and go; `media_of`
    names a file that goes with a notice."""

    def quiz_of(slug: str) -> Questionnaire | None:
        cards = library.shelf.cards
        if slug not in cards:
            return None
        question, right = cards[slug].say_back
        others = [one for one in (*cards[slug].related, *cards) if one in cards]
        wrong = wrong_answers(slug, others, lambda one: cards[one].say_back)
        return say_back(question, right, wrong)

    def working() -> Mapping[str, Capabilities]:
        return {name: channel.capabilities for name, channel in accounts().channels.items()}

    def able(account: str) -> Capabilities | None:
        return accounts().capabilities.get(account)

    def platform(account: str) -> str:
        return accounts().platforms.get(account, "")

    page = NoticePage(texts, title_of=library.title_of, media_of=media_of)
    enclosing = Enclosing(texts=texts, post=Post(able))
    rights, route = NoticeRights(units), Route(units)
    words = NoticeWords(
        texts=texts,
        units=units,
        page=page,
        reach=NoticeReach(
            units=units, capabilities=working, weekly_cap=settings.broadcasts.weekly_cap
        ),
        platform=platform,
        wording=Wording.load(*word_lists(folder)),
        title_of=library.title_of,
    )
    composing = Composing(
        texts=texts,
        route=route,
        words=words,
        rights=rights,
        enclosing=enclosing,
        cards=Cards(texts=texts, understand=library.understand, title_of=library.title_of),
        quiz_of=quiz_of,
    )
    pages = Pages(texts=texts, words=words, rights=rights)
    deeds = Deeds(texts=texts, rights=rights)
    reports = NoticeReports(
        database=database,
        texts=texts,
        post=Post(able),
        words=words,
        pages=pages,
        rights=rights,
    )

    return NoticeHouse(
        database=database,
        units=units,
        clock=clock,
        desk=NoticeDesk(
            texts=texts,
            composing=composing,
            released=Released(texts=texts, pages=pages, deeds=deeds, composing=composing),
        ),
        words=words,
        page=page,
        reports=reports,
        enclosing=enclosing,
        rights=rights,
        route=route,
        deeds=deeds,
        quiz_of=quiz_of,
    )


def ticking(
    notices: NoticeHouse, capabilities: Mapping[str, Capabilities], files: NoticeFiles
) -> Callable[[], Awaitable[None]]:
    """What the clock calls: notices move on, then officials are told what is new."""
    broadcasting = Broadcasting(
        database=notices.database,
        capabilities=capabilities,
        page=notices.page,
        units=notices.units,
        next_time=next_time,
        files=files,
        clock=notices.clock,
    )

    async def tick() -> None:
        await broadcasting.tick()
        await notices.reports.run(notices.clock())

    return tick
