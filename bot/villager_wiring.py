"""Builds what answers villagers: one errand a file of `handlers/villager`, joined here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bot.errand_table import Desk
from bot.receipt_keys import ReceiptKeys
from content.library import Library
from content.media import media_of
from content.receipts import ReceiptWords
from content.texts import Texts
from handlers.case_files import CaseFiles
from handlers.casework import Casework
from handlers.units import Units
from handlers.villager.answering import Answering
from handlers.villager.ask import Ask
from handlers.villager.browse import Browse
from handlers.villager.feedback import Telling
from handlers.villager.following import Following
from handlers.villager.language import Languages
from handlers.villager.linking import Linking
from handlers.villager.my_cases import MyCases
from handlers.villager.my_data import MyData
from handlers.villager.places import Places
from handlers.villager.rating import Rating
from handlers.villager.subscription import Subscription
from storage.people import People
from storage.tallies import Tallies
from storage.unanswered import Unanswered


def villagers_of(
    *,
    library: Library,
    texts: Texts,
    units: Units,
    unanswered: Unanswered,
    casework: Casework,
    receipts: ReceiptWords,
    keys: ReceiptKeys,
    files: CaseFiles,
    pictures: Path,
    platform: Callable[[str], str],
    draw: Callable[[], str],
) -> Desk:
    """`platform` tells that of an account, empty if it is none; `draw` a code of eight digits."""
    browse = Browse(
        shelf=library.shelf,
        texts=texts,
        units=units,
        media_of=lambda c: media_of(pictures, c),
        platform=platform,
        tallies=Tallies(),
    )
    ask = Ask(
        understand=library.understand,
        alarm=library.alarm,
        shelf=library.shelf,
        texts=texts,
        browse=browse,
        units=units,
        casework=casework,
        platform=platform,
        unanswered=unanswered,
        wishes=library.wishes,
        tallies=Tallies(),
    )
    rating = Rating(
        texts=texts,
        wishes=library.wishes,
        platform=platform,
        tallies=Tallies(),
        unanswered=unanswered,
        note=ask.note,
    )
    linking = Linking(
        units=units,
        texts=texts,
        where=lambda account: texts(f"channel.{platform(account) or 'other'}"),
        draw=draw,
    )
    return Desk(
        ask=ask,
        browse=browse,
        rating=rating,
        places=Places(units=units, people=People(), texts=texts, home=browse.home),
        linking=linking,
        languages=Languages(texts),
        following=Following(texts, title_of=library.title_of),
        telling=Telling(
            casework=casework,
            receipts=receipts,
            conceal=keys.conceal,
            units=units,
            texts=texts,
            wishes=library.wishes,
            platform=platform,
            warn=ask.warning,
            files=files,
        ),
        wishes=library.wishes,
        own_cases=MyCases(
            casework=casework,
            receipts=receipts,
            conceal=keys.conceal,
            hashes=keys.hashes,
            texts=texts,
            warn=ask.warning,
            files=files,
        ),
        own_data=MyData(units=units, texts=texts),
        subscription=Subscription(texts),
        answering=Answering(texts=texts, wishes=library.wishes, warn=ask.warning),
        texts=texts,
    )
