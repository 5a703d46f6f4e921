"""Layers that learn with int8 in mind, and the training loop they share.

Quantization-aware training lets a network get used to rounding before the rounding is real: every weight and activation
passes through a fake quantizer whose scale is observed while training."""
import torch
import torch.nn as nn
from torch.ao.quantization import FakeQuantize, MinMaxObserver, MovingAverageMinMaxObserver, PerChannelMinMaxObserver


def activation_quantizer():
    return FakeQuantize(observer=MovingAverageMinMaxObserver, quant_min=0, quant_max=255,
                        dtype=torch.quint8, qscheme=torch.per_tensor_affine)


class QuantizedLinear(nn.Linear):
    """Weights int8, one scale a tensor."""

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        self.weight_quantizer = FakeQuantize(observer=MinMaxObserver, quant_min=-128, quant_max=127,
                                             dtype=torch.qint8, qscheme=torch.per_tensor_symmetric)

    def forward(self, x):
        return nn.functional.linear(x, self.weight_quantizer(self.weight), self.bias)


class QuantizedConv(nn.Conv2d):
    """Weights int8, one scale a channel: channels of a convolution differ more than rows of a dense layer."""

    def __init__(self, inputs, outputs, kernel, padding):
        super().__init__(inputs, outputs, kernel, padding=padding)
        self.weight_quantizer = FakeQuantize(observer=PerChannelMinMaxObserver, quant_min=-128, quant_max=127,
                                             dtype=torch.qint8, qscheme=torch.per_channel_symmetric, ch_axis=0)

    def forward(self, x):
        return self._conv_forward(x, self.weight_quantizer(self.weight), self.bias)


def set_quantizers(network, fake, observe):
    for module in network.modules():
        if isinstance(module, FakeQuantize):
            module.enable_fake_quant(fake)
            module.enable_observer(observe)


def fit(network, optimizer, inputs, labels, epochs, batch=64):
    network.train()
    for _ in range(epochs):
        order = torch.randperm(len(inputs))
        for start in range(0, len(order), batch):
            rows = order[start:start + batch]
            loss = nn.functional.cross_entropy(network.logits(inputs[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def accuracy(network, inputs, labels):
    network.eval()
    with torch.no_grad():
        return float((network(inputs).argmax(1) == labels).float().mean())


def train(network, data, rate, float_epochs, learning_epochs, frozen_epochs, quantized_rate, weight_decay=0.0):
    """Float first, then with quantizers that observe, then with quantizers at rest. Returns both accuracies."""
    train_x, train_y, test_x, test_y = data
    set_quantizers(network, False, False)
    optimizer = torch.optim.Adam(network.parameters(), rate, weight_decay=weight_decay)
    fit(network, optimizer, train_x, train_y, float_epochs)
    as_float = accuracy(network, test_x, test_y)
    for group in optimizer.param_groups:
        group['lr'] = quantized_rate
    set_quantizers(network, True, True)
    fit(network, optimizer, train_x, train_y, learning_epochs)
    set_quantizers(network, True, False)
    fit(network, optimizer, train_x, train_y, frozen_epochs)
    return as_float, accuracy(network, test_x, test_y)


def export(network, example, path, input_name):
    network.eval()
    torch.onnx.export(network, example, path, opset_version=13, input_names=[input_name], output_names=['probabilities'],
                      dynamic_axes={input_name: {0: 'batch'}, 'probabilities': {0: 'batch'}})
