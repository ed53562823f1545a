"""Fills a library with made-up sounds: the tables as a scan would leave them, without the files."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

from daemon.library.database import Database
from daemon.library.spelling import learn_words, words
from daemon.library.tables import AssetRow
from daemon.library.text import sql, tempo_words

CLASSES = (
    "kick", "snare", "rim", "clap", "snap", "closed-hat", "open-hat", "tom", "crash", "ride", "shaker", "tambourine",
    "cowbell", "hand-drum", "perc", "bass", "guitar", "keys", "strings", "brass", "woodwind", "mallet", "synth",
    "vocal", "fx",
)  # fmt: skip
SHARES = (12, 12, 3, 6, 3, 9, 5, 5, 3, 3, 4, 2, 1, 3, 8, 6, 3, 3, 2, 2, 1, 1, 6, 5, 8)
MOODS = (
    *(
        "deep",
        "hard",
        "soft",
        "dry",
        "wet",
        "dusty",
        "vinyl",
        "tight",
        "fat",
        "punchy",
        "warm",
        "cold",
        "dark",
        "bright",
    ),
    *(
        "analog",
        "digital",
        "lofi",
        "crisp",
        "round",
        "short",
        "long",
        "airy",
        "grainy",
        "metal",
        "wooden",
        "clean",
    ),
    *(
        "dirty",
        "layered",
        "sub",
        "hollow",
        "vintage",
        "modern",
        "huge",
        "tiny",
        "muted",
        "open",
        "smooth",
        "rough",
    ),
)
MAKERS = (
    *(
        "atlas",
        "bluebird",
        "cascade",
        "delta",
        "ember",
        "fathom",
        "granite",
        "harbor",
        "indigo",
        "juniper",
        "kestrel",
    ),
    *(
        "lumen",
        "meridian",
        "nomad",
        "onyx",
        "prism",
        "quartz",
        "raven",
        "summit",
        "tundra",
        "umbra",
        "vertex",
        "willow",
    ),
)
KEYS = [
    name + mode
    for name in ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
    for mode in ("", "m")
]
BATCH = 20_000
_ASSETS = (
    'INSERT INTO asset (rowid, id, kind, name, class, confidence, bpm, "key", length_s, rate_hz, channels, rating, '
    "meta, added_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_PATHS = "INSERT INTO path (path, asset_id, size, mtime_ns, inode, made, missing) VALUES (?, ?, ?, ?, ?, 0, 0)"


def fill(db: Database, count: int, seed: int = 1) -> None:
    """Add `count` assets in `count` / 2000 packs, with rowids from 1 on; a quarter of them loops."""
    rng = random.Random(seed)
    packs = [
        f"/music/samples/{rng.choice(MAKERS)} {rng.choice(MOODS)} vol {n}" for n in range(max(count // 2000, 1))
    ]
    labels = rng.choices(CLASSES, SHARES, k=count)
    for start in range(0, count, BATCH):
        end = min(start + BATCH, count)
        db.submit(lambda start=start, end=end: _batch(rng, packs, labels, start, end)).result()
    vocabulary = words(" ".join((*CLASSES, *MOODS, *MAKERS, "loop music samples one shot vol source wav")))
    db.submit(lambda: learn_words(vocabulary)).result()


def _batch(rng: random.Random, packs: list[str], labels: list[str], start: int, end: int) -> None:
    sqlite = _Many()
    for number in range(start, end):
        label = labels[number]
        loop = rng.random() < 0.25
        kind, key = ("loop", rng.choice(KEYS)) if loop else ("one-shot", None)
        bpm = round(rng.gauss(120, 18), 1) if loop else None
        length_s = 240 / bpm * rng.choice((1, 2, 4)) if bpm else round(rng.lognormvariate(-0.8, 0.7), 4)
        said = label.replace("-", " ").title()
        name = f"{said} {rng.choice(MOODS)}_{rng.choice(MOODS)} {rng.randrange(1, 400):03d}.wav"
        folder = f"{packs[number % len(packs)]}/{said}s"
        meta = {
            "brightness_hz": round(rng.lognormvariate(7, 1), 1), "lufs": round(rng.gauss(-14, 5), 2),
            "noisiness": round(rng.random(), 3), "container": "wav", "codec": "pcm24", "payload": f"{number:064x}",
            "byte_hash": f"{number:064x}", "frames": int(44100 * length_s), "source": name[:-4], "peak_db": -0.3,
            "attack_s": 0.002, "decay_s": 0.2, "true_peak_dbtp": -0.2, "float_source": False, "bits": 24,
        }  # fmt: skip
        rowid, asset, path = number + 1, f"{number:064x}", f"{folder}/{number} {name}"
        sure = round(rng.betavariate(6, 1.5), 3)
        at = 1.7e9 + number
        sqlite.assets.append(
            (rowid, asset, kind, name, label, sure, bpm, key, length_s, 44100, 2, 0, json.dumps(meta), at)
        )
        sqlite.paths.append((path, asset, 300_000, number, number))
        sqlite.tags.append((asset, label, "model", sure))
        shown = " ".join(path.split("/")[-4:-1])
        facets = " ".join((*tempo_words(bpm), kind, label, key or ""))
        sqlite.texts.append((rowid, f"{name} {number} {name}", facets, label, shown))
        sqlite.touched.append((rowid,))
    sqlite.write()


class _Many:
    """Rows for one transaction."""

    def __init__(self) -> None:
        self.assets: list[tuple[object, ...]] = []
        self.paths: list[tuple[object, ...]] = []
        self.tags: list[tuple[object, ...]] = []
        self.texts: list[tuple[object, ...]] = []
        self.touched: list[tuple[object, ...]] = []

    def write(self) -> None:
        connection = AssetRow._meta.database.connection()
        for statement, rows in (
            (_ASSETS, self.assets),
            (_PATHS, self.paths),
            ("INSERT INTO tag (asset_id, label, origin, confidence) VALUES (?, ?, ?, ?)", self.tags),
            ("INSERT INTO asset_text (rowid, name, words, tags, folders) VALUES (?, ?, ?, ?, ?)", self.texts),
            ("INSERT INTO touched (number) VALUES (?)", self.touched),
        ):
            connection.executemany(statement, rows)


def made(home: Path, count: int) -> Database:
    """A library of `count` assets in `home`, made if it is not there; open."""
    database = Database(home / "roadie.db")
    database.open()
    there = int(database.read_now(lambda: sql("SELECT COUNT(*) FROM touched").fetchone()[0]))
    if there < count:
        began = time.perf_counter()
        fill(database, count)
        print(f"made {count} assets in {time.perf_counter() - began:.0f} s")
    return database
