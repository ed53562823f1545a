"""What can be wrong with a chain, and with a plug-in in it."""

from __future__ import annotations

from daemon.kernel.errors import BadParameter, InputError, RoadieError


def said_by(error: Exception) -> str:
    """For people: what a loader or a plug-in says, which is a sentence. Of other errors the kind as well, without which
    their text tells little."""
    sentence = isinstance(error, ValueError | ImportError | RuntimeError | OSError) and str(error)
    return sentence or f"{type(error).__name__}: {error}"


class BadChain(BadParameter):
    """A chain file that cannot be used as it stands: the message names the file, the line and what is legal."""

    code = "bad_chain"


class NoSound(InputError):
    """Built-in effects made numbers that are no sound: gains upon gains, or feedback that grew."""

    code = "no_sound"

    def __init__(self, where: object = None) -> None:
        super().__init__(
            "the effects made NaN, infinity, or levels beyond all measure of it", where=where,
            hint="Look at the chain's gains, drives and feedbacks",
        )  # fmt: skip


class NotPlayed(InputError):
    """A plug-in did nothing for a sound, and that is no fault of it, or need be none: it has no such channels, or it
    gave silence under settings that may mean silence."""

    code = "not_played"


class PluginFault(RoadieError):
    """A plug-in crashed, hung, or gave what is no sound. plugin: its name in the chain. file: where it stands."""

    code = "plugin_failed"

    def __init__(
        self, what: str, *, plugin: str, file: str, why: object = None, hint: str | None = None
    ) -> None:
        self.plugin = plugin
        self.file = file
        super().__init__(what, where=plugin, why=why, hint=hint)
