"""The process that foreign code runs in. Everything happens on its main thread, as plug-ins expect; it is killed from
outside when it stands still, and ends when its pipe closes or its parent does, with all that it forked."""

from __future__ import annotations

import faulthandler
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from daemon.chains.errors import NotPlayed, PluginFault, said_by
from daemon.chains.plugins.messages import (
    At,
    Describe,
    Done,
    Failed,
    Names,
    Order,
    Render,
    Report,
    Settings,
    Setup,
    Sing,
    pack,
    unpack_orders,
)
from daemon.chains.plugins.resolve import asked_classes, external
from daemon.chains.plugins.wire import wire
from daemon.kernel.children import connection
from daemon.kernel.errors import ErrorInfo, RoadieError
from daemon.kernel.lifeline import die_with_parent, end_group, guard_group
from daemon.kernel.work import Region

_TELL_EVERY_S = 0.1


def main(handle: int, parent: int) -> None:
    die_with_parent(parent)
    guard_group()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    host = wire(connection(handle))
    try:
        (setup,) = unpack_orders(host.receive())
        if not isinstance(setup, Setup):
            raise TypeError("the first order must be the setup")
        child = Child(setup, lambda report: host.send(pack(report)))
        child.ready()
        while True:
            for order in unpack_orders(host.receive()):
                child.obey(order)
    except (EOFError, OSError):
        pass  # the host is gone or done
    sys.stdout.flush()
    # Not through the interpreter's end: the destructors of foreign code have crashed many a host.
    end_group()


class Child:
    def __init__(self, setup: Setup, tell: Callable[[Report], None]) -> None:
        # Here, after the parent is watched, and once: even to look up what is loaded counts for every short sound.
        from daemon.chains.plugins.hosted import LoadedRack  # noqa: PLC0415
        from daemon.chains.sound_file import Sound, render_file  # noqa: PLC0415

        self._sound, self._render_file = Sound, render_file
        self._chain = setup.chain
        self._tell = tell
        self._told_s = 0.0
        self._fraction = 0.0
        self._turn = ""
        fx = setup.chain.get("fx", ())
        self._doubt = len(list(external(fx))) > 1 or any(asked_classes(fx))
        self._rack = LoadedRack(self._whose_turn, lambda: self._tell_fraction(self._fraction))

    def ready(self) -> None:
        """Everything of roadie's own is loaded: from here on, what stands still is the plug-in."""
        self._tell(At())

    def obey(self, order: Order) -> None:
        assert not isinstance(order, Setup)
        self._fraction = 0.0
        self._told_s = time.monotonic()  # what is soon done needs no sign of life besides its end
        try:
            answer = self._answer(order)
            self._tell(Done(order.serial, answer))
        except PluginFault as error:
            self._tell(Failed(order.serial, error.info(), (error.plugin, error.file)))
        except RoadieError as error:
            self._tell(Failed(order.serial, error.info(traceback.format_exc())))
        except Exception as error:  # noqa: BLE001 - the order's end, whatever it is
            info = ErrorInfo("internal", said_by(error), traceback=traceback.format_exc())
            self._tell(Failed(order.serial, info))

    def _answer(self, order: Order) -> Any:
        # Imported by what needs it: a child that plays loads nothing of what a scan needs.
        match order:
            case Render():
                return self._render(order)
            case Sing():
                from daemon.chains.plugins.sing import sing_file  # noqa: PLC0415

                self._rack.forget()
                sung = sing_file(order, self._chain, self._rack, self._tell_fraction)
                return replace(sung, remarks=self._rack.remarks())
            case Names():
                from daemon.chains.plugins.describe import names  # noqa: PLC0415

                return names(Path(order.path))
            case Describe():
                from daemon.chains.plugins.describe import describe  # noqa: PLC0415

                return describe(Path(order.path), order.name)
            case Settings():
                return self._settings(order)
        raise TypeError(f"no such order: {order}")

    def _render(self, order: Render) -> Any:
        region = None if order.region is None else Region(*order.region)  # type: ignore[arg-type]
        sound = self._sound(Path(order.path), region, order.sound_class, order.exact)
        self._rack.forget()
        made = self._render_file(sound, Path(order.out), self._chain, self._tell_fraction, self._rack)
        try:
            self._rack.end()
        except (PluginFault, NotPlayed):
            Path(order.out).unlink(missing_ok=True)
            raise
        return replace(made, remarks=self._rack.remarks())

    def _settings(self, order: Settings) -> Any:
        """Write the settings of the chain's first plug-in."""
        plugin = self._rack.get(self._chain["fx"][0]).plugin
        content = plugin.preset_data if order.out.endswith(".vstpreset") else plugin.raw_state
        Path(order.out).write_bytes(content)
        return len(content)

    def _whose_turn(self, plugin: str) -> None:
        # With one plug-in for every sound there is no doubt whom to blame, and no need to say each time.
        if plugin != self._turn and (plugin or self._doubt):
            self._turn = plugin
            self._tell(At(plugin=plugin))

    def _tell_fraction(self, fraction: float) -> None:
        self._fraction = fraction
        now_s = time.monotonic()
        if now_s - self._told_s >= _TELL_EVERY_S:
            self._told_s = now_s
            self._tell(At(fraction))
