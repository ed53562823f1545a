"""A process of our own that is spoken to in lines, which nobody waits for: whatever it waits for itself, a sound server
say, the daemon goes on."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
from collections.abc import Callable, Mapping

from daemon.kernel.children import start_speaking

_MOST_WAITING = 256


class Speaking:
    """heard: called with each line that it writes, on a thread of its own; False ends the process. ended: called on the
    same thread, once, when it has ended and was heard out."""

    def __init__(
        self, main: str, *args: bytes, heard: Callable[[bytes], bool], ended: Callable[[], None],
        env: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """As `start_speaking`. Raises OSError."""
        self._heard = heard
        self._ended = ended
        self._orders: queue.Queue[bytes | None] = queue.Queue(_MOST_WAITING)
        self._popen = start_speaking(main, *args, env=env)
        self._threads = [
            threading.Thread(target=work, name=f"{main}{work.__name__}", daemon=True)
            for work in (self._read, self._write)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._popen.poll()

    def send(self, line: bytes) -> bool:
        """False when it has ended, and when so much waits that it cannot be reading; the line is dropped then. From any
        thread; never waits."""
        if self._popen.poll() is not None:
            return False
        try:
            self._orders.put_nowait(line + b"\n")
        except queue.Full:
            return False
        return True

    def close(self, patience_s: float) -> None:
        """Let it end by itself, after what was sent; kill it when that takes longer. Blocks."""
        self._no_more()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(patience_s)
        self.kill()

    def kill(self) -> None:
        """Blocks for a moment. Idempotent."""
        self._popen.kill()
        self._popen.wait()
        self._no_more()
        for thread in self._threads:
            thread.join()

    def end(self) -> None:
        """Kill it and wait for nothing; `ended` will be called."""
        self._popen.kill()

    def _no_more(self) -> None:
        with contextlib.suppress(queue.Full):  # with so much waiting, its end is noticed by the next one
            self._orders.put_nowait(None)

    def _write(self) -> None:
        stdin = self._popen.stdin
        assert stdin is not None
        with contextlib.suppress(OSError), stdin:  # OSError: it has ended
            while (line := self._orders.get()) is not None:
                stdin.write(line)
                stdin.flush()

    def _read(self) -> None:
        stdout = self._popen.stdout
        assert stdout is not None
        with stdout:
            for line in stdout:
                if not self._heard(line):
                    break
        self._popen.kill()
        self._popen.wait()
        self._no_more()
        self._ended()
