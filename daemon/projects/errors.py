"""What can be wrong with a project file."""

from __future__ import annotations

from daemon.kernel.errors import InputError


class UnreadableProject(InputError):
    """Damaged, cut off, too large, or no project at all. Nothing of it is believed."""

    code = "unreadable_project"
