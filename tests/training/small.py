"""Small data and models for the tests of training."""

import numpy as np
import skorch.callbacks
import torch
from sklearn.datasets import make_classification, make_regression

from sklearn_nn.neural_network import MLPClassifier, MLPRegressor

X_ALL, y_all = make_classification(
    260, 8, n_informative=5, n_classes=3, flip_y=0.1, random_state=0
)
X, y, X_VAL, y_val = X_ALL[:200], y_all[:200], X_ALL[200:], y_all[200:]
X_REAL, y_real = make_regression(200, 8, noise=1.0, random_state=0)
y_real = y_real / y_real.std()
STEPS = 4  # an epoch: 200 rows in batches of 64


def mlp(**parameters):
    defaults = {
        "hidden_layer_sizes": 8,
        "max_epochs": 4,
        "lr": 0.01,
        "random_state": 0,
    }
    return MLPClassifier(**(defaults | parameters))


def regressor(**parameters):
    return MLPRegressor(
        **({"hidden_layer_sizes": 8, "max_epochs": 4, "random_state": 0} | parameters)
    )


def weights(model):
    return [p.detach().clone() for p in model.net_.module_.parameters()]


def same_weights(a, b):
    return all(torch.equal(p, q) for p, q in zip(weights(a), weights(b), strict=True))


def close_weights(a, b, tolerance):
    pairs = zip(weights(a), weights(b), strict=True)
    return all(torch.allclose(p, q, atol=tolerance) for p, q in pairs)


def column(model, key):
    return [row[key] for row in model.history_]


class Rates(skorch.callbacks.Callback):
    """Writes down the learning rate of every batch."""

    def __init__(self):
        self.seen = []

    def on_batch_begin(self, net, **kwargs):
        self.seen.append(net.optimizer_.param_groups[0]["lr"])


def stopped(**parameters):
    """A fit that is stopped long after its best epoch, which is not the first."""
    model = mlp(
        **{
            "hidden_layer_sizes": 64,
            "max_epochs": 60,
            "lr": 0.03,
            "early_stopping": True,
            "n_iter_no_change": 4,
        }
        | parameters
    )
    return model.fit(X[:60], y[:60], X_val=X_VAL, y_val=y_val)


class Recorder(skorch.callbacks.Callback):
    """Counts the calls of every hook."""

    hooks = (
        "on_train_begin on_train_end on_epoch_begin on_epoch_end on_batch_begin "
        "on_batch_end on_grad_computed"
    ).split()

    def initialize(self):
        self.counts_ = dict.fromkeys(self.hooks, 0)
        self.training_ = []
        return self

    def on_train_begin(self, net, **kwargs):
        self.counts_["on_train_begin"] += 1

    def on_train_end(self, net, **kwargs):
        self.counts_["on_train_end"] += 1

    def on_epoch_begin(self, net, dataset_train=None, **kwargs):
        assert dataset_train is not None
        self.counts_["on_epoch_begin"] += 1

    def on_epoch_end(self, net, **kwargs):
        self.counts_["on_epoch_end"] += 1

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        x, y = batch
        assert len(x) == len(y)
        self.counts_["on_batch_begin"] += 1

    def on_batch_end(self, net, batch=None, training=None, loss=None, **kwargs):
        assert np.isfinite(loss.item())
        assert kwargs["y_pred"].shape == (len(batch[0]), 3)
        self.training_.append(training)
        self.counts_["on_batch_end"] += 1

    def on_grad_computed(self, net, named_parameters=None, **kwargs):
        assert all(p.grad is not None for _, p in named_parameters)
        self.counts_["on_grad_computed"] += 1
