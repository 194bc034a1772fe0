"""Networks that cannot be built, that will not learn, or that explode."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV

from sklearn_nn.scratch import (
    BatchNorm,
    Conv1D,
    Dropout,
    Linear,
    LogSoftmax,
    ReLU,
    Reshape,
    Sequential,
    SequentialAutoencoder,
    SequentialClassifier,
    SequentialRegressor,
    ShapeError,
    Sigmoid,
    Softmax,
    Tanh,
)
from tests.scratch.test_estimators import same_weights

X, y = load_digits(return_X_y=True)
X /= 16


@pytest.mark.parametrize(
    "layers, parts",
    [
        (
            [Linear(64, 32), Tanh(), Linear(31, 10)],
            [
                "Layer 2, Linear(in_features=31, out_features=10), takes flat rows of "
                "31",
                "layer 1, Tanh(), gives rows of (32,)",
            ],
        ),
        ([Linear(63, 10)], ["Linear(in_features=63", "of 63", "rows of (64,)"]),
        (
            [Sequential([Linear(64, 32), Tanh()]), Sequential([Linear(16, 10)])],
            ["Layer 1, Sequential(", "takes flat rows of 16", "rows of (32,)"],
        ),
        (
            [Sequential([Linear(64, 32), Linear(16, 10)])],
            ["Layer 1, Linear(in_features=16", "layer 0, Linear(", "rows of (32,)"],
        ),
        ([Reshape((1, 8, 9)), Linear()], ["Reshape(shape=(1, 8, 9))", "72 numbers"]),
        (
            [Linear(64, 32), Tanh(), Linear(32, 11)],
            ["Linear(in_features=32, out_features=11)", "(11,)", "need (10,)"],
        ),
        ([Linear(), Linear(64, 10)], ["Linear() needs out_features"]),
        ([Tanh()], ["Tanh()", "(64,)", "need (10,)"]),
    ],
    ids=str,
)
def test_layers_that_do_not_fit(layers, parts):
    with pytest.raises(ValueError) as caught:
        SequentialClassifier(layers=layers).fit(X, y)
    for part in parts:
        assert part in str(caught.value)


def test_nothing_to_learn():
    with pytest.raises(ValueError, match="nothing to learn"):
        SequentialClassifier(layers=[Tanh()]).fit(X[:, :10], y)
    with pytest.raises(ValueError, match="'layers' parameter.*holds no layer"):
        SequentialClassifier(layers=[]).fit(X, y)


@pytest.mark.parametrize("wrong", [3, "Linear", Linear, None], ids=repr)
def test_what_is_no_layer(wrong):
    with pytest.raises(TypeError, match=r"'decoder' parameter.*Place 1 holds"):
        SequentialAutoencoder(decoder=[Linear(), wrong]).fit(X)


@pytest.mark.parametrize(
    "layer, message",
    [
        (Dropout(1.0), "'p' parameter of Dropout"),
        (Linear(init="gloro"), "'init' parameter must be one of 'normal', 'glorot'"),
        (Linear(init=0.0), "a positive number"),
        (Linear(init=None), "'init' parameter"),
        (Linear(init_bias=-1.0), "'init_bias' parameter of Linear must be"),
        (ReLU("a"), "'threshold' parameter of ReLU"),
        (BatchNorm(momentum=5), r"'momentum' parameter of BatchNorm.*\[0, 1\]"),
        (BatchNorm(eps=-1), "'eps' parameter of BatchNorm"),
        (Reshape(64), "'shape' parameter of Reshape"),
        (Reshape((-1, 8, 8)), "positive integers"),
    ],
    ids=repr,
)
def test_arguments_of_layers(layer, message):
    layer = clone(layer)
    layers = [layer] if isinstance(layer, Linear) else [layer, Linear()]
    with pytest.raises(ValueError, match=message):
        SequentialClassifier(layers=layers).fit(X, y)


def test_errors_travel_between_processes():
    error = ShapeError(Tanh(), "flat rows", (3,), "layer 0")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.giver) == (str(error), "layer 0")


@pytest.mark.parametrize(
    "layers, loss, message",
    [
        (
            [Linear(64, 32), Softmax(), Linear()],
            "cross_entropy",
            r"Layer 1, Softmax\(\), lies between layers: its outputs sum to one",
        ),
        (
            [Sequential([Linear(64, 32), LogSoftmax()]), Linear()],
            "cross_entropy",
            r"Layer 1, LogSoftmax\(\), lies between layers: .* no lower bound",
        ),
        ([Linear(), Softmax()], "cross_entropy", "nearly flat"),
        ([Linear()], "bce", r"Put Sigmoid\(\) at the end"),
        ([Linear()], "nll", r"Put LogSoftmax\(\) at the end"),
    ],
)
def test_warnings_say_why_learning_will_fail(layers, loss, message):
    model = SequentialClassifier(
        layers=layers, loss=loss, optimizer="sgd", lr=1e-9, max_epochs=1, random_state=0
    )
    with pytest.warns(UserWarning, match=message):
        try:
            model.fit(X, y)
        except ValueError as error:
            # Negative numbers have no logarithm.
            assert loss == "bce"
            assert "diverged" in str(error)


def test_log_softmax_with_binary_cross_entropy():
    model = SequentialClassifier(layers=[Linear(), LogSoftmax()], loss="bce")
    with (
        pytest.warns(UserWarning, match=r"logarithms, below zero.*loss='nll'"),
        pytest.raises(ValueError, match="diverged: the loss is nan in epoch 1"),
    ):
        model.fit(X, y)


def test_good_networks_get_no_warning(recwarn):
    for loss, end in [
        ("cross_entropy", []),
        ("nll", [LogSoftmax()]),
        ("mse", [Softmax()]),
        ("mse", []),
        ("bce", [Sigmoid()]),
        ("bce", [Softmax()]),
    ]:
        SequentialClassifier(
            layers=[Linear(64, 8), Tanh(), Linear(), *end], loss=loss, max_epochs=1
        ).fit(X, y)
    assert not recwarn.list


def explosive(**parameters):
    """A linear regression whose error grows a hundredfold with each step."""
    defaults = {
        "layers": [Linear(64, 1)],
        "optimizer": "sgd",
        "lr": 10.0,
        "batch_size": 100,
        "max_epochs": 100,
        "random_state": 0,
    }
    return SequentialRegressor(**(defaults | parameters))


def test_divergence_keeps_the_last_finite_weights():
    model = explosive()
    with pytest.raises(ValueError, match=r"diverged.*epoch \d.*Lower lr \(now 10\)"):
        model.fit(X[:500], y[:500])
    n_finite = model.n_iter_
    assert 1 < n_finite < 100
    assert np.isfinite(model.predict(X)).all()
    until = explosive(max_epochs=n_finite).fit(X[:500], y[:500])
    assert same_weights(model, until)


def test_divergence_names_the_epoch():
    model = explosive()
    with pytest.raises(ValueError, match="epoch") as caught:
        model.fit(X[:500], y[:500])
    assert f"epoch {model.n_iter_ + 1}." in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.restored) == (str(caught.value), True)


def test_divergence_of_a_warm_start_goes_on_with_a_smaller_rate():
    model = explosive(lr=0.01, max_epochs=3, warm_start=True, momentum=0.9)
    before = clone(model.fit(X[:500], y[:500])).fit(X[:500], y[:500])
    model.set_params(lr=1e300, max_epochs=50)
    with pytest.raises(ValueError, match="finite weights are kept"):
        model.fit(X[:500], y[:500])
    assert model.n_iter_ == 3
    assert same_weights(model, before)
    model.set_params(lr=0.01, max_epochs=3).fit(X[:500], y[:500])
    assert model.n_iter_ == 6
    assert model.score(X[:500], y[:500]) > before.score(X[:500], y[:500])


def test_divergence_in_the_first_epoch():
    model = explosive(lr=1e300)
    with pytest.raises(ValueError, match="epoch 1.*finite weights are kept"):
        model.fit(X, y)
    assert (model.n_iter_, np.isfinite(model.predict(X)).all()) == (0, True)
    # A former network is worth more than one that never learned.
    model.set_params(lr=0.01, max_epochs=3).fit(X, y)
    before = model.predict(X)
    with pytest.raises(ValueError, match=r"epoch 1\. Lower lr") as caught:
        model.set_params(lr=1e300).fit(X, y)
    assert "kept" not in str(caught.value)
    np.testing.assert_array_equal(model.predict(X), before)


def test_divergence_keeps_the_best_epoch():
    model = explosive(early_stopping=True, n_iter_no_change=500)
    with pytest.raises(ValueError, match="diverged"):
        model.fit(X[:500], y[:500])
    losses = [row["valid_loss"] for row in model.history_]
    assert model.best_epoch_ == 1 + np.argmin(losses) < len(losses)
    until = explosive(max_epochs=model.best_epoch_, early_stopping=True)
    assert same_weights(model, until.fit(X[:500], y[:500]))


def test_divergence_of_running_means():
    layers = [BatchNorm(), Linear(64, 32), BatchNorm(), Linear()]
    model = SequentialClassifier(layers=layers, max_epochs=5, random_state=0)
    with pytest.raises(ValueError, match="diverged"):
        model.fit((X * 1e20).astype(np.float32), y)


def test_a_layer_that_stands_twice():
    linear = Linear(64, 64)
    with pytest.raises(ValueError, match="same layer stands twice"):
        net = Sequential([linear, Tanh(), linear])
        net.initialise((64,), np.random.default_rng(0))


@pytest.mark.parametrize("modules", [5, Linear(), [None], [Linear]], ids=repr)
def test_what_is_no_list_of_layers(modules):
    with pytest.raises(TypeError, match="'modules' parameter of Sequential must be"):
        SequentialClassifier(layers=[Sequential(modules)]).fit(X, y)
    SequentialClassifier(layers=[Sequential([Linear])])._repr_html_()


def test_dropout_does_not_go_back_through_another_input():
    net = Sequential([Linear(64, 8), Dropout(0.5)])
    net.initialise((64,), np.random.default_rng(0))
    first, second = X[:3], X[3:6]
    net.forward(first)
    net.forward(second)
    with pytest.raises(ValueError, match="only through its last forward"):
        net.backward(first, np.ones((3, 8)))


def test_decay_that_flips_signs():
    model = SequentialClassifier(weight_decay=2000.0, lr=0.001)
    with pytest.raises(ValueError, match=r"lr=0\.001 times weight_decay=2000"):
        model.fit(X, y)


@pytest.mark.parametrize("end", [ReLU(), Tanh()], ids=repr)
def test_the_bias_does_not_jump_over_layers(end):
    layers = [Linear(), end, LogSoftmax()]
    model = SequentialClassifier(
        layers=layers, loss="nll", lr=0.01, max_epochs=30, random_state=0
    )
    assert model.fit(X, y).score(X, y) > 0.5


def test_batches_of_one_row_learn():
    layers = [Linear(64, 32), BatchNorm(), Tanh(), Linear()]
    model = SequentialClassifier(
        layers=layers, batch_size=1, lr=0.003, max_epochs=5, random_state=0
    )
    assert model.fit(X[:300], y[:300]).score(X[:300], y[:300]) > 0.8


def test_divergence_in_a_search():
    search = GridSearchCV(explosive(), {"lr": [1e-3, 10.0]}, cv=2)
    with pytest.warns(FitFailedWarning, match="diverged"):
        search.fit(X, y)
    assert search.best_params_ == {"lr": 1e-3}


def test_other_failures_leave_the_estimator_as_it_was():
    model = explosive(lr=0.01, max_epochs=2).fit(X, y)
    before = model.predict(X)
    with pytest.raises(ValueError, match="flat rows of 64"):
        model.fit(X[:, :9], y)
    np.testing.assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize("layer", [Linear(2, 1), BatchNorm(), Conv1D(2, 1)], ids=repr)
def test_layers_that_were_not_initialised(layer):
    with pytest.raises(ValueError, match=r"initialise\(input_shape, rng\)"):
        layer.train(False).forward(
            np.ones((3, 2, 5) if "Conv" in repr(layer) else (3, 2))
        )
