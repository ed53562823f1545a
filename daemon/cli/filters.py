"""Which sounds are meant: the options that `roadie search` and the commands on what a search finds have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="WORDS...", help="Each may be the beginning of a word, or of a part of one."),
]
Tag = Annotated[str | None, typer.Option("--tag", metavar="TAG", help="Carries this tag.")]
Class = Annotated[
    str | None, typer.Option("--class", metavar="CLASS", help="kick, snare, closed-hat, vocal ...")
]
Kind = Annotated[
    str | None, typer.Option("--kind", metavar="KIND", help="source, stem, one-shot, loop, midi ...")
]

Like = Annotated[str | None, typer.Option("--like", metavar="FILE", help="Sounds like this file or asset.")]
But = Annotated[
    str | None,
    typer.Option("--but", metavar="HOW", help="With --like: brighter, shorter, lower ..., several by commas."),
]
Bpm = Annotated[str | None, typer.Option("--bpm", metavar="118..124", help="Tempo, or a range of it.")]
Key = Annotated[str | None, typer.Option("--key", metavar="Am", help="Musical key; 8A is one too.")]
Compatible = Annotated[
    bool, typer.Option("--compatible", help="Keys that go with it as well: relative, a fifth up and down.")
]
Length = Annotated[
    str | None, typer.Option("--length", metavar="0.2..1.5", help="Seconds: at most, or a range.")
]
Rating = Annotated[int | None, typer.Option("--rating", metavar="STARS", min=0, max=5, help="At least.")]
Folder = Annotated[Path | None, typer.Option("--in", metavar="DIR", help="Below this folder.")]
Missing = Annotated[bool, typer.Option("--missing", help="Instead, those whose files are gone.")]
Source = Annotated[
    str | None, typer.Option("--from", metavar="SONG", help="Made from this song: its file, or its asset.")
]
