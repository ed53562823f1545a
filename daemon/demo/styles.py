"""Grooves. A pattern is one bar of sixteenths: X accented, x normal, o soft, . silent."""

from __future__ import annotations

from dataclasses import dataclass

STRENGTH = {"X": 1.0, "x": 0.78, "o": 0.42}


@dataclass(frozen=True, slots=True)
class Style:
    """verse, chorus: drum name -> pattern. bass: rhythm, where the letter r is the root, f the fifth, o the
    octave, a an approach to the next root. chords: rhythm; a dash holds. swing: share of a sixteenth by which
    every second one comes late. chord_size: 3 triads, 4 with sevenths."""

    name: str
    tempo_bpm: tuple[int, int]
    verse: dict[str, str]
    chorus: dict[str, str]
    bass: tuple[str, ...]
    chords: tuple[str, ...]
    swing: float = 0.0
    chord_size: int = 3


POP = Style(
    "pop",
    (96, 126),
    verse={"kick": "X.....x.X.......", "snare": "....X.......X...", "closed-hat": "x.o.x.o.x.o.x.o."},
    chorus={
        "kick": "X..x..x.X.x.....",
        "snare": "....X.......X..o",
        "open-hat": "..............x.",
        "closed-hat": "X.x.X.x.X.x.X...",
    },
    bass=("r-------r---f-o-", "r-r-r-r-r-r-r-a-", "r-----r-r---o-a-"),
    chords=("X---------------", "X-----X---X-----", "X-------X-------"),
)
FUNK = Style(
    "funk",
    (92, 112),
    verse={"kick": "X.x....x..x.....", "snare": "....X..o.o..X...", "closed-hat": "XoxoXoxoXoxoXoxo"},
    chorus={
        "kick": "X.x...x..xx...x.",
        "snare": "....X..o.o..X..o",
        "closed-hat": "XoxoXoxoXoxoXo..",
        "open-hat": "..............X.",
    },
    bass=("r..r-.o...r.f.a.", "r-.o..r-..f-r.a.", "r.r..o..r-.f.o.a"),
    chords=("..X...X-..X..X..", "X-..X...X-....X.", "....X-....X.X-.."),
    swing=0.12,
    chord_size=4,
)
BALLAD = Style(
    "ballad",
    (68, 84),
    verse={"kick": "X.........x.....", "rim": "....x.......x...", "closed-hat": "x.o.x.o.x.o.x.o."},
    chorus={"kick": "X......x..x.....", "snare": "....X.......X...", "ride": "x.x.X.x.x.x.X.x."},
    bass=("r-------------a-", "r-----r-f-----a-", "r-------o---f---"),
    chords=("X---------------", "X-x-x-x-X-x-x-x-", "X-------x-------"),
    chord_size=4,
)
HOUSE = Style(
    "house",
    (118, 128),
    verse={"kick": "X...X...X...X...", "closed-hat": "..x...x...x...x.", "clap": "....X.......X..."},
    chorus={
        "kick": "X...X...X...X...",
        "clap": "....X.......X...",
        "open-hat": "..X...X...X...X.",
        "closed-hat": "xoxoxoxoxoxoxoxo",
    },
    bass=("..r-..r-..r-..o-", "r.or.or.or.or.o.", "..r.r...r-r...o-"),
    chords=("..X...X...X...X.", "X--X--X---X--X--", "X---------------"),
    chord_size=4,
)
HIPHOP = Style(
    "hiphop",
    (82, 98),
    verse={"kick": "X......x..x.....", "snare": "....X.......X...", "closed-hat": "x.x.x.x.x.x.xox."},
    chorus={
        "kick": "X.x....x..x..x..",
        "snare": "....X.......X..o",
        "closed-hat": "xoxoxoxoxoxoxooo",
        "shaker": "..o...o...o...o.",
    },
    bass=("r-----.r..r-----", "r---..r-..f---a-", "r-------..r-o-a-"),
    chords=("X---------------", "X--x--X---------", "..X-..X-..X-..X-"),
    swing=0.22,
    chord_size=4,
)
ROCK = Style(
    "rock",
    (104, 148),
    verse={"kick": "X.......X.x.....", "snare": "....X.......X...", "closed-hat": "X.x.X.x.X.x.X.x."},
    chorus={"kick": "X..x....X.x...x.", "snare": "....X.......X...", "ride": "X.x.X.x.X.x.X.x."},
    bass=("r-r-r-r-r-r-r-r-", "r---r-r-r---r-a-", "r-r-r-o-r-r-f-a-"),
    chords=("X---------------", "X-------X---X---", "X---X---X---X---"),
)
STYLES = {style.name: style for style in (POP, FUNK, BALLAD, HOUSE, HIPHOP, ROCK)}

TUNES = (
    "x--.x-x---..x-x-x---x---....x-x-",
    "x---x---x-x-x-----..x-x-x-------",
    "..x-x-x-x---x-......x-x-x---x---",
    "x-x-x---..x-x-x-x---x-----......",
    "x-----x---x-x---x-----x---..x-x-",
    "x---x-x-x-------x---x-x-x---....",
)
"""Rhythms of the melody over two bars: x begins a note, a dash holds it, a dot is a breath."""
