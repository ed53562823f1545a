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


def file_tree(root: Path, paths: Iterable[Path]) -> Tree:
    """Files below root as a tree, folders first met first. Paths elsewhere stand with their full name."""
    from rich.tree import Tree

    tree = Tree(f"{root}{os.sep}")
    branches: dict[Path, Tree] = {root: tree}
    for path in sorted(paths):
        if not path.is_relative_to(root):
            tree.add(str(path))
            continue
        for folder in reversed(path.relative_to(root).parents[:-1]):
            here = root / folder
            if here not in branches:
                branches[here] = branches[here.parent].add(f"{folder.name}{os.sep}")
        branches[path.parent].add(path.name)
    return tree
