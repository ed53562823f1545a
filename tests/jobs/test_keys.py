from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from daemon.jobs.keys import step_key
from daemon.kernel.types import AssetId, Frames
from daemon.kernel.work import EngineChoice, InputFile, Kind, Lane, Region
from daemon.steps.spec import Params, StepSpec

SPEC = StepSpec("s", 1, Params, "m:f", Lane.CPU, frozenset({Kind.SOURCE}), reads=("bpm",))
FILE = InputFile(Path("/a/song.wav"), AssetId("p"), Kind.SOURCE, "song.wav", None, {"bpm": 120.0})
ENGINE = EngineChoice("demucs", "1", "htdemucs", "w")


def key(spec=SPEC, file=FILE, params=None, engine=ENGINE, seed=0) -> str:
    return step_key(spec, [file], params if params is not None else {"a": 1, "b": 2}, engine, seed)


def test_the_same_work_elsewhere_has_the_same_key() -> None:
    assert key(file=replace(FILE, path=Path("/b/copy.wav"), name="copy.wav")) == key()
    assert key(params={"b": 2, "a": 1}) == key()
    assert key(file=replace(FILE, meta={"bpm": 120.0, "title": "not read"})) == key()


def test_everything_that_decides_the_result_is_in_the_key() -> None:
    others = [
        key(spec=replace(SPEC, version=2)),
        key(spec=replace(SPEC, name="t")),
        key(file=replace(FILE, payload=AssetId("q"))),
        key(file=replace(FILE, region=Region(Frames(0), Frames(10)))),
        key(file=replace(FILE, region=Region(Frames(1), Frames(10)))),
        key(file=replace(FILE, kind=Kind.STEM)),
        key(file=replace(FILE, meta={"bpm": 121.0})),
        key(params={"a": 1}),
        key(engine=None),
        key(engine=replace(ENGINE, version="2")),
        key(engine=replace(ENGINE, model="mdx")),
        key(engine=replace(ENGINE, weights="other")),
        key(engine=replace(ENGINE, precision="bf16")),
        key(seed=1),
        key(),
    ]
    assert len(set(others)) == len(others)


def test_what_reads_nothing_of_the_meta_does_not_depend_on_it() -> None:
    plain = replace(SPEC, reads=())
    assert key(spec=plain) == key(spec=plain, file=replace(FILE, meta={"bpm": 1.0}))
