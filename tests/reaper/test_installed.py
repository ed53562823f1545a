"""The scripts as `roadie install reaper` puts them into REAPER's folder, run from there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.reaper.session import Reaper, choose, go, item, track
from tests.recovery.house import House


def test_installed_scripts_work_in_a_reaper_that_knows_no_shell(
    daemon: House, song: Path, tmp_path: Path
) -> None:
    resources = tmp_path / "REAPER ü"
    resources.mkdir()
    (resources / "reaper.ini").write_text("[REAPER]\n")
    env, command = {**os.environ, "ROADIE_HOME": str(daemon.home)}, [sys.executable, "-m", "daemon.cli"]
    subprocess.run([*command, "install", "reaper", "--to", resources], check=True, env=env, capture_output=True)
    try:
        reaper = Reaper(resources, None, scripts=resources / "Scripts" / "roadie")
        reaper.ext["roadie/choices.separate"] = choose(what="only bass")
        before = {"path": str(tmp_path / "song.rpp"), "tracks": [track("Git", item(song, 0.0, 0.5))]}
        assert reaper.run("separate", before, go("only bass")).names == ["Git", "Git stems", "bass"]
    finally:
        subprocess.run([*command, "uninstall", "reaper"], check=True, env=env, capture_output=True)
