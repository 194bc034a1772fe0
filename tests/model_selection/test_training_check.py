"""Model selection: the checks before a training, on sound and on broken networks."""

import numpy as np
import pytest
import torch
from scipy.stats import entropy
from sklearn.cluster import KMeans
from sklearn.datasets import load_diabetes, load_digits, make_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from sklearn_nn._classifier import NeuralClassifier
from sklearn_nn._declaration import estimator
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.model_selection import check_training
from sklearn_nn.neural_network import BiGRUClassifier, MLPClassifier, MLPRegressor

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS, LABELS = DIGITS[:600] / 16, LABELS[:600]
NAMES = ["initial loss", "gradients", "over-fits 32 rows", "beats the baselines"]


class TwoLayers(nn.Module):
    """A perceptron in which a fault can be planted."""

    def __init__(self, n_inputs, n_outputs, fault):
        super().__init__()
        self.fault = fault
        self.first = nn.Linear(n_inputs, 64)
        self.second = nn.Linear(64, 64)
        self.output = nn.Linear(64, n_outputs)
        self.n_features = 64
        if fault == "dead":
            nn.init.constant_(self.second.bias, -1e3)
        if fault == "frozen":
            self.first.requires_grad_(False)
        if fault == "large":
            nn.init.normal_(self.output.weight, std=3.0)

    def features(self, x):
        x = self.first(x).relu()
        if self.fault == "detached":
            x = x.detach()
        x = self.second(x)
        if self.fault == "blind":
            x = x * 0 + 1
        return x.relu()

    def forward(self, x):
        return self.output(self.features(x))


@estimator
class Faulty(NeuralClassifier):
    """A classifier on it."""

    fault: str = ""

    def _module(self, n_outputs):
        shape = {"n_inputs": self.n_features_in_, "n_outputs": n_outputs}
        return TwoLayers, {**shape, "fault": self.fault}


def check(model, X=DIGITS, y=LABELS):
    return check_training(model, X, y, random_state=0)


def failed(report):
    return [check.name for check in report.checks if not check.passed]


@pytest.fixture(scope="module")
def sound():
    return check(Faulty(lr=3e-3, random_state=0))


def test_sound_network_passes(sound):
    assert sound.passed
    assert [check.name for check in sound.checks] == NAMES
    assert not any(check.advice for check in sound.checks)
    shares = np.bincount(LABELS) / len(LABELS)
    figures = sound["initial loss"].figures
    assert figures["best constant"] == pytest.approx(entropy(shares), abs=0.02)
    assert figures["loss"] == pytest.approx(np.log(10), abs=0.1)
    assert sound["gradients"].figures == {"without": [], "not finite": []}
    memory = sound["over-fits 32 rows"].figures
    assert memory["accuracy"] == 1 and memory["epochs"] < 200
    gain = sound["beats the baselines"].figures
    assert gain["accuracy"] > 0.85 > 0.2 > gain["majority"] > gain["uniform"] == 0.1


def test_report_is_readable(sound):
    lines = str(sound).splitlines()
    assert len(lines) == 4
    assert lines[1] == "pass  gradients: without none, not finite none"
    frame = sound.to_frame()
    assert frame.index.tolist() == NAMES
    assert frame["passed"].all()
    assert list(frame.columns) == ["passed", "figures", "advice"]


LOWER = ["first.weight", "first.bias"]
MIDDLE = ["second.weight", "second.bias"]


@pytest.mark.parametrize(
    "fault, without",
    [
        ("dead", [*LOWER, *MIDDLE, "output.weight"]),
        ("blind", [*LOWER, *MIDDLE]),
        ("frozen", LOWER),
        ("detached", LOWER),
    ],
)
def test_parameters_without_gradient_are_named(fault, without):
    # The first two learn nothing, which 1,000 epochs are to show: 16 rows suffice.
    report = check(
        Faulty(fault=fault, lr=3e-3, random_state=0), DIGITS[:60], LABELS[:60]
    )
    assert report["gradients"].figures["without"] == without
    assert not report["gradients"].passed
    assert all(name in str(report) for name in without)
    assert "frozen, detached" in report["gradients"].advice
    assert report["initial loss"].passed
    assert report["over-fits 32 rows"].passed == (fault in ("frozen", "detached"))


def test_learning_rate_of_next_to_nothing():
    report = check(Faulty(lr=1e-9, random_state=0))
    assert failed(report) == NAMES[2:]
    assert report["over-fits 32 rows"].figures["epochs"] == 1000
    assert "find_learning_rate" in report["over-fits 32 rows"].advice
    assert "FAIL  over-fits 32 rows" in str(report)


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_labels(seed):
    shuffled = np.random.default_rng(seed).permutation(LABELS)
    report = check(Faulty(lr=3e-3, random_state=0), y=shuffled)
    assert failed(report) == ["beats the baselines"]
    assert "targets belong to the rows" in report["beats the baselines"].advice


@pytest.mark.parametrize("X, fault", [(DIGITS, "large"), (DIGITS * 1600, "")])
def test_outputs_too_large_at_the_start(X, fault):
    report = check(Faulty(fault=fault, lr=3e-3, random_state=0), X)
    assert "initial loss" in failed(report)
    assert "Scale X to about" in report["initial loss"].advice


def test_divergence_is_a_finding():
    y = LABELS.astype(float)
    report = check(MLPRegressor(lr=1e4, optimizer="sgd", random_state=0), y=y)
    assert failed(report) == NAMES[1:]
    assert "output.weight" in report["gradients"].figures["not finite"]
    for name in NAMES[2:]:
        assert "Training diverged" in report[name].advice


@pytest.mark.parametrize("batch_size", [32, 1024])
def test_divergence_at_once_is_a_finding(batch_size):
    """In the first batches too, be they of one epoch or of several."""
    model = MLPClassifier(lr=1e30, batch_size=batch_size, random_state=0)
    report = check_training(model, DIGITS[:200], LABELS[:200], random_state=0)
    assert not report["over-fits 32 rows"].passed
    assert report["initial loss"].passed


def test_targets_in_a_column():
    model, rows = MLPClassifier(max_epochs=5, random_state=0), DIGITS[:200]
    column, flat = (
        check_training(model, rows, targets, random_state=0)
        for targets in (LABELS[:200, None], LABELS[:200])
    )
    assert str(column) == str(flat)


def test_regressor():
    X, y = load_diabetes(return_X_y=True)
    X, scaled = StandardScaler().fit_transform(X), (y - y.mean()) / y.std()
    report = check(MLPRegressor(random_state=0), X, scaled)
    assert report.passed
    assert report["over-fits 32 rows"].figures["R2"] >= 0.99
    figures = report["beats the baselines"].figures
    assert figures["squared error"] < figures["of the mean"]
    small = check(MLPRegressor(random_state=0), X, scaled / 1000)
    assert "Scale X and y" in small["initial loss"].advice
    shuffled = np.random.default_rng(0).permutation(scaled)
    assert "beats the baselines" in failed(
        check(MLPRegressor(random_state=0), X, shuffled)
    )


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_unequal_classes(class_weight):
    X, y = make_classification(1000, 10, weights=[0.9], random_state=0)
    model = MLPClassifier(class_weight=class_weight, lr=3e-3, random_state=0)
    report = check(make_pipeline(StandardScaler(), model), X, y)
    assert report.passed
    expected = np.log(2) if class_weight else entropy(np.bincount(y) / len(y))
    assert report["initial loss"].figures["best constant"] == pytest.approx(
        expected, abs=0.15
    )


def test_regularisation_does_not_blur_the_initial_loss():
    model = MLPClassifier(label_smoothing=0.3, dropout=0.3, lr=3e-3, random_state=0)
    report = check(model)
    assert report.passed
    assert report["initial loss"].figures["loss"] == pytest.approx(np.log(10), abs=0.2)


def test_texts_and_token_ids():
    texts = [f"{'good' if i % 2 else 'bad'} film number {i % 7}" for i in range(120)]
    model = make_pipeline(
        SequenceVectorizer(min_frequency=1),
        BiGRUClassifier(
            embedding_dim=8, hidden_size=8, max_epochs=5, lr=0.01, random_state=0
        ),
    )
    labels = np.where(np.arange(120) % 2, "yes", "no")
    assert check(model, texts, labels).passed
    assert not hasattr(model[0], "vocabulary_")


def test_estimator_and_generators_stay_as_they_are():
    model = MLPClassifier(lr=0.01, random_state=0, max_epochs=3)
    before = dict(vars(model))
    state, numpy_state = torch.random.get_rng_state(), np.random.get_state()
    first, again = (check(model, DIGITS[:100], LABELS[:100]) for _ in range(2))
    assert first == again
    assert vars(model) == before
    assert torch.equal(torch.random.get_rng_state(), state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state[1])


@pytest.mark.parametrize(
    "model, rows, error, message",
    [
        (KMeans(), 100, TypeError, "takes classifiers and regressors"),
        (None, 100, TypeError, "takes classifiers and regressors"),
        (MLPClassifier(), 9, ValueError, "at least 10 rows"),
        (make_pipeline(KMeans(), Faulty(), Faulty()), 100, TypeError, "exactly one"),
    ],
)
def test_bad_input(model, rows, error, message):
    with pytest.raises(error, match=message):
        check_training(model, DIGITS[:rows], LABELS[:rows])


def test_bad_data_is_told_as_in_fit():
    with pytest.raises(ValueError, match="one class only"):
        check_training(Faulty(), DIGITS, np.zeros(600))
