"""Chain files: from TOML to a checked, canonical form that is part of a render's key.

Light: the daemon reads chains to plan; pedalboard is loaded only by `daemon.chains.render`, in a worker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from daemon.chains.check import Place, check
from daemon.chains.errors import BadChain
from daemon.kernel.at_home import at_home
from daemon.kernel.errors import FileMissing, NotFound
from daemon.kernel.printable import printable
from daemon.kernel.toml_file import parsed, text_of
from daemon.kernel.types import Json

PRESETS = Path(__file__).parent / "presets"


def load_chain(name_or_path: str, folders: Sequence[Path] = ()) -> dict[str, Json]:
    """The canonical content of a chain: a file's path (ends with .toml) or a name looked for in `folders`, then
    among the presets.

    Raises NotFound with suggestions, FileMissing, and BadChain with file and line.
    """
    return parse_chain(*_find(name_or_path, folders))


def resolve_chain(chain: str | Mapping[str, Any], folders: Sequence[Path] = ()) -> dict[str, Json]:
    """The canonical content of a chain given by name, by path, or inline. Canonical content stays as it is."""
    return load_chain(chain, folders) if isinstance(chain, str) else check(chain, Place("inline chain", ""))


def resolved_chain(chain: str | Mapping[str, Any]) -> dict[str, Json]:
    """A chain as it reaches a worker: its plug-ins have what resolving added, its content stays as it is."""
    return load_chain(chain) if isinstance(chain, str) else check(chain, Place("chain", "", resolved=True))


def list_chains(folders: Sequence[Path] = ()) -> dict[str, Path]:
    """Every chain by name; a user's chain hides a preset of the same name."""
    found: dict[str, Path] = {}
    for folder in (PRESETS, *reversed(folders)):
        found |= {printable(path.stem): path for path in sorted(folder.glob("*.toml"))}
    return dict(sorted(found.items()))


def parse_chain(path: Path, text: str) -> dict[str, Json]:
    """A chain file's text, checked. path: for messages. Raises BadChain."""
    path = Path(printable(path))
    content = parsed(text, path, BadChain, big_numbers=True)
    content.setdefault("name", path.stem)
    return check(content, Place(str(path), text))


def _find(name_or_path: str, folders: Sequence[Path]) -> tuple[Path, str]:
    if name_or_path.endswith(".toml"):
        path = Path(at_home(name_or_path))
    else:
        known = list_chains(folders)
        if name_or_path not in known:
            near = get_close_matches(name_or_path, known, 3)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"Chains: {', '.join(known)}"
            raise NotFound(f"there is no chain {name_or_path!r}", hint=hint)
        path = known[name_or_path]
    return read_chain(path)


def read_chain(path: Path) -> tuple[Path, str]:
    """(path, what stands in it). Raises FileMissing, BadChain."""
    try:
        return path, text_of(path, BadChain)
    except FileNotFoundError:
        raise FileMissing("the chain file is not there", where=path) from None
    except ValueError as error:  # a zero byte in it
        raise FileMissing("this is no path", where=repr(str(path)), why=error) from error
