"""One address of the API: what it is called, what may be asked, what comes, and who serves it.

The same entry serves the request and describes it in the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel

from handlers.staff.api_door import Caller
from handlers.staff.api_queries import Query
from handlers.staff.staff import Right

ROOT = "/api/v1"

Q = TypeVar("Q", bound=Query)


@dataclass(frozen=True, slots=True)
class Asked(Generic[Q]):
    """A request that was let in. `number` stands in the address, 0 where none does."""

    request: web.Request
    caller: Caller
    query: Q
    number: int


Serve = Callable[[Asked[Q]], Awaitable[BaseModel | web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route(Generic[Q]):
    """`path` stands below `/api/v1`; `answer` is what comes in JSON, or `media` the kinds of files
    that come instead. Without a `right` no key is needed."""

    path: str
    name: str
    summary: str
    right: Right | None
    query: type[Q]
    serve: Serve[Q]
    answer: type[BaseModel] | None = None
    media: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return ROOT + self.path

    @property
    def numbered(self) -> bool:
        return "{id}" in self.path

    @property
    def narrows(self) -> bool:
        """Whether what it asks for may not be there."""
        return self.numbered or "unit" in self.query.model_fields


AnyRoute = Route[Any]
