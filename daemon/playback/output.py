"""The default output, through PortAudio (`sounddevice`), where both are there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from daemon.playback.errors import NoAudio
from daemon.playback.mixer import Block

CHANNELS = 2
_INSTALL = "Install it with: uv sync --extra audio"
_SYSTEM = "On Debian and Ubuntu: sudo apt install libportaudio2"


class Output:
    """An open stream that asks `render` for blocks. Raises NoAudio with the reason when there can be none."""

    def __init__(self, render: Callable[[int], Block]) -> None:
        sounddevice = _library()
        try:
            device = sounddevice.query_devices(kind="output")
            self.device = str(device["name"])
            self.rate_hz = int(device["default_samplerate"])
            self._stream = sounddevice.OutputStream(
                samplerate=self.rate_hz, channels=CHANNELS, dtype="float32", latency="low",
                callback=_callback(render),
            )  # fmt: skip
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise NoAudio(
                "there is no sound output here",
                why=error,
                hint="Connect one, or choose a default in the system",
            ) from error
        self.latency_s = float(self._stream.latency)

    @property
    def alive(self) -> bool:
        """False once the device or the sound server has gone; `close` may not return then."""
        return bool(self._stream.active)

    def close(self) -> None:
        self._stream.close()


def _callback(render: Callable[[int], Block]) -> Callable[..., None]:
    def fill(out: Any, frames: int, _time: object, _status: object) -> None:
        out[:] = render(frames)

    return fill


def _library() -> Any:
    try:
        import sounddevice  # noqa: PLC0415 - optional, and only a playing process needs it
    except ImportError as error:
        raise NoAudio("the sounddevice package is not installed", hint=_INSTALL) from error
    except OSError as error:
        raise NoAudio("PortAudio is not installed", why=error, hint=_SYSTEM) from error
    return sounddevice
