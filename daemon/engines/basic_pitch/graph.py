"""Reading and cutting an ONNX graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import onnx
import onnx.utils
from numpy.typing import NDArray
from onnx import numpy_helper, shape_inference


def shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """Shapes of what is computed, by name, as far as they are known; 0 for a size that is not."""
    inferred = shape_inference.infer_shapes(model, data_prop=True).graph
    return {
        value.name: tuple(size.dim_value for size in value.type.tensor_type.shape.dim)
        for value in (*inferred.value_info, *inferred.output)
    }


def constants(model: onnx.ModelProto) -> dict[str, NDArray[np.float32]]:
    """The weights, by name; among them shapes and axes, which are integers."""
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def with_nodes(
    model: onnx.ModelProto, nodes: Iterable[onnx.NodeProto], added: Iterable[onnx.TensorProto]
) -> onnx.ModelProto:
    """A copy of the model with other nodes, and more weights."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    del made.graph.node[:]
    made.graph.node.extend(nodes)
    made.graph.initializer.extend(added)
    return made


def between(model: onnx.ModelProto, inputs: Sequence[str], outputs: Sequence[str]) -> onnx.ModelProto:
    """The part of the model that makes `outputs` of `inputs`. Raises ValueError when
    the model has no such names."""
    inferred = shape_inference.infer_shapes(model, data_prop=True)
    return onnx.utils.Extractor(inferred).extract_model(list(inputs), list(outputs))


def resized(model: onnx.ModelProto, old: int, new: int) -> onnx.ModelProto:
    """A copy of the model in which every size `old`, of inputs, of outputs and in reshapes, is `new`."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    del made.graph.value_info[:]
    for value in (*made.graph.input, *made.graph.output):
        for size in value.type.tensor_type.shape.dim:
            if size.dim_value == old:
                size.dim_value = new
    for tensor in made.graph.initializer:
        if tensor.data_type == onnx.TensorProto.INT64:
            sizes = numpy_helper.to_array(tensor)
            tensor.CopyFrom(numpy_helper.from_array(np.where(sizes == old, new, sizes), tensor.name))
    return made
