"""What the estimators cost beside a hand-written torch loop.

The same module, kind of batches and (fused) optimiser, `fit` and loop in turn in one
process on one thread, medians of the ratios pair by pair; the first pair warms up.
`fit` includes everything: checking X, building the module, the history. Peak memory
is that of fresh processes, above the memory held before training starts.

    python -m benchmarks.training_overhead

    case                                             loop_s    fit_s    ratio    bound
    ---------------------------------------------  --------  -------  -------  -------
    MLP 784-128-10, batch 64, MNIST                  2.2034   2.2839   1.0150   1.0500
    BiGRU with attention, batch 64, 20 Newsgroups   25.8738  21.2924   0.9756   1.0200
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

import numpy as np
import torch
from torch import nn

from benchmarks._newsgroups_data import load_split
from benchmarks._report import save, show
from sklearn_nn._training.rows import TokenRows
from sklearn_nn.datasets import fetch_mnist
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.modules import MLP, BiGRUAttention
from sklearn_nn.neural_network import BiGRUClassifier, MLPClassifier

CPU = torch.device("cpu")


class MLPCase:
    """784-128-10 on MNIST, batches of 64."""

    name = "MLP 784-128-10, batch 64, MNIST"
    bound = 1.05

    def __init__(self, epochs: int):
        self.epochs = epochs
        X, self.y = fetch_mnist(subset="train", return_X_y=True)
        self.X = (X / 255).astype(np.float32)

    def fit(self):
        MLPClassifier(
            hidden_layer_sizes=(128,),
            batch_size=64,
            max_epochs=self.epochs,
            random_state=0,
        ).fit(self.X, self.y)

    def loop(self):
        X, y = torch.from_numpy(self.X), torch.from_numpy(self.y)
        train(
            MLP(784, 10, (128,)),
            lambda: ((X[rows], y[rows]) for rows in torch.randperm(len(X)).split(64)),
            lr=1e-3,
            epochs=self.epochs,
        )


class BiGRUCase:
    """The recurrent network on posts, batched by length."""

    name = "BiGRU with attention, batch 64, 20 Newsgroups"
    bound = 1.02

    def __init__(self, epochs: int, n_posts: int | None = None):
        self.epochs = epochs
        texts, self.y = load_split("random").train
        self.X = SequenceVectorizer().fit_transform(texts)[:n_posts]
        self.y = self.y[:n_posts]

    def fit(self):
        BiGRUClassifier(max_epochs=self.epochs, random_state=0).fit(self.X, self.y)

    def loop(self):
        rows, y = TokenRows(self.X, "int32", CPU), torch.from_numpy(self.y)
        train(
            BiGRUAttention(int(self.X.max()) + 1, 20),
            lambda: ((rows.take(i), y[i]) for i in rows.shuffled(64)),
            lr=2e-3,
            epochs=self.epochs,
        )


def train(module: nn.Module, batches, lr: float, epochs: int) -> None:
    """Train as one writes it by hand."""
    optimizer = torch.optim.Adam(module.parameters(), lr=lr, fused=True)
    loss = nn.CrossEntropyLoss()
    module.train()
    for _ in range(epochs):
        total = 0.0
        for x, y in batches():
            optimizer.zero_grad()
            batch_loss = loss(module(x), y)
            batch_loss.backward()
            optimizer.step()
            total += batch_loss.item() * len(y)


def time_pairs(case, n_pairs: int) -> dict:
    """Time loop and fit in turn, the one and the other first, after one warm-up."""
    seconds = {"loop": [], "fit": []}
    for pair in range(n_pairs + 1):
        for what in list(seconds)[:: 1 if pair % 2 else -1]:
            started = time.perf_counter()
            getattr(case, what)()
            seconds[what].append(time.perf_counter() - started)
    loop, fit = seconds["loop"][1:], seconds["fit"][1:]
    ratios = [a / b for a, b in zip(fit, loop, strict=True)]
    return {
        "case": case.name,
        "loop_s": statistics.median(loop),
        "fit_s": statistics.median(fit),
        "ratio": statistics.median(ratios),
        "ratio_min": min(ratios),
        "ratio_max": max(ratios),
        "bound": case.bound,
        "epochs": case.epochs,
        "pairs": n_pairs,
    }


def peak_memory() -> dict:
    """Compare the memory that one epoch on all training posts adds."""
    peaks = {what: _peak_in_new_process(what) for what in ("loop", "fit")}
    return {
        "case": "peak memory of training, BiGRU, 15,076 posts",
        "loop_MiB": peaks["loop"],
        "fit_MiB": peaks["fit"],
        "ratio": peaks["fit"] / peaks["loop"],
        "bound": 1.3,
    }


def _peak_in_new_process(what: str) -> float:
    command = [sys.executable, "-m", "benchmarks.training_overhead", "--peak", what]
    return json.loads(subprocess.check_output(command, text=True))


def _peak(what: str) -> float:
    """Return the MiB that the process peaks at above what the data take."""
    case = BiGRUCase(epochs=1)
    before = _resident()
    getattr(case, what)()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before


def _resident() -> float:
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--peak", choices=["loop", "fit"], help="for the memory runs")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.peak:
        print(json.dumps(_peak(arguments.peak)))
        return
    cases = MLPCase(epochs=3), BiGRUCase(epochs=2, n_posts=640)
    times = [time_pairs(case, arguments.pairs) for case in cases]
    show(times)
    memory = peak_memory()
    show([memory])
    print("->", save("training_overhead", {"times": times, "memory": memory}))


if __name__ == "__main__":
    main()
