"""Model selection: the learning-rate finder."""

import builtins
import copy
import pickle

import numpy as np
import pytest
import skorch.callbacks
import torch
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.model_selection import find_learning_rate
from sklearn_nn.neural_network import BiGRUClassifier, MLPClassifier
from tests.training.small import X_REAL, X, mlp, regressor, y, y_real

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = DIGITS / 16


def digits_net(**parameters):
    return MLPClassifier(**{"random_state": 0, "max_epochs": 10} | parameters)


@pytest.mark.parametrize("optimizer", ["adam", "momentum", "sgd"])
def test_suggestion_trains_real_digits(optimizer):
    model = digits_net(optimizer=optimizer)
    lr = find_learning_rate(model, DIGITS, LABELS, lr_max=10).suggestion
    train, test, y_train, y_test = train_test_split(DIGITS, LABELS, random_state=0)

    def last_loss(lr):
        fitted = model.set_params(lr=lr).fit(train, y_train, X_val=test, y_val=y_test)
        return fitted.history_[-1]["valid_loss"]

    suggested = last_loss(lr)
    assert suggested < 1  # of ln(10) at the start
    assert suggested < 0.8 * last_loss(lr / 10)


def test_curve():
    curve = find_learning_rate(digits_net(), DIGITS, LABELS, lr_max=10)
    n = len(curve.lr)
    assert 50 < n < 100 and curve.diverged
    np.testing.assert_allclose(curve.lr, np.geomspace(1e-6, 10, 100)[:n])
    assert len(curve.loss) == len(curve.smoothed_loss) == n
    assert np.isfinite(curve.loss).all()
    low, high = curve.stable_window
    assert 1e-4 < low <= curve.suggestion < high < 1
    assert type(curve.suggestion) is type(low) is float
    frame = curve.to_frame()
    assert list(frame.columns) == ["lr", "loss", "smoothed_loss"]
    assert len(frame) == n
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(curve)).smoothed_loss, curve.smoothed_loss
    )
    with pytest.raises(AttributeError):
        curve.suggestion = 1.0


def test_losses_are_those_of_a_training_at_these_rates():
    class Rates(skorch.callbacks.Callback):
        def on_batch_begin(self, net, **kwargs):
            at = self.at_ = getattr(self, "at_", -1) + 1
            net.optimizer_.param_groups[0]["lr"] = curve.lr[at]

        def on_batch_end(self, net, loss=None, **kwargs):
            seen.append(loss.item())

    seen = []
    options = {"dropout": 0.2, "max_grad_norm": 0.5, "label_smoothing": 0.1}
    curve = find_learning_rate(mlp(**options), X, y, lr_max=0.01, n_steps=20)
    assert not curve.diverged
    mlp(**options, callbacks=[Rates()], max_epochs=5).fit(X, y)
    np.testing.assert_array_equal(curve.loss, seen)


def test_smoothing():
    curve = find_learning_rate(mlp(), X, y, lr_max=0.01, n_steps=40)
    i = np.arange(40)
    for at in (0, 7, 39):
        weights = np.exp(-0.5 * ((i - at) / 1.2) ** 2)
        expected = (weights * curve.loss).sum() / weights.sum()
        assert curve.smoothed_loss[at] == pytest.approx(expected)


def test_estimator_and_generators_stay_as_they_are():
    model = make_pipeline(
        StandardScaler(),
        mlp(lr_schedule="onecycle", early_stopping=True, random_state=None),
    )
    rng = np.random.RandomState(3)
    model[-1].random_state = rng
    before = copy.deepcopy(vars(model[-1]))
    state, torch_state = rng.get_state(), torch.random.get_rng_state()
    numpy_state = np.random.get_state()
    find_learning_rate(model, X, y)
    after = vars(model[-1])
    assert after.keys() == before.keys()
    assert {k: v for k, v in after.items() if k != "random_state"} == {
        k: v for k, v in before.items() if k != "random_state"
    }
    assert not hasattr(model[0], "mean_")
    np.testing.assert_array_equal(rng.get_state()[1], state[1])
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state[1])
    assert torch.equal(torch.random.get_rng_state(), torch_state)


def test_same_seed_same_curve():
    first, again, other = (
        find_learning_rate(mlp(dropout=0.2, random_state=seed), X, y).loss
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[:20], other[:20])


def test_pipeline_sees_what_the_network_gets():
    model = make_pipeline(StandardScaler(), mlp())
    inside = find_learning_rate(model, X, y)
    alone = find_learning_rate(mlp(), StandardScaler().fit_transform(X), y)
    np.testing.assert_array_equal(inside.loss, alone.loss)


def test_network_inside_a_meta_estimator():
    model = TransformedTargetRegressor(regressor(), transformer=StandardScaler())
    curve = find_learning_rate(model, X_REAL, 100 * y_real)
    assert curve.stable_window[0] <= curve.suggestion <= 0.1
    assert not hasattr(model, "regressor_")


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_network_inside_a_search(n_jobs):
    """Which goes on after a fit that has failed, unless told otherwise."""
    search = GridSearchCV(mlp(), {"lr": [0.01, 0.02]}, cv=2, n_jobs=n_jobs)
    assert find_learning_rate(search, X, y).suggestion > 0


def test_regressor():
    curve = find_learning_rate(regressor(), X_REAL, y_real, lr_max=10)
    fitted = regressor(lr=curve.suggestion, max_epochs=60).fit(X_REAL, y_real)
    assert fitted.score(X_REAL, y_real) > 0.9


def test_token_ids():
    texts = [f"{'good' if i % 2 else 'bad'} film number {i % 7}" for i in range(64)]
    model = make_pipeline(
        SequenceVectorizer(min_frequency=1),
        BiGRUClassifier(embedding_dim=6, hidden_size=5, batch_size=16, random_state=0),
    )
    curve = find_learning_rate(model, texts, np.arange(64) % 2)
    assert 1e-4 < curve.suggestion < 0.3


def test_fit_without_targets():
    class Twin(type(regressor())):
        """Predicts its own rows: a fit without y."""

        def fit(self, X, y=None):
            assert y is None
            return super().fit(X, X)

    curve = find_learning_rate(Twin(hidden_layer_sizes=8, random_state=0), X_REAL)
    assert curve.suggestion > 1e-4


def test_sample_weight():
    weight = np.repeat([0.0, 1.0], 100)
    weighted = find_learning_rate(mlp(), X, y, sample_weight=weight)
    part = find_learning_rate(mlp(), X[100:], y[100:])
    np.testing.assert_allclose(weighted.loss[:60], part.loss[:60], rtol=1e-4)
    pipe = make_pipeline(StandardScaler(with_mean=False, with_std=False), mlp())
    inside = find_learning_rate(pipe, X, y, mlpclassifier__sample_weight=weight)
    np.testing.assert_array_equal(inside.loss, weighted.loss)


def test_callbacks_of_the_estimator_rest(tmp_path):
    class Noisy(skorch.callbacks.Callback):
        def on_train_begin(self, net, **kwargs):
            raise AssertionError("called")

    model = mlp(callbacks=[Noisy()])
    find_learning_rate(model, X, y)
    assert len(model.callbacks) == 1


@pytest.mark.parametrize("batch_size", [8, 64])
def test_nothing_to_learn(batch_size):
    shuffled = np.random.default_rng(0).permutation(LABELS)
    with pytest.warns(ConvergenceWarning, match=r"no suggestion.*check_training") as w:
        curve = find_learning_rate(digits_net(batch_size=batch_size), DIGITS, shuffled)
    assert curve.suggestion is curve.stable_window is None
    assert w[0].filename == __file__


def test_plot():
    curve = find_learning_rate(mlp(), X, y)
    ax = curve.plot()
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel() == "learning rate"
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), curve.smoothed_loss)
    assert f"{curve.suggestion:.2g}" in ax.get_legend().get_texts()[-1].get_text()
    assert curve.plot(ax) is ax
    ax.figure.clear()


def test_plot_without_matplotlib(monkeypatch):
    real = builtins.__import__

    def absent(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    curve = find_learning_rate(mlp(), X, y)
    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ImportError, match=r"pip install sklearn_nn\[plot\]"):
        curve.plot()


@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"lr_min": 1.0, "lr_max": 1.0}, ValueError, "lr_min must be below lr_max"),
        ({"lr_min": 0.0}, ValueError, "'lr_min' parameter"),
        ({"n_steps": 19}, ValueError, "'n_steps' parameter"),
        ({"n_steps": 50.5}, ValueError, "'n_steps' parameter"),
        ({"nonsense": 1}, TypeError, "nonsense"),
        ({"lr_min": 1e30, "lr_max": 1e31}, ValueError, "Lower lr_min"),
    ],
)
def test_bad_parameters(options, error, message):
    with pytest.raises(error, match=message):
        find_learning_rate(regressor(optimizer="sgd"), X_REAL, y_real, **options)


@pytest.mark.parametrize(
    "estimator, found",
    [
        (LogisticRegression(), "none"),
        (make_pipeline(mlp(), mlp()), "mlpclassifier-1, mlpclassifier-2"),
    ],
)
def test_not_exactly_one_network(estimator, found):
    with pytest.raises(TypeError, match=f"exactly one. Networks found in it: {found}"):
        find_learning_rate(estimator, X, y)


@pytest.mark.parametrize("thing", [None, 3, MLPClassifier], ids=str)
def test_no_estimator(thing):
    with pytest.raises(TypeError, match="Give an estimator"):
        find_learning_rate(thing, X, y)


def test_parameters_of_the_network_are_checked():
    with pytest.raises(ValueError, match="'activation' parameter"):
        find_learning_rate(mlp(activation="step"), X, y)


def test_bad_data_is_told_as_in_fit():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        find_learning_rate(mlp(), X, y[:-1])
