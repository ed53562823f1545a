"""Real packs of Debian whose sounds have names: lmms-common and the two kits of hydrogen-data, and nothing else
that may lie beside them (hydrogen-drumkits fills the same folder)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr

from daemon.audio.reader import open_audio
from daemon.engines.classifier.image import RATE_HZ
from daemon.kernel.errors import UnreadableAudio
from training.tagger.sound import Sound, tidy

LMMS = Path("/usr/share/lmms/samples")
KITS = Path("/usr/share/hydrogen/data/drumkits")
HYDROGEN = {"gmrock": KITS / "GMRockKit", "tr808": KITS / "TR808EmulationKit"}

_ROCK = (
    ("24Ride", "ride"), ("Bell", "ride"), ("Cowbell", "cowbell"), ("Crash", "crash"), ("HandClap", "clap"),
    ("HatClosed", "closed-hat"), ("HatOpen", "open-hat"), ("HatPedal", "closed-hat"),
    ("HatSemiOpen", "open-hat"),
    ("Kick", "kick"), ("Ride", "ride"), ("SideStick", "rim"), ("Snare", "snare"), ("Splash", "crash"),
    ("Tom", "tom"),
)  # fmt: skip
_808 = (
    ("808_Clap", "clap"), ("808_Clave", "perc"), ("808_Conga", "hand-drum"), ("808_Cowbell", "cowbell"),
    ("808_Cymbal", "crash"), ("808_Hat_Closed", "closed-hat"), ("808_Hat_Open", "open-hat"),
    ("808_Hat_Pedal", "closed-hat"),
    ("808_Kick", "kick"), ("808_Shaker", "shaker"), ("808_Snare", "snare"), ("808_Tom", "tom"),
)  # fmt: skip
_LMMS = (
    ("basses/bass", "bass"), ("basses/horror", "bass"), ("basses/rave", "bass"), ("basses/synth_acid", "bass"),
    ("basses/techno", "synth"), ("basses/matrix", "synth"),
    ("drums/bassdrum", "kick"), ("drums/clap", "clap"), ("drums/clav", "perc"), ("drums/crash", "crash"),
    ("drums/hihat_closed", "closed-hat"), ("drums/hihat_foot", "closed-hat"),
    ("drums/hihat_opened", "open-hat"),
    ("drums/kick", "kick"), ("drums/nasty_rim", "rim"), ("drums/nasty_snare", "snare"),
    ("drums/ride", "ride"), ("drums/rim", "rim"),
    ("drums/shaker", "shaker"), ("drums/sidestick", "rim"), ("drums/snare_rim", "rim"),
    ("drums/snare", "snare"),
    ("drums/tom", "tom"), ("drums/wood", "perc"), ("drums/zap", "fx"), ("effects/", "fx"),
    ("instruments/bassslap", "bass"), ("instruments/cello", "strings"), ("instruments/violin", "strings"),
    ("instruments/church", "keys"), ("instruments/e_organ", "keys"), ("instruments/e_piano", "keys"),
    ("instruments/harpsi", "keys"), ("instruments/piano", "keys"), ("instruments/flute", "woodwind"),
    ("instruments/steel", "guitar"), ("instruments/trumpet", "brass"), ("latin/latin_brass", "brass"),
    ("latin/latin_guitar", "guitar"), ("misc/metronome", "perc"), ("misc/snaph", "snap"),
    ("misc/applause", "fx"), ("misc/raving", "fx"),
    ("stringsnpads/bell_choir", "synth"), ("stringsnpads/chorus", "vocal"),
    ("stringsnpads/rave_choir", "vocal"),
    ("stringsnpads/juno", "synth"), ("stringsnpads/korg", "synth"), ("stringsnpads/nord", "synth"),
    ("stringsnpads/heaven", "strings"), ("stringsnpads/orion", "strings"), ("stringsnpads/strings", "strings"),
    ("stringsnpads/space", "strings"),
)  # fmt: skip


def files(pack: str) -> Iterator[tuple[Path, str]]:
    """(file, class) of a pack: "lmms", "gmrock" or "tr808". Exits with the Debian package when it is missing."""
    if pack == "lmms":
        root, table, package = LMMS, _LMMS, "lmms-common"
    else:
        root, table, package = HYDROGEN[pack], _ROCK if pack == "gmrock" else _808, "hydrogen-data"
    if not root.exists():
        raise SystemExit(f"{root} is not there: apt-get install {package}")
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        label = next((label for start, label in table if name.startswith(start)), None)
        if label is not None and path.suffix in (".wav", ".flac", ".ogg"):
            yield path, label


def sounds(pack: str) -> Iterator[Sound]:
    return (sound for _, sound in named(pack))


def named(pack: str) -> Iterator[tuple[Path, Sound]]:
    """Each sound beside the file that it is from."""
    for path, label in files(pack):
        try:
            with open_audio(path) as audio:
                rate_hz, data = audio.rate_hz, audio.read()
        except UnreadableAudio as error:
            print(f"left out: {error}")
            continue
        mono = soxr.resample(np.ascontiguousarray(data.mean(axis=0)), rate_hz, RATE_HZ)
        if (sound := tidy(mono)) is not None:
            yield path, Sound(label, pack, sound)
