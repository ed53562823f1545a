from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.drum_sounds import make_kit
from daemon.engines import registry
from daemon.engines.classifier.typical import TYPICAL
from daemon.engines.protocol import Compute
from daemon.kernel.work import EngineChoice

RATE = 44100
ENGINE = registry.load(EngineChoice("classifier", "0.1"), Compute())


def classify(folder: Path, sounds: list[np.ndarray], hint: dict) -> list:
    paths = []
    for i, sound in enumerate(sounds):
        paths.append(folder / f"{i}.wav")
        soundfile.write(paths[-1], sound, RATE, subtype="FLOAT")
    return ENGINE.classify(paths, [hint] * len(paths), lambda *_: None)


def test_drums_of_kits_it_has_not_seen(tmp_path: Path) -> None:
    """Four classes that nobody mixes up, each right in at least five of six kits; what is sure is mostly right."""
    names = ["kick", "snare", "clap", "closed-hat", "cowbell", "tom"]
    sure = right = 0
    for name in names:
        kits = [make_kit(np.random.default_rng(70_000 + i), RATE, ("analog", "acoustic")) for i in range(6)]
        found = classify(tmp_path, [0.7 * kit[name] for kit in kits], {"stem": "drums"})
        assert sum(one.label == name for one in found) >= 4, (name, [one.label for one in found])
        sure += sum(one.confidence >= 0.6 for one in found)
        right += sum(one.confidence >= 0.6 and one.label == name for one in found)
    assert right / sure >= 0.85


def test_the_stem_speaks(tmp_path: Path) -> None:
    t = np.arange(RATE) / RATE
    low = 0.5 * np.sin(2 * np.pi * 55 * t) * np.exp(-t / 0.4)
    assert classify(tmp_path, [low], {"stem": "bass"})[0].label == "bass"
    sung = 0.3 * sum(np.sin(2 * np.pi * 330 * k * t) / k for k in range(1, 6)) * np.minimum(t / 0.15, 1)
    assert classify(tmp_path, [sung], {"stem": "vocals"})[0].label == "vocal"
    assert classify(tmp_path, [low], {"stem": "bass"})[0].measures["root_note"] == 33  # A1
    drums = classify(tmp_path, [low], {"stem": "drums"})[0]
    assert drums.label in {"kick", "tom", "perc", "unsure"}


def test_unsure_is_said_and_offers_what_it_might_be(tmp_path: Path) -> None:
    """Three drums at once are no single class: some of thirty such mixtures must be left open."""
    rng = np.random.default_rng(4)
    mixtures = []
    for i in range(10):
        kit = make_kit(np.random.default_rng(70_300 + i), RATE, ("analog",))
        for _ in range(3):
            mixture = np.zeros(4 * RATE)
            for name in rng.choice(sorted(kit), 3, replace=False):
                mixture[: kit[name].size] += 0.3 * kit[name]
            mixtures.append(mixture)
    found = classify(tmp_path, mixtures, {})
    open_ones = [one for one in found if one.label == "unsure"]
    assert open_ones
    assert all(one.confidence < 0.4 and one.alternatives for one in open_ones)
    assert all(one.confidence >= 0.4 for one in found if one.label != "unsure")
    silent = classify(tmp_path, [np.zeros(RATE)], {})[0]
    assert (silent.label, silent.confidence) == ("unsure", 0.0)


def test_loops_are_told_from_one_shots(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    loop = np.zeros(2 * RATE)
    for i in range(8):
        loop[i * RATE // 4 :][:4000] += 0.5 * rng.standard_normal(4000) * np.exp(-np.arange(4000) / 900)
    found = classify(tmp_path, [loop, loop[: RATE // 4]], {})
    assert [one.kind for one in found] == ["loop", "one-shot"]
    assert classify(tmp_path, [loop], {"kind": "one-shot"})[0].kind == "one-shot"


def test_confidence_and_alternatives_are_shares(tmp_path: Path) -> None:
    kit = make_kit(np.random.default_rng(70_100), RATE, ("analog",))
    for one in classify(tmp_path, [0.5 * sound for sound in kit.values()], {}):
        shares = [share for _, share in one.alternatives]
        assert shares == sorted(shares, reverse=True)
        assert 0 <= one.confidence <= 1
        assert one.confidence + sum(shares) <= 1.001 or one.label == "unsure"
        assert one.label in {*TYPICAL, "unsure"}


def test_every_class_of_the_product_has_its_row() -> None:
    drums = {"kick", "snare", "rim", "clap", "snap", "closed-hat", "open-hat", "tom", "crash", "ride", "shaker"}
    drums |= {"tambourine", "cowbell", "hand-drum", "perc"}
    tuned = {"bass", "guitar", "keys", "strings", "brass", "woodwind", "mallet", "synth", "vocal", "fx"}
    assert set(TYPICAL) == drums | tuned
    assert all(len(centre) == len(width) == 11 and min(width) > 0 for centre, width in TYPICAL.values())


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    from daemon.kernel.errors import InputError

    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF....not a wave")
    with pytest.raises(InputError, match=r"broken\.wav"):
        ENGINE.classify([broken], [{}], lambda *_: None)
