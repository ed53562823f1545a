"""Pulling from a hub that runs here: the real client, real sockets, ranges, damage and dead lines."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from daemon.kernel.errors import Cancelled, Conflict
from daemon.models.catalogue import ModelEntry, ModelFile
from daemon.models.pull import ModelCorrupt, ModelUnreachable, pull
from daemon.models.store import ModelStore

WEIGHTS = bytes(range(256)) * 6000  # 1.5 MB
DEFINITION = b"models: ['sig']\n"
FILES = {"tiny.yaml": DEFINITION, "sig.safetensors": WEIGHTS}
ENTRY = ModelEntry(
    name="tiny",
    engine="demucs",
    task="separate",
    about="for this test",
    licence="none",
    licence_note="none",
    source="someone/Tiny",
    files=(ModelFile("tiny.yaml"), ModelFile("sig.safetensors")),
)


class Hub(ThreadingHTTPServer):
    """Answers as the hub does for one repository. ranges: Range headers seen. cut: send only so many bytes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ranges: list[str | None] = []
        self.cut: int | None = None
        self.damaged = False
        self.url = f"http://127.0.0.1:{self.server_port}"

    def listing(self) -> dict[str, object]:
        sha256 = hashlib.sha256(WEIGHTS).hexdigest()
        blob = hashlib.sha1(b"blob %d\0" % len(DEFINITION) + DEFINITION).hexdigest()
        lfs = {"sha256": sha256, "size": len(WEIGHTS), "pointerSize": 132}
        siblings = [
            {"rfilename": "README.md", "size": 1, "blobId": "0" * 40},
            {"rfilename": "tiny.yaml", "size": len(DEFINITION), "blobId": blob},
            {"rfilename": "sig.safetensors", "size": len(WEIGHTS), "blobId": "1" * 40, "lfs": lfs},
        ]
        return {
            "id": "someone/Tiny",
            "modelId": "someone/Tiny",
            "private": False,
            "tags": [],
            "siblings": siblings,
        }


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        if self.path.startswith("/api/models/someone/Tiny"):
            self._send(200, json.dumps(self.server.listing()).encode(), {"Content-Type": "application/json"})
        elif self.path.startswith("/someone/Tiny/resolve/main/"):
            self._file(FILES[self.path.partition("?")[0].rsplit("/", 1)[1]])
        else:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _file(self, content: bytes) -> None:
        asked = self.headers.get("Range")
        if content is WEIGHTS:
            self.server.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        body = content[start:]
        if self.server.damaged and content is WEIGHTS:
            body = body[:-1] + b"!"
        headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if asked else {}
        self._send(206 if asked else 200, body, headers, self.server.cut if content is WEIGHTS else None)

    def _send(self, status: int, body: bytes, headers: dict[str, str], cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        if cut is not None:
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def quiet(done: int, total: int) -> None:
    pass


def never() -> bool:
    return False


def test_pull_installs_the_files(hub: Hub, store: ModelStore) -> None:
    told: list[tuple[int, int]] = []
    pulled = pull(ENTRY, store, lambda done, total: told.append((done, total)), never, hub.url)
    assert {path.name: path.read_bytes() for path in pulled.path.iterdir() if path.name in FILES} == FILES
    assert pulled == store.installed("tiny") == store.verify("tiny")
    assert told[-1] == (len(WEIGHTS) + len(DEFINITION),) * 2
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert [path.name for path in store.folder.iterdir()] == ["tiny"]
    assert pull(ENTRY, store, quiet, never, "http://127.0.0.1:1") == pulled  # nothing to do, nobody asked


def test_a_cancelled_pull_goes_on_where_it_stopped(hub: Hub, store: ModelStore) -> None:
    here = 0

    def progress(done: int, total: int) -> None:
        nonlocal here
        here = done

    with pytest.raises(Cancelled):
        pull(ENTRY, store, progress, lambda: here > len(WEIGHTS) // 2, hub.url)
    assert store.installed("tiny") is None
    part = store.folder / ".partial-tiny" / "sig.safetensors.part"
    have = part.stat().st_size
    assert 0 < have < len(WEIGHTS)
    pulled = pull(ENTRY, store, quiet, never, hub.url)
    assert (pulled.path / "sig.safetensors").read_bytes() == WEIGHTS
    assert hub.ranges == [None, f"bytes={have}-"]


def test_a_line_that_breaks_goes_on_too(hub: Hub, store: ModelStore) -> None:
    hub.cut = 400_000
    with pytest.raises(ModelUnreachable):
        pull(ENTRY, store, quiet, never, hub.url)
    have = (store.folder / ".partial-tiny" / "sig.safetensors.part").stat().st_size
    assert 0 < have <= 400_000
    hub.cut = None
    assert pull(ENTRY, store, quiet, never, hub.url).size_bytes == len(WEIGHTS) + len(DEFINITION)
    assert hub.ranges[1] == f"bytes={have}-"


def test_damage_is_refused_and_not_kept(hub: Hub, store: ModelStore) -> None:
    hub.damaged = True
    with pytest.raises(ModelCorrupt, match=r"sig\.safetensors"):
        pull(ENTRY, store, quiet, never, hub.url)
    assert store.installed("tiny") is None
    assert not (store.folder / ".partial-tiny" / "sig.safetensors.part").exists()
    hub.damaged = False
    assert pull(ENTRY, store, quiet, never, hub.url).sha256


def test_other_weights_than_the_known_ones_are_not_even_fetched(hub: Hub, store: ModelStore) -> None:
    known = msgspec.structs.replace(ENTRY, files=(ModelFile("sig.safetensors", None, "0" * 64),))
    with pytest.raises(ModelCorrupt, match="another"):
        pull(known, store, quiet, never, hub.url)
    assert hub.ranges == []


def test_without_network_it_says_what_to_do(store: ModelStore) -> None:
    with pytest.raises(ModelUnreachable) as caught:
        pull(ENTRY, store, quiet, never, "http://127.0.0.1:1")
    assert "https://huggingface.co/someone/Tiny" in caught.value.message
    assert "sig.safetensors" in caught.value.message
    assert "roadie models add tiny FOLDER" in caught.value.message


def test_a_repository_or_file_that_is_not_there(hub: Hub, store: ModelStore) -> None:
    with pytest.raises(ModelUnreachable):
        pull(msgspec.structs.replace(ENTRY, source="someone/Else"), store, quiet, never, hub.url)
    with pytest.raises(ModelUnreachable, match=r"gone\.bin"):
        pull(msgspec.structs.replace(ENTRY, files=(ModelFile("gone.bin"),)), store, quiet, never, hub.url)


def test_models_that_are_not_on_the_hub(store: ModelStore) -> None:
    store_entry = store.entry("icassp-2022")
    assert pull(store_entry, store, quiet, never).name == "icassp-2022"  # it is here already
    with pytest.raises(Conflict):
        pull(msgspec.structs.replace(ENTRY, source="your folder"), store, quiet, never)
