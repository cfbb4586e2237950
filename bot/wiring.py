"""Builds every object once and joins them: plain calls from top to bottom.

The time, randomness and the environment are read here and in `config` only.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp

from bot.account_channels import Workshop
from bot.account_desk import PATIENCE, AccountsAtDesk
from bot.account_register import Register
from bot.accounts import Accounts
from bot.broadcast_files import NoticeFiles
from bot.channels.channel import Channel, Speed
from bot.channels.web_chat import WebChat
from bot.channels.web_chat_limits import Bounds
from bot.clock import Clock
from bot.config import Settings
from bot.consent import Consents
from bot.consent_page import ConsentPage
from bot.console_parts import Parts
from bot.console_wiring import consoles_of
from bot.delivery import Delivery, Rules
from bot.errand_table import errand_table
from bot.file_pages import FilePages
from bot.filing import Filing, settling
from bot.landing import Landing
from bot.notice_wiring import NoticeHouse, notices_of, ticking
from bot.official_wiring import abuse_of, casework_of, office_of, proof_of, reminders_of
from bot.packing import Press
from bot.public_pages import PublicPages
from bot.receipt_keys import ReceiptKeys
from bot.sealing import Seal
from bot.transcripts import Transcripts
from bot.unit_keeping import UnitKeeping
from bot.villager_wiring import villagers_of
from content.library import TEXTS, Library, holding
from content.media import PICTURES, read_media
from content.receipts import ReceiptWords
from content.shelf import SHIPPED
from content.texts import Texts, beside
from handlers.casework import Casework
from handlers.command_menu import CommandMenus
from handlers.grouping import Grouping
from handlers.messages import SENT, Capabilities, Incoming
from handlers.one_answer import OneAnswer
from handlers.post import Post
from handlers.public_answers import PublicAnswers
from handlers.reception import Reception
from handlers.staff.languages import Consoles
from handlers.staff.routes import Console
from handlers.units import Units
from handlers.villager.described import Described
from storage.database import Database
from storage.unanswered import Unanswered

log = logging.getLogger(__name__)

USER_AGENT = "LoaBan/1"


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def invitation_code() -> str:
    """256 random bits, as an address may hold them."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class House:
    """The whole program, joined. `accept` stores a message and wakes who sends its replies.

    `reveal` opens what is sealed in a message that is stored. Whoever ends the process sets
    `leaving` first.
    """

    settings: Settings
    database: Database
    library: Library
    texts: Texts
    units: Units
    keeping: UnitKeeping
    casework: Casework
    public_answers: PublicAnswers
    grouping: Grouping
    accounts: Accounts
    web_chat: WebChat
    accept: Callable[[Incoming], Awaitable[bool]]
    consoles: Consoles
    press: Press
    file_pages: FilePages
    filing: Filing
    consent_page: ConsentPage
    public_pages: PublicPages
    clock: Clock
    notices: NoticeHouse
    reveal: Callable[[str], str]
    receipts: ReceiptWords
    leaving: asyncio.Event

    @property
    def console(self) -> Console:
        """The desks in the language that is spoken where nobody chose another."""
        return self.consoles.vietnamese

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The accounts that work now."""
        return self.accounts.channels

    def delivery(self) -> Delivery:
        """A new sender with a name of its own."""
        settings = self.settings
        return Delivery(
            database=self.database,
            channels=self.channels,
            rules=Rules(
                quiet_start=settings.quiet_hours.start,
                quiet_end=settings.quiet_hours.end,
                holidays=self.keeping.silent,
                weekly_cap=settings.broadcasts.weekly_cap,
            ),
            owner=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(6)}",
            clock=now,
            reveal=self.reveal,
            lost=self.filing.lost,
        )


@asynccontextmanager
async def build(
    settings: Settings,
    library: Library | None = None,
    *,
    renews: bool = True,
    patience: float = PATIENCE,
) -> AsyncIterator[House]:
    """Build the house on a migrated database; take its resources and give them back.

    A `library` that is open already is used as it is. Unless it `renews`, no token is spent. The
    console waits `patience` seconds for a platform.
    Raises content.library.NoCards when there is no card to answer from.
    """
    folder = settings.content.folder or SHIPPED
    if library is None:
        cache = settings.data.folder / "cache"
        library = await asyncio.to_thread(Library.open, folder, cache=cache)
    texts, database = texts_of(settings), Database.at(settings.database_url)
    keeping = await UnitKeeping.begin(settings, database)
    units, unanswered = keeping.units, Unanswered()
    key = settings.token_key.get_secret_value()
    keys = ReceiptKeys(key, settings.data.folder / "receipts.key")
    receipts = ReceiptWords.load()
    filing = Filing.of(
        settings,
        database=database,
        texts=texts,
        channels=lambda: accounts.channels,
        clock=now,
        keys=keys.marks("loaban files"),
        # A lambda, since both are made below.
        settled=lambda *e: settling(office.arrived, notices.enclosing.arrived)(*e),  # noqa: PLW0108
    )

    def platform(account: str) -> str:
        return accounts.platforms.get(account, "")

    def capabilities(account: str) -> Capabilities | None:
        return accounts.capabilities.get(account)

    casework = casework_of(
        settings,
        units=units,
        texts=texts,
        off=keeping.off,
        post=Post(capabilities),
        files=filing.case_files,
        abuse=abuse_of(settings, library),
        receipts=receipts,
        hashes=keys.hashes,
        draw=secrets.randbelow,
    )
    proof = proof_of(folder, texts=texts, casework=casework)
    others = other_texts(settings)
    menus = CommandMenus(texts, units, others)
    office = office_of(
        units=units, texts=texts, menus=menus, casework=casework, files=filing.case_files,
        proof=proof, post=Post(capabilities),
    )  # fmt: skip
    public_answers = PublicAnswers(
        units=units, texts=texts, post=Post(capabilities), casework=casework
    )
    grouping = Grouping(units=units, casework=casework, answers=public_answers)
    notices = notices_of(
        settings, folder, library=library, database=database, units=units, texts=texts,
        accounts=lambda: accounts, clock=now, media_of=filing.case_files.media,
    )  # fmt: skip
    villagers = villagers_of(
        library=library, texts=texts, units=units, unanswered=unanswered, casework=casework,
        receipts=receipts, keys=keys, files=filing.case_files, pictures=holding(folder, PICTURES),
        platform=platform, draw=lambda: f"{secrets.randbelow(10**8):08}",
    )  # fmt: skip
    errands = errand_table(
        villagers,
        office,
        notices.desk,
        texts,
        describe=Described(shelf=library.shelf, texts=texts, units=units),
        store=lambda text: keys.conceal(text) if receipts.hear(text) else text,
    )
    async with aiohttp.ClientSession(
        headers={"User-Agent": USER_AGENT}, connector=aiohttp.TCPConnector(limit=0)
    ) as session:

        async def media(name: str) -> bytes:
            if name.startswith(SENT):
                return await filing.media(name)
            return await asyncio.to_thread(read_media, holding(folder, PICTURES), name)

        web_account = next(a for a in settings.accounts if a.platform == "web_chat")
        owner = units.get(web_account.unit)
        landing = Landing(villagers.browse, web_account.unit, clock=now)
        workshop = Workshop(
            session=session,
            public_url=settings.web.public_url,
            clock=now,
            read_media=media,
            commands=menus.of_villagers(),
            speed=Speed(
                settings.pacing.messages_per_second,
                settings.pacing.messages_per_chat_per_second,
            ),
            database=database,
            seal=Seal(key) if key else None,
            renews=renews,
        )
        register = Register(database, settings, units)
        accounts = Accounts(register, workshop.channel_of)
        press = Press(settings, library, texts, others, units, accounts, now)
        consents = Consents(
            register,
            database=database,
            session=session,
            seal=workshop.seal,
            public_url=settings.web.public_url,
            clock=now,
        )
        web_chat = WebChat(
            account=web_account.name,
            transcripts=Transcripts(database, web_account.name, keys.reveal),
            texts=texts,
            welcome=landing.first_page,
            opened=landing.opened,
            owner=owner.name if owner else "",
            read_media=media,
            clock=now,
            secure=settings.web.public_url.startswith("https://"),
            uploads=filing.uploads,
            bounds=Bounds(**settings.web.model_dump(include=set(Bounds.__slots__))),
        )
        accounts.put(web_account, web_chat)
        for account in settings.accounts:
            if account is not web_account:
                accounts.put(account, workshop.channel_of(account))
        reception = Reception(
            database=database,
            errands=errands,
            texts=texts,
            capabilities=accounts.capabilities,
            home_units=accounts.home_units,
            clock=now,
        )
        web_chat.accept = reception.accept
        house = House(
            settings=settings,
            database=database,
            library=library,
            texts=texts,
            units=units,
            keeping=keeping,
            accounts=accounts,
            web_chat=web_chat,
            accept=reception.accept,
            consoles=consoles_of(
                Parts(
                    settings=settings,
                    keys=keys,
                    draw=invitation_code,
                    database=database,
                    library=library,
                    texts=texts,
                    keeping=keeping,
                    unanswered=unanswered,
                    casework=casework,
                    public_answers=public_answers,
                    grouping=grouping,
                    answering=OneAnswer(
                        answers=public_answers,
                        grouping=grouping,
                        units=units,
                        unanswered=unanswered,
                        post=Post(capabilities),
                        platform=platform,
                        capabilities=capabilities,
                    ),
                    proof=proof,
                    filing=filing,
                    channels=AccountsAtDesk(
                        register, accounts, consents, database, settings, now, patience
                    ),
                    notices=notices,
                    press=press,
                    clock=now,
                )
            ),
            press=press,
            file_pages=filing.pages(texts),
            filing=filing,
            consent_page=ConsentPage(consents, texts=texts),
            public_pages=PublicPages(database=database, units=units, texts=texts, clock=now),
            clock=Clock(
                database=database,
                keep_messages=timedelta(days=settings.retention.messages_days),
                keep_cases=timedelta(days=settings.retention.cases_days),
                keep_drafts=timedelta(days=settings.retention.drafts_days),
                keep_audit=timedelta(days=settings.retention.audit_days),
                remind=reminders_of(settings, database, casework, keeping.off).run,
                now=now,
                tick=ticking(notices, accounts.capabilities, NoticeFiles(filing.store)),
            ),
            notices=notices,
            reveal=keys.reveal,
            casework=casework,
            public_answers=public_answers,
            grouping=grouping,
            receipts=receipts,
            leaving=workshop.leaving,
        )
        try:
            await database.listen()
            yield house
        finally:
            workshop.leaving.set()
            await asyncio.gather(consents.close(), accounts.close())
            await database.close()


def texts_of(settings: Settings) -> Texts:
    """Every sentence, from the content folder of the settings."""
    folder = holding(settings.content.folder or SHIPPED, TEXTS)
    return Texts.load(folder / TEXTS, unreviewed=settings.content.serve_unreviewed)


def other_texts(settings: Settings) -> dict[str, Texts]:
    """The sentences of each further language, by its code: as many as somebody translated."""
    folder = holding(settings.content.folder or SHIPPED, TEXTS)
    return beside(folder / TEXTS, unreviewed=settings.content.serve_unreviewed)
