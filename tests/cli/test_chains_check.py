"""`roadie chains check` and `roadie plugins check`, as they are typed, also wrongly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.chains.plugins.binary import quick_look
from daemon.chains.plugins.catalogue import Catalogue, Described, Entry
from tests.cli.conftest import Ran
from tests.recovery.house import House

Roadie = Callable[..., Ran]


def test_a_chain_is_checked_by_name_as_well(home: Path, roadie: Roadie) -> None:
    assert roadie("chains", "check", "vinyl").out == "vinyl: well, 6 effects\n"
    (home / "chains").mkdir()
    (home / "chains" / "mine.toml").write_text('[[fx]]\nuse = "Gian"\n')
    ran = roadie("chains", "check", "mine")
    assert ran.code == 1 and "mine.toml, line 2: there is no effect 'Gian'" in ran.err
    assert "roadie chains" in roadie("chains", "check", "vynil").err


def test_a_chain_that_changes_nothing_is_told(home: Path, roadie: Roadie, tmp_path: Path) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text("")
    assert "note: it changes nothing" in roadie("chains", "check", str(empty)).out
    empty.write_text("normalize = { dbtp = -1 }")
    assert "note" not in roadie("chains", "check", str(empty)).out


def put_piano(home: Path, bundle: Path) -> None:
    """A quarantined instrument, of a file that is none."""
    bundle.write_bytes(b"")
    piano = Described(id="vst3:V/Piano", name="Piano", vendor="V", version="1", category="", instrument=True,
                      latency_frames=0)  # fmt: skip
    Catalogue(home / "plugins").put(
        Entry(path=str(bundle), format="vst3", state="quarantined", reason="it failed 3 times",
              fingerprint=quick_look(bundle), plugins=[piano])
    )  # fmt: skip


def test_a_plugin_is_checked_and_shown_as_it_is_called(
    warm: House, roadie: Roadie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_piano(warm.home, tmp_path / "Piano.vst3")
    monkeypatch.chdir(tmp_path)
    assert "it failed 3 times" in roadie("plugins", "show", "Piano.vst3").out
    ran = roadie("plugins", "show", "piano")
    assert ran.code == 1 and "Did you mean Piano?" in ran.err
    ran = roadie("plugins", "check", "vst3:V/Piano")
    assert ran.code == 1 and "no shared library" in ran.out
    (tmp_path / "Piano.vst3").unlink()
    ran = roadie("plugins", "check", "Piano.vst3")
    assert ran.code == 1 and "Piano.vst3: the plug-in is not there any more" in ran.err
    assert "Piano" not in roadie("plugins", "list").out


def test_instruments_and_plugins_in_quarantine_are_told(home: Path, roadie: Roadie, tmp_path: Path) -> None:
    bundle = tmp_path / "Piano.vst3"
    put_piano(home, bundle)
    chain = tmp_path / "c.toml"
    chain.write_text('[[fx]]\nplugin = "Piano"\n')
    out = roadie("chains", "check", str(chain)).out
    assert "quarantined, so sounds stay as they are: it failed 3 times" in out and "plays MIDI" in out


def test_what_is_no_plugin_is_said_before_anything_is_asked(home: Path, roadie: Roadie, tmp_path: Path) -> None:
    ran = roadie("plugins", "check", str(tmp_path))
    assert ran.code == 2 and "this is no plug-in" in ran.err and "plugins scan FOLDER" in ran.err


def test_a_sound_that_is_not_there_is_said_before_anything_is_asked(home: Path, roadie: Roadie) -> None:
    ran = roadie("chains", "apply", "lo-fi", "/nowhere/kick.wav", "--out", "/nowhere/out")
    assert ran.code == 1 and "no such file" in ran.err and "a folder of them" in ran.err


def test_a_scan_of_what_is_not_there_is_refused(
    home: Path, roadie: Roadie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = roadie("plugins", "scan", str(tmp_path), "nowhere")
    assert ran.code == 1 and "nowhere: there is no such plug-in or folder" in ran.err
