"""An epoch of dense layers in NumPy beside scikit-learn and torch.

784-128-10 with tanh on the 60,000 training images of MNIST, batches of 64, float32,
one thread: `Sequential` and an optimiser of `sklearn_nn.scratch`, scikit-learn's
`MLPClassifier` and a plain torch loop, each shuffling, computing the loss of each
batch and taking its step. They go on from epoch to epoch, in turn, each time another
one first; the first round warms up. Ratios are ours to theirs, medians over rounds.

scikit-learn's epoch is a call of `partial_fit`: unlike `fit` with ``max_iter=1``, it
does not draw weights anew, but it checks X and encodes y each time, which is part of
what it takes (`sklearn_checks_s`, measured beside it). torch's optimisers are the fused
ones, its fastest.

    python -m benchmarks.scratch_dense

    case                 ours_s    sklearn_s    torch_s    ratio_sklearn    ratio_torch
    -----------------  --------  -----------  ---------  ---------------  -------------
    SGD                  0.5618       0.7634     0.8828           0.7226         0.6113
    SGD, log-softmax     0.5441       0.7327     0.8052           0.7149         0.6306
    SGD with momentum    0.6145       0.7292     0.9810           0.7978         0.6437
    Adam                 0.9973       1.5423     1.1218           0.6349         0.7420
"""

import argparse
import statistics
import time

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import check_X_y
from threadpoolctl import threadpool_limits
from torch import nn

from benchmarks._report import save, show
from sklearn_nn.datasets import fetch_mnist
from sklearn_nn.scratch import (
    SGD,
    Adam,
    CrossEntropyLoss,
    Linear,
    LogSoftmax,
    NLLLoss,
    Sequential,
    Tanh,
)

BATCH_SIZE = 64
MOMENTUM = {"lr": 0.01, "momentum": 0.9}
# Output of the network, and optimiser with its arguments.
CASES = {
    "SGD": ("logits", "SGD", {"lr": 0.1}),
    "SGD, log-softmax": ("log-softmax", "SGD", {"lr": 0.1}),
    "SGD with momentum": ("logits", "SGD", MOMENTUM),
    "Adam": ("logits", "Adam", {"lr": 0.001}),
}
# The claim is about the first; the others are to show that nothing is slow beside it.
BOUNDS = {"SGD": {"sklearn": 1.0, "torch": 1.5}}


class Scratch:
    """`sklearn_nn.scratch`."""

    def __init__(self, output, optimizer, arguments):
        self.rng = np.random.default_rng(0)
        net = Sequential([Linear(784, 128), Tanh(), Linear(128, 10)])
        loss = CrossEntropyLoss()
        if output == "log-softmax":
            net.add_module(LogSoftmax())
            loss = NLLLoss()
        net.initialise((784,), self.rng, np.float32)
        make = {"SGD": SGD, "Adam": Adam}[optimizer]
        self.optimizer = make(net, loss, **arguments)

    def epoch(self, X, y):
        steps = self.optimizer.epoch(X, y, batch_size=BATCH_SIZE, rng=self.rng)
        return sum(loss * n for loss, n in steps) / len(X)


class Sklearn:
    """scikit-learn's `MLPClassifier`; its output is always the softmax."""

    def __init__(self, output, optimizer, arguments):
        self.model = MLPClassifier(
            (128,),
            activation="tanh",
            solver=optimizer.lower(),
            alpha=0,
            batch_size=BATCH_SIZE,
            learning_rate_init=arguments["lr"],
            momentum=arguments.get("momentum", 0),
            nesterovs_momentum=False,
            random_state=0,
        )

    def epoch(self, X, y):
        return self.model.partial_fit(X, y, classes=range(10)).loss_


class Torch:
    """A loop as one writes it by hand."""

    def __init__(self, output, optimizer, arguments):
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Linear(784, 128), nn.Tanh(), nn.Linear(128, 10))
        self.loss = nn.CrossEntropyLoss()
        if output == "log-softmax":
            self.net.append(nn.LogSoftmax(dim=1))
            self.loss = nn.NLLLoss()
        make = getattr(torch.optim, optimizer)
        self.optimizer = make(self.net.parameters(), fused=True, **arguments)

    def epoch(self, X, y):
        X, y = torch.from_numpy(X), torch.from_numpy(y)
        total = 0.0
        for rows in torch.randperm(len(X)).split(BATCH_SIZE):
            self.optimizer.zero_grad()
            loss = self.loss(self.net(X[rows]), y[rows])
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(rows)
        return total / len(X)


CANDIDATES = {"ours": Scratch, "sklearn": Sklearn, "torch": Torch}


def seconds_of(function, *arguments) -> tuple[float, float]:
    """Return how long a call took, and what it returned."""
    started = time.perf_counter()
    returned = function(*arguments)
    return time.perf_counter() - started, returned


def measure(case: str, X, y, n_rounds: int) -> dict:
    """Time one epoch of each candidate in each round."""
    candidates = {name: make(*CASES[case]) for name, make in CANDIDATES.items()}
    names = list(candidates)
    seconds = {name: [] for name in names}
    losses = {}
    for turn in range(n_rounds + 1):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            spent, losses[name] = seconds_of(candidates[name].epoch, X, y)
            seconds[name].append(spent)
    timed = {name: values[1:] for name, values in seconds.items()}
    ratios = {
        name: [a / b for a, b in zip(timed["ours"], timed[name], strict=True)]
        for name in ("sklearn", "torch")
    }
    return {
        "case": case,
        **{f"{name}_s": statistics.median(timed[name]) for name in names},
        **{f"ratio_{name}": statistics.median(ratios[name]) for name in ratios},
        "ratios": ratios,
        "bounds": BOUNDS.get(case),
        "loss_of_last_epoch": losses,
    }


def checks(X, y) -> None:
    """Do what a `partial_fit` does before its epoch."""
    check_X_y(X, y, dtype=(np.float64, np.float32))
    LabelBinarizer().fit(y).transform(y)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--save", action="store_true", help="write the results")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    X, y = fetch_mnist(subset="train", return_X_y=True)
    X, y = (X / 255).astype(np.float32), y.astype(np.int64)
    with threadpool_limits(1):
        rows = [measure(case, X, y, arguments.rounds) for case in CASES]
    nested = ("ratios", "bounds", "loss_of_last_epoch")
    show([{k: v for k, v in row.items() if k not in nested} for row in rows])
    figures = {
        "data": f"MNIST, training part, {len(X)} images, float32",
        "network": "784-128-10, tanh",
        "batch_size": BATCH_SIZE,
        "rounds": arguments.rounds,
        "sklearn_checks_s": seconds_of(checks, X, y)[0],
        "cases": rows,
    }
    if arguments.save:
        print("->", save("scratch_dense", figures))


if __name__ == "__main__":
    main()
