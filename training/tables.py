"""Small tables of trained numbers, written as Python modules that a person can read in a diff."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

_WIDTH = 118


def write(path: Path, title: str, tables: Mapping[str, ArrayLike]) -> None:
    """One constant for each table of at most two dimensions, to four digits behind the point."""
    parts = [f'"""{title}"""', "", "# fmt: off"]
    for name, table in tables.items():
        values = np.asarray(table, np.float64)
        if values.ndim == 0:
            parts.append(f"{name} = {values:.4f}")
        elif values.ndim == 1:
            parts += [f"{name} = [", *_row(values, 4), "]"]
        else:
            parts.append(f"{name} = [")
            for row in values:
                parts += ["    [", *_row(row, 8), "    ],"]
            parts.append("]")
    path.write_text("\n".join(parts) + "\n")


def _row(values: np.ndarray, indent: int) -> list[str]:
    text = ", ".join(f"{value:.4f}" for value in values) + ","
    return textwrap.wrap(text, _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent)
