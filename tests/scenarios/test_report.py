"""The page as a file; what a browser makes of it is tested in test_report_browser."""

import base64
import hashlib
import json
import os
import re

import numpy as np
import pytest

from sklearn_nn.model_selection._comparison import compare_scenarios
from sklearn_nn.model_selection._summary import complete_runs, summarize_scenario
from sklearn_nn.scenarios._report import write_report
from sklearn_nn.scenarios._report_data import report_data
from tests.scenarios.small_results import FAILS, WHY_EXCLUDED, made_up, small_results

ANYWHERE = r"""(?:https?:)?//[\w.-]+|\bfetch\(|XMLHttpRequest|@import|url\("""
MARKUP = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    assert write_report(small_results(), str(path)) == path
    return path.read_text(encoding="utf-8")


def embedded(page: str) -> dict:
    found = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page)
    return json.loads(found[1])


def test_what_is_embedded_is_what_was_measured(page):
    results = small_results()
    data = embedded(page)
    assert data == report_data(results, random_state=0)
    runs = complete_runs(results)
    comparison = compare_scenarios(results, random_state=0)
    assert [s["code"] for s in data["scenarios"]] == comparison.codes == list(runs)
    for place, shown in enumerate(data["scenarios"]):
        summary = summarize_scenario(results, runs[shown["code"]])
        assert shown["score"] == pytest.approx(comparison.scores[place], rel=1e-5)
        assert shown["within"] == comparison.within_chance[place]
        numbers = np.array(shown["confusion"].split(","), dtype=int).reshape(-1, 2)
        matrix = np.zeros(64, dtype=int)
        matrix[numbers[:, 0].cumsum()] = numbers[:, 1]
        np.testing.assert_array_equal(matrix.reshape(8, 8), summary["confusion"])
        for (name, rows), score in zip(data["languages"], shown["languages"]):
            of = summary["languages"][name]
            assert of["n_rows"] == rows
            assert score == pytest.approx(of["f1_weighted"], rel=1e-5)
    assert [f["code"] for f in data["failures"]] == [FAILS, FAILS]
    assert "MultinomialNB" in data["failures"][0]["error"]
    assert "Traceback" in data["failures"][0]["traceback"]
    assert {reason for _, reason in data["excluded"]} == {WHY_EXCLUDED}
    assert data["counts"] == {"finished": 30, "failed": 1, "excluded": 5, "waiting": 0}


def test_page_needs_nothing_and_allows_nothing_else(page):
    rules = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    for text, rule in [(script, "script-src"), (style, "style-src")]:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}'" in rules
    assert rules.startswith("default-src 'none'") and "unsafe" not in rules
    places = set(re.findall(ANYWHERE, page.replace("http://www.w3.org/2000/svg", "")))
    assert not places and not re.search(MARKUP, script)
    assert not re.search(r"\son\w+=|\sstyle=", page.split("<script")[0])
    assert "{{" not in page.replace(script, "")


def test_page_is_small(page):
    results = small_results()
    per_scenario = len(json.dumps(embedded(page)["scenarios"])) / 30
    assert per_scenario < 1000
    assert len(page) < 150_000
    assert len(results.y[0]) * 30 < 10_000


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_are_readable(page, theme):
    blocks = re.findall(r":root \{([^}]*)\}", page)
    colours = {}
    for block in blocks[: 1 if theme == "light" else 2]:
        colours |= dict(re.findall(r"--([\w-]+): (#\w{6});", block))

    def luminance(name):
        channels = [int(colours[name][i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in channels
        ]
        return np.dot([0.2126, 0.7152, 0.0722], linear)

    pairs = "ink/back ink/surface soft/surface soft/back soft/raised accent/surface "
    pairs += "accent/accent-back on-accent/accent on-accent/bad good/good-back "
    pairs += "bad/bad-back good/surface bad/surface on-head/head head-soft/head"
    for pair in pairs.split():
        light, dark = sorted(map(luminance, pair.split("/")), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, pair


def test_title_is_text_and_the_page_reproducible(tmp_path):
    results = small_results()
    results.about["title"] = "<b>A & {{script}}</b>"
    first = write_report(results, tmp_path / "a.html").read_bytes()
    assert write_report(results, tmp_path / "b.html").read_bytes() == first
    assert b"<h1>&lt;b&gt;A &amp; {{script}}&lt;/b&gt;</h1>" in first
    named = write_report(results, tmp_path / "c.html", title="Mine", random_state=1)
    assert "<title>Mine</title>" in named.read_text()


def test_untrusted_text_cannot_end_the_data(tmp_path):
    results = small_results()
    hostile = "</script><!--<script>\u2028&\ud800"
    results.classes[0] = results.about["data"] = hostile
    page = write_report(results, tmp_path / "report.html").read_text(encoding="utf-8")
    assert "</script><!--" not in page and "\u2028" not in page
    assert embedded(page)["classes"][0] == hostile


def test_anything_in_about_and_outcomes_becomes_text():
    results = small_results()
    results.about |= {
        "when": np.datetime64("2026-01-02"),
        "n": np.int64(3),
        "x": np.nan,
    }
    results.outcomes["text"]["title only"] = {"columns": ("title",), "step": object}
    data = report_data(results, random_state=0)
    json.dumps(data, allow_nan=False)
    assert data["about"]["when"] == "2026-01-02" and data["about"]["x"] is None
    assert data["levers"][0]["outcomes"][0][2]["columns"] == ["title"]


def test_a_metric_of_another_name(tmp_path):
    results = small_results()
    for run in results.runs:
        if run.error is None:
            run.scores = {"score": run.scores["accuracy"]}
    results.metric = "score"
    data = report_data(results, random_state=0)
    assert data["metric"] == "accuracy" and data["ownMetric"] is None
    assert "score" not in data["metrics"] and data["metrics"].count("accuracy") == 1
    for place, run in enumerate(results.runs):
        run.scores = {"score": place / 100}
    data = report_data(results, random_state=0)
    assert data["metric"] == "f1_weighted" and data["ownMetric"] == "score"
    assert data["metrics"][0] == "score"


def test_nothing_finished_yet():
    results = small_results()
    results.runs = [run for run in results.runs if run.error]
    data = report_data(results, random_state=0)
    assert data["counts"]["waiting"] == 30 and data["scenarios"] == []


def test_a_page_is_complete_or_not_there(tmp_path, monkeypatch):
    y = [np.arange(50) % 2]
    results = made_up({"a": y}, y)
    path = tmp_path / "report.html"
    old = write_report(results, path, title="Old").read_text()

    def full_disk(*_):
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full_disk)
        with pytest.raises(OSError, match="No space"):
            write_report(results, path)
    assert path.read_text() == old and os.listdir(tmp_path) == ["report.html"]
    write_report(results, path)
    assert path.read_text() != old
    (tmp_path / "notes.html").write_text("<!doctype html><p>Of mine.")
    with pytest.raises(FileExistsError, match="not written as a report"):
        write_report(results, tmp_path / "notes.html")
    assert "Of mine" in (tmp_path / "notes.html").read_text()
    with pytest.raises(FileNotFoundError):
        write_report(results, tmp_path / "nowhere" / "report.html")
    with pytest.raises(TypeError, match="expects a ScenarioResults, got dict"):
        write_report({}, path)
