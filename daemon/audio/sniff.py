"""What a file is, told by its first bytes and never by its name."""

from __future__ import annotations

from pathlib import Path

from daemon.audio.binary import id3v2_size, open_binary, read_some, shown
from daemon.audio.mpeg import adts_run, first_frame
from daemon.kernel.errors import UnreadableAudio

HEAD_BYTES = 64 * 1024
_W64 = bytes.fromhex("726966662E91CF11A5D628DB04C10000")
_ASF = bytes.fromhex("3026B2758E66CF11A6D900AA0062CE6C")
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_MAGIC = (
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"caff", "caf"),
    (b".snd", "au"),
    (b"MThd", "midi"),
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"FLV\x01", "flv"),
    (b"wvpk", "wavpack"),
    (b"MAC ", "ape"),
    (b"TTA1", "tta"),
    (b"\x00\x00\x01\xba", "mpegps"),
    (_W64, "w64"),
    (_ASF, "asf"),
)
_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"<REAPER_PROJECT", "a REAPER project"),
)


def sniff(path: Path) -> str:
    """The container's name: wav, rf64, w64, aiff, flac, ogg, mp3, aac, mp4, matroska, midi ...

    Raises FileMissing, and UnreadableAudio that says what the file is instead (empty, text, a picture ...).
    """
    with open_binary(path) as file:
        head = read_some(file, HEAD_BYTES, path)
        skipped = id3v2_size(head)
        tagged = skipped > 0
        while skipped:
            file.seek(skipped)
            head = read_some(file, HEAD_BYTES, path)
            more = id3v2_size(head)
            skipped = skipped + more if more else 0
    container = container_of(head, tagged)
    if container is None:
        raise UnreadableAudio(
            "not an audio file that roadie knows", where=shown(path), why=_instead(head, tagged)
        )
    return container


def container_of(head: bytes, tagged: bool = False) -> str | None:
    """The container that starts with `head` (after any ID3 tag), or None."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if len(head) >= 12:
        for match in (_iff(head), "mp4" if head[4:8] in _MP4_BOXES else None):
            if match:
                return match
    if head[:1] == b"\x47" and head[188:189] == b"\x47" and head[376:377] == b"\x47":
        return "mpegts"
    return _mpeg_audio(head, tagged)


def _iff(head: bytes) -> str | None:
    form, kind = head[:4], head[8:12]
    table = {
        (b"RIFF", b"WAVE"): "wav",
        (b"RF64", b"WAVE"): "rf64",
        (b"BW64", b"WAVE"): "rf64",
        (b"RIFF", b"AVI "): "avi",
        (b"FORM", b"AIFF"): "aiff",
        (b"FORM", b"AIFC"): "aiff",
    }
    return table.get((form, kind))


def _mpeg_audio(head: bytes, tagged: bool) -> str | None:
    """MPEG audio has no magic: it is believed when frames follow each other (three, or one after an ID3 tag)."""
    if adts_run(head) >= (1 if tagged else 3):
        return "aac"
    return "mp3" if first_frame(head, run=1 if tagged else 3) is not None else None


def _instead(head: bytes, tagged: bool) -> str:
    if not head:
        return "nothing follows its ID3 tag" if tagged else "it is empty, 0 bytes"
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            return f"it is {name}"
    if not head.strip(b"\0"):
        return "it begins with zero bytes only"
    return "it is a text file" if _is_text(head) else f"it begins with the bytes {head[:8].hex(' ')}"


def _is_text(head: bytes) -> bool:
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    try:
        text = head[: len(head) // 2 * 2].decode(encoding)
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode(encoding)
    return bool(text) and sum(c.isprintable() or c.isspace() for c in text) > 0.95 * len(text)
