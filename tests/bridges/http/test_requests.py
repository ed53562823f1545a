"""Decoding, encoding, errors."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from daemon.kernel.errors import DiskError, DiskFull, ErrorInfo, StepFailed
from daemon.services.types_jobs import JobRequest
from tests.bridges.http.conftest import Served, bearer, serve

JOBS = "/api/v1/jobs"
JSON = {"Content-Type": "application/json"}
JOB = {"recipe": "stems", "inputs": [{"path": "/music/a.wav", "region": {"start_s": 1.5}}]}


async def test_a_job_is_acknowledged_and_says_where_to_follow_it(served: Served):
    async with served.client.post(served.url(JOBS), json=JOB) as answer:
        assert answer.status == 202
        assert await answer.json() == {"id": "job1", "state": "preparing"}
        assert answer.headers["Location"] == f"{JOBS}/job1"
    request, client = served.services.jobs.requests["job1"]
    assert isinstance(request, JobRequest)
    assert request.inputs[0].region is not None
    assert request.inputs[0].region.start_s == 1.5
    assert client == "http"


async def test_a_repeated_key_answers_200_with_the_same_job_and_409_with_another_body(served: Served):
    keyed = {**JOB, "idempotency_key": "k"}
    assert await served.call("POST", JOBS, json=keyed) == (202, {"id": "job1", "state": "preparing"})
    assert await served.call("POST", JOBS, json=keyed) == (200, {"id": "job1", "state": "preparing"})
    status, problem = await served.call("POST", JOBS, json={**keyed, "recipe": "midi"})
    assert (status, problem["code"]) == (409, "conflict")


async def test_keys_belong_to_the_client_that_names_itself(served: Served):
    keyed = {**JOB, "idempotency_key": "k"}
    await served.call("POST", JOBS, json=keyed)
    status, _ = await served.call("POST", JOBS, json=keyed, headers={"Roadie-Client": "reaper"})
    assert status == 202
    assert [client for _, client in served.services.jobs.requests.values()] == ["http", "reaper"]


async def test_lists_come_in_pages(served: Served):
    for _ in range(3):
        await served.call("POST", JOBS, json=JOB)
    _, first = await served.call("GET", f"{JOBS}?limit=2")
    assert [job["id"] for job in first["items"]] == ["job1", "job2"]
    _, second = await served.call("GET", f"{JOBS}?limit=2&cursor={first['next_cursor']}")
    assert [job["id"] for job in second["items"]] == ["job3"]
    assert second["next_cursor"] is None


async def test_what_can_be_done_to_a_job(served: Served):
    await served.call("POST", JOBS, json=JOB)
    assert await served.call("POST", f"{JOBS}/job1/cancel") == (200, {"id": "job1", "state": "cancelled"})
    assert await served.call("POST", f"{JOBS}/job1/retry", json={}) == (202, {"id": "job1", "state": "queued"})
    status, undone = await served.call("POST", f"{JOBS}/job1/undo")
    assert (status, undone["removed"]) == (200, ["/music/a.wav"])


async def test_the_query_reaches_the_library_under_its_own_names(served: Served):
    query = "q=warm+kick&class=kick&bpm_min=118&bpm_max=124.5&descending=1&sort=bpm&limit=10"
    status, _ = await served.call("GET", f"/api/v1/assets?{query}")
    assert status == 200
    asked = served.services.library.queries[0]
    assert (asked.text, asked.label, asked.bpm_min, asked.bpm_max) == ("warm kick", "kick", 118.0, 124.5)
    assert (asked.descending, asked.sort, asked.limit) == (True, "bpm", 10)


@pytest.mark.parametrize(
    ("query", "where"),
    [("limit=0", "limit"), ("limit=x", "limit"), ("bpm_min=nan", "bpm_min"), ("bpm_min=inf", "bpm_min"),
     ("sort=loud", "sort"), ("q=a&q=b", "q")],
)  # fmt: skip
async def test_a_wrong_parameter_is_named(served: Served, query: str, where: str):
    status, problem = await served.call("GET", f"/api/v1/assets?{query}")
    assert (status, problem["code"]) == (422, "invalid")
    assert problem["where"] == f"query parameter {where}"


@pytest.mark.parametrize(
    ("body", "status", "code", "where"),
    [
        (b"{", 400, "bad_json", None),
        (b"\xff\xfe", 400, "bad_json", None),
        (b'{"recipe": "\xff"}', 400, "bad_json", None),
        (b"[]", 422, "invalid", "body"),
        (b"{}", 422, "invalid", "body"),
        (b'{"recipe": "stems", "inputs": []}', 422, "invalid", "inputs"),
        (b'{"recipe": "stems", "inputs": [{"path": 1}]}', 422, "invalid", "inputs[0].path"),
        (b'{"recipe": "stems", "inputs": [{"file": "a"}]}', 422, "invalid", "inputs[0]"),
        (
            b'{"recipe": "stems", "inputs": [{"region": {"start_s": -1}}]}',
            422,
            "invalid",
            "inputs[0].region.start_s",
        ),
        (b'{"recipe": "stems", "inputs": [{"region": {"start_s": NaN}}]}', 400, "bad_json", None),
    ],
)
async def test_a_wrong_body_is_named(served: Served, body: bytes, status: int, code: str, where: str | None):
    answer = await served.request("POST", JOBS, {**JSON, **bearer()}, body)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.json.get("where") == where
    assert served.services.jobs.requests == {}


async def test_a_body_nested_beyond_all_measure_is_refused(served: Served):
    body = b'{"recipe": "stems", "params": {"a": {"b": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}}"
    answer = await served.request("POST", JOBS, {**JSON, **bearer()}, body)
    assert answer.status in (400, 422)


async def test_a_body_that_is_too_large_is_refused_with_or_without_its_length(settings):
    async with serve(settings, max_json_bytes=1000) as served:
        body = json.dumps({**JOB, "recipe": "x" * 2000}).encode()
        told = await served.request("POST", JOBS, {**JSON, **bearer()}, body)
        assert (told.status, told.json["code"]) == (413, "too_large")
        chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        headers = {**JSON, **bearer(), "Transfer-Encoding": "chunked", "Content-Length": ""}
        del headers["Content-Length"]
        lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": served.host, **headers}.items())
        untold = await served.raw(
            f"POST {JOBS} HTTP/1.1\r\nConnection: close\r\n{lines}\r\n".encode() + chunked
        )
        assert (untold.status, untold.json["code"]) == (413, "too_large")


async def test_a_compressed_body_is_refused(served: Served):
    headers = {**JSON, **bearer(), "Content-Encoding": "gzip"}
    answer = await served.request("POST", JOBS, headers, b"\x1f\x8b")
    assert (answer.status, answer.json["code"]) == (415, "wrong_content_type")


async def test_a_json_body_without_a_content_type_is_refused(served: Served):
    answer = await served.request("POST", JOBS, bearer(), json.dumps(JOB).encode())
    assert answer.status == 415


async def test_a_charset_after_the_content_type_is_fine(served: Served):
    headers = {"Content-Type": "application/json; charset=utf-8", **bearer()}
    assert (await served.request("POST", JOBS, headers, json.dumps(JOB).encode())).status == 202


async def test_a_body_that_stands_still_is_given_up_and_others_are_served_meanwhile(settings):
    async with serve(settings, body_idle_s=0.3) as served:
        lines = f"POST {JOBS} HTTP/1.1\r\nHost: {served.host}\r\nAuthorization: Bearer {settings.token}\r\n"
        head = lines + "Content-Type: application/json\r\nContent-Length: 100\r\nConnection: close\r\n\r\n"
        slow = asyncio.create_task(served.raw(head.encode() + b'{"rec'))
        assert (await served.call("GET", "/health"))[0] == 200
        answer = await slow
        assert (answer.status, answer.json["code"]) == (408, "body_too_slow")


async def test_a_wrong_method_names_the_right_ones(served: Served):
    answer = await served.request("PUT", JOBS, bearer())
    assert (answer.status, answer.json["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


async def test_head_is_get_without_a_body(served: Served):
    answer = await served.request("HEAD", JOBS, bearer())
    assert (answer.status, answer.body) == (200, b"")


async def test_a_foreseen_error_keeps_its_words(served: Served):
    status, problem = await served.call("GET", f"{JOBS}/none")
    assert status == 404
    assert problem == {
        "type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found",
        "detail": "none: no such job", "where": "none",
    }  # fmt: skip


async def test_an_unforeseen_error_is_logged_and_not_told(served: Served, caplog: pytest.LogCaptureFixture):
    served.services.library.peaks_error = ZeroDivisionError("secret detail")
    with caplog.at_level(logging.ERROR):
        answer = await served.request("GET", "/api/v1/assets/a/peaks", bearer())
    assert (answer.status, answer.json["code"]) == (500, "internal")
    assert b"secret" not in answer.body
    assert b"Traceback" not in answer.body
    assert answer.json["instance"] in caplog.text
    assert "secret detail" in caplog.text


UNREADABLE, OWN = ErrorInfo("unreadable_audio", "a.wav: no audio"), ErrorInfo("internal", "a line failed")


@pytest.mark.parametrize(("said", "status"), [(UNREADABLE, 422), (OWN, 500)])
async def test_what_a_worker_said_has_the_status_of_that(served: Served, said: ErrorInfo, status: int):
    served.services.library.peaks_error = StepFailed(said)
    answer = await served.request("GET", "/api/v1/assets/a/peaks", bearer())
    assert (answer.status, answer.json["code"], answer.json["detail"]) == (status, said.code, said.message)


@pytest.mark.parametrize(("error", "status"), [(DiskFull("no room"), 507), (DiskError("gone"), 500)])
async def test_errors_of_the_disk(served: Served, error: Exception, status: int):
    served.services.library.peaks_error = error
    answer = await served.request("GET", "/api/v1/assets/a/peaks", bearer())
    assert (answer.status, answer.json["code"]) == (status, error.code)


async def test_deleting_says_whether_the_file_goes_too(served: Served, tmp_path):
    song = tmp_path / "a.wav"
    song.write_bytes(b"x")
    for flag, expected in (("", False), ("?file=1", True), ("?file=0", False)):
        asset = served.services.library.add(song)
        assert await served.call("DELETE", f"/api/v1/assets/{asset.id}{flag}") == (204, None)
        assert served.services.library.deleted[-1] == (asset.id, expected)


async def test_a_name_with_a_slash_is_one_part_of_a_path(served: Served):
    status, _ = await served.call("POST", "/api/v1/models/org%2Fname/pull")
    assert status == 202
    assert served.services.models.pulled == ["org/name"]


async def test_collections_from_beginning_to_end(served: Served):
    status, made = await served.call("POST", "/api/v1/collections", json={"name": "Kit", "assets": ["a"]})
    assert (status, made["name"]) == (201, "Kit")
    where = f"/api/v1/collections/{made['id']}"
    _, changed = await served.call("PATCH", where, json={"add": ["b"], "remove": ["a"]})
    assert changed["assets"] == ["b"]
    assert await served.call("DELETE", where) == (204, None)
    assert (await served.call("GET", where))[0] == 404


async def test_adding_a_model_needs_an_absolute_path(served: Served):
    status, problem = await served.call("POST", "/api/v1/models", json={"name": "m", "path": "weights"})
    assert (status, problem["where"]) == (422, "path")


@pytest.mark.parametrize(
    ("data", "statuses"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", (400,)),  # a TLS hello
        (b"NONSENSE\r\n\r\n", (400,)),
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", (400,)),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", (400, 431)),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", (400, 431)),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", (400,)),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", (400,)),
    ],
)
async def test_malformed_requests_get_a_problem_and_hurt_nobody(
    served: Served, data: bytes, statuses: tuple[int]
):
    answer = await served.raw(data)
    assert answer.status in statuses
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json["status"] == answer.status
    assert (await served.call("GET", "/health"))[0] == 200
