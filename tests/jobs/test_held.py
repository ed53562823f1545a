from __future__ import annotations

from pathlib import Path

from daemon.jobs.held import SOURCE, Held, Ledger, select
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import Kind


def held(name: str, kind: Kind, parent: str | None, **own: Json) -> Held:
    return Held(name, "step", kind, name, Path(name), AssetId(name), parent, own)


def ledger(*files: Held) -> Ledger:
    made = Ledger()
    made.add(files)
    return made


SONG = held(SOURCE, Kind.SOURCE, None, source="song", lufs=-9.0, payload="p", length_s=200.0)
DRUMS = held("drums", Kind.STEM, SOURCE, stem="drums")
HIT = held("hit", Kind.SLICE, "drums", start_frames=10)


def test_a_file_knows_what_its_parents_know_and_what_was_learnt_since() -> None:
    book = ledger(SONG, DRUMS, HIT)
    book.learn(SOURCE, {"bpm": 120.0, "key": "Am"})
    book.learn("hit", {"class": "kick"})
    assert book.meta("drums") == {"source": "song", "stem": "drums", "bpm": 120.0, "key": "Am"}
    assert book.meta("hit") == {"source": "song", "stem": "drums", "start_frames": 10, "class": "kick"}


def test_a_sources_own_measures_are_not_those_of_its_parts() -> None:
    assert not {"lufs", "payload", "length_s"} & set(ledger(SONG, DRUMS).meta("drums"))


def test_a_hit_has_no_tempo_a_drum_no_key_and_a_loop_has_its_tempo() -> None:
    bass = held("bass", Kind.STEM, SOURCE, stem="bass")
    note = held("note", Kind.ONE_SHOT, "bass")
    loop = held("loop", Kind.LOOP, "drums", bars=2)
    learnt_loop = held("slice", Kind.SLICE, "bass")
    book = ledger(SONG, DRUMS, HIT, bass, note, loop, learnt_loop)
    book.learn(SOURCE, {"bpm": 120.0, "key": "Am"})
    book.learn("slice", {"kind": "loop"})
    assert "bpm" not in book.meta("note") and book.meta("note")["key"] == "Am"
    assert book.meta("loop")["bpm"] == 120.0 and "key" not in book.meta("loop")
    assert book.meta("slice")["bpm"] == 120.0


def test_a_part_or_a_list_of_stems_selects() -> None:
    bass = held("bass", Kind.STEM, SOURCE, stem="bass")
    book = ledger(SONG, DRUMS, bass)
    assert select([DRUMS, bass], book, "drums", ()) == [DRUMS]
    assert select([DRUMS, bass], book, "", ("bass", "vocals")) == [bass]
    assert select([DRUMS, bass], book, "", ()) == [DRUMS, bass]
