#!/usr/bin/python3
"""Makes the model digits: one handwritten digit of 20x20 grey values, white on black.

Trained on the sheet of 5000 digits among OpenCV's samples: 50 rows of 100, five rows a digit.
"""
import numpy as np
import torch
from PIL import Image
from sklearn.model_selection import train_test_split
from torch import nn

import training
from fake_quantization import QuantizedConv, QuantizedLinear, activation

SHEET = "/usr/share/doc/opencv-doc/examples/data/digits.png"


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = QuantizedConv(1, 16), QuantizedConv(16, 32), QuantizedConv(32, 32)
        self.dense1, self.dense2 = QuantizedLinear(32 * 5 * 5, 64), QuantizedLinear(64, 10)
        self.halve = nn.MaxPool2d(2)
        self.rounding = nn.ModuleList(activation() for _ in range(7))

    def logits(self, x):
        x = self.rounding[0](x * (1 / 255))
        x = self.rounding[1](torch.relu(self.conv1(x)))
        x = self.halve(self.rounding[2](torch.relu(self.conv2(x))))
        x = self.halve(self.rounding[3](torch.relu(self.conv3(x))))
        x = self.rounding[4](x.flatten(1))
        x = self.rounding[5](torch.relu(self.dense1(x)))
        return self.rounding[6](self.dense2(x))

    def forward(self, x):
        return torch.softmax(self.logits(x), 1)


def read_sheet():
    sheet = np.asarray(Image.open(SHEET).convert("L"), np.float32)
    images = sheet.reshape(50, 20, 100, 20).transpose(0, 2, 1, 3).reshape(-1, 1, 20, 20)
    return images, np.repeat(np.arange(10, dtype=np.int64), 500)


def main():
    output = training.output_folder(__doc__)
    training.seed()
    images, classes = read_sheet()
    train, test, train_classes, test_classes = train_test_split(images, classes, test_size=0.2, random_state=7, stratify=classes)
    training.make(
        "digits", Network(), training.Data(train, train_classes, test, test_classes),
        training.Recipe(float_epochs=12, float_rate=2e-3, weight_decay=0,
                        rounding_epochs=4, frozen_epochs=2, rounding_rate=3e-4),
        "image", [str(digit) for digit in range(10)], output)


if __name__ == "__main__":
    main()
