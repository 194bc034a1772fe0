"""Callbacks: a fit that was interrupted goes on to the same result."""

import os
import pickle

import numpy as np
import pytest
import skorch.callbacks
import torch
from scipy import sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nn.callbacks import Checkpoint, CheckpointError
from tests.callbacks.cuts import Cut, PowerCut, cut
from tests.callbacks.fit_to_kill import fit, model, result
from tests.training.small import X_REAL, X_VAL, X, mlp, regressor, y, y_real, y_val

SCHEDULES = ["constant", "linear", "cosine", "onecycle", "plateau"]


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_resumed_fit_equals_an_uninterrupted_one(schedule, early_stopping, path):
    options = {"lr_schedule": schedule, "early_stopping": early_stopping}
    options |= {"max_epochs": 14, "n_iter_no_change": 4, "max_grad_norm": 1.0}
    whole = fit(model(**options))
    resumed = model(path, **options)
    cut(resumed, 1, 3, 7)
    assert result(fit(resumed)) == result(whole)
    assert [row["epoch"] for row in resumed.history_] == list(
        range(1, whole.n_iter_ + 1)
    )


@pytest.mark.parametrize("optimizer", ["adamw", "nadam", "rmsprop", "sgd", "momentum"])
def test_every_optimizer(optimizer, path):
    options = {"optimizer": optimizer, "max_epochs": 6, "lr_schedule": "onecycle"}
    resumed = model(path, **options)
    cut(resumed, 4)
    assert result(fit(resumed)) == result(fit(model(**options)))


def test_best_epoch_before_the_cut(path):
    options = {"early_stopping": True, "n_iter_no_change": 6, "max_epochs": 60}
    whole = fit(model(**options))
    assert whole.n_iter_ == whole.best_epoch_ + 6 < 60
    resumed = model(path, **options)
    cut(resumed, whole.best_epoch_ + 3)
    assert result(fit(resumed)) == result(whole)


@pytest.mark.parametrize(
    "make, rows, targets",
    [
        (regressor, X_REAL, y_real),
        (mlp, sp.csr_array(X), y),
        (lambda **p: mlp(batch_size=256, **p), X, y),  # one batch, in float64
        (lambda **p: make_pipeline(StandardScaler(), mlp(**p)), X, y.astype(str)),
    ],
    ids=["regressor", "sparse", "one batch", "pipeline"],
)
def test_other_estimators_and_data(make, rows, targets, path):
    whole = make(max_epochs=8).fit(rows, targets)
    with pytest.raises(PowerCut):
        make(max_epochs=8, callbacks=[Checkpoint(path), Cut(5)]).fit(rows, targets)
    resumed = make(max_epochs=8, callbacks=[Checkpoint(path)]).fit(rows, targets)
    np.testing.assert_array_equal(resumed.transform(rows), whole.transform(rows))


def test_validation_rows_of_ones_own(path):
    options = {"early_stopping": True, "max_epochs": 10}
    rows = {"X_val": X_VAL, "y_val": y_val}
    whole = mlp(**options).fit(X, y, **rows)
    with pytest.raises(PowerCut):
        mlp(**options, callbacks=[Checkpoint(path), Cut(4)]).fit(X, y, **rows)
    resumed = mlp(**options, callbacks=[Checkpoint(path)])
    assert result(resumed.fit(X, y, **rows)) == result(whole)
    with pytest.raises(CheckpointError, match=r"validation rows \(\(60, 8\)"):
        clone(resumed).fit(X, y, X_val=X_VAL + 1, y_val=y_val)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_finished_fit_is_not_trained_again(early_stopping, path):
    first = fit(model(path, early_stopping=early_stopping))
    content = path.read_bytes()
    again = clone(first)
    again.callbacks.append(Cut(None))
    assert result(fit(again)) == result(first)
    assert again.history_ == first.history_  # the times too
    assert path.read_bytes() == content


@pytest.mark.parametrize("every", [1, 5])
def test_fit_that_a_later_callback_ended_is_finished(every, path):
    class Stop(skorch.callbacks.Callback):
        def on_epoch_end(self, net, **kwargs):
            net.stop_ = len(net.history) == 3

    checkpoint, options = Checkpoint(path, every), {"early_stopping": True}
    first = mlp(callbacks=[checkpoint, Stop()], **options).fit(X, y)
    again = mlp(callbacks=[checkpoint, Cut(None)], **options).fit(X, y)
    assert first.n_iter_ == again.n_iter_ == 3
    assert result(again) == result(first)


def test_ctrl_c(path):
    whole = fit(model(max_epochs=8))
    resumed = model(path, max_epochs=8)
    resumed.callbacks.append(Cut(4, KeyboardInterrupt))
    with pytest.warns(ConvergenceWarning, match="3 complete"):
        fit(resumed)
    resumed.callbacks.pop()
    assert result(fit(resumed)) == result(whole)


@pytest.mark.parametrize("every, kept", [(1, 6), (4, 4), (50, 0)])
def test_every(every, kept, path):
    options = {"max_epochs": 11}
    resumed = model(path, **options)
    resumed.callbacks = [Checkpoint(path, every=every)]
    cut(resumed, 7)
    counter = Count()
    resumed.callbacks.append(counter)
    assert result(fit(resumed)) == result(fit(model(**options)))
    assert counter.epochs == 11 - kept
    fit(resumed)
    assert counter.epochs == 11 - kept


class Count(skorch.callbacks.Callback):
    """Counts epochs; its own state is kept in checkpoints."""

    epochs = 0

    def on_epoch_end(self, net, **kwargs):
        self.epochs += 1


class Kept(Count):
    def state_dict(self):
        return {"epochs": self.epochs}

    def load_state_dict(self, state):
        self.epochs = state["epochs"]


def test_state_of_other_callbacks(path):
    with pytest.raises(PowerCut):
        mlp(max_epochs=9, callbacks=[Kept(), Checkpoint(path), Cut(5)]).fit(X, y)
    resumed = mlp(max_epochs=9, callbacks=[Kept(), Count(), Checkpoint(path)])
    resumed.fit(X, y)
    assert [c.epochs for c in resumed.callbacks[:2]] == [9, 5]


def test_history_with_numbers_of_numpy(path):
    class Odd(skorch.callbacks.Callback):
        def __init__(self, value):
            self.value = value

        def on_epoch_end(self, net, **kwargs):
            net.history.record("odd", self.value)

    odd = [np.float32(0.1), np.nan, np.int64(3), True]
    for i, value in enumerate(odd):
        own = path.with_suffix(f".{i}")
        first, again = (
            mlp(callbacks=[Odd(value), Checkpoint(own)]).fit(X, y) for _ in range(2)
        )
        np.testing.assert_array_equal(
            [row["odd"] for row in first.history_],
            [row["odd"] for row in again.history_],
        )
    with pytest.raises(CheckpointError, match="into the history"):
        mlp(callbacks=[Odd(object()), Checkpoint(path)]).fit(X, y)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"max_epochs": 9}, r"max_epochs \(8 there, 9 here\)"),
        ({"lr": 0.02}, r"lr \(0.03 there, 0.02 here\)"),
        ({"dropout": 0.2}, "dropout"),
        ({"hidden_layer_sizes": 9}, "hidden_layer_sizes"),
        ({"lr_schedule": "cosine"}, "lr_schedule"),
        ({"early_stopping": True}, "early_stopping.*training rows.*validation rows"),
        ({"optimizer": torch.optim.Adagrad}, "optimizer"),
        ({"class_weight": "balanced"}, "class_weight"),
        ({"precision": "float64"}, "precision"),
        ({"random_state": 1}, "differs: the start: random_state"),
        ({"lr": 0.02, "max_epochs": 9}, "lr .*; max_epochs|max_epochs .*; lr"),
    ],
)
def test_other_settings(change, said, path):
    options = {"max_epochs": 8}
    cut(model(path, **options), 3)
    content = path.read_bytes()
    with pytest.raises(CheckpointError, match=rf"(?s)belongs to another fit.*{said}"):
        fit(model(path, **options | change))
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "rows, targets, weight, said",
    [
        (X[::-1], y, None, "training rows"),
        (X[:, :7], y, None, r"training rows \(\(200, 8\) .* there, \(200, 7\)"),
        (X[:199], y[:199], None, "training rows.*training targets"),
        (X, y[::-1], None, "training targets"),
        (X, y, y + 1.0, r"training weights \(none there"),
        (X.astype("float32").astype(float) + 1e-5, y, None, "training rows"),
    ],
)
def test_other_data(rows, targets, weight, said, path):
    fitted = mlp(callbacks=[Checkpoint(path)]).fit(X, y)
    with pytest.raises(CheckpointError, match=said):
        clone(fitted).fit(rows, targets, sample_weight=weight)


def test_other_model(path):
    regressor(callbacks=[Checkpoint(path)]).fit(X_REAL, y_real)
    with pytest.raises(CheckpointError, match=r"the model \(.*Regressor there, .*Clas"):
        mlp(callbacks=[Checkpoint(path)]).fit(X, y)


@pytest.mark.parametrize("change", [{"verbose": 1}, {"warm_start": True}])
def test_what_does_not_matter_may_change(change, path, capsys):
    whole = fit(model(max_epochs=6))
    cut(model(path, max_epochs=6), 3)
    assert result(fit(model(path, max_epochs=6, **change))) == result(whole)


def test_progress_bar_goes_on(path, capsys):
    cut(model(path, max_epochs=6), 4)
    fit(model(path, max_epochs=6, verbose=1))
    shown = capsys.readouterr().err
    assert "3/6" in shown and "6/6" in shown and "2/6" not in shown


def test_without_a_seed(path):
    with pytest.raises(CheckpointError, match="Set random_state to an int"):
        fit(model(path, random_state=None))
    assert not path.exists()
    seeded = model(path, random_state=np.random.RandomState(0), max_epochs=4)
    cut(seeded, 2)
    again = model(path, random_state=np.random.RandomState(0), max_epochs=4)
    assert fit(again).n_iter_ == 4


def test_partial_fit_and_warm_start_are_refused(path):
    with pytest.raises(CheckpointError, match="whole fits of MLPClassifier"):
        mlp(callbacks=[Checkpoint(path)]).partial_fit(X, y)
    assert not path.exists()
    warm = mlp(warm_start=True, callbacks=[Checkpoint(path)]).fit(X, y)
    before = result(warm)
    with pytest.raises(CheckpointError, match="warm_start on a fitted estimator"):
        warm.fit(X, y)
    assert result(warm) == before


def test_search_does_not_share_a_file(path):
    search = GridSearchCV(
        mlp(callbacks=[Checkpoint(path)]),
        {"lr": [0.01, 0.02]},
        cv=2,
        error_score="raise",
    )
    with pytest.raises(CheckpointError, match="Fits of a search cannot share one"):
        search.fit(X, y)


def test_two_fits_at_the_same_time(path):
    class Meanwhile(skorch.callbacks.Callback):
        def on_epoch_begin(self, net, **kwargs):
            if len(net.history) == 2:
                content = path.read_bytes()
                path.unlink()
                fit(model(path, max_epochs=3))
                taken.append(path.read_bytes() != content)

    taken = []
    first = model(path)
    first.callbacks.append(Meanwhile())
    with pytest.raises(CheckpointError, match="Another training has written"):
        fit(first)
    assert taken == [True]
    assert fit(model(path, max_epochs=3)).n_iter_ == 3
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"every": 0}, ValueError, "'every' parameter"),
        ({"every": 1.5}, ValueError, "'every' parameter"),
        ({"every": True}, ValueError, "'every' parameter"),
        ({"path": None}, TypeError, "'path' of Checkpoint"),
        ({"path": ""}, TypeError, "'path' of Checkpoint"),
    ],
)
def test_bad_parameters(options, error, message, path):
    with pytest.raises(error, match=message):
        mlp(callbacks=[Checkpoint(**{"path": path} | options)]).fit(X, y)


def test_clone_and_pickle(path):
    fitted = mlp(callbacks=[Checkpoint(str(path), every=2)]).fit(X, y)
    assert vars(clone(fitted).callbacks[0]) == {"path": str(path), "every": 2}
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict(X), fitted.predict(X))
    assert copy.set_params(callbacks=None, warm_start=True).fit(X, y).n_iter_ == 8


def test_file_holds_no_rows(path):
    rows, targets = load_iris(return_X_y=True)
    mlp(callbacks=[Checkpoint(path)], max_epochs=2).fit(rows, targets)
    assert rows[:5].tobytes() not in path.read_bytes()
    outside = torch.load(path, weights_only=True)
    assert set(outside) == {"format", "sha256", "state"}
