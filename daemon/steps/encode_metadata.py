"""What a delivered file says about itself, from the meta of the steps before."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

from daemon.audio import chunk_bodies
from daemon.audio.chunks import Chunk
from daemon.audio.tags import Tags, id3_chunk
from daemon.audio.time_reference import plausible
from daemon.engines.classifier.classes import UNSURE
from daemon.kernel.types import Json

_SOFTWARE = "roadie"
_FIELDS = ("source", "stem", "class", "confidence", "kind", "bpm", "key", "bars", "root_note", "tags")
_MIDDLE_C = 60


def tags(meta: Mapping[str, Json], name: str | None) -> Tags:
    """The same facts for every container. name: of the file within the job, for want of anything better; None for a
    file of the user's, which gets no title. A `genre` in meta is taken instead of the class, also where it is empty."""
    meta = _sure(meta)
    known = [_text(meta.get(key)) for key in ("source", "stem", "class")]
    return Tags(
        title="" if name is None else " - ".join(word for word in known if word) or name,
        comment=_description(meta),
        genre=_text(meta["genre"] if "genre" in meta else meta.get("class")),
        bpm=_number(meta.get("bpm")),
        key=_text(meta.get("key")),
        fields={name: _text(meta[name]) for name in _FIELDS if meta.get(name) is not None},
    )


def wav_chunks(meta: Mapping[str, Json], title: str | None, rate_hz: int, frames: int) -> list[Chunk]:
    """bext, LIST-INFO, iXML and ID3 for every file; smpl where a root note or a loop is known; acid for loops and for
    one-shots with a root note; cue points with labels where slices are known."""
    meta = _sure(meta)
    said = tags(meta, title)
    broadcast = chunk_bodies.Bext(
        description=said.comment,
        originator=_SOFTWARE,
        time_reference_frames=position_frames(meta, rate_hz),
    )
    chunks = [
        chunk_bodies.bext(broadcast),
        chunk_bodies.info(_info(meta, said)),
        chunk_bodies.ixml(
            _text(meta.get("source")), {name.upper(): text for name, text in said.fields.items()}
        ),
    ]
    is_loop, root = meta.get("kind") == "loop", _number(meta.get("root_note"))
    if is_loop or root is not None:
        loops = (chunk_bodies.Loop(0, frames - 1),) if is_loop else ()
        note = _MIDDLE_C if root is None else int(root)
        cents = _number(meta.get("root_cents")) or 0.0
        chunks.append(chunk_bodies.smpl(chunk_bodies.Sampler(note, rate_hz, loops, cents)))
    if is_loop and said.bpm:
        chunks.append(chunk_bodies.acid(_acid(meta, said.bpm, root, frames / rate_hz)))
    elif root is not None and meta.get("kind") == "one-shot":
        chunks.append(chunk_bodies.acid(chunk_bodies.Acid(one_shot=True, root_note=int(root))))
    if markers := _markers(meta, frames):
        chunks += chunk_bodies.cue(markers)
    id3 = id3_chunk(said)
    return [*chunks, id3] if id3.body else chunks


def _sure(meta: Mapping[str, Json]) -> Mapping[str, Json]:
    """Without a class that says only that nobody knows it."""
    if meta.get("class") != UNSURE:
        return meta
    return {key: value for key, value in meta.items() if key not in ("class", "confidence")}


def position_frames(meta: Mapping[str, Json], rate_hz: int) -> int:
    """Where the file belongs on the source's timeline, at its own rate: the source's BWF time reference and the
    start of a slice, both counted at the meta's `rate`. 0 where the source's says nothing; libraries may hold such
    numbers from before they were looked at."""
    counted_at = _whole(meta.get("rate")) or rate_hz
    reference = plausible(_whole(meta.get("time_reference_frames")), counted_at) or 0
    frames = reference + _whole(meta.get("start_frames"))
    return max(0, round(Fraction(frames * rate_hz, counted_at)))


def _acid(meta: Mapping[str, Json], bpm: float, root: float | None, length_s: float) -> chunk_bodies.Acid:
    beats_per_bar = int(_number(meta.get("beats_per_bar")) or 4)
    bars = _number(meta.get("bars"))
    beats = round(bars * beats_per_bar) if bars else round(length_s * bpm / 60)
    return chunk_bodies.Acid(False, max(1, beats), bpm, None if root is None else int(root), (beats_per_bar, 4))


def _markers(meta: Mapping[str, Json], frames: int) -> list[chunk_bodies.Marker]:
    """A region for each slice of a loop, from one hit to the next."""
    listed = meta.get("slices_frames")
    starts = (
        [at for at in listed if isinstance(at, int) and 0 <= at < frames] if isinstance(listed, list) else []
    )
    return [
        chunk_bodies.Marker(start, f"slice {number}", end - start)
        for number, (start, end) in enumerate(pairwise([*starts, frames]), 1)
    ]


def _info(meta: Mapping[str, Json], said: Tags) -> dict[str, str]:
    words = [_text(meta.get(name)) for name in ("stem", "class", "kind", "key", "tags")]
    values = {
        "INAM": said.title,
        "IPRD": _text(meta.get("source")),
        "IGNR": said.genre,
        "ICMT": said.comment,
        "IKEY": "; ".join(word for word in words if word),
        "ISFT": _SOFTWARE,
    }
    return {name: text for name, text in values.items() if text}


def _description(meta: Mapping[str, Json]) -> str:
    parts = [_text(meta.get(name)) for name in ("source", "stem", "class", "kind", "key")]
    if bpm := _number(meta.get("bpm")):
        parts.append(f"{bpm:g} bpm")
    return ", ".join(part for part in parts if part)


def _text(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(_text(each) for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _whole(value: Json) -> int:
    """Of a number of frames or Hz, to the last digit; 0 for none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else round(_number(value) or 0)


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
