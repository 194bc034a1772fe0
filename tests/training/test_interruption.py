"""Training: interruption."""

import os
import pickle
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import skorch.callbacks
from sklearn.exceptions import ConvergenceWarning

from tests.training.small import (
    STEPS,
    X_VAL,
    X,
    column,
    mlp,
    same_weights,
    stopped,
    y,
    y_val,
)


class Interrupt(skorch.callbacks.Callback):
    """Ctrl-C at the n-th call of a hook."""

    def __init__(self, hook, at):
        self.hook = hook
        self.at = at

    def initialize(self):
        self.calls_ = 0
        return self

    def _count(self, hook):
        if hook == self.hook:
            self.calls_ += 1
            if self.calls_ == self.at:
                raise KeyboardInterrupt

    def on_epoch_begin(self, net, **kwargs):
        self._count("epoch_begin")

    def on_batch_begin(self, net, training=None, **kwargs):
        self._count("batch_begin" if training else "valid_begin")

    def on_batch_end(self, net, training=None, **kwargs):
        self._count("batch_end" if training else "valid_end")

    def on_grad_computed(self, net, **kwargs):
        self._count("grad")


@pytest.mark.parametrize(
    "hook, at, complete",
    [
        ("epoch_begin", 3, 2),
        ("batch_begin", 1, 0),
        ("batch_begin", 2 * STEPS + 1, 2),
        ("batch_end", 2 * STEPS + 2, 2),
        ("batch_end", 3 * STEPS, 2),
        ("grad", STEPS + 1, 1),
        ("valid_begin", 2, 1),
        ("valid_end", 4, 3),
    ],
)
def test_interrupt_keeps_the_complete_epochs(hook, at, complete):
    model = mlp(max_epochs=9, callbacks=[Interrupt(hook, at)])
    with pytest.warns(ConvergenceWarning, match=rf"{complete} complete epoch") as seen:
        model.fit(X, y, X_val=X_VAL, y_val=y_val)
    assert len(seen) == 1
    assert model.n_iter_ == len(model.history_) == complete
    assert all("valid_loss" in row for row in model.history_)
    assert model.predict(X).shape == (200,)
    assert np.isfinite(model.predict_proba(X)).all()
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.decision_function(X), model.decision_function(X))
    model.set_params(callbacks=None, max_epochs=3)
    assert same_weights(model.fit(X, y), mlp(max_epochs=3).fit(X, y))


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_interrupt_warning_points_at_the_caller(method):
    model = mlp(callbacks=[Interrupt("batch_end", 2)])
    with pytest.warns(ConvergenceWarning) as seen:
        getattr(model, method)(X, y)
    assert seen[0].filename == __file__


def test_interrupted_training_can_go_on():
    model = mlp(max_epochs=5, warm_start=True, callbacks=[Interrupt("batch_end", 9)])
    with pytest.warns(ConvergenceWarning, match="2 complete"):
        model.fit(X, y)
    assert model.set_params(max_epochs=2).fit(X, y).n_iter_ == 4
    assert column(model, "epoch") == [1, 2, 3, 4]


def test_interrupt_restores_the_best_epoch_of_early_stopping():
    options = {"max_epochs": 60, "n_iter_no_change": 50}
    best = stopped(**options | {"max_epochs": 20})
    with pytest.warns(ConvergenceWarning, match="20 complete"):
        model = stopped(**options, callbacks=[Interrupt("batch_end", 21)])
    assert model.best_epoch_ == best.best_epoch_ < 20
    assert same_weights(model, best)


SIGINT_SCRIPT = """
import pickle
import warnings
import numpy as np
import skorch.callbacks
import torch
from sklearn_nn.neural_network import MLPClassifier

torch.set_num_threads(1)


class Announce(skorch.callbacks.Callback):
    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == 2:
            print("training", flush=True)


rng = np.random.default_rng(0)
X, y = rng.normal(size=(40_000, 4)), rng.integers(0, 3, 40_000)
model = MLPClassifier(
    hidden_layer_sizes=8, batch_size=16, max_epochs=10**6, callbacks=[Announce()]
)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model.fit(X, y)
model.callbacks = None  # defined in this script
model.net_.set_params(callbacks=None)
assert model.n_iter_ == len(model.history_) >= 1
assert [row["epoch"] for row in model.history_] == list(range(1, model.n_iter_ + 1))
assert model.predict(X).shape == (40_000,)
pickle.loads(pickle.dumps(model)).predict(X)
print("fitted", [w.category.__name__ for w in caught])
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_real_ctrl_c():
    process = subprocess.Popen(
        [sys.executable, "-c", SIGINT_SCRIPT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A process started in the background may have been told to ignore SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        assert process.stdout.readline() == "training\n", process.stderr.read()
        time.sleep(0.1)  # into the middle of an epoch, which takes far longer
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    assert out == "fitted ['ConvergenceWarning']\n"
