"""Quantities that carry their unit in their type, and the JSON that crosses every boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NewType

Seconds = NewType("Seconds", float)
"""A time or a length in seconds."""
Frames = NewType("Frames", int)
"""A position or a length in sample frames (one frame = one sample of every channel)."""
Hertz = NewType("Hertz", int)
"""A sample rate in frames per second."""

AssetId = NewType("AssetId", str)
"""Identity of an asset: hex hash of its audio payload without metadata."""
JobId = NewType("JobId", str)
StepKey = NewType("StepKey", str)
"""Identity of one unit of computing: hex hash of everything that decides its result."""

if TYPE_CHECKING:
    Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
else:
    Json = Any  # what decodes JSON at run time does not follow a type that names itself
