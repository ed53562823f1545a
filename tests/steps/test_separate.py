"""The separate step on real files and small real networks: what is written, how long it is, what it adds up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from daemon.engines import registry
from daemon.engines.protocol import Compute, Engine
from daemon.kernel.errors import BadParameter, NotFound, NotInstalled, UnreadableAudio
from daemon.kernel.types import AssetId, Frames
from daemon.kernel.work import EngineChoice, InputFile, Kind, Region, StepResult
from daemon.models.store import ModelStore
from daemon.steps.registry import spec
from daemon.steps.separate import SeparateParams, choose
from daemon.steps.separation import blocks
from daemon.steps.separation.mix import level
from daemon.steps.separation.run import run
from tests.engines import tiny_demucs as tiny
from tests.engines.test_demucs import snr_db, theirs


@dataclass
class Context:
    out: Path
    choice: EngineChoice
    device: str = "cpu"
    threads: int = 1
    seed: int = 0
    told: list[float] = field(default_factory=list)

    def checkpoint(self, fraction: float, note: str = "") -> None:
        self.told.append(fraction)

    def engine(self) -> Engine:
        return registry.load(self.choice, Compute(self.device, self.threads))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save_bag(tmp_path_factory.mktemp("weights") / "tiny", "tiny", [tiny.htdemucs()])


@pytest.fixture
def context(weights: Path, tmp_path: Path) -> Context:
    (tmp_path / "out").mkdir()
    return Context(tmp_path / "out", EngineChoice("demucs", "1", "tiny", "", weights))


def write(path: Path, frames: int, channels: int, rate: int, subtype: str = "FLOAT") -> np.ndarray:
    audio = (np.random.default_rng(7).standard_normal((frames, channels)) * 0.25 + 0.005).astype(np.float32)
    soundfile.write(path, audio, rate, subtype)
    return soundfile.read(path, dtype="float32", always_2d=True)[0].T


def separated(context: Context, path: Path, region: Region | None = None, **params: object) -> StepResult:
    given = InputFile(path, AssetId("0"), Kind.SOURCE, path.name, region)
    return run(context, (given,), SeparateParams(**params))


def read(context: Context, result: StepResult) -> dict[str, np.ndarray]:
    return {
        str(file.meta["stem"]): soundfile.read(context.out / file.name, dtype="float32", always_2d=True)[0].T
        for file in result.files
    }


def test_stems_are_those_of_demucs_at_its_own_rate(context: Context, tmp_path: Path) -> None:
    mix = write(tmp_path / "song.wav", 40_123, 2, tiny.RATE)
    result = separated(context, tmp_path / "song.wav")
    from demucs.apply import BagOfModels

    expected = theirs(BagOfModels([tiny.htdemucs()]), mix)
    stems = read(context, result)
    assert list(stems) == tiny.FOUR
    for number, name in enumerate(tiny.FOUR):
        assert snr_db(expected[number], stems[name]) > 90
    assert [file.name for file in result.files] == [f"{name}.wav" for name in tiny.FOUR]
    assert {file.kind for file in result.files} == {Kind.STEM}
    assert result.device == "cpu"
    assert "fp32" in result.reason


@pytest.mark.parametrize(
    ("frames", "channels", "rate"),
    [
        (40_123, 2, 44_100),
        (9_999, 1, 48_000),
        (17, 2, 96_000),
        (1, 1, 192_000),
        (12_345, 2, 8_000),
        (30_001, 6, 22_050),
    ],
)
def test_rate_channels_and_exact_length_of_the_source(
    frames: int, channels: int, rate: int, context: Context, tmp_path: Path
) -> None:
    mix = write(tmp_path / "song.wav", frames, channels, rate)
    result = separated(context, tmp_path / "song.wav", residual=True)
    stems = read(context, result)
    assert list(stems) == [*tiny.FOUR, "residual"]
    for file in result.files:
        info = soundfile.info(context.out / file.name)
        assert (info.samplerate, info.channels, info.frames, info.subtype) == (rate, channels, frames, "FLOAT")
    assert np.abs(sum(audio.astype(np.float64) for audio in stems.values()) - mix).max() < 1e-6
    assert context.told == sorted(context.told)
    assert bool(result.warnings) == (channels > 2)


def test_in_time_to_the_sample_through_resampling(context: Context, tmp_path: Path) -> None:
    """Whatever the engine does, half a second of it at another rate must come back where it was."""
    rate, at = 44_100, 20_000
    time_s = (np.arange(44_100) - at) / rate
    pulse = np.exp(-((time_s * 400) ** 2)).astype(np.float32) * 0.5  # all below 1 kHz, so it survives 8 kHz
    soundfile.write(tmp_path / "pulse.wav", np.stack([pulse, pulse], axis=1), rate, "FLOAT")

    class Identity:
        rate, stems, device, reason = 8000, ("all",), "cpu", "test"

        def separate(self, blocks, frames, rate, settings, checkpoint):
            yield from (block[None] for block in blocks)

    context.engine = Identity  # type: ignore[method-assign, assignment]
    stem = read(context, separated(context, tmp_path / "pulse.wav"))["all"]
    assert int(stem[0].argmax()) == at
    assert snr_db(pulse, stem[0]) > 60


def test_mono_hears_the_same_on_both_sides(context: Context, tmp_path: Path) -> None:
    from demucs.apply import BagOfModels

    mix = write(tmp_path / "song.wav", 20_000, 1, tiny.RATE)
    stems = read(context, separated(context, tmp_path / "song.wav"))
    expected = theirs(BagOfModels([tiny.htdemucs()]), np.repeat(mix, 2, axis=0)).mean(axis=1, keepdims=True)
    assert snr_db(expected[3], stems["vocals"]) > 90


def test_only_and_all_but_make_up_the_source(context: Context, tmp_path: Path) -> None:
    mix = write(tmp_path / "song.wav", 20_000, 2, 11_025)
    everything = read(context, separated(context, tmp_path / "song.wav"))
    only = read(context, separated(context, tmp_path / "song.wav", mode="only:vocals"))
    without = read(context, separated(context, tmp_path / "song.wav", mode="all-but:vocals"))
    assert list(only) == ["vocals"]
    assert list(without) == ["no_vocals"]
    assert np.array_equal(only["vocals"], everything["vocals"])
    assert np.abs(only["vocals"] + without["no_vocals"] - mix).max() < 1e-6


def test_chosen_stems_and_their_residual(context: Context, tmp_path: Path) -> None:
    mix = write(tmp_path / "song.wav", 20_000, 2, tiny.RATE)
    stems = read(context, separated(context, tmp_path / "song.wav", stems=("bass", "drums"), residual=True))
    assert list(stems) == ["bass", "drums", "residual"]
    assert np.abs(sum(stems.values()) - mix).max() < 1e-6


def test_above_full_scale_is_neither_clipped_nor_rescaled(context: Context, tmp_path: Path) -> None:
    mix = write(tmp_path / "song.wav", 20_000, 2, tiny.RATE)
    soundfile.write(tmp_path / "loud.wav", mix.T * 16, tiny.RATE, "FLOAT")
    quiet = read(context, separated(context, tmp_path / "song.wav"))
    loud = read(context, separated(context, tmp_path / "loud.wav"))
    assert np.abs(loud["drums"]).max() > 1
    assert snr_db(quiet["drums"] * 16, loud["drums"]) > 80  # networks hear a normalised mix


def test_a_region_is_cut_and_keeps_its_place(context: Context, tmp_path: Path) -> None:
    write(tmp_path / "song.wav", 50_000, 2, tiny.RATE)
    cut = soundfile.read(tmp_path / "song.wav", start=10_001, frames=20_003, dtype="float32")[0]
    soundfile.write(tmp_path / "cut.wav", cut, tiny.RATE, "FLOAT")
    region = Region(Frames(10_001), Frames(20_003))
    whole = separated(context, tmp_path / "song.wav", region)
    assert whole.files[0].meta["time_reference_frames"] == 10_001
    of_region = read(context, whole)
    of_cut = read(context, separated(context, tmp_path / "cut.wav"))
    assert all(np.array_equal(of_region[name], of_cut[name]) for name in tiny.FOUR)


def test_unknown_stem_names_those_there_are(context: Context, tmp_path: Path) -> None:
    write(tmp_path / "song.wav", 1000, 2, tiny.RATE)
    with pytest.raises(BadParameter, match=r"guitar.*drums, bass, other, vocals"):
        separated(context, tmp_path / "song.wav", mode="only:guitar")


def test_damage_is_found_before_anything_is_separated(context: Context, tmp_path: Path) -> None:
    audio = np.zeros((40_000, 2), np.float32)
    audio[39_000, 1] = np.nan
    soundfile.write(tmp_path / "bad.wav", audio, tiny.RATE, "FLOAT")
    with pytest.raises(UnreadableAudio, match=r"bad\.wav.*39000"):
        separated(context, tmp_path / "bad.wav")
    assert list(context.out.iterdir()) == []
    assert max(context.told, default=0.0) <= 0.02


@pytest.mark.parametrize("mode", ["some", "only:", "all-but:../x", "stems:drums"])
def test_modes_are_checked(mode: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"mode": mode}, SeparateParams)


def test_choice_of_engine(tmp_path: Path, weights: Path) -> None:
    store = ModelStore(tmp_path / "models")
    nothing = choose(SeparateParams(), store, "cpu")
    assert (nothing.engine, nothing.path) == ("builtin", None)
    assert "roadie models pull htdemucs" in nothing.reason
    with pytest.raises(NotInstalled, match="htdemucs"):
        choose(SeparateParams(model="htdemucs"), store, "cpu")
    with pytest.raises(NotFound):
        choose(SeparateParams(model="htdemux"), store, "cpu")

    mine = store.add("mine", weights)
    best = choose(SeparateParams(), store, "cpu")
    assert (best.engine, best.model, best.weights, best.path) == ("demucs", "mine", mine.sha256, mine.path)
    assert best.reason == "best installed"
    store.add("htdemucs", weights)
    assert choose(SeparateParams(), store, "cpu").model == "htdemucs"  # ranks above the user's own
    assert choose(SeparateParams(model="mine"), store, "cpu").reason == "asked for"
    assert choose(SeparateParams(model="builtin"), store, "cpu").engine == "builtin"
    with pytest.raises(BadParameter, match="icassp-2022"):
        choose(SeparateParams(model="icassp-2022"), store, "cpu")


def test_spec_is_registered_and_takes_whatever_sounds() -> None:
    assert spec("separate").accepts == {Kind.SOURCE, Kind.STEM, Kind.SLICE, Kind.ONE_SHOT, Kind.LOOP}


def test_rechunk_and_exact_length() -> None:
    pieces = np.split(np.arange(23, dtype=np.float32)[None], [3, 3, 10, 11], axis=1)
    assert [block.shape[1] for block in blocks.rechunk(iter(pieces), 5)] == [5, 5, 5, 5, 3]
    assert np.concatenate(list(blocks.rechunk(iter(pieces), 5)), axis=1).ravel().tolist() == list(range(23))
    assert np.concatenate(list(blocks.exactly(iter(pieces), 7, (1,))), axis=1).ravel().tolist() == list(
        range(7)
    )
    longer = np.concatenate(list(blocks.exactly(iter(pieces), 25, (1,))), axis=1).ravel()
    assert longer.tolist() == [*range(23), 0, 0]


def test_level_is_that_of_numpy() -> None:
    audio = np.random.default_rng(1).standard_normal((2, 10_000)).astype(np.float32) + 3
    measured = level(iter(np.split(audio, [10, 5000], axis=1)), lambda frames: None)
    mono = audio.mean(axis=0, dtype=np.float64)
    assert measured.mean == pytest.approx(mono.mean(), rel=1e-12)
    assert measured.std == pytest.approx(mono.std(ddof=1), rel=1e-9)
