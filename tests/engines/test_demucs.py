"""Our segment loop against demucs' own, on small real networks; and the formats it loads and refuses."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from demucs.apply import BagOfModels, apply_model
from safetensors.torch import save_file

from daemon.engines.demucs import precision
from daemon.engines.demucs.checkpoints import BadWeights
from daemon.engines.demucs.engine import Demucs
from daemon.engines.protocol import Compute, MixLevel, SeparateSettings
from daemon.engines.registry import load
from daemon.kernel.errors import BadParameter, Cancelled, Forbidden, NotInstalled, OutOfMemory
from daemon.kernel.types import Hertz
from daemon.kernel.work import EngineChoice
from tests.engines import tiny_demucs as tiny


def noise(frames: int, seed: int = 0) -> np.ndarray:
    """Stereo noise, off centre so that a forgotten mean shows."""
    return (np.random.default_rng(seed).standard_normal((2, frames)) * 0.3 + 0.01).astype(np.float32)


def engine(path: Path, name: str = "bag", precision: str = "fp32", trusted: bool = False) -> Demucs:
    choice = EngineChoice("demucs", "1", name, "", path, precision, trusted=trusted)
    return Demucs.load(choice, Compute("cpu", 1))


def ours(separator: Demucs, mix: np.ndarray, **settings: object) -> np.ndarray:
    mono = mix.mean(axis=0, dtype=np.float64)
    level = MixLevel(float(mono.mean()), float(mono.std(ddof=1)))
    blocks = (mix[:, at : at + 1000] for at in range(0, mix.shape[1], 1000))
    made = separator.separate(
        blocks, mix.shape[1], Hertz(tiny.RATE), SeparateSettings(level=level, **settings), lambda *told: None
    )
    return np.concatenate(list(made), axis=-1)


def theirs(
    bag: BagOfModels, mix: np.ndarray, shifts: int = 0, overlap: float = 0.25, seed: int = 0
) -> np.ndarray:
    """As demucs.api.Separator.separate_tensor does it."""
    wave = torch.from_numpy(mix)
    mono = wave.mean(0)
    mean, std = mono.mean(), mono.std() + 1e-8
    random.seed(seed)
    with torch.no_grad():
        stems = apply_model(bag, ((wave - mean) / std)[None], shifts=shifts, overlap=overlap)[0]
    return (stems * std + mean).numpy()


def snr_db(reference: np.ndarray, estimate: np.ndarray) -> float:
    error = float(np.sum((reference.astype(np.float64) - estimate) ** 2))
    return 10 * np.log10(float(np.sum(reference.astype(np.float64) ** 2)) / max(error, 1e-30))


NETWORKS = {
    "htdemucs": lambda: ([tiny.htdemucs()], None, None),
    "hdemucs": lambda: ([tiny.hdemucs()], None, None),
    "demucs": lambda: ([tiny.demucs()], None, 1.5),
    "six stems": lambda: ([tiny.htdemucs(sources=tiny.SIX)], None, None),
    "weighted bag": lambda: (
        [tiny.htdemucs(1), tiny.htdemucs(2)],
        [[1.0, 0.0, 2.0, 0.5], [0.0, 1.0, 1.0, 0.5]],
        None,
    ),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_same_stems_as_demucs_itself(kind: str, tmp_path: Path) -> None:
    networks, weights, segment = NETWORKS[kind]()
    separator = engine(tiny.save_bag(tmp_path / "bag", "bag", networks, weights, segment))
    bag = BagOfModels(networks, weights, segment)
    assert separator.stems == tuple(bag.sources)
    # several segments; exactly one; one and a frame; less than one; shorter than an analysis window
    for frames in (40_123, 15_600, 15_601, 3_000, 701):
        mix = noise(frames)
        expected = theirs(bag, mix)
        stems = ours(separator, mix)
        assert stems.shape == expected.shape
        assert snr_db(expected, stems) > 100


@pytest.mark.parametrize("overlap", [0.0, 0.6])
def test_overlap_as_demucs(overlap: float, tmp_path: Path) -> None:
    network = tiny.htdemucs()
    separator = engine(tiny.save_bag(tmp_path / "bag", "bag", [network]))
    mix = noise(40_123)
    assert (
        snr_db(theirs(BagOfModels([network]), mix, overlap=overlap), ours(separator, mix, overlap=overlap))
        > 100
    )


def test_shift_as_demucs_and_by_its_seed(tmp_path: Path) -> None:
    network = tiny.hdemucs()
    separator = engine(tiny.save_bag(tmp_path / "bag", "bag", [network]))
    mix = noise(30_000)
    shifted = ours(separator, mix, shifts=1, seed=3)
    assert snr_db(theirs(BagOfModels([network]), mix, shifts=1, seed=3), shifted) > 100
    assert np.array_equal(shifted, ours(separator, mix, shifts=1, seed=3))
    assert snr_db(shifted, ours(separator, mix, shifts=1, seed=4)) < 60


def test_several_shifts_are_their_mean(tmp_path: Path) -> None:
    """Hybrid networks draw no random numbers of their own, so demucs' draws are those of a plain generator."""
    network = tiny.hdemucs()
    separator = engine(tiny.save_bag(tmp_path / "bag", "bag", [network]))
    mix = noise(30_000)
    expected = theirs(BagOfModels([network]), mix, shifts=3, seed=5)
    assert snr_db(expected, ours(separator, mix, shifts=3, seed=5)) > 100


def test_wanted_stems_are_the_same_when_others_are_left_out(tmp_path: Path) -> None:
    networks = [tiny.htdemucs(number) for number in range(4)]
    own = [[1.0 if stem == number else 0.0 for stem in range(4)] for number in range(4)]
    separator = engine(tiny.save_bag(tmp_path / "bag", "bag", networks, own))
    mix = noise(20_000)
    everything, vocals = ours(separator, mix), ours(separator, mix, wanted=("vocals",))
    assert np.array_equal(everything[3], vocals[3])
    assert vocals[:3].std(axis=-1).max() < 1e-6  # their networks did not run


@pytest.mark.parametrize(("seconds", "overlap"), [(20, 0.25), (80, 0.25), (20, 0.9)])
def test_memory_does_not_grow_with_the_track(seconds: int, overlap: float, tmp_path: Path) -> None:
    """It never reads further ahead of what it has given back than a few segments, however long the track."""
    separator = engine(tiny.save_bag(tmp_path / "bag", "bag", [tiny.demucs()], segment=1.0))
    frames, taken, given, ahead = seconds * tiny.RATE, 0, 0, 0

    def blocks() -> Iterator[np.ndarray]:
        nonlocal taken
        for at in range(0, frames, 1000):
            taken += 1000
            yield np.zeros((2, min(1000, frames - at)), np.float32)

    settings = SeparateSettings(level=MixLevel(0.0, 0.3), overlap=overlap)
    for stems in separator.separate(blocks(), frames, Hertz(tiny.RATE), settings, lambda *told: None):
        ahead = max(ahead, taken - given)
        given += stems.shape[-1]
    assert given == frames
    assert ahead <= 3 * tiny.RATE


def test_silence_stays_silent(tmp_path: Path) -> None:
    separator = engine(tiny.save_bag(tmp_path / "bag", "bag", [tiny.htdemucs()]))
    assert np.abs(ours(separator, np.zeros((2, 20_000), np.float32))).max() < 1e-6


def test_bf16_is_close(tmp_path: Path) -> None:
    network = tiny.htdemucs()
    folder = tiny.save_bag(tmp_path / "bag", "bag", [network])
    mix = noise(20_000)
    bag = BagOfModels([network])
    exact = theirs(bag, mix)
    # How near bf16 comes to a network of random weights is the machine's affair: torch's own way is the measure.
    with torch.autocast("cpu", torch.bfloat16):
        near = snr_db(exact, theirs(bag, mix))
    close = snr_db(exact, ours(engine(folder, precision="bf16"), mix))
    assert near - 3 < close < 100  # it is another arithmetic, and a near one


def test_progress_rises_and_cancel_stops(tmp_path: Path) -> None:
    separator = engine(tiny.save_bag(tmp_path / "bag", "bag", [tiny.htdemucs()]))
    mix = noise(40_123)
    told: list[float] = []

    def stop_half_way(fraction: float, note: str = "") -> None:
        told.append(fraction)
        if fraction > 0.5:
            raise Cancelled("nobody wants it")

    stream = separator.separate(
        iter([mix]), mix.shape[1], Hertz(tiny.RATE), SeparateSettings(level=MixLevel(0.0, 0.3)), stop_half_way
    )
    with pytest.raises(Cancelled):
        list(stream)
    assert told == sorted(told)
    assert len(told) > 10  # several times within a segment


def test_out_of_memory_halves_the_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = tiny.htdemucs()
    separator = engine(tiny.save_bag(tmp_path / "bag", "bag", [network]))
    separator._forward._batch = 4
    run = separator._forward._modules[0].forward

    def small_device(mix: torch.Tensor) -> torch.Tensor:
        if separator._forward.batch(0) > 1:
            raise torch.OutOfMemoryError("out of memory")
        return run(mix)

    monkeypatch.setattr(separator._forward._modules[0], "forward", small_device)
    mix = noise(60_000)
    assert snr_db(theirs(BagOfModels([network]), mix), ours(separator, mix)) > 100
    assert "batch reduced to 1" in separator.reason


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU, so nothing to fall back from")
def test_a_device_that_torch_lacks_falls_back_to_the_cpu_and_says_so(tmp_path: Path) -> None:
    network = tiny.htdemucs()
    folder = tiny.save_bag(tmp_path / "bag", "bag", [network])
    separator = Demucs.load(
        EngineChoice("demucs", "1", "bag", path=folder, precision="fp16"), Compute("cuda", 1)
    )
    assert separator.device == "cpu"
    assert "torch cannot use cuda here" in separator.reason
    mix = noise(20_000)
    assert snr_db(theirs(BagOfModels([network]), mix), ours(separator, mix)) > 30


def test_what_a_device_cannot_do_is_done_on_the_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = tiny.hdemucs()
    separator = engine(tiny.save_bag(tmp_path / "bag", "bag", [network]))

    def unknown(mix: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError("The operator 'aten::stft' is not currently implemented for the MPS device")

    monkeypatch.setattr(separator._forward._modules[0], "forward", unknown)
    separator._forward.device = "mps"
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, *place, to=torch.Tensor.to: to(tensor, "cpu"))
    mix = noise(20_000)
    stems = ours(separator, mix)
    assert separator.device == "cpu"
    assert "mps cannot do an operation" in separator.reason
    assert snr_db(theirs(BagOfModels([network]), mix), stems) > 100


def test_overflow_in_half_precision_is_done_again_in_single(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = tiny.htdemucs()
    separator = engine(tiny.save_bag(tmp_path / "bag", "bag", [network]))
    separator._forward.precision = "fp16"
    run = separator._forward._modules[0].forward
    monkeypatch.setattr(separator._forward._modules[0], "forward", lambda mix: run(mix) * torch.inf)
    mix = noise(20_000)
    assert snr_db(theirs(BagOfModels([network]), mix), ours(separator, mix)) > 100
    assert "half precision overflowed" in separator.reason


def test_older_networks_are_not_run_in_half_precision(tmp_path: Path) -> None:
    network = tiny.hdemucs()
    separator = engine(tiny.save_bag(tmp_path / "bag", "bag", [network]), precision="bf16")
    mix = noise(20_000)
    assert snr_db(theirs(BagOfModels([network]), mix), ours(separator, mix)) > 100
    assert separator.reason == "fp32: this kind of network needs it"


def test_out_of_memory_with_one_segment_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    separator = engine(tiny.save_bag(tmp_path / "bag", "bag", [tiny.htdemucs()]))

    def no_memory(mix: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes")

    monkeypatch.setattr(separator._forward._modules[0], "forward", no_memory)
    with pytest.raises(OutOfMemory):
        ours(separator, noise(20_000))


def test_segments_side_by_side_are_the_same(tmp_path: Path) -> None:
    folder = tiny.save_bag(tmp_path / "bag", "bag", [tiny.htdemucs()])
    mix = noise(60_000)
    together = Demucs.load(EngineChoice("demucs", "1", "bag", path=folder), Compute("cpu", 2))
    assert together._forward.batch(15_600) == 2
    assert snr_db(ours(engine(folder), mix), ours(together, mix)) > 100


def test_needs_the_level_and_its_own_rate(tmp_path: Path) -> None:
    separator = engine(tiny.save_bag(tmp_path / "bag", "bag", [tiny.htdemucs()]))
    with pytest.raises(BadParameter):
        next(
            separator.separate(iter([noise(10)]), 10, Hertz(tiny.RATE), SeparateSettings(), lambda *told: None)
        )


def test_registry_loads_it(tmp_path: Path) -> None:
    tiny.save_bag(tmp_path / "bag", "bag", [tiny.htdemucs()])
    loaded = load(EngineChoice("demucs", "1", "bag", path=tmp_path / "bag"), Compute("cpu", 1))
    assert loaded.device == "cpu"
    assert "fp32" in loaded.reason


def test_single_file_without_a_definition(tmp_path: Path) -> None:
    tiny.save_safetensors(tiny.htdemucs(), tmp_path / "mine.safetensors")
    assert engine(tmp_path).stems == tuple(tiny.FOUR)
    assert engine(tmp_path / "mine.safetensors").stems == tuple(tiny.FOUR)


def test_pickle_only_when_trusted(tmp_path: Path) -> None:
    tiny.save_pickle(tiny.htdemucs(), tmp_path / "mine.th")
    with pytest.raises(Forbidden, match=r"roadie models add mine .*--trust"):
        engine(tmp_path, name="mine")
    assert engine(tmp_path, name="mine", trusted=True).stems == tuple(tiny.FOUR)


def test_pickle_of_a_bag_with_checksum_in_its_name(tmp_path: Path) -> None:
    tiny.save_pickle(tiny.htdemucs(), tmp_path / "abc123-0f0f0f0f.th")
    (tmp_path / "bag.yaml").write_text("models: ['abc123']\n")
    assert engine(tmp_path, trusted=True).stems == tuple(tiny.FOUR)


@pytest.mark.parametrize("klass", ["os.system", "subprocess.Popen", "torch.nn.Linear", None])
def test_metadata_cannot_name_another_class(klass: str | None, tmp_path: Path) -> None:
    metadata = {"args": json.dumps(["touch evil"]), "kwargs": "{}"} | ({"klass": klass} if klass else {})
    save_file({"x": torch.zeros(1)}, str(tmp_path / "evil.safetensors"), metadata)
    with pytest.raises(BadWeights, match="not one of the Demucs networks"):
        engine(tmp_path)


def test_metadata_structure_cannot_name_another_class(tmp_path: Path) -> None:
    metadata = {
        "klass": "demucs.htdemucs.HTDemucs",
        "args": "[]",
        "kwargs": "{}",
        "structure": json.dumps({"_list": [{"_class": "os.system"}]}),
    }
    save_file({"x": torch.zeros(1)}, str(tmp_path / "evil.safetensors"), metadata)
    with pytest.raises(BadWeights, match=r"os\.system"):
        engine(tmp_path)


def test_damaged_and_missing_files_are_named(tmp_path: Path) -> None:
    folder = tiny.save_bag(tmp_path / "bag", "bag", [tiny.htdemucs()])
    weights = folder / "sig0.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(BadWeights, match=r"sig0\.safetensors"):
        engine(folder)
    weights.unlink()
    with pytest.raises(BadWeights, match="sig0"):
        engine(folder)
    (folder / "bag.yaml").write_text("models: ['../../etc/passwd']")
    with pytest.raises(BadWeights, match=r"bag\.yaml"):
        engine(folder)
    with pytest.raises(NotInstalled):
        engine(tmp_path / "nowhere")


def test_precision_of_a_cpu_follows_its_flags(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nflags\t\t: fpu avx512f avx512_bf16\n")
    assert precision.choose("cpu", cpuinfo)[0] == "bf16"
    cpuinfo.write_text("processor\t: 0\nflags\t\t: fpu avx512f\n")
    assert precision.choose("cpu", cpuinfo)[0] == "fp32"
    assert precision.choose("cpu", tmp_path / "none")[0] == "fp32"
    assert precision.choose("mps")[0] == "fp32"
