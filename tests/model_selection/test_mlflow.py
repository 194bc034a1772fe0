"""Model selection: searches over networks as MLflow logs them, in a real store."""

import builtins
import json
import subprocess
import sys

import pytest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

from sklearn_nn.model_selection import log_to_mlflow
from tests.training.small import X, mlp, y

CODE = "from tests.model_selection.searches_to_log import main; main()"


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlflow")
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def family(found, parent):
    return [run for run in found["runs"] if run["parent"] == parent["id"]]


def run_named(found, name):
    (run,) = (run for run in found["runs"] if name in (run["name"], run["kind"]))
    return run


def assert_candidates(found, parent, metric="mean_test_score"):
    children = family(found, parent)
    seen = {
        (tuple(child["params"][name] for name in params), child["metrics"][metric])
        for params in found["params"][:1]
        for child in children
    }
    expected = zip(found["params"], found["means"], strict=True)
    assert seen == {(tuple(params.values()), mean) for params, mean in expected}
    assert len(children) == len(found["means"])
    assert all(child["status"] == "FINISHED" for child in children)


def test_autologging_of_grid_search_over_a_network(logged):
    found = logged["scikit-learn's"]
    search = run_named(found, "GridSearchCV")
    assert_candidates(found, search)
    best = found["means"].index(max(found["means"]))
    assert search["params"]["best_mlp__lr"] == found["params"][best]["mlp__lr"]
    assert search["metrics"]["best_cv_score"] == max(found["means"])
    assert 0 < search["metrics"]["training_accuracy_score"] <= 1
    for child in family(found, search):
        assert child["params"]["mlp__hidden_layer_sizes"] == "8"


def test_search_of_ours_below_the_active_run(logged):
    found = logged["ours"]
    mine = run_named(found, "mine")
    # Autologging sees the refitted pipeline.
    assert mine["params"]["mlp__hidden_layer_sizes"] == "8"
    assert 0 < mine["metrics"]["training_accuracy_score"] <= 1
    (search,) = family(found, mine)
    assert search["name"] == "PrefixGridSearchCV"
    assert search["status"] == mine["status"] == "FINISHED"
    assert_candidates(found, search)
    assert search["params"]["cv"] == "2"
    best = found["means"].index(max(found["means"]))
    assert search["params"]["best_mlp__lr"] == found["params"][best]["mlp__lr"]
    assert search["metrics"]["best_mean_test_score"] == max(found["means"])
    for child in family(found, search):
        splits = [child["metrics"][f"split{i}_test_score"] for i in range(2)]
        assert sum(splits) / 2 == pytest.approx(child["metrics"]["mean_test_score"])
        assert child["metrics"]["rank_test_score"] in (1, 2, 3, 4)


def test_scenarios_are_named_by_their_codes(logged):
    found = logged["scenarios"]
    search = run_named(found, "ScenarioSearchCV")
    assert_candidates(found, search)
    assert {run["name"] for run in family(found, search)} == {"l", "h"}
    assert search["status"] == "FINISHED"


def test_several_metrics_without_refit(logged):
    found = logged["multimetric"]
    search = run_named(found, "PrefixGridSearchCV")
    assert_candidates(found, search, "mean_test_accuracy")
    assert not [name for name in search["params"] if name.startswith("best_")]
    assert "mean_test_f1_macro" in family(found, search)[0]["metrics"]


def test_not_fitted():
    with pytest.raises(NotFittedError):
        log_to_mlflow(GridSearchCV(mlp(), {"lr": [0.1]}))


def test_without_mlflow(monkeypatch):
    real = builtins.__import__

    def absent(name, *args, **kwargs):
        if name.startswith("mlflow"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    search = GridSearchCV(mlp(), {"lr": [0.1]}, cv=2).fit(X, y)
    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ImportError, match=r"pip install sklearn_nn\[track\]"):
        log_to_mlflow(search)
