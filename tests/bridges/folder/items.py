"""Items to deliver, as a song of two stems and some slices makes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from daemon.jobs.targets import DeliverItem
from daemon.kernel.work import Kind


def item(
    kind: Kind, name: str, suffix: str = ".wav", folder: Path = Path("/cache"), **meta: Any
) -> DeliverItem:
    """`class_` stands for the key "class"."""
    known = {"source": "Song", **{key.rstrip("_"): value for key, value in meta.items()}}
    return DeliverItem(
        path=folder / (Path(name).stem + suffix),
        name=name,
        kind=kind,
        meta=known,
        asset=f"asset of {name}",
        provenance={"job": "j1", "source": {"path": "/music/Song.wav", "asset": "s"}},
    )


def hit(start_frames: int, label: str = "kick", **meta: Any) -> DeliverItem:
    return item(
        Kind.ONE_SHOT,
        f"{label}-{start_frames}.wav",
        stem="drums",
        class_=label,
        start_frames=start_frames,
        **meta,
    )
