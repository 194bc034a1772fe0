"""The command line, run as a user runs it: real processes, files and signals."""

import csv
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sklearn_nn.model_selection import ScenarioStore
from sklearn_nn.scenarios._cli import main

ROOT = Path(__file__).parents[2]
ALLOW = ["--allow", "tests.scenarios.steps"]
SMALL = """
title = "Small & quick"
[data]
load = "sklearn_nn.datasets.make_product_listings"
parameters = { n_samples = 200, n_classes = 3, random_state = 0 }
languages = "language"
[split]
cv = 2
[levers]
cleaning = ["off", "on"]
sampling = ["off", "smote"]
[levers.model]
bayes = "multinomial_nb"
svm = { class = "sklearn.svm.LinearSVC", C = 0.5 }
"""
SLOW = """
[data]
load = "sklearn_nn.datasets.make_product_listings"
parameters = { n_samples = 60, n_classes = 3, random_state = 0 }
[split]
cv = 2
[levers]
cleaning = ["off", "on"]
[levers.alpha]
parameter = "model__alpha"
a = 0.1
b = 0.2
c = 0.3
d = 0.4
[pipeline]
merge = "all"
cleaning = "off"
vectorizer = "count"
model = { class = "tests.scenarios.steps.Slow", seconds = 0.3 }
"""


def write(folder, text, name="matrix.toml"):
    path = folder / name
    path.write_text(text)
    return path


def command(*words):
    return [sys.executable, "-m", "sklearn_nn.scenarios", *map(str, words)]


def run_process(*words):
    return subprocess.run(
        command(*words), cwd=ROOT, capture_output=True, text=True, timeout=240
    )


def outcome_of(path):
    """Scores of every scenario and split, which the store holds exactly once."""
    runs = ScenarioStore(path).results().runs
    found = {(run.code, run.split): run.scores for run in runs}
    assert len(found) == len(runs)
    return found


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    return folder, run_process("run", write(folder, SMALL))


def test_run_prints_the_ranking_and_writes_store_and_report(ran):
    folder, done = ran
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    said = "Small & quick: 200 rows, 3 classes, 8 scenarios x 2 split(s), 0 left out"
    assert said in done.stderr
    assert "16/16" in done.stderr and "best" in done.stderr
    head, rule, *ranking = done.stdout.splitlines()
    assert head.split()[:5] == ["rank", "scenario", "cleaning", "sampling", "model"]
    assert [line.split()[0] for line in ranking[:8]] == list("12345678")
    assert " best " in ranking[0] and all("best" not in row for row in ranking[1:8])
    assert len(outcome_of(folder / "matrix.sqlite")) == 16
    page = (folder / "matrix.html").read_text()
    assert "<title>Small &amp; quick" in page


def test_show(ran, capsys, tmp_path):
    store = ran[0] / "matrix.sqlite"
    assert main(["show", str(store)]) == 0
    assert capsys.readouterr().out.splitlines()[:10] == ran[1].stdout.splitlines()[:10]
    path = tmp_path / "all.csv"
    words = ["show", str(store), "--sort", "code", "--top", "3", "--csv", str(path)]
    assert main(words) == 0
    assert "... and 5 more" in capsys.readouterr().out
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    codes = [row["scenario"] for row in rows]
    assert codes == sorted(codes) and len(codes) == 8
    assert {row["within_chance"] for row in rows} <= {"True", "False"}
    assert sorted(int(row["rank"]) for row in rows) == list(range(1, 9))
    best = min(rows, key=lambda row: int(row["rank"]))
    assert float(best["f1_weighted"]) == max(float(row["f1_weighted"]) for row in rows)
    assert main(["show", str(store), "--sort", "modle"]) == 2
    assert "Did you mean 'model'?" in capsys.readouterr().err


@pytest.mark.parametrize("key", ["time", "model", "f1_macro"])
def test_show_sorts(ran, capsys, key):
    assert main(["show", str(ran[0] / "matrix.sqlite"), "--sort", key]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[2:10]]
    if key == "f1_macro":
        assert lines[0][0] in ("1", "2")
        return
    values = [float(line[-1]) if key == "time" else line[4] for line in lines]
    assert values == sorted(values)


def test_report(ran, tmp_path, capsys):
    store = str(ran[0] / "matrix.sqlite")
    path = tmp_path / "page.html"
    assert main(["report", store, "-o", str(path), "--title", "Of mine"]) == 0
    assert capsys.readouterr().out.strip() == str(path)
    assert "<title>Of mine" in path.read_text()


def test_resume_of_what_is_complete_runs_nothing(ran, capsys):
    before = outcome_of(ran[0] / "matrix.sqlite")
    assert main(["resume", str(ran[0] / "matrix.toml"), "--quiet"]) == 0
    said = capsys.readouterr()
    assert "8 of 8 scenarios are stored whole (16 runs)" in said.err
    assert outcome_of(ran[0] / "matrix.sqlite") == before


def test_limit_then_the_rest(ran, tmp_path, capsys):
    report = tmp_path / "new" / "page.html"
    words = [str(write(tmp_path, SMALL)), "--quiet", "--report", str(report)]
    assert main(["run", *words, "--limit", "3"]) == 0
    assert report.exists()
    assert len(outcome_of(tmp_path / "matrix.sqlite")) == 6
    assert main(["resume", *words]) == 0
    assert "3 of 3 scenarios are stored whole" in capsys.readouterr().err
    assert outcome_of(tmp_path / "matrix.sqlite") == outcome_of(
        ran[0] / "matrix.sqlite"
    )


def test_failing_scenarios_are_listed_and_can_be_tried_again(tmp_path, capsys):
    text = SMALL.replace('cleaning = ["off", "on"]', "").replace(
        'sampling = ["off", "smote"]',
        'sampling = ["off"]\ncleaning = { off = "off", bad = { class = '
        '"tests.scenarios.steps.Failing" } }',
    )
    words = [str(write(tmp_path, text)), "--quiet", *ALLOW]
    assert main(["run", *words]) == 1
    said = capsys.readouterr()
    lines = [line for line in said.out.splitlines() if line.startswith("failed")]
    assert len(lines) == 2
    assert "cleaning: RuntimeError: no such luck" in lines[0]
    assert "Traceback" not in said.err + said.out
    assert main(["resume", *words, "--retry-failed"]) == 1
    assert "2 failed" in capsys.readouterr().err
    assert main(["show", str(tmp_path / "matrix.sqlite")]) == 0
    text += '[run]\nerror_score = "raise"\nstore = "other.sqlite"\n'
    write(tmp_path, text)
    assert main(["run", *words]) == 1
    assert "no such luck" in capsys.readouterr().err


def test_warnings_are_counted_and_come_last(tmp_path, capsys):
    text = SMALL.replace("C = 0.5", "C = 0.5, max_iter = 1")
    assert main(["run", str(write(tmp_path, text)), "--quiet"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[1:] == [
        "8 x ConvergenceWarning: Liblinear failed to converge, increase the number of "
        "iterations."
    ]


def test_every_scenario_fails(tmp_path, capsys):
    text = SMALL.replace(
        'cleaning = ["off", "on"]',
        'cleaning = { bad = { class = "tests.scenarios.steps.Failing" } }',
    )
    words = [str(write(tmp_path, text)), "--quiet", *ALLOW, "--limit", "2"]
    assert main(["run", *words]) == 1
    said = capsys.readouterr()
    assert "No scenario succeeded." in said.out
    assert said.out.count("no such luck") == 2
    assert (tmp_path / "matrix.html").exists()


def test_mistakes_end_with_code_2_and_one_line(tmp_path, capsys):
    nowhere = str(tmp_path / "nowhere.toml")
    matrix = str(write(tmp_path, SMALL))
    (tmp_path / "text.sqlite").write_text("this is no database, just some text" * 9)
    mistakes = {
        ("run", nowhere): "cannot be read",
        ("resume", matrix): "there is no store to resume",
        ("show", nowhere): "there is no such store",
        ("report", nowhere): "there is no such store",
        ("show", str(tmp_path / "text.sqlite")): "is no SQLite file",
        ("run", matrix, "--store", str(tmp_path / "text.sqlite")): "is no SQLite file",
        ("run", matrix, "--n-jobs", "0"): "no workers",
        ("run", matrix, "--report", f"{matrix}/x.html"): "File exists",
        ("show", matrix): "is no SQLite file",
    }
    for words, said in mistakes.items():
        assert main(list(words)) == 2, words
        errors = capsys.readouterr().err.strip().splitlines()
        assert errors[-1].startswith("error: ") and said in errors[-1]
    for words in ([], ["walk"], ["run", matrix, "--limit", "0"]):
        with pytest.raises(SystemExit) as caught:
            main(words)
        assert caught.value.code == 2


def test_store_of_other_data_is_refused(ran, tmp_path, capsys):
    other = write(tmp_path, SMALL.replace("n_samples = 200", "n_samples = 201"))
    words = ["run", str(other), "--store", str(ran[0] / "matrix.sqlite"), "--quiet"]
    assert main(words) == 2
    assert "was written for something else" in capsys.readouterr().err


def test_list(capsys):
    assert main(["list"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "multinomial_nb" in lines["model"] and "svd100" in lines["reduction"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slow")
    quick = SLOW.replace("seconds = 0.3", "seconds = 0.0")
    assert main(["run", str(write(folder, quick)), "--quiet", *ALLOW]) == 0
    return outcome_of(folder / "matrix.sqlite")


def stop_after(n_runs, store, process, stop):
    """Send a signal once a number of runs is stored."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if store.exists():
            try:
                with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as connection:
                    query = "SELECT COUNT(*) FROM runs"
                    if connection.execute(query).fetchone()[0] >= n_runs:
                        break
            except sqlite3.OperationalError:
                pass
        time.sleep(0.02)
    os.killpg(process.pid, stop)
    return process.communicate(timeout=60)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_ctrl_c_and_resume(tmp_path, undisturbed, capsys, n_jobs):
    matrix, store = write(tmp_path, SLOW), tmp_path / "matrix.sqlite"
    words = [str(matrix), "--n-jobs", str(n_jobs), *ALLOW]
    process = subprocess.Popen(
        command("run", *words),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    # Workers report after a while; wait for the parent only.
    n_runs = 2 if n_jobs == 1 else 0
    _, said = stop_after(n_runs, store, process, signal.SIGINT)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert f"resume {matrix} --n-jobs {n_jobs} --allow tests.scenarios.steps" in said
    stored = outcome_of(store)
    assert n_runs <= len(stored) < 16
    assert stored.items() <= undisturbed.items()
    assert main(["resume", *words, "--quiet"]) == 0
    assert f"({len(stored)} runs)" in capsys.readouterr().err
    assert outcome_of(store) == undisturbed


def test_sigkill_and_resume(tmp_path, undisturbed):
    matrix, store = write(tmp_path, SLOW), tmp_path / "matrix.sqlite"
    process = subprocess.Popen(
        command("run", matrix, *ALLOW),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    stop_after(3, store, process, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert 3 <= len(outcome_of(store)) < 16
    assert main(["resume", str(matrix), "--quiet", *ALLOW]) == 0
    assert outcome_of(store) == undisturbed
