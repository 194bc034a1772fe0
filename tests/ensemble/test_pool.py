"""The logarithmic pool: weights, rows without some base, what each base is worth."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from sklearn_nn.ensemble._harmony import mean_loss
from sklearn_nn.ensemble._pool import ablation, fit_mixture, fit_pool, pooled

RNG = np.random.default_rng(0)
N, K = 3000, 3
CODES = RNG.integers(K, size=N)


def evidence(strength, rng):
    """Calibrated logits: the log-likelihoods of the classes, from a noisy sight."""
    sight = strength * np.eye(K)[CODES] + rng.normal(size=(N, K))
    logits = strength * sight
    return logits - logits.mean(axis=1, keepdims=True)


STACK = np.stack([evidence(s, np.random.default_rng(int(9 * s))) for s in (1, 2)], 1)
THERE = np.ones((N, 2), dtype=bool)
EVEN = np.full(K, -np.log(K))


def test_independent_evidence_adds_up():
    np.testing.assert_allclose(fit_pool(STACK, THERE, CODES), [1, 1], atol=0.1)


def test_same_evidence_twice_is_counted_once():
    twice = STACK[:, [1, 1]]
    assert fit_pool(twice, THERE, CODES).sum() == pytest.approx(1, abs=0.1)


def test_noise_gets_no_weight_and_weights_are_never_negative():
    noise = np.stack([STACK[:, 1], -STACK[:, 0]], axis=1)
    weights = fit_pool(noise, THERE, CODES)
    assert weights[1] == 0
    assert weights[0] == pytest.approx(1, abs=0.1)


def test_weights_are_the_best_ones():
    weights = fit_pool(STACK, THERE, CODES)
    best = mean_loss(pooled(STACK, weights, THERE), CODES)
    for step in np.vstack([np.eye(2), -np.eye(2)]) * 0.05:
        assert mean_loss(pooled(STACK, weights + step, THERE), CODES) > best


def test_row_weights():
    weight = (np.arange(N) < 500).astype(float)
    np.testing.assert_allclose(
        fit_pool(STACK, THERE, CODES, weight),
        fit_pool(STACK[:500], THERE[:500], CODES[:500]),
        rtol=1e-6,
    )


def test_base_alone_counts_as_one():
    there = np.array([[True, True], [True, False], [False, True]])
    stack = STACK[:3] * there[:, :, np.newaxis]
    logits = pooled(stack, np.array([0.5, 0.0]), there)
    np.testing.assert_allclose(logits[0], 0.5 * stack[0, 0])
    np.testing.assert_allclose(logits[1], stack[1, 0])
    np.testing.assert_allclose(logits[2], stack[2, 1])


def test_bases_of_weight_zero_among_themselves():
    there = np.array([[False, True, True]])
    stack = np.concatenate([STACK[:1], STACK[1:2, :1]], axis=1) * there[..., None]
    logits = pooled(stack, np.array([1.0, 0.0, 0.0]), there)
    np.testing.assert_allclose(logits[0], stack[0, 1] + stack[0, 2])


def test_rows_with_one_base_say_nothing_about_weights():
    there = THERE.copy()
    there[1000:, 0] = False
    stack = STACK * there[:, :, np.newaxis]
    np.testing.assert_array_equal(
        fit_pool(stack, there, CODES),
        fit_pool(STACK[:1000], THERE[:1000], CODES[:1000]),
    )
    np.testing.assert_array_equal(
        fit_pool(stack[1000:], there[1000:], CODES[1000:]), [1, 1]
    )


def test_ablation_tells_what_only_one_base_knows():
    rises = ablation(STACK, THERE, CODES, EVEN)
    losses = [mean_loss(STACK[:, base], CODES) for base in (0, 1)]
    whole = mean_loss(pooled(STACK, fit_pool(STACK, THERE, CODES), THERE), CODES)
    assert rises[1] > rises[0] > 0
    np.testing.assert_allclose(rises, np.array(losses[::-1]) - whole)
    twice = ablation(STACK[:, [1, 1]], THERE, CODES, EVEN)
    np.testing.assert_allclose(twice, 0, atol=1e-3)


def test_ablation_of_the_only_base_leaves_the_frequencies():
    (rise,) = ablation(STACK[:, :1], THERE[:, :1], CODES, EVEN)
    assert rise == pytest.approx(np.log(K) - mean_loss(STACK[:, 0], CODES))


def test_mixture_is_the_best_on_the_line():
    probabilities = softmax(STACK, axis=2)
    true = probabilities[np.arange(N), :, CODES]
    weights = fit_mixture(true)
    assert weights.sum() == pytest.approx(1)
    grid = np.linspace(0, 1, 1001)
    losses = [-np.log(a * true[:, 0] + (1 - a) * true[:, 1]).mean() for a in grid]
    assert weights[0] == pytest.approx(grid[np.argmin(losses)], abs=2e-3)


def test_mixture_of_three():
    rng = np.random.default_rng(0)
    true = np.column_stack([rng.random(500), rng.random(500), np.full(500, 0.01)])
    weights = fit_mixture(true)
    assert weights[2] < 1e-6
    assert weights.min() >= 0
    best = -np.log(true @ weights).mean()
    for other in rng.dirichlet(np.ones(3), size=200):
        assert -np.log(true @ other).mean() >= best - 1e-9
    share = (np.arange(500) < 100).astype(float)
    np.testing.assert_allclose(
        fit_mixture(true, share), fit_mixture(true[:100]), atol=1e-4
    )


def test_mixture_of_equals_is_even():
    true = np.repeat(RNG.random((50, 1)), 3, axis=1)
    np.testing.assert_allclose(fit_mixture(true), 1 / 3)
    assert np.isfinite(fit_mixture(np.zeros((5, 2)))).all()


def test_log_probabilities_of_the_pool_are_normalised_products():
    weights = np.array([0.5, 2.0])
    logits = pooled(STACK, weights, THERE)
    product = (softmax(STACK, axis=2) ** weights[:, np.newaxis]).prod(axis=1)
    expected = np.log(product / product.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(log_softmax(logits, axis=1), expected, atol=1e-9)
