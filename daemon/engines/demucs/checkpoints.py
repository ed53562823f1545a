"""From a folder of weights to networks: the layouts of the Hugging Face hub and of demucs' own repositories.

A folder holds `*.safetensors` (or, when trusted, `*.th`) and, for a bag, `NAME.yaml` with `models`, `weights`
and `segment`. The building is left to demucs; what is done here is to let nothing else be built.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml
from demucs.apply import BagOfModels
from demucs.hf import load_safetensors_model
from demucs.states import load_model
from safetensors import safe_open

from daemon.kernel.errors import Forbidden, NotInstalled, RoadieError

_CLASSES = frozenset({"demucs.htdemucs.HTDemucs", "demucs.hdemucs.HDemucs", "demucs.demucs.Demucs"})
_SIGNATURE = re.compile(r"[A-Za-z0-9_.-]+")


class BadWeights(RoadieError):
    """A file of a model is not the weights it should be."""

    code = "bad_weights"


@dataclass(frozen=True)
class Network:
    """One network of a bag. weights: its share of each stem, in the bag's order of stems."""

    module: torch.nn.Module
    weights: tuple[float, ...]
    segment_frames: int


@dataclass(frozen=True)
class Bag:
    """Networks whose stems are averaged by weight. rate in Hz."""

    networks: tuple[Network, ...]
    stems: tuple[str, ...]
    rate: int
    channels: int


def load(path: Path, trusted: bool, name: str) -> Bag:
    """Load a folder (or one file) as fp32 networks on the CPU, ready for inference.

    Raises NotInstalled, Forbidden for a pickle checkpoint that is not trusted, BadWeights naming the file.
    """
    if not path.exists():
        raise NotInstalled(
            f"the weights of {name} are gone", where=path, hint=f"Run `roadie models pull {name}`"
        )
    definition, files = _layout(path, name)
    modules = [_module(file, trusted, name) for file in files]
    try:
        bag = BagOfModels(modules, definition.get("weights"), definition.get("segment"))
    except (AssertionError, TypeError, KeyError) as error:
        raise BadWeights("these networks do not form one bag", where=path, why=error) from error
    return Bag(tuple(_networks(bag)), tuple(bag.sources), int(bag.samplerate), int(bag.audio_channels))


def _networks(bag: BagOfModels) -> Iterator[Network]:
    totals = [sum(row[stem] for row in bag.weights) for stem in range(len(bag.sources))]
    for module, row in zip(bag.models, bag.weights, strict=True):
        module.eval().requires_grad_(False)
        shares = tuple(float(weight / total) for weight, total in zip(row, totals, strict=True))
        yield Network(module, shares, int(module.samplerate * module.segment))


def _layout(path: Path, name: str) -> tuple[dict[str, Any], list[Path]]:
    """(bag definition, weight files in its order)."""
    if path.is_file():
        return {}, [path]
    definitions = sorted(path.glob("*.yaml"))
    chosen = next((file for file in definitions if file.stem == name), definitions[0] if definitions else None)
    if chosen is None:
        files = _weight_files(path)
        if len(files) != 1:
            raise BadWeights(
                f"{len(files)} weight files and no .yaml that says how they belong together", where=path
            )
        return {}, files
    definition = _definition(chosen)
    return definition, [_weight_file(path, signature) for signature in definition["models"]]


def _definition(file: Path) -> dict[str, Any]:
    try:
        definition = yaml.safe_load(file.read_text(encoding="utf-8"))
        signatures = definition["models"]
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError) as error:
        raise BadWeights("not the definition of a Demucs bag", where=file, why=error) from error
    if not signatures or not all(isinstance(one, str) and _SIGNATURE.fullmatch(one) for one in signatures):
        raise BadWeights("its `models` are not names of weight files", where=file)
    return dict(definition)


def _weight_files(path: Path) -> list[Path]:
    return sorted(file for file in path.iterdir() if file.suffix in {".safetensors", ".th"})


def _weight_file(path: Path, signature: str) -> Path:
    """`sig.safetensors`, `sig.th` or `sig-CHECKSUM.th`."""
    for file in _weight_files(path):
        if file.stem == signature or (file.suffix == ".th" and file.stem.rsplit("-", 1)[0] == signature):
            return file
    raise BadWeights(f"the weights {signature} that its .yaml names are missing", where=path)


def _module(file: Path, trusted: bool, name: str) -> torch.nn.Module:
    if file.suffix == ".th" and not trusted:
        raise Forbidden(
            "this is a pickle checkpoint, and loading one runs the code inside it",
            where=file,
            hint=f"If you trust where it came from: `roadie models remove {name}`, then "
            f"`roadie models add {name} {file} --trusted`",
        )
    try:
        if file.suffix == ".th":
            return load_model(file)
        _check_classes(file)
        return load_safetensors_model(file)
    except SystemExit as error:  # how demucs says that diffq is missing
        raise NotInstalled(
            f"the weights of {name} are quantised, and the package diffq that unpacks them is not installed",
            where=file,
            hint="Use the model without q in its name, or install diffq beside roadie (mind its licence)",
        ) from error
    except RoadieError:
        raise
    except Exception as error:
        raise BadWeights("not weights that demucs can load", where=file, why=error) from error


def _check_classes(file: Path) -> None:
    """Demucs imports and calls whatever class the file names; let it be one of its networks."""
    with safe_open(str(file), framework="pt") as opened:
        metadata = opened.metadata() or {}
    if metadata.get("klass") not in _CLASSES:
        raise BadWeights(
            f"its metadata names {metadata.get('klass')!r}, not one of the Demucs networks", where=file
        )
    for named in _class_nodes(json.loads(metadata.get("structure", "null"))):
        if not named.startswith(("demucs.", "diffq.")):
            raise BadWeights(f"its metadata names the class {named!r}", where=file)


def _class_nodes(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "_class" in node:
            yield str(node["_class"])
        for value in node.values():
            yield from _class_nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _class_nodes(value)
