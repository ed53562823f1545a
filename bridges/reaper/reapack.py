"""The ReaPack index of the scripts: made from the headers of the package files, and checked by ReaPack's own rules.

    python -m bridges.reaper.reapack REPOSITORY_URL COMMIT > index.xml

A package file has its header in the comments at its top: `@tag value`, the rest of a long value indented below it.
"""

from __future__ import annotations

import fnmatch
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from bridges.reaper.scripts import source_folder
from daemon.kernel.errors import BadParameter

INDEX_NAME = "roadie"
CATEGORY = "Items Editing"
_SEGMENTS = re.compile(r"\d+(\.[0-9A-Za-z]+)*(-[0-9A-Za-z.]+)?")
_MOST = 65535
_FORBIDDEN = set('*\\:<>?/|"')
_TYPES = frozenset({"script", "extension", "effect", "data", "theme", "langpack", "webinterface", "projecttpl",
                    "tracktpl", "midinotenames", "autoitem", "keymap"})  # fmt: skip
_SECTIONS = frozenset({"main", "midi_editor", "midi_inlineeditor", "midi_eventlisteditor", "mediaexplorer",
                       "crossfade_editor"})  # fmt: skip
_PLATFORMS = frozenset({"all", "windows", "win32", "win64", "windows-arm64ec", "darwin", "darwin32", "darwin64",
                        "darwin-arm64", "linux", "linux32", "linux64", "linux-armv7l", "linux-aarch64"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Package:
    """A package file. provides: (options, path below the folder) of each file, the package file itself first."""

    name: str
    tags: Mapping[str, str]
    provides: tuple[tuple[str, str], ...]


def packages(folder: Path) -> Iterator[Package]:
    """Every package of a folder of scripts. Raises BadParameter for a header that ReaPack would not take."""
    for path in sorted(folder.glob("*.lua")):
        tags = header(path.read_text("utf-8"))
        if "noindex" in tags or "version" not in tags:
            continue
        _check_version(tags["version"], path)
        provides = [("main", path.name)]
        for line in filter(None, map(str.strip, tags.get("provides", "").splitlines())):
            provides += _provided(line, folder, path)
        yield Package(path.name, tags, tuple(provides))


def header(text: str) -> dict[str, str]:
    """The tags of a file: names in lower case, values of several lines with their line ends."""
    tags: dict[str, str] = {}
    current = None
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        body = line[2:].rstrip()
        found = re.match(r"\s*@(\w+)\s*(.*)$", body)
        if found:
            current = found.group(1).lower()
            tags[current] = found.group(2)
        elif current is not None and body.startswith("   "):
            tags[current] += "\n" + body[3:]
    return tags


def _check_version(version: str, path: Path) -> None:
    numbers = [int(each) for each in re.findall(r"\d+", version)]
    if not _SEGMENTS.fullmatch(version) or any(number > _MOST for number in numbers):
        raise BadParameter(f"@version {version!r} is not one of ReaPack's", where=path)


def _provided(line: str, folder: Path, path: Path) -> Iterator[tuple[str, str]]:
    found = re.fullmatch(r"(?:\[([^\]]*)\]\s*)?(\S+)", line)
    if found is None:
        raise BadParameter(f"@provides {line!r} cannot be read", where=path)
    pattern = found.group(2)
    names = sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file())
    matching = [name for name in names if _matches(name, pattern)]
    if not matching:
        raise BadParameter(f"@provides {pattern!r} names no file", where=path)
    for name in matching:
        yield found.group(1) or "", name


def _matches(name: str, pattern: str) -> bool:
    """As in a shell: a star stops at a folder's end."""
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def index(folder: Path, repository: str, commit: str, now: datetime) -> str:
    """The text of index.xml. repository: where raw files are served, without the commit."""
    root = ET.Element("index", version="1", name=INDEX_NAME, commit=commit)
    category = ET.SubElement(root, "category", name=CATEGORY)
    for package in packages(folder):
        tags = package.tags
        pack = ET.SubElement(category, "reapack", name=package.name, type="script", desc=tags["description"])
        metadata = ET.SubElement(pack, "metadata")
        ET.SubElement(metadata, "description").text = _rtf(tags.get("about", tags["description"]))
        stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        version = ET.SubElement(
            pack, "version", name=tags["version"], author=tags.get("author", ""), time=stamp
        )
        if tags.get("changelog"):
            ET.SubElement(version, "changelog").text = tags["changelog"].strip()
        for options, name in package.provides:
            attributes = {} if name == package.name else {"file": name}
            if "main" in options.split(","):
                attributes["main"] = "main"
            url = f"{repository.rstrip('/')}/{commit}/scripts/reaper/{name}"
            ET.SubElement(version, "source", attributes).text = url
    text = ET.tostring(root, encoding="unicode", xml_declaration=False)
    check(text)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def check(text: str) -> None:
    """ReaPack's own rules on an index. Raises BadParameter that says where it breaks one."""
    root = ET.fromstring(text)  # noqa: S314 - what was just written, or an index of our own
    _require(root.tag == "index" and root.get("version") == "1", "index has version 1", root)
    _require(_legal(root.get("name", "")), "the index has a legal name", root)
    for category in root.iter("category"):
        _require(all(map(_legal, category.get("name", "").split("/"))), "a category has a legal name", category)
        for pack in category.iter("reapack"):
            _require(_legal(pack.get("name", "")), "a package has a legal name", pack)
            _require(pack.get("type") in _TYPES, "a package has a known type", pack)
            versions = pack.findall("version")
            _require(bool(versions), "a package has a version", pack)
            for version in versions:
                _check_version_element(version)


def _check_version_element(version: ET.Element) -> None:
    name = version.get("name", "")
    _require(bool(_SEGMENTS.fullmatch(name)), "a version begins with a digit", version)
    _require(
        bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", version.get("time", ""))),
        "a time is ISO",
        version,
    )
    sources = version.findall("source")
    _require(bool(sources), "a version has files", version)
    files = [source.get("file", "") for source in sources]
    _require(len(files) == len(set(files)), "no file comes twice", version)
    for source in sources:
        _require(source.get("platform", "all") in _PLATFORMS, "a platform is known", source)
        _require(set(source.get("main", "").split()) <= _SECTIONS, "a section is known", source)
        _require((source.text or "").startswith("https://"), "a file has an https address", source)
        parts = source.get("file", "x").split("/")
        _require(".." not in parts and all(map(_legal, parts)), "a file stays in its package's folder", source)


def _legal(name: str) -> bool:
    return bool(name) and not _FORBIDDEN & set(name) and all(ord(char) >= 32 for char in name)


def _require(true: bool, rule: str, element: ET.Element) -> None:
    if not true:
        raise BadParameter(f"this is no ReaPack index: {rule}", where=ET.tostring(element, "unicode")[:200])


def _rtf(text: str) -> str:
    """Plain text as the RTF that ReaPack shows."""
    lines = [line.lstrip("# ") for line in text.strip().splitlines()]
    clean = "\n".join(lines).replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}")
    body = "".join(char if ord(char) < 128 else f"\\u{ord(char)}?" for char in clean)
    return "{\\rtf1\\ansi\\deff0 " + body.replace("\n", "\\line ") + "}"


if __name__ == "__main__":
    sys.stdout.write(index(source_folder(), sys.argv[1], sys.argv[2], datetime.now(UTC)))
