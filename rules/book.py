"""The rules there are: shipped ones and the user's, read anew when their files change.

A file that cannot be read any more keeps its last good rule, also over a restart: a copy of every good one is kept in
a hidden folder beside it. Switching a shipped rule on or off makes a copy of the user's own of it, which then stands
in its place.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from daemon.kernel.errors import BadRule, DiskError, NotFound
from daemon.kernel.printable import printable
from daemon.kernel.suggest import suggest
from daemon.kernel.toml_file import text_of
from rules.model import Rule
from rules.parse import NAME, parse

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent / "presets"
GOOD = ".good"


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule's file. rule: as it is, or as it last was when it was good; None when it never was. text: of the file
    now."""

    name: str
    origin: str
    path: Path
    rule: Rule | None
    text: str
    problem: str | None = None


class RuleBook:
    """Blocking: called from a thread. The entries are replaced as a whole, so that readers need no lock."""

    def __init__(self, user: Path, shipped: Path = SHIPPED) -> None:
        self._user = user
        self._shipped = shipped
        self._seen: dict[Path, tuple[int, int]] = {}
        self._entries: dict[str, Entry] = {}

    def entries(self) -> list[Entry]:
        return [self._entries[name] for name in sorted(self._entries)]

    def get(self, name: str) -> Entry:
        """Raises NotFound with a suggestion."""
        if name not in self._entries:
            raise NotFound(
                f"there is no rule {name!r}", hint=suggest(name, self._entries) if self._entries else None
            )
        return self._entries[name]

    def enabled(self) -> list[Rule]:
        """By priority, then by name."""
        rules = [
            entry.rule for entry in self._entries.values() if entry.rule is not None and entry.rule.enabled
        ]
        return sorted(rules, key=lambda rule: (-rule.priority, rule.name))

    def refresh(self) -> bool:
        """Read what changed; whether anything did."""
        files = {path: (origin, stamp) for path, origin, stamp in self._files()}
        if {path: stamp for path, (_, stamp) in files.items()} == self._seen:
            return False
        entries: dict[str, Entry] = {}
        for path, (origin, stamp) in files.items():
            known = next((each for each in self._entries.values() if each.path == path), None)
            if known is None or self._seen.get(path) != stamp:
                known = self._read(path, origin)
            entries[known.name] = known
        self._seen = {path: stamp for path, (_, stamp) in files.items()}
        self._entries = entries
        return True

    def put(self, name: str, text: str) -> Entry:
        """Store a rule of the user's. Raises BadRule (and stores nothing) for one that is none, DiskError."""
        if NAME.fullmatch(name) is None:
            raise BadRule(f"{name!r} is no name for a rule", hint="Small letters, digits, - _ and .")
        path = self._user / f"{name}.toml"
        rule = parse(text, path)
        if rule.name != name:
            raise BadRule(f"the rule calls itself {rule.name!r}", where=path, hint=f'Write name = "{name}"')
        _write(path, text)
        self.refresh()
        return self.get(name)

    def set_enabled(self, name: str, enabled: bool) -> Entry:
        """Switch a rule on or off in its file, comments and all; of a shipped one, in a copy that is the user's.

        Raises NotFound, BadRule for a file that is broken, DiskError.
        """
        entry = self.get(name)
        if entry.problem is not None:
            raise BadRule("the rule is broken as it stands", where=entry.path, why=entry.problem)
        try:
            document = tomlkit.parse(entry.text)
        except TOMLKitError as error:
            raise BadRule("this is not TOML", where=entry.path, why=error) from error
        document["enabled"] = enabled
        _write(self._user / f"{name}.toml", tomlkit.dumps(document))
        self.refresh()
        return self.get(name)

    def _files(self) -> Iterator[tuple[Path, str, tuple[int, int]]]:
        for folder, origin in ((self._shipped, "shipped"), (self._user, "user")):
            for path in sorted(folder.glob("*.toml")):
                try:
                    stat = path.stat()
                except OSError:
                    continue  # went away meanwhile
                yield path, origin, (stat.st_mtime_ns, stat.st_size)

    def _read(self, path: Path, origin: str) -> Entry:
        text = ""
        try:
            text = text_of(path, BadRule)
            rule = parse(text, Path(printable(path)))
        except (BadRule, OSError) as error:
            problem = error.message if isinstance(error, BadRule) else printable(f"{path}: {error}")
            good = self._last_good(path)
            log.warning("%s%s", problem, " (its last good version goes on)" if good else "")
            return Entry(good.name if good else printable(path.stem), origin, path, good, text, problem)
        if origin == "user":
            self._keep_good(path, text)
        return Entry(rule.name, origin, path, rule, text)

    def _last_good(self, path: Path) -> Rule | None:
        kept = path.parent / GOOD / path.name
        try:
            return parse(kept.read_text("utf-8"), path)
        except (BadRule, OSError, UnicodeDecodeError):
            return None

    def _keep_good(self, path: Path, text: str) -> None:
        kept = path.parent / GOOD / path.name
        try:
            if not kept.is_file() or kept.read_text("utf-8") != text:
                _write(kept, text)
        except (DiskError, OSError) as error:
            log.warning("a rule's last good version cannot be kept: %s", error)


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, "utf-8")
        draft.replace(path)
    except OSError as error:
        raise DiskError("the rule cannot be written", where=path, why=error.strerror) from error
