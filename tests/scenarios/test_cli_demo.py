import json

import pytest

from benchmarks import _report, demo
from sklearn_nn.scenarios import load_matrix


@pytest.mark.filterwarnings("ignore:Retry downloading")
def test_without_data_and_network(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SKLEARN_NN_DATA", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    matrix = demo.choose_matrix()
    assert matrix == demo.LISTINGS
    assert "generated product listings instead" in capsys.readouterr().out
    assert len(load_matrix(matrix).plan("columns").codes) == 24


def test_real_posts_where_they_are(data_home):
    assert demo.choose_matrix() == demo.POSTS


def test_report_and_saved_figures(tmp_path, monkeypatch, capsys):
    small = demo.LISTINGS.read_text().replace("n_samples = 4000", "n_samples = 300")
    (tmp_path / "small.toml").write_text(small.replace(', "on"]', "]"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "choose_matrix", lambda: tmp_path / "small.toml")
    monkeypatch.setattr(_report, "RESULTS", tmp_path)
    monkeypatch.setattr("sys.argv", ["demo", "--save"])
    for _ in range(2):  # The second starts anew.
        assert demo.main() == 0
    assert "report: demo-report.html" in capsys.readouterr().out
    assert (tmp_path / "demo-report.html").exists()
    figures = json.loads((tmp_path / "demo.json").read_text())
    assert figures["title"] == "Generated product listings"
    assert len(figures["rows"]) == 6
    scores = [row["f1_weighted"] for row in figures["rows"]]
    assert scores == sorted(scores, reverse=True)
    assert figures["rows"][0]["gap"] == 0
