from __future__ import annotations

import re
from pathlib import Path

import msgspec
import mutagen
import numpy as np
import pytest
import soundfile
import wavinfo

from daemon.audio.identity import payload_hash
from daemon.audio.reader import open_audio
from daemon.kernel.errors import UnreadableAudio
from daemon.kernel.types import AssetId, Frames, Json
from daemon.kernel.work import InputFile, Kind, Region, StepResult
from daemon.steps.encode import SPEC, EncodeParams
from daemon.steps.encode_metadata import position_frames
from daemon.steps.encode_run import run
from tests.audio.material import RATE, Audio, lag_frames, noise, sweep
from tests.steps.context import Context

LOOP: dict[str, Json] = {
    "source": "My song",
    "stem": "drums",
    "class": "break",
    "confidence": 0.93,
    "kind": "loop",
    "bpm": 120.5,
    "beats_per_bar": 3,
    "key": "C#m",
    "bars": 2.0,
    "root_note": 49,
    "rate": RATE,
    "start_frames": 1000,
    "time_reference_frames": 5000,
    "float_source": False,
}


@pytest.fixture
def context(tmp_path: Path) -> Context:
    out = tmp_path / "attempt"
    out.mkdir()
    return Context(out)


def stem(
    folder: Path, audio: Audio, name: str = "drums.wav", as_kind: Kind = Kind.STEM, **meta: Json
) -> InputFile:
    """As a step leaves it: float, whatever the source was."""
    path = folder / f"{abs(hash((name, audio.shape)))}.wav"
    soundfile.write(path, audio.T, RATE, subtype="FLOAT")
    return InputFile(path, AssetId(""), as_kind, name, meta=meta)


def encode(context: Context, *inputs: InputFile, container: str = "wav", depth: str = "auto") -> StepResult:
    params = msgspec.convert({"container": container, "depth": depth}, EncodeParams)
    return run(context, inputs, params)


def test_a_stem_is_24_bits_exact_and_aligned(tmp_path: Path, context: Context) -> None:
    audio = (np.rint(noise(50_001) * 2**23) / 2**23).astype(np.float32)
    result = encode(context, stem(tmp_path, audio))
    (made,) = result.files
    path = context.out / made.name
    assert (made.kind, made.parent, made.payload) == (Kind.STEM, 0, payload_hash(path))
    assert soundfile.info(str(path)).subtype == "PCM_24"
    assert np.array_equal(soundfile.read(path, dtype="float32")[0].T, audio)
    assert result.warnings == ()


def test_auto_depth_is_float_for_a_float_source_or_past_full_scale(tmp_path: Path, context: Context) -> None:
    loud = noise(70_000)
    loud[1, 69_999] = 1.0  # not even this fits 24 bits
    inputs = stem(tmp_path, loud, "a.wav"), stem(tmp_path, noise(99), "b.wav", float_source=True)
    for made, given in zip(encode(context, *inputs).files, (loud, noise(99)), strict=True):
        path = context.out / made.name
        assert soundfile.info(str(path)).subtype == "FLOAT"
        assert np.array_equal(soundfile.read(path, dtype="float32")[0].T, given)


def test_a_source_itself_tells_whether_it_is_float(tmp_path: Path, context: Context) -> None:
    given = stem(tmp_path, noise(99), as_kind=Kind.SOURCE)
    assert soundfile.info(str(context.out / encode(context, given).files[0].name)).subtype == "FLOAT"


@pytest.mark.parametrize("depth", ["pcm16", "pcm24"])
@pytest.mark.parametrize("container", ["wav", "flac", "aiff"])
def test_nothing_is_clipped_even_when_asked(
    tmp_path: Path, context: Context, container: str, depth: str
) -> None:
    loud = noise(1000) * 3
    result = encode(context, stem(tmp_path, loud), container=container, depth=depth)
    path = context.out / result.files[0].name
    assert np.array_equal(soundfile.read(path, dtype="float32")[0].T, loud)
    assert path.suffix == {"wav": ".wav", "flac": ".wav", "aiff": ".aiff"}[container]  # FLAC has no float
    assert len(list(path.parent.iterdir())) == 1  # no half-written first attempt
    (warning,) = result.warnings
    assert "drums.wav" in warning and "not clipped" in warning


@pytest.mark.parametrize(
    ("container", "depth", "subtype"),
    [
        ("wav", "pcm16", "PCM_16"),
        ("wav", "float32", "FLOAT"),
        ("flac", "auto", "PCM_24"),
        ("flac", "pcm16", "PCM_16"),
        ("aiff", "auto", "PCM_24"),
        ("mp3", "auto", "MPEG_LAYER_III"),
        ("ogg", "auto", "VORBIS"),
    ],
)
def test_every_container(tmp_path: Path, context: Context, container: str, depth: str, subtype: str) -> None:
    audio = sweep(60_001)
    (made,) = encode(context, stem(tmp_path, audio, **LOOP), container=container, depth=depth).files
    path = context.out / made.name
    info = soundfile.info(str(path))
    assert (info.subtype, info.samplerate, info.channels, info.frames) == (subtype, RATE, 2, 60_001)
    with open_audio(path) as reader:
        assert lag_frames(reader.read(), audio) == 0
    assert made.payload == payload_hash(path)
    tags = mutagen.File(path).tags
    text = " ".join(str(value) for value in (tags.values() if hasattr(tags, "values") else tags))
    for word in ("My song", "drums", "break", "C#m", "120.5"):
        assert word in text, word


@pytest.mark.parametrize("reference", [(1 << 64) - 1, 1 << 63, -5])
def test_a_time_reference_that_says_nothing_keeps_no_file_from_being_written(
    tmp_path: Path, context: Context, reference: int
) -> None:
    """Libraries may hold one from before such numbers were refused."""
    meta = LOOP | {"time_reference_frames": reference}
    (made,) = encode(context, stem(tmp_path, noise(44_100), "break 01.wav", Kind.LOOP, **meta)).files
    read = wavinfo.WavInfoReader(str(context.out / made.name), info_encoding="utf-8")
    assert read.bext.to_dict()["time_reference"] == 1000  # the slice's own start


@pytest.mark.parametrize("frames", [2**40 + 1, 3 * 2**38 + 1])
def test_a_place_on_the_timeline_is_exact_at_another_rate(frames: int) -> None:
    """Whose products have more digits than a float."""
    meta: dict[str, Json] = {"rate": 192_000, "time_reference_frames": frames, "start_frames": 0}
    assert position_frames(meta, 192_000 * 10_007) == frames * 10_007
    assert position_frames(meta, 192_000) == frames


def test_a_loop_says_what_it_is(tmp_path: Path, context: Context) -> None:
    (made,) = encode(context, stem(tmp_path, noise(44_100), "break 01.wav", Kind.LOOP, **LOOP)).files
    path = str(context.out / made.name)
    read = wavinfo.WavInfoReader(path, info_encoding="utf-8")
    assert read.bext.to_dict()["time_reference"] == 6000
    assert (read.info.title, read.info.software) == ("My song - drums - break", "roadie")
    assert read.smpl.midi_note == 61  # its key is C#m, whichever note was measured
    assert [(loop.start, loop.end) for loop in read.smpl.sample_loops] == [(0, 44_099)]
    user = {element.tag: element.text for element in read.ixml.parsed.find("USER")}
    assert (user["STEM"], user["CLASS"], user["KEY"], user["CONFIDENCE"]) == ("drums", "break", "C#m", "0.93")
    with soundfile.SoundFile(path) as file:
        said = file.extra_info
    assert re.search(r"Beats +: 6\b", said) and re.search(r"Tempo +: 120\.5", said) and "3/4" in said


def test_a_one_shot_is_no_loop(tmp_path: Path, context: Context) -> None:
    meta: dict[str, Json] = {"kind": "one-shot", "class": "kick", "root_note": 36}
    (made,) = encode(context, stem(tmp_path, noise(4000), as_kind=Kind.ONE_SHOT, **meta)).files
    read = wavinfo.WavInfoReader(str(context.out / made.name))
    assert (read.smpl.midi_note, read.smpl.sample_loops) == (36, [])
    with soundfile.SoundFile(context.out / made.name) as file:
        said = file.extra_info
    # libsndfile's reading of the acid chunk.
    assert "OneShot" in said and re.search(r"Root note +: 0x24\b", said)


def test_names_are_kept_and_never_meet(tmp_path: Path, context: Context) -> None:
    audio = noise(100)
    names = ["drums.wav", "drums.wav", "Kick 120.5bpm", "deep/er/song.final.FLAC"]
    made = encode(context, *[stem(tmp_path, audio, name) for name in names]).files
    assert [Path(file.name).name for file in made] == [
        "drums.wav",
        "drums.wav",
        "Kick 120.5bpm.wav",
        "song.final.wav",
    ]
    assert len({file.name for file in made}) == 4
    assert [file.parent for file in made] == [0, 1, 2, 3]
    assert context.progress == sorted(context.progress)


def test_a_region_is_cut_exactly(tmp_path: Path, context: Context) -> None:
    audio = noise(10_000)
    given = stem(tmp_path, audio, float_source=True)
    part = InputFile(
        given.path, given.payload, given.kind, given.name, Region(Frames(100), Frames(50)), given.meta
    )
    (made,) = encode(context, part).files
    assert np.array_equal(soundfile.read(context.out / made.name, dtype="float32")[0].T, audio[:, 100:150])


def test_a_bad_file_is_named(tmp_path: Path, context: Context) -> None:
    audio = noise(100)
    audio[0, 5] = np.nan
    with pytest.raises(UnreadableAudio, match="frame 5"):
        encode(context, stem(tmp_path, audio))
    with pytest.raises(msgspec.ValidationError):
        encode(context, container="exe")


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """The step is cached by key, so nothing in its files may depend on the time of day."""
    given = stem(tmp_path, noise(1000), **LOOP)
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (made,) = encode(Context(tmp_path / name), given).files
        contents.append((tmp_path / name / made.name).read_bytes())
    assert contents[0] == contents[1]


def test_the_spec_takes_what_can_be_heard() -> None:
    assert Kind.STEM in SPEC.accepts and Kind.MIDI not in SPEC.accepts and Kind.PEAKS not in SPEC.accepts


def test_the_longest_name_takes_a_longer_suffix(tmp_path: Path, context: Context) -> None:
    result = encode(context, stem(tmp_path, noise(RATE), f"{126 * 'ä'}.au"), container="flac")
    assert [len(Path(file.name).name.encode()) for file in result.files] == [255]
    assert (context.out / result.files[0].name).is_file()
