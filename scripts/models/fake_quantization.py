"""Layers that round to 8 bits while they train.

Training sees the rounding error and learns around it, which costs less accuracy than quantizing a finished network.
Activations are unsigned with a zero point, weights signed without one: the pair every ONNX Runtime int8 kernel takes.
"""
import torch
from torch import nn
from torch.ao.quantization import FakeQuantize, MovingAverageMinMaxObserver, PerChannelMinMaxObserver


def activation():
    """Rounds what flows between two layers to uint8."""
    return FakeQuantize(observer=MovingAverageMinMaxObserver, quant_min=0, quant_max=255,
                        dtype=torch.quint8, qscheme=torch.per_tensor_affine)


class QuantizedLinear(nn.Linear):
    """A dense layer with one scale for all its weights: ONNX Runtime's Gemm takes no scale a row."""

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        self.rounding = FakeQuantize(observer=MovingAverageMinMaxObserver, quant_min=-128, quant_max=127,
                                     dtype=torch.qint8, qscheme=torch.per_tensor_symmetric)

    def forward(self, x):
        return nn.functional.linear(x, self.rounding(self.weight), self.bias)


class QuantizedConv(nn.Conv2d):
    """A 3x3 convolution with a scale for each filter, since filters differ in size by an order of magnitude."""

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, 3, padding=1)
        self.rounding = FakeQuantize(observer=PerChannelMinMaxObserver, quant_min=-128, quant_max=127,
                                     dtype=torch.qint8, qscheme=torch.per_channel_symmetric, ch_axis=0)

    def forward(self, x):
        return self._conv_forward(x, self.rounding(self.weight), self.bias)


def switch(network, rounding, observing):
    """Turns rounding, and the watching of ranges, on or off in every layer."""
    for module in network.modules():
        if isinstance(module, FakeQuantize):
            module.enable_fake_quant(rounding)
            module.enable_observer(observing)
