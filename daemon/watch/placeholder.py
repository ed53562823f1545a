"""Files that a cloud service shows and has not downloaded. Opening one would fetch it, so it is never opened.

Windows marks them by attributes (OneDrive, iCloud, Dropbox: recall on open, recall on data access, offline), macOS by
the flag SF_DATALESS (File Provider: iCloud, OneDrive, Dropbox); older iCloud leaves a hidden `.name.icloud`, which is
ignored like every hidden file. Linux has no such mark: there a client that shows files it has not got is a network
drive like any other.
"""

from __future__ import annotations

import os

# winnt.h
_OFFLINE = 0x0000_1000
_RECALL_ON_OPEN = 0x0004_0000
_RECALL_ON_DATA_ACCESS = 0x0040_0000
# sys/stat.h of macOS
_SF_DATALESS = 0x4000_0000


def is_placeholder(stat: os.stat_result) -> bool:
    """Whether the content of the file is elsewhere, told by a stat, which fetches nothing."""
    attributes = getattr(stat, "st_file_attributes", 0)
    flags = getattr(stat, "st_flags", 0)
    return bool(attributes & (_OFFLINE | _RECALL_ON_OPEN | _RECALL_ON_DATA_ACCESS) or flags & _SF_DATALESS)
