from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.drum_patterns import play
from bench.drum_sounds import make_kit
from daemon.engines import registry
from daemon.engines.classifier.classes import CLASSES, DRUMS
from daemon.engines.classifier.engine import TrainedClassifier
from daemon.engines.classifier.network import Network
from daemon.engines.classifier.prior import weighed
from daemon.engines.protocol import Classification, Compute
from daemon.kernel.errors import InputError
from daemon.kernel.work import EMBEDDING_DIMS, EngineChoice

RATE = 44100
ENGINE = registry.load(EngineChoice("classifier", "1.0"), Compute())


def classify(folder: Path, sounds: list[np.ndarray], hint: dict) -> list[Classification]:
    paths = []
    for i, sound in enumerate(sounds):
        paths.append(folder / f"{i}.wav")
        soundfile.write(paths[-1], sound, RATE, subtype="FLOAT")
    return ENGINE.classify(paths, [hint] * len(paths), lambda *_: None)


def test_drums_of_kits_it_has_not_heard(tmp_path: Path) -> None:
    """By the frozen generators of the benches, which training does not use: analogue and acoustic-like kits."""
    names = ["kick", "snare", "clap", "closed-hat", "cowbell", "tom"]
    sure = right = 0
    for name in names:
        kits = [make_kit(np.random.default_rng(70_000 + i), RATE, ("analog", "acoustic")) for i in range(6)]
        found = classify(tmp_path, [0.7 * kit[name] for kit in kits], {})
        assert sum(one.label == name for one in found) >= 4, (name, [one.label for one in found])
        sure += sum(one.confidence >= 0.8 for one in found)
        right += sum(one.confidence >= 0.8 and one.label == name for one in found)
    assert right / sure >= 0.9


def test_the_stem_speaks(tmp_path: Path) -> None:
    t = np.arange(RATE) / RATE
    low = 0.5 * np.sin(2 * np.pi * 55 * t) * np.exp(-t / 0.4)
    bass = classify(tmp_path, [low], {"stem": "bass"})[0]
    assert bass.label == "bass"
    assert bass.measures["root_note"] == 33  # A1
    drums = classify(tmp_path, [low], {"stem": "drums"})[0]
    assert drums.label in {"kick", "tom", "perc", "hand-drum"}
    sung = 0.3 * sum(np.sin(2 * np.pi * 330 * k * t) / k for k in range(1, 6)) * np.minimum(t / 0.15, 1)
    told, untold = (classify(tmp_path, [sung], hint)[0] for hint in ({"stem": "vocals"}, {}))
    assert share(told, "vocal") > share(untold, "vocal")


def test_a_name_decides_where_the_ear_is_in_doubt_and_not_where_it_is_sure() -> None:
    names = ("kick", "snare", "rim", "my own")
    doubt, sure = np.array([0.05, 0.55, 0.35, 0.05]), np.array([0.96, 0.02, 0.01, 0.01])
    assert names[weighed(doubt, names, "", ["rim"]).argmax()] == "rim"
    assert names[weighed(sure, names, "", ["snare"]).argmax()] == "kick"
    assert weighed(sure, names, "", ["snare"]).max() < 0.96  # it is a little less sure then
    assert weighed(doubt, names, "", ["rim"])[3] > 0.05  # the owner's own class loses nothing by it
    np.testing.assert_array_equal(weighed(doubt, names, "", []), doubt)
    assert weighed(doubt, names, "drums", ["rim"]).sum() == pytest.approx(1)


def share(found: Classification, label: str) -> float:
    return found.confidence if found.label == label else dict(found.alternatives).get(label, 0.0)


def test_silence_is_unsure(tmp_path: Path) -> None:
    silent = classify(tmp_path, [np.zeros(RATE)], {})[0]
    assert (silent.label, silent.confidence, silent.embedding) == ("unsure", 0.0, None)


def test_level_rate_and_channels_do_not_matter(tmp_path: Path) -> None:
    kit = make_kit(np.random.default_rng(70_400), RATE, ("analog",))
    for name in ("kick", "snare"):
        plain = classify(tmp_path, [0.5 * kit[name]], {})[0]
        quiet = classify(tmp_path, [0.01 * kit[name]], {})[0]
        wide = classify(tmp_path, [np.stack([0.5 * kit[name]] * 2, axis=1)], {})[0]
        late = classify(tmp_path, [np.concatenate([np.zeros(9000), 0.5 * kit[name]])], {})[0]
        assert {quiet.label, wide.label, late.label} == {plain.label}
        for other in (quiet, wide, late):
            assert plain.embedding is not None and other.embedding is not None
            assert float(plain.embedding @ other.embedding) > 0.97


def test_embeddings_are_of_length_one_and_like_for_like(tmp_path: Path) -> None:
    kits = [make_kit(np.random.default_rng(70_500 + i), RATE, ("analog",)) for i in range(2)]
    found = classify(tmp_path, [kit[name] for kit in kits for name in ("kick", "closed-hat")], {})
    rows = np.stack([one.embedding for one in found if one.embedding is not None])
    assert rows.shape == (4, EMBEDDING_DIMS) and rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    likeness = rows @ rows.T
    assert likeness[0, 2] > likeness[0, 1] and likeness[1, 3] > likeness[1, 2]


def test_loops_are_told_from_one_shots(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    loop = np.zeros(2 * RATE)
    for i in range(8):
        loop[i * RATE // 4 :][:4000] += 0.5 * rng.standard_normal(4000) * np.exp(-np.arange(4000) / 900)
    found = classify(tmp_path, [loop, loop[: RATE // 4]], {})
    assert [one.kind for one in found] == ["loop", "one-shot"]
    assert classify(tmp_path, [loop], {"kind": "one-shot"})[0].kind == "one-shot"


def test_drum_loops_are_drums(tmp_path: Path) -> None:
    """Many hits within one picture are an effect to a network that knows single sounds; so it hears them singly."""
    rngs = [np.random.default_rng(71_000 + i) for i in range(6)]
    loops = [play(rng, make_kit(rng, RATE, ("analog", "acoustic")), RATE, bars=2).audio.T for rng in rngs]
    found = classify(tmp_path, loops, {"kind": "loop"})
    assert [one.label for one in found if one.label not in DRUMS] == []


def test_a_loop_of_one_drum_is_that_drum_and_a_pad_is_heard_along_the_way(tmp_path: Path) -> None:
    kick = 0.8 * make_kit(np.random.default_rng(70_300), RATE, ("analog",))["kick"][: RATE // 3]
    four = np.zeros(4 * RATE)
    for i in range(8):
        four[i * RATE // 2 :][: kick.size] += kick
    t = np.arange(4 * RATE) / RATE
    pad = 0.1 * sum(np.sin(2 * np.pi * hz * t) / k for hz in (220, 277, 330) for k in (1, 2, 3))
    beat, held = classify(tmp_path, [four, pad], {"kind": "loop"})
    assert (beat.label, beat.kind) == ("kick", "loop")
    assert held.label not in DRUMS and held.embedding is not None


def beat(kit: dict[str, np.ndarray], turns: tuple[str, ...]) -> np.ndarray:
    """Four seconds of eight hits, whose voices take turns."""
    audio = np.zeros(4 * RATE)
    for i in range(8):
        hit = 0.7 * kit[turns[i % len(turns)]][: RATE // 2]
        audio[i * RATE // 2 :][: hit.size] += hit
    return audio


def test_a_loop_with_a_drum_that_its_owner_named_is_still_of_several_drums(tmp_path: Path) -> None:
    kit = make_kit(np.random.default_rng(70_300), RATE, ("analog",))
    one, other = beat(kit, ("kick", "snare", "closed-hat", "snare")), beat(kit, ("kick",))
    paths = [tmp_path / f"taught {i}.wav" for i in range(2)]
    for path, sound in zip(paths, (kit["kick"], one), strict=True):
        soundfile.write(path, 0.7 * sound, RATE)
    assert isinstance(ENGINE, TrainedClassifier)
    learned, _ = ENGINE.taught(paths[:1], ["boom"], lambda *_: None)
    engine = TrainedClassifier(Network(), learned)
    for path, sound in zip(paths, (one, other), strict=True):
        soundfile.write(path, sound, RATE)
    told = engine.classify(paths, [{"kind": "loop"}] * 2, lambda *_: None)
    assert [each.label for each in told] == ["perc", "boom"]
    learned, _ = ENGINE.taught(paths[:1], ["my loop"], lambda *_: None)
    told = TrainedClassifier(Network(), learned).classify(paths, [{"kind": "loop"}] * 2, lambda *_: None)
    assert [each.label for each in told] == ["my loop", "kick"]


def test_confidence_and_alternatives_are_shares(tmp_path: Path) -> None:
    kit = make_kit(np.random.default_rng(70_100), RATE, ("analog",))
    for one in classify(tmp_path, [0.5 * sound for sound in kit.values()], {}):
        shares = [share for _, share in one.alternatives]
        assert shares == sorted(shares, reverse=True)
        assert 0 <= one.confidence <= 1
        assert one.confidence + sum(shares) <= 1.002 or one.label == "unsure"
        assert one.label in {*CLASSES, "unsure"}
        assert one.label not in dict(one.alternatives)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF....not a wave")
    with pytest.raises(InputError, match=r"broken\.wav"):
        ENGINE.classify([broken], [{}], lambda *_: None)
