"""Trains the breast-cancer model: 30 measurements to malignant or benign, 30-32-16-2, quantization-aware.

Data: UCI Breast Cancer Wisconsin (Diagnostic), CC BY 4.0, as shipped with scikit-learn."""
import sys

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from fold import fold
from quantized import QuantizedLinear, activation_quantizer, export, train


class Network(nn.Module):
    """Takes raw units: the normalization is part of the graph, so that no client can forget it."""

    def __init__(self, mean, deviation):
        super().__init__()
        self.register_buffer('mean', torch.tensor(mean))
        self.register_buffer('inverse', torch.tensor(1.0 / deviation))
        self.quantizers = nn.ModuleList(activation_quantizer() for _ in range(4))
        self.first, self.second, self.third = QuantizedLinear(30, 32), QuantizedLinear(32, 16), QuantizedLinear(16, 2)

    def logits(self, x):
        x = self.quantizers[0]((x - self.mean) * self.inverse)
        x = self.quantizers[1](torch.relu(self.first(x)))
        x = self.quantizers[2](torch.relu(self.second(x)))
        return self.quantizers[3](self.third(x))

    def forward(self, x):
        return torch.softmax(self.logits(x), 1)


def main(path):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    source = load_breast_cancer()
    x, y = source.data.astype(np.float32), source.target.astype(np.int64)
    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=0.25, random_state=7, stratify=y)
    network = Network(train_x.mean(0), train_x.std(0))
    data = [torch.tensor(a) for a in (train_x, train_y, test_x, test_y)]
    as_float, as_int8 = train(network, data, 3e-3, 60, 20, 5, 5e-4, weight_decay=1e-4)
    export(network, torch.zeros(1, 30), path, 'features')
    fold(path)
    print(f'breast-cancer: {as_float:.3f} of {len(test_y)} held-out rows right in float, {as_int8:.3f} in int8')


if __name__ == '__main__':
    main(sys.argv[1])
