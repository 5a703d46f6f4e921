"""Runs an exported graph node by node, to measure the file that is shipped and not the network it came from.

Debian has no ONNX Runtime for Python; the few operators of these graphs are quickly said in torch. Integer kernels of
a CPU may differ from this in the last step of a rounding.
"""
import torch
from onnx import helper, numpy_helper
from torch.nn import functional


def run(model, inputs):
    """The graph's only output for its only input, a tensor."""
    graph = model.graph
    values = {tensor.name: torch.tensor(numpy_helper.to_array(tensor)) for tensor in graph.initializer}
    values[graph.input[0].name] = inputs
    for node in graph.node:
        arguments = [values[name] for name in node.input]
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        values[node.output[0]] = _OPERATORS[node.op_type](attributes, *arguments)
    return values[graph.output[0].name]


def _along(parameter, axis, tensor):
    """A scale or zero point in a shape that spreads over the tensor."""
    if parameter.dim() == 0:
        return parameter
    return parameter.reshape([-1 if dimension == axis else 1 for dimension in range(tensor.dim())])


def _quantize(attributes, x, scale, zero):
    axis, limits = attributes.get("axis", 1), torch.iinfo(zero.dtype)
    steps = torch.round(x / _along(scale, axis, x)) + _along(zero, axis, x)
    return steps.clamp(limits.min, limits.max).to(zero.dtype)


def _dequantize(attributes, x, scale, zero):
    axis = attributes.get("axis", 1)
    return (x.float() - _along(zero, axis, x).float()) * _along(scale, axis, x)


def _convolution(attributes, x, weights, bias):
    return functional.conv2d(x, weights, bias, stride=attributes["strides"], padding=attributes["pads"][:2])


def _dense(attributes, x, weights, bias):
    return functional.linear(x, weights if attributes.get("transB") else weights.t(), bias)


_OPERATORS = {
    "QuantizeLinear": _quantize,
    "DequantizeLinear": _dequantize,
    "Conv": _convolution,
    "Gemm": _dense,
    "Sub": lambda _, x, y: x - y,
    "Mul": lambda _, x, y: x * y,
    "Relu": lambda _, x: torch.relu(x),
    "MaxPool": lambda attributes, x: functional.max_pool2d(x, attributes["kernel_shape"], attributes["strides"]),
    "Flatten": lambda attributes, x: x.flatten(attributes.get("axis", 1)),
    "Reshape": lambda _, x, shape: x.reshape(shape.tolist()),
    "Softmax": lambda attributes, x: torch.softmax(x, attributes.get("axis", -1)),
}
