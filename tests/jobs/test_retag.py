"""What of the library's knowledge is written into a file of the user's."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.jobs.retag import WRITTEN_FROM, facts
from daemon.kernel.types import AssetId
from daemon.library.asset_records import Asset, Tag


def asset(label: str | None, confidence: float | None, *tags: Tag) -> Asset:
    known: dict[str, Any] = {"class": label, "confidence": confidence, "brightness": 0.5}
    return Asset(
        AssetId("a"), "one-shot", "a.wav", ("/a.wav",), None, label, confidence, None, None, 1.0, 44100, 1, 0, None,
        None, None, known, 0.0, tags,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("label", "confidence"), [("unsure", 0.0), ("unsure", 0.9), ("kick", 0.27), ("kick", 0.49)]
)
def test_a_guess_is_not_written(label: str, confidence: float) -> None:
    known = facts(asset(label, confidence, Tag(label, confidence, "model")))
    assert "class" not in known and "confidence" not in known
    assert known["kind"] == "one-shot" and known["brightness"] == 0.5


def test_what_is_more_likely_right_than_wrong_is_written_and_so_is_the_users_word() -> None:
    known = facts(asset("kick", WRITTEN_FROM))
    assert (known["class"], known["confidence"]) == ("kick", WRITTEN_FROM)
    assert facts(asset("kick", 0.1, Tag("kick", 1.0, "user")))["class"] == "kick"
    assert facts(asset("kick", None))["class"] == "kick"
