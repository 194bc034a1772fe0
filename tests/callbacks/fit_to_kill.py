"""A fit that is killed from outside, and what its result is compared by."""

import sys

import numpy as np
import torch

from sklearn_nn.callbacks import Checkpoint
from tests.training.small import X, mlp, y

LONG = {
    "max_epochs": 300,
    "lr_schedule": "onecycle",
    "early_stopping": True,
    "n_iter_no_change": 300,
}
WEIGHT = np.random.default_rng(0).uniform(0.5, 2, len(X))


def model(path=None, **parameters):
    """A network with whatever makes a training random."""
    defaults = {"dropout": 0.3, "lr": 0.03, "max_epochs": 40, "batch_size": 16}
    callbacks = None if path is None else [Checkpoint(path)]
    return mlp(**(defaults | parameters), callbacks=callbacks)


def fit(model):
    return model.fit(X, y, sample_weight=WEIGHT)


def result(model):
    """All that two fits must agree in: weights, optimiser, history, predictions."""
    net = model.net_
    history = [{k: v for k, v in row.items() if k != "dur"} for row in model.history_]
    states = net.optimizer_.state_dict()
    return {
        "weights": [w.tolist() for w in net.module_.state_dict().values()],
        "optimizer": repr(states["param_groups"])
        + repr([[s.tolist() for s in v.values()] for v in states["state"].values()]),
        "history": history,
        "lowest": net.lowest_,
        "best_epoch": getattr(model, "best_epoch_", None),
        "predictions": model.predict_proba(X).tolist(),
    }


def main():
    torch.set_num_threads(1)
    fitted = model(sys.argv[1], **LONG)
    print("ready", flush=True)
    fit(fitted)
    print("done", flush=True)
