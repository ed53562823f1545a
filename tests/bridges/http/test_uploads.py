from __future__ import annotations

import asyncio
import base64
import hashlib
import random
import resource
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from daemon.services.types_library import AssetView
from tests.bridges.http.conftest import TOKEN, Served, bearer, serve
from tests.fakes.services import asset_view

ASSETS = "/api/v1/assets"
UPLOADS = "/api/v1/uploads"
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {"Content-Type": "application/offset+octet-stream"}
SONG = random.Random(7).randbytes(3_000_000)


def spooled(served_settings) -> list[Path]:
    return list(served_settings.spool.glob("*")) if served_settings.spool.exists() else []


async def chunks(data: bytes, size: int = 65536) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def test_a_form_with_a_file_becomes_an_asset(served: Served):
    form = aiohttp.FormData(quote_fields=False)  # names as browsers send them
    form.add_field("file", SONG, filename="mein Lied ä.wav")
    async with served.client.post(served.url(ASSETS), data=form) as answer:
        assert answer.status == 201
        made = await answer.json()
        assert answer.headers["Location"] == f"{ASSETS}/{made['id']}"
    assert made["id"] == hashlib.sha256(SONG).hexdigest()
    assert made["name"] == "mein Lied ä.wav"
    assert await asyncio.to_thread(Path(made["path"]).read_bytes) == SONG


async def test_the_same_content_twice_is_one_asset(served: Served):
    for name in ("a.wav", "b.wav"):
        form = aiohttp.FormData()
        form.add_field("file", SONG, filename=name)
        async with served.client.post(served.url(ASSETS), data=form) as answer:
            assert answer.status == 201
    assert len(served.services.library.assets) == 1


async def test_an_upload_curl_would_send(served: Served, tmp_path: Path):
    file = tmp_path / "song.wav"
    file.write_bytes(SONG)
    command = ["curl", "-sS", "-H", f"Authorization: Bearer {TOKEN}", "-F", f"file=@{file}", served.url(ASSETS)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert hashlib.sha256(SONG).hexdigest().encode() in out


@pytest.mark.skipif(sys.platform == "win32", reason="getrusage is POSIX")
async def test_a_large_form_does_not_pass_through_memory(served: Served):
    size = 300 * 2**20
    block = bytes(2**16)

    async def body() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.wav"\r\n\r\n'
        for _ in range(size // len(block)):
            yield block
        yield b"\r\n--b--\r\n"

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    spool_sizes: list[int] = []

    async def add_upload(path: Path, name: str) -> AssetView:
        spool_sizes.append(path.stat().st_size)  # noqa: ASYNC240 - a fake
        return asset_view("big", path)

    served.services.library.add_upload = add_upload
    async with served.client.post(served.url(ASSETS), data=body(), headers=headers) as answer:
        assert answer.status == 201
    assert spool_sizes == [size]
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 100 * 1024


async def test_a_form_that_breaks_off_leaves_nothing(served: Served, settings):
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    lines = f"POST {ASSETS} HTTP/1.1\r\nHost: {served.host}\r\nAuthorization: Bearer {TOKEN}\r\n"
    lines += "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 10000000\r\n\r\n"
    _, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(lines.encode() + head + SONG[:1_000_000])
    await writer.drain()
    for _ in range(500):
        if spooled(settings):
            break
        await asyncio.sleep(0.01)
    assert spooled(settings), "it never began to arrive"
    writer.close()
    for _ in range(500):
        if not spooled(settings):
            break
        await asyncio.sleep(0.01)
    assert spooled(settings) == []
    assert served.services.library.assets == {}


async def test_a_form_whose_end_is_missing_leaves_nothing(served: Served, settings):
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nabc'
    headers = {"Content-Type": "multipart/form-data; boundary=b", **bearer()}
    answer = await served.request("POST", ASSETS, headers, body)
    assert answer.status == 400
    assert spooled(settings) == []
    assert served.services.library.assets == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n--b--\r\n',
        b"nonsense",
    ],
)
async def test_a_form_without_a_file_is_refused(served: Served, body: bytes, settings):
    headers = {"Content-Type": "multipart/form-data; boundary=b", **bearer()}
    answer = await served.request("POST", ASSETS, headers, body)
    assert answer.status == 400
    assert spooled(settings) == []


async def test_a_file_that_the_library_refuses_leaves_nothing(served: Served, settings):
    form = aiohttp.FormData()
    form.add_field("file", b"", filename="empty.wav")
    async with served.client.post(served.url(ASSETS), data=form) as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (422, "input")
    assert spooled(settings) == []


async def test_a_form_that_is_too_large_is_refused_while_it_arrives(settings):
    async with serve(settings, max_upload_bytes=500_000) as served:
        headers = {"Content-Type": "multipart/form-data; boundary=b"}

        async def body() -> AsyncIterator[bytes]:  # chunked, so its length is not known
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
            async for chunk in chunks(SONG):
                yield chunk
            yield b"\r\n--b--\r\n"

        async with served.client.post(served.url(ASSETS), data=body(), headers=headers) as answer:
            assert (answer.status, (await answer.json(content_type=None))["code"]) == (413, "too_large")
        assert spooled(settings) == []


# ------------------------------------------------------------------ tus


async def create(served: Served, length: int, **headers: str) -> str:
    async with served.client.post(
        served.url(UPLOADS), headers={**TUS, "Upload-Length": str(length), **headers}
    ) as answer:
        assert answer.status == 201
        assert answer.headers["Tus-Resumable"] == "1.0.0"
        return str(answer.headers["Location"])


async def offset(served: Served, where: str) -> int:
    answer = await served.request("HEAD", where, {**TUS, **bearer()})
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    return int(answer.headers["upload-offset"])


async def test_what_is_spoken(served: Served):
    answer = await served.request("OPTIONS", UPLOADS, bearer())
    assert answer.status == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,termination"
    assert int(answer.headers["tus-max-size"]) > 0


async def test_an_upload_in_two_parts(served: Served):
    name = base64.b64encode("Lied ä.wav".encode()).decode()
    where = await create(served, len(SONG), **{"Upload-Metadata": f"filetype YXVkaW8vd2F2,filename {name}"})
    assert await offset(served, where) == 0
    for begin, end in ((0, 1_000_000), (1_000_000, len(SONG))):
        headers = {**TUS, **BYTES, "Upload-Offset": str(begin)}
        async with served.client.patch(served.url(where), data=SONG[begin:end], headers=headers) as answer:
            assert answer.status == 204
            assert answer.headers["Upload-Offset"] == str(end)
            asset = answer.headers.get("Roadie-Asset")
    id = where.rpartition("/")[2]
    assert asset == hashlib.sha256(SONG).hexdigest()
    told = await served.request("HEAD", where, {**TUS, **bearer()})  # as if that answer had been lost
    assert told.headers["roadie-asset"] == asset
    assert bytes(served.services.uploads.data[id]) == SONG
    assert served.services.uploads.names[id] == "Lied ä.wav"


async def test_an_upload_goes_on_after_the_connection_broke(served: Served):
    where = await create(served, len(SONG))
    random_places = random.Random(11)
    while (begin := await offset(served, where)) < len(SONG):
        end = min(len(SONG), begin + random_places.randrange(200_000, 900_000))
        head = {
            **TUS,
            **BYTES,
            **bearer(),
            "Upload-Offset": str(begin),
            "Content-Length": str(len(SONG) - begin),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": served.host, **head}.items())
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(f"PATCH {where} HTTP/1.1\r\n{lines}\r\n".encode() + SONG[begin:end])
        await writer.drain()
        for _ in range(1000):
            if await offset(served, where) >= begin + min(100_000, end - begin):
                break  # some of it has arrived
            await asyncio.sleep(0.01)
        writer.transport.abort()
        await asyncio.sleep(0.05)
    assert bytes(served.services.uploads.data[where.rpartition("/")[2]]) == SONG


async def test_a_part_that_stands_still_is_kept_and_given_up(settings):
    async with serve(settings, body_idle_s=0.2) as served:
        where = await create(served, 10)
        head = {**TUS, **BYTES, **bearer(), "Upload-Offset": "0", "Content-Length": "10", "Connection": "close"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": served.host, **head}.items())
        answer = await served.raw(f"PATCH {where} HTTP/1.1\r\n{lines}\r\n".encode() + b"abc")
        assert (answer.status, answer.json["code"]) == (408, "body_too_slow")
        assert await offset(served, where) == 3


async def test_another_offset_is_a_conflict(served: Served):
    where = await create(served, 10)
    answer = await served.request("PATCH", where, {**TUS, **BYTES, **bearer(), "Upload-Offset": "5"}, b"abcde")
    assert (answer.status, answer.json["code"]) == (409, "offset_mismatch")
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert await offset(served, where) == 0


async def test_more_than_was_announced_is_refused(served: Served):
    where = await create(served, 3)
    answer = await served.request("PATCH", where, {**TUS, **BYTES, **bearer(), "Upload-Offset": "0"}, b"abcde")
    assert answer.status == 413
    assert await offset(served, where) == 0


async def test_another_version_is_refused_and_ours_named(served: Served):
    for given in ({}, {"Tus-Resumable": "0.2.2"}):
        answer = await served.request("POST", UPLOADS, {**given, **bearer(), "Upload-Length": "3"})
        assert (answer.status, answer.json["code"]) == (412, "wrong_tus_version")
        assert answer.headers["tus-version"] == "1.0.0"


@pytest.mark.parametrize("length", ["", "-1", "x", "1e3", "²", "9" * 30])
async def test_a_wrong_length_is_refused(served: Served, length: str):
    answer = await served.request("POST", UPLOADS, {**TUS, **bearer(), "Upload-Length": length})
    assert answer.status == 400


async def test_a_length_unknown_from_the_start_is_refused(served: Served):
    answer = await served.request("POST", UPLOADS, {**TUS, **bearer(), "Upload-Defer-Length": "1"})
    assert answer.status == 400


async def test_an_upload_that_is_too_large_is_refused_at_once(settings):
    async with serve(settings, max_upload_bytes=100) as served:
        answer = await served.request("POST", UPLOADS, {**TUS, **bearer(), "Upload-Length": "101"})
        assert answer.status == 413


async def test_metadata_that_is_no_base64_is_refused(served: Served):
    headers = {**TUS, **bearer(), "Upload-Length": "3", "Upload-Metadata": "filename %%%"}
    assert (await served.request("POST", UPLOADS, headers)).status == 400


async def test_an_upload_that_was_given_up_is_gone(served: Served):
    where = await create(served, 10)
    assert (await served.request("DELETE", where, {**TUS, **bearer()})).status == 204
    for method in ("HEAD", "DELETE"):
        gone = await served.request(method, where, {**TUS, **bearer()})
        assert gone.status == 404
        assert gone.headers["tus-resumable"] == "1.0.0"


async def test_parts_reach_the_service_in_bounded_pieces(served: Served):
    where = await create(served, len(SONG))
    headers = {**TUS, **BYTES, "Upload-Offset": "0"}
    async with served.client.patch(served.url(where), data=SONG, headers=headers) as answer:
        assert answer.status == 204
    assert served.services.uploads.largest_chunk <= 256 * 1024
