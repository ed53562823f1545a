from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daemon.engines.classifier.classes import CLASSES
from daemon.engines.classifier.learned import Learned
from daemon.kernel.errors import BadConfig

DIMS = 128


def near(rng: np.random.Generator, centre: np.ndarray, count: int) -> np.ndarray:
    rows = centre + 0.02 * rng.standard_normal((count, DIMS))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def taught(rng: np.random.Generator) -> tuple[Learned, np.ndarray, np.ndarray]:
    """Ten sounds called "riddim", of which the network thinks that they are toms, and ten kicks that are."""
    centres = np.linalg.qr(rng.standard_normal((DIMS, 3)))[0].T
    embeddings = np.concatenate([near(rng, centres[0], 10), near(rng, centres[1], 10)])
    shares = np.full(len(CLASSES), 0.004, np.float32)
    shares[CLASSES.index("tom")] = 0.9
    learned = Learned.taught(embeddings, ["riddim"] * 10 + ["kick"] * 10)
    return learned, centres, shares / shares.sum()


def best(learned: Learned, shares: np.ndarray, embedding: np.ndarray) -> str:
    names, mixed = learned.applied(shares, embedding)
    assert mixed.sum() == pytest.approx(1, abs=1e-5)
    return names[int(mixed.argmax())]


def test_a_new_class_is_heard_in_sounds_like_those_taught() -> None:
    rng = np.random.default_rng(1)
    learned, centres, tom = taught(rng)
    for row in near(rng, centres[0], 20):
        assert best(learned, tom, row) == "riddim"


def test_what_is_unlike_all_of_them_is_left_to_the_network() -> None:
    rng = np.random.default_rng(2)
    learned, centres, tom = taught(rng)
    assert best(learned, tom, near(rng, centres[2], 1)[0]) == "tom"


def test_a_few_sounds_of_one_class_do_not_take_in_all_others() -> None:
    """Nothing was taught of what is unlike them: at a cosine of 0.4 it is the network's."""
    rng = np.random.default_rng(5)
    centre, other = np.linalg.qr(rng.standard_normal((DIMS, 2)))[0].T
    learned = Learned.taught(near(rng, centre, 5), ["drum-loop"] * 5)
    shares = np.full(len(CLASSES), 0.5 / (len(CLASSES) - 1), np.float32)
    shares[CLASSES.index("synth")] = 0.5
    apart = (0.4 * centre + np.sqrt(1 - 0.4**2) * other).astype(np.float32)
    assert best(learned, shares, apart) == "synth"
    assert best(learned, shares, near(rng, centre, 1)[0]) == "drum-loop"


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    learned, centres, tom = taught(np.random.default_rng(3))
    learned.write(tmp_path / "taught.npz")
    again = Learned.read(tmp_path / "taught.npz")
    assert again.names == (*CLASSES, "riddim")
    sound = near(np.random.default_rng(4), centres[0], 1)[0]
    np.testing.assert_array_equal(learned.applied(tom, sound)[1], again.applied(tom, sound)[1])


def test_a_file_that_is_no_such_thing_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_bytes(b"no zip")
    with pytest.raises(BadConfig, match=r"bad\.npz"):
        Learned.read(tmp_path / "bad.npz")


def test_what_an_older_roadie_wrote_is_read_as_sounds_that_are_no_loops(tmp_path: Path) -> None:
    learned, centres, tom = taught(np.random.default_rng(3))
    np.savez(
        tmp_path / "old.npz",
        names=np.array(learned.names),
        embeddings=learned.embeddings,
        labels=learned.labels,
    )
    old = Learned.read(tmp_path / "old.npz")
    assert best(old, tom, near(np.random.default_rng(4), centres[0], 1)[0]) == "riddim"


def test_loops_are_compared_with_loops() -> None:
    rng = np.random.default_rng(6)
    centre = np.linalg.qr(rng.standard_normal((DIMS, 1)))[0].T[0]
    learned = Learned.taught(near(rng, centre, 2), ["hit", "groove"], [False, True])
    even = np.full(len(CLASSES), 1 / len(CLASSES), np.float32)
    assert best(learned, even, near(rng, centre, 1)[0]) == "hit"
    names, shares = learned.applied(even, near(rng, centre, 1)[0], loop=True)
    assert names[int(shares.argmax())] == "groove"


def test_classes_that_differ_in_case_alone_have_their_votes_together(tmp_path: Path) -> None:
    """In what is learnt now, and in what an older roadie wrote, where one class has two numbers."""
    rng = np.random.default_rng(7)
    centres = np.linalg.qr(rng.standard_normal((DIMS, 2)))[0].T
    embeddings = np.concatenate([near(rng, centres[0], 3), near(rng, centres[1], 1)])
    learned = Learned.taught(embeddings, ["Zip", "zip", "zip", "KICK"])
    names = (*CLASSES, "Zip", "zip")
    np.savez(
        tmp_path / "old.npz", names=np.array(names), embeddings=embeddings[:3], loops=np.zeros(3, bool),
        labels=np.array([names.index(one) for one in ("Zip", "zip", "zip")]),
    )  # fmt: skip
    for each in (learned, Learned.read(tmp_path / "old.npz")):
        assert {each.names[label] for label in each.labels} <= {"Zip", "kick"}
        told, shares = each.applied(np.full(len(CLASSES), 1 / len(CLASSES), np.float32), embeddings[1])
        assert told[int(shares.argmax())] == "Zip" and shares[told.index("zip")] == 0
