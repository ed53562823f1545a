"""What models there are: the catalogue that ships with roadie, as data."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

import msgspec


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """name: path below the model's folder, `/`-separated. size_bytes: None when only the hub knows it.
    sha256: hex, "" when it is not publicly known; the hub's own figure is then used at the pull."""

    name: str
    size_bytes: int | None = None
    sha256: str = ""


class ModelEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A model by name, installed or not.

    size_bytes: of the whole download, None when unknown before it. licence: short; licence_note: what is
    honestly known. source: a Hugging Face repository, or where the user's files came from. rank: the highest
    installed one of an engine is "auto". bundled_in: the package that ships it, "" for a model of the store.
    """

    name: str
    engine: str
    task: str
    about: str
    licence: str
    licence_note: str
    source: str
    files: tuple[ModelFile, ...]
    size_bytes: int | None = None
    rank: int = 0
    bundled_in: str = ""

    @property
    def bundled(self) -> bool:
        return bool(self.bundled_in)

    @property
    def size_text(self) -> str:
        """ "84 MB", or "size unknown until it is pulled"."""
        if self.size_bytes is None:
            return "size unknown until it is pulled"
        return (
            f"{self.size_bytes / 1e9:.1f} GB" if self.size_bytes >= 1e9 else f"{self.size_bytes / 1e6:.0f} MB"
        )


def read() -> tuple[ModelEntry, ...]:
    """The catalogue that ships with roadie, in its own order."""
    document = tomllib.loads(files("daemon.models").joinpath("catalogue.toml").read_text(encoding="utf-8"))
    return tuple(_entry(row, document["licence"]) for row in document["model"])


def _entry(row: dict[str, Any], licences: dict[str, dict[str, str]]) -> ModelEntry:
    terms = licences[row.pop("terms")]
    return msgspec.convert({**row, "licence": terms["licence"], "licence_note": terms["note"]}, ModelEntry)
