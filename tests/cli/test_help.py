from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import daemon
from daemon.cli.root import app
from tests.cli.conftest import Ran

PROMISED = {
    ("demo",), ("serve",), ("run",), ("search",), ("doctor",),
    ("jobs", "list"), ("jobs", "show"), ("jobs", "cancel"), ("jobs", "retry"), ("jobs", "undo"),
    ("library", "scan"), ("library", "classify"), ("library", "stats"), ("library", "duplicates"),
    ("library", "export"), ("library", "tag"), ("library", "remove"),
    ("models", "list"), ("models", "pull"), ("models", "add"), ("models", "remove"),
    ("insert",), ("install",), ("uninstall",),
    ("watch", "list"), ("watch", "add"), ("watch", "remove"), ("watch", "rescan"),
    ("projects", "scan"), ("projects", "list"), ("projects", "show"), ("projects", "forget"),
    ("kits", "list"), ("kits", "show"), ("kits", "make"), ("kits", "remove"),
    ("plugins", "scan"), ("plugins", "list"), ("plugins", "show"), ("plugins", "check"), ("plugins", "save"),
    ("chains", "list"), ("chains", "check"), ("chains", "apply"),
    ("rules", "list"), ("rules", "show"), ("rules", "check"), ("rules", "dry-run"), ("rules", "enable"),
    ("rules", "disable"), ("rules", "trigger"), ("rules", "runs"), ("rules", "undo"),
    ("recipes", "list"), ("config", "path"), ("config", "show"), ("config", "set"),
}  # fmt: skip
HEAVY = {
    "numpy",
    "torch",
    "aiohttp",
    "scipy",
    "soundfile",
    "librosa",
    "peewee",
    "rich",
    "msgspec",
    "asyncio",
    "pydantic",
}


def _commands() -> Iterator[tuple[str, ...]]:
    """Every command there is, groups as well."""
    yield ()
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        yield (name,)
        for verb in getattr(command, "commands", ()):
            yield name, verb


def test_every_command_of_the_contract_is_there() -> None:
    assert set(_commands()) >= PROMISED


@pytest.mark.parametrize("command", list(_commands()), ids=" ".join)
def test_help_has_an_example(command: tuple[str, ...], roadie: Callable[..., Ran]) -> None:
    ran = roadie(*command, "--help")
    assert ran.code == 0
    shown = ran.out.partition("Example")[2] if command else ran.out.partition("Start here:")[2]
    assert f"roadie {' '.join(command)}".strip() in shown


@pytest.mark.parametrize("command", list(_commands()), ids=" ".join)
def test_help_cuts_nothing_off_and_names_what_an_option_takes(
    command: tuple[str, ...], roadie: Callable[..., Ran]
) -> None:
    """A list of commands shows the first sentence of each, as far as its line goes."""
    told = roadie(*command, "--help").out
    _, _, listed = told.partition("Commands:")
    assert [line for line in listed.splitlines() if line.rstrip().endswith("...")] == []
    assert re.findall(r"<(?:str|int|int range|float|path)>", told) == []


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys, daemon.cli.root as r; r.run_line(['run', '--help']);"
        "print(sorted({m.partition('.')[0] for m in sys.modules}), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(eval(ran.stderr))
    assert loaded & HEAVY == set()


def test_the_version_is_the_distributions(roadie: Callable[..., Ran]) -> None:
    from importlib.metadata import version

    assert roadie("--version").out == f"roadie {version('roadie')}\n"


@pytest.mark.parametrize(
    "line", [["nonsense"], ["run"], ["run", "stems"], ["jobs", "show"], ["search", "--limit", "x"], ["--nope"]]
)
def test_asking_wrongly_is_2(line: list[str], roadie: Callable[..., Ran]) -> None:
    ran = roadie(*line)
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("buffered", [True, False])
def test_a_reader_that_has_read_enough_is_no_error(buffered: bool) -> None:
    """As `roadie jobs | head -1`: what is written last finds nobody, at once or when the buffer is emptied."""
    reading, writing = os.pipe()
    os.close(reading)
    environ = os.environ | ({} if buffered else {"PYTHONUNBUFFERED": "1"})
    ran = subprocess.run(
        [sys.executable, "-m", "daemon.cli", "jobs", "--help"], stdout=writing, stderr=subprocess.PIPE, env=environ,
        text=True, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, "")


def _named_options() -> Iterator[tuple[str, list[str]]]:
    """(where, words) of every command line with an option, in what roadie says and in what is written about it."""
    root = Path(daemon.__file__).parents[1]
    sources = [path for package in ("daemon", "bridges", "rules") for path in (root / package).rglob("*.py")]
    for path in [*sources, root / "README.md", *(root / "docs").glob("*.md")]:
        for line in re.findall(r"(?:`|^ *)roadie ([^`\n]*--[^`\n]*)", path.read_text("utf-8"), re.MULTILINE):
            yield f"{path.relative_to(root)}: roadie {line}", line.replace('"', " ").split()


@pytest.mark.parametrize(
    ("where", "words"), _named_options(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_option_that_is_named_is_there(where: str, words: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    options = {"--help"}
    for word in words:
        if word in getattr(command, "commands", ()):
            command = command.commands[word]
        elif word.startswith("--"):
            options |= {option for parameter in command.params for option in parameter.opts}
            assert word.partition("=")[0].strip(",.;:)") in options, where


def test_the_module_runs() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "daemon.cli", "jobs", "bogus"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert "bogus" in ran.stderr
