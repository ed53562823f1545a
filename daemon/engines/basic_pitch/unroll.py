"""A network with its narrow convolutions widened, so that a CPU's vector registers are full.

onnxruntime computes convolutions in blocks of 8 or 16 output channels. Basic Pitch has layers of 1 and of 8:
most of each block is thrown away. Here such a layer computes several neighbouring outputs at once as channels
of their own (their kernels are shifted copies of the one kernel, padded with zeros), which are then put back
in their places. Products and sums of every output stay the same but for zeros added, so the answer is the
same to the last bits of a float.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from daemon.engines.basic_pitch import graph

_FEW_CHANNELS = 8
_WIDE_ENOUGH = 64
"""Outputs in a row from which widening pays."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """A convolution. kernel: (channels out, channels in, height, width). out: (height, width) of its output."""

    node: onnx.NodeProto
    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]
    strides: tuple[int, int]
    pads: tuple[int, int, int, int]  # top, left, bottom, right
    out: tuple[int, int]

    @property
    def phases(self) -> tuple[int, int]:
        """How many neighbours, down and across, one step computes: 16 or 32 channels in all."""
        height, _ = self.out
        if len(self.kernel) > 1:
            return 1, 4
        return (1, 16) if height == 1 else (4, 4)


def widened(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of the network with its narrow convolutions widened."""
    known, weights = graph.shapes(model), graph.constants(model)
    nodes: list[onnx.NodeProto] = []
    added: list[onnx.TensorProto] = []
    for node in model.graph.node:
        layer = _narrow(node, weights, known)
        made, tensors = ([node], []) if layer is None else _widen(layer)
        nodes += made
        added += tensors
    return graph.with_nodes(model, nodes, added)


def _narrow(
    node: onnx.NodeProto, weights: dict[str, NDArray[np.float32]], known: dict[str, tuple[int, ...]]
) -> _Layer | None:
    """The node as a layer if it is a convolution worth widening."""
    shape = known.get(node.output[0], ())
    if node.op_type != "Conv" or len(node.input) != 3 or len(shape) != 4:
        return None
    kernel, bias = (weights[name] for name in node.input[1:])
    given = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    plain = given.get("group", 1) == 1 and set(given.get("dilations", [1])) == {1} and not given.get("auto_pad")
    if not plain or len(kernel) > _FEW_CHANNELS or shape[2] < 1 or shape[3] < _WIDE_ENOUGH:
        return None
    down, across = given.get("strides", [1, 1])
    top, left, bottom, right = given.get("pads", [0, 0, 0, 0])
    return _Layer(node, kernel, bias, (down, across), (top, left, bottom, right), (shape[2], shape[3]))


def _widen(layer: _Layer) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    name = layer.node.output[0]
    down, across = layer.phases
    height, width = layer.out
    rows, columns = -(-height // down), -(-width // across)
    channels = len(layer.kernel)
    kernel = _shifted_copies(layer)
    constants: dict[str, NDArray[Any]] = {
        "kernel": kernel,
        "bias": np.repeat(layer.bias, down * across),
        "apart": np.array([-1, channels, down, across, rows, columns], np.int64),
        "together": np.array([-1, channels, rows * down, columns * across], np.int64),
        "start": np.zeros(2, np.int64),
        "end": np.array([height, width], np.int64),
        "axes": np.array([2, 3], np.int64),
    }
    tensors = [numpy_helper.from_array(value, f"{name}/{key}") for key, value in constants.items()]
    return list(_nodes(layer, kernel.shape[2:], (rows * down, columns * across))), tensors


def _nodes(layer: _Layer, size: tuple[int, ...], made: tuple[int, int]) -> Iterator[onnx.NodeProto]:
    """size: of the widened kernel. made: (height, width) computed, which may pass the output's by less than a
    step; the input is padded for that, and what is too much is cut away."""
    name = layer.node.output[0]

    def at(part: str) -> str:
        return f"{name}/{part}"

    top, left, bottom, right = layer.pads
    bottom += (made[0] - layer.out[0]) * layer.strides[0]
    right += (made[1] - layer.out[1]) * layer.strides[1]
    strides = [stride * count for stride, count in zip(layer.strides, layer.phases, strict=True)]
    yield helper.make_node(
        "Conv", [layer.node.input[0], at("kernel"), at("bias")], [at("wide")],
        strides=strides, pads=[top, left, bottom, right], kernel_shape=list(size),
    )  # fmt: skip
    yield helper.make_node("Reshape", [at("wide"), at("apart")], [at("phases")])
    yield helper.make_node("Transpose", [at("phases")], [at("places")], perm=[0, 1, 4, 2, 5, 3])
    exact = made == layer.out
    yield helper.make_node("Reshape", [at("places"), at("together")], [name if exact else at("whole")])
    if not exact:
        yield helper.make_node("Slice", [at("whole"), at("start"), at("end"), at("axes")], [name])


def _shifted_copies(layer: _Layer) -> NDArray[np.float32]:
    """(channels * phases, channels in, height, width): the kernel once for each neighbour, moved to it."""
    out, into, height, width = layer.kernel.shape
    (down, across), (stride_down, stride_across) = layer.phases, layer.strides
    size = height + (down - 1) * stride_down, width + (across - 1) * stride_across
    copies = np.zeros((out, down, across, into, *size), np.float32)
    for i in range(down):
        for j in range(across):
            y, x = i * stride_down, j * stride_across
            copies[:, i, j, :, y : y + height, x : x + width] = layer.kernel
    return copies.reshape(out * down * across, into, *size)
