"""What every maker does: train in float, train on with rounding, export, fold, measure the file."""
import argparse
import io
import os
import sys
import warnings
from collections import namedtuple

import numpy as np
import onnx
import torch
from torch import nn

import fake_quantization
import folding
import graph_check

Data = namedtuple("Data", "train_inputs train_classes test_inputs test_classes")

Recipe = namedtuple("Recipe", "float_epochs float_rate weight_decay rounding_epochs frozen_epochs rounding_rate")
"""Epochs and learning rates: in float, with rounding while ranges are watched, with rounding while they stand still."""


def output_folder(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--output", required=True, help="folder of models; <name>/1/ is written into it")
    return parser.parse_args().output


def seed():
    """One thread and fixed seeds: the same machine makes the same file twice."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    np.random.seed(0)


def make(name, network, data, recipe, input_name, labels, output):
    """Writes <output>/<name>/1/model.onnx and labels.txt, and prints how well the float and the int8 model do."""
    data = Data(*(torch.tensor(part) for part in data))
    optimizer = torch.optim.Adam(network.parameters(), recipe.float_rate, weight_decay=recipe.weight_decay)

    fake_quantization.switch(network, rounding=False, observing=False)
    _train(network, optimizer, data, recipe.float_epochs)
    with torch.no_grad():
        _print_accuracy(name, "float", network(data.test_inputs), data.test_classes)

    for group in optimizer.param_groups:
        group["lr"] = recipe.rounding_rate
    fake_quantization.switch(network, rounding=True, observing=True)
    _train(network, optimizer, data, recipe.rounding_epochs)
    fake_quantization.switch(network, rounding=True, observing=False)
    _train(network, optimizer, data, recipe.frozen_epochs)

    model = _export(network, data.test_inputs[:1], input_name)
    folding.fold(model)
    model.producer_name, model.producer_version = "edgeserve scripts/make-models", ""
    onnx.checker.check_model(model)
    with torch.no_grad():
        _print_accuracy(name, "int8", graph_check.run(model, data.test_inputs), data.test_classes)
    _write(model, labels, os.path.join(output, name, "1"))


def _train(network, optimizer, data, epochs, batch=64):
    network.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(data.train_inputs)).split(batch):
            loss = nn.functional.cross_entropy(network.logits(data.train_inputs[rows]), data.train_classes[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    network.eval()


def _export(network, example, input_name):
    """Opset 13 is the first with a scale for each channel."""
    file = io.BytesIO()
    names = [input_name, "probabilities"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, example, file, opset_version=13, input_names=names[:1], output_names=names[1:],
                          dynamic_axes={name: {0: "batch"} for name in names})
    return onnx.load_from_string(file.getvalue())


def _print_accuracy(name, kind, probabilities, classes):
    right = int((probabilities.argmax(1) == classes).sum())
    print(f"{name}: {kind:5} {right} of {len(classes)} held-out samples right ({100 * right / len(classes):.1f} %)")
    sys.stdout.flush()


def _write(model, labels, folder):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "model.onnx")
    onnx.save(model, path)
    with open(os.path.join(folder, "labels.txt"), "w", encoding="utf-8", newline="\n") as file:
        file.writelines(label + "\n" for label in labels)
    print(f"{path}: {os.path.getsize(path)} bytes")
