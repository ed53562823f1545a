from __future__ import annotations

from pathlib import Path

import pytest

from daemon.watch.kinds import Counts, counts

ROOT = Path("/music/Inbox")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kick.wav", Counts.AUDIO),
        ("Deep/er/KICK.AIFF", Counts.AUDIO),
        ("beat.mid", Counts.AUDIO),
        ("Apple Loops/Groove.caf", Counts.AUDIO),
        ("reaper/take.wv", Counts.AUDIO),
        ("song.rpp", Counts.PROJECT),
        ("Set.als", Counts.PROJECT),
        ("kick.wav.part", Counts.PARTIAL),
        ("kick.wav.crdownload", Counts.PARTIAL),
        ("kick.tmp", Counts.PARTIAL),
        ("kick.wav~", Counts.PARTIAL),
        ("~kick.wav", Counts.PARTIAL),
        ("kick.wav.asd", Counts.IGNORED),
        ("kick.wav.reapeaks", Counts.IGNORED),
        ("song.rpp-bak", Counts.IGNORED),
        ("Backup/Set [2025-01-01 120000].als", Counts.IGNORED),
        ("Backups/song.rpp", Counts.IGNORED),
        (".hidden/kick.wav", Counts.IGNORED),
        (".roadie/0123.part", Counts.IGNORED),
        (".kick.wav.icloud", Counts.IGNORED),
        (".kick.wav", Counts.IGNORED),
        ("cover.jpg", Counts.IGNORED),
        ("noending", Counts.IGNORED),
    ],
)
def test_what_a_name_counts_as(name: str, expected: Counts) -> None:
    assert counts(ROOT / name, ROOT) is expected


def test_folders_above_the_watched_one_do_not_matter() -> None:
    root = Path("/home/me/.config/Backup/Inbox")
    assert counts(root / "kick.wav", root) is Counts.AUDIO
