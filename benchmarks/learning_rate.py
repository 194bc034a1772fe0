"""The learning-rate finder against a grid of learning rates.

    python -m benchmarks.learning_rate [--save]

Compares the validation loss after ten epochs at the suggested learning rate with that
at each of 13 from 1e-5 to 10, and at a tenth of the suggested one, on USPS digits (the
official training part, of which a quarter is held out; the test part is not looked at).
``--save`` also draws the curve of the first seed for the user guide.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from sklearn.model_selection import train_test_split

from benchmarks._report import save, show, spread
from sklearn_nn.datasets import fetch_usps
from sklearn_nn.model_selection import find_learning_rate
from sklearn_nn.neural_network import MLPClassifier

SEEDS = (0, 1, 2)
GRID = np.geomspace(1e-5, 10, 13).round(8).tolist()
OPTIMIZERS = ("adam", "momentum", "sgd")
PICTURE = Path(__file__).parents[1] / "docs/user_guide/images/learning_rate.png"


def last_loss(model, parts, lr):
    train, valid, y_train, y_valid = parts
    try:
        model.set_params(lr=lr).fit(train, y_train, X_val=valid, y_val=y_valid)
    except ValueError:  # It diverged.
        return float("inf")
    return model.history_[-1]["valid_loss"]


def compare(optimizer, parts):
    suggested, losses, tenth, grid = [], [], [], []
    for seed in SEEDS:
        model = MLPClassifier(optimizer=optimizer, max_epochs=10, random_state=seed)
        curve = find_learning_rate(model, parts[0], parts[2], lr_max=10)
        suggested.append(curve.suggestion)
        losses.append(last_loss(model, parts, curve.suggestion))
        tenth.append(last_loss(model, parts, curve.suggestion / 10))
        grid.append([last_loss(model, parts, lr) for lr in GRID])
    of_grid = np.mean(grid, axis=0)
    return {
        "optimizer": optimizer,
        "suggested": suggested,
        "valid_loss": float(np.mean(losses)),
        "deviation": spread(losses),
        "best of the grid": float(of_grid.min()),
        "at": GRID[int(of_grid.argmin())],
        "at a tenth": float(np.mean(tenth)),
    }


def draw(parts):
    import matplotlib.pyplot as plt

    model = MLPClassifier(random_state=SEEDS[0])
    curve = find_learning_rate(model, parts[0], parts[2], lr_max=10)
    _, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    curve.plot(ax).figure.savefig(PICTURE, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--save", action="store_true", help="write result and picture")
    options = parser.parse_args()
    torch.set_num_threads(1)
    X, y = fetch_usps(subset="train", return_X_y=True)
    parts = train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)
    rows = [compare(optimizer, parts) for optimizer in OPTIMIZERS]
    show(rows)
    if options.save:
        split = "75 % / 25 % of USPS's official training part"
        save("learning_rate", {"split": split, "seeds": SEEDS, "results": rows})
        draw(parts)


if __name__ == "__main__":
    main()
