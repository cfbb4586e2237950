"""Builds the desks of who comes in, and of what is set: staff, channel accounts, units, keys."""

from __future__ import annotations

from typing import TypedDict

from bot.channels.web_chat_limits import address_of
from bot.console_api import API_MARKS
from bot.console_parts import Room
from handlers.errands import VIETNAM
from handlers.staff.account_desk import AccountDesk
from handlers.staff.audit_desk import AuditDesk
from handlers.staff.days_off_desk import DaysOffDesk
from handlers.staff.invitation_desk import InvitationDesk
from handlers.staff.inviting import Inviting
from handlers.staff.key_desk import KeyDesk
from handlers.staff.key_making import KeyMaking
from handlers.staff.my_account import MyAccount
from handlers.staff.passwords import Passwords
from handlers.staff.people import People
from handlers.staff.second_step import SecondStep
from handlers.staff.sign_in import SignIn
from handlers.staff.unit_desk import UnitDesk
from handlers.staff.unit_editing import UnitEditing
from handlers.staff.unit_import import UnitImport
from handlers.unit_changes import UnitChanges
from storage.staff_sessions import StaffSessions


class StaffDesks(TypedDict):
    """The desks of staff themselves, by their names in the console."""

    sign_in: SignIn
    invitations: InvitationDesk
    inviting: Inviting
    me: MyAccount
    people: People


class SettingsDesks(TypedDict):
    """The desks of what is set, by their names in the console."""

    accounts: AccountDesk
    units: UnitDesk
    unit_editing: UnitEditing
    unit_import: UnitImport
    days_off: DaysOffDesk
    keys: KeyDesk
    audit: AuditDesk


def staff_desks(room: Room, *, sessions: StaffSessions, passwords: Passwords) -> StaffDesks:
    """Who comes in, and how; a session serves every language."""
    parts, web = room.parts, room.parts.settings.web
    seal, unseal = parts.keys.seal, parts.keys.unseal
    inviting = Inviting(draw=parts.draw, clock=parts.clock)
    return StaffDesks(
        sign_in=SignIn(
            **room.timed,
            sessions=sessions,
            passwords=passwords,
            second=SecondStep(unseal),
            address_of=lambda request: address_of(request, web.trusted_proxies),
            seal=seal,
            unseal=unseal,
        ),
        invitations=InvitationDesk(**room.placed, sessions=sessions, passwords=passwords),
        inviting=inviting,
        me=MyAccount(
            **room.placed,
            sessions=sessions,
            passwords=passwords,
            zone=VIETNAM,
            seal=seal,
            unseal=unseal,
        ),
        people=People(
            **room.placed, sessions=sessions, inviting=inviting, public_url=web.public_url
        ),
    )


def settings_desks(room: Room) -> SettingsDesks:
    """Channel accounts, units with their days off, keys of the API, and who changed what."""
    parts, keeping = room.parts, room.parts.keeping
    units, fresh, clock = keeping.units, keeping.take_up, parts.clock
    changes = UnitChanges(clock)
    making = KeyMaking(marks=parts.keys.marks(API_MARKS), draw=parts.draw, clock=clock)
    return SettingsDesks(
        accounts=AccountDesk(**room.placed, accounts=parts.channels, zone=VIETNAM),
        units=UnitDesk(
            door=room.door, texts=room.texts, units=units, fresh=fresh, zone=VIETNAM, clock=clock
        ),
        unit_editing=UnitEditing(**room.placed, changes=changes, fresh=fresh, zone=VIETNAM),
        unit_import=UnitImport(
            **room.placed, in_files=parts.texts, changes=changes, fresh=fresh, zone=VIETNAM
        ),
        days_off=DaysOffDesk(
            **room.timed,
            changes=changes,
            off=keeping.off,
            silent=keeping.silent,
            fresh=fresh,
            zone=VIETNAM,
        ),
        keys=KeyDesk(**room.desk, making=making, units=units, zone=VIETNAM),
        audit=AuditDesk(**room.desk, units=units, zone=VIETNAM),
    )
