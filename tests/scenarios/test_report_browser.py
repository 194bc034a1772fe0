"""The report in a real Chromium, without a window."""

import json
import shutil

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score

from sklearn_nn.model_selection._comparison import compare_scenarios
from sklearn_nn.model_selection._summary import complete_runs
from sklearn_nn.scenarios._report import write_report
from tests.scenarios.small_results import LEVERS, made_up, small_results

HOSTILE = "</script><img src=x onerror=\"document.title='owned'\"><b>"
FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run
--disable-background-networking --disable-component-update --disable-sync
--window-size=1400,1000""".split()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    chromedriver = shutil.which("chromedriver")
    if not (chromium and chromedriver):
        pytest.skip("no Chromium")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in [*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"]:
        options.add_argument(flag)
    options.set_capability(
        "goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"}
    )
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    driver.get("about:blank")
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return write_report(small_results(), tmp_path_factory.mktemp("report") / "r.html")


def show(browser, path):
    """Open a page; it must ask the network for nothing and complain of nothing."""
    browser.get_log("browser"), browser.get_log("performance")
    browser.get(path.as_uri())
    assert browser.get_log("browser") == []
    events = [
        json.loads(e["message"])["message"] for e in browser.get_log("performance")
    ]
    asked = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
        and event["params"]["documentURL"] == path.as_uri()
    ]
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]


def run(browser, script, *arguments):
    return browser.execute_script(script, *arguments)


def codes(browser, section="ranking"):
    return run(
        browser,
        "return [...document.querySelectorAll(`#${arguments[0]} tbody tr`)]"
        ".map((row) => row.dataset.code)",
        section,
    )


def sort_by(browser, label, section="ranking"):
    """Click the button at the head of a column; give what aria-sort says then."""
    return run(
        browser,
        "const head = [...document.querySelectorAll(`#${arguments[0]} thead th`)]"
        ".find((cell) => cell.textContent === arguments[1]);"
        "head.querySelector('button').click(); return head.getAttribute('aria-sort')",
        section,
        label,
    )


def matrix(browser):
    return np.array(
        run(
            browser,
            "return [...document.querySelectorAll('.matrix tbody tr')].map((row) =>"
            "[...row.querySelectorAll('td')].map((cell) => Number(cell.textContent)))",
        )
    )


def choose(browser, code):
    run(
        browser,
        "const select = document.getElementById('scenario');"
        "select.selectedIndex = [...select.options]"
        ".findIndex((o) => o.text.startsWith(arguments[0]));"
        "select.dispatchEvent(new Event('change'))",
        code,
    )


def test_ranking_sorts_by_any_column(browser, report):
    show(browser, report)
    comparison = compare_scenarios(small_results(), random_state=0)
    score = dict(zip(comparison.codes, comparison.scores))
    ranked = sorted(score, key=lambda code: -score[code])
    assert codes(browser) == ranked
    assert sort_by(browser, "weighted F1") == "descending"
    assert codes(browser) == ranked
    assert sort_by(browser, "weighted F1") == "ascending"
    shown = codes(browser)
    assert [score[code] for code in shown] == sorted(score.values())
    assert sort_by(browser, "model") == "ascending"
    names = [LEVERS["model"][code[-1]] for code in codes(browser)]
    assert names == sorted(names)
    runs = complete_runs(small_results())
    seconds = {
        code: np.mean([r.fit_time + r.score_time for r in of])
        for code, of in runs.items()
    }
    assert sort_by(browser, "time") == "ascending"
    first, *_, last = codes(browser)
    assert seconds[first] < np.median(list(seconds.values())) < seconds[last]
    assert sort_by(browser, "de (37)", "languages") == "descending"


def test_ranking_filters_and_marks(browser, report):
    show(browser, report)
    comparison = compare_scenarios(small_results(), random_state=0)
    run(
        browser,
        "const select = document.querySelector('#ranking select');"
        "select.value = 't'; select.dispatchEvent(new Event('change'))",
    )
    assert {code[0] for code in codes(browser)} == {"t"}
    assert len(codes(browser)) == 15
    told = "return document.querySelector('#ranking .told').textContent"
    assert run(browser, told) == "15 of 30 scenarios"
    run(browser, "document.querySelector('#ranking .bar button').click()")
    run(browser, "document.querySelector('#ranking .bar input').click()")
    near = np.array(comparison.codes)[comparison.within_chance]
    assert sorted(codes(browser)) == sorted(near)
    marks = run(
        browser,
        "return [...document.querySelectorAll('#ranking .mark')]"
        ".map((mark) => mark.textContent)",
    )
    assert marks == ["best"] + ["≈ within chance"] * (len(near) - 1)


def test_matrix_of_a_chosen_scenario(browser, report):
    show(browser, report)
    results = small_results()
    y = np.concatenate(results.y)
    runs = complete_runs(results)

    def expected(code):
        predicted = np.concatenate([run.predicted for run in runs[code]])
        return confusion_matrix(y, predicted), f1_score(y, predicted, average=None)

    for code in ("tbsk", "dc0v"):
        choose(browser, code)
        np.testing.assert_array_equal(matrix(browser), expected(code)[0])
        assert run(
            browser, "return document.querySelector('.matrix caption').text" + "Content"
        ).startswith(f"Confusion matrix of {code},")
        shown = run(
            browser,
            "return [...document.querySelectorAll('.classes tbody tr')].map((row) =>"
            "[row.cells[0].textContent, Number(row.cells[4].textContent)])",
        )
        f1 = dict(zip(results.classes, expected(code)[1]))
        assert {name: pytest.approx(value, abs=6e-4) for name, value in shown} == f1

    run(browser, "document.getElementById('relative').click()")
    counts = expected("dc0v")[0]
    shares = 100 * counts / counts.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(matrix(browser), shares, atol=0.51)

    # A click on a row of the ranking chooses too, and so does the keyboard.
    run(browser, "document.getElementById('relative').click()")
    run(browser, "document.querySelector('#ranking tr[data-code=tw0n]').click()")
    np.testing.assert_array_equal(matrix(browser), expected("tw0n")[0])
    button = run(
        browser, "return document.querySelector('#ranking tr[data-code=dwsv] button')"
    )
    button.send_keys("\ue007")
    np.testing.assert_array_equal(matrix(browser), expected("dwsv")[0])
    current = "return [...document.querySelectorAll('[aria-current]')].map((row) =>"
    assert set(run(browser, current + "row.dataset.code)")) == {"dwsv"}


def test_plots_by_keyboard(browser, report):
    show(browser, report)
    runs = complete_runs(small_results())
    seconds = {
        code: np.mean([r.fit_time + r.score_time for r in of])
        for code, of in runs.items()
    }
    second = sorted(seconds, key=seconds.get)[1]
    dot = run(browser, "return document.querySelector('#cost [tabindex=\"0\"]')")
    dot.send_keys("\ue014")
    tip = run(browser, "return document.getElementById('tip').textContent")
    assert tip.startswith(f"{second}\ntext: {LEVERS['text'][second[0]]}")
    run(browser, "return document.activeElement").send_keys("\ue007")
    chosen = "return document.querySelector('#cost .chosen').dataset.code"
    assert run(browser, chosen) == second

    cell = run(browser, "return document.querySelector('.matrix tbody td')")
    cell.send_keys("\ue014")
    run(browser, "return document.activeElement").send_keys("\ue015")
    told = run(browser, "return document.querySelector('.readout').textContent")
    first, after = small_results().classes[:2]
    shown = matrix(browser)
    assert told.startswith(f"{after} taken for itself: {shown[1, 1]} of")
    effects = run(browser, "return document.querySelectorAll('#effects circle').length")
    assert effects == len(compare_scenarios(small_results(), random_state=0).effects)


def test_hostile_text_stays_text(browser, tmp_path):
    results = small_results()
    results.classes[2] = results.about[HOSTILE] = HOSTILE
    results.levers = {**results.levers, "text": {"t": HOSTILE, "d": "plain"}}
    results.levers[HOSTILE] = results.levers.pop("model")
    results.excluded = dict.fromkeys(results.excluded, HOSTILE)
    results.languages = [np.where(of == "de", HOSTILE, of) for of in results.languages]
    for failed in results.runs:
        if failed.error:
            failed.error = failed.traceback = HOSTILE
    show(browser, write_report(results, tmp_path / "r.html", title=HOSTILE))
    assert run(browser, "return document.querySelectorAll('img, b b').length") == 0
    assert browser.title == HOSTILE
    run(browser, "for (const d of document.querySelectorAll('details')) d.open = true")
    places = "h1,#facts,#ranking,#effects,#confusion,#languages,.error p + p,.error pre"
    for place in [*places.split(","), ".reasons", ".matrix thead", ".classes"]:
        text = "return document.querySelector(arguments[0]).textContent"
        assert HOSTILE in run(browser, text, place), place
    assert browser.get_log("browser") == []


def test_many_scenarios_and_classes(browser, tmp_path):
    rng = np.random.default_rng(0)
    y = [rng.integers(75, size=900)]
    name = [f"a category with a rather long name, of things {i}" for i in range(75)]
    predicted = {
        f"{i:03}": [np.where(rng.random(900) < 0.7, y[0], rng.integers(75, size=900))]
        for i in range(130)
    }
    results = made_up(predicted, y, classes=name)
    show(browser, write_report(results, tmp_path / "r.html"))
    assert len(codes(browser)) == 100
    run(browser, "document.querySelector('#ranking .more button').click()")
    assert len(codes(browser)) == 130
    shown = matrix(browser)
    assert shown.shape == (60, 60) and shown.sum() == 900
    absent = "return ['languages', 'steps', 'problems'].map((id) =>"
    absent += "document.getElementById(id))"
    assert run(browser, absent) == [None] * 3


@pytest.mark.parametrize("state", ["one scenario", "none finished"])
def test_small_and_unfinished_matrices(browser, tmp_path, state):
    y = [np.arange(50) % 2]
    results = made_up({"a": y}, y)
    if state == "none finished":
        results.runs = []
    show(browser, write_report(results, tmp_path / "r.html"))
    said = run(browser, "return document.querySelector('main').innerText")
    expected = {
        "one scenario": "There is no other scenario to compare with.",
        "none finished": "No scenario has finished on every split yet.",
    }
    assert expected[state] in said


@pytest.mark.parametrize("width", [390, 820])
def test_nothing_is_wider_than_the_screen(browser, report, width):
    show(browser, report)
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    assert run(browser, "return document.documentElement.scrollWidth") <= width
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_dark_when_the_reader_prefers_it(browser, report):
    show(browser, report)
    colour = "return getComputedStyle(document.body).backgroundColor"
    seen = []
    for theme in ("light", "dark"):
        preference = [{"name": "prefers-color-scheme", "value": theme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": preference})
        seen.append(run(browser, colour))
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert seen == ["rgb(244, 246, 248)", "rgb(14, 20, 27)"]
