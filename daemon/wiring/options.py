"""Each part's own settings, out of the daemon's."""

from __future__ import annotations

import os
from pathlib import Path

from bridges.http.settings import HttpSettings
from bridges.http.token_file import load_or_create
from daemon.config import Settings
from daemon.executors.local.settings import ExecutorSettings
from daemon.kernel.at_home import at_home
from daemon.watch.desk import WatchSettings
from daemon.watch.places import Role


def cpu_workers(settings: Settings) -> int:
    """How many the cpu lane has: one less than there are cores, unless the settings say otherwise."""
    return settings.config.workers.cpu or max(1, (os.cpu_count() or 2) - 1)


def watch_settings(settings: Settings) -> WatchSettings:
    watch = settings.config.watch
    return WatchSettings(
        settle_s=watch.settle_s, folder_settle_s=watch.folder_settle_s, rescan_s=watch.rescan_s,
        poll_s=watch.poll_s, at_once=2 * cpu_workers(settings), own=settings.home,
    )  # fmt: skip


def watched(settings: Settings) -> tuple[list[tuple[Path, Role]], list[Path]]:
    """(folder, role) of those that config.toml names, and those of them to be looked at."""
    watch = settings.config.watch
    named = {Role.INBOX: watch.inbox, Role.SAMPLES: watch.samples, Role.PROJECTS: watch.projects}
    fixed = [(_folder(text), role) for role, texts in named.items() for text in texts]
    return fixed, [_folder(text) for text in watch.polling]


def _folder(text: str) -> Path:
    return Path(at_home(text)).absolute()


def executor_settings(settings: Settings) -> ExecutorSettings:
    workers = settings.config.workers
    return ExecutorSettings(
        cpu_workers=cpu_workers(settings), lends_core=workers.cpu == 0, device=workers.device,
        keep_alive_s=workers.keep_alive_s, memory_budget_bytes=settings.memory_bytes,
        hang_timeout_s=workers.hang_timeout_s,
    )  # fmt: skip


def http_settings(settings: Settings) -> HttpSettings:
    http = settings.config.http
    return HttpSettings(
        host=http.host,
        port=http.port,
        token=load_or_create(settings.token_path),
        spool=settings.uploads / "spool",
    )


def folders(settings: Settings) -> dict[str, list[str]]:
    """What `GET /system` tells of them."""
    return {
        "home": [str(settings.home)],
        "delivery": [str(settings.delivery_folder)],
        "roots": [str(root) for root in settings.roots],
    }
