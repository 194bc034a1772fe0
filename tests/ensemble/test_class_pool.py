"""The pool with a weight for each base and class, alone and as a final classifier."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV

from sklearn_nn.ensemble._class_pool import ClassPool
from sklearn_nn.ensemble._harmony import centred
from sklearn_nn.ensemble._pool import PRIOR, fit_class_pool, fit_pool
from tests.ensemble.fusion_cases import fusion, make_rows

X, Y = make_rows()
NEW, TRUE = make_rows(400, seed=1)


def specialists(n_rows, seed=0):
    """Logits of two bases; the first knows class 0, the second classes 1 and 2."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(3, size=n_rows)
    truth = np.eye(3)[codes]
    known = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    stack = 2 * truth[:, np.newaxis] * known + rng.normal(size=(n_rows, 2, 3))
    return centred(stack.reshape(-1, 3)).reshape(-1, 2, 3), codes


STACK, CODES = specialists(3_000)
THERE = np.ones((3_000, 2), dtype=bool)


def test_base_that_knows_a_class_weighs_most_there():
    weights, constants = fit_class_pool(STACK, THERE, CODES)
    assert weights.shape == (2, 3)
    assert constants.shape == (3,)
    assert weights[0, 0] > 2 * weights[0, 1:].max()
    assert weights[1, 1:].min() > weights[1, 0]


def test_few_rows_leave_the_weights_of_the_bases():
    few = slice(0, 5)
    weights, constants = fit_class_pool(STACK[few], THERE[few], CODES[few])
    base = fit_pool(STACK[few], THERE[few], CODES[few])
    assert np.abs(weights - base[:, np.newaxis]).max() < PRIOR
    assert np.abs(constants).max() < PRIOR


def test_weights_are_the_best_ones():
    weights, constants = fit_class_pool(STACK, THERE, CODES)
    base = np.repeat(fit_pool(STACK, THERE, CODES), 3)
    found = np.concatenate([weights.ravel(), constants])

    def loss(parameters):
        table = parameters.reshape(3, 3)
        logits = np.einsum("bk,nbk->nk", table[:2], STACK) + table[2]
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        away = (parameters - np.r_[base, np.zeros(3)]) / PRIOR
        total = log_loss(CODES, shares, normalize=False)
        return total + (away**2).sum() / 2

    assert np.abs(approx_fprime(found, loss, 1e-6)).max() < 1


def test_rows_of_weight_two_count_twice():
    weight = np.r_[np.full(500, 2.0), np.ones(500), np.zeros(2_000)]
    twice = np.r_[0:500, 0:1000]
    for weighted, repeated in zip(
        fit_class_pool(STACK, THERE, CODES, weight),
        fit_class_pool(STACK[twice], THERE[twice], CODES[twice]),
        strict=True,
    ):
        np.testing.assert_allclose(weighted, repeated, atol=1e-3)


def test_as_a_classifier():
    flat = STACK.reshape(-1, 6)
    pool = ClassPool(2, 3).fit(flat, CODES)
    new, codes = specialists(2_000, seed=1)
    new = new.reshape(-1, 6)
    probabilities = pool.predict_proba(new)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(pool.predict(new), probabilities.argmax(axis=1))
    # With rows enough, close to the regression, which has more weights.
    plain = LogisticRegression().fit(flat, CODES)
    assert pool.score(new, codes) == pytest.approx(plain.score(new, codes), abs=0.02)
    # What stands behind the bases, such as the softmax of a booster, is not read.
    further = np.hstack([new, np.full((len(new), 3), 7.0)])
    np.testing.assert_array_equal(pool.predict_proba(further), probabilities)


def test_default_is_a_regression_and_the_pool():
    model = fusion().fit(X, Y)
    plain, pool = model.final_estimators_
    assert isinstance(plain, LogisticRegression)
    assert isinstance(pool, ClassPool)
    np.testing.assert_array_equal(pool.coef_, model.class_weights_)
    logits = model.transform(NEW)
    first, second = model.blend_weights_
    np.testing.assert_allclose(
        model.predict_proba(NEW),
        first * plain.predict_proba(logits) + second * pool.predict_proba(logits),
    )


def test_few_rows_are_better_left_to_the_pool():
    """Averaged over draws: 60 rows are few for 21 weights."""
    losses = {"alone": [], "default": []}
    alone = [("plain", LogisticRegression(max_iter=1000))]
    for seed in range(6):
        rows = make_rows(60, seed=seed + 10)
        for name, finals in (("alone", alone), ("default", None)):
            model = fusion(final_estimators=finals, cv=3).fit(*rows)
            losses[name].append(log_loss(TRUE, model.predict_proba(NEW)))
    assert np.mean(losses["default"]) < np.mean(losses["alone"])


def test_pool_by_name():
    finals = [("plain", LogisticRegression()), ("pool", "pool")]
    model = fusion(final_estimators=finals).fit(X, Y)
    assert [type(final) for final in model.final_estimators_] == [
        LogisticRegression,
        ClassPool,
    ]
    alone = fusion(final_estimators=finals).set_params(plain="drop").fit(X, Y)
    (pool,) = alone.final_estimators_
    np.testing.assert_array_equal(alone.blend_weights_, [1])
    np.testing.assert_allclose(
        alone.predict_proba(NEW), pool.predict_proba(alone.transform(NEW))
    )
    grid = {"plain": ["drop", LogisticRegression()], "pool": ["pool"]}
    search = GridSearchCV(fusion(final_estimators=finals), grid, cv=2).fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_pool_is_no_base():
    model = fusion(estimators=[("words", "pool", "text")])
    with pytest.raises(ValueError, match="'words', of type str, is no classifier"):
        model.fit(X, Y)


def test_class_of_one_row_is_missing_in_a_fold():
    y = np.array(Y, dtype=object)
    y[0] = "zebra"
    model = fusion().fit(X, y)
    assert model.class_weights_.shape == (2, 4)
    probabilities = model.predict_proba(NEW)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert model.score(NEW, TRUE.astype(object)) > 0.7


def test_class_whose_rows_have_no_base():
    y = np.array(Y, dtype=object)
    y[:3] = "zebra"
    lost = X.copy()
    lost.loc[:2, "text"] = None
    lost.loc[:2, ["height", "width"]] = np.nan
    model = fusion().fit(lost, y)
    probabilities = model.predict_proba(NEW)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert probabilities[:, 3].max() < 0.05
    assert model.score(NEW, TRUE.astype(object)) > 0.7
