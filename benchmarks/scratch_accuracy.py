"""What networks in NumPy alone reach, on the official splits.

    python -m benchmarks.scratch_accuracy [--save] [TASK ...]

- ``mnist``: 784-128-10 with tanh, and ``linear``: 784-10; pixels from 0 to 1.
- ``usps_2d`` and ``usps_1d``: convolutions on images of 16x16, and on the same pixels
  as signals of 256.
- ``checkerboard``: 2-128-128-128-2 on 1,000 points drawn for each seed, judged on
  20,000 fresh ones, and the same network in torch, trained on the same points, with
  ten seeds.
- ``autoencoder``: 784-256-64-256-784 on MNIST, mean binary cross-entropy a pixel after
  ten epochs, and the same network in torch.

Where there are several candidates, the best on validation rows of the training part is
chosen (on the checkerboard: by five folds of the points of the first seed); then it is
trained on the whole training part with the seeds 0, 1 and 2 and scored once on the test
part. With ``--save``, the tasks named replace theirs in
``results/scratch_accuracy.json``.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.model_selection import (
    StratifiedKFold,
    StratifiedShuffleSplit,
    cross_val_score,
)
from threadpoolctl import threadpool_limits

from benchmarks._report import known, save, show, spread
from benchmarks.autoencoders import dense
from benchmarks.perceptrons import N_POINTS, N_TEST_POINTS, TEST_SEED
from benchmarks.studies import seeded
from sklearn_nn.datasets import fetch_mnist, fetch_usps, make_checkerboard
from sklearn_nn.neural_network import MLPClassifier
from sklearn_nn.scratch import (
    BatchNorm,
    Conv1D,
    Conv2D,
    Dropout,
    Flatten,
    Linear,
    MaxPool1D,
    MaxPool2D,
    Module,
    ReLU,
    Reshape,
    SequentialAutoencoder,
    SequentialClassifier,
    Sigmoid,
    Tanh,
)

NAME = "scratch_accuracy"
SEEDS = (0, 1, 2)
OFFICIAL = "official"
Part = tuple[np.ndarray, np.ndarray]


class Task(NamedTuple):
    """What is learned, by which candidates, and how well it has to go."""

    title: str
    reported: str
    bound: float | None
    load: Callable[[int], tuple[Part, Part]]
    split: str
    candidates: dict[str, Any]
    rivals: dict[str, Any] = {}
    cv: Any = None
    metric: str = "accuracy"
    seeds: Sequence[int] = SEEDS


def mnist(seed: int) -> tuple[Part, Part]:
    parts = (fetch_mnist(subset=part, return_X_y=True) for part in ("train", "test"))
    train, test = ((X / np.float32(255), y) for X, y in parts)
    return train, test


def usps(seed: int) -> tuple[Part, Part]:
    parts = (fetch_usps(subset=part, return_X_y=True) for part in ("train", "test"))
    train, test = (((X + 1).astype(np.float32) / 2, y) for X, y in parts)
    return train, test


def checkerboard(seed: int) -> tuple[Part, Part]:
    """Points of [-4, 4]^2, brought to [-1, 1]^2."""
    drawn = ((N_POINTS, seed), (N_TEST_POINTS, TEST_SEED + seed))
    parts = (make_checkerboard(n, random_state=s, return_X_y=True) for n, s in drawn)
    train, test = ((X.astype(np.float32) / 4, y) for X, y in parts)
    return train, test


def dense_stack(*widths: int, between: Callable[[], Module], **options) -> list[Module]:
    """Return linear layers of these widths with activations between them.

    With ``init="small"`` weights and biases start with the variance of torch's.
    """
    layers: list[Module] = []
    for n_in, n_out in pairwise(widths):
        small = (1 / (3 * n_in)) ** 0.5
        is_small = options.get("init") == "small"
        start = {"init": small, "init_bias": small} if is_small else options
        layers += [Linear(n_in, n_out, **start), between()]
    return layers[:-1]


def convolutions(kind: type, pool: type, shape: Sequence[int], *channels: int) -> list:
    """Return blocks that halve the image, and a linear layer on what is left."""
    size = 3 if kind is Conv2D else 5
    layers: list[Module] = [Reshape(tuple(shape))]
    for n_out in channels:
        conv = kind(out_channels=n_out, kernel_size=size, padding=size // 2, init="he")
        layers += [conv, BatchNorm(), ReLU(), pool(2)]
    return [*layers, Flatten(), Dropout(0.3), Linear()]


def on_digits(layers: list[Module], **options) -> SequentialClassifier:
    settings = {"lr": 5e-3, "lr_schedule": "onecycle", "batch_size": 128}
    return SequentialClassifier(layers=layers, **(settings | options))


MNIST_SPLIT = f"{OFFICIAL}, 60,000 to train on and 10,000 to test on"
USPS_SPLIT = f"{OFFICIAL}, 7,291 to train on and 2,007 to test on"
DENSE = dense_stack(784, 128, 10, between=Tanh)
BOARD = {
    "lr": 1e-3,
    "lr_schedule": "cosine",
    "weight_decay": 0.01,
    "batch_size": 100,
    "max_epochs": 600,
}


def on_board(**init) -> SequentialClassifier:
    layers = dense_stack(2, 128, 128, 128, 2, between=ReLU, init="he")
    layers[0].set_params(**init)
    return SequentialClassifier(layers=layers, **BOARD)


def dense_autoencoder(init: str) -> SequentialAutoencoder:
    torchs = dense()
    return SequentialAutoencoder(
        encoder=dense_stack(784, 256, 64, between=Tanh, init=init),
        decoder=[*dense_stack(64, 256, 784, between=Tanh, init=init), Sigmoid()],
        loss="bce",
        max_epochs=torchs.max_epochs,
        batch_size=torchs.batch_size,
        lr=torchs.lr,
        lr_schedule=torchs.lr_schedule,
    )


TASKS = {
    "mnist": Task(
        title="MNIST, 784-128-10 tanh",
        reported="about 0.98",
        bound=0.98,
        load=mnist,
        split=MNIST_SPLIT,
        candidates={
            "weight decay 0.1": on_digits(DENSE, weight_decay=0.1, max_epochs=20),
            **{
                f"dropout {p} of pixels": on_digits(
                    [Dropout(p), *DENSE], weight_decay=0.05, max_epochs=20
                )
                for p in (0.1, 0.2)
            },
        },
    ),
    "linear": Task(
        title="MNIST, 784-10",
        reported="about 0.915",
        bound=0.92,
        load=mnist,
        split=MNIST_SPLIT,
        candidates={
            f"weight decay {decay}": on_digits(
                [Linear(784, 10)], weight_decay=decay, max_epochs=10
            )
            for decay in (0.0, 0.1)
        },
    ),
    "usps_2d": Task(
        title="USPS, convolutions on 16x16",
        reported="0.505",
        bound=0.965,
        load=usps,
        split=USPS_SPLIT,
        candidates={
            f"weight decay {decay}": on_digits(
                convolutions(Conv2D, MaxPool2D, (1, 16, 16), 16, 32, 64),
                weight_decay=decay,
                batch_size=64,
                max_epochs=15,
            )
            for decay in (0.0, 0.1)
        },
    ),
    "usps_1d": Task(
        title="USPS, convolutions on 256 in a row",
        reported="0.548",
        bound=0.94,
        load=usps,
        split=USPS_SPLIT,
        candidates={
            "weight decay 0.1": on_digits(
                convolutions(Conv1D, MaxPool1D, (1, 256), 16, 32, 64, 64),
                weight_decay=0.1,
                batch_size=64,
                max_epochs=15,
            )
        },
    ),
    "checkerboard": Task(
        title="checkerboard, 2-128-128-128-2",
        reported="0.782",
        bound=None,
        load=checkerboard,
        split=f"{N_POINTS} points to train on, {N_TEST_POINTS} to test on",
        candidates={
            f"first bias {spread}": on_board(init_bias=spread)
            for spread in (0.0, 0.5, 1.0)
        },
        rivals={
            "in torch": MLPClassifier(
                hidden_layer_sizes=(128, 128, 128), optimizer="adamw", **BOARD
            )
        },
        cv=StratifiedKFold(5, shuffle=True, random_state=0),
        # Both differ more from seed to seed than from each other.
        seeds=range(10),
    ),
    "autoencoder": Task(
        title="MNIST, autoencoder 784-256-64-256-784",
        reported="0.099",
        bound=None,
        load=mnist,
        split=MNIST_SPLIT,
        candidates={
            f"init {name}": dense_autoencoder(name)
            for name in ("normal", "glorot", "small")
        },
        rivals={"in torch": dense()},
        metric="binary cross-entropy a pixel",
    ),
}


def choose(task: Task) -> dict[str, float]:
    """Return the validation score of each candidate."""
    (X, y), _ = task.load(task.seeds[0])
    if len(task.candidates) == 1:
        return {}
    # Of 60,000 digits 10,000, of 7,291 every fourth.
    fraction = 1 / 6 if len(X) > 10_000 else 2_000 / 7_291
    cv = task.cv or StratifiedShuffleSplit(1, test_size=fraction, random_state=0)
    scores = {}
    for name, model in task.candidates.items():
        found = cross_val_score(seeded(model, task.seeds[0]), X, y, cv=cv)
        scores[name] = float(found.mean())
        print(f"{task.title}, {name}: {scores[name]:.4f} in validation", flush=True)
    return scores


def run(task: Task) -> dict:
    """Choose on training rows, then train and test once for every seed."""
    validation = choose(task)
    chosen = max(validation, key=validation.__getitem__, default=[*task.candidates][0])
    models = {"in NumPy": task.candidates[chosen], **task.rivals}
    figures: dict[str, dict[str, list[float]]] = {
        name: {"test": [], "fit_s": []} for name in models
    }
    for seed in task.seeds:
        train, test = task.load(seed)
        for name, model in models.items():
            started = time.perf_counter()
            fitted = seeded(model, seed).fit(*train)
            figures[name]["fit_s"].append(time.perf_counter() - started)
            figures[name]["test"].append(float(fitted.score(*test)))
    return {
        "title": task.title,
        "reported": task.reported,
        "bound": task.bound,
        "split": task.split,
        "metric": task.metric,
        "settings": repr(task.candidates[chosen]),
        "validation": validation,
        "chosen": chosen,
        "seeds": list(task.seeds),
        **{name: figures[name] for name in models},
    }


def table(tasks: dict[str, dict]) -> list[dict]:
    """Return a row for each model of each task."""
    rows = []
    for figures in tasks.values():
        # The score of an autoencoder is minus its error.
        sign = 1 if figures["metric"] == "accuracy" else -1
        for name in ("in NumPy", "in torch"):
            if name in figures:
                scores = sign * np.array(figures[name]["test"])
                rows.append(
                    {
                        "task": figures["title"],
                        "model": name,
                        "mean": float(scores.mean()),
                        "std": spread(scores),
                        "at least": figures["bound"],
                        "reported": figures["reported"],
                    }
                )
    return rows


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tasks", nargs="*", help=f"among {', '.join(TASKS)}")
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    for name in arguments.tasks or TASKS:
        with threadpool_limits(1):
            figures = run(TASKS[name])
        show(table({name: figures}))
        if arguments.save:
            kept = {**known(NAME).get("tasks", {}), name: figures}
            tasks = {key: kept[key] for key in TASKS if key in kept}
            save(NAME, {"rows": table(tasks), "tasks": tasks})


if __name__ == "__main__":
    main()
