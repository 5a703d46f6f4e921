#!/usr/bin/python3
"""Makes the model breast-cancer: 30 measurements of cell nuclei in raw units, malignant or benign.

The normalisation is part of the graph, so that a caller sends what was measured and cannot get it wrong.
"""
import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from torch import nn

import training
from fake_quantization import QuantizedLinear, activation


class Network(nn.Module):
    def __init__(self, mean, deviation):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("inverse_deviation", torch.tensor(1 / deviation))
        self.dense1, self.dense2, self.dense3 = QuantizedLinear(30, 32), QuantizedLinear(32, 16), QuantizedLinear(16, 2)
        self.round0, self.round1, self.round2, self.round3 = (activation() for _ in range(4))

    def logits(self, x):
        x = self.round0((x - self.mean) * self.inverse_deviation)
        x = self.round1(torch.relu(self.dense1(x)))
        x = self.round2(torch.relu(self.dense2(x)))
        return self.round3(self.dense3(x))

    def forward(self, x):
        return torch.softmax(self.logits(x), 1)


def main():
    output = training.output_folder(__doc__)
    training.seed()
    source = load_breast_cancer()
    train, test, train_classes, test_classes = train_test_split(
        source.data.astype(np.float32), source.target.astype(np.int64), test_size=0.25, random_state=7, stratify=source.target)
    training.make(
        "breast-cancer", Network(train.mean(0), train.std(0)), training.Data(train, train_classes, test, test_classes),
        training.Recipe(float_epochs=60, float_rate=3e-3, weight_decay=1e-4,
                        rounding_epochs=20, frozen_epochs=5, rounding_rate=5e-4),
        "features", [str(name) for name in source.target_names], output)


if __name__ == "__main__":
    main()
