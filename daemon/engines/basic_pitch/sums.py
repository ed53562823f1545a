"""A convolution over concatenated channels as the sum of one convolution for each part.

Basic Pitch's last layer looks at 1 + 32 channels. onnxruntime's fast convolutions want multiples of 8 or 16, so
that one channel sends the other 32 the slow way.
"""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from daemon.engines.basic_pitch import graph


def parted(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of the network in which every convolution of a Concat of two is parted in two."""
    pairs = {
        node.output[0]: tuple(node.input)
        for node in model.graph.node
        if node.op_type == "Concat" and len(node.input) == 2
    }
    known, weights = graph.shapes(model), graph.constants(model)
    nodes: list[onnx.NodeProto] = []
    added: list[onnx.TensorProto] = []
    for node in model.graph.node:
        pair = pairs.get(node.input[0]) if node.op_type == "Conv" and len(node.input) == 3 else None
        channels = known.get(pair[0], (0, 0))[1] if pair else 0
        if pair is None or channels < 1:
            nodes.append(node)
            continue
        kernels = np.split(weights[node.input[1]], [channels], axis=1)
        made, tensors = _parts(node, pair, kernels)
        nodes += made
        added += tensors
    return graph.with_nodes(model, nodes, added)


def _parts(
    conv: onnx.NodeProto, inputs: tuple[str, ...], kernels: list[NDArray[np.float32]]
) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """The bias goes with the first part."""
    name = conv.output[0]
    given = {attribute.name: helper.get_attribute_value(attribute) for attribute in conv.attribute}
    nothing = numpy_helper.from_array(np.zeros(len(kernels[0]), np.float32), f"{name}/nothing")
    tensors, nodes = [nothing], []
    for index, (source, kernel, bias) in enumerate(
        zip(inputs, kernels, (conv.input[2], nothing.name), strict=True)
    ):
        tensors.append(numpy_helper.from_array(np.ascontiguousarray(kernel), f"{name}/kernel{index}"))
        parts = [source, tensors[-1].name, bias]
        nodes.append(helper.make_node("Conv", parts, [f"{name}/part{index}"], **given))
    nodes.append(helper.make_node("Add", [node.output[0] for node in nodes], [name]))
    return nodes, tensors
