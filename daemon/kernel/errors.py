"""One tree of errors. Each class has a stable code; each message says what, where, why and what to do.

`ErrorInfo` is the same thing as data: it crosses process boundaries, is stored with a step, and becomes the
`application/problem+json` of the HTTP bridge.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """An error as data.

    code: stable, lower-case with underscores. message: one line for a person. where: the file or thing it is
    about. hint: what to do next. traceback: for a bug report, never shown in a message.
    """

    code: str
    message: str
    where: str | None = None
    hint: str | None = None
    traceback: str | None = None

    def to_wire(self) -> dict[str, str | None]:
        """The error as a client sees it: without the traceback."""
        wire = asdict(self)
        del wire["traceback"]
        return wire


class RoadieError(Exception):
    """Base of every error that roadie raises on purpose.

    what: one clause, no full stop. where: file or thing. why: the reason underneath. hint: the next step.
    """

    code: ClassVar[str] = "internal"

    def __init__(self, what: str, *, where: object = None, why: object = None, hint: str | None = None) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.why = None if why is None else str(why)
        self.hint = hint
        super().__init__(self.message)

    @property
    def message(self) -> str:
        text = self.what if self.where is None else f"{self.where}: {self.what}"
        if self.why:
            text += f" ({self.why})"
        if self.hint:
            text += f". {self.hint}"
        return text

    def info(self, traceback: str | None = None) -> ErrorInfo:
        return ErrorInfo(self.code, self.message, self.where, self.hint, traceback)


class UsageError(RoadieError):
    """Asked for wrongly: asking again the same way fails the same way, so it is never retried."""

    code = "usage"


class BadParameter(UsageError):
    code = "bad_parameter"


class BadConfig(UsageError):
    code = "bad_config"


class BadRecipe(UsageError):
    code = "bad_recipe"


class BadRule(UsageError):
    code = "bad_rule"


class NotFound(UsageError):
    code = "not_found"


class Conflict(UsageError):
    code = "conflict"


class Forbidden(UsageError):
    code = "forbidden"


class AlreadyRunning(UsageError):
    code = "already_running"


class InputError(RoadieError):
    """The file given cannot be worked on. Retrying does not help; other inputs of the job go on."""

    code = "input"


class UnreadableAudio(InputError):
    """Not audio, damaged beyond use, or with a shape that means nothing (no channels, no frames, NaN)."""

    code = "unreadable_audio"


class UnreadableProject(InputError):
    """A DAW's project that is damaged, cut off, too large, or none at all. Nothing of it is believed."""

    code = "unreadable_project"


class FileMissing(InputError):
    code = "file_missing"


class OverFullScale(RoadieError):
    """Samples pass full scale and the depth asked for cannot hold them; they are never clipped or rescaled."""

    code = "over_full_scale"


class SourceChanged(InputError):
    """The file's content changed while a job was working on it."""

    code = "source_changed"


class NotInstalled(RoadieError):
    """A model's weights are not here. The step is skipped with this reason, the rest of the job goes on."""

    code = "not_installed"


class DiskError(RoadieError):
    """The disk refused: read-only, gone, no permission."""

    code = "disk"


class DiskFull(DiskError):
    code = "disk_full"


class PathTaken(DiskError):
    """Something else stands at a path that was to be written; nothing is ever replaced."""

    code = "path_taken"


class WorkerDied(RoadieError):
    """The worker process ended before its step did. The step is tried again, up to `max_attempts`."""

    code = "worker_died"


class WorkerHung(WorkerDied):
    code = "worker_hung"


class TooSlow(RoadieError):
    """What somebody waits for was not ready in time, and was ended."""

    code = "too_slow"


class OutOfMemory(WorkerDied):
    code = "out_of_memory"


class Cancelled(RoadieError):
    """Raised at a checkpoint inside a worker when nobody wants the result any more."""

    code = "cancelled"


class Incomplete(RoadieError):
    """A part of what was asked for failed; the rest is done and stays."""

    code = "incomplete"


class StepFailed(RoadieError):
    """A step ended with an error in a worker; `error` is that error as data."""

    code = "step_failed"

    def __init__(self, error: ErrorInfo) -> None:
        self.error = error
        super().__init__(error.message)

    def info(self, traceback: str | None = None) -> ErrorInfo:  # noqa: ARG002 - the error brings its own
        return self.error


class InputRefused(InputError):
    """A step in a worker found its input unusable; `error` is what it said, as data."""

    def __init__(self, error: ErrorInfo) -> None:
        self.error = error
        super().__init__(error.message)

    def info(self, traceback: str | None = None) -> ErrorInfo:  # noqa: ARG002 - the error brings its own
        return self.error

    @classmethod
    def speaks_of(cls, error: ErrorInfo) -> bool:
        """Whether a step's error is about its input, rather than about roadie or the machine."""
        return error.code in {InputError.code, *(each.code for each in InputError.__subclasses__())}
