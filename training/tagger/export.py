"""The trained network as ONNX, with what calibrates it, written without torch's exporter.

A graph of this size is written node by node: the exporter needs a package that roadie does not ship, and its output
changes with its version.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnx.compose
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from daemon.engines.classifier.classes import CLASSES
from daemon.engines.classifier.image import BANDS, FRAMES
from daemon.engines.classifier.picture import PLANES
from daemon.kernel.work import EMBEDDING_DIMS
from training.tagger.calibration import LEAST_DOUBT, SPARED, Calibration
from training.tagger.network import COLOUR, COURSE, PEAK, RINGING, Block, Tagger

_WIDTHS = {"shares": len(CLASSES), "embedding": EMBEDDING_DIMS}
_LEAST_SHARE = 1e-6
_LONG = 64  # numbers: longer weights are kept in half precision


class Graph:
    """Nodes and weights; batch normalisation is folded into the convolution before it."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def constant(self, value: object, kind: type = np.float32) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def node(self, kind: str, given: list[str], made: str = "", **attributes: object) -> str:
        made = made or f"x{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, given, [made], **attributes))
        return made

    def take(self, model: onnx.ModelProto, name: str) -> None:
        """All of a network; what it makes is called name/..., what it is given stays as it is called."""
        graph = onnx.compose.add_prefix(model, f"{name}/", rename_inputs=False).graph
        self.nodes += graph.node
        self.weights += graph.initializer

    def convolution(self, x: str, conv: nn.Conv2d, norm: nn.BatchNorm2d) -> str:
        scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach()
        weight = conv.weight.detach() * scale.view(-1, 1, 1, 1)
        bias = norm.bias.detach() - norm.running_mean * scale
        side = conv.padding[0]
        return self.node(
            "Conv", [x, self.constant(weight.numpy()), self.constant(bias.numpy())], strides=list(conv.stride),
            pads=[side] * 4, kernel_shape=list(conv.kernel_size),
        )  # fmt: skip

    def block(self, x: str, block: Block) -> str:
        y = self.node("Relu", [self.convolution(x, block.one[0], block.one[1])])
        y = self.convolution(y, block.two[0], block.two[1])
        layers = list(block.round)
        if layers and isinstance(layers[0], nn.AvgPool2d):
            stride = layers.pop(0).kernel_size
            x = self.node("AveragePool", [x], kernel_shape=[stride] * 2, strides=[stride] * 2, ceil_mode=1)
        if layers:
            x = self.convolution(x, layers[0], layers[1])
        return self.node("Relu", [self.node("Add", [y, x])])


def graph_of(network: Tagger, temperature: float | None = None) -> onnx.ModelProto:
    """pictures (n, PLANES, BANDS, FRAMES) -> embedding (n, EMBEDDING_DIMS) and, unless temperature is None, shares
    (n, classes)."""
    network = network.eval().to(memory_format=torch.contiguous_format)
    g = Graph()
    planes = network.mean.shape[1]
    first, last, axis = (g.constant([number], np.int64) for number in (0, planes, 1))
    x = g.node("Slice", ["pictures", first, last, axis])
    x = g.node("Div", [g.node("Sub", [x, g.constant(network.mean.numpy())]), g.constant(network.scale.numpy())])
    if network.blurred:
        x = _blurred(g, x)
    one = g.node("Shape", [g.node("Slice", ["pictures", first, g.constant([1], np.int64), axis])])
    places = [g.node("Expand", [g.constant(place.numpy()), one]) for place in (network.pitch, network.time)]
    x = g.node("Concat", [x, *places], axis=1)
    x = g.node("Relu", [g.convolution(x, network.stem[0], network.stem[1])])
    for block in network.body:
        x = g.block(x, block)
    sides = [g.node("Flatten", [g.node("ReduceMean", [x], axes=[axis], keepdims=0)], axis=1) for axis in (3, 2)]
    x = g.node("Concat", sides, axis=1)
    _, linear, norm = network.gather
    scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach()
    weight = (linear.weight.detach() * scale.view(-1, 1)).T
    bias = (linear.bias.detach() - norm.running_mean) * scale + norm.bias.detach()
    x = g.node("Gemm", [x, g.constant(weight.numpy()), g.constant(bias.numpy())])
    length = g.node("Max", [g.node("ReduceL2", [x], axes=[1], keepdims=1), g.constant(1e-12)])
    embedding = g.node("Div", [x, length], "embedding")
    if temperature is None:
        return _model(g.nodes, g.weights, ("embedding",))
    head = (
        nn.functional.normalize(network.head.weight.detach(), dim=1)
        * network.sharpness.detach().exp()
        / temperature
    )
    logits = g.node(
        "Gemm",
        [embedding, g.constant(head.T.numpy()), g.constant((network.head.bias.detach() / temperature).numpy())],
    )
    g.node("Softmax", [logits], "shares", axis=1)
    return _model(g.nodes, g.weights)


def _blurred(g: Graph, x: str) -> str:
    """As `training.tagger.network.blurred`."""
    cuts = [g.constant([number], np.int64) for number in (0, 1, 2)]
    level, flatness = (g.node("Slice", [x, cuts[i], cuts[i + 1], cuts[1]]) for i in (0, 1))
    below = g.node("Sub", [level, g.node("ReduceMax", [level], axes=[3], keepdims=1)])
    course = g.node("Add", [below, g.constant(PEAK)])
    spread = []
    for plane, bands in ((level, COLOUR), (course, COURSE), (flatness, RINGING)):
        side = bands // 2
        padded = g.node("Pad", [plane, g.constant([0, 0, side, 0, 0, 0, side, 0], np.int64)], mode="edge")
        spread.append(g.node("AveragePool", [padded], kernel_shape=[bands, 1], strides=[1, 1]))
    return g.node("Concat", spread, axis=1)


def _model(
    nodes: Sequence[onnx.NodeProto], weights: Sequence[onnx.TensorProto], told: Sequence[str] = tuple(_WIDTHS)
) -> onnx.ModelProto:
    """told: its outputs."""
    graph = helper.make_graph(
        nodes,
        "tagger",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["n", PLANES, BANDS, FRAMES])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", _WIDTHS[name]]) for name in told],
        weights,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 15)], producer_name="roadie training.tagger"
    )
    model.ir_version = 8
    return model


def export(
    embedder: onnx.ModelProto,
    voters: Sequence[onnx.ModelProto],
    calibration: Calibration,
    path: Path,
    notes: dict[str, str],
) -> None:
    """One network of several, written to `path`: its shares are the mean of the logarithms of the voters', calibrated;
    its embedding is the embedder's."""
    g = Graph()
    g.take(embedder, "embedder")
    for i, voter in enumerate(voters):
        g.take(voter, f"voter{i}")
    mean = g.node("Mean", [_log(g, f"voter{i}/shares") for i in range(len(voters))])
    told = g.node("Softmax", [g.node("Div", [mean, _temperature(g, mean, calibration)])], axis=1)
    less = g.node("Mul", [told, g.constant(1 - SPARED)])
    g.node("Add", [less, g.constant(SPARED / len(CLASSES))], "shares")
    g.node("Identity", ["embedder/embedding"], "embedding")
    kept, widened = _halved(g.weights)
    model = _model([*widened, *g.nodes], kept)
    helper.set_model_props(model, {**notes, "classes": ",".join(CLASSES), "calibration": str(calibration)})
    onnx.checker.check_model(model, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())


def _log(g: Graph, shares: str) -> str:
    return g.node("Log", [g.node("Max", [shares, g.constant(_LEAST_SHARE)])])


def _temperature(g: Graph, logits: str, calibration: Calibration) -> str:
    """(n, 1), as `Calibration.shares` has it."""
    shares = g.node("Softmax", [logits], axis=1)
    terms = g.node("Mul", [shares, _log(g, shares)])
    over_highest = g.constant(-1 / np.log(len(CLASSES)))
    doubt = g.node("Mul", [g.node("ReduceSum", [terms, g.constant([1], np.int64)], keepdims=1), over_highest])
    grown = g.node("Pow", [g.node("Max", [doubt, g.constant(LEAST_DOUBT)]), g.constant(calibration.exponent)])
    return g.node("Mul", [grown, g.constant(calibration.scale)])


def _halved(weights: Sequence[onnx.TensorProto]) -> tuple[list[onnx.TensorProto], list[onnx.NodeProto]]:
    """The weights, long ones in half precision, and the nodes that widen these again when the file is loaded."""
    kept, widened = [], []
    for weight in weights:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < _LONG:
            kept.append(weight)
            continue
        name = f"{weight.name}/half"
        kept.append(numpy_helper.from_array(values.astype(np.float16), name))
        widened.append(helper.make_node("Cast", [name], [weight.name], to=TensorProto.FLOAT))
    return kept, widened
