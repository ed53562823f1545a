from __future__ import annotations

import json

import openapi_spec_validator

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


async def test_it_is_served(served: Served):
    status, written = await served.call("GET", "/api/v1/openapi.json")
    assert status == 200
    assert written == json.loads(json.dumps(document(ROUTES)))
