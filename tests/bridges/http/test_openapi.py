from __future__ import annotations

import json

import openapi_spec_validator
import pytest

from bridges.http.openapi import document
from bridges.http.routes import ROUTES
from tests.bridges.http.conftest import Served


def test_the_document_is_openapi_3_1():
    openapi_spec_validator.validate(document(ROUTES))


def test_every_row_of_the_table_is_an_operation_with_an_id_of_its_own():
    paths = document(ROUTES)["paths"]
    operations = {(method.upper(), path) for path, item in paths.items() for method in item}
    assert operations == {(route.method, route.path) for route in ROUTES}
    ids = [operation["operationId"] for item in paths.values() for operation in item.values()]
    assert len(set(ids)) == len(ids)


def test_types_carry_their_limits_and_names_of_the_wire():
    written = document(ROUTES)
    assets = written["paths"]["/api/v1/assets"]["get"]
    limit = next(parameter for parameter in assets["parameters"] if parameter["name"] == "limit")
    assert (limit["in"], limit["required"]) == ("query", False)
    assert (limit["schema"]["minimum"], limit["schema"]["maximum"]) == (1, 1000)
    assert {"q", "class"} <= {parameter["name"] for parameter in assets["parameters"]}
    job = written["components"]["schemas"]["JobRequest"]
    assert job["additionalProperties"] is False
    assert set(job["required"]) == {"recipe", "inputs"}


def test_only_health_and_the_way_in_are_open():
    paths = document(ROUTES)["paths"]
    unlocked = {
        path for path, item in paths.items() for operation in item.values() if operation.get("security") == []
    }
    assert unlocked == {"/health", "/api/v1/health", "/api/v1/session", "/open"}


def test_uploads_say_which_headers_they_need_and_give():
    """As tus 1.0.0 has them: section "Core protocol" and "Creation"."""
    paths = document(ROUTES)["paths"]
    needed = {
        (method, header["name"])
        for path, item in paths.items() if "/uploads" in path
        for method, operation in item.items()
        for header in operation.get("parameters", ()) if header["in"] == "header" and header["required"]
    }  # fmt: skip
    assert needed == {
        ("post", "Upload-Length"), ("patch", "Upload-Offset"),
        *((method, "Tus-Resumable") for method in ("post", "head", "patch", "delete")),
    }  # fmt: skip
    assert "Location" in paths["/api/v1/uploads"]["post"]["responses"]["201"]["headers"]
    upload = paths["/api/v1/uploads/{id}"]
    assert {"Upload-Offset", "Upload-Length"} <= set(upload["head"]["responses"]["200"]["headers"])
    assert "Upload-Offset" in upload["patch"]["responses"]["204"]["headers"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("post", "/api/v1/jobs", "404"), ("post", "/api/v1/collections", "409"),
        ("delete", "/api/v1/models/{name}", "409"),
    ],
)  # fmt: skip
def test_refusals_are_declared(method: str, path: str, status: str):
    answer = document(ROUTES)["paths"][path][method]["responses"][status]
    assert "application/problem+json" in answer["content"]


async def test_it_is_served(served: Served):
    status, written = await served.call("GET", "/api/v1/openapi.json")
    assert status == 200
    assert written == json.loads(json.dumps(document(ROUTES)))
