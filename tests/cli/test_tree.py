from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from daemon.cli.tree import common_folder, file_tree


def drawn(root: Path, paths: list[Path], per_folder: int | None = None) -> list[str]:
    console = Console(file=io.StringIO(), width=80, markup=False)
    with console.capture() as capture:
        console.print(file_tree(root, paths, per_folder))
    return capture.get().splitlines()


def test_folders_and_files_as_tree_draws_them() -> None:
    # As `tree -F` draws the same files, with rich's wider guides.
    root = Path("/out")
    assert drawn(root, [root / "song" / "Stems" / "bass.wav", root / "song" / "a.mid", root / "x.json"]) == [
        "/out/",
        "├── song/",
        "│   ├── Stems/",
        "│   │   └── bass.wav",
        "│   └── a.mid",
        "└── x.json",
    ]


def test_a_full_folder_is_shortened_and_says_so() -> None:
    root = Path("/out")
    paths = [root / f"kick {number:02}.wav" for number in range(1, 11)]
    assert [line.split(" ", 1)[1] for line in drawn(root, paths, 3)[1:]] == [
        "kick 01.wav",
        "kick 02.wav",
        "... and 8 more",
    ]
    assert len(drawn(root, paths[:3], 3)) == 4


def test_paths_elsewhere_are_named_in_full() -> None:
    assert drawn(Path("/out"), [Path("/else/x.wav")])[1:] == ["└── /else/x.wav"]


def test_names_that_look_like_markup_stay_as_they_are() -> None:
    assert drawn(Path("/o"), [Path("/o/[red]x.wav")])[1:] == ["└── [red]x.wav"]


def test_the_common_folder() -> None:
    assert common_folder([Path("/o/a/x.wav"), Path("/o/b/c/y.wav")]) == Path("/o")
    assert common_folder([Path("/o/a/x.wav")]) == Path("/o/a")
    assert common_folder([]) is None
