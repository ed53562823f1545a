"""The target `reaper`: plain folders, and a track template with a kit of the one-shots that were delivered."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from bridges.reaper import kit_template
from bridges.reaper.kit_template import Sample
from daemon.files.names import numbered, safe_name
from daemon.jobs.targets import DeliverItem, DeliverTarget
from daemon.kernel.work import Kind

SUFFIX = ".RTrackTemplate"
TEMPLATES = Path("TrackTemplates") / "roadie"
_DEEPEST = 9
"""Levels of the deepest layout, and the delivery folder itself."""
_SOUNDS = frozenset({Kind.SLICE, Kind.ONE_SHOT})


class ReaperTarget:
    """folders: lays files out. resources: the resource folders of REAPER that roadie is installed in; without one, the
    template is put beside what was delivered."""

    name = "reaper"

    def __init__(self, folders: DeliverTarget, resources: Callable[[], Sequence[Path]]) -> None:
        self._folders = folders
        self._resources = resources

    def plan(self, items: Sequence[DeliverItem], layout: str | None, root: Path) -> list[Path]:
        return self._folders.plan(items, layout, root)

    def sidecars(self, items: Sequence[DeliverItem], placed: Sequence[Path], root: Path) -> dict[Path, str]:
        texts = self._folders.sidecars(items, placed, root)
        for source, samples in _kits(items, placed).items():
            name = f"{source} kit"
            for folder in self._template_folders(root):
                texts[_ours(folder / safe_name(name, SUFFIX))] = kit_template.encode(name, samples)
        return texts

    def after_removal(self, removed: Sequence[Path]) -> dict[Path, str | None]:
        texts = dict(self._folders.after_removal(removed))
        gone = set(removed)
        for folder in {*self._template_folders(None), *_above(removed)}:
            for template in folder.glob(f"*{SUFFIX}") if folder.is_dir() else ():
                played = kit_template.samples_of(template.read_text("utf-8", "surrogateescape"))
                if played and gone.intersection(played):
                    texts[template] = None
        return texts

    def _template_folders(self, root: Path | None) -> list[Path]:
        installed = [folder / TEMPLATES for folder in self._resources()]
        return installed or ([] if root is None else [root])


def _ours(wanted: Path) -> Path:
    """The wanted path, or the next number where a template stands that is not one of roadie's kits."""
    for number in itertools.count(1):
        path = numbered(wanted, number)
        if not path.exists() or kit_template.samples_of(path.read_text("utf-8", "surrogateescape")):
            return path
    raise AssertionError("unreachable: there is always a next number")


def _above(paths: Sequence[Path]) -> set[Path]:
    """Folders in which the delivery of these files may have put a template."""
    return {folder for path in paths for folder in list(path.parents)[:_DEEPEST]}


def _kits(items: Sequence[DeliverItem], placed: Sequence[Path]) -> dict[str, list[Sample]]:
    """One-shots by the source that they come from."""
    found: dict[str, list[Sample]] = defaultdict(list)
    for item, path in zip(items, placed, strict=True):
        if item.kind in _SOUNDS:
            velocity = item.meta.get("velocity")
            label = str(item.meta.get("class") or "sound")
            found[str(item.meta.get("source") or item.name)].append(
                Sample(path, label, velocity if isinstance(velocity, int) else 127)
            )
    return found
