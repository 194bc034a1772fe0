"""What the studies of networks in NumPy alone reported, beside what they do here.

    python -m benchmarks.scratch_studies [--save] [--pictures] [STUDY ...]

Learning rate, batch size, depth, activation, loss, iterations and batches, latent size,
with the layers of `sklearn_nn.scratch` and plain stochastic gradient descent, unless a
row says otherwise. The digits are MNIST's training images, drawn by class: 20,000 to
train on and 10,000 to validate on, for depths and activations 50,000 and 10,000, and
for latent sizes and activations of autoencoders 10,000 and 5,000; no test image is
looked at. Of points, 1,000 are to train on and 10,000 fresh ones to validate on.
Figures are those after the last epoch: the mean of three seeds of the network, and
their standard deviation.

What was reported are single runs, on all of MNIST, with details that are not known. Two
of them matter. Losses here are means over the outputs of a row: a learning rate of 0.01
for their sum would be one of 0.1 here for ten digits, and of 7.84 for 784 pixels. And
weights start with the standard deviation 1 / sqrt(inputs) here; rows of "std 1" take
"zero-mean normal" literally.

The noisy line has a best possible R2 of 0.5. A network that is a straight line ends
where least squares do, so that it beats them by chance alone. The binary cross-entropy
of grey pixels has a floor, the entropy of the pixels themselves, which only a perfect
copy reaches.

With ``--save``, the studies named replace theirs in ``results/scratch_studies.json``
and the others stay. ``--pictures`` draws those of the user guide from there.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.utils import check_random_state

from benchmarks._scratch_training import run, shown
from benchmarks.studies import Rows, Study, conduct, load, named, parser
from sklearn_nn.datasets import make_checkerboard, make_four_gaussians
from sklearn_nn.scratch import (
    Linear,
    LogSoftmax,
    Module,
    ReLU,
    SequentialAutoencoder,
    SequentialClassifier,
    SequentialRegressor,
    Sigmoid,
    Softmax,
    Tanh,
)

NAME = "scratch_studies"
POINTS = (1_000, 10_000)
N_ROWS = {
    "digits": (20_000, 10_000),
    "more digits": (50_000, 10_000),
    "fewer digits": (10_000, 5_000),
    "noisy line": POINTS,
    "separable": POINTS,
    "four Gaussians": POINTS,
    "checkerboard": POINTS,
}


def make_noisy_line(n_samples: int, *, random_state: Any, return_X_y: bool) -> tuple:
    """Draw numbers of which a line explains one half and noise the other."""
    rng = check_random_state(random_state)
    X = rng.normal(size=(n_samples, 1))
    return X, 1 + 2 * X[:, 0] + rng.normal(scale=2, size=n_samples)


def make_separable(n_samples: int, *, random_state: Any, return_X_y: bool) -> tuple:
    """Draw points on both sides of a diagonal, none within 0.14 of it."""
    X = check_random_state(random_state).uniform(-1, 1, size=(n_samples, 2))
    y = (X.sum(axis=1) > 0).astype(np.int64)
    return X + 0.1 * (2 * y[:, None] - 1), y


MAKERS = {
    "noisy line": make_noisy_line,
    "separable": make_separable,
    "four Gaussians": make_four_gaussians,
    "checkerboard": make_checkerboard,
}


def stack(
    *widths: int, activation: type[Module] = Tanh, std: Any = "normal"
) -> list[Module]:
    """Return linear layers of these widths, each with its activation, and the end."""
    hidden = [
        layer
        for a, b in pairwise(widths)
        for layer in (Linear(a, b, std), activation())
    ]
    return [*hidden, Linear(init=std)]


WIDTHS = {
    "784-10": stack(784),
    "784-128-10": stack(784, 128),
    "784-128-64-10": stack(784, 128, 64),
}
SGD = {"optimizer": "sgd", "lr": 0.1, "batch_size": 32, "max_epochs": 10}
DIGITS = SequentialClassifier(layers=WIDTHS["784-128-10"], **SGD)


def activations() -> dict[str, SequentialClassifier]:
    """Return networks by their activation, those that failed in two ways."""
    kinds: dict[str, tuple[type[Module], Any, float]] = {
        "tanh": (Tanh, "normal", 0.1),
        "sigmoid": (Sigmoid, "normal", 0.1),
        "relu": (ReLU, "normal", 0.1),
        "softmax": (Softmax, "normal", 0.1),
        "softmax, lr 0.01": (Softmax, "normal", 0.01),
        "log-softmax": (LogSoftmax, "normal", 0.1),
        "log-softmax, std 1": (LogSoftmax, 1.0, 0.1),
    }
    return {
        name: SequentialClassifier(
            layers=stack(784, 128, activation=act, std=std), **{**SGD, "lr": lr}
        )
        for name, (act, std, lr) in kinds.items()
    }


class LossOf(NamedTuple):
    """A loss, the layer it needs at the end, at which rates, and what was found."""

    loss: str
    end: list[Module]
    rates: tuple[float, ...]
    reported: str


LOSSES = {
    "cross-entropy": LossOf("cross_entropy", [], (0.1,), "at least 0.9775"),
    "log-softmax, negative log-likelihood": LossOf(
        "nll", [LogSoftmax()], (0.1,), "like cross-entropy"
    ),
    "squared error": LossOf("mse", [], (0.1, 1.0), "0.9775"),
    "softmax, squared error": LossOf("mse", [Softmax()], (1.0,), "0.9775"),
    "sigmoid, binary cross-entropy": LossOf("bce", [Sigmoid()], (0.1, 1.0), "unsuited"),
    "softmax, binary cross-entropy": LossOf("bce", [Softmax()], (1.0,), "unsuited"),
    "log-softmax, binary cross-entropy": LossOf(
        "bce", [LogSoftmax()], (0.1,), "unsuited"
    ),
}


def losses() -> dict[str, SequentialClassifier]:
    """Return networks that differ in their loss."""
    return {
        f"{name}, lr {lr}": SequentialClassifier(
            layers=[*WIDTHS["784-128-10"], *kind.end],
            loss=kind.loss,
            **{**SGD, "lr": lr},
        )
        for name, kind in LOSSES.items()
        for lr in kind.rates
    }


def autoencoder(
    *widths: int, activation: type[Module] = Tanh, **options: Any
) -> SequentialAutoencoder:
    """Return an autoencoder with these widths on the way in, and back on that out."""
    defaults = {"optimizer": "adam", "lr": 3e-3, "batch_size": 64, "max_epochs": 10}
    return SequentialAutoencoder(
        encoder=stack(*widths, activation=activation)[:-1],
        decoder=[*stack(*widths[:0:-1], activation=activation), Sigmoid()],
        loss="bce",
        **{**defaults, **options},
    )


def rates(*widths: int) -> dict[str, SequentialAutoencoder]:
    """Return one autoencoder by how it is trained."""
    name = "-".join(map(str, widths + widths[-2::-1]))
    return {
        f"{name}, {optimizer}, lr {lr}": autoencoder(
            *widths, optimizer=optimizer, lr=lr
        )
        for optimizer, lr in (("sgd", 0.01), ("sgd", 7.84), ("adam", 3e-3))
    }


def latent_sizes() -> dict[str, SequentialAutoencoder]:
    return {str(size): autoencoder(784, 256, size) for size in (10, 30, 64, 256)}


LINE = {"layers": [Linear()], "optimizer": "sgd"}
LINES = {
    "LinearRegression": LinearRegression(),
    "1 batch, lr 0.1, 200 epochs": SequentialRegressor(
        **LINE, lr=0.1, batch_size=1_000, max_epochs=200
    ),
    "10 batches, lr 0.01, 50 epochs": SequentialRegressor(
        **LINE, lr=0.01, batch_size=100, max_epochs=50
    ),
}
PLANE = SequentialClassifier(optimizer="sgd", lr=0.1, batch_size=10, max_epochs=50)
PLANES = {"2-2": [Linear()], "2-32-2": stack(2, 32)}
BOARDS = {
    "std 1 / sqrt(n)": stack(2, 64, 64, 64),
    "std 1": stack(2, 64, 64, 64, std=1.0),
}
BATCHES = {"1 batch": 1_000, "10 batches": 100}
DENSE, DEEP = "784-64-784", "784-256-64-256-784"

STUDIES = {
    "learning_rate": Study(
        "0.1, 0.01, 0.001 and 0.0001 were compared",
        {"lr": named(0.1, 0.01, 0.001, 0.0001)},
        net=DIGITS,
    ),
    "batch_size": Study(
        "16 and 32 best: about 91.5 % with 784-10",
        {
            "layers": {name: WIDTHS[name] for name in ("784-10", "784-128-10")},
            "batch_size": named(16, 32, 64, 128, 256),
        },
        net=DIGITS,
        beside={("784-10", size): "about 0.915" for size in ("16", "32")},
    ),
    "depth": Study(
        "784-10 about 91.5 %, 784-128-10 about 98 %",
        {"layers": WIDTHS},
        net=DIGITS,
        data="more digits",
        beside={("784-10",): "about 0.915", ("784-128-10",): "about 0.98"},
    ),
    "activation": Study(
        "tanh about 98 %, sigmoid 97.8 %, softmax at most 45 %, log-softmax diverges",
        {"net": activations()},
        net=DIGITS,
        data="more digits",
        beside={
            (name,): reported
            for name in activations()
            for start, reported in (
                ("tanh", "about 0.98"),
                ("sigmoid", "0.978"),
                ("softmax", "at most 0.45"),
                ("log-softmax", "diverges"),
            )
            if name.startswith(start)
        },
    ),
    "loss": Study(
        "squared error 97.75 %, cross-entropy equal or better, LogSoftmax with "
        "negative log-likelihood like it, binary cross-entropy unsuited",
        {"net": losses()},
        net=DIGITS,
        beside={
            (f"{name}, lr {lr}",): kind.reported
            for name, kind in LOSSES.items()
            for lr in kind.rates
        },
    ),
    "noisy_line": Study(
        "R2 0.52, against 0.47 for scikit-learn",
        {"net": LINES},
        data="noisy line",
        beside={
            (name,): "0.47" if name == "LinearRegression" else "0.52" for name in LINES
        },
    ),
    "separable": Study(
        "linearly separable classes are learned",
        {"layers": PLANES},
        net=PLANE,
        data="separable",
    ),
    "four_gaussians": Study(
        "99.6 % (the best possible rule: 99.91 %)",
        {"layers": PLANES},
        net=PLANE,
        data="four Gaussians",
        beside={("2-32-2",): "0.996"},
    ),
    "checkerboard": Study(
        "78.2 % with 4 layers, 1,500 iterations, 10 batches, lr 0.01",
        {
            "layers": BOARDS,
            "max_epochs": named(150, 500, 1500),
            "batch_size": BATCHES,
            "lr": named(0.1, 0.01),
        },
        net=SequentialClassifier(optimizer="sgd"),
        data="checkerboard",
        beside={(board, "1500", "10 batches", "0.01"): "0.782" for board in BOARDS},
    ),
    "checkerboard_adam": Study(
        "plain SGD: 78.2 % with 4 layers, 1,500 iterations, 10 batches, lr 0.01",
        {"batch_size": BATCHES, "lr": named(0.01, 0.001)},
        net=SequentialClassifier(layers=BOARDS["std 1 / sqrt(n)"], max_epochs=1500),
        data="checkerboard",
    ),
    "autoencoder": Study(
        f"10 epochs, lr 0.01: 0.14 with {DENSE}, 0.099 with {DEEP}",
        {"net": {**rates(784, 64), **rates(784, 256, 64)}},
        net=autoencoder(784, 64),
        beside={
            (name,): reported
            for shape, reported in (((784, 64), "0.14"), ((784, 256, 64), "0.099"))
            for name in rates(*shape)
        },
    ),
    "latent_size": Study(
        f"10, 30, 64 and 256 were compared; 0.099 with {DEEP}",
        {"net": latent_sizes()},
        net=autoencoder(784, 256, 64),
        data="fewer digits",
        beside={("64",): "0.099"},
    ),
    "autoencoder_activation": Study(
        f"activations were compared; 0.14 with {DENSE}",
        {
            "net": {
                activation.__name__.lower(): autoencoder(784, 64, activation=activation)
                for activation in (Tanh, Sigmoid, ReLU, Softmax)
            }
        },
        net=autoencoder(784, 64),
        data="fewer digits",
    ),
}


def rows_of(data: str) -> Rows:
    """Return the rows of that name."""
    return load(data, *N_ROWS[data], MAKERS)


def main(argv: Sequence[str] | None = None) -> None:
    reader = parser(__doc__, STUDIES)
    reader.add_argument("--pictures", action="store_true", help="for the user guide")
    arguments = reader.parse_args(argv)
    conduct(arguments, STUDIES, NAME, rows_of, run, shown)
    if arguments.pictures:
        from benchmarks._scratch_pictures import pictures

        pictures()


if __name__ == "__main__":
    main()
