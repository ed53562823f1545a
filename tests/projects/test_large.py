"""Projects of 200 MB are read as streams, in little memory."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects.projects import RPP, als, clip, file_ref_12, rs5k_state

SIZE = 200_000_000
MOST_MORE_MB = 100.0
READ = """
import json, resource, sys
from pathlib import Path
from daemon.projects.read import read_project
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
project = read_project(Path(sys.argv[1]))
more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps([more / 1e3, sorted(each.path for each in project.references)]))
"""


def large_rpp(path: Path) -> Path:
    """Of its tracks one has the states of many plug-ins, in lines as REAPER breaks them."""
    head, tail = RPP.replace("{rs5k}", rs5k_state("/kits/Snare.wav")).rsplit("  <TRACK {CCCC", 1)
    rows = "".join("        " + base64.b64encode(os.urandom(96)).decode() + "\n" for _ in range(7000))
    state = '      <VST "VSTi: Large" large.so 0 "" 1<5653> ""\n' + rows + "      >\n"
    with path.open("w") as file:
        file.write(head + "  <TRACK\n    NAME large\n    <FXCHAIN\n")
        for _ in range(SIZE // len(state) + 1):
            file.write(state)
        file.write("    >\n  >\n  <TRACK {CCCC" + tail)
    return path


def large_als(path: Path) -> Path:
    """Thousands of notes, and plug-ins with large states."""
    refs = "".join(clip(n, n, n + 1, file_ref_12(f"Samples/{n}.wav", "")) for n in range(50))
    text = als("MainTrack", "Ableton Live 12.1", refs, '<FloatEvent Time="-63072000" Value="120" />',
               '<EnumEvent Time="-63072000" Value="201" />')  # fmt: skip
    notes = "".join(
        f'<MidiNoteEvent Time="{n / 4}" Duration="0.25" Velocity="{n % 127}" />' for n in range(1000)
    )
    state = f"<VstPreset><Buffer>{os.urandom(400_000).hex()}</Buffer></VstPreset>"
    part = (f"<KeyTrack><Notes>{notes}</Notes></KeyTrack><PluginDevice>{state}</PluginDevice>").encode()
    head, tail = text.split("</Events>", 1)
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(head.encode() + b"</Events><Large>")
        for _ in range(SIZE // len(part) + 1):
            file.write(part)
        file.write(b"</Large>" + tail.encode())
    return path


def test_a_reaper_project_of_200_mb(tmp_path: Path) -> None:
    path = large_rpp(tmp_path / "large.rpp")
    assert path.stat().st_size > SIZE
    expected = [str(tmp_path / "audio" / "kick one.wav"), "/kits/Snare.wav", "/music/Ünïcode.flac"]
    assert _read(path) == sorted(expected)


def test_a_live_set_of_200_mb(tmp_path: Path) -> None:
    path = large_als(tmp_path / "large.als")
    with path.open("rb") as file:
        file.seek(-4, os.SEEK_END)
        assert int.from_bytes(file.read(), "little") > SIZE, "gzip's own word for what is inside"
    assert _read(path) == sorted(str(tmp_path / "Samples" / f"{n}.wav") for n in range(50))


def _read(path: Path) -> list[str]:
    """In a process of its own, whose memory is looked at."""
    if sys.platform == "win32":
        pytest.skip("needs resource.getrusage")
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, check=True, env=env)
    path.unlink()
    more_mb, found = json.loads(ran.stdout)
    assert more_mb < MOST_MORE_MB
    return list(found)
