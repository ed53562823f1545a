from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.cli.request import job_request, parse_region, parse_sets
from daemon.kernel.errors import BadParameter, FileMissing, InputError
from daemon.kernel.typed_value import typed_value


@pytest.mark.parametrize(
    ("text", "start_s", "length_s"),
    [("30+8", 30, 8), ("1:02.5+0.25", 62.5, 0.25), ("30", 30, None), ("0+", 0, None)],
)
def test_regions(text: str, start_s: float, length_s: float | None) -> None:
    region = parse_region(text)
    assert (region.start_s, region.length_s) == (start_s, length_s)


@pytest.mark.parametrize("text", ["", "x", "3+0", "-1+4", "1+2+3", "nan+1", "inf", "1+inf"])
def test_regions_that_mean_nothing(text: str) -> None:
    with pytest.raises(BadParameter):
        parse_region(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("true", True),
        ("htdemucs", "htdemucs"),
        ('["a", "b"]', ["a", "b"]),
        ('"3"', "3"),
        ("", ""),
        ("1\nother = 2", "1\nother = 2"),
        ("C:\\Music", "C:\\Music"),
    ],
)
def test_values_are_tomls_or_text(text: str, value: object) -> None:
    assert typed_value(text) == value


@given(st.text())
def test_any_text_is_a_value(text: str) -> None:
    typed_value(text)


def test_sets_are_gathered_by_step() -> None:
    assert parse_sets(["separate.model=htdemucs", "separate.shifts=2", "slice.x=a=b"]) == {
        "separate": {"model": "htdemucs", "shifts": 2},
        "slice": {"x": "a=b"},
    }


@pytest.mark.parametrize("text", ["model=x", "separate.model", ".a=1", "a.=1", ""])
def test_sets_that_mean_nothing(text: str) -> None:
    with pytest.raises(BadParameter, match="--set"):
        parse_sets([text])


def test_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "song.wav").write_bytes(b"")
    request = job_request("stems", [Path("song.wav")], Path("out"), None, [])
    assert request.inputs[0].path == str(tmp_path / "song.wav")
    assert request.deliver is not None
    assert request.deliver.folder == str(tmp_path / "out")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match=r"nothing\.wav"):
        job_request("stems", [tmp_path / "nothing.wav"], tmp_path, None, [])
    with pytest.raises(FileMissing, match="folder"):
        job_request("stems", [tmp_path], tmp_path, None, [])


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX only")
def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav"))
    path.write_bytes(b"")
    with pytest.raises(InputError, match="UTF-8"):
        job_request("stems", [path], tmp_path, None, [])


def test_a_chains_file_is_looked_for_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text("")
    assert parse_sets(["a.chain=mine.toml"]) == {"a": {"chain": str(tmp_path / "mine.toml")}}
    assert parse_sets(["a.chain=tape", "b.model=x.toml"]) == {"a": {"chain": "tape"}, "b": {"model": "x.toml"}}
    with pytest.raises(FileMissing, match="roadie chains"):
        parse_sets(["a.chain=gone.toml"])


def test_a_number_of_thousands_of_digits_is_text() -> None:
    assert typed_value(5000 * "9") == 5000 * "9"
