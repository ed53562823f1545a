"""What is on the keys of the kit, as surfaces are told."""

from __future__ import annotations

from collections.abc import Mapping

from bridges.osc.packet import encode
from bridges.osc.table import ROOT


def pad_packets(before: Mapping[int, str], now: Mapping[int, str]) -> list[bytes]:
    """The names of all keys; those of the kit before it that have nothing any more lose theirs."""
    names = dict.fromkeys(before, "") | dict(now)
    if not names:
        return []
    packets = [encode(f"{ROOT}/pad/name", "", note, name) for note, name in sorted(names.items())]
    return [*packets, encode(f"{ROOT}/kit/done", "", len(now))]
