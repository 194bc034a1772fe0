"""A run writes only files of its own."""

import csv
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from sklearn_nn.model_selection import ScenarioStore
from sklearn_nn.scenarios._cli import main
from sklearn_nn.scenarios._ranking import rank_scenarios, sort_rows, write_csv
from tests.scenarios.small_results import made_up

MATRIX = """
[data]
path = "rows.csv"
text = "text"
label = "label"
[split]
cv = 2
[levers]
model = ["multinomial_nb"]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [f"word{i % 3} other{i % 2},{'ab'[i % 2]}\n" for i in range(20)]
    (tmp_path / "rows.csv").write_text("text,label\n" + "".join(lines))
    (tmp_path / "matrix.toml").write_text(MATRIX)
    (tmp_path / "notes.html").write_text("<!doctype html><p>Of mine.")
    (tmp_path / "link.html").hardlink_to(tmp_path / "rows.csv")
    return tmp_path


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ran")
    lines = [f"word{i % 3} other{i % 2},{'ab'[i % 2]}\n" for i in range(20)]
    (folder / "rows.csv").write_text("text,label\n" + "".join(lines))
    (folder / "matrix.toml").write_text(MATRIX)
    assert main(["run", str(folder / "matrix.toml"), "--quiet"]) == 0
    return folder / "matrix.sqlite"


RUNS = {
    "--store matrix.toml": "matrix.toml is the matrix",
    "--store rows.csv": "rows.csv is the data",
    "--store .": ". is a folder: name a file for the store",
    "--report matrix.toml": "matrix.toml is the matrix",
    "--report ./rows.csv": "rows.csv is the data",
    "--report link.html": "link.html is the data",
    "--report matrix.sqlite": "matrix.sqlite is the store",
    "--report new/../x.html --store x.html": "is the store",
    "--report notes.html": "notes.html is there already, and was not written as",
    "--report .": ". is a folder: name a file for the report",
}


@pytest.mark.parametrize("words", RUNS)
def test_run_writes_over_nothing(folder, capsys, words):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    (folder / "new").mkdir()
    assert main(["run", "matrix.toml", "--quiet", *words.split()]) == 2
    said = capsys.readouterr()
    assert RUNS[words] in said.err and not said.out
    (folder / "new").rmdir()
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_file_says_nothing_else(folder, capsys):
    for line, said in {
        'report = "rows.csv"': "[run], 'report': rows.csv is no name of an HTML",
        'report = "."': "'report': . is no name of an HTML",
        'report = "link.html"': "link.html is the data",
        'store = "rows.csv"': "rows.csv is the data",
    }.items():
        (folder / "matrix.toml").write_text(f"{MATRIX}[run]\n{line}")
        assert main(["run", "matrix.toml", "--quiet"]) == 2
        assert said in capsys.readouterr().err
    assert (folder / "rows.csv").read_text().startswith("text,label")


def test_show_and_report_write_over_nothing(folder, ran, capsys):
    shutil.copy(ran, "store.sqlite")
    shutil.copy(ran, "store.html")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    for words, said in {
        "show store.sqlite --csv store.sqlite": "store.sqlite is the store",
        "show store.sqlite --csv matrix.toml": "not written as a table of scenarios",
        "show store.sqlite --csv rows.csv": "not written as a table of scenarios",
        "show store.sqlite --csv no/x.csv": "there is no folder no",
        "report store.sqlite -o store.sqlite": "store.sqlite is the store",
        "report store.sqlite -o rows.csv": "not written as a report",
        "report store.sqlite -o no/x.html": "no/x.html: there is no folder no",
        "report store.sqlite -o .": ". is a folder",
        "report store.sqlite": "store.html is there already",
    }.items():
        assert main(words.split()) == 2, words
        assert said in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert main(["report", "store.html"]) == 0
    assert capsys.readouterr().out.strip() == "store.html.html"
    assert ScenarioStore("store.html").exists()


def test_what_is_ours_is_replaced(folder, ran):
    for _ in range(2):
        assert main(["report", str(ran), "-o", "page.html"]) == 0
        assert main(["show", str(ran), "--csv", "all.csv"]) == 0
        assert main(["run", "matrix.toml", "--quiet"]) == 0


def test_a_page_that_cannot_be_written_is_named(folder, ran, capsys, monkeypatch):
    def full_disk(*_):
        raise OSError(28, "No space left on device", "/x/.page.html.part")

    monkeypatch.setattr(os, "replace", full_disk)
    assert main(["report", str(ran), "-o", "page.html"]) == 2
    said = capsys.readouterr().err
    assert "page.html" in said and ".part" not in said


def test_a_reader_that_has_enough(ran):
    """As `show STORE | head -1` does, only sooner."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "sklearn_nn.scenarios", "show", str(ran)],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_score_is_the_last(tmp_path):
    y = [np.arange(40) % 2]
    results = made_up({"a": y, "b": y, "c": y}, y, metric="own")
    for run, score in zip(results.runs, [np.nan, 0.25, 0.75], strict=True):
        run.scores = {"own": score}
    rows = rank_scenarios(results)
    assert [(row["rank"], row["scenario"]) for row in rows] == [
        (1, "c"),
        (2, "b"),
        (3, "a"),
    ]
    by_score = sort_rows(sort_rows(rows, results, "code"), results, "own")
    assert [row["scenario"] for row in by_score] == ["c", "b", "a"]
    write_csv(rows, results, tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(newline="") as file:
        assert [row["own"] for row in csv.DictReader(file)] == ["0.75", "0.25", "nan"]
