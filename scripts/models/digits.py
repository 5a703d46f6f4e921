"""Trains the digits model: 20x20 grey images of handwritten digits, three convolutions and two dense layers, quantization-aware.

Data: digits.png of the OpenCV samples (5,000 digits), Apache-2.0."""
import sys

import numpy as np
import torch
import torch.nn as nn
from PIL import Image
from sklearn.model_selection import train_test_split

from fold import fold
from quantized import QuantizedConv, QuantizedLinear, activation_quantizer, export, train

SIDE = 20


class Network(nn.Module):
    """Takes grey values from 0 to 255 as they come."""

    def __init__(self):
        super().__init__()
        self.quantizers = nn.ModuleList(activation_quantizer() for _ in range(7))
        self.first, self.second, self.third = QuantizedConv(1, 16, 3, 1), QuantizedConv(16, 32, 3, 1), QuantizedConv(32, 32, 3, 1)
        self.hidden, self.last = QuantizedLinear(32 * 25, 64), QuantizedLinear(64, 10)
        self.pool = nn.MaxPool2d(2)

    def logits(self, x):
        q = self.quantizers
        x = q[0](x * (1 / 255.))
        x = q[1](torch.relu(self.first(x)))
        x = self.pool(q[2](torch.relu(self.second(x))))
        x = q[6](self.pool(q[3](torch.relu(self.third(x)))).flatten(1))
        x = q[4](torch.relu(self.hidden(x)))
        return q[5](self.last(x))

    def forward(self, x):
        return torch.softmax(self.logits(x), 1)


def read(path):
    """A sheet of 50 rows and 100 columns, five rows a digit."""
    sheet = np.asarray(Image.open(path).convert('L'), np.float32)
    images = sheet.reshape(50, SIDE, 100, SIDE).transpose(0, 2, 1, 3).reshape(-1, 1, SIDE, SIDE)
    return images, np.repeat(np.arange(10), 500).astype(np.int64)


def main(path, sheet):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, y = read(sheet)
    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=0.2, random_state=7, stratify=y)
    network = Network()
    data = [torch.tensor(a) for a in (train_x, train_y, test_x, test_y)]
    as_float, as_int8 = train(network, data, 2e-3, 12, 4, 2, 3e-4)
    export(network, torch.zeros(1, 1, SIDE, SIDE), path, 'image')
    fold(path)
    print(f'digits: {as_float:.3f} of {len(test_y)} held-out images right in float, {as_int8:.3f} in int8')


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2])
