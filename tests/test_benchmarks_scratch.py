"""The studies of networks in NumPy, on a tiny share of the data."""

import json
import math

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import PredefinedSplit

from benchmarks import _report, _scratch_pictures, scratch_studies
from benchmarks._scratch_training import entropy, halves, run, shown
from benchmarks.scratch_studies import DIGITS, MAKERS, STUDIES, autoencoder, losses
from benchmarks.studies import Rows, Study, load, named


def few(data):
    """Return few rows: points, or small digits in the middle of large images."""
    if data in MAKERS:
        return load(data, 60, 30, MAKERS)
    images, y = load_digits(return_X_y=True)
    large = np.kron(images[:300].reshape(-1, 8, 8) / 16, np.ones((3, 3)))
    X = np.pad(large, [(0, 0), (2, 2), (2, 2)]).reshape(300, -1).astype(np.float32)
    return Rows(X, y[:300], PredefinedSplit(np.repeat([-1, 0], [200, 100])))


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(_report, "RESULTS", tmp_path)
    for name, study in STUDIES.items():
        levers, net = dict(study.levers), study.net
        if study.data == "checkerboard":
            net = clone(net).set_params(max_epochs=2)
        if "max_epochs" in levers:
            levers["max_epochs"] = dict.fromkeys(levers["max_epochs"], 2)
        quick = study._replace(seeds=(0,), levers=levers, net=net)
        monkeypatch.setitem(STUDIES, name, quick)
    for module in (scratch_studies, _scratch_pictures):
        monkeypatch.setattr(module, "rows_of", few)
    return tmp_path


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_stands_beside_what_was_reported(name, results, capsys):
    scratch_studies.main([name, "--save"])
    figures = json.loads((results / "scratch_studies.json").read_text())[name]
    study = STUDIES[name]
    assert len(figures["rows"]) == math.prod(map(len, study.levers.values()))
    beside = {
        tuple(row[lever] for lever in study.levers): row["reported"]
        for row in figures["rows"]
    }
    assert {k: v for k, v in beside.items() if v} == study.beside
    printed = capsys.readouterr().out
    assert f"{name}; reported: {study.reported}" in printed
    assert "reported" in printed.splitlines()[2]


@pytest.mark.parametrize(
    ("net", "figure", "sign"),
    [(DIGITS, "accuracy", 1), (autoencoder(784, 16), "bce", -1)],
    ids=["classifier", "autoencoder"],
)
def test_study_is_the_mean_over_the_seeds(net, figure, sign):
    rows = few("digits")
    study = Study("", {"lr": named(0.05)}, net, seeds=(0, 1))
    (row,) = run(study, rows)
    X, y, X_val, y_val = halves(rows)
    nets = [
        clone(net).set_params(lr=0.05, random_state=seed).fit(X, y) for seed in (0, 1)
    ]
    alone = [sign * net.score(X_val, y_val) for net in nets]
    assert row[figure] == np.mean(alone)
    assert row["std"] == np.std(alone, ddof=1) > 0
    assert len(row["train_loss"]) == len(row["valid_loss"]) == net.max_epochs
    if figure == "bce":
        assert row["bce"] == pytest.approx(row["valid_loss"][-1], abs=0.05)
        assert row["bce"] > row["floor"] > 0


def test_divergence_is_shown_for_what_it_is():
    nets = {"learns": DIGITS, "diverges": losses()["squared error, lr 1.0"]}
    study = Study("", {"net": nets}, seeds=(0, 1))
    learned, diverged = run(study, few("digits"))
    assert (learned["diverged"], diverged["diverged"]) == (0, 2)
    assert learned["accuracy"] > 0.5
    assert diverged["accuracy"] is diverged["std"] is None
    assert shown(diverged)["accuracy"] == "diverged (2 seeds)"
    assert shown(learned)["accuracy"].startswith(f"{learned['accuracy']:.4f} +- ")


def test_straight_lines_end_where_least_squares_do():
    rows = run(STUDIES["noisy_line"], load("noisy line", 1_000, 2_000, MAKERS))
    least_squares, full_batch, _ = (row["R2"] for row in rows)
    assert full_batch == pytest.approx(least_squares, abs=1e-6)
    assert least_squares == pytest.approx(0.5, abs=0.05)


def test_separable_points_are_separable():
    X, y, X_val, y_val = halves(load("separable", 500, 500, MAKERS))
    line = LogisticRegression(C=1e6).fit(X, y)
    assert line.score(X, y) == line.score(X_val, y_val) == 1
    assert np.abs(X.sum(axis=1)).min() >= 0.2


def test_entropy_is_the_floor_of_a_perfect_copy():
    assert entropy(np.array([[0, 1, 1, 0]])) == 0
    assert entropy(np.full((2, 3), 0.5)) == pytest.approx(np.log(2))


def test_pictures_are_drawn(results, monkeypatch):
    monkeypatch.setattr(_scratch_pictures, "PICTURES", results / "images")
    studies = ["learning_rate", "batch_size", "activation", "latent_size"]
    scratch_studies.main([*studies, "--save", "--pictures"])
    made = {path.name: path.read_bytes() for path in (results / "images").iterdir()}
    assert set(made) == {
        "scratch_curves.png",
        "scratch_latents.png",
        "scratch_checkerboard.png",
    }
    assert all(image.startswith(b"\x89PNG") for image in made.values())
