"""Keeping freed memory for the next segment, which needs the same again."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h of glibc
_NEVER = 2**31 - 1


def keep_freed() -> None:
    """Have glibc reuse large blocks instead of handing each back to the kernel, which clears it page by page.

    For a worker process, whose end gives everything back. Elsewhere than on glibc it does nothing.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _NEVER // 2)
        mallopt(_M_TRIM_THRESHOLD, _NEVER)
