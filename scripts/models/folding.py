"""Turns an exported training graph into an int8 one.

The export still holds float weights and rounds them at every run. Here they are rounded once and stored as int8, and the
biases as int32 in the scale of the product: only then is the file small, and only then does ONNX Runtime fuse
DequantizeLinear - Conv - QuantizeLinear into one integer kernel.
"""
import numpy as np
from onnx import helper, numpy_helper


def fold(model):
    """Folds in place."""
    graph = model.graph
    constants = _take_constants(graph)
    _round_weights(graph, constants)
    _round_biases(graph, constants)
    _drop_unused(graph)


def _take_constants(graph):
    """Constant nodes, and Identity nodes of constants, become initializers. Returns all of them by name."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    renamed, kept = {}, []
    for node in graph.node:
        if node.op_type == "Constant":
            value = numpy_helper.to_array(node.attribute[0].t)
            _add(graph, constants, node.output[0], value)
        elif node.op_type == "Identity" and renamed.get(node.input[0], node.input[0]) in constants:
            renamed[node.output[0]] = renamed.get(node.input[0], node.input[0])
        else:
            kept.append(node)
    for node in kept:
        node.input[:] = [renamed.get(name, name) for name in node.input]
    _replace(graph.node, kept)
    return constants


def _round_weights(graph, constants):
    kept = []
    for node in graph.node:
        if node.op_type != "QuantizeLinear" or node.input[0] not in constants:
            kept.append(node)
            continue
        weights, scale, zero = (constants[name] for name in node.input)
        if scale.size > 1:
            axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
            shape = [-1 if dimension == axis else 1 for dimension in range(weights.ndim)]
            scale, zero = scale.reshape(shape), zero.reshape(shape)
        limits = np.iinfo(zero.dtype)
        rounded = np.clip(np.rint(weights / scale) + zero.astype(np.int32), limits.min, limits.max)
        _add(graph, constants, node.output[0], rounded.astype(zero.dtype))
    _replace(graph.node, kept)


def _round_biases(graph, constants):
    producer = {name: node for node in graph.node for name in node.output}
    nodes = []
    for node in graph.node:
        sources = [producer.get(name) for name in node.input[:2]]
        if (node.op_type in ("Conv", "Gemm") and len(node.input) == 3 and node.input[2] in constants
                and all(source is not None and source.op_type == "DequantizeLinear" for source in sources)):
            input_scale, weight_scale = (constants[source.input[1]] for source in sources)
            scale = np.asarray(input_scale * weight_scale, np.float32)
            bias = node.input[2]
            rounded = np.rint(constants[bias].astype(np.float64) / scale).astype(np.int32)
            _add(graph, constants, bias + "_int32", rounded)
            _add(graph, constants, bias + "_scale", scale)
            _add(graph, constants, bias + "_zero", np.zeros(scale.shape, np.int32))
            axis = {"axis": 0} if scale.size > 1 else {}
            nodes.append(helper.make_node("DequantizeLinear", [bias + "_int32", bias + "_scale", bias + "_zero"],
                                          [bias + "_float"], name=bias + "_dequantize", **axis))
            node.input[2] = bias + "_float"
        nodes.append(node)
    _replace(graph.node, nodes)


def _drop_unused(graph):
    used = {name for node in graph.node for name in node.input}
    _replace(graph.initializer, [tensor for tensor in graph.initializer if tensor.name in used])


def _add(graph, constants, name, value):
    constants[name] = value
    graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))


def _replace(field, items):
    items = list(items)
    del field[:]
    field.extend(items)
