"""The scripts on perceptrons, studies and AG News, on a tiny share of the data."""

import json
import math

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import PredefinedSplit
from sklearn.utils import Bunch

from benchmarks import _report, ag_news, perceptrons, studies
from sklearn_nn.datasets import make_four_gaussians, make_product_listings
from sklearn_nn.neural_network import MLPClassifier


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(_report, "RESULTS", tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    folds = np.repeat([-1, 0], [600, 300])
    return studies.Rows(X[:900] / 16, y[:900], PredefinedSplit(folds))


@pytest.mark.parametrize("name", studies.STUDIES)
def test_study_scores_every_scenario(name, digits):
    study = studies.STUDIES[name]._replace(seeds=(0,))
    levers = {lever: dict(outcomes) for lever, outcomes in study.levers.items()}
    for slow, fast in (("net__batch_size", 256), ("net__max_epochs", 1)):
        if slow in levers:
            levers[slow] = dict.fromkeys(levers[slow], fast)
    rows = studies.run(study._replace(levers=levers), digits)
    named = [lever.removeprefix("net__") for lever in levers]
    outcomes = [{row[lever] for row in rows} for lever in named]
    assert outcomes == [set(names) for names in levers.values()]
    assert len(rows) == math.prod(len(names) for names in levers.values())
    assert all(0 <= row["accuracy"] <= 1 and row["std"] is None for row in rows)


def test_study_is_the_mean_over_the_seeds(digits):
    study = studies.Study(
        "", {"net__lr": studies.named(0.1)}, MLPClassifier(max_epochs=2), seeds=(0, 1)
    )
    (row,) = studies.run(study, digits)
    ((train, valid),) = digits.cv.split()
    alone = [
        MLPClassifier(max_epochs=2, lr=0.1, random_state=seed)
        .fit(digits.X[train], digits.y[train])
        .score(digits.X[valid], digits.y[valid])
        for seed in (0, 1)
    ]
    assert alone[0] != alone[1]
    assert row["accuracy"] == np.mean(alone)
    assert row["std"] == np.std(alone, ddof=1)


def test_losses_all_learn_labels(digits):
    ((train, valid),) = digits.cv.split()
    nets = {name: net for name, net in studies.losses().items() if "lr 0.1" in name}
    assert len(nets) == 5
    for name, net in nets.items():
        net = studies.seeded(net, 0).fit(digits.X[train], digits.y[train])
        right = net.predict(digits.X[valid]) == digits.y[valid]
        assert right.mean() > 0.6, name


def test_study_says_which_training_diverged(digits):
    levers = {"net__lr": studies.named(0.1, 1e9)}
    net = MLPClassifier(max_epochs=2, optimizer="sgd")
    study = studies.Study("", levers, net, seeds=(0,))
    with pytest.warns(UserWarning, match="diverged|non-finite"):
        rows = studies.run(study, digits)
    assert rows[0]["accuracy"] > 0
    assert rows[1]["accuracy"] is rows[1]["std"] is None


def test_study_of_digits_holds_out_its_validation_rows(data_home, results, monkeypatch):
    monkeypatch.setitem(studies.N_ROWS, "digits", (400, 200))
    rows = studies.load("digits", 400, 200)
    ((train, valid),) = rows.cv.split()
    assert (len(train), len(valid), rows.X.max()) == (400, 200, 1)
    assert np.abs(np.bincount(rows.y[valid]) - 20).max() <= 3
    studies.main(["depth", "--save"])
    saved = json.loads((results / "studies.json").read_text())
    assert [row["hidden_layer_sizes"] for row in saved["depth"]["rows"]] == list(
        studies.WIDTHS
    )
    assert saved["depth"]["data"].startswith("digits: 400 rows")


@pytest.fixture
def few_points(monkeypatch):
    monkeypatch.setattr(perceptrons, "N_POINTS", 60)
    monkeypatch.setattr(perceptrons, "N_TEST_POINTS", 200)
    monkeypatch.setattr(perceptrons, "RIVAL_GRID", {"C": [1, 10]})
    for name, task in perceptrons.TASKS.items():
        net = clone(task.net)
        (epochs,) = (name for name in net.get_params() if name.endswith("max_epochs"))
        net.set_params(**{epochs: 2})
        monkeypatch.setitem(perceptrons.TASKS, name, task._replace(net=net))


def test_perceptrons_in_the_plane(few_points, results):
    names = ["checkerboard", "four Gaussians"]
    perceptrons.main([*names, "--save"])
    saved = json.loads((results / "perceptrons.json").read_text())
    assert [(row["task"], row["model"]) for row in saved["rows"]] == [
        (name, model)
        for name in names
        for model in ("MLPClassifier", perceptrons.RIVAL)
    ]
    for row in saved["rows"]:
        scores = saved["tasks"][row["task"]]["test_accuracy"][row["model"]]
        assert len(scores) == 3
        assert row["accuracy"] == np.mean(scores)
    for task in saved["tasks"].values():
        best = max(one["validation"] for one in task["tried"])
        (tried, *_) = [one for one in task["tried"] if one["validation"] == best]
        assert {name: tried[name] for name in task["chosen"]} == task["chosen"]


def test_perceptrons_draw_their_boundaries(few_points, tmp_path):
    picture = tmp_path / "images" / "board.png"
    perceptrons.draw({}, picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_points_to_train_and_to_test_on_differ():
    train, test = perceptrons.TASKS["checkerboard"].load(1)
    assert (len(train[0]), len(test[0])) == (1_000, 20_000)
    assert not set(map(tuple, train[0])) & set(map(tuple, test[0]))


def test_best_possible_is_what_the_best_rule_gets():
    X, y = make_four_gaussians(200_000, random_state=0, return_X_y=True)
    reached = ((X.prod(axis=1) < 0) == y).mean()
    assert reached == pytest.approx(perceptrons.best_possible(), abs=3e-4)


def test_mnist_is_the_official_split(data_home):
    (X, y), (X_test, y_test) = perceptrons.mnist(0)
    assert X.shape == (60_000, 784)
    assert X_test.shape == (10_000, 784)
    assert (X.min(), X.max(), X.dtype) == (0, 1, np.float32)


@pytest.fixture
def listings(monkeypatch):
    made = make_product_listings(400, n_classes=3, images=False, random_state=0)
    texts = np.array([title for title, _ in made.data], dtype=object)
    parts = {"train": slice(0, 300), "test": slice(300, None)}

    def fetch(*, subset):
        where = parts[subset]
        return Bunch(data=texts[where], target=made.target[where], source=subset)

    monkeypatch.setattr(ag_news, "fetch_ag_news", fetch)


def test_news_models_are_chosen_scored_and_kept(listings, results, monkeypatch):
    every = ag_news.candidates()
    for name, (pipeline, grid) in every.items():
        fast = {"terms__k": 20, "model__max_epochs": 2}
        known = pipeline.get_params()
        pipeline.set_params(**{k: v for k, v in fast.items() if k in known})
        grid = {k: v for k, v in grid.items() if k not in fast}
        every[name] = ag_news.Candidate(pipeline, grid)
    monkeypatch.setattr(ag_news, "candidates", lambda: every)
    first, *others = every
    ag_news.main([*others, "--save"])
    before = json.loads((results / "ag_news.json").read_text())
    assert list(before["models"]) == others
    ag_news.main([first, "--save"])
    after = json.loads((results / "ag_news.json").read_text())
    assert list(after["models"]) == [first, *others]
    assert {name: after["models"][name] for name in others} == before["models"]
    for row, model in zip(after["rows"], after["models"].values()):
        assert row["accuracy"] == np.mean([one["accuracy"] for one in model["runs"]])
        assert model["validation"] == max(one["validation"] for one in model["tried"])
        assert len(model["runs"]) == 3
