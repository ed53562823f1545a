"""Why nothing can be heard."""

from __future__ import annotations

from daemon.kernel.errors import RoadieError


class NoAudio(RoadieError):
    """There is no way to sound here; everything else works."""

    code = "no_audio"
