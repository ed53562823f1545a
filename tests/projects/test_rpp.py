"""REAPER projects, against values worked out by hand and against another reader (`rpp` of PyPI)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.kernel.errors import FileMissing, InputError, UnreadableProject
from daemon.projects.model import TempoPoint, Track, Use
from daemon.projects.read import read_project
from daemon.projects.rpp_lines import split
from tests.projects.projects import write_rpp


def test_tempo_meter_rate_and_tracks(tmp_path: Path) -> None:
    project = read_project(write_rpp(tmp_path / "song.rpp"))
    assert project.kind == "reaper"
    assert project.written_by == "REAPER 7.42/linux-x86_64"
    assert project.rate_hz == 48_000
    assert project.key is None
    # 524294 = 8 * 65536 + 6; a point without a meter keeps the one before; shape 0 is a ramp
    assert project.tempo_map == (
        TempoPoint(0.0, 100.0, 4, 4, False),
        TempoPoint(4.8, 120.0, 4, 4, True),
        TempoPoint(8.8, 90.0, 6, 8, False),
    )
    assert project.tracks == (
        Track("My \\", "track", 0),  # a quoted token ends at its own quote: there is no escape
        Track('kick "close"', "track", 1),
        Track("bass", "track", 0),
    )


def test_files_and_where_they_are_used(tmp_path: Path) -> None:
    project = read_project(write_rpp(tmp_path / "song.rpp"))
    found = {each.path: each for each in project.references}
    kick = str(tmp_path / "audio" / "kick one.wav")
    assert set(found) == {kick, "/music/Ünïcode.flac", "/kits/808/Snare 01.wav"}
    assert found[kick].uses == (
        Use("item", 'kick "close"', 4.8, 2.0, 0.25, 0.8),
        Use("item", "bass", 10.0, 5.0, 0.0, 1.0),  # written with backslashes
    )
    assert found["/music/Ünïcode.flac"].uses == (Use("item", 'kick "close"', 4.8, 2.0, 3.0, 1.0),)
    assert found["/kits/808/Snare 01.wav"].uses == (Use("plug-in", 'kick "close"'),)


def test_a_long_path_in_a_sampler_is_found_across_lines(tmp_path: Path) -> None:
    sample = "/kits/" + "a long folder name/" * 20 + "hit.aif"
    project = read_project(write_rpp(tmp_path / "song.rpp", sample))
    assert sample in {each.path for each in project.references}


def test_without_an_envelope_the_project_line_is_the_tempo(tmp_path: Path) -> None:
    path = tmp_path / "a.rpp"
    path.write_text('<REAPER_PROJECT 0.1 "6.0" 1\n  TEMPO 87.5 7 8\n  SAMPLERATE 44100 0 0\n>\n')
    project = read_project(path)
    assert project.tempo_map == (TempoPoint(0.0, 87.5, 7, 8),)
    assert project.rate_hz is None  # the project follows the device


def test_a_track_template_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "kit.RTrackTemplate"
    path.write_text(
        "<TRACK\n  NAME a\n>\n<TRACK\n  NAME b\n  <ITEM\n    <SOURCE WAVE\n      FILE x.wav\n    >\n  >\n>\n"
    )
    project = read_project(path)
    assert [track.name for track in project.tracks] == ["a", "b"]
    assert [each.path for each in project.references] == [str(tmp_path / "x.wav")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('<REAPER_PROJECT 0.1 "7" 1\n  <TRACK\n', "cut off"),
        ('<REAPER_PROJECT 0.1 "7" 1\n>\n>\n', "not opened"),
        ("<REAPER_PROJECT\n" + "<TRACK\n" * 100, "64 deep"),
        ('<REAPER_PROJECT 0.1 "7" 1\n>\nTEMPO 1\n', "outside every block"),
        ("hello\n", "no project"),
        ("", "no project"),
    ],
)
def test_damaged_projects_are_refused_by_name(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "bad.rpp"
    path.write_text(text)
    with pytest.raises(UnreadableProject, match=why) as refused:
        read_project(path)
    assert "bad.rpp" in str(refused.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        read_project(tmp_path / "none.rpp")
    with pytest.raises(InputError, match="no file"):
        read_project(tmp_path)


def test_an_older_project_with_windows_line_ends_and_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "old.rpp"
    path.write_bytes(b"\xef\xbb\xbf" + b'<REAPER_PROJECT 0.1 "4.78/x64" 1400000000\r\n  TEMPO 60 3 4\r\n>\r\n')
    assert read_project(path).tempo_map == (TempoPoint(0.0, 60.0, 3, 4),)


@given(
    st.lists(st.text(st.characters(exclude_categories=("Zs", "Zl", "Zp", "Cc", "Cs")), min_size=0, max_size=12))
)
def test_tokens_that_another_program_quotes_come_back(tokens: list[str]) -> None:
    def quoted(token: str) -> str:
        """As the format says: quoted when empty or beginning with a quote; by the first mark it does not have."""
        if token and token[0] not in "\"'`":
            return token
        for mark in "\"'`":
            if mark not in token:
                return mark + token + mark
        return "`" + token.replace("`", "'") + "`"

    expected = [
        t.replace("`", "'") if t[:1] in "\"'`" and all(m in t for m in "\"'`") and t else t for t in tokens
    ]
    assert split(" ".join(map(quoted, tokens))) == expected


@given(st.binary(max_size=2000))
def test_any_bytes_end_in_a_project_or_a_refusal(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "x.rpp"
    path.write_bytes(b'<REAPER_PROJECT 0.1 "7" 1\n' + body)
    try:
        read_project(path)
    except UnreadableProject as refused:
        assert "x.rpp" in str(refused)
