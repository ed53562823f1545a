from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pedalboard
import pytest
import soundfile

from daemon.audio.identity import payload_hash
from daemon.chains import sound_file
from daemon.chains.files import load_chain
from daemon.kernel.errors import InputError, NotFound, NotInstalled
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.steps import rendering
from daemon.steps.render import SPEC, RenderParams
from daemon.steps.spec import Shelves
from tests.steps.context import Context

RATE = 48000


def given(folder: Path, name: str, kind: Kind, channels: int = 2, **meta) -> InputFile:
    path = folder / Path(name).name
    audio = 0.2 * np.random.default_rng(len(name)).standard_normal((RATE // 2, channels))
    soundfile.write(path, audio, RATE, subtype="FLOAT")
    return InputFile(path, AssetId(name), kind, name, meta=meta)


def rendered(tmp_path: Path, inputs: tuple[InputFile, ...], chain: object):
    out = tmp_path / "out"
    out.mkdir()
    return rendering.run(Context(out), inputs, RenderParams(chain=chain)), out


def test_files_keep_parent_kind_rate_channels_and_get_effects(tmp_path: Path) -> None:
    inputs = (
        given(tmp_path, "slices/001.wav", Kind.SLICE, 1, stem="drums", **{"class": "kick"}),
        given(tmp_path, "slices/002.wav", Kind.SLICE, 2, stem="drums", **{"class": "snare"}),
        given(tmp_path, "loops/001.wav", Kind.LOOP, 2),
    )
    chain = {"fx": [{"use": "Compressor", "threshold_db": -30.0, "ratio": 4.0, "only": ["kick"]}]}
    result, out = rendered(tmp_path, inputs, chain)
    assert [(file.parent, file.kind) for file in result.files] == [
        (0, Kind.SLICE),
        (1, Kind.SLICE),
        (2, Kind.LOOP),
    ]
    assert len({file.name for file in result.files}) == 3
    for one, file in zip(inputs, result.files, strict=True):
        before, _ = soundfile.read(one.path, dtype="float32", always_2d=True)
        after, rate = soundfile.read(out / file.name, dtype="float32", always_2d=True)
        assert rate == RATE
        compressor = pedalboard.Compressor(threshold_db=-30, ratio=4)
        expected = compressor(before.T, RATE).T if one.meta.get("class") == "kick" else before
        assert np.array_equal(after, expected)
        assert file.payload == payload_hash(out / file.name)
        assert file.meta["length_frames"] == len(after)
        assert soundfile.info(out / file.name).subtype == "FLOAT"


def test_a_loop_stays_as_long_as_it_is(tmp_path: Path) -> None:
    inputs = (given(tmp_path, "a.wav", Kind.LOOP), given(tmp_path, "b.wav", Kind.SLICE))
    result, _ = rendered(tmp_path, inputs, {"fx": [{"use": "Reverb"}], "tail": {"max_s": 3.0}})
    assert result.files[0].meta["length_frames"] == RATE // 2
    assert result.files[1].meta["length_frames"] > RATE


def test_a_chains_content_replaces_its_name_before_the_run_is_keyed(tmp_path: Path) -> None:
    assert SPEC.resolve is not None
    shelves = Shelves(tmp_path, tmp_path / "plugins")
    params = SPEC.resolve(RenderParams(chain="telephone"), shelves)
    assert params.chain == load_chain("telephone")
    assert SPEC.resolve(params, shelves) == params
    (tmp_path / "mine.toml").write_text('[[fx]]\nuse = "Gain"\ngain_db = 3')
    first = SPEC.resolve(RenderParams(chain="mine"), shelves)
    (tmp_path / "mine.toml").write_text('[[fx]]\nuse = "Gain"\ngain_db = 4')
    assert SPEC.resolve(RenderParams(chain="mine"), shelves) != first
    assert msgspec.json.decode(msgspec.json.encode(params))["chain"] == params.chain
    with pytest.raises(NotFound, match="telephone"):
        SPEC.resolve(RenderParams(chain="telephon"), shelves)
    with pytest.raises(NotInstalled, match=r"no such plug-in.*roadie plugins scan"):
        SPEC.resolve(RenderParams(chain={"fx": [{"plugin": "vst3:a/b"}]}), shelves)


def test_what_is_left_out_because_nobody_knows_what_a_sound_is_is_said(tmp_path: Path) -> None:
    kick = given(tmp_path, "a.wav", Kind.ONE_SHOT, **{"class": "kick"})
    fx = [{"use": "Gain"}, {"parallel": [[{"use": "Gain", "only": ["tom", "snare"]}]]}]
    result, _ = rendered(tmp_path, (kick, given(tmp_path, "b.wav", Kind.ONE_SHOT)), {"fx": fx})
    (warning,) = result.warnings
    assert warning.startswith("b.wav: not known") and "only for snare, tom" in warning and "classify" in warning
    result = rendering.run(Context(tmp_path / "out"), (kick,), RenderParams(chain={"fx": fx}))
    assert result.warnings == ()


def test_the_longest_names_that_a_disk_takes(tmp_path: Path) -> None:
    inputs = tuple(given(tmp_path, f"{125 * 'ä'}{end}.wav", Kind.ONE_SHOT) for end in "ab")
    result, out = rendered(tmp_path, inputs, {"fx": []})
    assert {path.name for path in out.iterdir()} == {file.name for file in result.files}
    assert [len(file.name.encode()) for file in result.files] == [254, 254]


def test_what_a_limiter_cannot_make_as_loud_as_asked_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = (given(tmp_path, "dense.wav", Kind.LOOP), given(tmp_path, "clicks.wav", Kind.LOOP))
    clicks = np.zeros((4 * RATE, 2))
    clicks[:: RATE // 2] = 0.5
    soundfile.write(inputs[1].path, clicks, RATE, subtype="FLOAT")
    for longest in (8_000_000, 0):  # in one go, and block by block
        monkeypatch.setattr(sound_file, "IN_ONE_GO_SAMPLES", longest)
        (tmp_path / "out").mkdir(exist_ok=True)
        result = rendering.run(Context(tmp_path / "out"), inputs, RenderParams(chain="loop-glue"))
        (warning,) = result.warnings
        assert warning.startswith("clicks.wav: up to ") and "LU softer than the chain asks" in warning


def test_a_sound_of_which_nothing_would_be_left_is_named(tmp_path: Path) -> None:
    one = given(tmp_path, "click.wav", Kind.ONE_SHOT)
    soundfile.write(one.path, [0.5], RATE)
    with pytest.raises(InputError, match=r"click\.wav: too short"):
        rendered(tmp_path, (one,), {"resample": {"rate_hz": 8000}})
    assert not list((tmp_path / "out").iterdir())
