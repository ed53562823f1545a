"""The weight store: what is listed, what counts as installed, and what happens to files that change."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from daemon.kernel.errors import BadParameter, Conflict, FileMissing, Forbidden, NotFound, NotInstalled
from daemon.models.store import ModelDamaged, ModelStore


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "sig.safetensors").write_bytes(b"weights" * 1000)
    (folder / "mine.yaml").write_text("models: ['sig']\n")
    (folder / "README.md").write_text("not part of it")
    return folder


def test_catalogue_agrees_with_demucs_and_faster_whisper(store: ModelStore) -> None:
    import demucs
    import faster_whisper.utils as whisper
    from demucs.hf import DEFAULT_NAMESPACE, hf_repo_name

    remote = Path(str(demucs.__file__)).parent / "remote"
    for entry in store.entries():
        if entry.engine == "demucs":
            bag = yaml.safe_load((remote / f"{entry.name}.yaml").read_text())
            assert entry.source == f"{DEFAULT_NAMESPACE}/{hf_repo_name(entry.name)}"
            files = [f"{entry.name}.yaml", *(f"{signature}.safetensors" for signature in bag["models"])]
            assert [file.name for file in entry.files] == files
        if entry.engine == "whisper":
            assert entry.source == whisper._MODELS[entry.name]
    names = [entry.name for entry in store.entries()]
    assert len(set(names)) == len(names)
    assert {
        "htdemucs",
        "htdemucs_ft",
        "htdemucs_6s",
        "hdemucs_mmi",
        "mdx",
        "mdx_extra",
        "mdx_q",
        "mdx_extra_q",
    } <= set(names)


def test_every_entry_says_what_it_is(store: ModelStore) -> None:
    for entry in store.entries():
        assert entry.about
        assert entry.licence
        assert entry.licence_note
        assert all(len(file.sha256) in (0, 64) for file in entry.files)
        known = [file.size_bytes for file in entry.files if file.size_bytes]
        assert entry.size_bytes is None or entry.size_bytes >= sum(known)


def test_nothing_is_installed_at_first(store: ModelStore) -> None:
    assert store.installed("htdemucs") is None
    assert store.best("demucs") is None
    with pytest.raises(NotInstalled, match=r"roadie models pull htdemucs.*84 MB.*licence"):
        store.require("htdemucs")
    with pytest.raises(NotFound, match="htdemucs"):
        store.require("no-such-model")
    assert not store.folder.exists()


def test_bundled_model_is_the_packages_file(store: ModelStore) -> None:
    import basic_pitch

    found = store.require("icassp-2022")
    assert found.path == Path(str(basic_pitch.__file__)).parent / "saved_models/icassp_2022/nmp.onnx"
    assert store.best("basic_pitch") == found
    assert store.entry("icassp-2022").bundled
    with pytest.raises(Conflict, match="basic_pitch"):
        store.remove("icassp-2022")
    with pytest.raises(Conflict, match="basic_pitch"):
        store.add("icassp-2022", found.path)


def test_add_list_verify_remove(store: ModelStore, weights: Path) -> None:
    added = store.add("mine", weights)
    assert added == store.installed("mine") == store.verify("mine")
    assert (added.engine, added.trusted, added.size_bytes) == ("demucs", False, 7000 + 16)
    assert sorted(path.name for path in added.path.iterdir()) == [
        "manifest.json",
        "mine.yaml",
        "sig.safetensors",
    ]
    entry = store.entry("mine")
    assert (entry.engine, entry.source) == ("demucs", str(weights))
    lines = sorted(
        f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        for path in weights.iterdir()
        if path.name != "README.md"
    )
    assert added.sha256 == hashlib.sha256("".join(lines).encode()).hexdigest()
    store.remove("mine")
    assert store.installed("mine") is None
    assert list(store.folder.iterdir()) == []
    with pytest.raises(NotFound):
        store.remove("mine")


def test_same_files_same_hash_other_files_another(store: ModelStore, weights: Path) -> None:
    first = store.add("one", weights).sha256
    assert store.add("two", weights).sha256 == first
    (weights / "sig.safetensors").write_bytes(b"other")
    assert store.add("three", weights).sha256 != first


def test_best_is_the_highest_rank(store: ModelStore, weights: Path) -> None:
    for name in ("mine", "htdemucs_6s", "htdemucs", "mdx"):
        store.add(name, weights)
    best = store.best("demucs")
    assert best is not None
    assert best.name == "htdemucs"
    assert store.best("whisper") is None


def test_a_file_that_changes_is_noticed(store: ModelStore, weights: Path) -> None:
    path = store.add("htdemucs", weights).path / "sig.safetensors"
    os.utime(path, ns=(1, 1))
    assert store.installed("htdemucs") is not None  # another time, the same content
    recorded = json.loads((path.parent / "manifest.json").read_text())["files"]
    assert {file["name"]: file["mtime_ns"] for file in recorded}["sig.safetensors"] == 1
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    assert store.installed("htdemucs") is None
    assert store.best("demucs") is None
    with pytest.raises(ModelDamaged, match=r"sig\.safetensors"):
        store.verify("htdemucs")
    with pytest.raises(NotInstalled, match="roadie models remove htdemucs"):
        store.require("htdemucs")
    path.unlink()
    assert store.installed("htdemucs") is None


def test_verify_reads_every_byte(store: ModelStore, weights: Path) -> None:
    path = store.add("mine", weights).path / "sig.safetensors"
    before = path.stat()
    path.write_bytes(b"WEIGHTS" * 1000)  # same size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert store.installed("mine") is not None  # size and time say nothing
    with pytest.raises(ModelDamaged):
        store.verify("mine")


def test_links_to_files_are_followed(store: ModelStore, weights: Path, tmp_path: Path) -> None:
    """As in the snapshot of a Hugging Face cache, whose files are links to others with names that say nothing."""
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "0a1b"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    for number, file in enumerate(sorted(weights.iterdir())):
        blob = file.rename(blobs / f"blob{number}")
        (snapshot / file.name).symlink_to(blob)
    (snapshot / "gone.bin").symlink_to(blobs / "nothing")
    path = store.add("mine", snapshot).path
    kept = {each for each in path.iterdir() if each.name != "manifest.json"}
    assert {each.name for each in kept} == {"sig.safetensors", "mine.yaml"}
    assert not any(each.is_symlink() for each in kept)


def test_a_pickle_is_refused_until_it_is_trusted(store: ModelStore, tmp_path: Path) -> None:
    checkpoint = tmp_path / "mine.th"
    checkpoint.write_bytes(b"\x80\x02.")
    with pytest.raises(Forbidden, match=r"roadie models add mine .*mine\.th --trusted`"):
        store.add("mine", checkpoint)
    assert store.installed("mine") is None
    assert store.add("mine", checkpoint, trusted=True).trusted
    assert store.require("mine").trusted


@pytest.mark.parametrize("name", ["../evil", "", ".hidden", "a/b", "x" * 65, "con trol"])
def test_names_cannot_lead_elsewhere(name: str, store: ModelStore, weights: Path) -> None:
    with pytest.raises(BadParameter):
        store.add(name, weights)
    assert store.installed(name) is None


def test_what_cannot_be_added(store: ModelStore, weights: Path, tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        store.add("mine", tmp_path / "nowhere")
    (tmp_path / "song.wav").write_bytes(b"RIFF")
    with pytest.raises(BadParameter, match=r"safetensors"):
        store.add("mine", tmp_path / "song.wav")
    with pytest.raises(BadParameter, match="whisper"):
        store.add("small", weights)  # a whisper model's name
    store.add("mine", weights)
    with pytest.raises(Conflict, match="roadie models remove mine"):
        store.add("mine", weights)
    assert [path.name for path in store.folder.iterdir()] == ["mine"]  # nothing half-copied stays


def test_a_whisper_folder_is_recognised(store: ModelStore, tmp_path: Path) -> None:
    folder = tmp_path / "ct2"
    folder.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (folder / name).write_bytes(name.encode())
    assert store.add("small", folder).engine == "whisper"


def test_a_folder_without_manifest_is_no_model(store: ModelStore, weights: Path) -> None:
    (store.folder / "mine").mkdir(parents=True)
    (store.folder / "mine" / "sig.safetensors").write_bytes(b"half")
    assert store.installed("mine") is None
    assert all(entry.name != "mine" for entry in store.entries())
    store.add("mine", weights)  # and does not stand in the way
    assert store.installed("mine") is not None


def test_light_enough_for_the_daemon() -> None:
    code = (
        "import sys; from pathlib import Path; from daemon.models.store import ModelStore; import daemon.models.pull\n"
        "store = ModelStore(Path('nowhere')); store.entries(); store.require('icassp-2022')\n"
        "print(','.join(m for m in ('numpy', 'torch', 'huggingface_hub', 'basic_pitch') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_catalogue_is_plain_toml() -> None:
    import daemon.models

    text = (Path(str(daemon.models.__file__)).parent / "catalogue.toml").read_text()
    assert len(tomllib.loads(text)["model"]) == 16
