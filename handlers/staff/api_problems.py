"""What the API answers when it cannot do what was asked: a problem in JSON (RFC 9457), in English,
that says what is wrong and how to mend it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

MEDIA = "application/problem+json"

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of each answer of the API: no page of any site may read it, and nobody keeps it."""


class Fault(BaseModel):
    """One query parameter that is wrong."""

    model_config = ConfigDict(frozen=True)

    parameter: str
    detail: str = Field(description="What is wrong with it.")


class ProblemAnswer(BaseModel):
    """A problem as RFC 9457 describes it; `faults` are there where query parameters are wrong."""

    type: str = "about:blank"
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What is wrong, and how to mend it.")
    faults: list[Fault] = Field(default=[], description="Each query parameter that is wrong.")


class Problem(Exception):
    """Ends a request. `noted` says to the audit log why a known key was refused; empty: it is not
    noted."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        noted: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = dict(headers or {})
        self.noted = noted

    def answer(self) -> web.Response:
        body = ProblemAnswer(
            title=self.status.phrase,
            status=self.status.value,
            detail=self.detail,
            faults=list(self.faults),
        )
        return web.Response(
            body=body.model_dump_json().encode(),
            status=self.status.value,
            headers={"Content-Type": MEDIA} | HEADERS | self.headers,
        )


def no_key(detail: str, *, noted: str = "") -> Problem:
    """Nobody known asks."""
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        detail,
        headers={"WWW-Authenticate": 'Bearer realm="loa-ban"'},
        noted=noted,
    )


def nothing_there(what: str, *, noted: str = "") -> Problem:
    """There is no such thing, or it is not this key's to see, which looks the same."""
    return Problem(
        HTTPStatus.NOT_FOUND,
        f"there is no {what} here, or none that this key may see: a key sees its own unit and all "
        "below it, as /api/v1/units lists them",
        noted=noted,
    )


def bad_query(invalid: ValidationError, known: Sequence[str]) -> Problem:
    """Query parameters that are not there, or whose values mean nothing."""
    faults = []
    for error in invalid.errors(include_url=False, include_context=False, include_input=False):
        name = str(error["loc"][0]) if error["loc"] else ""
        words = error["msg"]
        if error["type"] == "extra_forbidden":
            words = f"there is no such parameter here; known: {', '.join(known) or 'none'}"
        faults.append(Fault(parameter=name[:64], detail=words))
    return wrong(faults)


def wrong(faults: Sequence[Fault]) -> Problem:
    named = "; ".join(f"{fault.parameter}: {fault.detail}" for fault in faults)
    return Problem(HTTPStatus.BAD_REQUEST, f"mend the address: {named}", faults=faults)
