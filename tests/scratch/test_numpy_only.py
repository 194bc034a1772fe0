"""Layers, losses and optimisers need NumPy and nothing else."""

import subprocess
import sys

TRAIN_WITHOUT_OTHERS = """
import sys

ALLOWED = {*sys.stdlib_module_names, "numpy", "sklearn_nn"}


class OnlyNumPy:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in ALLOWED:
            raise ImportError(f"{name} is neither NumPy nor the standard library")


sys.meta_path.insert(0, OnlyNumPy())
try:
    import torch
except ImportError:
    print("torch is blocked")

import numpy as np
from sklearn_nn.scratch import (
    Adam, BatchNorm, CrossEntropyLoss, Dropout, Linear, ReLU, Sequential
)

rng = np.random.default_rng(0)
x = rng.normal(size=(200, 2))
y = (x[:, 0] * x[:, 1] > 0).astype(int)
net = Sequential([Linear(2, 32), BatchNorm(), ReLU(), Dropout(0.1), Linear(32, 2)])
net.initialise((2,), rng)
adam = Adam(net, CrossEntropyLoss(), lr=0.02)
for _ in range(50):
    for _ in adam.epoch(x, y, batch_size=20, rng=rng):
        pass
print("right:", np.mean(net.train(False).forward(x).argmax(axis=1) == y) > 0.95)
print("torch is imported:", "torch" in sys.modules)
"""


def test_trains_where_only_numpy_can_be_imported():
    printed = subprocess.check_output(
        [sys.executable, "-c", TRAIN_WITHOUT_OTHERS], text=True
    )
    assert printed.splitlines() == [
        "torch is blocked",
        "right: True",
        "torch is imported: False",
    ]
