"""Low priority: heavy work gives way to everything else on the machine, the DAW before all."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_NICENESS = 10
_AUTOGROUP = Path("/proc/self/autogroup")
_TRIES, _AGAIN_S = 20, 0.12


def give_way() -> None:
    """For this process, before it has other threads: on Linux each thread has its own niceness.

    Linux weighs niceness only within a session where it schedules sessions as groups (sched(7), "The autogroup
    feature"), so that of the group is lowered too. The process leads a session of its own. Windows sets the priority
    as it starts a process.
    """
    if sys.platform == "win32":
        return
    os.nice(_NICENESS)
    if sys.platform == "linux" and os.getsid(0) == os.getpid():
        _lower_group()


def _lower_group() -> None:
    for _ in range(_TRIES):
        try:
            _AUTOGROUP.write_text(str(_NICENESS))
        except BlockingIOError:  # the kernel takes one change in a tenth of a second, of all processes together
            time.sleep(_AGAIN_S)
        except OSError:
            return  # it has no such groups
        else:
            return
