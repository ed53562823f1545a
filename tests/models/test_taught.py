from __future__ import annotations

import hashlib
from pathlib import Path

from daemon.models.taught import forget, keep, taught


def test_what_was_taught_last_is_what_there_is(tmp_path: Path) -> None:
    models, made = tmp_path / "models", tmp_path / "made.npz"
    assert taught(models) is None and not forget(models)
    for content in (b"first", b"second"):
        made.write_bytes(content)
        kept = keep(models, made)
        assert kept.sha256 == hashlib.sha256(content).hexdigest()
        assert taught(models) == kept and kept.path.read_bytes() == content
    assert len(list((models / "taught").iterdir())) == 1
    assert forget(models) and taught(models) is None


def test_taught_again_it_is_the_same(tmp_path: Path) -> None:
    made = tmp_path / "made.npz"
    made.write_bytes(b"same")
    assert keep(tmp_path, made) == keep(tmp_path, made) == taught(tmp_path)
