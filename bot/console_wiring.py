"""Joins the desks of the console, once in each language, and the API."""

from __future__ import annotations

from datetime import timedelta

from bot.config import Settings
from bot.console_api import api_of
from bot.console_cards import card_desks
from bot.console_cases import case_desks
from bot.console_notices import notice_desks
from bot.console_parts import Parts, Room
from bot.console_settings import settings_desks, staff_desks
from content.library import ENGLISH, holding
from content.shelf import SHIPPED
from content.texts import Texts
from handlers.errands import VIETNAM
from handlers.staff.card_publishing import CardPublishing
from handlers.staff.door import Door
from handlers.staff.languages import Consoles
from handlers.staff.live_hub import LiveHub
from handlers.staff.overview import Overview
from handlers.staff.passwords import Passwords
from handlers.staff.question_groups import QuestionGroups
from handlers.staff.routes import Console
from handlers.staff.templates import Templates
from storage.staff_sessions import Lasting, StaffSessions


def consoles_of(parts: Parts) -> Consoles:
    """The desks in each language, over the same books. What nobody put into English is said in
    Vietnamese; what writes to villagers and in files keeps to Vietnamese. Raises TextFault."""
    settings, library, database, clock = parts.settings, parts.library, parts.database, parts.clock
    limits, units = settings.console, parts.keeping.units
    sessions = StaffSessions(
        Lasting(timedelta(hours=limits.session_hours), timedelta(minutes=limits.idle_minutes))
    )
    passwords = Passwords(memory_kib=limits.argon2_memory_kib, passes=limits.argon2_passes)
    publishing = CardPublishing(
        database=database, folder=library.folder, texts=parts.texts, zone=VIETNAM, clock=clock
    )
    hub = LiveHub(database=database, casework=parts.casework, sessions=sessions, clock=clock)
    question_groups = QuestionGroups(lambda: library.words)
    marks, api = parts.keys.marks("loaban console"), api_of(parts)

    pages = Templates()

    def speaking(language: str, texts: Texts) -> Console:
        door = Door(
            keys=marks,
            sessions=sessions,
            database=database,
            texts=texts,
            pages=pages,
            units=units,
            secure=settings.web.public_url.startswith("https://"),
            clock=clock,
            language=language,
        )
        room = Room(parts, door, texts)
        cards = card_desks(room, publishing=publishing, question_groups=question_groups)
        desks = settings_desks(room)
        overview = Overview(
            door=door,
            database=database,
            casework=parts.casework,
            unanswered=parts.unanswered,
            units=units,
            zone=VIETNAM,
            troubled=desks["accounts"].troubled,
            to_dial=desks["units"].warnings,
            cards=cards["card_list"].waiting,
            clock=clock,
        )
        return Console(
            door=door,
            overview=overview,
            api=api,
            **staff_desks(room, sessions=sessions, passwords=passwords),
            **desks,
            **cards,
            **case_desks(room, hub=hub),
            **notice_desks(room),
        )

    english = english_of(settings).over(parts.texts)
    return Consoles(speaking("vi", parts.texts), speaking("en", english), pages)


def english_of(settings: Settings) -> Texts:
    """What the console says to staff who chose English; in a folder of its own, so that villagers
    are not offered it."""
    folder = holding(settings.content.folder or SHIPPED, ENGLISH)
    return Texts.load(folder / ENGLISH, unreviewed=settings.content.serve_unreviewed)
