"""The four commands, in this process and as a user runs them."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

from sklearn_nn._cli.commands import main
from sklearn_nn.persistence import load
from tests.cli.configs import IRIS, LISTINGS, SEARCH, read, run, write

ROOT = Path(__file__).parents[2]
SLOW = IRIS.replace("max_epochs = 8", "max_epochs = 1_000_000")


def command(*words):
    return [sys.executable, "-m", "sklearn_nn", *map(str, words)]


def run_process(*words):
    return subprocess.run(
        command(*words), cwd=ROOT, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """All four commands, as processes."""
    folder = tmp_path_factory.mktemp("iris")
    path = write(folder, IRIS + SEARCH, "iris.toml")
    return folder, {
        "find-lr": run_process("find-lr", path),
        "train": run_process("train", path),
        "evaluate": run_process("evaluate", path),
        "search": run_process("search", path, "--output", folder / "tuned"),
    }


def test_all_end_well(ran):
    for name, done in ran[1].items():
        assert done.returncode == 0, (name, done.stderr)
        assert "Traceback" not in done.stderr
        said = "Iris: 150 rows, 3 classes: 108 to train on, 12 to validate, 30 to test"
        assert said in done.stderr
        assert f"--output {name}" not in done.stdout


def test_train(ran):
    folder, done = ran[0] / "iris_results", ran[1]["train"]
    metrics = read(folder / "metrics.json")
    scores = metrics["validation"]
    assert set(scores) == {"accuracy", "macro_f1", "weighted_f1", "classes"}
    assert set(scores["classes"]) == {"setosa", "versicolor", "virginica"}
    assert scores["classes"]["setosa"]["support"] == 4
    assert f"{scores['accuracy']:.4f}" in done.stdout and "virginica" in done.stdout
    assert metrics["written_by"] == "python -m sklearn_nn train"
    assert metrics["seed"] == 0 and metrics["split"]["seed"] == 1
    assert metrics["split"]["n_train"] == 108 and metrics["fit_seconds"] > 0
    assert {"sklearn_nn", "torch", "scikit-learn"} <= metrics["versions"].keys()
    assert len(metrics["history"]) == 8 and len(metrics["config_sha256"]) == 64
    assert "valid_loss" in metrics["history"][0]
    assert "8/8" in done.stderr
    model = load(folder / "model.sknn")
    assert [name for name, _ in model.steps] == ["scaler", "network"]
    assert model["network"].random_state == 0 and model["network"].verbose == 0


def test_evaluate(ran):
    folder, done = ran[0] / "iris_results", ran[1]["evaluate"]
    metrics = read(folder / "test_metrics.json")
    assert sum(one["support"] for one in metrics["test"]["classes"].values()) == 30
    assert f"{metrics['test']['accuracy']:.4f}" in done.stdout
    assert metrics["test"]["accuracy"] > 0.7


def test_search(ran):
    folder, done = ran[0] / "tuned", ran[1]["search"]
    table = read(folder / "cv_results.json")
    assert len(table["candidates"]) == 4
    means = [one["mean_test_score"] for one in table["candidates"]]
    assert means == sorted(means, reverse=True) and table["best_score"] == means[0]
    assert table["best_params"] == table["candidates"][0]["params"]
    assert read(folder / "metrics.json")["best_params"] == table["best_params"]
    assert "best of 4" in done.stdout and "Fitting 2 folds" not in done.stdout
    assert "Fitting 2 folds for each of 4 candidates" in done.stderr
    with (folder / "cv_results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["rank_test_score"] == "1"
    assert {"network__hidden_layer_sizes", "scaler", "mean_test_score"} <= set(rows[0])
    sizes = load(folder / "model.sknn")["network"].hidden_layer_sizes
    assert list(sizes) == table["best_params"]["network__hidden_layer_sizes"]
    assert isinstance(sizes, tuple)


def test_find_lr(ran):
    folder, done = ran[0] / "iris_results", ran[1]["find-lr"]
    found = read(folder / "learning_rate.json")
    assert len(found["lr"]) == len(found["loss"]) == len(found["smoothed_loss"]) > 3
    assert np.all(np.diff(found["lr"]) > 0)
    assert "suggestion" in done.stdout
    assert (folder / "learning_rate.png").read_bytes().startswith(b"\x89PNG")


def test_earlier_results_are_kept(ran, capsys):
    path, folder = ran[0] / "iris.toml", ran[0] / "iris_results"
    before = (folder / "metrics.json").read_bytes()
    for name in ("train", "search", "evaluate", "find-lr"):
        code, _, said = run(capsys, name, path, "--quiet")
        assert code == 2 and "holds earlier results" in said and "--force" in said
    assert (folder / "metrics.json").read_bytes() == before


def test_the_same_again_with_force(tmp_path, capsys):
    path = write(tmp_path, IRIS)
    assert run(capsys, "train", path, "--quiet")[0] == 0
    assert run(capsys, "evaluate", path)[0] == 0
    first = read(tmp_path / "small_results" / "metrics.json")
    code, _, said = run(capsys, "train", path, "--quiet", "--force")
    assert code == 0 and "epoch" not in said
    again = read(tmp_path / "small_results" / "metrics.json")
    assert again["validation"] == first["validation"]
    assert [row["train_loss"] for row in again["history"]] == [
        row["train_loss"] for row in first["history"]
    ]
    # The scores of the earlier model are gone with it.
    assert not (tmp_path / "small_results" / "test_metrics.json").exists()


def test_the_model_saw_the_training_rows_only(tmp_path, capsys):
    path = write(tmp_path, IRIS)
    assert run(capsys, "train", path, "--quiet", "--output", tmp_path / "out")[0] == 0
    scaler = load(tmp_path / "out" / "model.sknn")["scaler"]
    assert scaler.n_samples_seen_ == 108
    assert scaler.mean_.tolist() != load_iris().data.mean(axis=0).tolist()


def test_texts_with_a_sampler(tmp_path, capsys):
    path = write(tmp_path, LISTINGS + '[output]\nfolder = "runs/one"\n')
    code, said, _ = run(capsys, "train", path)
    assert code == 0 and "weighted_f1" in said
    code, said, _ = run(capsys, "evaluate", path)
    assert code == 0
    metrics = read(tmp_path / "runs" / "one" / "test_metrics.json")
    assert metrics["test"]["accuracy"] > 0.7
    assert load(tmp_path / "runs" / "one" / "model.sknn")["words"].ngram_range == (1, 2)


def test_a_network_after_a_sampler(tmp_path, capsys):
    """Validation rows pass through the steps, but are not sampled."""
    before, _, rest = LISTINGS.partition("balance = ")
    network = '[model.network]\nclass = "sklearn_nn.neural_network.MLPClassifier"'
    text = before + rest.partition("\n")[2].split("[model.svm]")[0]
    text += '[model.balance]\nclass = "sklearn_nn.sampling.RandomOverSampler"\n'
    path = write(tmp_path, f"{text}{network}\nmax_epochs = 3\n")
    assert run(capsys, "train", path, "--quiet")[0] == 0
    metrics = read(tmp_path / "small_results" / "metrics.json")
    assert metrics["history"][-1]["valid_acc"] == metrics["validation"]["accuracy"]
    assert run(capsys, "evaluate", path)[0] == 0


REGRESSION = """
[data]
load = "sklearn.datasets.load_diabetes"
[split]
validation_size = 0.2
[model.network]
class = "sklearn_nn.neural_network.MLPRegressor"
max_epochs = 30
lr = 0.01
[train]
scoring = ["neg_median_absolute_error"]
"""


def test_numbers(tmp_path, capsys):
    path = write(tmp_path, REGRESSION)
    code, said, progress = run(capsys, "train", path)
    assert code == 0 and "442 rows, numbers: 282 to train on, 71" in progress
    scores = read(tmp_path / "small_results" / "metrics.json")["validation"]
    assert set(scores) == {"r2", "mse", "mae", "neg_median_absolute_error"}
    assert "r2" in said and "class" not in said
    assert run(capsys, "evaluate", path)[0] == 0


def test_json_has_no_nan(tmp_path, capsys):
    """R2 of one row, and the folds in which all fits have failed, are no numbers."""
    text = REGRESSION.replace("validation_size = 0.2", "validation_size = 0.002")
    path = write(tmp_path, text)
    assert run(capsys, "train", path, "--quiet")[0] == 0
    scores = read(tmp_path / "small_results" / "metrics.json")["validation"]
    assert scores["r2"] is None and scores["mse"] > 0
    search = SEARCH.replace("[[4], [5, 5]]", "[[4], [0]]")
    path = write(tmp_path, IRIS + search)
    code, _, said = run(capsys, "search", path, "--output", tmp_path / "out", "--quiet")
    assert code == 0 and "ValueError: The 'hidden_layer_sizes' parameter of MLP" in said
    found = read(tmp_path / "out" / "cv_results.json")["candidates"]
    assert [one["mean_test_score"] is None for one in found] == [False] * 2 + [True] * 2


def test_classes_named_like_averages(tmp_path, capsys):
    names = ["accuracy", "macro avg", "weighted avg"]
    rows = "".join(f"{name} {i % 2},{name}\n" for i in range(20) for name in names)
    (tmp_path / "rows.csv").write_text("text,kind\n" + rows)
    path = write(
        tmp_path,
        '[data]\npath = "rows.csv"\ntext = "text"\nlabel = "kind"\n[model]\n'
        'svm = { class = "sklearn_nn.svm.TfidfLinearSVC" }\n',
    )
    assert run(capsys, "train", path)[0] == 0
    scores = read(tmp_path / "small_results" / "metrics.json")["validation"]
    assert list(scores["classes"]) == names
    mean = np.mean([one["f1"] for one in scores["classes"].values()])
    assert scores["macro_f1"] == pytest.approx(mean)


def test_a_step_without_fit_transform_before_a_network(tmp_path, capsys):
    text = IRIS.replace(
        "sklearn.preprocessing.StandardScaler", "tests.cli.configs.Plain"
    )
    path = write(tmp_path, text)
    assert run(capsys, "train", path, "--allow", "tests", "--quiet")[0] == 0


def test_numbers_from_a_file(tmp_path, capsys):
    lines = [f"{'good ' * (i % 5)}thing,{i % 5}.5\n" for i in range(60)]
    (tmp_path / "rows.csv").write_text("text,stars\n" + "".join(lines))
    path = write(
        tmp_path,
        '[data]\npath = "rows.csv"\ntext = "text"\nlabel = "stars"\nmax_rows = 50\n'
        '[model]\nwords = { class = "sklearn.feature_extraction.text.CountVectorizer" }'
        '\nridge = { class = "sklearn.linear_model.Ridge" }\n',
    )
    code, _, progress = run(capsys, "train", path)
    assert code == 0 and "50 rows, numbers" in progress
    scores = read(tmp_path / "small_results" / "metrics.json")["validation"]
    assert scores["r2"] > 0.9
    (tmp_path / "rows.csv").write_text("text,stars\n" + "a thing,many\n" * 60)
    code, _, said = run(capsys, "train", path, "--force")
    assert code == 2 and "a label is none: could not convert" in said


def test_no_validation_rows(tmp_path, capsys):
    text = IRIS.replace("test_size = 0.2", "test_size = 0.2\nvalidation_size = 0")
    code, said, _ = run(capsys, "train", write(tmp_path, text), "--quiet")
    assert code == 0 and "accuracy" not in said
    metrics = read(tmp_path / "small_results" / "metrics.json")
    assert metrics["validation"] is None and metrics["split"]["n_train"] == 120


def test_published_split_and_groups(tmp_path, capsys, data_home):
    text = """
    [data]
    load = "sib200"
    parameters = { languages = ["fra_Latn", "eng_Latn"] }
    groups = "sentence"
    max_rows = 600
    [model]
    words = { class = "sklearn.feature_extraction.text.CountVectorizer" }
    bayes = { class = "sklearn.naive_bayes.MultinomialNB" }
    [search]
    class = "sklearn.model_selection.GridSearchCV"
    param_grid = { bayes__alpha = [0.1, 1.0] }
    cv = 3
    """
    path = write(tmp_path, text)
    assert run(capsys, "search", path)[0] == 0
    text = text.replace('groups = "sentence"', "").replace("600", "900")
    text = text.replace('parameters = { languages = ["fra_Latn", "eng_Latn"] }', "")
    write(tmp_path, text + "[split]\nofficial = true\n")
    assert run(capsys, "train", path, "--output", tmp_path / "two")[0] == 0
    split = read(tmp_path / "two" / "metrics.json")["split"]
    assert split["official"] and "test_size" not in split


def test_real_posts(tmp_path, capsys, data_home):
    text = """
    [data]
    load = "sklearn.datasets.fetch_20newsgroups"
    parameters = { subset = "train", categories = ["sci.med", "sci.space"] }
    max_rows = 200
    [model.ids]
    class = "sklearn_nn.feature_extraction.text.SequenceVectorizer"
    max_length = 60
    [model.network]
    class = "sklearn_nn.neural_network.BiGRUClassifier"
    embedding_dim = 16
    hidden_size = 8
    max_epochs = 6
    lr = 0.03
    """
    path = write(tmp_path, text)
    assert run(capsys, "train", path, "--quiet")[0] == 0
    code, said, _ = run(capsys, "evaluate", path)
    assert code == 0 and "sci.space" in said
    metrics = read(tmp_path / "small_results" / "test_metrics.json")
    assert metrics["test"]["accuracy"] > 0.5


def test_interrupted(tmp_path):
    path = write(tmp_path, SLOW)
    process = subprocess.Popen(
        command("train", path, "--output", tmp_path / "out"),
        cwd=ROOT,
        stderr=subprocess.PIPE,
    )
    heard = b""
    while b"train_loss" not in heard:
        heard += os.read(process.stderr.fileno(), 4096)
        assert process.poll() is None, heard
    process.send_signal(signal.SIGINT)
    heard += process.communicate(timeout=200)[1]
    said = heard.decode()
    assert process.returncode == 130 and "Traceback" not in said
    assert f"python -m sklearn_nn train {path} --output {tmp_path / 'out'}" in said
    assert list((tmp_path / "out").iterdir()) == []


def test_help(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for name in ("train", "find-lr", "search", "evaluate"):
        assert name in said
