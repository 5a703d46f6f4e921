"""Makes the fake quantization of an exported graph real: int8 weights and int32 biases in place of floats.

torch exports QuantizeLinear(float weights) -> DequantizeLinear. The engine runs integer kernels only when the weights
themselves are int8 and the bias is int32 with the product of the two scales."""
import numpy as np
import onnx
from onnx import helper, numpy_helper


def fold(path):
    model = onnx.load(path)
    graph = model.graph
    inline_constants(graph)
    constants = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    fold_weights(graph, constants)
    fold_biases(graph, constants)
    drop_unused(graph)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def replace(field, items):
    del field[:]
    field.extend(items)


def inline_constants(graph):
    """Constant nodes and copies of constants become initializers, so that the steps after see one kind of constant."""
    known = {i.name for i in graph.initializer}
    renamed, kept = {}, []
    for node in graph.node:
        source = renamed.get(node.input[0], node.input[0]) if node.input else None
        if node.op_type == 'Constant':
            graph.initializer.append(numpy_helper.from_array(constant_value(node), node.output[0]))
            known.add(node.output[0])
        elif node.op_type == 'Identity' and source in known:
            renamed[node.output[0]] = source
        else:
            kept.append(node)
    replace(graph.node, kept)
    for node in graph.node:
        for i, name in enumerate(node.input):
            node.input[i] = renamed.get(name, name)


def constant_value(node):
    attribute = node.attribute[0]
    if attribute.name == 'value':
        return numpy_helper.to_array(attribute.t)
    kinds = {'value_float': np.float32, 'value_int': np.int64, 'value_floats': np.float32, 'value_ints': np.int64}
    return np.array(helper.get_attribute_value(attribute), kinds[attribute.name])


def fold_weights(graph, constants):
    kept = []
    for node in graph.node:
        if node.op_type != 'QuantizeLinear' or node.input[0] not in constants:
            kept.append(node)
            continue
        weights, scale, zero = (constants[name] for name in node.input)
        if scale.size > 1:
            axis = next((a.i for a in node.attribute if a.name == 'axis'), 1)
            shape = [1] * weights.ndim
            shape[axis] = -1
            scale, offset = scale.reshape(shape), zero.reshape(shape).astype(np.int32)
        else:
            offset = zero.astype(np.int32)
        limits = np.iinfo(zero.dtype)
        quantized = np.clip(np.rint(weights / scale) + offset, limits.min, limits.max).astype(zero.dtype)
        constants[node.output[0]] = quantized
        graph.initializer.append(numpy_helper.from_array(quantized, node.output[0]))
    replace(graph.node, kept)


def fold_biases(graph, constants):
    producers = {output: node for node in graph.node for output in node.output}

    def scale_of(name):
        producer = producers.get(name)
        return constants[producer.input[1]] if producer is not None and producer.op_type == 'DequantizeLinear' else None

    nodes = []
    for node in graph.node:
        if node.op_type in ('Conv', 'Gemm') and len(node.input) == 3 and node.input[2] in constants:
            scales = scale_of(node.input[0]), scale_of(node.input[1])
            if all(s is not None for s in scales):
                nodes.append(quantize_bias(graph, constants, node, np.array(scales[0] * scales[1], np.float32)))
        nodes.append(node)
    replace(graph.node, nodes)


def quantize_bias(graph, constants, node, scale):
    name = f'{node.input[2]}_{node.output[0]}'
    limits = np.iinfo(np.int32)
    bias = np.clip(np.rint(constants[node.input[2]].astype(np.float64) / scale), limits.min, limits.max).astype(np.int32)
    for suffix, value in (('_q', bias), ('_scale', scale), ('_zero', np.zeros(scale.shape, np.int32))):
        graph.initializer.append(numpy_helper.from_array(value, name + suffix))
    node.input[2] = name
    axis = {'axis': 0} if scale.size > 1 else {}
    return helper.make_node('DequantizeLinear', [name + '_q', name + '_scale', name + '_zero'], [name], **axis)


def drop_unused(graph):
    used = {name for node in graph.node for name in node.input} | {o.name for o in graph.output}
    replace(graph.initializer, [i for i in graph.initializer if i.name in used])
