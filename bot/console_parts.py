"""What the desks of the console are built from: in whatever language, and in one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from bot.account_desk import AccountsAtDesk
from bot.config import Settings
from bot.filing import Filing
from bot.notice_wiring import NoticeHouse
from bot.packing import Press
from bot.receipt_keys import ReceiptKeys
from bot.unit_keeping import UnitKeeping
from content.library import Library
from content.texts import Texts
from handlers.casework import Casework
from handlers.grouping import Grouping
from handlers.official.proof import Proof
from handlers.one_answer import OneAnswer
from handlers.public_answers import PublicAnswers
from handlers.staff.door import Door
from handlers.units import Units
from storage.database import Database
from storage.unanswered import Unanswered


@dataclass(frozen=True)
class Parts:
    """What the house gives to the console: the same books for every language.

    `texts` are the Vietnamese ones, in which villagers and files are written to. `draw` gives a
    code that nobody can guess, for an address.
    """

    settings: Settings
    keys: ReceiptKeys
    draw: Callable[[], str]
    database: Database
    library: Library
    texts: Texts
    keeping: UnitKeeping
    unanswered: Unanswered
    casework: Casework
    public_answers: PublicAnswers
    grouping: Grouping
    answering: OneAnswer
    proof: Proof
    filing: Filing
    channels: AccountsAtDesk
    notices: NoticeHouse
    press: Press
    clock: Callable[[], datetime]


class Desk(TypedDict):
    """What nearly every desk is given, by its keywords."""

    door: Door
    database: Database
    texts: Texts


class TimedDesk(Desk):
    """The same for one that asks the time (UTC)."""

    clock: Callable[[], datetime]


class PlacedDesk(TimedDesk):
    """The same for one that also names units."""

    units: Units


@dataclass(frozen=True)
class Room:
    """Where the desks of one language stand: its door, and the `texts` that they say."""

    parts: Parts
    door: Door
    texts: Texts

    @property
    def desk(self) -> Desk:
        return Desk(door=self.door, database=self.parts.database, texts=self.texts)

    @property
    def timed(self) -> TimedDesk:
        return TimedDesk(**self.desk, clock=self.parts.clock)

    @property
    def placed(self) -> PlacedDesk:
        return PlacedDesk(**self.timed, units=self.parts.keeping.units)
