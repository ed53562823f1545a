"""A disk that is full in the middle of a file, at its end, and when its tags are written."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from daemon.audio.encoders import Container, EncodedWriter
from daemon.audio.quantise import Depth
from daemon.audio.tags import Tags, write_tags
from daemon.audio.writer import WavWriter
from daemon.kernel.disk import disk_error
from daemon.kernel.errors import DiskError, DiskFull
from tests.audio.material import RATE, noise
from tests.full_disk import fill, mounted, small_disk

PAGE = 4096
FRAMES = 2 * RATE
SOUND = noise(FRAMES)
KINDS: tuple[tuple[Container, Depth], ...] = (
    ("wav", "pcm24"), ("flac", "pcm16"), ("flac", "pcm24"), ("aiff", "float32"), ("mp3", "pcm24"), ("ogg", "pcm24"),
)  # fmt: skip


def write(path: Path, container: Container, depth: Depth) -> Path:
    kind = WavWriter if container == "wav" else EncodedWriter
    more = () if container == "wav" else (container,)
    with kind(path, RATE, 2, *more, depth) as writer:  # type: ignore[arg-type]
        for at in range(0, FRAMES, 20_000):
            writer.write(SOUND[:, at : at + 20_000])
    return path


@pytest.mark.parametrize(("container", "depth"), KINDS)
def test_a_file_that_does_not_fit_is_said_and_nothing_stays(
    tmp_path: Path, container: Container, depth: Depth
) -> None:
    """Wherever the room ends: what an encoder keeps until it is closed counts as well."""
    whole = write(tmp_path / "whole", container, depth)
    pages = -(-whole.stat().st_size // PAGE)
    for room in (1, 2, pages // 2, pages - 4, pages - 3, pages - 2, pages - 1):
        with small_disk(tmp_path / "disk", str(room * PAGE)) as disk:
            with pytest.raises(DiskFull, match="a file"):
                write(disk / "a file", container, depth)
            assert list(disk.iterdir()) == []
    with small_disk(tmp_path / "disk", str(pages * PAGE)) as disk:
        assert write(disk / "a file", container, depth).stat().st_size == whole.stat().st_size


def test_room_that_comes_too_late_makes_no_file_whole(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        ballast = fill(disk)
        with pytest.raises(DiskFull), EncodedWriter(disk / "a.flac", RATE, 2, "flac", "pcm24") as writer:
            writer._sink.write(bytes(100_000))  # more than is buffered
            ballast.unlink()


@pytest.mark.parametrize(("container", "depth"), KINDS)
def test_tags_that_do_not_fit_are_the_disks_fault(tmp_path: Path, container: Container, depth: Depth) -> None:
    with small_disk(tmp_path / "disk", "1500k") as disk:
        path = write(disk / "a file", container, depth)
        fill(disk)
        with pytest.raises(DiskFull, match="a file"):
            write_tags(path, Tags(title="a song", comment="long " * 20_000))


def test_a_disk_that_refuses_tags_for_another_reason(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        path = write(disk / "a.flac", "flac", "pcm16")
        assert mounted("-o", "remount,ro", str(disk))
        with pytest.raises(DiskError, match=r"a\.flac.*Read-only") as caught:
            write_tags(path, Tags(title="a song"))
    assert not isinstance(caught.value, DiskFull)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_used_up_share_is_a_full_disk(number: int) -> None:
    said = disk_error("cannot write", "/x", OSError(number, "no more"))
    assert isinstance(said, DiskFull) and "cannot write" in said.message and "no more" in said.message
