"""Which daemon a command talks to: the running one, or one of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from daemon.cli.client import Client
from daemon.cli.find import running
from daemon.cli.temporary import TemporaryDaemon
from daemon.config import Settings, load_settings


class Session:
    """Holds the client; finds or starts another daemon when the one it had is gone."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self.settings = settings
        self._environ = environ
        self._own: TemporaryDaemon | None = None
        self.client = self._connect()

    @property
    def temporary(self) -> bool:
        """The daemon is this command's own and ends with it."""
        return self._own is not None and self._own.alive

    def reconnect(self) -> None:
        """After the daemon was gone: the next one takes up the same jobs."""
        self.close()
        self.client = self._connect()

    def close(self) -> None:
        if self._own is not None:
            self._own.stop()
            self._own = None

    def _connect(self) -> Client:
        found = self._find()
        if found is None:
            self._own = TemporaryDaemon.start(self._find, self._environ)
            found = self._own.client
        return found

    def _find(self) -> Client | None:
        return running(self.settings.runtime_path)


@contextmanager
def session(environ: Mapping[str, str]) -> Iterator[Session]:
    """A daemon to talk to, of the home that the environment names. Raises BadConfig, DaemonDidNotStart."""
    open_session = Session(load_settings(environ), environ)
    try:
        yield open_session
    finally:
        open_session.close()
