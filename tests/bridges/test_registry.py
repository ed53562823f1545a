"""Every target that results can be delivered through obeys the same rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridges.registry import TARGETS, targets
from daemon.kernel.errors import BadParameter
from daemon.kernel.work import Kind
from tests.bridges.folder.items import hit, item

ITEMS = [
    item(Kind.STEM, "drums.wav", stem="drums"),
    item(Kind.MIDI, "bass.mid", ".mid", stem="bass"),
    item(Kind.LYRICS, "words.lrc", ".lrc"),
    *(hit(start) for start in (300, 100, 200)),
    item(Kind.LOOP, "loop.wav", stem="bass", class_="bass", bpm=120.0),
]
every = pytest.mark.parametrize("name", TARGETS)


@every
def test_a_target_is_called_what_the_registry_calls_it(name: str):
    assert targets()[name].name == name


@every
def test_one_path_per_item_below_the_root_each_its_own(name: str, tmp_path: Path):
    paths = targets()[name].plan(ITEMS, None, tmp_path)
    assert len(paths) == len(set(paths)) == len(ITEMS)
    assert all(path.is_relative_to(tmp_path) for path in paths)
    assert [path.suffix for path in paths] == [each.path.suffix for each in ITEMS]


@every
def test_the_same_items_get_the_same_paths_and_nothing_is_written(name: str, tmp_path: Path):
    target = targets()[name]
    assert target.plan(ITEMS, None, tmp_path) == target.plan(ITEMS, None, tmp_path)
    assert list(tmp_path.iterdir()) == []


@every
def test_a_layout_that_leads_out_is_refused(name: str, tmp_path: Path):
    with pytest.raises(BadParameter):
        targets()[name].plan(ITEMS, "../{kind}", tmp_path)


@every
def test_provenance_names_every_file_that_was_placed(name: str, tmp_path: Path):
    target = targets()[name]
    paths = target.plan(ITEMS, None, tmp_path)
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.name.encode())
    texts = target.sidecars(ITEMS, paths, tmp_path)
    told = {side: text for side, text in texts.items() if side.suffix == ".json"}
    named = {side.parent / file for side, text in told.items() for file in json.loads(text)["files"]}
    assert named == set(paths)


@every
def test_nothing_to_deliver_is_nothing_to_do(name: str, tmp_path: Path):
    assert targets()[name].plan([], None, tmp_path) == []
    assert targets()[name].sidecars([], [], tmp_path) == {}
