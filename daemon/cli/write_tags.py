"""`roadie library write-tags`: what roadie knows of a sound, into its file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli import filters
from daemon.cli.output import AsJson

if TYPE_CHECKING:
    from daemon.services.types_tags import WriteTagsRequest, WriteTagsResult


def write_tags(
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE...|DIR|WORDS...", help="Files, a folder, or words as in `roadie search`."),
    ] = None,
    tag: filters.Tag = None,
    label: filters.Class = None,
    kind: filters.Kind = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Also where a genre, key, tempo or root note stands already.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written and taken away; write nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write class, key, tempo and your tags into your files. What is empty is filled and what roadie wrote there itself
    is renewed, or taken away when it is known no more; the sound, artwork, comments, cue points and whatever else
    stands there stay, and nothing is contradicted. A class is written when it is your own or at least 50 % sure.
    Read-only files and those with several hard-linked names are left. `roadie jobs undo ID` gives back every byte.

    \b
    Examples:
      roadie library write-tags kick.wav loop.flac
      roadie library write-tags ~/Samples/mine --class kick --dry-run
      roadie library write-tags 909 --dry-run
    """
    from daemon.kernel.errors import BadParameter

    names = what or []
    if not names and not any((tag, label, kind)):
        raise BadParameter(
            "nothing is named", hint="Name files, or words of a search, or one of --tag, --class, --kind"
        )
    request = _request(names, tag, label, kind, overwrite=overwrite, dry_run=dry_run)
    raise typer.Exit(_write(request, as_json))


def _write(request: WriteTagsRequest, as_json: bool) -> int:
    import msgspec

    from daemon.cli import library_api
    from daemon.cli.finish import ended, outcome
    from daemon.cli.output import say
    from daemon.cli.session import session
    from daemon.services.types_tags import WriteTagsResult

    with session(os.environ) as open_session:
        job = ended(open_session, library_api.write_tags(open_session.client, request), as_json=as_json)
    if not as_json and job.result is not None:
        result = msgspec.convert(job.result, WriteTagsResult)
        if job.state == "failed":  # whose own error names the first of them
            for each in result.failures[1:]:
                say(each.why)
        print(_counts(result))
    return outcome(job)


def _counts(result: WriteTagsResult) -> str:
    from daemon.cli.output import counted

    parts = [f"{counted(result.written, 'file')} written"]
    if result.would_write:
        parts = [f"{counted(result.would_write, 'file')} would be written"]
    if result.failed:
        parts.append(f"{result.failed} could not be")
    if result.already:
        parts.append(f"{result.already} left unchanged")
    return ", ".join(parts)


def _request(
    names: list[str], tag: str | None, label: str | None, kind: str | None, *, overwrite: bool, dry_run: bool
) -> WriteTagsRequest:
    """What the words on the line mean. A file that is not there is never taken for words of a search: files would be
    written that nobody named. Raises BadParameter, FileMissing."""
    from daemon.cli.request import absolute
    from daemon.kernel.errors import BadParameter, FileMissing
    from daemon.services.types_library import AssetQuery
    from daemon.services.types_tags import WriteTagsRequest

    files = [name for name in names if absolute(Path(name)).is_file()]
    if files and (len(files) < len(names) or any((tag, label, kind))):
        raise BadParameter("name either files or a search, not both", where=names[0])
    if files:
        paths = [str(absolute(Path(name))) for name in files]
        return WriteTagsRequest(paths=paths, overwrite=overwrite, dry_run=dry_run)
    folders = [name for name in names if absolute(Path(name)).is_dir()]
    if len(folders) > 1:
        raise BadParameter("name one folder at a time", where=folders[1])
    words = [name for name in names if name not in folders]
    missing = next((word for word in words if _is_a_path(word)), None)
    if missing is not None:
        raise FileMissing(
            "there is no such file or folder", where=missing, hint="To search, leave out / and .wav"
        )
    wanted = AssetQuery(
        text=" ".join(words) or None, tag=tag, kind=kind, label=label,
        folder=str(absolute(Path(folders[0]))) if folders else None,
    )  # fmt: skip
    return WriteTagsRequest(query=wanted, overwrite=overwrite, dry_run=dry_run)


def _is_a_path(word: str) -> bool:
    """Whether a word is meant as a file or folder rather than as a word."""
    from daemon.watch.kinds import AUDIO

    return "/" in word or "\\" in word or Path(word).suffix.lower() in AUDIO
