"""How the studies of networks in NumPy train, measure and show."""

import time
import warnings
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter

from benchmarks._report import spread
from benchmarks.studies import Rows, Study, finite, seeded
from sklearn_nn._contract.divergence import DivergedError
from sklearn_nn.scratch import BCELoss

# What is measured, by what an estimator is; in autoencoders, the loss.
FIGURES = {"classifier": "accuracy", "regressor": "R2", None: "bce"}
# Some studies are about layers and losses that are warned of.
FAULTS = r"Layer \d+, .* lies between layers|LogSoftmax\(\) with the binary"
# Trainings of at most so many epochs are watched: validated after each of them.
SHORT = 20


class Fit(NamedTuple):
    """What came out of one training."""

    score: float
    seconds: float
    history: list[dict[str, Any]] | None


def run(study: Study, rows: Rows) -> list[dict]:
    """Train once a seed; return a row for each combination, in the order of levers."""
    return [compared(study, names, rows) for names in product(*study.levers.values())]


def compared(study: Study, names: tuple[str, ...], rows: Rows) -> dict:
    """Return the figures of one combination of outcomes beside those reported."""
    values = {
        lever: study.levers[lever][name]
        for lever, name in zip(study.levers, names, strict=True)
    }
    model = values.pop("net", study.net)
    fits = [fit(seeded(model, seed).set_params(**values), rows) for seed in study.seeds]
    figure = FIGURES[get_tags(model).estimator_type]
    # The score of an autoencoder is minus its loss.
    sign = -1 if figure == "bce" else 1
    figures = sign * np.array([one.score for one in fits])
    row: dict[str, Any] = {
        **dict(zip(study.levers, names, strict=True)),
        # None where a training diverged.
        figure: finite(figures.mean()),
        "std": spread(figures) if np.isfinite(figures).all() else None,
        "diverged": int(np.isnan(figures).sum()),
        "reported": study.beside.get(names, ""),
        "fit_s": float(np.mean([one.seconds for one in fits])),
    }
    if figure == "bce":
        row["floor"] = entropy(halves(rows)[2])
    history = fits[0].history
    if history is not None:
        for loss in ("train_loss", "valid_loss"):
            row[loss] = [epoch[loss] for epoch in history]
    return row


def halves(rows: Rows) -> tuple[np.ndarray, ...]:
    """Return X and y to train on, then those to validate on."""
    n_train = np.count_nonzero(rows.cv.test_fold < 0)
    return rows.X[:n_train], rows.y[:n_train], rows.X[n_train:], rows.y[n_train:]


def fit(model: Any, rows: Rows) -> Fit:
    """Train a model and look how well it does; NaN stands for a divergence."""
    X, y, X_val, y_val = halves(rows)
    watched = {
        name: values
        for name, values in (("X_val", X_val), ("y_val", y_val))
        if has_fit_parameter(model, name) and model.max_epochs <= SHORT
    }
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", FAULTS, UserWarning)
        try:
            score = model.fit(X, y, **watched).score(X_val, y_val)
        except DivergedError:
            score = np.nan
    seconds = time.perf_counter() - started
    return Fit(score, seconds, model.history_ if watched else None)


def entropy(X: np.ndarray) -> float:
    """Return the binary cross-entropy of grey values with themselves."""
    X = X.astype(np.float64)
    return float(BCELoss().forward(X, X))


def shown(row: dict) -> dict:
    """Return what is printed of a row."""
    figure = next(name for name in FIGURES.values() if name in row)
    short = {k: v for k, v in row.items() if not isinstance(v, list)}
    std = short.pop("std")
    diverged = short.pop("diverged")
    if diverged:
        short[figure] = f"diverged ({diverged} seeds)"
    elif std is not None:
        short[figure] = f"{row[figure]:.4f} +- {std:.4f}"
    return short
