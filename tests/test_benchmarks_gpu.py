"""The script for machines with a GPU, as far as it can be asked without one."""

import json
import os
import subprocess
import sys
from copy import deepcopy

import numpy as np
import pytest
import torch
from sklearn.base import clone

from benchmarks import _gpu_checks, _gpu_exchange, _gpu_figures, _report, gpu
from benchmarks._gpu_checks import Check

pytest.importorskip("timm")


@pytest.fixture(scope="module")
def bench():
    return gpu.Bench("cpu", small=True)


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(_report, "RESULTS", tmp_path)
    return tmp_path / "gpu.json"


def run(*names):
    return gpu.main(["--device", "cpu", "--small", "--save", *names])


def test_without_a_gpu_the_script_says_so_and_exits_with_2():
    hidden = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu"],
        env=hidden,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "finds no device 'cuda' on this machine" in done.stderr
    assert "--device cpu --small" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_only_a_gpu_can_answer_is_never_passed(results, capsys):
    names = "agrees/MLPClassifier", "precision/MLP", "out_of_memory/CNN", "second_gpu"
    assert run(*names) == 0
    answers = json.loads(results.read_text())["checks"]
    assert len(answers) == 5
    assert {(a["result"], a["message"]) for a in answers} == {("not asked", "no GPU")}
    # What could be tried out here was.
    assert answers[0]["figures"]["differences"]["predict_proba"] == 0
    assert "second_gpu: not asked: no GPU" in capsys.readouterr().out


def test_what_holds_everywhere_is_asked_here(results):
    names = "top_k", "same_seed/MoE", "interrupted/MLP", "bfloat16/CNN", "resumed"
    assert run(*names) == 0
    answers = {a["check"]: a for a in json.loads(results.read_text())["checks"]}
    assert {a["result"] for a in answers.values()} == {"passed"}
    assert len(answers) == 5
    assert answers["top_k"]["figures"]["share of operations"] < 0.3
    assert 0 < answers["bfloat16/CNNClassifier"]["figures"]["largest"] < 0.05


def test_failed_check_is_told_and_is_the_exit_status(results, capsys, monkeypatch):
    def unseeded(bench):
        # As everywhere in scikit-learn, such a fit draws from NumPy's generator.
        case = bench.cases["CNNClassifier"]
        model = clone(case.model).set_params(random_state=None)
        bench.cases["CNNClassifier"] = case._replace(model=model)
        return _gpu_checks.same_seed(bench, "CNNClassifier")

    every = {"unseeded": Check(unseeded), "top_k": Check(_gpu_checks.top_k)}
    monkeypatch.setattr(_gpu_checks, "checks", lambda bench: every)
    assert run("unseeded", "top_k") == 1
    printed = capsys.readouterr().out
    sentence = "CNNClassifier moves a global generator."
    assert f"unseeded: failed: {sentence}" in printed
    assert "1 passed, 1 failed, 0 not asked" in printed
    answers = json.loads(results.read_text())["checks"]
    assert [a["result"] for a in answers] == ["failed", "passed"]
    assert answers[0]["message"] == sentence


def test_error_of_a_check_fails_it_and_not_the_run(bench):
    answer = gpu.ask("halved", Check(lambda b: b.cases["No such model"]), bench)
    assert (answer["result"], answer["message"]) == (
        "failed",
        "KeyError: 'No such model'",
    )


def test_other_weights_do_not_agree(bench):
    model, X = bench.fitted("MLPClassifier"), bench.cases["MLPClassifier"].X
    other = deepcopy(model)
    with torch.no_grad():
        other.net_.module_.output.bias[0] += 0.01
    found = _gpu_exchange.apart(
        _gpu_exchange.outputs(model, X), _gpu_exchange.outputs(other, X)
    )
    with pytest.raises(AssertionError, match="one and the other: predict_proba differ"):
        _gpu_exchange.require_close(found, _gpu_exchange.TOLERANCE, "one and the other")


def test_numbers_that_are_not_finite_do_not_agree():
    same = {"y": np.array([0.0, np.nan])}
    with pytest.raises(AssertionError, match="y holds what is no finite number"):
        _gpu_exchange.apart(same, same)


def test_parameter_elsewhere_is_named(bench):
    model = deepcopy(bench.fitted("MLPClassifier"))
    model.net_.module_.output.to("meta")
    with pytest.raises(AssertionError, match="output.weight': 'meta'"):
        _gpu_exchange.require_on(model, bench.device)


def test_model_that_draws_from_the_callers_generator_is_found(bench):
    class Drawing(type(bench.cases["MLPClassifier"].model)):
        def fit(self, X, y):
            np.random.rand()
            return super().fit(X, y)

    case = bench.cases["MLPClassifier"]
    bench.cases["Drawing"] = case._replace(model=Drawing(max_epochs=1, random_state=0))
    with pytest.raises(AssertionError, match="Drawing moves a global generator"):
        _gpu_checks.same_seed(bench, "Drawing")


def test_gradients_that_are_not_finite_are_counted(bench):
    model, X, y = bench.cases["MLPClassifier"]
    counter = _gpu_checks.FiniteGradients()
    model = clone(model).set_params(lr=1e30, optimizer="sgd", callbacks=[counter])
    with pytest.raises(ValueError, match="diverged"):
        model.fit(X, y)
    assert 0 < counter.n_bad < counter.n_steps


def test_measures_are_rates_of_real_fits(results):
    assert run("mlp", "experts") == 0
    rows = json.loads(results.read_text())["measures"]
    assert [r["measure"] for r in rows] == ["mlp"] * 2 + ["experts"] * 4
    for row in rows:
        passes = {"mlp": 3, "experts": 2}[row["measure"]]
        assert row["rows/s"] == passes * row["rows"] / row["seconds"]


def test_measure_that_fails_or_comes_too_late_is_told(results, monkeypatch):
    monkeypatch.delitem(_gpu_figures.MEASURES, "cnn")
    monkeypatch.setitem(_gpu_figures.MEASURES, "cnn", lambda bench: bench.no_such)
    assert run("cnn") == 1
    assert run("mlp", "--minutes", "0") == 0
    rows = json.loads(results.read_text())["measures"]
    assert rows[0]["failed"].startswith("AttributeError")
    assert rows[1] == {"measure": "mlp", "not measured": "the time is up"}


def test_part_run_again_replaces_its_own_rows_only(results):
    assert run("top_k", "interrupted/MLP") == 0
    first = json.loads(results.read_text())["checks"]
    assert run("top_k") == 0
    second = json.loads(results.read_text())["checks"]
    assert second[0] == first[0]
    assert [a["check"] for a in second] == ["interrupted/MLPClassifier", "top_k"]
