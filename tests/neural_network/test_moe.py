"""The mixtures of experts."""

import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from scipy.special import softmax
from sklearn.base import clone
from sklearn.datasets import fetch_20newsgroups, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.neural_network import MoEClassifier, MoERegressor

X, y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(1, 12, 90)
IDS = np.where(np.arange(15) < LENGTHS[:, None], RNG.integers(1, 30, (90, 15)), 0)
LABELS = np.arange(90) % 3


def classifier(**parameters):
    defaults = {"n_experts": 4, "hidden_size": 8, "max_epochs": 5, "random_state": 0}
    return MoEClassifier(**(defaults | parameters))


def fitted(**parameters):
    return classifier(**parameters).fit(X, y)


def fitted_on_ids(**parameters):
    return classifier(inputs="token_ids", embedding_dim=6, **parameters).fit(
        IDS, LABELS
    )


def weights(model):
    return {n: p.detach().numpy() for n, p in model.net_.module_.named_parameters()}


@pytest.mark.parametrize("top_k", [None, 1, 2])
def test_outputs_by_hand(top_k):
    model = fitted(top_k=top_k)
    w = weights(model)
    scores = X @ w["router.weight"].T + w["router.bias"]
    gate = softmax(scores, axis=1)
    if top_k:
        best = scores >= np.sort(scores, axis=1)[:, [-top_k]]
        gate = np.where(best, gate, 0)
        if top_k > 1:
            gate /= gate.sum(axis=1, keepdims=True)
    total = np.zeros((len(X), 8))
    for e in range(4):
        hidden = X @ w["experts.weight_in"][e].T + w["experts.bias_in"][e]
        hidden -= hidden.mean(axis=1, keepdims=True)
        hidden /= np.sqrt((hidden**2).mean(axis=1, keepdims=True) + 1e-5)
        hidden = hidden * w["experts.norm_weight"][e] + w["experts.norm_bias"][e]
        out = np.maximum(hidden, 0) @ w["experts.weight_out"][e]
        total += gate[:, [e]] * (out + w["experts.bias_out"][e])
    logits = total @ w["output.weight"].T + w["output.bias"]
    np.testing.assert_allclose(model.gate(X), gate, atol=1e-5)
    np.testing.assert_allclose(model.transform(X), total, atol=1e-5)
    np.testing.assert_allclose(model.decision_function(X), logits, atol=1e-5)


def test_parameters_reach_the_module():
    model = fitted(
        top_k=3,
        router_noise=0.1,
        router_aux_loss_coef=0.2,
        router_z_loss_coef=0.3,
        dropout=0.4,
        activation="tanh",
    )
    module = model.net_.module_
    assert (module.top_k, module.router_noise) == (3, 0.1)
    assert (module.aux_loss_coef, module.z_loss_coef) == (0.2, 0.3)
    assert module.experts.dropout.p == 0.4
    assert isinstance(module.experts.activation, torch.nn.Tanh)
    assert module.experts.weight_in.shape == (4, 8, 4)


@pytest.mark.parametrize("top_k", [None, 1, 2])
def test_every_parameter_learns(top_k):
    untrained = weights(fitted(top_k=top_k, lr=1e-30, max_epochs=1))
    for name, p in weights(fitted(top_k=top_k)).items():
        assert not np.array_equal(p, untrained[name]), name


def test_penalty_is_in_the_training_loss_alone():
    options = {"batch_size": 150, "max_epochs": 1, "router_z_loss_coef": 0.0}
    plain, penalised = (
        classifier(router_aux_loss_coef=c, **options).fit(X, y, X_val=X, y_val=y)
        for c in (0.0, 1e3)
    )
    losses = [m.history_[0]["train_loss"] for m in (plain, penalised)]
    start = classifier(lr=1e-30, **options).fit(X, y)
    balance = 4 * (start.gate(X).mean(axis=0) ** 2).sum()
    assert losses[1] - losses[0] == pytest.approx(1e3 * balance, rel=1e-6)
    assert penalised.history_[0]["valid_loss"] < 3


def cross(n, seed):
    """Points of the plane; the class changes with the sign of either coordinate."""
    points = np.random.default_rng(seed).normal(size=(n, 2))
    return points, (points.prod(axis=1) > 0).astype(int)


@pytest.mark.parametrize("top_k", [None, 1, 2])
def test_learns_what_linear_experts_cannot_alone(top_k):
    model = classifier(
        top_k=top_k,
        activation="identity",
        lr=0.05,
        max_epochs=20,
        router_aux_loss_coef=0.1,
    ).fit(*cross(500, 0))
    assert model.score(*cross(500, 1)) > 0.9


@pytest.mark.parametrize("top_k", [None, 2])
def test_digits(top_k):
    parts = train_test_split(*load_digits(return_X_y=True), random_state=0)
    X_train, X_test, y_train, y_test = parts
    model = make_pipeline(
        StandardScaler(),
        MoEClassifier(
            top_k=top_k, hidden_size=32, max_epochs=10, lr=3e-3, random_state=0
        ),
    ).fit(X_train, y_train)
    assert model.score(X_test, y_test) > 0.95
    assert model[-1].routing_entropy_ > 0.8


def test_regressor_learns_a_bend():
    X_line = np.linspace(-1, 1, 200).reshape(-1, 1)
    targets = np.column_stack([np.abs(X_line), np.sin(3 * X_line)])
    model = MoERegressor(
        n_experts=2, hidden_size=16, top_k=1, lr=0.01, random_state=0
    ).fit(X_line, targets)
    assert model.score(X_line, targets) > 0.98
    assert model.expert_usage_.shape == (2,)
    assert model.gate(X_line).shape == (200, 2)


@pytest.mark.parametrize("top_k", [None, 1, 2])
@pytest.mark.parametrize("inputs", ["features", "token_ids"])
def test_rows_do_not_see_each_other(inputs, top_k):
    fit, rows = (fitted, X) if inputs == "features" else (fitted_on_ids, IDS)
    model = fit(top_k=top_k)
    for method in (model.decision_function, model.gate):
        alone = np.vstack([method(row[None]) for row in rows])
        np.testing.assert_allclose(method(rows), alone, atol=1e-5)


def test_padding_does_not_count():
    narrow = fitted_on_ids()
    wide = classifier(inputs="token_ids", embedding_dim=6)
    wide.fit(np.pad(IDS, [(0, 0), (0, 20)]), LABELS)
    for name, p in weights(wide).items():
        np.testing.assert_array_equal(p, weights(narrow)[name])
    assert not weights(wide)["input.weight"][0].any()


def test_row_without_tokens():
    model = fitted_on_ids(top_k=2)
    rows = np.vstack([IDS[:3], np.zeros((1, 15), dtype=int)])
    assert np.isfinite(model.predict_proba(rows)).all()
    np.testing.assert_allclose(
        model.decision_function(rows)[:3], model.decision_function(IDS[:3]), atol=1e-6
    )


def test_token_ids_have_the_checks_of_token_ids():
    model = fitted_on_ids(vocabulary_size=40)
    assert model.vocabulary_size_ == 40
    assert weights(model)["input.weight"].shape == (40, 6)
    with pytest.raises(ValueError, match=r"Row 1 of X has the token id 40"):
        model.predict([[1] * 15, [40] * 15])
    with pytest.raises(TypeError, match="dense"):
        model.predict(sp.csr_array(IDS))
    with pytest.raises(ValueError, match="row 0 of X has a negative token id"):
        model.predict(-IDS)
    with pytest.raises(ValueError, match="SequenceVectorizer"):
        fitted_on_ids().fit([["red"], ["green"]], [0, 1])


def test_tags_follow_the_inputs():
    tags = get_tags(MoEClassifier()).input_tags
    assert (tags.sparse, tags.categorical, tags.positive_only) == (True, False, False)
    tags = get_tags(MoEClassifier(inputs="token_ids")).input_tags
    assert (tags.sparse, tags.categorical, tags.positive_only) == (False, True, True)


def test_sparse_rows_are_dense_rows():
    dense, sparse = fitted(), classifier().fit(sp.csr_array(X), y)
    np.testing.assert_array_equal(sparse.gate(sp.csr_array(X)), dense.gate(X))
    np.testing.assert_array_equal(sparse.expert_usage_, dense.expert_usage_)


def test_posts(data_home):
    topics = ["rec.autos", "sci.space", "talk.religion.misc"]
    texts, labels = fetch_20newsgroups(
        data_home=data_home / "20newsgroups",
        categories=topics,
        download_if_missing=False,
        return_X_y=True,
    )
    parts = train_test_split(texts, labels, random_state=0)
    model = make_pipeline(
        SequenceVectorizer(max_length=100),
        classifier(inputs="token_ids", embedding_dim=32, lr=0.01, batch_size=32),
    ).fit(parts[0], parts[2])
    assert model.score(parts[1], parts[3]) > 0.9


@pytest.mark.parametrize("top_k", [None, 1, 2])
def test_usage_is_the_mean_share_by_class(top_k):
    weight = np.random.default_rng(0).uniform(0.5, 2, 150)
    model = classifier(top_k=top_k).fit(X, y, sample_weight=weight)
    used = model.gate(X)
    used /= used.sum(axis=1, keepdims=True)
    usage = [np.average(used[y == c], axis=0, weights=weight[y == c]) for c in range(3)]
    np.testing.assert_allclose(model.expert_usage_, usage, rtol=1e-5)
    np.testing.assert_allclose(model.expert_usage_.sum(axis=1), 1, rtol=1e-6)
    shares = np.average(used, axis=0, weights=weight)
    entropy = -(shares * np.log(shares)).sum() / np.log(4)
    assert model.routing_entropy_ == pytest.approx(entropy, rel=1e-5)


def test_usage_of_a_regressor():
    model = MoERegressor(n_experts=3, hidden_size=4, max_epochs=2, random_state=0)
    model.fit(X, y)
    np.testing.assert_allclose(model.expert_usage_, model.gate(X).mean(0), rtol=1e-5)


def test_usage_of_a_class_without_rows():
    model = classifier().partial_fit(X[y > 0], y[y > 0], classes=[0, 1, 2])
    assert np.isnan(model.expert_usage_[0]).all()
    np.testing.assert_allclose(model.expert_usage_[1:].sum(axis=1), 1, rtol=1e-6)


def test_one_expert_is_used_evenly():
    model = fitted(n_experts=1)
    assert model.routing_entropy_ == 1.0
    np.testing.assert_array_equal(model.expert_usage_, np.ones((3, 1)))


@pytest.mark.parametrize("top_k", [None, 1])
def test_collapse_is_announced(top_k):
    # One column is so large that it decides alone.
    large = X + [1e3, 0, 0, 0]
    cure = "router_aux_loss_coef or router_noise, or lower n_experts"
    with pytest.warns(ConvergenceWarning, match=rf"[1-7] of the 8 .*{cure}") as seen:
        model = classifier(n_experts=8, top_k=top_k).fit(large, y)
    assert seen[0].filename == __file__
    assert (model.expert_usage_.mean(axis=0) < 0.1 / 8).any()
    assert model.routing_entropy_ < 0.9


def test_collapse_is_cured_by_the_load_balancing_loss():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        alone, balanced = (
            MoEClassifier(
                top_k=1,
                hidden_size=8,
                lr=0.01,
                max_epochs=20,
                router_aux_loss_coef=coef,
                random_state=0,
            ).fit(X + [2, 0, 0, 0], y)
            for coef in (0.0, 1.0)
        )
    assert alone.routing_entropy_ < 0.6
    assert balanced.routing_entropy_ > 0.9


@pytest.mark.parametrize("top_k", [None, 2])
def test_small_data_raise_no_false_alarm(top_k):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        fitted(n_experts=8, max_epochs=30, top_k=top_k)
        classifier(n_experts=64, top_k=top_k).fit(X[::10], y[::10])


def test_top_k_above_n_experts():
    message = (
        r"The 'top_k' parameter of MoEClassifier must be at most n_experts=4\. Got 5"
    )
    with pytest.raises(ValueError, match=message):
        fitted(top_k=5)


@pytest.mark.parametrize(
    "parameters",
    [
        {"top_k": 0},
        {"n_experts": 0},
        {"hidden_size": 1},
        {"router_noise": -0.1},
        {"router_aux_loss_coef": -1.0},
        {"inputs": "texts"},
    ],
    ids=str,
)
def test_parameters_out_of_range(parameters):
    with pytest.raises(ValueError, match=f"The '{next(iter(parameters))}' parameter"):
        fitted(**parameters)


@pytest.mark.parametrize("fit", [fitted, fitted_on_ids])
def test_other_inputs_than_in_fit(fit):
    model = fit(warm_start=True)
    model.set_params(inputs="features" if fit is fitted_on_ids else "token_ids")
    rows, targets = (X, y) if fit is fitted_on_ids else (IDS, LABELS)
    for method, arguments in [(model.predict, [rows]), (model.fit, [rows, targets])]:
        with pytest.raises(ValueError, match="The 'inputs' parameter .* has changed"):
            method(*arguments)
    model.set_params(warm_start=False).fit(rows, targets)
    assert model.predict(rows).shape == targets.shape
    assert hasattr(model, "vocabulary_size_") == (fit is fitted)


def test_continuing_with_more_experts_is_refused():
    model = fitted(warm_start=True)
    with pytest.raises(ValueError, match=r"shapes it has changed: n_experts \(was 4\)"):
        model.set_params(n_experts=5).fit(X, y)
    assert model.gate(X).shape == (150, 4)


@pytest.mark.parametrize("fit", [fitted, fitted_on_ids])
def test_pickle_and_clone(fit):
    model = fit(router_noise=0.5, dropout=0.2)
    rows, targets = (X, y) if fit is fitted else (IDS, LABELS)
    twin = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        twin.decision_function(rows), model.decision_function(rows)
    )
    again = clone(model).fit(rows, y if fit is fitted else LABELS)
    np.testing.assert_array_equal(again.gate(rows), model.gate(rows))
    again.partial_fit(rows, y if fit is fitted else LABELS)
    assert again.n_iter_ == 6


@pytest.mark.parametrize("top_k", [None, 2])
@pytest.mark.parametrize("inputs", ["features", "token_ids"])
def test_a_row_of_weight_two_is_two_rows(inputs, top_k):
    rows, targets = (X, y) if inputs == "features" else (IDS, LABELS)
    rows, targets = rows[::8], targets[::8]
    twice = np.arange(len(rows)) % 2 + 1
    options = {"inputs": inputs, "top_k": top_k, "embedding_dim": 6}
    weighted = classifier(**options).fit(rows, targets, sample_weight=twice)
    repeated = classifier(**options).fit(rows.repeat(twice, 0), targets.repeat(twice))
    np.testing.assert_allclose(
        weighted.predict_proba(rows), repeated.predict_proba(rows), rtol=1e-7
    )
    np.testing.assert_allclose(
        weighted.expert_usage_, repeated.expert_usage_, rtol=1e-7
    )


def test_grid_search():
    search = GridSearchCV(classifier(), {"top_k": [None, 1], "n_experts": [2, 3]}, cv=2)
    search.fit(X, y)
    assert not np.isnan(search.cv_results_["mean_test_score"]).any()
    assert search.best_estimator_.gate(X).shape[1] in (2, 3)


def test_bfloat16():
    model = fitted(top_k=2, precision="bfloat16", max_epochs=20, lr=0.01)
    assert model.score(X, y) > 0.9
    np.testing.assert_allclose(model.gate(X).sum(axis=1), 1, rtol=1e-5)
