"""`roadie install osc-layouts`: layouts for control surfaces, with this roadie's port and recipes, among the person's
documents."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.files.installable import Change, Plan

if TYPE_CHECKING:
    from daemon.config import Settings

SESSION, LAYOUT = "roadie.json", "roadie.tosc"


class LayoutsInstall:
    """Both files are roadie's own: made anew by the next install, taken back by uninstall."""

    name = "osc-layouts"

    def plan(self, to: Path | None, environ: Mapping[str, str]) -> Plan:
        """to: the folder for the files."""
        import platformdirs

        from bridges.osc.layouts import open_stage, touchosc
        from bridges.osc.layouts.surface import pages
        from daemon.config import load_settings
        from daemon.jobs.recipes import Recipes

        settings = load_settings(environ)
        folder = to or Path(platformdirs.user_documents_dir()) / "roadie"
        listed = Recipes(settings.recipes).listed()
        recipes = [each.name for each in listed if each.recipe is not None and not each.recipe.for_scripts]
        made, port = pages(recipes), _port(settings)
        changes = (
            Change(folder / SESSION, open_stage.session(made, f"127.0.0.1:{port}")),
            Change(folder / LAYOUT, touchosc.layout(made)),
        )
        return Plan(folder, changes, remarks=_remarks(folder, port))

    def check_removal(self, folder: Path) -> None:
        """Nothing stands in the way."""

    def without(self, path: Path, content: bytes) -> bytes:  # noqa: ARG002 - the files are roadie's alone
        return b""


def _port(settings: Settings) -> int:
    """Raises BadConfig where each run has another."""
    from daemon.kernel.errors import BadConfig

    if settings.config.osc.port == 0:
        raise BadConfig(
            "a layout keeps the port that it is made with, and each run of roadie takes another", where="osc.port = 0",
            hint="Choose one: roadie config set osc.port 7701. Start roadie again, then install",
        )  # fmt: skip
    return settings.config.osc.port


def _remarks(folder: Path, port: int) -> tuple[str, ...]:
    return (
        f"Open Stage Control: start it with --load {folder / SESSION} (or File - Open)",
        f"TouchOSC: open {folder / LAYOUT}, then Connections - OSC: UDP, this computer's address, send port {port}, "
        "receive port 9000",
        "A tablet or phone may send once osc.allow lists it: docs/osc.md, Settings",
    )


TARGET = LayoutsInstall()
