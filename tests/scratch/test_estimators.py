"""The estimators made of layers in NumPy."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_digits, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from sklearn_nn.scratch import (
    Dropout,
    Linear,
    LogSoftmax,
    ReLU,
    SequentialAutoencoder,
    SequentialClassifier,
    SequentialRegressor,
    Sigmoid,
    Softmax,
    Tanh,
)
from sklearn_nn.scratch._net import Net

X, y = load_digits(return_X_y=True)
X /= 16
X_TRAIN, y_train, X_TEST, y_test = X[::2], y[::2], X[1::2], y[1::2]
X_REAL, y_real = make_regression(200, 8, noise=1.0, random_state=0)
y_real = y_real / y_real.std() + 100


def classifier(*end, **parameters):
    layers = [Linear(64, 32), Tanh(), Linear(32, 10), *end]
    defaults = {"layers": layers, "lr": 0.01, "max_epochs": 5, "random_state": 0}
    return SequentialClassifier(**(defaults | parameters))


def weights(model):
    return [
        value
        for leaf in model.net_.module.leaves()
        for value in leaf.parameters.values()
    ]


def same_weights(a, b):
    return all(
        np.array_equal(p, q) for p, q in zip(weights(a), weights(b), strict=True)
    )


ENDS = {
    "cross_entropy": (),
    "nll": (LogSoftmax(),),
    "mse": (Softmax(),),
    "bce": (Sigmoid(),),
}


@pytest.mark.parametrize("loss", ENDS)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_every_loss_learns(loss, optimizer):
    lr = {"adam": 0.01, "sgd": 5.0 if loss in ("mse", "bce") else 0.5}[optimizer]
    model = classifier(
        *ENDS[loss], loss=loss, optimizer=optimizer, lr=lr, max_epochs=20
    ).fit(X_TRAIN, y_train)
    assert model.score(X_TEST, y_test) > 0.9
    losses = [row["train_loss"] for row in model.history_]
    assert losses[-1] < losses[0] / 2
    probabilities = model.predict_proba(X_TEST)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert log_loss(y_test, probabilities) < 0.5
    outputs = model.net_.module.forward(X_TEST)
    if loss == "mse":
        np.testing.assert_allclose(probabilities, outputs, atol=1e-9)
    elif loss == "nll":
        np.testing.assert_allclose(model.decision_function(X_TEST), outputs)
    elif loss == "bce":
        odds = np.exp(model.decision_function(X_TEST))
        np.testing.assert_allclose(odds / (1 + odds), outputs, atol=1e-9)


def test_log_softmax_and_nll_equal_cross_entropy():
    with_logits = classifier().fit(X_TRAIN, y_train)
    with_logs = classifier(LogSoftmax(), loss="nll").fit(X_TRAIN, y_train)
    np.testing.assert_allclose(
        with_logits.predict_proba(X_TEST), with_logs.predict_proba(X_TEST), atol=1e-9
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_dtype_is_kept(dtype, optimizer):
    options = {"optimizer": optimizer, "momentum": 0.5, "weight_decay": 0.1}
    rows = X_TRAIN.astype(dtype)
    weight = np.random.default_rng(0).random(len(rows))
    model = classifier(**options).fit(rows, y_train, sample_weight=weight)
    assert {value.dtype for value in weights(model)} == {np.dtype(dtype)}
    assert model.decision_function(rows).dtype == dtype
    assert model.transform(rows).dtype == dtype
    # Rows of the other kind are brought to that of the network.
    other = rows.astype(np.float64 if dtype == np.float32 else np.float32)
    assert model.decision_function(other).dtype == dtype
    encoder = SequentialAutoencoder(max_epochs=1, **options).fit(rows)
    assert encoder.inverse_transform(encoder.transform(rows)).dtype == dtype
    numbers = SequentialRegressor(max_epochs=1, **options).fit(rows, y_train)
    assert numbers.predict(rows).dtype == dtype


def test_numbers_beyond_float32():
    model = classifier().fit(X_TRAIN.astype(np.float32), y_train)
    wrong = X_TEST.copy()
    wrong[7, 3] = 1e300
    with pytest.raises(ValueError, match=r"Row 7 of X.*give float64 to fit"):
        model.predict(wrong)


def test_fit_trains_copies_of_the_layers():
    layers = [Linear(64, 8), Tanh(), Linear()]
    model = classifier(layers=layers).fit(X_TRAIN, y_train)
    assert model.layers is layers
    assert not any(layer.parameters for layer in layers)
    assert layers[2].out_features is None
    assert repr(model.net_.module.modules[2]) == "Linear(out_features=10)"


def test_transform_is_what_the_last_linear_layer_sees():
    model = classifier().fit(X_TRAIN, y_train)
    first, tanh, last = model.net_.module.modules
    hidden = tanh.forward(first.forward(X_TEST))
    np.testing.assert_allclose(model.transform(X_TEST), hidden)
    np.testing.assert_allclose(model.decision_function(X_TEST), last.forward(hidden))
    assert len(model.get_feature_names_out()) == 32
    linear = classifier(layers=[Linear()]).fit(X_TRAIN, y_train)
    np.testing.assert_allclose(linear.transform(X_TEST), X_TEST)


def test_seeds_are_private():
    state = np.random.get_state()[1].copy()
    layers = [Linear(64, 32), Dropout(0.2), ReLU(), Linear()]
    a, b, c = (
        classifier(layers=layers, random_state=seed).fit(X_TRAIN, y_train)
        for seed in (0, 0, 1)
    )
    assert same_weights(a, b)
    assert not same_weights(a, c)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    np.testing.assert_array_equal(a.predict(X_TEST), a.predict(X_TEST))


def test_sparse_rows_are_the_same_rows():
    dense = classifier().fit(X_TRAIN, y_train)
    sparse = classifier().fit(sp.csr_array(X_TRAIN), y_train)
    assert same_weights(dense, sparse)
    np.testing.assert_array_equal(
        sparse.predict_proba(sp.csr_matrix(X_TEST)), dense.predict_proba(X_TEST)
    )


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_warm_start_goes_on(optimizer):
    options = {"optimizer": optimizer, "momentum": 0.9}
    whole = classifier(max_epochs=6, **options).fit(X_TRAIN, y_train)
    parts = classifier(max_epochs=2, warm_start=True, **options).fit(X_TRAIN, y_train)
    parts.set_params(max_epochs=4).fit(X_TRAIN, y_train)
    assert same_weights(whole, parts)
    assert [row["epoch"] for row in parts.history_] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "change", [{"layers__0__out_features": 16, "layers__2": Linear()}, {"loss": "mse"}]
)
def test_warm_start_refuses_another_network(change):
    model = classifier(warm_start=True).fit(X_TRAIN, y_train)
    with pytest.raises(ValueError, match=r"layers or its loss have changed"):
        model.set_params(**change).fit(X_TRAIN, y_train)


def test_warm_start_takes_new_settings():
    model = classifier(warm_start=True, max_epochs=1).fit(X_TRAIN, y_train)
    model.set_params(optimizer="sgd", lr=0.5, momentum=0.9).fit(X_TRAIN, y_train)
    assert [row["lr"] for row in model.history_] == [0.01, 0.5]
    assert model.net_.optimizer.momentum == 0.9
    model.set_params(lr=0.25).fit(X_TRAIN, y_train)
    assert model.history_[-1]["lr"] == 0.25


def test_partial_fit():
    model = classifier()
    for start in range(0, 1600, 100):
        where = np.arange(start, start + 100) % len(X_TRAIN)
        model.partial_fit(X_TRAIN[where], y_train[where], classes=np.arange(10))
    assert model.n_iter_ == 16
    assert model.score(X_TEST, y_test) > 0.8


def test_early_stopping_restores_the_best_epoch():
    model = classifier(
        layers=[Linear(64, 64), Tanh(), Linear()],
        lr=0.05,
        max_epochs=60,
        early_stopping=True,
        n_iter_no_change=4,
    ).fit(X_TRAIN[:150], y_train[:150], X_val=X_TEST, y_val=y_test)
    rows = model.history_
    best = max(rows, key=lambda row: (row["valid_acc"], -row["valid_loss"]))
    assert best["epoch"] == model.best_epoch_ == model.n_iter_ - 4 < 56
    assert model.score(X_TEST, y_test) == pytest.approx(best["valid_acc"])
    by_hand = log_loss(y_test, model.predict_proba(X_TEST))
    assert by_hand == pytest.approx(best["valid_loss"])


def test_validation_of_one_output_a_class():
    model = classifier(Softmax(), loss="mse").fit(
        X_TRAIN, y_train, X_val=X_TEST, y_val=y_test
    )
    wanted = np.eye(10)[y_test]
    last = model.history_[-1]
    assert last["valid_acc"] == pytest.approx(model.score(X_TEST, y_test))
    by_hand = np.square(model.predict_proba(X_TEST) - wanted).mean()
    assert last["valid_loss"] == pytest.approx(by_hand)


def test_interruption_keeps_what_was_learned(monkeypatch):
    epoch = Net._epoch

    def interrupted(net, *args):
        if len(net.history) == 2:
            raise KeyboardInterrupt
        return epoch(net, *args)

    monkeypatch.setattr(Net, "_epoch", interrupted)
    with pytest.warns(ConvergenceWarning, match="interrupted.*2 complete epoch"):
        model = classifier(max_epochs=9).fit(X_TRAIN, y_train)
    monkeypatch.undo()
    assert same_weights(model, classifier(max_epochs=2).fit(X_TRAIN, y_train))


def test_verbose(capsys):
    classifier(verbose=2, max_epochs=2, early_stopping=True).fit(X_TRAIN, y_train)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("epoch 2: train_loss ")
    assert "valid_acc" in lines[1]
    classifier(verbose=1, max_epochs=2).fit(X_TRAIN, y_train)
    assert "SequentialClassifier: 100%" in capsys.readouterr().err


def test_pickle_holds_no_rows():
    model = classifier().fit(X_TRAIN, y_train)
    size = 3 * sum(value.nbytes for value in weights(model))
    pickled = pickle.dumps(model)
    assert len(pickled) < size + 10_000
    again = pickle.loads(pickled)
    np.testing.assert_array_equal(
        again.predict_proba(X_TEST), model.predict_proba(X_TEST)
    )
    more = [m.partial_fit(X_TRAIN, y_train) for m in (model, again)]
    assert same_weights(*more)


def test_row_weights_in_many_batches():
    counts = np.random.default_rng(0).integers(0, 3, len(X_TRAIN))
    model = classifier(max_epochs=30, batch_size=len(X_TRAIN))
    weighted = clone(model).fit(X_TRAIN, y_train, sample_weight=counts)
    model.set_params(batch_size=int(counts.sum()))
    repeated = model.fit(X_TRAIN.repeat(counts, axis=0), y_train.repeat(counts))
    np.testing.assert_allclose(
        weighted.predict_proba(X_TEST), repeated.predict_proba(X_TEST), atol=1e-6
    )
    mini = classifier(max_epochs=5).fit(X_TRAIN, y_train, sample_weight=counts)
    without = counts == 0
    assert mini.score(X_TRAIN[~without], y_train[~without]) > 0.9


def test_class_weight():
    rare = np.flatnonzero((y_train != 3) | (np.arange(len(y_train)) % 10 == 0))
    options = {"layers": [Linear()], "max_epochs": 20}
    plain = classifier(**options).fit(X_TRAIN[rare], y_train[rare])
    heavy = classifier(class_weight={3: 10.0}, **options)
    heavy.fit(X_TRAIN[rare], y_train[rare])
    assert (heavy.predict(X_TEST) == 3).sum() > (plain.predict(X_TEST) == 3).sum()


def test_regression_starts_at_the_mean():
    model = SequentialRegressor(lr=0.01, max_epochs=100, random_state=0)
    assert model.fit(X_REAL, y_real).score(X_REAL, y_real) > 0.95
    first = SequentialRegressor(max_epochs=1, random_state=0).fit(X_REAL, y_real)
    assert np.abs(first.predict(X_REAL) - 100).max() < 10
    both = np.column_stack([y_real, -y_real])
    assert model.fit(X_REAL, both).predict(X_REAL).shape == (200, 2)


def autoencoder(**parameters):
    defaults = {
        "encoder": [Linear(64, 32), Tanh(), Linear(32, 8), Tanh()],
        "decoder": [Linear(8, 32), Tanh(), Linear(), Sigmoid()],
        "loss": "bce",
        "lr": 0.01,
        "max_epochs": 20,
        "random_state": 0,
    }
    return SequentialAutoencoder(**(defaults | parameters))


@pytest.mark.parametrize("loss", ["bce", "mse"])
def test_autoencoder(loss):
    model = autoencoder(loss=loss).fit(X_TRAIN)
    encoder, decoder = model.net_.module.modules
    latents = model.transform(X_TEST)
    rebuilt = model.inverse_transform(latents)
    np.testing.assert_allclose(latents, encoder.forward(X_TEST))
    np.testing.assert_allclose(rebuilt, decoder.forward(latents))
    errors = model.reconstruction_error(X_TEST)
    if loss == "mse":
        by_hand = np.square(rebuilt - X_TEST)
    else:
        by_hand = -X_TEST * np.log(rebuilt) - (1 - X_TEST) * np.log1p(-rebuilt)
    np.testing.assert_allclose(errors, by_hand.mean(axis=1))
    assert model.score(X_TEST) == pytest.approx(-errors.mean())
    constant = np.square(X_TEST - X_TRAIN.mean(axis=0)).mean()
    assert np.square(rebuilt - X_TEST).mean() < constant / 2


def test_autoencoder_refuses_what_is_no_probability():
    with pytest.raises(ValueError, match=r"Row 3 of X has values outside \[0, 1\]"):
        autoencoder().fit(np.where(np.arange(len(X))[:, None] == 3, 2.0, X))
    with pytest.raises(ValueError, match="latents of 8"):
        autoencoder().fit(X_TRAIN).inverse_transform(X_TRAIN)


def test_autoencoder_in_a_pipeline_with_validation():
    model = make_pipeline(
        MinMaxScaler(), autoencoder(early_stopping=True), classifier(layers=[Linear()])
    )
    assert model.fit(X_TRAIN, y_train).score(X_TEST, y_test) > 0.7
    assert "valid_loss" in model[1].history_[0]


def test_layers_are_searched():
    model = classifier(layers=[Linear(out_features=8), Tanh(), Linear()])
    search = GridSearchCV(
        model,
        {"layers__0__out_features": [1, 24], "layers__1": [Tanh(), ReLU()]},
        cv=3,
    ).fit(X_TRAIN, y_train)
    assert search.best_params_["layers__0__out_features"] == 24
    assert search.best_estimator_.net_.module.modules[0].parameters["weight"].shape == (
        64,
        24,
    )
    assert model.layers[0].out_features == 8
    stacks = [[Linear()], [Linear(64, 1), Tanh(), Linear(1, 10)]]
    search = GridSearchCV(model, {"layers": stacks}, cv=3).fit(X_TRAIN, y_train)
    assert search.best_params_["layers"] is stacks[0]
    both = GridSearchCV(
        autoencoder(max_epochs=2), {"decoder__1": [Tanh(), ReLU()]}, cv=2
    ).fit(X_TRAIN)
    assert len(both.cv_results_["params"]) == 2


def test_parameters_of_layers():
    model = classifier()
    params = model.get_params()
    assert params["layers__0"] is model.layers[0]
    assert params["layers__0__out_features"] == 32
    assert "layers__0" not in model.get_params(deep=False)
    copy = clone(model)
    assert repr(copy) == repr(model)
    assert copy.layers[0] is not model.layers[0]
    copy.set_params(layers=[Linear(), Tanh()], layers__1=ReLU())
    assert repr(copy.layers) == "[Linear(), ReLU()]"
    copy.set_params(layers__1__threshold=2.0)
    assert copy.layers[1].threshold == 2.0
    for wrong, message in [
        ({"layers__7": Tanh()}, "layers__7.*counted from 0"),
        ({"layers__one": Tanh()}, "layers__one.*counted from 0"),
        ({"layers__0__width": 3}, "Linear has no parameter 'width'"),
    ]:
        with pytest.raises(ValueError, match=message):
            copy.set_params(**wrong)
    with pytest.raises(ValueError, match="layers=None is no list"):
        SequentialClassifier().set_params(layers__0__out_features=3)


def test_labels():
    names = np.array(list("abcdefghij"))[y_train]
    model = classifier().fit(X_TRAIN, names)
    assert set(model.predict(X_TEST)) <= set("abcdefghij")
    two = classifier(layers=[Linear()]).fit(X_TRAIN, y_train > 4)
    assert two.decision_function(X_TEST).shape == (len(X_TEST),)
    with pytest.raises(ValueError, match="y should be a 1d array"):
        classifier().fit(X_TRAIN, np.eye(10, dtype=int)[y_train])
