"""The loss at ever higher learning rates."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from sklearn_nn.inspection import LearningRateDisplay
from sklearn_nn.model_selection import find_learning_rate
from tests.inspection.display_cases import displays, legend_of
from tests.training.small import X, mlp, y


@pytest.fixture(scope="module")
def curve():
    return find_learning_rate(mlp(), X, y)


def test_from_curve(curve):
    _, ax = plt.subplots()
    display = LearningRateDisplay.from_curve(curve, ax=ax)
    loss, smoothed = display.lines_
    np.testing.assert_array_equal(loss.get_xdata(), curve.lr)
    np.testing.assert_array_equal(loss.get_ydata(), curve.loss)
    np.testing.assert_array_equal(smoothed.get_ydata(), curve.smoothed_loss)
    assert display.suggestion_.get_xdata()[0] == curve.suggestion
    box = display.window_.get_window_extent()
    ends = ax.transData.inverted().transform([[box.x0, 0], [box.x1, 0]])[:, 0]
    np.testing.assert_allclose(ends, curve.stable_window)
    assert (ax.get_xscale(), ax.get_xlabel()) == ("log", "learning rate")
    assert ax.get_ylabel() == "training loss"
    assert legend_of(ax)[-1] == f"suggestion: {curve.suggestion:.2g}"


def test_from_estimator_searches(curve):
    model = mlp()
    display = LearningRateDisplay.from_estimator(model, X, y)
    np.testing.assert_array_equal(display.loss, curve.loss)
    assert display.suggestion == curve.suggestion
    assert not hasattr(model, "net_")
    fewer = LearningRateDisplay.from_estimator(
        model, X, y, lr_min=1e-4, lr_max=1e-1, n_steps=30, sample_weight=np.ones(len(X))
    )
    assert len(fewer.lr) == 30
    np.testing.assert_allclose(fewer.lr[[0, -1]], [1e-4, 1e-1])


def test_the_curve_draws_the_same(curve):
    ax = curve.plot()
    display = LearningRateDisplay.from_curve(curve)
    assert len(ax.lines) == len(display.ax_.lines)
    for drawn, own in zip(ax.lines, display.ax_.lines):
        np.testing.assert_array_equal(drawn.get_xydata(), own.get_xydata())
    assert legend_of(ax) == legend_of(display.ax_)


def test_without_a_suggestion():
    display = displays()["learning rate"]
    display.stable_window = display.suggestion = None
    display.plot()
    assert display.window_ is display.suggestion_ is None
    assert legend_of(display.ax_) == ["loss of a batch", "smoothed"]


def test_wrong_arguments(curve):
    with pytest.raises(TypeError, match="curve must be.*there is from_estimator"):
        LearningRateDisplay.from_curve(mlp())
    for loss in (curve.loss[:-1], curve.loss[:, None]):
        with pytest.raises(ValueError, match="must be of one length"):
            LearningRateDisplay(
                lr=curve.lr, loss=loss, smoothed_loss=curve.smoothed_loss
            ).plot()
    with pytest.raises(ValueError, match="one or more"):
        LearningRateDisplay(lr=[], loss=[], smoothed_loss=[]).plot()
    with pytest.raises(TypeError, match="exactly one"):
        LearningRateDisplay.from_estimator(DummyClassifier(), X, y)
    assert plt.get_fignums() == []


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf], ids=str)
def test_losses_that_are_not_finite_are_left_out(wrong):
    loss = [1.0, 0.5, wrong, wrong]
    display = LearningRateDisplay(
        lr=[1e-4, 1e-3, 1e-2, 0.1], loss=loss, smoothed_loss=loss
    ).plot()
    display.figure_.canvas.draw()
    assert display.ax_.get_ylim() == pytest.approx((0, 1.1))
    for line in display.lines_:
        np.testing.assert_array_equal(line.get_ydata(), [1, 0.5, np.nan, np.nan])


def test_losses_below_zero_and_of_zero():
    for loss, limits in (([-3, -2], (-3, -1.9)), ([0, 0], (0, 1))):
        display = LearningRateDisplay(lr=[0.01, 0.1], loss=loss, smoothed_loss=loss)
        assert display.plot().ax_.get_ylim() == pytest.approx(limits)


def test_no_finite_loss():
    loss = [np.nan, np.inf]
    display = LearningRateDisplay(lr=[0.01, 0.1], loss=loss, smoothed_loss=loss)
    with pytest.raises(ValueError, match="must hold a finite number.*lower lr_min"):
        display.plot()
    assert plt.get_fignums() == []
