"""Live sets of several versions, against values worked out by hand."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.kernel.errors import UnreadableProject
from daemon.projects.model import Track
from daemon.projects.read import read_project
from tests.projects.projects import als, clip, file_ref_10, file_ref_12, write_als

STEADY = '<FloatEvent Id="0" Time="-63072000" Value="120" />'
FOUR = '<EnumEvent Id="0" Time="-63072000" Value="201" />'


def project_folder(root: Path) -> Path:
    (root / "Song Project" / "Ableton Project Info").mkdir(parents=True)
    return root / "Song Project"


def test_live_12(tmp_path: Path) -> None:
    folder = project_folder(tmp_path)
    ref = file_ref_12("Samples/Imported/kick.wav", "/elsewhere/kick.wav")
    simpler = f"<OriginalSimpler Id='1'>{file_ref_12('Samples/hit.aif', '/packs/hit.aif', 5)}</OriginalSimpler>"
    scale = '<ScaleInformation><RootNote Value="9" /><Name Value="Minor" /></ScaleInformation><InKey Value="true" />'
    text = als("MainTrack", "Ableton Live 12.1", clip(8, 8, 16, ref), STEADY, FOUR, simpler, scale=scale,
               state=b"junk/kits/snare.wav\x00".hex())  # fmt: skip
    project = read_project(write_als(folder / "Song.als", text))
    assert project.kind == "ableton"
    assert project.written_by == "Ableton Live 12.1"
    assert project.key == "Am"
    assert project.rate_hz is None
    assert [(p.at_s, p.bpm, p.num, p.den, p.ramp) for p in project.tempo_map] == [(0.0, 120.0, 4, 4, False)]
    assert project.tracks == (
        Track("Drums", "group", 0), Track("1-Kick & Snare", "audio", 1), Track("Keys", "midi", 0),
        Track("A-Reverb", "return", 0),
    )  # fmt: skip
    found = {each.path: each for each in project.references}
    kick = found[str(folder / "Samples/Imported/kick.wav")]
    assert kick.others == ("/elsewhere/kick.wav",)
    assert kick.size == 1000
    use = kick.uses[0]
    assert (use.where, use.track) == ("clip", "1-Kick & Snare")
    assert (use.at_s, use.length_s) == (4.0, 4.0)  # 8 beats at 120
    assert found["/packs/hit.aif"].uses[0].where == "instrument"
    assert found["/kits/snare.wav"].uses[0].where == "plug-in"
    assert "/where/it/once/was.wav" not in found
    assert len(found) == 3


@pytest.mark.parametrize("creator", ["Ableton Live 9.7.7", "Ableton Live 10.1.43"])
def test_live_9_and_10(tmp_path: Path, creator: str) -> None:
    folder = project_folder(tmp_path)
    inside = file_ref_10(
        ["Samples", "Recorded"], "take 1.wav", ["Users", "me", "Song Project", "Samples", "Recorded"]
    )
    windows = file_ref_10(["", "Loops"], "loop.wav", [], "D:\\Loops\\loop.wav\x00".encode("utf-16-le").hex())
    text = als("MasterTrack", creator, clip(0, 0, 4, inside) + clip(4, 4, 8, windows), STEADY, FOUR)
    nested = folder / "Versions"
    nested.mkdir()
    project = read_project(write_als(nested / "Song v2.als", text))
    found = {each.path: each for each in project.references}
    assert set(found) == {str(folder / "Samples/Recorded/take 1.wav"), str(tmp_path / "Loops/loop.wav")}
    assert found[str(folder / "Samples/Recorded/take 1.wav")].others == (
        "/Users/me/Song Project/Samples/Recorded/take 1.wav",
    )
    assert found[str(tmp_path / "Loops/loop.wav")].others == ("D:\\Loops\\loop.wav",)
    assert project.key is None  # a scale that nobody switched on


def test_tempo_changes_and_meters(tmp_path: Path) -> None:
    """A jump at beat 8 (two events at one time), a ramp from 16 to 24, 6/8 from beat 8 on."""
    tempo = (
        '<FloatEvent Time="-63072000" Value="120" /><FloatEvent Time="8" Value="120" />'
        '<FloatEvent Time="8" Value="60" /><FloatEvent Time="16" Value="60" /><FloatEvent Time="24" Value="90" />'
    )
    meter = FOUR + '<EnumEvent Time="8" Value="302" />'
    ref = file_ref_12("a.wav", "", 1)
    text = als("MainTrack", "Ableton Live 12", clip(20, 20, 24, ref) + clip(40, 40, 41, ref), tempo, meter)
    project = read_project(write_als(tmp_path / "s.als", text))
    points = project.tempo_map
    assert (points[0].at_s, points[0].bpm, points[0].num, points[0].den) == (0.0, 120.0, 4, 4)
    at_8 = next(point for point in points if point.at_s == 4.0)
    assert (at_8.bpm, at_8.num, at_8.den, at_8.ramp) == (60.0, 6, 8, False)

    # the ramp: bpm = 60 + 30 (b - 16) / 8, so seconds = 60 * 8 / 30 * ln(bpm / 60)
    def ramp_s(beats: float) -> float:
        return 12.0 + 16.0 * math.log((60 + 30 * (beats - 16) / 8) / 60)

    uses = project.references[0].uses
    assert uses[0].at_s == pytest.approx(ramp_s(20), abs=1e-9)
    assert uses[0].length_s == pytest.approx(ramp_s(24) - ramp_s(20), abs=1e-9)
    assert uses[1].at_s == pytest.approx(ramp_s(24) + 16 * 60 / 90, abs=1e-9)
    assert points[-1].bpm == 90.0
    assert points[-1].at_s == pytest.approx(ramp_s(24), abs=1e-9)
    assert all(point.ramp for point in points if 12.0 <= point.at_s < ramp_s(23.9))


def test_a_clip_of_the_session_has_no_place_in_time(tmp_path: Path) -> None:
    session = clip(0, 0, 4, file_ref_12("a.wav", "", 1))
    text = als("MainTrack", "Ableton Live 11", "", STEADY, FOUR, session=session)
    use = read_project(write_als(tmp_path / "s.als", text)).references[0].uses[0]
    assert (use.where, use.at_s, use.track) == ("clip", None, "1-Kick & Snare")


def plain(tmp_path: Path) -> str:
    return als("MainTrack", "Ableton Live 12", clip(0, 0, 4, file_ref_12("a.wav", "/b/a.wav")), STEADY, FOUR)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda packed, text: packed[: len(packed) // 2], "damaged"),
        (lambda packed, text: gzip.compress(text[: len(text) // 2]), "damaged"),
        (lambda packed, text: gzip.compress(text.replace(b"</Tracks>", b"</Trucks>")), "damaged"),
        (lambda packed, text: gzip.compress(b"<?xml version='1.0'?><html/>"), "no Live set"),
        (
            lambda packed, text: gzip.compress(
                b'<?xml version="1.0"?>'
                b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><Ableton>&b;</Ableton>'
            ),
            "document type",
        ),
        (
            lambda packed, text: gzip.compress(
                b'<?xml version="1.0"?>'
                b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Ableton>&a;</Ableton>'
            ),
            "document type",
        ),
        (lambda packed, text: gzip.compress(b"<Ableton>" + b"<a>" * 100_000), "256 deep"),
        (
            lambda packed, text: gzip.compress(b"<Ableton>" + (b"<a>" + b" " * 1000 + b"</a>") * 50_000),
            "200 times",
        ),
    ],
    ids=[
        "cut off",
        "XML cut off",
        "wrong nesting",
        "another document",
        "entities",
        "file entity",
        "deep",
        "bomb",
    ],
)
def test_damaged_sets_are_refused_by_name(tmp_path: Path, damage, why: str) -> None:
    text = plain(tmp_path).encode()
    path = tmp_path / "bad.als"
    path.write_bytes(damage(gzip.compress(text), text))
    with pytest.raises(UnreadableProject, match=why) as refused:
        read_project(path)
    assert "bad.als" in str(refused.value)


@given(st.integers(0, 3000), st.binary(min_size=1, max_size=8))
def test_any_damage_ends_in_a_project_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, at: int, junk: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    text = plain(folder).encode()
    path = folder / "x.als"
    path.write_bytes(text[:at] + junk + text[at + len(junk) :])
    try:
        read_project(path)
    except UnreadableProject as refused:
        assert "x.als" in str(refused)
