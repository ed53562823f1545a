"""Actions that compute: run a recipe, a chain of effects, a conversion. Each is a job like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from daemon.services.types_jobs import DeliverSpec, Format, JobInput, JobRequest
from rules.actions.protocol import Doing, Needs, Planned, Subject, Wrong, by_folder, check_folder, text, texts
from rules.ports import Ports

SUFFIXES = {"wav": ".wav", "flac": ".flac", "aiff": ".aiff", "mp3": ".mp3", "ogg": ".ogg"}


@dataclass(frozen=True, slots=True)
class Asked:
    """folder: a template, None is the delivery folder. to, layout: None as the recipe says."""

    recipe: str
    params: Mapping[str, Any]
    folder: str | None
    to: tuple[str, ...] | None
    layout: str | None
    format: Format


class Recipe:
    """`run = "samples"`."""

    name = "run"
    about = "runs a recipe"
    example = 'run = "samples"'
    keys = frozenset({"params", "folder", "to", "layout", "format"})

    def read(self, table: Mapping[str, Any]) -> Asked:
        return Asked(text(table, "run"), _params(table), check_folder(table, "folder"), _to(table), _layout(table),
                     _format(table))  # fmt: skip

    def needs(self, asked: Asked) -> Sequence[Needs]:
        return (Needs("run", "recipe", asked.recipe, asked.params),)

    async def plan(self, asked: Asked, subjects: Sequence[Subject], ports: Ports) -> list[Planned]:
        recipes = {each.name: each for each in await ports.recipes.list()}
        effects = recipes[asked.recipe].effects if asked.recipe in recipes else []
        layouts = (
            [asked.layout] if asked.layout is not None else [str(each.get("layout") or "") for each in effects]
        )
        planned = []
        for folder, group in by_folder(asked.folder, subjects).items():
            root = folder or str(ports.delivery_folder)
            for subject in group:
                source = Path(subject.path).stem
                writes = tuple(
                    str(Path(root, *layout.replace("{source}", source).split("/"), "...")) for layout in layouts
                )
                planned.append(Planned(subject.path, f"runs {asked.recipe}", writes, asked.recipe))
        return planned

    async def do(self, asked: Asked, subjects: Sequence[Subject], doing: Doing) -> list[str]:
        jobs = []
        for number, (folder, group) in enumerate(by_folder(asked.folder, subjects).items()):
            request = JobRequest(
                recipe=asked.recipe,
                inputs=[_input(subject) for subject in group],
                params=dict(asked.params),
                deliver=_deliver(asked, folder),
                idempotency_key=doing.key(number),
            )
            ack, _ = await doing.ports.jobs.submit(request, doing.client)
            jobs.append(ack.id)
        return jobs


class Chain(Recipe):
    """`chain = "drum-punch"`: the recipe `chain`, with this chain."""

    name = "chain"
    about = "renders it through a chain of effects"
    example = 'chain = "drum-punch"'
    keys = frozenset({"folder", "to", "layout", "format"})

    def read(self, table: Mapping[str, Any]) -> Asked:
        params = {"chain": {"chain": text(table, "chain")}}
        return Asked("chain", params, check_folder(table, "folder"), _to(table), _layout(table), _format(table))

    def needs(self, asked: Asked) -> Sequence[Needs]:
        return (Needs("chain", "chain", str(asked.params["chain"]["chain"])),)


class Convert(Recipe):
    """`convert = "flac"` or `convert = { container = "wav", depth = "pcm16" }`: the recipe `convert`."""

    name = "convert"
    about = "writes it in another format, beside it or into a folder"
    example = 'convert = "flac"'
    keys = frozenset({"folder"})

    def read(self, table: Mapping[str, Any]) -> Asked:
        value = table["convert"]
        wanted = {"container": value} if isinstance(value, str) else value
        if not isinstance(wanted, Mapping) or "container" not in wanted:
            raise Wrong("convert", "convert names a container", f"For example {self.example}")
        folder = check_folder(table, "folder") or "{folder}"
        return Asked("convert", {}, folder, ("folder",), "", _as_format(wanted, "convert"))

    def needs(self, asked: Asked) -> Sequence[Needs]:  # noqa: ARG002 - its recipe is always there
        return ()

    async def plan(self, asked: Asked, subjects: Sequence[Subject], ports: Ports) -> list[Planned]:
        planned = []
        for folder, group in by_folder(asked.folder, subjects).items():
            for subject in group:
                name = Path(subject.path).stem + SUFFIXES[asked.format.container]
                target = str(Path(folder or ports.delivery_folder, name))
                does = f"converts it to {asked.format.container}"
                planned.append(Planned(subject.path, does, (target,), "convert"))
        return planned


def _input(subject: Subject) -> JobInput:
    """By its path: that file is meant, also where the same sound stands elsewhere."""
    return JobInput(path=subject.path) if subject.path else JobInput(asset=subject.asset)


def _deliver(asked: Asked, folder: str | None) -> DeliverSpec | None:
    if asked.to is None and asked.layout is None and folder is None and asked.format == Format():
        return None
    return DeliverSpec(
        to=list(asked.to or ("folder",)), folder=folder, layout=asked.layout, format=asked.format
    )


def _params(table: Mapping[str, Any]) -> Mapping[str, Any]:
    params = table.get("params", {})
    if not isinstance(params, Mapping) or not all(isinstance(each, Mapping) for each in params.values()):
        raise Wrong(
            "params", "params is a table for each step", 'params = { separate = { model = "htdemucs" } }'
        )
    return params


def _to(table: Mapping[str, Any]) -> tuple[str, ...] | None:
    return texts(table, "to") if "to" in table else None


def _layout(table: Mapping[str, Any]) -> str | None:
    if "layout" not in table:
        return None
    if not isinstance(table["layout"], str):
        raise Wrong("layout", "layout must be a text", 'layout = "{source}/{kind}"')
    return str(table["layout"])


def _format(table: Mapping[str, Any]) -> Format:
    return _as_format(table["format"], "format") if "format" in table else Format()


def _as_format(value: Any, key: str) -> Format:
    try:
        return msgspec.convert(value, Format)
    except msgspec.ValidationError as error:
        hint = f"Containers: {', '.join(SUFFIXES)}; depths: auto, pcm16, pcm24, float32"
        raise Wrong(key, f"this is no format: {error}", hint) from error


RUN, CHAIN, CONVERT = Recipe(), Chain(), Convert()
