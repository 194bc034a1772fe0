"""Points of the plane."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from sklearn_nn.datasets import make_checkerboard, make_four_gaussians

MAKERS = [make_checkerboard, make_four_gaussians]


@pytest.mark.parametrize("make", MAKERS)
def test_form(make):
    data = make(50, random_state=0)
    assert data.data.shape == (50, 2) and data.data.dtype == np.float64
    assert data.target.shape == (50,) and data.target.dtype == np.int64
    assert len(data.target_names) == 2 and data.frame is None and data.DESCR
    X, y = make(50, random_state=0, return_X_y=True)
    np.testing.assert_array_equal(X, data.data)
    np.testing.assert_array_equal(y, data.target)
    frame = make(50, random_state=0, as_frame=True)
    assert isinstance(frame.target, pd.Series)
    assert list(frame.frame.columns) == ["x", "y", "target"]
    np.testing.assert_array_equal(frame.data.to_numpy(), X)


@pytest.mark.parametrize("make", MAKERS)
def test_random_state(make):
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    X, _ = make(20, random_state=1, return_X_y=True)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    same, _ = make(20, random_state=np.random.RandomState(1), return_X_y=True)
    other, _ = make(20, random_state=2, return_X_y=True)
    np.testing.assert_array_equal(X, same)
    assert (X != other).any()


def test_checkerboard_tiles():
    X, y = make_checkerboard(5000, random_state=0, return_X_y=True)
    assert X.min() >= -4 and X.max() <= 4
    np.testing.assert_array_equal(y, np.floor(X + 4).astype(int).sum(axis=1) % 2)
    assert 0.45 < y.mean() < 0.55
    X, y = make_checkerboard(
        500, n_tiles=2, low=10, high=30, random_state=0, return_X_y=True
    )
    np.testing.assert_array_equal(y, (X[:, 0] >= 20) != (X[:, 1] >= 20))
    _, y = make_checkerboard(50, n_tiles=1, random_state=0, return_X_y=True)
    assert not y.any()


def test_checkerboard_noise_moves_points_over_borders():
    clean, y = make_checkerboard(500, random_state=0, return_X_y=True)
    noisy, y_noisy = make_checkerboard(500, noise=0.2, random_state=0, return_X_y=True)
    np.testing.assert_array_equal(y, y_noisy)
    assert np.std(noisy - clean) == pytest.approx(0.2, rel=0.1)


def test_four_gaussians_is_an_exclusive_or():
    X, y = make_four_gaussians(4000, random_state=0, return_X_y=True)
    assert y.mean() == 0.5
    for corner in [(-1, -1), (-1, 1), (1, -1), (1, 1)]:
        near = (np.sign(X) == corner).all(axis=1)
        assert abs(near.mean() - 0.25) < 0.005
        np.testing.assert_allclose(X[near].mean(axis=0), corner, atol=0.05)
        np.testing.assert_allclose(X[near].std(axis=0), 0.3, atol=0.03)
    # The accuracy of the best rule, as the docstring gives it.
    assert np.mean((X.prod(axis=1) < 0) == y) == pytest.approx(0.9991, abs=0.002)
    assert LogisticRegression().fit(X, y).score(X, y) < 0.6
    assert SVC().fit(X, y).score(X, y) > 0.99


def test_no_spread():
    X, _ = make_four_gaussians(8, std=0, random_state=0, return_X_y=True)
    assert set(map(tuple, X)) == {(-1, -1), (-1, 1), (1, -1), (1, 1)}


@pytest.mark.parametrize(
    "make, wrong",
    [
        (make_checkerboard, {"n_samples": 0}),
        (make_checkerboard, {"n_tiles": 1.5}),
        (make_checkerboard, {"noise": -1}),
        (make_checkerboard, {"random_state": "0"}),
        (make_four_gaussians, {"n_samples": 2.0}),
        (make_four_gaussians, {"std": -0.1}),
        (make_four_gaussians, {"as_frame": "no"}),
    ],
)
def test_wrong_parameter(make, wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"The '{name}' parameter of {make.__name__}"):
        make(**wrong)


def test_board_without_a_surface():
    with pytest.raises(ValueError, match="high must be greater than low"):
        make_checkerboard(low=1, high=1)
