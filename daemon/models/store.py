"""The weight store: one folder per model with a manifest in it, beside the catalogue of what could be there.

Light at import, so the daemon may hold one; the files are read by the engines, in workers.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from daemon.kernel.errors import BadParameter, Conflict, NotFound, NotInstalled, RoadieError
from daemon.models import catalogue, intake, manifest
from daemon.models.catalogue import ModelEntry, ModelFile
from daemon.models.manifest import Manifest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class ModelDamaged(RoadieError):
    """A file of an installed model is gone or is not what was installed."""

    code = "model_damaged"


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
    """The models below `folder`, which need not exist yet, and those that packages bring with them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._catalogue = {entry.name: entry for entry in catalogue.read()}
        self._bundled: dict[tuple[Path, int, int], Installed] = {}

    def entries(self) -> tuple[ModelEntry, ...]:
        """The catalogue, then the user's own models by name."""
        own = (found for name, found in self._manifests().items() if name not in self._catalogue)
        return (*self._catalogue.values(), *(_own_entry(found) for found in own))

    def entry(self, name: str) -> ModelEntry:
        """One model, installed or not. Raises NotFound with the names there are."""
        for entry in self.entries():
            if entry.name == name:
                return entry
        names = ", ".join(entry.name for entry in self.entries())
        raise NotFound(f"there is no model {name!r}", hint=f"Models: {names}")

    def installed(self, name: str) -> Installed | None:
        """The model's weights, if they are here and whole.

        Looks at sizes and times only; a file whose time changed is hashed again.
        """
        known = self._catalogue.get(name)
        if known is not None and known.bundled:
            return self._installed_bundled(known)
        if not _NAME.fullmatch(name):
            return None
        folder = self.folder / name
        found = manifest.read(folder)
        current = None if found is None else manifest.refreshed(folder, found)
        return None if current is None else _as_installed(folder, current)

    def require(self, name: str) -> Installed:
        """As `installed`; raises NotInstalled with the command that installs it, its size and licence, or
        NotFound for a name that nothing is known of."""
        found = self.installed(name)
        if found is not None:
            return found
        entry = self.entry(name)
        if entry.bundled:
            raise NotInstalled(
                f"the model {name} is not where the package {entry.bundled_in} should have it",
                hint="Install roadie again",
            )
        if manifest.read(self.folder / name) is not None:
            raise NotInstalled(
                f"the files of the model {name} are not what was installed",
                where=self.folder / name,
                hint=f"Run `roadie models remove {name}`, then `roadie models pull {name}`",
            )
        raise NotInstalled(
            f"the model {name} is not installed",
            hint=f"Run `roadie models pull {name}` ({entry.size_text}; licence: {entry.licence})",
        )

    def best(self, engine: str) -> Installed | None:
        """The installed model of an engine with the highest rank; None when it has none."""
        ranked = sorted(self.entries(), key=lambda entry: entry.rank, reverse=True)
        candidates = (self.installed(entry.name) for entry in ranked if entry.engine == engine)
        return next((found for found in candidates if found is not None), None)

    def add(self, name: str, path: Path, trusted: bool = False) -> Installed:
        """Copy the user's own file or folder in under `name`.

        trusted: pickle checkpoints (.th) may be loaded. Raises Conflict when the name is taken, Forbidden for a
        pickle that is not trusted, BadParameter for files that no engine knows, DiskError.
        """
        self._check_free(name)
        files = intake.listed(path)
        names = frozenset(files)
        engine, task = intake.engine_of(names, path)
        known = self._catalogue.get(name)
        if known is not None and known.engine != engine:
            raise BadParameter(
                f"{name} is a model of {known.engine}; these are weights for {engine}", where=path
            )
        intake.check_pickles(name, path, names, trusted)
        staging = self.staging()
        try:
            intake.copy(files, staging)
            return self.install(name, staging, engine=engine, task=task, source=str(path), trusted=trusted)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def staging(self) -> Path:
        """A new empty folder on the store's volume, to gather files in before `install`."""
        with intake.disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix=".incoming-", dir=self.folder))

    def install(
        self, name: str, staging: Path, *, engine: str, task: str, source: str, trusted: bool = False
    ) -> Installed:
        """Make the files gathered in `staging` the model `name`: manifest, then one rename."""
        known = self._catalogue.get(name)
        with intake.disk_errors(self.folder):
            files = tuple(manifest.record(staging, file) for file in sorted(intake.listed(staging)))
            made = Manifest(
                name=name,
                engine=engine,
                task=task,
                licence=known.licence if known else "yours to know",
                licence_note=known.licence_note
                if known
                else "Added by you; roadie knows nothing of its licence.",
                source=source,
                files=files,
                trusted=trusted,
            )
            manifest.write(staging, made)
            target = self.folder / name
            if target.exists() and manifest.read(target) is None:
                shutil.rmtree(target)  # left by something that was cut off; never a model
            staging.rename(target)
        return _as_installed(target, made)

    def remove(self, name: str) -> None:
        """Delete the model's files. Raises NotFound when it is not here, Conflict for a bundled one."""
        if (entry := self._catalogue.get(name)) is not None and entry.bundled:
            raise Conflict(f"the model {name} belongs to the package {entry.bundled_in} and stays")
        folder = self.folder / name
        if not _NAME.fullmatch(name) or manifest.read(folder) is None:
            raise NotFound(f"the model {name!r} is not installed")
        with intake.disk_errors(folder):
            (folder / manifest.NAME).unlink()  # first: what is left of a cut-off removal is no model
            shutil.rmtree(folder)

    def verify(self, name: str) -> Installed:
        """Hash every file again and compare. Raises ModelDamaged naming the first file that differs."""
        found = manifest.read(self.folder / name) if _NAME.fullmatch(name) else None
        if found is None:
            return self.require(name)
        for old in found.files:
            path = self.folder / name / old.name
            if not path.is_file() or manifest.sha256_of(path) != old.sha256:
                raise ModelDamaged(
                    f"a file of the model {name} is not what was installed",
                    where=path,
                    hint=f"Run `roadie models remove {name}`, then `roadie models pull {name}`",
                )
        return _as_installed(self.folder / name, found)

    def _check_free(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise BadParameter(
                f"{name!r} cannot be a model's name",
                hint="Use up to 64 letters, digits, dots, dashes and underscores",
            )
        if (entry := self._catalogue.get(name)) is not None and entry.bundled:
            raise Conflict(f"the model {name} is the one that the package {entry.bundled_in} ships")
        if manifest.read(self.folder / name) is not None:
            raise Conflict(
                f"the model {name} is installed already", hint=f"First: `roadie models remove {name}`"
            )

    def _manifests(self) -> dict[str, Manifest]:
        if not self.folder.is_dir():
            return {}
        folders = (path for path in sorted(self.folder.iterdir()) if _NAME.fullmatch(path.name))
        return {path.name: found for path in folders if (found := manifest.read(path)) is not None}

    def _installed_bundled(self, entry: ModelEntry) -> Installed | None:
        spec = find_spec(entry.bundled_in)  # finds the package without importing it
        places = [] if spec is None else spec.submodule_search_locations or []
        name = entry.files[0].name
        for path in (Path(place) / name for place in places):
            if path.is_file():
                return self._hashed_bundled(entry, path)
        return None

    def _hashed_bundled(self, entry: ModelEntry, path: Path) -> Installed:
        stat = path.stat()
        key = (path, stat.st_size, stat.st_mtime_ns)
        if key not in self._bundled:
            sha256 = manifest.digest([(path.name, manifest.sha256_of(path))])
            self._bundled[key] = Installed(entry.name, entry.engine, path, sha256, stat.st_size)
        return self._bundled[key]


def _as_installed(folder: Path, found: Manifest) -> Installed:
    return Installed(found.name, found.engine, folder, found.sha256, found.size_bytes, found.trusted)


def _own_entry(found: Manifest) -> ModelEntry:
    return ModelEntry(
        name=found.name,
        engine=found.engine,
        task=found.task,
        about=found.about or "added by you",
        licence=found.licence,
        licence_note=found.licence_note,
        source=found.source,
        files=tuple(ModelFile(file.name, file.size_bytes, file.sha256) for file in found.files),
        size_bytes=found.size_bytes,
        rank=0,
    )
