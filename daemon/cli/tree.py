"""The tree of delivered files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.tree import Tree


def common_folder(paths: Iterable[Path]) -> Path | None:
    """The deepest folder that holds all of them; None when there is none (other drives, no paths)."""
    folders = [str(path.parent) for path in paths]
    try:
        return Path(os.path.commonpath(folders)) if folders else None
    except ValueError:
        return None


def file_tree(root: Path, paths: Iterable[Path], per_folder: int | None = None) -> Tree:
    """Files below root as a tree, by name. Paths elsewhere stand with their full name.

    per_folder: of a folder with more files, show so many and say how many more there are.
    """
    from rich.tree import Tree

    tree = Tree(f"{root}{os.sep}")
    branches: dict[Path, Tree] = {root: tree}
    in_folder: dict[Path, list[str]] = {}
    for path in sorted(paths):
        if not path.is_relative_to(root):
            tree.add(str(path))
            continue
        for folder in reversed(path.relative_to(root).parents[:-1]):
            here = root / folder
            if here not in branches:
                branches[here] = branches[here.parent].add(f"{folder.name}{os.sep}")
        in_folder.setdefault(path.parent, []).append(path.name)
    for folder, names in in_folder.items():
        for name in shortened(names, per_folder):
            branches[folder].add(name)
    return tree


def shortened(names: list[str], at_most: int | None) -> list[str]:
    """The names, or the first of them and how many more there are."""
    if at_most is None or len(names) <= at_most:
        return names
    return [*names[: at_most - 1], f"... and {len(names) - at_most + 1} more"]
