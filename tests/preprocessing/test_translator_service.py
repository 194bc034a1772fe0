"""A service that misbehaves: every row comes back once, translated or as it was."""

import pickle
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from sklearn_nn.preprocessing import Translator
from sklearn_nn.preprocessing._translation.http import _seconds
from tests.preprocessing.translation_server import (
    body,
    drip,
    drop_first,
    hang,
    refuse,
    reset,
    serving,
    status,
    translation,
    translator,
    truncate,
)

TEXTS = [f"text number {i}" for i in range(10)]
TRANSLATED = [translation(text) for text in TEXTS]


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.mark.parametrize(
    "behaviour",
    [
        status(429),
        status(500),
        status(502),
        status(503),
        status(504),
        status(408),
        hang,
        drip,
        truncate,
        reset,
        drop_first,
        body("<html>busy</html>"),
        body(""),
        body("[" * 100_000),
        body('{"translatedText": null}'),
        body('{"translatedText": "all in one"}'),
        body('["no object"]'),
        body('{"translatedText": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}'),
    ],
    ids=(
        "429 500 502 503 504 408 hangs drips truncated reset short html empty nested "
        "null string list numbers"
    ).split(),
)
def test_what_passes_is_repeated(server, behaviour):
    server.behaviours.extend([behaviour] * 2)
    result = translator(server.url, timeout=0.25).translate(TEXTS)
    assert result.texts.tolist() == TRANSLATED
    assert result.failures == {}
    assert result.n_requests == len(server.questions) == 3


@pytest.mark.parametrize("code", [401, 403, 404, 405])
def test_no_further_request_after_a_hopeless_one(server, code):
    server.always = status(code, "go away")
    result = translator(server.url, max_rows=2).translate(TEXTS)
    assert result.texts.tolist() == TEXTS
    assert list(result.failures) == list(range(10))
    assert f"HTTP {code}" in result.failures[9] and "go away" in result.failures[9]
    assert len(server.questions) == 1


def test_a_refused_text_harms_no_other(server):
    server.always = refuse("number 3", "number 7")
    result = translator(server.url).translate(TEXTS)
    expected = [t if i in (3, 7) else TRANSLATED[i] for i, t in enumerate(TEXTS)]
    assert result.texts.tolist() == expected
    assert list(result.failures) == [3, 7]
    # All together, then one by one; nothing of it is repeated.
    assert result.n_requests == 11


def test_a_text_that_breaks_the_service_harms_no_other(server):
    server.always = refuse("number 3", code=500)
    result = translator(server.url, retries=1).translate(TEXTS)
    expected = [t if i == 3 else TRANSLATED[i] for i, t in enumerate(TEXTS)]
    assert result.texts.tolist() == expected
    assert "HTTP 500" in result.failures[3]


def test_a_service_that_refuses_all_is_given_up(server):
    server.always = status(400, "xx is not supported")
    texts = [f"text number {i}" for i in range(200)]
    result = translator(server.url).translate(texts)
    assert result.texts.tolist() == texts
    assert len(result.failures) == 200
    assert len(server.questions) == 11
    assert result.failures[199].startswith("not asked after: HTTP 400")


@pytest.mark.parametrize(
    "behaviour", [hang, reset, status(503)], ids=["hangs", "reset", "503"]
)
def test_a_service_that_is_down_is_given_up(server, behaviour):
    server.always = behaviour
    step = translator(server.url, timeout=0.1, retries=1, max_rows=1)
    result = step.translate(TEXTS)
    assert result.texts.tolist() == TEXTS
    assert len(result.failures) == 10
    assert len(server.questions) == 6


def test_no_service_at_all():
    with serving() as server:
        url = server.url
    for step in (translator(url, retries=1), google(url, retries=1)):
        result = step.translate(TEXTS)
        assert result.texts.tolist() == TEXTS
        assert "no complete answer" in result.failures[0]
        assert "refused" in result.failures[0]
        assert "number" not in result.failures[0]


def test_waits_grow(server):
    server.behaviours.extend([status(503)] * 3)
    translator(server.url, backoff=0.1).transform(TEXTS)
    waits = [b - a for a, b in zip(server.times, server.times[1:])]
    for number, wait in enumerate(waits):
        assert wait >= 0.05 * 2**number


def test_retry_after_has_precedence(server):
    server.behaviours.append(status(429, Retry_After="1"))
    result = translator(server.url).translate(TEXTS)
    assert result.texts.tolist() == TRANSLATED
    assert server.times[1] - server.times[0] >= 1.0


def test_a_wait_beyond_max_wait_is_given_up(server):
    server.always = status(429, Retry_After="3600")
    result = translator(server.url, max_wait=5.0, max_rows=2).translate(TEXTS)
    assert len(server.questions) == 1
    assert len(result.failures) == 10


def test_retry_after_is_a_number_or_a_date():
    later = datetime.now(UTC) + timedelta(seconds=100)
    assert _seconds("7") == 7.0
    assert 95 < _seconds(format_datetime(later, usegmt=True)) <= 100
    assert 95 < _seconds(later.strftime("%a, %d %b %Y %H:%M:%S -0000")) <= 100
    assert _seconds("Fri, 31 Dec 1999 23:59:59 GMT") == 0.0
    assert _seconds("soon") is None
    assert _seconds(None) is None


def test_redirects_are_not_followed(server):
    with serving() as other:
        server.always = status(307, Location=f"{other.url}/translate?api_key=K")
        result = translator(server.url).translate(TEXTS)
        assert other.questions == []
    assert f"redirected to {other.url}/translate;" in result.failures[0]
    assert "api_key" not in result.failures[0]


@pytest.mark.parametrize("ending", ["", "/", "/translate"])
def test_the_address_may_end_as_it_likes(server, ending):
    step = translator(f"{server.url}{ending}")
    assert step.transform(TEXTS).tolist() == TRANSLATED
    assert server.paths == ["/translate"]


def test_the_key_shows_nowhere(server, monkeypatch, tmp_path):
    key = "k3y-0f-mine"
    monkeypatch.setenv("MY_KEY", key)
    cache = tmp_path / "cache.sqlite"
    step = translator(server.url, api_key_env="MY_KEY", cache=cache).fit(TEXTS)
    step.transform(TEXTS[:5])
    assert server.questions[0]["api_key"] == key
    assert server.paths == ["/translate"]
    server.always = status(403, f"{'no ' * 88}, the key {key} is wrong")
    failures = step.translate(TEXTS).failures
    assert "the key ***" in failures[5]
    shown = [repr(step), step._repr_html_(), str(step.get_params()), str(failures)]
    assert not any(key[:2] in text for text in shown)
    assert key.encode() not in pickle.dumps(step)
    for file in tmp_path.iterdir():
        assert key.encode() not in file.read_bytes()


def test_n_jobs_requests_are_under_way_at_once(server):
    def wait_for_others(handler, question):
        deadline = time.monotonic() + 5
        while len(server.questions) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        return False

    server.always = wait_for_others
    step = translator(server.url, n_jobs=4, max_rows=1)
    assert step.transform(TEXTS[:4]).tolist() == TRANSLATED[:4]
    assert server.times[-1] - server.times[0] < 4


def test_many_faults_at_once_lose_and_shift_nothing(server):
    faults = [status(500), truncate, reset, drop_first, body("no"), status(429)]
    texts = [f"text number {i}" for i in range(300)]
    server.behaviours.extend(faults[i % 7] if i % 7 < 6 else None for i in range(35))
    result = translator(server.url, n_jobs=3, max_rows=10, retries=40).translate(texts)
    assert result.texts.tolist() == [translation(text) for text in texts]
    assert result.failures == {}


def google(url, **params):
    return translator(url, backend="google", **params)


def test_google_takes_one_text_a_request(server):
    result = google(server.url, max_rows=10).translate(TEXTS)
    assert result.texts.tolist() == TRANSLATED
    assert [question["q"] for question in server.questions] == TEXTS
    assert {(q["sl"], q["tl"]) for q in server.questions} == {("en", "fr")}


def test_google_has_codes_of_its_own(server):
    google(server.url, source="he", target="zh").transform(["שולחן"])
    assert (server.questions[0]["sl"], server.questions[0]["tl"]) == ("iw", "zh-CN")


def test_a_google_text_that_is_its_own_translation_stays(server):
    def echo(handler, question):
        page = f'<div class="result-container">{question["q"]}</div>'
        handler.send(200, page.encode(), "text/html")
        return True

    server.always = echo
    result = google(server.url).translate(["Paris"])
    assert (result.texts.tolist(), result.failures) == (["Paris"], {})


def test_a_google_page_is_read_in_its_encoding(server):
    def old_page(handler, question):
        page = '<div class="result-container">été</div>'
        handler.send(200, page.encode("latin-1"), "text/html; charset=ISO-8859-1")
        return True

    server.always = old_page
    assert google(server.url).transform(["summer"]).tolist() == ["été"]


def test_a_google_text_beyond_its_limit_is_kept(server):
    result = google(server.url, max_chars=9000).translate(["word " * 1200, "one"])
    assert list(result.failures) == [0]
    assert "between 0 and 5000 characters" in result.failures[0]


@pytest.mark.parametrize(
    "behaviour",
    [status(429), status(500), hang, drip, truncate, reset, body("<p>Consent</p>")],
    ids=["429", "500", "hangs", "drips", "truncated", "reset", "no result"],
)
def test_google_is_asked_again_and_in_time(server, behaviour):
    server.behaviours.extend([behaviour] * 2)
    result = google(server.url, timeout=0.25).translate(TEXTS[:3])
    assert result.texts.tolist() == TRANSLATED[:3]
    assert result.n_requests == 5


def test_google_that_blocks_is_left_alone(server):
    server.always = status(302, Location="https://example.org/sorry")
    result = google(server.url).translate(TEXTS)
    assert result.texts.tolist() == TEXTS
    assert len(server.questions) == 1


def test_the_class_of_deep_translator_is_not_changed(server):
    import deep_translator.google
    import requests

    before = dict(vars(deep_translator.google.GoogleTranslator))
    google(server.url).transform(TEXTS[:1])
    assert dict(vars(deep_translator.google.GoogleTranslator)) == before
    assert deep_translator.google.requests is requests


def test_google_needs_no_address():
    assert Translator(backend="google", target="fr").fit(TEXTS)
