"""The route table as an OpenAPI 3.1 document."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar

import msgspec

from bridges.http import problems
from bridges.http.table import Access, Body, Route

_REF = "#/components/schemas/{name}"
_COMMON = ((401, "no token and no session"), (403, "sent by a page that is not roadie's"), (421, "wrong Host"))
_INVALID = (422, "an unknown field, a wrong type, or a value out of range")

Json = dict[str, Any]
T = TypeVar("T")


def document(routes: Sequence[Route]) -> Json:
    """Paths, parameters, bodies, answers and problems, all from the table and its types."""
    schemas, components = _schemas(routes)
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "roadie", "version": _version(), "license": {"name": "GPL-3.0-or-later"}},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "roadie_session_{port}"},
            },
        },
        "security": [{"token": []}, {"session": []}],
    }


def _version() -> str:
    try:
        return version("roadie")
    except PackageNotFoundError:
        return "0"


def _schemas(routes: Iterable[Route]) -> tuple[dict[Any, Json], dict[str, Json]]:
    types = [kind for route in routes for kind in (route.query, route.body, route.answer) if kind is not None]
    unique = list(dict.fromkeys([*types, problems.ProblemView]))
    found, components = msgspec.json.schema_components(unique, ref_template=_REF)
    found, components = _plain(found), _plain(components)
    return dict(zip(unique, found, strict=True)), components


def _plain(schema: T) -> T:
    """As JSON has it: the default of a tuple is an array."""
    return msgspec.json.decode(msgspec.json.encode(schema), type=type(schema))


def _operation(route: Route, schemas: dict[Any, Json], components: dict[str, Json]) -> Json:
    operation: Json = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "tags": [route.tag],
        "responses": _responses(route, schemas),
    }
    note = inspect.getdoc(route.handler)
    if note:
        operation["description"] = note
    parameters = [*_path_parameters(route), *_query_parameters(route, schemas, components)]
    parameters += [
        {
            "name": each.name,
            "in": "header",
            "required": True,
            "schema": {"type": each.type},
            "description": each.meaning,
        }
        for each in route.needs
    ]
    if parameters:
        operation["parameters"] = parameters
    body = _request_body(route, schemas)
    if body:
        operation["requestBody"] = body
    if route.access in (Access.ANYONE, Access.CODE):
        operation["security"] = []
    return operation


def _operation_id(route: Route) -> str:
    words = re.findall(r"[A-Za-z0-9]+", route.path)
    return "_".join([route.method.lower(), *words])


def _path_parameters(route: Route) -> list[Json]:
    names = re.findall(r"\{(\w+)\}", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(route: Route, schemas: dict[Any, Json], components: dict[str, Json]) -> list[Json]:
    if route.query is None:
        return []
    schema = components[schemas[route.query]["$ref"].rpartition("/")[2]]
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": kind}
        for name, kind in schema["properties"].items()
    ]


def _request_body(route: Route, schemas: dict[Any, Json]) -> Json | None:
    if route.takes is Body.MULTIPART:
        file = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
        return _content(Body.MULTIPART.value, file, required=True)
    if route.takes is Body.TUS:
        return _content(Body.TUS.value, {"type": "string", "format": "binary"}, required=True)
    if route.body is not None:
        return _content(Body.JSON.value, schemas[route.body], required=True)
    return None


def _content(media: str, schema: Json, **more: Any) -> Json:
    return {"content": {media: {"schema": schema}}, **more}


def _responses(route: Route, schemas: dict[Any, Json]) -> dict[str, Json]:
    statuses = [] if route.access is Access.ANYONE else [*_COMMON]
    if route.query or route.body:
        statuses.append(_INVALID)
    problem = schemas[problems.ProblemView]
    answers = {
        str(status): {
            "description": meaning,
            **(_content(problems.CONTENT_TYPE, problem) if status >= 400 else {}),
        }
        for status, meaning in (*statuses, *route.also)
    }
    for status, meaning in route.also:
        if status < 300 and route.answer is not None:
            answers[str(status)] = {"description": meaning, **_content(route.media, schemas[route.answer])}
    return {str(route.status): _success(route, schemas), **answers}


def _success(route: Route, schemas: dict[Any, Json]) -> Json:
    description: Json = {"description": HTTPStatus(route.status).phrase}
    if route.gives:
        description["headers"] = {
            each.name: {"description": each.meaning, "schema": {"type": each.type}} for each in route.gives
        }
    if route.status >= 400:
        return {**description, **_content(problems.CONTENT_TYPE, schemas[problems.ProblemView])}
    if route.answer is not None:
        return {**description, **_content(route.media, schemas[route.answer])}
    if route.media != Body.JSON.value:
        return {**description, **_content(route.media, {"type": "string"})}
    return description
