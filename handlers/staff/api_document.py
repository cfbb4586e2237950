"""The OpenAPI 3.1 document of the API, made from its table of routes and from the models that check
what comes and what goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from handlers.staff import api_problems
from handlers.staff.api_answers import Answer
from handlers.staff.api_problems import ProblemAnswer
from handlers.staff.api_queries import BIGGEST
from handlers.staff.api_route import ROOT, AnyRoute

VERSION = "1.1.0"
REF = "#/components/schemas/{model}"

Schema = dict[str, Any]

ABOUT = """\
Reads the cases, questions, notices and numbers of a Loa Bản installation, as its console shows
them.

Each request carries a key: `Authorization: Bearer loa_…`, made by `python -m bot api-key create`. A
key sees its own unit and all below it, in its role; what is another unit's is not found. Words are
masked, and nothing leads to a person. Times are in Vietnam's zone, days are Vietnam's.

Lists come in pages: send `next` of one as `cursor` for the following one. A parameter that is not
described is refused, so that a slip never widens what you get.
"""


class Document(Answer):
    """The OpenAPI document itself."""

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]


def document(routes: Sequence[AnyRoute]) -> Schema:
    """The document as JSON holds it."""
    models = list(_models(routes))
    _, schemas = models_json_schema(
        [(model, "serialization") for model in models], ref_template=REF
    )
    _, asked = models_json_schema(
        [(query, "validation") for query in dict.fromkeys(route.query for route in routes)],
        ref_template=REF,
    )
    known = {**asked["$defs"], **schemas["$defs"]}
    queries = {route.query.__name__ for route in routes}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Loa Bản",
            "version": VERSION,
            "description": ABOUT,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": ROOT}],
        "security": [{"key": []}],
        "paths": {route.path: {"get": _operation(route, known)} for route in routes},
        "components": {
            "schemas": {name: one for name, one in sorted(known.items()) if name not in queries},
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key that begins with `loa_`.",
                }
            },
        },
    }


def _models(routes: Iterable[AnyRoute]) -> Iterable[type[BaseModel]]:
    yield ProblemAnswer
    yield from dict.fromkeys(route.answer for route in routes if route.answer)


def _operation(route: AnyRoute, known: Schema) -> Schema:
    parameters = [_number()] if route.numbered else []
    parameters += list(_parameters(known[route.query.__name__]))
    operation: Schema = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": parameters,
        "responses": _responses(route),
    }
    if route.right is None:
        operation["security"] = []
    return operation


def _parameters(schema: Schema) -> Iterable[Schema]:
    """A model's fields as query parameters: what may be left out has no null in an address."""
    for name, field in schema.get("properties", {}).items():
        kinds = [kind for kind in field.get("anyOf", []) if kind.get("type") != "null"]
        kind = dict(kinds[0]) if kinds else {}
        described = field.get("description") or kind.pop("description", "")
        left_out = {"anyOf", "title", "description"}
        if field.get("default") is None:
            left_out.add("default")
        kept = {key: value for key, value in field.items() if key not in left_out}
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": described,
            "schema": kept | kind,
        }


def _number() -> Schema:
    return {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "The number, as the list gives it.",
        "schema": {"type": "integer", "minimum": 1, "maximum": BIGGEST},
        "example": 1,
    }


def _responses(route: AnyRoute) -> Schema:
    media = {"application/json": {"schema": _ref(route.answer)}} if route.answer else {}
    media |= {kind: {"schema": {"type": "string"}} for kind in route.media}
    responses: Schema = {"200": {"description": "What was asked for.", "content": media}}
    problems = {400: "A query parameter is wrong or is not known here."}
    if route.right is not None:
        problems[401] = "No key, or none that opens anything."
        problems[403] = "The role of the key does not reach this."
        problems[429] = "The key asks too often."
    if route.narrows:
        problems[404] = "It is not there, or is another unit's."
    problems[405] = "Only GET, HEAD and OPTIONS are answered."
    problems[503] = "The database does not answer; try again."
    for status, words in sorted(problems.items()):
        responses[str(status)] = {
            "description": words,
            "content": {api_problems.MEDIA: {"schema": _ref(ProblemAnswer)}},
        }
    if "429" in responses:
        responses["429"]["headers"] = {
            "Retry-After": {
                "required": True,
                "description": "Seconds to wait.",
                "schema": {"type": "integer", "minimum": 1},
            }
        }
    return responses


def _ref(model: type[BaseModel] | None) -> Schema:
    return {"$ref": REF.format(model=model.__name__)} if model else {}
