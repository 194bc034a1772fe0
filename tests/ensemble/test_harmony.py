"""Whatever a classifier offers becomes centred, calibrated log-probabilities."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import log_loss
from sklearn.svm import SVC, LinearSVC

from sklearn_nn.ensemble._harmony import (
    FLOOR,
    Reader,
    calibrate,
    fit_temperature,
    hard_scale,
    mean_loss,
    method_of,
)
from tests.ensemble.fusion_cases import Hard, Mute

X, Y = load_iris(return_X_y=True)
TWO = Y < 2


def read(estimator, rows=None, n_classes=3, codes=None):
    if rows is None:
        rows = X[: estimator.n_rows] if isinstance(estimator, Says) else X
    codes = np.arange(n_classes) if codes is None else np.array(codes)
    return Reader("base", estimator, np.arange(len(codes)), codes)(rows, n_classes)


class Says(BaseEstimator):
    """Answers what it is told to."""

    def __init__(self, **answers):
        for method, answer in answers.items():
            self.n_rows = len(answer)
            setattr(self, method, lambda X, answer=answer: np.array(answer))


def test_method():
    assert method_of(LogisticRegression()) == "predict_log_proba"
    assert method_of(SVC()) == "decision_function"
    assert method_of(LinearSVC()) == "decision_function"
    assert method_of(Hard()) == "predict"
    assert method_of(Mute()) is None


@pytest.mark.parametrize(
    "estimator",
    [LogisticRegression(max_iter=500), RandomForestClassifier(10, random_state=0)],
    ids=["logistic", "forest"],
)
def test_probabilities_come_back(estimator):
    logits = read(estimator.fit(X, Y))
    np.testing.assert_allclose(logits.sum(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose(
        softmax(logits, axis=1), estimator.predict_proba(X), atol=1e-5
    )


def test_probabilities_without_logarithms():
    logits = read(Says(predict_proba=[[0.5, 0.25, 0.25]]))
    np.testing.assert_allclose(softmax(logits), [[0.5, 0.25, 0.25]])


def test_scores_of_several_classes_are_logits():
    model = RidgeClassifier().fit(X, Y)
    scores = model.decision_function(X)
    np.testing.assert_allclose(
        read(model), scores - scores.mean(axis=1, keepdims=True), atol=1e-12
    )


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)], ids=["1-D", "column"])
def test_score_of_two_classes_is_their_difference(shape):
    scores = np.array([-3.0, 0.5]).reshape(shape)
    logits = read(Says(decision_function=scores), n_classes=2)
    np.testing.assert_allclose(logits, [[1.5, -1.5], [-0.25, 0.25]])


def test_zero_probabilities_are_floored_and_others_are_not():
    logits = read(Says(predict_proba=[[1.0, 0.0, 0.0], [1.0, 1e-30, 0.0]]))
    assert np.isfinite(logits).all()
    assert logits[0, 0] - logits[0, 1] == pytest.approx(-FLOOR)
    # A zero is never worth more than what is finite.
    assert logits[1, 0] - logits[1, 1] == pytest.approx(-np.log(1e-30))
    assert logits[1, 2] == logits[1, 1]
    same = read(Says(predict_log_proba=[[0.0, -np.inf, -np.inf]]))
    np.testing.assert_allclose(same[0], logits[0])


def test_class_that_a_base_has_not_seen_gets_the_floor():
    logits = read(Says(predict_proba=[[0.5, 0.5]]), codes=[0, 2])
    assert logits[0, 0] == logits[0, 2]
    assert logits[0, 1] - logits[0, 0] == pytest.approx(FLOOR - np.log(0.5))
    hard = read(Says(predict=[1, 0]), codes=[0, 2])
    assert hard.argmax(axis=1).tolist() == [2, 0]


@pytest.mark.parametrize(
    "answers, message",
    [
        ({"predict_proba": [[0.5, 0.5]]}, r"returns the shape \(1, 2\) for 3 classes"),
        ({"decision_function": np.zeros((1, 6))}, "decision_function_shape='ovr'"),
        ({"decision_function": [[0, 1, 2], [0, np.nan, 1]]}, "not finite for row 1"),
        ({"decision_function": [[0, -np.inf, 2]]}, "not finite for row 0"),
        ({"predict_proba": [[np.nan, 0.5, 0.5]]}, "not finite for row 0"),
        ({"predict_proba": [[-0.5, 0.5, 1.0]]}, "is negative for row 0"),
        ({"predict": [7]}, "predicts 7, which is none of its classes"),
    ],
    ids=["columns", "one-vs-one", "nan", "inf", "nan-probability", "negative", "label"],
)
def test_unusable_answers_are_refused_by_name(answers, message):
    with pytest.raises(ValueError, match=f"'base'.*{message}|{message}.*'base'"):
        read(Says(**answers))


def test_labels_are_smoothed_by_their_accuracy():
    rng = np.random.default_rng(0)
    codes = rng.integers(3, size=998)
    said = np.where(np.arange(998) < 799, codes, (codes + 1) % 3)
    rows = np.zeros((998, 1))
    answers = read(Says(predict=said), rows)
    probabilities = softmax(hard_scale(answers, codes) * answers, axis=1)
    # One more right and one more wrong: 800 of 1000.
    np.testing.assert_allclose(probabilities.max(axis=1), 0.8)
    np.testing.assert_allclose(np.sort(probabilities, axis=1)[:, :2], 0.1)
    wrong = read(Says(predict=(codes + 1) % 3), rows)
    assert 0 < hard_scale(wrong, codes) < 1e-5


@pytest.mark.parametrize("true", [0.25, 1.0, 4.0])
def test_temperature_is_found(true):
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=2, size=(20_000, 3))
    draws = rng.gumbel(size=logits.shape)
    codes = (logits + draws).argmax(axis=1)
    assert fit_temperature(logits * true, codes) == pytest.approx(true, rel=0.05)


def test_temperature_weighs_rows():
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(300, 3))
    codes = rng.integers(3, size=300)
    codes[:100] = logits[:100].argmax(axis=1)
    weight = np.repeat([1.0, 0.0], [150, 150])
    assert fit_temperature(logits, codes, weight) == pytest.approx(
        fit_temperature(logits[:150], codes[:150])
    )
    assert fit_temperature(logits, codes) > 1.5 * fit_temperature(logits, codes, weight)
    assert fit_temperature(np.zeros((3, 2)), np.array([0, 1, 1])) == 1.0


def test_loss_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    logits, codes = rng.normal(size=(20, 3)), np.arange(20) % 3
    weight = rng.random(20)
    expected = log_loss(codes, softmax(logits, axis=1), sample_weight=weight)
    assert mean_loss(logits, codes, weight) == pytest.approx(expected)
    assert mean_loss(log_softmax(logits, axis=1), codes) == pytest.approx(
        log_loss(codes, softmax(logits, axis=1))
    )


def test_calibration_looks_at_the_rows_that_a_base_answers():
    rng = np.random.default_rng(0)
    answers = rng.normal(size=(200, 2, 3))
    codes = (answers[:, 0] / 3 + rng.gumbel(size=(200, 3))).argmax(axis=1)
    there = np.ones((200, 2), dtype=bool)
    there[100:, 0] = False
    temperatures, scales = calibrate(answers, there, [False, True], codes)
    assert temperatures[0] == fit_temperature(answers[:100, 0], codes[:100])
    assert scales[0] == 1 / temperatures[0]
    assert scales[1] == pytest.approx(
        hard_scale(answers[:, 1], codes) / temperatures[1]
    )
