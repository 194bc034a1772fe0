"""The multilayer perceptrons."""

import numpy as np
import pytest
import skorch.callbacks
import torch
from scipy.special import expit, softmax
from sklearn.datasets import load_digits, load_iris, make_regression
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nn.modules import MLP
from sklearn_nn.neural_network import MLPClassifier, MLPRegressor

X, y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)


def fitted(**parameters):
    defaults = {"hidden_layer_sizes": (6, 4), "max_epochs": 10, "random_state": 0}
    return MLPClassifier(**(defaults | parameters)).fit(X, y)


def linear_layers(model):
    return [
        (layer.weight.detach().numpy(), layer.bias.detach().numpy())
        for layer in model.net_.module_.modules()
        if isinstance(layer, torch.nn.Linear)
    ]


ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "logistic": expit,
    "silu": lambda x: x * expit(x),
    "identity": lambda x: x,
}


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_by_hand(activation):
    model = fitted(activation=activation, dropout=0.3)
    *hidden, (weight, bias) = linear_layers(model)
    state = X.astype(np.float32)
    for w, b in hidden:
        state = ACTIVATIONS[activation](state @ w.T + b)
    logits = state @ weight.T + bias
    np.testing.assert_allclose(model.transform(X), state, atol=1e-5)
    np.testing.assert_allclose(model.decision_function(X), logits, atol=1e-5)
    np.testing.assert_allclose(model.predict_proba(X), softmax(logits, 1), atol=1e-5)
    np.testing.assert_array_equal(model.predict(X), logits.argmax(axis=1))


def test_gelu():
    model = fitted(activation="gelu", hidden_layer_sizes=3)
    (weight, bias), _ = linear_layers(model)
    hidden = torch.nn.functional.gelu(
        torch.from_numpy(X.astype("f4") @ weight.T + bias)
    )
    np.testing.assert_allclose(model.transform(X), hidden.numpy(), atol=1e-5)


def test_two_classes_have_one_logit():
    two = y < 2
    names = np.array(["setosa", "versicolor", "virginica"])
    model = MLPClassifier(max_epochs=5, random_state=0).fit(X[two], names[y[two]])
    logit = model.decision_function(X)
    assert logit.shape == (150,)
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], expit(logit), rtol=1e-5)
    np.testing.assert_array_equal(model.predict(X), names[(logit > 0).astype(int)])


class Batches(skorch.callbacks.Callback):
    """Keeps the first weights and every batch."""

    def on_train_begin(self, net, **kwargs):
        self.start_ = {
            name: value.clone() for name, value in net.module_.state_dict().items()
        }
        self.batches_ = []

    def on_batch_begin(self, net, batch=None, **kwargs):
        self.batches_.append((*batch, getattr(batch, "weight", None)))


def by_hand(module, batches, loss_of_rows, lr):
    """The plain torch loop."""
    optimizer = torch.optim.Adam(module.parameters(), lr=lr)
    for x, target, weight in batches:
        optimizer.zero_grad()
        loss = loss_of_rows(module(x), target)
        (loss.mean() if weight is None else (loss * weight).mean()).backward()
        optimizer.step()
    return module


@pytest.mark.parametrize("weighted", [False, True])
def test_training_equals_a_plain_loop(weighted):
    batches = Batches()
    sample_weight = 0.5 + y if weighted else None
    model = MLPClassifier(
        hidden_layer_sizes=5,
        batch_size=32,
        max_epochs=3,
        lr=0.01,
        precision="float64",
        callbacks=[batches],
        random_state=0,
    ).fit(X, y, sample_weight=sample_weight)
    assert len(batches.batches_) == 3 * 5
    module = MLP(4, 3, (5,)).double()
    module.load_state_dict(batches.start_)
    loss = torch.nn.CrossEntropyLoss(reduction="none")
    by_hand(module, batches.batches_, loss, lr=0.01)
    for ours, theirs in zip(model.net_.module_.parameters(), module.parameters()):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)


def test_regression_equals_a_plain_loop():
    batches = Batches()
    target = X[:, :2] @ np.array([[1.0, 0.5], [-2.0, 1.0]])
    model = MLPRegressor(
        hidden_layer_sizes=5,
        batch_size=32,
        max_epochs=3,
        lr=0.01,
        precision="float64",
        callbacks=[batches],
        random_state=0,
    ).fit(X, target)
    module = MLP(4, 2, (5,)).double()
    module.load_state_dict(batches.start_)
    loss = torch.nn.MSELoss(reduction="none")
    by_hand(module, batches.batches_, loss, lr=0.01)
    for ours, theirs in zip(model.net_.module_.parameters(), module.parameters()):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "sizes, shapes",
    [
        (7, [(7, 4), (3, 7)]),
        (np.int64(7), [(7, 4), (3, 7)]),
        ((7,), [(7, 4), (3, 7)]),
        ([7, 5], [(7, 4), (5, 7), (3, 5)]),
        ((), [(3, 4)]),
        ([], [(3, 4)]),
    ],
)
def test_hidden_layer_sizes(sizes, shapes):
    model = fitted(hidden_layer_sizes=sizes)
    assert [weight.shape for weight, _ in linear_layers(model)] == shapes
    assert model.transform(X).shape == (150, shapes[-1][1])
    assert model.hidden_layer_sizes is sizes


def test_without_hidden_layers_transform_is_the_identity():
    model = fitted(hidden_layer_sizes=())
    np.testing.assert_allclose(model.transform(X), X, rtol=1e-6)


def test_feature_names():
    model = fitted()
    names = [f"mlpclassifier{i}" for i in range(4)]
    assert model.get_feature_names_out().tolist() == names
    frame = model.set_output(transform="pandas").transform(X)
    assert frame.columns.tolist() == names


def test_dropout_acts_in_training_only():
    model = fitted(dropout=0.5)
    np.testing.assert_array_equal(model.predict_proba(X), model.predict_proba(X))
    kinds = [type(layer).__name__ for layer in model.net_.module_.hidden]
    assert kinds == ["Linear", "ReLU", "Dropout"] * 2
    losses = [row["train_loss"] for row in fitted().history_]
    assert losses != [row["train_loss"] for row in model.history_]


def test_outputs_do_not_depend_on_the_other_rows():
    model = fitted()
    together = model.decision_function(X)
    alone = np.vstack([model.decision_function(row[None]) for row in X[::10]])
    np.testing.assert_allclose(together[::10], alone, rtol=1e-4, atol=1e-5)


def test_regressor_of_one_target():
    rows, target = make_regression(300, 6, noise=1.0, random_state=0)
    model = MLPRegressor(lr=0.01, random_state=0).fit(rows, 5 + target / target.std())
    assert model.predict(rows).shape == (300,)
    assert model.score(rows, 5 + target / target.std()) > 0.97


def test_regressor_of_several_targets():
    rows, target = make_regression(300, 6, n_targets=3, noise=1.0, random_state=0)
    target = target / target.std(axis=0)
    model = MLPRegressor(lr=0.01, random_state=0).fit(rows, target)
    assert model.predict(rows).shape == (300, 3)
    assert model.score(rows, target) > 0.95
    column = MLPRegressor(max_epochs=2, random_state=0).fit(rows, target[:, :1])
    assert column.predict(rows).shape == (300, 1)
    with pytest.raises(ValueError, match="shape"):
        model.set_params(warm_start=True).fit(rows, target[:, 0])


def test_predictions_are_in_the_units_of_y():
    rows, target = make_regression(100, 3, random_state=0)
    shifted = MLPRegressor(max_epochs=1, lr=1e-9, random_state=0).fit(
        rows, 1e6 + target / 100
    )
    np.testing.assert_allclose(shifted.predict(rows), 1e6, rtol=1e-4)


def test_learns_digits():
    images, digits = load_digits(return_X_y=True)
    train_X, test_X, train_y, test_y = train_test_split(
        images / 16, digits, stratify=digits, random_state=0
    )
    model = MLPClassifier(max_epochs=15, lr=3e-3, random_state=0).fit(train_X, train_y)
    assert model.score(test_X, test_y) >= 0.95


def test_learns_twenty_topics_from_sparse_rows():
    rng = np.random.default_rng(0)
    topics = np.repeat(np.arange(20), 30)
    texts = [
        " ".join(
            [f"topic{topic}word{i}" for i in rng.integers(0, 15, 4)]
            + [f"common{i}" for i in rng.integers(0, 300, 30)]
        )
        for topic in topics
    ]
    train, test, train_y, test_y = train_test_split(
        texts, topics, stratify=topics, random_state=0
    )
    model = make_pipeline(
        TfidfVectorizer(sublinear_tf=True),
        MLPClassifier(hidden_layer_sizes=64, max_epochs=15, lr=5e-3, random_state=0),
    ).fit(train, train_y)
    assert model[-1].n_features_in_ > 500
    assert model.score(test, test_y) > 0.9
