"""The weight store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from daemon.kernel.errors import NotInstalled


@dataclass(frozen=True, slots=True)
class Installed:
    """Weights on this disk. path: their file or folder. sha256: over all of its files. trusted: the user said
    that a pickle checkpoint in it may be loaded."""

    name: str
    engine: str
    path: Path
    sha256: str
    size_bytes: int
    trusted: bool = False


class ModelStore:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def installed(self, name: str) -> Installed | None:  # noqa: ARG002
        """The model's weights, if they are here and whole."""
        return None

    def require(self, name: str) -> Installed:
        """As `installed`; raises NotInstalled with the command that installs it, its size and licence."""
        found = self.installed(name)
        if found is None:
            raise NotInstalled(f"the model {name} is not installed", hint=f"Run `roadie models pull {name}`")
        return found
