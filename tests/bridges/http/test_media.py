from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridges.http.media import content_type
from tests.bridges.http.conftest import Served, bearer
from tests.fakes.services import asset_view
from tests.ogg_in_wav import wrapped


@pytest.fixture
def song(served: Served, tmp_path: Path) -> str:
    """The audio path of an asset whose bytes are 0, 1, 2 ... repeated."""
    file = tmp_path / "song.bin"
    file.write_bytes(bytes(range(256)) * 40)
    return f"/api/v1/assets/{served.services.library.add(file).id}/audio"


async def test_the_whole_file(served: Served, song: str):
    answer = await served.request("GET", song, bearer())
    assert answer.status == 200
    assert answer.body == bytes(range(256)) * 40
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == "10240"


async def test_a_part_of_it(served: Served, song: str):
    answer = await served.request("GET", song, {"Range": "bytes=250-260", **bearer()})
    assert answer.status == 206
    assert answer.body == bytes([250, 251, 252, 253, 254, 255, 0, 1, 2, 3, 4])
    assert answer.headers["content-range"] == "bytes 250-260/10240"
    assert answer.headers["content-length"] == "11"


async def test_curl_fetches_the_same_bytes_in_parts(served: Served, song: str, tmp_path: Path):
    """Another program's reading of the protocol."""
    login = f"Authorization: {bearer()['Authorization']}"
    command = ["curl", "-sS", "-H", login, "-C", "5000", "-o", str(tmp_path / "rest"), served.url(song)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "rest").read_bytes() == (bytes(range(256)) * 40)[5000:]


async def test_a_part_beyond_the_end(served: Served, song: str):
    answer = await served.request("GET", song, {"Range": "bytes=10240-", **bearer()})
    assert answer.status == 416
    assert answer.headers["content-range"] == "bytes */10240"
    assert answer.json["code"] == "no_such_range"


async def test_head_says_the_same_without_the_bytes(served: Served, song: str):
    whole = await served.request("HEAD", song, bearer())
    assert (whole.status, whole.headers["content-length"], whole.body) == (200, "10240", b"")
    part = await served.request("HEAD", song, {"Range": "bytes=0-9", **bearer()})
    assert (part.status, part.headers["content-length"], part.body) == (206, "10", b"")


async def test_an_unchanged_file_is_not_sent_again(served: Served, song: str):
    etag = (await served.request("GET", song, bearer())).headers["etag"]
    again = await served.request("GET", song, {"If-None-Match": etag, **bearer()})
    assert (again.status, again.body) == (304, b"")
    assert (await served.request("GET", song, {"If-None-Match": '"other"', **bearer()})).status == 200
    assert (await served.request("GET", song, {"If-Match": '"other"', **bearer()})).status == 412


async def test_a_part_is_only_joined_to_the_same_bytes(served: Served, song: str, tmp_path: Path):
    etag = (await served.request("GET", song, bearer())).headers["etag"]
    part = {"Range": "bytes=0-9", "If-Range": etag, **bearer()}
    assert (await served.request("GET", song, part)).status == 206
    # Tags written into a file move its bytes and leave the asset what it is.
    (tmp_path / "song.bin").write_bytes(b"tagged" + bytes(range(256)) * 40)
    answer = await served.request("GET", song, part)
    assert (answer.status, len(answer.body)) == (200, 10246)


async def test_a_compressed_neighbour_is_not_sent_instead(served: Served, song: str, tmp_path: Path):
    (tmp_path / "song.bin.gz").write_bytes(b"something else")
    answer = await served.request("GET", song, {"Accept-Encoding": "gzip", **bearer()})
    assert len(answer.body) == 10240


async def test_a_file_that_has_gone_is_named(served: Served, song: str, tmp_path: Path):
    (tmp_path / "song.bin").unlink()
    answer = await served.request("GET", song, bearer())
    assert (answer.status, answer.json["code"]) == (404, "file_missing")


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes are POSIX")
async def test_what_is_no_file_is_refused_at_once(served: Served, tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        served.services.library.assets["x"] = asset_view("x", path)
        answer = await served.request("GET", "/api/v1/assets/x/audio", bearer())
        assert (answer.status, answer.json["code"]) == (404, "not_found")


async def test_content_decides_the_type(served: Served, tmp_path: Path):
    file = tmp_path / "page.html"
    file.write_bytes(b"<script>alert(1)</script>")
    asset = served.services.library.add(file)
    answer = await served.request("GET", f"/api/v1/assets/{asset.id}/audio", bearer())
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_of_a_wav_with_an_ogg_stream_the_stream_is_sent(served: Served, tmp_path: Path):
    """Browsers play the one and not the other."""
    stream = tmp_path / "tone.ogg"
    await asyncio.to_thread(
        subprocess.run, ["sox", "-n", str(stream), "synth", "0.5", "sine", "440"], check=True
    )
    wav = wrapped(stream.read_bytes(), tmp_path / "tone.wav", b"LIST" + bytes([4, 0, 0, 0]) + b"INFO")
    path = f"/api/v1/assets/{served.services.library.add(wav).id}/audio"
    answer = await served.request("GET", path, bearer())
    assert answer.body == stream.read_bytes() and answer.headers["content-type"] == "audio/ogg"
    part = await served.request("GET", path, {"Range": "bytes=100-199", **bearer()})
    assert part.body == stream.read_bytes()[100:200]


SOX = {"wav": "audio/wav", "aiff": "audio/aiff", "flac": "audio/flac", "ogg": "audio/ogg"}


@pytest.mark.parametrize(("kind", "expected"), SOX.items())
def test_types_of_files_that_sox_writes(tmp_path: Path, kind: str, expected: str):
    file = tmp_path / f"tone.{kind}"
    done = subprocess.run(
        ["sox", "-n", str(file), "synth", "0.1", "sine", "440"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert content_type(file.read_bytes()[:16]) == expected


FFMPEG = {"m4a": "audio/mp4", "adts": "audio/aac", "mp3": "audio/mpeg", "webm": "audio/webm"}


@pytest.mark.parametrize(("kind", "expected"), FFMPEG.items())
@pytest.mark.parametrize("tagged", [False, True])
def test_types_of_files_that_ffmpeg_writes(tmp_path: Path, kind: str, expected: str, tagged: bool):
    file = tmp_path / f"tone.{kind}"
    tag = ["-metadata", "title=x"] if tagged else ["-id3v2_version", "0"] if kind == "mp3" else []
    tone = ["-f", "lavfi", "-i", "sine=440:duration=0.2", *tag]
    done = subprocess.run(["ffmpeg", "-v", "error", *tone, str(file)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert content_type(file.read_bytes()[:16]) == expected


def test_nothing_is_known_of_an_empty_file():
    assert content_type(b"") == "application/octet-stream"
