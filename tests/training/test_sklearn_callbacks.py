"""Training: scikit-learn's callbacks."""

import warnings

import numpy as np
import pytest
from sklearn.callback import ScoringMonitor

from tests.training.small import X_REAL, X, mlp, regressor, same_weights, y, y_real


class Witness:
    """A callback of scikit-learn's protocol that writes down what it is told."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.log = []
        self.estimators = []
        self.data = []

    def setup(self, estimator, context):
        self.log.append(("setup", context.task_name, context.max_subtasks))

    def teardown(self, estimator, context):
        self.log.append(("teardown", context.task_name, None))

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        self.log.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, fitted_estimator=None
    ):
        self.log.append(("end", context.task_name, context.task_id))
        if context.task_name == "epoch":
            self.estimators.append(fitted_estimator)
            self.data.append((X, y))
            return self.stop_after == context.task_id + 1


def test_sklearn_callback_sees_every_epoch():
    witness = Witness()
    model = mlp().set_callbacks(witness).fit(X, y)
    assert witness.log[0] == ("setup", "fit", 4)
    assert witness.log[-1] == ("teardown", "fit", None)
    epochs = [line for line in witness.log if line[1] == "epoch"]
    assert epochs == [(hook, "epoch", i) for i in range(4) for hook in ("begin", "end")]
    assert same_weights(model, mlp().fit(X, y))


def test_sklearn_callback_sees_the_fit_itself():
    # scikit-learn's own estimators announce their root task: its progress bar draws
    # nothing without.
    witness = Witness()
    mlp().set_callbacks(witness).fit(X, y)
    assert witness.log[1] == ("begin", "fit", 0)
    assert witness.log[-2] == ("end", "fit", 0)


def test_sklearn_callback_gets_a_fitted_estimator():
    witness = Witness()
    model = mlp().set_callbacks(witness).fit(X, y)
    scores = [fitted.predict_proba(X) for fitted in witness.estimators]
    for epochs, score in enumerate(scores, start=1):
        alone = mlp(max_epochs=epochs).fit(X, y).predict_proba(X)
        np.testing.assert_array_equal(score, alone)
    np.testing.assert_array_equal(scores[-1], model.predict_proba(X))


@pytest.mark.parametrize("labels", [[0, 1, 2], [3, 5, 9], ["x", "y", "z"]])
def test_sklearn_callback_gets_the_labels_of_the_caller(labels):
    names = np.array(labels)
    witness = Witness()
    mlp().set_callbacks(witness).fit(X, names[y])
    for fitted, (rows, targets) in zip(witness.estimators, witness.data):
        np.testing.assert_array_equal(rows, X)
        np.testing.assert_array_equal(targets, names[y])
        assert fitted.score(rows, targets) > 0.3


def test_sklearn_callback_gets_the_targets_of_the_caller():
    witness = Witness()
    regressor().set_callbacks(witness).fit(X_REAL, y_real)
    np.testing.assert_array_equal(witness.data[0][1], y_real)


def test_sklearn_callback_stops_the_training():
    witness = Witness(stop_after=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = mlp().set_callbacks(witness).fit(X, y)
    assert model.n_iter_ == 2
    assert same_weights(model, mlp(max_epochs=2).fit(X, y))
    assert witness.log[-1][0] == "teardown"


def test_sklearn_callback_that_stops_leaves_early_stopping_its_best_epoch():
    witness = Witness(stop_after=1)
    model = mlp(early_stopping=True).set_callbacks(witness).fit(X, y)
    assert (model.n_iter_, model.best_epoch_) == (1, 1)


def test_sklearn_callback_is_torn_down_after_an_error():
    witness = Witness()
    with pytest.raises(ValueError, match="diverged"):
        mlp(optimizer="sgd", lr=1e6).set_callbacks(witness).fit(X * 1000, y)
    assert witness.log[-1][0] == "teardown"


def test_sklearn_callback_in_partial_fit():
    witness = Witness()
    mlp().set_callbacks(witness).partial_fit(X, y).partial_fit(X, y)
    assert [line[0] for line in witness.log if line[1] == "epoch"] == (
        ["begin", "end"] * 2
    )


def test_sklearn_scoring_monitor():
    monitor = ScoringMonitor(scoring="accuracy")
    names = np.array(["x", "y", "z"])
    model = mlp().set_callbacks(monitor).fit(X, names[y])
    rows = monitor.get_logs().data
    scores = [row["accuracy"] for row in rows if row["task_name"] == "epoch"]
    assert len(scores) == 4
    assert scores[-1] == model.score(X, names[y])
    (of_the_fit,) = [row["accuracy"] for row in rows if row["task_name"] == "fit"]
    assert of_the_fit == scores[-1]
