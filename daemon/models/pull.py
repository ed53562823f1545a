"""Downloading weights from the Hugging Face hub: by name, resumed, checked, stopped when nobody wants them.

Blocking; for a thread or a worker. huggingface_hub is imported by the first pull, not before.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.kernel.errors import Cancelled, Conflict, DiskFull, RoadieError
from daemon.models.catalogue import ModelEntry, ModelFile
from daemon.models.intake import disk_errors
from daemon.models.manifest import sha256_of
from daemon.models.store import Installed, ModelStore

OnProgress = Callable[[int, int], None]
"""Called with (bytes here, bytes in all)."""

_BLOCK_BYTES = 1 << 18
_TIMEOUT_S = 30.0


class ModelUnreachable(RoadieError):
    """The hub cannot be reached, or does not have the model."""

    code = "model_unreachable"


class ModelCorrupt(RoadieError):
    """What the hub has, or sent, is not what was expected."""

    code = "model_corrupt"


@dataclass(frozen=True)
class Remote:
    """A file as the hub lists it. git_sha1: of the git blob, for small files that the hub gives no sha256 of."""

    name: str
    size_bytes: int
    sha256: str
    git_sha1: str


def pull(
    entry: ModelEntry,
    store: ModelStore,
    on_progress: OnProgress,
    cancelled: Callable[[], bool],
    endpoint: str | None = None,
) -> Installed:
    """Download a model's files and install them; at once when they are here already.

    What came is kept when it stops, and the next pull goes on from there. endpoint: another hub (HF_ENDPOINT).
    Raises Cancelled, ModelUnreachable (which says how to do it by hand), ModelCorrupt, DiskFull, DiskError, and
    Conflict for a model that nothing has to be downloaded for.
    """
    if (found := store.installed(entry.name)) is not None:
        return found
    if entry.bundled or "/" not in entry.source:
        raise Conflict(f"the model {entry.name} is not on the hub; its files came from {entry.source}")
    hub = _Hub(entry, endpoint)
    remotes = hub.listing()
    folder = store.folder / f".partial-{entry.name}"
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    meter = _Meter(sum(remote.size_bytes for remote in remotes), on_progress, cancelled)
    _check_space(folder, remotes)
    for remote in remotes:
        _fetch(hub, remote, folder, meter)
    return store.install(entry.name, folder, engine=entry.engine, task=entry.task, source=f"{hub.page} (main)")


class _Meter:
    """Progress over all files, and the question whether to go on."""

    def __init__(self, total: int, on_progress: OnProgress, cancelled: Callable[[], bool]) -> None:
        self._total, self._on_progress, self._cancelled = total, on_progress, cancelled
        self._done = 0

    def add(self, count: int) -> None:
        if self._cancelled():
            raise Cancelled("the download was cancelled", hint="A new pull goes on where this one stopped")
        self._done += count
        self._on_progress(self._done, self._total)


class _Hub:
    """One repository on the hub."""

    def __init__(self, entry: ModelEntry, endpoint: str | None) -> None:
        from huggingface_hub import HfApi  # noqa: PLC0415 - costs the daemon memory that few need
        from huggingface_hub.errors import HTTPError  # noqa: PLC0415

        self._entry = entry
        self._api = HfApi(endpoint=endpoint)
        self._failures: tuple[type[Exception], ...] = (HTTPError, OSError)
        self.page = f"https://huggingface.co/{entry.source}"

    def listing(self) -> list[Remote]:
        """The entry's files with their sizes and checksums, as the hub has them now."""
        try:
            info = self._api.model_info(self._entry.source, files_metadata=True, timeout=_TIMEOUT_S)
        except self._failures as error:
            raise self.unreachable(error) from error
        there = {sibling.rfilename: sibling for sibling in info.siblings or []}
        missing = [file.name for file in self._entry.files if file.name not in there]
        if missing:
            raise self.unreachable(f"the repository does not have {', '.join(missing)}")
        return [self._remote(file, there[file.name]) for file in self._entry.files]

    def _remote(self, file: ModelFile, sibling: Any) -> Remote:
        told = sibling.lfs.sha256 if sibling.lfs else ""
        if told and file.sha256 and told != file.sha256:
            raise ModelCorrupt(
                f"the hub has another {file.name} than the one roadie knows",
                where=self.page,
                why=f"sha256 {told[:12]}, expected {file.sha256[:12]}",
                hint="Look at what changed there before adding it by hand with `roadie models add`",
            )
        return Remote(file.name, int(sibling.size), file.sha256 or told, sibling.blob_id or "")

    def download(self, remote: Remote, start: int, into: Callable[[bytes], None]) -> None:
        """Bytes of a file from `start` on. Raises ModelUnreachable."""
        from huggingface_hub import get_session, hf_hub_url  # noqa: PLC0415

        url = hf_hub_url(self._entry.source, remote.name, endpoint=self._api.endpoint)
        headers = {"Range": f"bytes={start}-"} if start else {}
        try:
            with get_session().stream(
                "GET", url, headers=headers, follow_redirects=True, timeout=_TIMEOUT_S
            ) as response:
                response.raise_for_status()
                if start and response.status_code != 206:
                    raise self.unreachable("the server does not resume downloads; pull again from the start")
                for block in response.iter_bytes(_BLOCK_BYTES):
                    into(block)
        except self._failures as error:
            raise self.unreachable(error) from error

    def unreachable(self, why: object) -> ModelUnreachable:
        names = ", ".join(file.name for file in self._entry.files)
        return ModelUnreachable(
            f"the model {self._entry.name} could not be downloaded",
            where=self.page,
            why=why,
            hint=f"Without network here: get {names} from {self.page}/tree/main on another machine, put them "
            f"into one folder and run `roadie models add {self._entry.name} FOLDER`",
        )


def _check_space(folder: Path, remotes: list[Remote]) -> None:
    here = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    needed = sum(remote.size_bytes for remote in remotes) - here
    with disk_errors(folder):
        free = shutil.disk_usage(folder).free
    if free < needed:
        raise DiskFull(
            f"{needed / 1e6:.0f} MB are needed and {free / 1e6:.0f} MB are free", where=folder, hint="Make room"
        )


def _fetch(hub: _Hub, remote: Remote, folder: Path, meter: _Meter) -> None:
    """Download one file, or what is missing of it, into `folder`, under its own name once it is checked."""
    target = folder / remote.name
    part = target.with_name(f"{target.name}.part")
    with disk_errors(folder):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            meter.add(target.stat().st_size)
            return
        have = part.stat().st_size if part.exists() else 0
        if have > remote.size_bytes:
            part.unlink()
            have = 0
        meter.add(have)
    if have < remote.size_bytes or remote.size_bytes == 0:
        _append(hub, remote, part, have, meter)
    _check(hub, remote, part)
    with disk_errors(folder):
        part.rename(target)


def _append(hub: _Hub, remote: Remote, part: Path, have: int, meter: _Meter) -> None:
    with disk_errors(part):
        file = part.open("ab")

    def into(block: bytes) -> None:
        with disk_errors(part):
            file.write(block)
        meter.add(len(block))

    with file:
        hub.download(remote, have, into)


def _check(hub: _Hub, remote: Remote, part: Path) -> None:
    """Compare size and checksum; what is wrong is deleted, so that the next pull starts it anew."""
    size = part.stat().st_size
    if size < remote.size_bytes:
        raise hub.unreachable(f"{remote.name} ended after {size} of {remote.size_bytes} bytes")
    if remote.sha256:
        good = sha256_of(part) == remote.sha256
    else:
        good = bool(remote.git_sha1) and _git_sha1(part) == remote.git_sha1
    if not good or size != remote.size_bytes:
        part.unlink()
        raise ModelCorrupt(
            f"{remote.name} arrived damaged: its checksum is not the one expected",
            where=hub.page,
            hint="Pull again; should it happen twice, something on the way changes the file",
        )


def _git_sha1(path: Path) -> str:
    """The name git gives a file's content: sha1 over "blob SIZE NUL" and the content."""
    content = path.read_bytes()  # small: git's own files, not the weights
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
