"""What was translated once is not asked for again: after a kill, or elsewhere."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from sklearn_nn.preprocessing._translation import cache as module
from sklearn_nn.preprocessing._translation.cache import TranslationCache
from sklearn_nn.preprocessing._translation.chunks import Key
from tests.preprocessing.translation_server import (
    delay,
    refuse,
    serving,
    translation,
    translator,
)

TEXTS = [f"text number {i}" for i in range(200)]
TRANSLATED = [translation(text) for text in TEXTS]

# Run by another process: translate the texts, with claims that last a while.
SCRIPT = """
import sys
from sklearn_nn.preprocessing._translation import cache
from tests.preprocessing.translation_server import translator
url, path, lease = sys.argv[1:]
cache.LEASE, cache.RENEWAL = float(lease), 0.1
texts = [f"text number {i}" for i in range(200)]
translator(url, cache=path, max_rows=10).transform(texts)
"""


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def path(tmp_path):
    return tmp_path / "translations.sqlite"


def start(server, path, lease):
    arguments = [sys.executable, "-c", SCRIPT, server.url, str(path), str(lease)]
    return subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)


def stop_after(server, n_requests, process, number):
    deadline = time.monotonic() + 60
    while len(server.questions) < n_requests and time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.005)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    return errors


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=str)
def test_a_run_that_was_stopped_goes_on(server, path, number):
    server.always = delay(0.05)
    errors = stop_after(server, 8, start(server, path, lease=1.0), number)
    assert ("KeyboardInterrupt" in errors) == (number == signal.SIGINT)
    in_flight = set(server.questions[-1]["q"])
    n_before = len(server.questions)
    assert n_before < 20

    result = translator(server.url, cache=path, max_rows=10).translate(TEXTS)
    assert result.texts.tolist() == TRANSLATED
    assert result.failures == {}
    assert set(server.asked) == set(TEXTS)
    twice = {text for text, count in server.asked.items() if count > 1}
    assert twice <= in_flight
    assert max(server.asked.values()) <= 2

    n_requests = len(server.questions)
    assert translator(server.url, cache=path).transform(TEXTS).tolist() == TRANSLATED
    assert len(server.questions) == n_requests
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM claims").fetchone() == (0,)


def test_processes_ask_for_each_text_once(server, path):
    server.always = delay(0.01)
    processes = [start(server, path, lease=10.0) for _ in range(2)]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    assert server.asked == dict.fromkeys(TEXTS, 1)
    assert translator(server.url, cache=path).transform(TEXTS).tolist() == TRANSLATED


def test_threads_ask_for_each_text_once(server, path):
    server.always = delay(0.01)

    def run(seed):
        texts = TEXTS[seed * 20 :] + TEXTS[: seed * 20]
        step = translator(server.url, cache=path, max_rows=7, n_jobs=2)
        return dict(zip(texts, step.transform(texts)))

    with ThreadPoolExecutor(4) as executor:
        results = list(executor.map(run, range(4)))
    assert results == [dict(zip(TEXTS, TRANSLATED))] * 4
    assert server.asked == dict.fromkeys(TEXTS, 1)


def test_folds_and_scenarios_share_the_cache(server, path):
    y = [i % 2 for i in range(60)]
    for alpha in (0.1, 1.0):
        pipeline = make_pipeline(
            translator(server.url, cache=path), CountVectorizer(), MultinomialNB()
        )
        pipeline.set_params(multinomialnb__alpha=alpha)
        cross_val_score(pipeline, TEXTS[:60], y, cv=3, error_score="raise")
    assert set(server.asked.values()) == {1}
    assert len(server.asked) == 60


def test_languages_and_services_are_kept_apart(server, path):
    texts = ["one text"]
    for params in ({}, {"target": "de"}, {"source": "es"}, {"backend": "google"}):
        for _ in range(2):
            translator(server.url, cache=path, **params).transform(texts)
    with serving() as other:
        translator(other.url, cache=path).transform(texts)
        assert len(other.questions) == 1
    assert server.asked["one text"] == 4


def test_failures_are_not_kept(server, path):
    server.always = refuse("number 3")
    step = translator(server.url, cache=path)
    assert list(step.translate(TEXTS[:5]).failures) == [3]
    server.always = None
    assert step.transform(TEXTS[:5]).tolist() == TRANSLATED[:5]
    assert server.asked["text number 4"] == 2
    assert server.asked["text number 3"] == 3


def test_pieces_of_a_long_row_are_kept(server, path):
    row = "The first sentence. The second sentence. The third one."
    server.always = refuse("third")
    step = translator(server.url, cache=path, max_chars=25)
    assert step.translate([row]).texts.tolist() == [row]
    server.always = None
    step.transform([row])
    assert server.asked["The first sentence."] == 1


def test_the_file_holds_no_source_text(server, path):
    translator(server.url, cache=path).transform(["confidential words"])
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT * FROM translations").fetchall()
    assert rows[0][:3] == (f"libretranslate {server.url}", "en", "fr")
    assert rows[0][4] == "confidential-fr words-fr"
    assert b"confidential words" not in path.read_bytes()


def upper(texts):
    return [text.upper() for text in texts]


class Model:
    def __init__(self, service):
        self.service = service

    def translate_batch(self, texts):
        return [f"{text} {self.service}" for text in texts]


def test_own_backends_are_known_by_their_names(path):
    def own(backend):
        return translator(None, backend=backend, cache=path)

    assert own(upper).fit_transform(["one"]).tolist() == ["ONE"]
    for name in ("small", "large"):
        assert own(Model(name)).fit_transform(["one"]).tolist() == [f"one {name}"]
    for nameless in (lambda texts: texts, partial(upper)):
        with pytest.raises(ValueError, match="give it an attribute service"):
            own(nameless).fit(["one"])


def damage(path, server):
    translator(server.url, cache=path).transform(TEXTS)
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)


def no_database(path, server):
    path.write_text("Dear diary, " * 1000)


def folder(path, server):
    path.mkdir()


@pytest.mark.parametrize(
    "spoil, cure",
    [(damage, "delete it"), (no_database, "delete it"), (folder, "folder that exists")],
    ids=["damaged", "no database", "folder"],
)
def test_a_spoilt_file_is_named_with_the_cure(server, path, spoil, cure):
    spoil(path, server)
    step = translator(server.url, cache=path)
    with pytest.raises(RuntimeError, match=f"translations.sqlite.*{cure}"):
        step.transform([*TEXTS, "new text"])


def test_a_missing_folder_is_named(server, tmp_path):
    step = translator(server.url, cache=tmp_path / "no" / "cache.sqlite")
    with pytest.raises(RuntimeError, match="no/cache.sqlite.*folder that exists"):
        step.fit(["one"])


@pytest.mark.parametrize("version", [0, 99])
def test_a_database_of_others_is_left_alone(server, path, version):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE accounts (name TEXT)")
        connection.execute(f"PRAGMA user_version = {version}")
    before = path.read_bytes()
    with pytest.raises(ValueError, match="database of another program"):
        translator(server.url, cache=path).fit(["one"])
    assert path.read_bytes() == before


def test_a_locked_file_is_named(server, path, monkeypatch):
    step = translator(server.url, cache=path).fit(["one"])
    monkeypatch.setattr(TranslationCache, "busy_timeout", 0.2)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(RuntimeError, match="translations.sqlite.*Another program"):
        step.transform(["one"])
    holder.execute("ROLLBACK")
    holder.close()
    assert step.transform(["one"]).tolist() == ["one-fr"]


def test_a_full_disk_is_named(path):
    with TranslationCache(path, "service", "fr") as cache:
        n_pages = cache._connection.execute("PRAGMA page_count").fetchone()[0]
        cache._connection.execute(f"PRAGMA max_page_count = {n_pages}")
        keys = [Key("en", str(i)) for i in range(100)]
        with pytest.raises(RuntimeError, match="translations.sqlite.*Make room"):
            cache.put(dict.fromkeys(keys, "word " * 1000))
        assert cache.get(keys) == {}


def test_a_claim_is_kept_while_its_owner_lives_and_lost_with_it(path, monkeypatch):
    monkeypatch.setattr(module, "LEASE", 1.0)
    monkeypatch.setattr(module, "RENEWAL", 0.05)
    key = Key("en", "one")
    with TranslationCache(path, "service", "fr") as other:
        with TranslationCache(path, "service", "fr") as owner:
            assert owner.claim([key]) == ({}, [key])
            for _ in range(13):
                time.sleep(0.1)
                assert other.claim([key]) == ({}, [])
            # As if the process was killed: nothing is renewed, nothing given back.
            owner._closed.set()
            time.sleep(1.3)
            assert other.claim([key]) == ({}, [key])
        assert owner.path == str(path)
        other.put({key: "un"})
    with TranslationCache(path, "service", "fr") as third:
        assert third.claim([key]) == ({key: "un"}, [])


def test_the_answer_of_another_is_waited_for(server, path):
    server.always = delay(0.5)
    step = translator(server.url, cache=path)
    thread = threading.Thread(target=step.transform, args=(["one"],))
    thread.start()
    while not server.questions:
        time.sleep(0.01)
    result = step.translate(["one"])
    thread.join()
    assert result.texts.tolist() == ["one-fr"]
    assert result.n_requests == 0
    assert server.asked == {"one": 1}


def test_a_home_folder_and_text_paths_are_understood(server, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    translator(server.url, cache="~/cache.sqlite").transform(["one"])
    assert (tmp_path / "cache.sqlite").is_file()
