"""How a Live set names a file, in the forms of Live 9 to 12."""

from __future__ import annotations

import binascii
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_BESIDE_SET, _IN_PROJECT = "1", "3"
"""RelativePathType: relative to the set's folder, or to the project's. Packs (5), the User Library (6) and Live's own
files (7) stand in places that a set does not name: only their absolute path is used, where there is one."""
_PROJECT_MARK = "Ableton Project Info"


@dataclass(slots=True)
class FileRef:
    """The fields of one `<FileRef>` as they are read."""

    absolute: str = ""
    relative: str = ""
    relative_type: str = "0"
    name: str = ""
    size: int | None = None
    _dirs: list[str] = field(default_factory=list)
    _hint: list[str] = field(default_factory=list)

    def element(self, path: Sequence[str], attributes: Mapping[str, str]) -> None:
        """path: of the element, below `<FileRef>`."""
        value = attributes.get("Value", "")
        match path:
            case ["Path"]:
                self.absolute = value
            case ["RelativePath"]:
                self.relative = value
            case ["RelativePathType"]:
                self.relative_type = value
            case ["Name"]:
                self.name = value
            case ["OriginalFileSize"] | ["SearchHint", "FileSize"]:
                self.size = int(value) if value.isdecimal() and value != "0" else None
            case ["RelativePath", "RelativePathElement"]:
                self._dirs.append(attributes.get("Dir", ""))
            case ["SearchHint", "PathHint", "RelativePathElement"]:
                self._hint.append(attributes.get("Dir", ""))
            case _:
                pass

    def text(self, element: str, text: str) -> None:
        """Live 9 and 10 keep the absolute path as hexadecimal data: UTF-16 on Windows, an alias record on a Mac,
        which only a Mac can read."""
        if element == "Data" and text and not self.absolute:
            try:
                found = binascii.unhexlify("".join(text.split())).decode("utf-16-le").rstrip("\x00")
            except (binascii.Error, ValueError):
                return
            if found[1:3] in (":\\", ":/") or found.startswith("\\\\"):
                self.absolute = found

    @property
    def is_sound(self) -> bool:
        last = self.absolute or self.relative or self.name
        return bool(last) and not last.lower().endswith((".adv", ".adg", ".amxd", ".als", ".alc"))

    def places(self, set_path: Path) -> list[str]:
        """Absolute paths where Live looks for it, the likeliest first."""
        found = []
        relative = self.relative or os.path.join(*[part or os.pardir for part in self._dirs], self.name)  # noqa: PTH118
        if relative and self.relative_type in (_BESIDE_SET, _IN_PROJECT):
            for base in _bases(set_path, self.relative_type):
                found.append(os.path.normpath(os.path.join(base, relative)))  # noqa: PTH118 - text only
        if self.absolute:
            found.append(self.absolute)
        if self._hint and self.name:
            found.append(os.path.join(os.sep, *self._hint, self.name))  # noqa: PTH118
        return list(dict.fromkeys(found))


def _bases(set_path: Path, relative_type: str) -> list[str]:
    """A set may stand in a folder of its project: the project is the nearest folder above with Live's mark."""
    if relative_type == _BESIDE_SET:
        return [str(set_path.parent)]
    for folder in set_path.parents:
        if (folder / _PROJECT_MARK).is_dir():
            return [str(folder)]
    return [str(set_path.parent)]
