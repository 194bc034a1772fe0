"""Perceptrons: digits with one hidden layer, a checkerboard, four Gaussians.

    python -m benchmarks.perceptrons [--save] [--pictures] [TASK ...]

Settings are chosen by GridSearchCV on the training part alone (MNIST: 10,000 of its
60,000 training images held out; the others: five folds of the 1,000 training points),
then three networks with the seeds 0, 1 and 2 are trained on all of it, each scored once
on the test part. The points of the plane are drawn anew for every seed, and 20,000
fresh ones are the test. A support vector machine with an RBF kernel, its C and gamma
chosen in the same way, stands beside the network in the plane. With ``--save``, the
tasks named replace theirs in ``results/perceptrons.json`` and the others stay.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.stats import norm
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    StratifiedShuffleSplit,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from benchmarks._report import known, save, show, spread
from benchmarks.studies import seeded
from sklearn_nn.datasets import fetch_mnist, make_checkerboard, make_four_gaussians
from sklearn_nn.neural_network import MLPClassifier

SEEDS = (0, 1, 2)
N_POINTS, N_TEST_POINTS = 1_000, 20_000
# Far from the seeds of the training points.
TEST_SEED = 2_000
PICTURE = Path(__file__).parents[1] / "docs/user_guide/images/studies_checkerboard.png"
FOLDS = StratifiedKFold(5, shuffle=True, random_state=0)
Part = tuple[np.ndarray, np.ndarray]


class Task(NamedTuple):
    """What is learned, by what, chosen among what, and how well it has to go."""

    at_least: float
    reported: str
    split: str
    load: Callable[[int], tuple[Part, Part]]
    net: MLPClassifier | Pipeline
    grid: list[dict[str, list[Any]]]
    cv: Any
    in_plane: bool = True


def mnist(seed: int) -> tuple[Part, Part]:
    """Return the official parts, the same for every seed, pixels from 0 to 1."""
    parts = (fetch_mnist(subset=part, return_X_y=True) for part in ("train", "test"))
    train, test = ((images / np.float32(255), digits) for images, digits in parts)
    return train, test


def drawn(make: Callable) -> Callable[[int], tuple[Part, Part]]:
    """Return a function that draws points to train and to test on."""

    def load(seed: int) -> tuple[Part, Part]:
        train = make(N_POINTS, random_state=seed, return_X_y=True)
        test = make(N_TEST_POINTS, random_state=TEST_SEED + seed, return_X_y=True)
        return train, test

    return load


POINTS = "1,000 points to train on and 20,000 to test on, drawn for each seed"
TASKS = {
    "MNIST, 784-128-10 tanh": Task(
        at_least=0.98,
        reported="about 0.98",
        split="official, 60,000 to train on and 10,000 to test on",
        load=mnist,
        net=MLPClassifier(
            hidden_layer_sizes=(128,),
            activation="tanh",
            optimizer="adamw",
            lr=5e-3,
            lr_schedule="onecycle",
            batch_size=128,
            max_epochs=20,
        ),
        grid=[
            {"weight_decay": [0.01], "label_smoothing": [0.0]},
            {"weight_decay": [0.05, 0.2], "label_smoothing": [0.1]},
        ],
        cv=StratifiedShuffleSplit(1, test_size=1 / 6, random_state=0),
        in_plane=False,
    ),
    "checkerboard": Task(
        at_least=0.88,
        reported="0.782",
        split=POINTS,
        load=drawn(make_checkerboard),
        net=Pipeline(
            [
                # On [-4, 4] the same network stays well below what it reaches here.
                ("scale", MinMaxScaler((-1, 1))),
                (
                    "net",
                    MLPClassifier(
                        hidden_layer_sizes=(128, 128, 128),
                        activation="relu",
                        optimizer="adamw",
                        lr_schedule="cosine",
                        batch_size=100,
                        max_epochs=600,
                    ),
                ),
            ]
        ),
        grid=[
            {"net__lr": [3e-3], "net__weight_decay": [0.0, 0.01]},
            {"net__lr": [1e-3], "net__weight_decay": [0.01]},
        ],
        cv=FOLDS,
    ),
    "four Gaussians": Task(
        at_least=0.996,
        reported="0.996",
        split=POINTS,
        load=drawn(make_four_gaussians),
        net=MLPClassifier(
            hidden_layer_sizes=(32,),
            activation="tanh",
            lr=0.01,
            lr_schedule="cosine",
            batch_size=100,
            max_epochs=50,
        ),
        grid=[{"weight_decay": [0.0, 0.01]}],
        cv=FOLDS,
    ),
}
RIVAL = "SVC, RBF kernel"
RIVAL_GRID = {"C": [1, 10, 100, 1_000], "gamma": [0.1, 0.3, 1, 3, 10]}


def run(task: Task) -> dict:
    """Choose on training rows, then train and test once for every seed."""
    (X, y), _ = task.load(SEEDS[0])
    search = GridSearchCV(
        seeded(task.net, SEEDS[0]),
        task.grid,
        cv=task.cv,
        refit=False,
    ).fit(X, y)
    found = search.cv_results_
    tried = [
        {**parameters, "validation": float(score)}
        for parameters, score in zip(
            found["params"], found["mean_test_score"], strict=True
        )
    ]
    show(tried)
    scores: dict[str, list[float]] = {"MLPClassifier": []}
    for seed in SEEDS:
        train, test = task.load(seed)
        for name, model in models(task, search.best_params_, seed).items():
            scores.setdefault(name, []).append(float(model.fit(*train).score(*test)))
    return {
        "at_least": task.at_least,
        "reported": task.reported,
        "split": task.split,
        "net": repr(task.net),
        "tried": tried,
        "chosen": search.best_params_,
        "seeds": list(SEEDS),
        "test_accuracy": scores,
    }


def models(task: Task, chosen: dict, seed: int) -> dict[str, Any]:
    """Return the network and, in the plane, the support vector machine."""
    net = seeded(task.net, seed).set_params(**chosen)
    rival = {RIVAL: GridSearchCV(SVC(), RIVAL_GRID, cv=FOLDS)}
    return {"MLPClassifier": net, **(rival if task.in_plane else {})}


def best_possible() -> float:
    """Return the accuracy of the best rule for the four Gaussians.

    That is the sign of the product of the coordinates: it is wrong when exactly one
    of them has crossed the axis.
    """
    crossed = norm.cdf(-1 / 0.3)
    return float(1 - 2 * crossed * (1 - crossed))


def table(figures: dict[str, dict]) -> list[dict]:
    """Return a row for each task and model."""
    return [
        {
            "task": name,
            "model": model,
            "accuracy": float(np.mean(scores)),
            "std": spread(scores),
            "at least": task["at_least"],
            "reported": task["reported"],
        }
        for name, task in figures.items()
        for model, scores in task["test_accuracy"].items()
    ]


def draw(chosen: dict, path: Path = PICTURE) -> None:
    """Draw what the models of seed 0 make of the board, with their test accuracy."""
    import matplotlib.pyplot as plt
    from sklearn.inspection import DecisionBoundaryDisplay

    task = TASKS["checkerboard"]
    (X, y), test = task.load(SEEDS[0])
    fitted = {
        name: model.fit(X, y) for name, model in models(task, chosen, SEEDS[0]).items()
    }
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.7), layout="constrained")
    axes[0].scatter(*X.T, c=y, cmap="coolwarm", s=8)
    axes[0].set_title("1,000 training points")
    for axis, (name, model) in zip(axes[1:], fitted.items(), strict=True):
        DecisionBoundaryDisplay.from_estimator(
            model,
            X,
            response_method="predict",
            grid_resolution=300,
            eps=0,
            cmap="coolwarm",
            alpha=0.7,
            ax=axis,
        )
        axis.set_title(f"{name}: {model.score(*test):.1%}")
    for axis in axes:
        axis.set(aspect="equal", xlim=(-4, 4), ylim=(-4, 4))
        axis.set(xticks=range(-4, 5, 2), yticks=range(-4, 5, 2))
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tasks", nargs="*", help=f"among {', '.join(TASKS)}")
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--pictures", action="store_true", help="draw the boundaries")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    names = arguments.tasks or list(TASKS)
    figures: dict[str, dict] = {}
    for name in names:
        figures[name] = run(TASKS[name])
        show(table({name: figures[name]}))
        if arguments.save:
            kept = {**known("perceptrons").get("tasks", {}), **figures}
            tasks = {key: kept[key] for key in TASKS if key in kept}
            best = {"four Gaussians": best_possible(), "checkerboard": 1.0}
            save(
                "perceptrons",
                {"rows": table(tasks), "best_possible": best, "tasks": tasks},
            )
    if arguments.pictures:
        draw(figures["checkerboard"]["chosen"])


if __name__ == "__main__":
    main()
