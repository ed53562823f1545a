"""Small real Demucs networks with random weights, in the file formats that demucs itself reads."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import torch
import yaml
from demucs.demucs import Demucs, LayerScale
from demucs.hdemucs import HDemucs
from demucs.htdemucs import HTDemucs
from demucs.transformer import LayerScale as TransformerScale
from safetensors.torch import save_file

FOUR = ["drums", "bass", "other", "vocals"]
SIX = [*FOUR, "guitar", "piano"]
RATE = 8000  # of the tiny networks


def htdemucs(seed: int = 0, sources: list[str] = FOUR, rate: int = RATE) -> HTDemucs:
    torch.manual_seed(seed)
    network = HTDemucs(
        sources,
        channels=8,
        nfft=512,
        depth=3,
        t_layers=2,
        t_heads=2,
        bottom_channels=16,
        dconv_mode=3,
        samplerate=rate,
        segment=Fraction(39, 20),
    )
    return lively(network)


def hdemucs(seed: int = 0) -> HDemucs:
    torch.manual_seed(seed)
    return lively(
        HDemucs(
            FOUR,
            channels=8,
            nfft=256,
            depth=4,
            dconv_attn=3,
            dconv_lstm=3,
            norm_starts=3,
            samplerate=RATE,
            segment=2,
        )
    )


def demucs(seed: int = 0) -> Demucs:
    torch.manual_seed(seed)
    return lively(Demucs(FOUR, channels=8, depth=3, samplerate=RATE, segment=2))


def lively(network: torch.nn.Module) -> torch.nn.Module:
    """Give the residual branches the weight that training gives them; they start near nothing."""
    for module in network.modules():
        if isinstance(module, LayerScale | TransformerScale):
            module.scale.data.uniform_(-0.5, 0.5)
    return network.eval()


def save_safetensors(network: torch.nn.Module, file: Path) -> Path:
    """As the files on the hub: class and arguments as JSON in the metadata (demucs/hf.py reads it)."""
    args, kwargs = network._init_args_kwargs
    metadata = {
        "klass": f"{type(network).__module__}.{type(network).__name__}",
        "args": json.dumps(args, default=_fraction),
        "kwargs": json.dumps(kwargs, default=_fraction),
    }
    state = {name: tensor.contiguous().clone() for name, tensor in network.state_dict().items()}
    save_file(state, str(file), metadata)
    return file


def save_pickle(network: torch.nn.Module, file: Path) -> Path:
    """As the .th files of demucs' own repositories."""
    args, kwargs = network._init_args_kwargs
    torch.save(
        {"klass": type(network), "args": args, "kwargs": kwargs, "state": network.state_dict()}, str(file)
    )
    return file


def save_bag(
    folder: Path,
    name: str,
    networks: list[torch.nn.Module],
    weights: list[list[float]] | None = None,
    segment: float | None = None,
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    signatures = [f"sig{number}" for number in range(len(networks))]
    for signature, network in zip(signatures, networks, strict=True):
        save_safetensors(network, folder / f"{signature}.safetensors")
    definition: dict[str, object] = {"models": signatures}
    if weights is not None:
        definition["weights"] = weights
    if segment is not None:
        definition["segment"] = segment
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(definition))
    return folder


def _fraction(value: object) -> object:
    assert isinstance(value, Fraction)
    return {"_type": "fraction", "numerator": value.numerator, "denominator": value.denominator}
