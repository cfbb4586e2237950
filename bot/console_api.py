"""Builds the API beside the console."""

from __future__ import annotations

from bot.console_parts import Parts
from handlers.staff.api import Api
from handlers.staff.api_door import ApiDoor
from handlers.staff.api_export import ApiExport
from handlers.staff.api_reading import ApiReading

API_MARKS = "loaban api"
"""The purpose for which keys of the API are hashed."""


def api_of(parts: Parts) -> Api:
    """What programs of other offices ask."""
    database, units, clock = parts.database, parts.keeping.units, parts.clock
    door = ApiDoor(
        marks=parts.keys.marks(API_MARKS),
        database=database,
        casework=parts.casework,
        units=units,
        per_minute=parts.settings.console.api_per_minute,
        clock=clock,
    )
    return Api(
        door=door,
        reading=ApiReading(door=door, database=database, units=units, clock=clock),
        export=ApiExport(door=door, database=database, units=units, clock=clock),
    )
