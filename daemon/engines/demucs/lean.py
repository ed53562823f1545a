"""The same networks with less work for a CPU.

Where the time of htdemucs goes on a CPU (torch.profiler, 42 M parameters, one 7.8 s segment in fp32): attention
a third, convolutions a third, linear layers a sixth; the rest is memory traffic of norms, activations and casts.

What helped, and is done: bf16 where the CPU multiplies it, kept
between layers rather than cast around each (torch.autocast alone casts weights and sums every time); attention
a few rows at a time, in the cache; the second half of each residual branch as one product (`LeanResidual`);
freed memory kept (`memory`). Processor seconds per segment on one core of an AMD EPYC (Zen 4) that others used
too, so to within a tenth: demucs' own fp32 5.9, this in fp32 4.7; torch.autocast 3.9, bf16 between layers 3.5 to
3.9, freed memory kept 7 % less, with attention by rows and lean residuals 2.8. `bench/demucs_engine.py` measures
the whole way.

What did not help: batches of segments and channels_last (slower), torch's own fused
encoder layer (its attention writes the whole matrix out), scaled_dot_product_attention in bf16 (no faster than
fp32 without AMX). torch.compile needs a compiler on the user's machine and was not considered.

Nor did OpenVINO (2026.4, CPU with AVX2 alone, fp32, one thread, one 7.8 s segment): the network between the two
Fourier transforms, traced from the loaded weights, took 6.2 to 6.6 processor seconds where torch took 6.5 here and 6.7
as demucs runs it; with fixed shapes no less, at 90 dB SNR and 48 s for the conversion. A segment is 250 thousand
million operations in convolutions and linear layers and about 85 in attention; such a core multiplies matrices at 80
thousand million a second, so no fp32 path can take less than about 4.2 s of the 6.7 there. Only a smaller precision
can, where the CPU has one.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from demucs.demucs import DConv
from demucs.htdemucs import HTDemucs
from torch import Tensor, nn
from torch.nn import functional

_ROWS = 128  # of attention at once: their products fit into a core's own cache


def prepared(module: nn.Module, precision: str) -> nn.Module:
    """A copy of an fp32 network for the CPU in `precision`, fp32 or bf16.

    Only HTDemucs is done in bf16: the older networks have recurrent and local attention layers that need fp32.
    """
    lean = copy.deepcopy(module)
    for branch in [found for found in lean.modules() if isinstance(found, DConv)]:
        _slim(branch)
    if precision == "bf16" and halves(module):
        _to_bf16(lean)
    return lean


def halves(module: nn.Module) -> bool:
    """Whether the network may be run in half precision."""
    return isinstance(module, HTDemucs)


class LeanResidual(nn.Module):  # type: ignore[misc]
    """A residual branch of DConv: convolution, norm, GELU, 1x1 convolution, norm, GLU, scale.

    The 1x1 convolution makes sixteen channels of each one, only to be normalised. Mean and variance of its result
    follow from the mean and the second moments of what it is given; so the norm (and the scale behind the GLU)
    can go into its weights, and the wide result is written once instead of four times.
    """

    def __init__(self, branch: nn.Sequential) -> None:
        super().__init__()
        self.narrow = nn.Sequential(*branch[:3])
        convolution, norm, _, scale = branch[3:]
        folded = torch.cat([scale.scale.data, torch.ones_like(scale.scale.data)])  # GLU's gate stays as it is
        weight, bias = convolution.weight.data[:, :, 0], convolution.bias.data
        self.wide = _Statistics(weight, bias, norm.weight.data * folded, norm.bias.data * folded, norm.eps)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, frames) to the same."""
        narrow = self.narrow(x)
        ones = narrow.new_ones(len(narrow), 1, narrow.shape[-1])
        with torch.autocast("cpu", enabled=False):
            product = self.wide.weights(narrow.float()).to(narrow.dtype)
            return functional.glu(torch.bmm(product, torch.cat([narrow, ones], 1)), 1)


class _Statistics:
    """A 1x1 convolution with a one-group norm behind it, as a product that depends on the input's moments.

    Not a module, so that casting the network leaves it in fp32.
    """

    def __init__(self, weight: Tensor, bias: Tensor, gain: Tensor, offset: Tensor, eps: float) -> None:
        self._weight, self._bias, self._gain, self._offset, self._eps = weight, bias, gain, offset, eps
        self._mean_weight = weight.mean(0)
        self._mean_bias = bias.mean()
        self._gram = weight.T @ weight / len(weight)
        self._cross = 2 * (weight.T @ bias) / len(weight)
        self._square_bias = (bias**2).mean()

    def weights(self, narrow: Tensor) -> Tensor:
        """(batch, channels + 1, wide) of fp32 (batch, channels, frames): the last column is the offset."""
        mean = narrow.mean(-1)
        moments = torch.bmm(narrow, narrow.transpose(1, 2)) / narrow.shape[-1]
        centre = mean @ self._mean_weight + self._mean_bias
        square = (moments * self._gram).sum((1, 2)) + mean @ self._cross + self._square_bias
        deviation = torch.rsqrt((square - centre**2).clamp_min(0) + self._eps)[:, None]
        gain = self._gain * deviation
        offset = gain * (self._bias - centre[:, None]) + self._offset
        return torch.cat([gain[..., None] * self._weight, offset[..., None]], -1)


class RowsAttention(nn.Module):  # type: ignore[misc]
    """Multi-head attention in bf16, a few rows of the weight matrix at a time."""

    def __init__(self, attention: nn.MultiheadAttention) -> None:
        super().__init__()
        assert attention.batch_first and attention._qkv_same_embed_dim
        self._heads = attention.num_heads
        projection = attention.in_proj_weight.data.chunk(3)
        offset = attention.in_proj_bias.data.chunk(3)
        self._project = nn.ModuleList(
            _linear(weight, bias) for weight, bias in zip(projection, offset, strict=True)
        )
        self._out = attention.out_proj

    def forward(self, query: Tensor, key: Tensor, value: Tensor, **unused: Any) -> tuple[Tensor, None]:  # noqa: ARG002
        """(batch, frames, channels) each, without masks; the weights are not given back."""
        inputs = (query, key, value)
        parts = [self._by_head(layer(part)) for layer, part in zip(self._project, inputs, strict=True)]
        mixed = _attend(*parts)
        return self._out(mixed.transpose(1, 2).flatten(2)), None

    def _by_head(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self._heads, -1)).transpose(1, 2)


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """softmax(query key^T / sqrt(width)) value for (batch, heads, frames, width)."""
    query = query * query.shape[-1] ** -0.5
    out = torch.empty(query.shape, dtype=query.dtype)
    for batch in range(query.shape[0]):
        for head in range(query.shape[1]):
            keys, values = key[batch, head].t(), value[batch, head].contiguous()
            for start in range(0, query.shape[2], _ROWS):
                rows = slice(start, start + _ROWS)
                shares = torch.softmax(torch.mm(query[batch, head, rows], keys), -1)
                torch.mm(shares, values, out=out[batch, head, rows])
    return out


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight.data, layer.bias.data = weight.clone(), bias.clone()
    return layer


def _slim(branch: DConv) -> None:
    """Replace the residual branches of the plain kind (HDemucs also has some with an LSTM or attention)."""
    for number, layer in enumerate(branch.layers):
        kinds = [type(part) for part in layer]
        if (
            len(kinds) == 7
            and kinds[:2] == [nn.Conv1d, nn.GroupNorm]
            and kinds[3:5] == [nn.Conv1d, nn.GroupNorm]
        ):
            branch.layers[number] = LeanResidual(layer)


def _to_bf16(network: Any) -> None:
    """Convolutions and what lies between them in bf16; spectra, norms of the transformer and sums in fp32."""
    for name in ("encoder", "tencoder", "decoder", "tdecoder", "freq_emb"):
        if isinstance(part := getattr(network, name, None), nn.Module):
            part.to(torch.bfloat16)
    for name in ("channel_upsampler", "channel_upsampler_t", "channel_downsampler", "channel_downsampler_t"):
        if isinstance(part := getattr(network, name, None), nn.Module):
            part.to(torch.bfloat16)
    if network.crosstransformer is not None:
        _transformer_to_bf16(network.crosstransformer)
    for first in (network.encoder[0], network.tencoder[0]):
        first.register_forward_pre_hook(_inputs_to_bf16)
    for last in (network.decoder[-1], network.tdecoder[-1]):
        last.register_forward_hook(_outputs_to_fp32)


def _transformer_to_bf16(transformer: nn.Module) -> None:
    for layer in list(transformer.modules()):
        for name, child in list(layer.named_children()):
            if isinstance(child, nn.MultiheadAttention):
                setattr(layer, name, RowsAttention(child))
    for layer in transformer.modules():
        if isinstance(layer, nn.Linear):
            layer.to(torch.bfloat16)


def _inputs_to_bf16(module: nn.Module, inputs: Any) -> Any:  # noqa: ARG001 - torch's signature
    return (inputs[0].to(torch.bfloat16), *inputs[1:])


def _outputs_to_fp32(module: nn.Module, inputs: Any, outputs: Any) -> Any:  # noqa: ARG001 - torch's signature
    return (outputs[0].float(), *outputs[1:])
