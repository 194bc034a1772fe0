"""Losses and scores by epoch."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nn.inspection import TrainingCurveDisplay
from sklearn_nn.neural_network import AutoencoderTransformer, MLPClassifier
from sklearn_nn.scratch import SequentialClassifier
from tests.inspection.display_cases import LONG, displays, epochs, legend_of

X, y = load_iris(return_X_y=True)


def net(**options):
    defaults = {"hidden_layer_sizes": 4, "max_epochs": 6, "random_state": 0}
    return MLPClassifier(**(defaults | options))


@pytest.fixture(scope="module")
def stopped():
    return net(lr=0.3, max_epochs=30, early_stopping=True, n_iter_no_change=2).fit(X, y)


def values(line):
    return line.get_xdata().tolist(), line.get_ydata().tolist()


def test_training_and_validation(stopped):
    display = TrainingCurveDisplay.from_estimator(stopped)
    training, validation = display.lines_
    places = list(range(1, stopped.n_iter_ + 1))
    assert values(training) == (places, [r["train_loss"] for r in stopped.history_])
    assert values(validation) == (places, [r["valid_loss"] for r in stopped.history_])
    assert (training.get_linestyle(), validation.get_linestyle()) == ("-", "--")
    assert training.get_color() == validation.get_color()
    assert display.ax_.get_xlabel() == "epoch"
    assert display.ax_.get_ylabel() == "loss"


def test_marks_the_best_epoch(stopped):
    display = TrainingCurveDisplay.from_estimator(stopped)
    best = stopped.best_epoch_
    assert best < stopped.n_iter_
    (ring,) = display.best_
    assert values(ring) == ([best], [stopped.history_[best - 1]["valid_loss"]])
    assert legend_of(display.ax_) == [
        "training loss",
        "validation loss",
        f"best epoch: {best}",
    ]


def test_runs_overlaid(stopped):
    runs = {"stopped": stopped, "plain": net().fit(X, y)}
    display = TrainingCurveDisplay.from_estimators(runs)
    assert [line.get_label() for line in display.lines_] == [
        "stopped, training loss",
        "stopped, validation loss",
        "plain, training loss",
    ]
    first, second, third = (line.get_color() for line in display.lines_)
    assert first == second != third
    assert len(display.best_) == 1
    assert legend_of(display.ax_) == [
        "stopped",
        "plain",
        "training",
        "validation",
        "best epoch",
    ]


@pytest.mark.parametrize("metrics", ["acc", "valid_acc"])
def test_another_metric(stopped, metrics):
    display = TrainingCurveDisplay.from_estimator(stopped, metrics=metrics)
    (line,) = display.lines_
    assert line.get_ydata().tolist() == [r["valid_acc"] for r in stopped.history_]
    assert line.get_linestyle() == "--"
    assert display.ax_.get_ylabel() == "accuracy"
    assert legend_of(display.ax_)[0] == "validation acc"


def test_several_metrics(stopped):
    display = TrainingCurveDisplay.from_estimator(stopped, metrics=["loss", "lr"])
    assert [len(ax.lines) for ax in display.axes_] == [3, 2]
    labels = [ax.get_ylabel() for ax in display.axes_]
    assert labels == ["loss", "learning rate"]
    assert [ax.get_xlabel() for ax in display.axes_] == ["", "epoch"]
    assert display.ax_ not in display.axes_.tolist()


def search(**options):
    steps = make_pipeline(StandardScaler(), net())
    return GridSearchCV(steps, {"mlpclassifier__lr": [0.01]}, cv=2, **options)


@pytest.mark.parametrize(
    "estimator, inside",
    [
        (net(), lambda fitted: fitted),
        (make_pipeline(StandardScaler(), net()), lambda fitted: fitted[-1]),
        (search(), lambda fitted: fitted.best_estimator_[-1]),
        (
            make_pipeline(AutoencoderTransformer(max_epochs=2), DummyClassifier()),
            lambda fitted: fitted[0],
        ),
        (SequentialClassifier(max_epochs=2), lambda fitted: fitted),
    ],
    ids=["network", "pipeline", "search", "network before the last step", "scratch"],
)
def test_finds_the_network(estimator, inside):
    estimator.fit(X, y)
    display = TrainingCurveDisplay.from_estimator(estimator)
    losses = [row["train_loss"] for row in inside(estimator).history_]
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), losses)


def test_name(stopped):
    given = TrainingCurveDisplay.from_estimator(stopped, name="mine")
    assert list(given.histories) == ["mine"]
    own = TrainingCurveDisplay.from_estimator(stopped)
    assert list(own.histories) == ["MLPClassifier"]


def test_line_kw_and_axes(stopped):
    _, ax = plt.subplots()
    display = TrainingCurveDisplay.from_estimator(
        stopped, ax=ax, line_kw={"linewidth": 4, "color": "red"}
    )
    assert display.ax_ is ax
    assert {line.get_linewidth() for line in display.lines_} == {4}
    assert {line.get_color() for line in display.lines_} == {"red"}


def test_one_epoch_can_be_seen():
    display = TrainingCurveDisplay(histories={"short": epochs(1, valid=False)}).plot()
    assert display.lines_[0].get_marker() == "."


def test_long_names_and_many_runs():
    runs = {f"{LONG} {i}": epochs(start=i + 1.0) for i in range(13)}
    display = TrainingCurveDisplay(histories=runs).plot()
    names = legend_of(display.ax_)[:13]
    assert len(set(names)) == 13
    assert max(map(len, names)) <= 28
    # Beside the axes, not on the curves.
    display.figure_.canvas.draw()
    legend = display.ax_.get_legend().get_window_extent()
    assert legend.x0 >= display.ax_.get_window_extent().x1


@pytest.mark.parametrize(
    "estimator, error, message",
    [
        (DummyClassifier().fit(X, y), ValueError, "no training history.*fitted netw"),
        (search(refit=False).fit(X, y), ValueError, "refit=False.*with refit=True"),
        (net(), NotFittedError, "MLPClassifier instance is not fitted"),
        (search(), NotFittedError, "GridSearchCV instance is not fitted"),
        (MLPClassifier, TypeError, "takes a fitted estimator"),
        ([{"epoch": 1}], TypeError, "takes a fitted estimator"),
    ],
    ids=["no network", "no refit", "unfitted", "unfitted search", "class", "list"],
)
def test_wrong_estimators(estimator, error, message):
    with pytest.raises(error, match=message):
        TrainingCurveDisplay.from_estimator(estimator)


def test_wrong_arguments(stopped):
    with pytest.raises(TypeError, match="dict of name -> estimator. Got a list"):
        TrainingCurveDisplay.from_estimators([stopped])
    with pytest.raises(ValueError, match="metrics='auc'.*which hold lr, .*loss"):
        TrainingCurveDisplay.from_estimator(stopped, metrics="auc")
    with pytest.raises(ValueError, match="metrics is empty"):
        TrainingCurveDisplay.from_estimator(stopped, metrics=[])
    with pytest.raises(ValueError, match="holds no run"):
        TrainingCurveDisplay(histories={}).plot()
    with pytest.raises(ValueError, match="'idle' of histories has no epochs"):
        TrainingCurveDisplay(histories={"idle": []}).plot()
    with pytest.raises(ValueError, match="'odd' has no key 'epoch'"):
        TrainingCurveDisplay(histories={"odd": [{"train_loss": 1.0}]}).plot()
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    "line_kw", [{"c": "r", "ls": ":", "lw": 3}, {"color": "r", "linestyle": ":"}]
)
def test_line_kw_by_short_names(line_kw):
    lines = displays()["training"].plot(line_kw=line_kw).lines_
    assert {line.get_color() for line in lines} == {"r"}
    assert {line.get_linestyle() for line in lines} == {":"}


@pytest.mark.parametrize(
    "histories, message",
    [
        ([[{"epoch": 1}]], "histories must be a dict.*Got a list"),
        ({"one": ["epoch"]}, "The run 'one' of histories must be a list of dicts"),
    ],
    ids=["list", "texts"],
)
def test_wrong_histories(histories, message):
    with pytest.raises(TypeError, match=message):
        TrainingCurveDisplay(histories=histories).plot()
    assert plt.get_fignums() == []
