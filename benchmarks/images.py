"""Convolutional networks on MNIST and USPS, with their official splits.

    python -m benchmarks.images --save                 all claims
    python -m benchmarks.images --save --only usps     one claim
    python -m benchmarks.images --pictures             the pictures of the user guide

Every claim has candidates, which differ in what is named. Each is trained on a part of
the training images and scored on the rest of them, once (on few images, as the mean of
three seeds); the best by accuracy, then by loss, is trained on all training images
with the seeds 0, 1 and 2 and scored on the test part. Pixels are scaled to [0, 1].

With `--save` each result is written as soon as it is there, to
``results/images_CLAIM.json``, and a run that was broken off goes on from these.

`overhead` compares `fit` with a hand-written torch loop over an `nn.Sequential` of the
same layers, in turn. The loop leaves images as torch lays them out by default; the
estimator's module puts their channels last, which is part of its lead.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import nn

from benchmarks._report import known, save, show, spread
from benchmarks.training_overhead import time_pairs, train
from sklearn_nn.datasets import fetch_mnist, fetch_usps
from sklearn_nn.modules import RandomAffine
from sklearn_nn.neural_network import CNNClassifier

SEEDS = (0, 1, 2)
PICTURES = Path(__file__).parents[1] / "docs" / "user_guide" / "images"
TRAINED = {
    "batch_norm": True,
    "lr": 5e-3,
    "lr_schedule": "onecycle",
    "label_smoothing": 0.1,
    "dropout": 0.2,
}
MOVED = {"rotation": 8.0, "translation": 0.08, "scaling": 0.1}
DEEP = {"channels": (16, 32, 64), "convs_per_block": 2}
SIGNAL = {
    "ndim": 1,
    "channels": (16, 32, 64, 64),
    "convs_per_block": 2,
    "kernel_size": 5,
}
CLAIMS = {
    "usps": {
        "title": "USPS, 2-D, 7,291 / 2,007",
        "at_least": 0.975,
        "n_valid": 2000,
        "candidates": {
            "3 x 2 convolutions": {**DEEP, "max_epochs": 15},
            "3 x 2 convolutions, moved": {**DEEP, **MOVED, "max_epochs": 15},
        },
    },
    "usps_1d": {
        "title": "USPS, 1-D, 256 long, 7,291 / 2,007",
        "at_least": 0.95,
        "n_valid": 2000,
        "candidates": {
            "4 x 2 convolutions": {**SIGNAL, "max_epochs": 10},
            "4 x 2 convolutions, moved": {
                **SIGNAL,
                "translation": 0.01,
                "max_epochs": 10,
            },
        },
    },
    "usps_1000": {
        "title": "USPS, 2-D, the first 1,000 training images / 2,007",
        "at_least": 0.93,
        "n_train": 1000,
        "n_valid": 250,
        "candidates": {
            "3 x 2 convolutions": {**DEEP, "max_epochs": 40},
            "3 x 2 convolutions, moved": {**DEEP, **MOVED, "max_epochs": 40},
        },
    },
    "mnist": {
        "title": "MNIST, 60,000 / 10,000",
        "at_least": 0.995,
        "n_valid": 10_000,
        "candidates": {
            "3 x 2 convolutions, moved": {
                **DEEP,
                **MOVED,
                "max_epochs": 12,
                "precision": "bfloat16",
            },
        },
    },
}


def load(claim: str, subset: str) -> tuple[np.ndarray, np.ndarray]:
    """Return flattened images with pixels from 0 to 1, and their digits."""
    if claim == "mnist":
        X, y = fetch_mnist(subset=subset, return_X_y=True)
        return X / np.float32(255), y
    X, y = fetch_usps(subset=subset, return_X_y=True)
    if subset == "train":
        n_train = CLAIMS[claim].get("n_train")
        X, y = X[:n_train], y[:n_train]
    return (X + 1) / 2, y


def classifier(settings: dict, seed: int) -> CNNClassifier:
    return CNNClassifier(**TRAINED, **settings, random_state=seed)


class Claim:
    """The results of one claim, old and new."""

    def __init__(self, name: str, saves: bool):
        self.name, self.saves = name, saves
        self.candidates = CLAIMS[name]["candidates"]
        about = {k: v for k, v in CLAIMS[name].items() if k != "candidates"}
        settings = {k: TRAINED | v for k, v in self.candidates.items()}
        self.figures = {
            **about,
            "seeds": SEEDS,
            "settings": json.loads(json.dumps(settings)),
            "validation": {},
            "test": {},
        }
        old = known(f"images_{name}") if saves else {}
        if old:
            self._go_on_from(old)

    def _go_on_from(self, old: dict) -> None:
        """Take over what was measured with the settings of today."""
        settings = self.figures["settings"]
        same = {key for key in settings if old["settings"].get(key) == settings[key]}
        self.figures["validation"] = {
            key: value for key, value in old["validation"].items() if key in same
        }
        if old.get("chosen") in same:
            self.figures |= {"chosen": old["chosen"], "test": old["test"]}

    def run(self) -> None:
        train_set = load(self.name, "train")
        for candidate in self.candidates:
            if candidate not in self.figures["validation"]:
                self._keep(
                    "validation", candidate, self._validate(candidate, *train_set)
                )
        chosen = max(
            self.candidates,
            key=lambda name: (
                self.figures["validation"][name]["accuracy"],
                -self.figures["validation"][name]["loss"],
            ),
        )
        if chosen != self.figures.get("chosen"):
            self.figures |= {"chosen": chosen, "test": {}}
        test_set = load(self.name, "test")
        for seed in map(str, SEEDS):
            if seed not in self.figures["test"]:
                settings = self.candidates[chosen]
                result = fit_and_score(settings, int(seed), *train_set, *test_set)
                self._keep("test", seed, result)
        accuracy = [result["accuracy"] for result in self.figures["test"].values()]
        self.figures["mean"] = float(np.mean(accuracy))
        self.figures["std"] = spread(accuracy)
        if self.saves:
            print("->", save(f"images_{self.name}", self.figures), flush=True)

    def _validate(self, candidate: str, X: np.ndarray, y: np.ndarray) -> dict:
        n_valid = self.figures["n_valid"]
        a, b, c, d = train_test_split(
            X, y, test_size=n_valid, stratify=y, random_state=0
        )
        seeds = SEEDS if len(X) <= 1000 else SEEDS[:1]
        results = [
            fit_and_score(self.candidates[candidate], seed, a, c, b, d)
            for seed in seeds
        ]
        return {key: float(np.mean([r[key] for r in results])) for key in results[0]}

    def _keep(self, part: str, key: str, result: dict) -> None:
        self.figures[part][key] = result
        show([{"claim": self.name, part: key, **result}])
        if self.saves:
            save(f"images_{self.name}", self.figures)


def fit_and_score(settings: dict, seed: int, X, y, X_test, y_test) -> dict:
    started = time.perf_counter(), time.process_time()
    model = classifier(settings, seed).fit(X, y)
    took = time.perf_counter() - started[0], time.process_time() - started[1]
    log_proba = model.predict_log_proba(X_test)
    return {
        "accuracy": float((log_proba.argmax(axis=1) == y_test).mean()),
        "loss": float(-log_proba[np.arange(len(y_test)), y_test].mean()),
        "fit_s": took[0],
        "fit_cpu_s": took[1],
    }


class Overhead:
    """A small network on MNIST, and the same layers by hand."""

    name = "CNN 32-64-128, batch 64, 6,400 images of MNIST"
    bound = 1.05
    epochs = 1

    def __init__(self):
        X, y = load("mnist", "train")
        self.X, self.y = X[:6400], y[:6400]

    def fit(self):
        CNNClassifier(max_epochs=self.epochs, random_state=0).fit(self.X, self.y)

    def loop(self):
        X, y = torch.from_numpy(self.X).view(-1, 1, 28, 28), torch.from_numpy(self.y)
        module = nn.Sequential(
            *(nn.Conv2d(1, 32, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(32, 64, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10)),
        )
        train(
            module,
            lambda: ((X[rows], y[rows]) for rows in torch.randperm(len(X)).split(64)),
            lr=1e-3,
            epochs=self.epochs,
        )


def overhead(saves: bool) -> None:
    rows = [time_pairs(Overhead(), n_pairs=7)]
    show(rows)
    if saves:
        print("->", save("images_overhead", {"times": rows}))


def pictures() -> None:
    """Draw digits as the training sees them, and the digits that a net gets wrong."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    X, y = load("usps", "train")
    X_test, y_test = load("usps", "test")
    torch.manual_seed(0)
    module = RandomAffine(**MOVED)
    images = torch.from_numpy(X[:5]).reshape(-1, 1, 16, 16)
    draws = [images, *(module(images) for _ in range(7))]
    figure, axes = plt.subplots(5, 8, figsize=(6.4, 4.2), layout="constrained")
    for column, draw in enumerate(draws):
        for ax, image in zip(axes[:, column], draw, strict=True):
            ax.imshow(image[0], cmap="gray_r", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
    axes[0, 0].set_title("given")
    axes[0, 4].set_title("as seen in seven epochs")
    figure.savefig(PICTURES / "cnn_augmented.png", dpi=110)

    chosen = known("images_usps")["chosen"]
    model = classifier(CLAIMS["usps"]["candidates"][chosen], seed=0).fit(X, y)
    proba = model.predict_proba(X_test)
    predicted = proba.argmax(axis=1)
    wrong = np.flatnonzero(predicted != y_test)
    wrong = wrong[np.argsort(-proba[wrong].max(axis=1))][:24]
    figure, axes = plt.subplots(3, 8, figsize=(7.2, 3.4), layout="constrained")
    for ax in axes.flat:
        ax.axis("off")
    for ax, row in zip(axes.flat, wrong, strict=False):
        ax.imshow(X_test[row].reshape(16, 16), cmap="gray_r", vmin=0, vmax=1)
        ax.set_title(f"{y_test[row]}, read as {predicted[row]}", fontsize=8)
    figure.savefig(PICTURES / "cnn_mistakes.png", dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    names = [*CLAIMS, "overhead"]
    parser.add_argument("--only", choices=names, action="append", help="this claim")
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--pictures", action="store_true", help="draw, nothing else")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.pictures:
        pictures()
        return
    for name in arguments.only or names:
        if name == "overhead":
            overhead(arguments.save)
        else:
            Claim(name, arguments.save).run()


if __name__ == "__main__":
    main()
