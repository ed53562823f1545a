"""The names are those of the contract, "Files roadie writes"."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.folder.layout import plan
from daemon.jobs.targets import DeliverItem
from daemon.kernel.errors import BadParameter
from daemon.kernel.work import Kind
from tests.bridges.folder.items import hit, item

ROOT = Path("/delivery")
TODAY = date(2026, 11, 23)


def planned(*items: DeliverItem, layout: str | None = None) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in plan(items, layout, ROOT, TODAY)]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (item(Kind.STEM, "drums.wav", stem="drums", bpm=120.0, key="Am"), "Song/Stems/Song - drums.wav"),
        (item(Kind.STEM, "vocals.flac", ".flac", stem="vocals"), "Song/Stems/Song - vocals.flac"),
        (hit(0, bpm=120.0, key="Am"), "Song/One-Shots/kick/Song - drums - kick 01.wav"),
        (
            item(Kind.LOOP, "l.wav", stem="drums", class_="drum loop", bpm=119.97, key="Am"),
            "Song/Loops/drum loop/Song - drums - drum loop 01 120bpm.wav",
        ),
        (
            item(Kind.LOOP, "l.wav", stem="bass", class_="bass", bpm=92.5, key="C#m"),
            "Song/Loops/bass/Song - bass - bass 01 92.5bpm C#m.wav",
        ),
        (
            item(Kind.ONE_SHOT, "o.wav", stem="other", class_="synth", key="F", bpm=120.0),
            "Song/One-Shots/synth/Song - other - synth 01 F.wav",
        ),
        (item(Kind.SLICE, "s.wav", stem="vocals"), "Song/Samples/Song - vocals - slice 01.wav"),
        (item(Kind.MIDI, "n.mid", ".mid", stem="bass"), "Song/MIDI/Song - bass.mid"),
        (item(Kind.MIDI, "n.mid", ".mid", stem="Song"), "Song/MIDI/Song.mid"),  # a part that stands alone
        (item(Kind.LYRICS, "w.lrc", ".lrc", stem="vocals"), "Song/Lyrics/Song.lrc"),
        (item(Kind.LYRICS, "w.json", ".json"), "Song/Lyrics/Song.json"),
    ],
)
def test_each_kind_has_its_name_and_folder(one: DeliverItem, expected: str):
    assert planned(one) == [expected]


def test_samples_are_numbered_by_class_and_stem_in_order_of_time():
    items = [
        hit(5000),
        hit(100, "snare"),
        hit(200),
        hit(9000, "snare"),
        item(Kind.ONE_SHOT, "x", stem="other", class_="kick"),
    ]
    assert [PurePosixPath(path).stem for path in planned(*items)] == [
        "Song - drums - kick 02", "Song - drums - snare 01", "Song - drums - kick 01", "Song - drums - snare 02",
        "Song - other - kick 01",
    ]  # fmt: skip


def test_numbers_are_as_wide_as_they_must_be_so_that_they_sort():
    names = planned(*(hit(start) for start in range(100)))
    assert [PurePosixPath(name).stem[-3:] for name in names] == [f"{count:03}" for count in range(1, 101)]
    assert sorted(names) == names


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("{kind}", "One-Shots"),
        ("Roadie/{class}/{bpm}", "Roadie/kick"),  # a one-shot has no tempo: the folder is left out
        ("{source} ({date})/{stem}", "Song (2026-11-23)/drums"),
        ("{bpm}bpm/{kind}", "One-Shots"),
        ("  {kind} // {class} / ", "One-Shots/kick"),
        ("{{x}}/{kind}", "{x}/One-Shots"),
        ("/".join(["{kind}"] * 3), "One-Shots/One-Shots/One-Shots"),
    ],
)
def test_layouts(layout: str, expected: str):
    (name,) = planned(hit(0), layout=layout)
    assert str(PurePosixPath(name).parent) == expected


@pytest.mark.parametrize(
    "layout",
    ["/abs/{kind}", "../{kind}", "{kind}/..", "{kind}/../..", "a\\b", "{kind", "}", "{}", "{0}", "{artist}", "{kind!r}",
     "{kind:>99}", "{kind.__class__}", "{kind[0]}", "a\0b", "/".join("abcdefghijklmnop"), "."],
)  # fmt: skip
def test_layouts_that_are_not_legal_are_named_with_what_is(layout: str):
    with pytest.raises(BadParameter, match="not legal") as refused:
        planned(hit(0), layout=layout)
    assert "{source}" in str(refused.value)


EVIL = [
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "",
    "a/b",
    "a\\b",
    "CON",
    "x:y",
    "a\0b",
    " . ",
    "\u202egpj.exe",
    "é" * 300,
    "𝄞" * 200,
]


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("field", ["source", "class_", "stem", "key"])
def test_no_value_leads_out_of_its_folder(evil: str, field: str):
    meta: dict[str, Any] = {"stem": "other", "class_": "pad", "key": "Am", field: evil}
    one = item(Kind.LOOP, "l.wav", **meta)
    (path,) = plan([one], "{source}/{class}/{stem}/{key}", ROOT, TODAY)
    below = path.relative_to(ROOT)
    assert ".." not in below.parts
    assert len(below.parts) <= 5
    assert path.suffix == ".wav"
    assert all("\0" not in part and "\\" not in part and len(part.encode()) <= 255 for part in below.parts)


def test_a_long_source_is_shortened_and_what_tells_files_apart_is_kept():
    long = "ü" * 300
    names = planned(
        hit(0, source=long), hit(1, source=long), item(Kind.STEM, "d.wav", source=long, stem="drums")
    )
    files = [PurePosixPath(name).name for name in names]
    assert files[0].endswith("ü - drums - kick 01.wav")
    assert files[1].endswith("ü - drums - kick 02.wav")
    assert files[2].endswith("ü - drums.wav")
    assert all(len(name.encode()) <= 200 for name in files)


def test_two_files_of_one_name_are_told_apart_as_file_systems_compare():
    twice = [
        item(Kind.STEM, "1.wav", stem="Drums"),
        item(Kind.STEM, "2.wav", stem="drums"),
        item(Kind.STEM, "3.wav", stem="caf\u00e9"),
        item(Kind.STEM, "4.wav", stem="cafe\u0301"),
    ]
    names = [PurePosixPath(name).stem.casefold() for name in planned(*twice)]
    assert sum(name.endswith("(2)") for name in names) == 2


one_item = st.builds(
    item,
    st.sampled_from([Kind.STEM, Kind.SLICE, Kind.ONE_SHOT, Kind.LOOP, Kind.MIDI, Kind.LYRICS]),
    st.sampled_from(["a.wav", "b.wav", "c.wav"]),
    source=st.sampled_from(["Song", "song", "Other"]),
    stem=st.sampled_from(["drums", "bass", "Bass"]),
    class_=st.sampled_from(["kick", "Kick", "bass"]),
    start_frames=st.integers(0, 3),
    bpm=st.sampled_from([120.0, 120.04, 90.0]),
)


@given(st.lists(one_item, max_size=12), st.randoms())
def test_paths_are_distinct_and_do_not_depend_on_the_order(items: list[DeliverItem], chance: random.Random):
    paths = plan(items, None, ROOT, TODAY)
    assert len({str(path).casefold() for path in paths}) == len(items)
    shuffled = list(items)
    chance.shuffle(shuffled)
    assert sorted(plan(shuffled, None, ROOT, TODAY)) == sorted(paths)
