"""Files that a cloud service shows and has not downloaded. Opening one would fetch it, so it is never opened.

Windows marks them by attributes (OneDrive, iCloud, Dropbox: recall on open, recall on data access, offline), macOS by
the flag SF_DATALESS (File Provider: iCloud, OneDrive, Dropbox); older iCloud leaves a hidden `.name.icloud`, which is
ignored like every hidden file. Linux has no such mark: there a client that shows files it has not got is told by their
having a size and no block on the disk, in a folder that is called like the service.
"""

from __future__ import annotations

import os
import re

# winnt.h
_OFFLINE = 0x0000_1000
_RECALL_ON_OPEN = 0x0004_0000
_RECALL_ON_DATA_ACCESS = 0x0040_0000
# sys/stat.h of macOS
_SF_DATALESS = 0x4000_0000


_STUB = re.compile(r"\.(?P<name>.+)\.icloud")
_CLOUD_FOLDER = re.compile(
    r"dropbox|onedrive|icloud|cloudstorage|google ?drive|com~apple~clouddocs", re.IGNORECASE
)
_INLINE_BYTES = 4096  # so little a file system may keep in the directory itself, without a block


def stub_of(name: str) -> str | None:
    """The file that an older iCloud's `.name.icloud` stands for, None for another name."""
    found = _STUB.fullmatch(name)
    return found["name"] if found else None


def put_away(path: str) -> bool:
    """Whether an older iCloud's `.name.icloud` stands where a file was."""
    folder, name = os.path.split(path)
    return os.path.lexists(os.path.join(folder, f".{name}.icloud"))  # noqa: PTH118 - text only


def is_placeholder(stat: os.stat_result, path: str) -> bool:
    """Whether the content of the file is elsewhere, told by a stat, which fetches nothing.

    path: of the file; in a folder of a cloud service one that has a size and not one block counts as well.
    """
    nowhere = getattr(stat, "st_blocks", 1) == 0 and stat.st_size > _INLINE_BYTES
    if nowhere and _CLOUD_FOLDER.search(path):
        return True
    attributes = getattr(stat, "st_file_attributes", 0)
    flags = getattr(stat, "st_flags", 0)
    return bool(attributes & (_OFFLINE | _RECALL_ON_OPEN | _RECALL_ON_DATA_ACCESS) or flags & _SF_DATALESS)
