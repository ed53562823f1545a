"""What is put into another program's folders is taken back exactly."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.files.installable import Change, Plan
from daemon.files.installing import Installations
from daemon.kernel.errors import Conflict

MARK = b"# roadie\n"


def without(path: Path, content: bytes) -> bytes:
    return content.replace(MARK, b"")


def snapshot(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "settings.ini").write_bytes(b"[a]\r\nb=1\r\n")
    return folder


@pytest.fixture
def installations(tmp_path: Path) -> Installations:
    return Installations(tmp_path / "home" / "installed")


def plan(program: Path, version: bytes = b"one") -> Plan:
    ini = program / "settings.ini"
    there = ini.read_bytes() if ini.exists() else b""
    return Plan(
        program,
        (
            Change(program / "Scripts" / "roadie" / "lib" / "a.lua", version),
            Change(ini, there if MARK in there else there + MARK, edits=True),
            Change(program / "new.ini", MARK, edits=True),
        ),
    )


def test_uninstall_leaves_what_was_there_to_the_byte(installations: Installations, program: Path) -> None:
    before = snapshot(program)
    installations.install("it", plan(program), without)
    assert (program / "Scripts/roadie/lib/a.lua").read_bytes() == b"one"
    (standing,) = installations.standing("it")
    installations.uninstall(standing, without)
    assert snapshot(program) == before
    assert installations.standing("it") == []


def test_a_second_run_writes_nothing(installations: Installations, program: Path) -> None:
    installations.install("it", plan(program), without)
    after = snapshot(program)
    assert installations.install("it", plan(program), without).written == ()
    assert snapshot(program) == after


def test_what_somebody_changed_since_loses_only_our_part(installations: Installations, program: Path) -> None:
    installations.install("it", plan(program), without)
    ini = program / "settings.ini"
    ini.write_bytes(b"[new]\n" + ini.read_bytes())
    (standing,) = installations.standing("it")
    installations.uninstall(standing, without)
    assert ini.read_bytes() == b"[new]\n[a]\r\nb=1\r\n"


def test_a_script_that_somebody_changed_stays_and_is_listed(
    installations: Installations, program: Path
) -> None:
    installations.install("it", plan(program), without)
    script = program / "Scripts/roadie/lib/a.lua"
    script.write_bytes(b"mine")
    (standing,) = installations.standing("it")
    done = installations.uninstall(standing, without)
    assert script.read_bytes() == b"mine"
    assert [path for path, _ in done.kept] == [script]


def test_a_file_that_is_not_ours_is_never_replaced(installations: Installations, program: Path) -> None:
    foreign = program / "Scripts" / "roadie" / "lib" / "a.lua"
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"somebody's")
    before = snapshot(program)
    with pytest.raises(Conflict, match="not roadie's"):
        installations.install("it", plan(program), without)
    assert snapshot(program) == before


def test_an_upgrade_and_an_edit_between_are_both_taken_back(
    installations: Installations, program: Path
) -> None:
    installations.install("it", plan(program), without)
    ini = program / "settings.ini"
    ini.write_bytes(ini.read_bytes() + b"user=2\n")
    installations.install("it", plan(program, b"two"), without)
    assert (program / "Scripts/roadie/lib/a.lua").read_bytes() == b"two"
    (standing,) = installations.standing("it")
    installations.uninstall(standing, without)
    assert snapshot(program) == {"settings.ini": b"[a]\r\nb=1\r\nuser=2\n"}


def test_what_an_upgrade_no_longer_has_goes(installations: Installations, program: Path) -> None:
    installations.install("it", plan(program), without)
    smaller = Plan(program, plan(program).changes[1:])
    installations.install("it", smaller, without)
    assert not (program / "Scripts").exists()


def test_a_linked_settings_file_stays_a_link(
    installations: Installations, program: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "dotfiles.ini"
    kept.write_bytes(b"[a]\n")
    ini = program / "settings.ini"
    ini.unlink()
    ini.symlink_to(kept)
    installations.install("it", plan(program), without)
    assert ini.is_symlink() and MARK in kept.read_bytes()
    (standing,) = installations.standing("it")
    installations.uninstall(standing, without)
    assert ini.is_symlink() and kept.read_bytes() == b"[a]\n"


def test_two_folders_are_two_installations(installations: Installations, program: Path, tmp_path: Path) -> None:
    other = tmp_path / "portable"
    other.mkdir()
    installations.install("it", plan(program), without)
    installations.install("it", plan(other), without)
    (standing,) = installations.standing("it", other)
    installations.uninstall(standing, without)
    assert snapshot(other) == {}
    assert (program / "Scripts/roadie/lib/a.lua").exists()
