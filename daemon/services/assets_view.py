"""An asset as clients see it."""

from __future__ import annotations

from daemon.library.asset_records import Asset
from daemon.services.types_library import AssetView, TagView


def asset_view(asset: Asset, likeness: float | None = None) -> AssetView:
    return AssetView(
        id=asset.id, name=asset.name, kind=asset.kind, path=asset.paths[0] if asset.paths else None,
        paths=list(asset.paths), label=asset.label, confidence=asset.confidence, bpm=asset.bpm, key=asset.key,
        stem=asset.stem, length_s=asset.length_s, rate_hz=asset.rate_hz, channels=asset.channels,
        rating=asset.rating,
        tags=[TagView(tag.label, tag.confidence, tag.origin) for tag in asset.tags],  # type: ignore[arg-type]
        parent=asset.parent, source=asset.source, job=asset.job, missing=asset.missing, added_at=asset.added_at,
        meta=dict(asset.meta), likeness=None if likeness is None else round(likeness, 4),
    )  # fmt: skip
