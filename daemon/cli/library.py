"""`roadie library`: what roadie knows of your sounds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli import filters
from daemon.cli.alike import duplicates, sound_map
from daemon.cli.group import group
from daemon.cli.learn import learn
from daemon.cli.output import AsJson, out_path
from daemon.cli.write_tags import write_tags

app = group()

Asset = Annotated[
    str, typer.Argument(metavar="ASSET", help="A file the library knows, gone or not, or an asset's id.")
]


@app.callback(no_args_is_help=True)
def library() -> None:
    """Your sounds, indexed where they are: tags, duplicates, exports.

    \b
    Examples:
      roadie library scan ~/Music/Samples
      roadie library stats
    """


@app.command()
def scan(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Indexed where it is; nothing is copied.")],
    as_json: AsJson = False,
) -> None:
    """Index a folder and those below it. Every sound there can be found from then on.

    Scan it again when files came, changed or went, and also when all of it has gone: what it held is then missing, and
    is there again once it is back and scanned.

    \b
    Example:
      roadie library scan ~/Music/Samples
    """
    from daemon.cli import library_api
    from daemon.cli.finish import carry_out
    from daemon.cli.library_told import scan_figures
    from daemon.cli.request import no_file

    path = no_file(folder)
    raise typer.Exit(
        carry_out(lambda client: library_api.scan(client, path), as_json=as_json, figures=scan_figures)
    )


@app.command()
def classify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Audio files.")],
    names: Annotated[
        bool, typer.Option("--names", help="Weigh what names say, the file's or its folder's, as a scan does.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what each sound is, without touching the library.

    By ear alone, unless --names is given: file names do not count. With --json, one JSON object per line.

    \b
    Examples:
      roadie library classify kick.wav loop.wav
      roadie library classify --names "Open Hats"/*.wav
    """
    from daemon.cli.classify import classify_files

    raise typer.Exit(classify_files(files, as_json, names))


@app.command()
def stats(as_json: AsJson = False) -> None:
    """Count what is there.

    \b
    Example:
      roadie library stats
    """
    from daemon.cli import library_api, library_told
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        found = library_api.stats(open_session.client)
    library_told.tell_stats(found, as_json)


@app.command()
def export(
    out: Annotated[
        Path, typer.Option("--out", parser=out_path, metavar="DIR", help="Folder that gets the copies.")
    ],
    text: filters.Words = None,
    tag: filters.Tag = None,
    label: filters.Class = None,
    kind: filters.Kind = None,
    layout: Annotated[
        str, typer.Option("--layout", metavar="LAYOUT", help="Folders below DIR.")
    ] = "{kind}/{class}",
    as_json: AsJson = False,
) -> None:
    """Copy what a search finds into a folder, sorted.

    The files alone: a roadie.json, which says how a file was made, is beside what a job delivered.

    \b
    Example:
      roadie library export 909 --class kick --out ~/Music/kicks
    """
    from daemon.cli import library_api
    from daemon.cli.finish import carry_out
    from daemon.cli.library_told import export_figures
    from daemon.cli.request import absolute
    from daemon.services.types_library import AssetQuery, ExportRequest

    wanted = AssetQuery(text=" ".join(text or ()) or None, tag=tag, kind=kind, label=label)
    request = ExportRequest(folder=str(absolute(out)), query=wanted, layout=layout)
    raise typer.Exit(
        carry_out(lambda client: library_api.export(client, request), as_json=as_json, figures=export_figures)
    )


@app.command()
def tag(
    asset: Asset,
    tags: Annotated[list[str] | None, typer.Argument(metavar="TAG...", help="Your own labels.")] = None,
    off: Annotated[bool, typer.Option("--off", help="Take these tags, and the class you said, away.")] = False,
    label: Annotated[
        str | None, typer.Option("--class", metavar="CLASS", help="What it is, where roadie was wrong.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tag a sound, take tags away, or correct its class. Only in the library: the file is not touched.

    A file that you have replaced since it was scanned is heard first: what you say is said of what it is now.

    A class is taken back as a tag is, with --off: roadie's own class and how sure it is are there again.

    \b
    Examples:
      roadie library tag kick.wav punchy 909
      roadie library tag kick.wav 909 --off
      roadie library tag hiss.wav --class shaker
      roadie library tag hiss.wav --class shaker --off
    """
    from daemon.cli import library_api
    from daemon.cli.output import on_one_line, print_json, say
    from daemon.cli.session import session
    from daemon.kernel.errors import BadParameter

    if not tags and label is None:
        raise BadParameter("there is nothing to say of it", hint="Name tags, or its class with --class")
    file = next((each for each in tags or () if not off and Path(each).suffix and Path(each).is_file()), None)
    if file is not None:  # as a shell makes of *.wav
        raise BadParameter(
            "this is a file, not a tag", where=file, hint="Name one file at a time, then its tags"
        )
    with session(os.environ) as open_session:
        found = library_api.as_it_is(open_session.client, asset)
        change = {} if label is None else library_api.class_change(found, label, off=off)
        if tags:
            change["tags"] = library_api.user_tags(found, add=() if off else tags, take=tags if off else ())
        changed = library_api.patch(open_session.client, found.id, change)
    if as_json:
        print_json(changed)
    else:
        own = [each.label for each in changed.tags if each.origin == "user" and each.label != changed.label]
        said = ", ".join(own) or "none of yours"
        called = Path(asset).name if Path(asset).is_file() else changed.name  # not after a copy of it
        print(f"{on_one_line(called)}: class {changed.label or 'unknown'}, tags: {said}")
        if off and label is not None:
            say(
                "That is roadie's own word again. Had it learnt yours, `roadie library learn` anew unlearns it."
            )


@app.command()
def remove(
    assets: Annotated[
        list[str], typer.Argument(metavar="ASSET...", help="Files the library knows, gone or not, or ids.")
    ],
    with_file: Annotated[
        bool, typer.Option("--file", help="The file too; only where roadie itself wrote it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take sounds out of the library. Their files stay.

    Of a sound that stands in several files, the one that you name is forgotten; its tags stay with the others. An id
    names the sound with all of its files.

    \b
    Example:
      roadie library remove kick.wav
    """
    from daemon.cli import library_api
    from daemon.cli.output import on_one_line, print_json
    from daemon.cli.session import session

    gone = []
    with session(os.environ) as open_session:
        for name in assets:
            what = library_api.named(open_session.client, name, moved=True)
            left = library_api.remove(open_session.client, what, with_file=with_file)
            gone.append({"id": what.asset.id, "name": what.asset.name, "file": with_file, "left": left})
            if not as_json:
                called = what.asset.name if what.path is None else what.path.name
                with_it = " with its file" if with_file else ""
                still = f"; the same sound stays at {on_one_line(', '.join(left))}" if left else ""
                print(f"{on_one_line(called)}: removed from the library{with_it}{still}")
    if as_json:
        print_json({"removed": gone})


app.command("write-tags")(write_tags)
app.command("learn")(learn)
app.command("duplicates")(duplicates)
app.command("map")(sound_map)
