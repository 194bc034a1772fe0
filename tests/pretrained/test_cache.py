"""What was computed once is kept: in memory, and in a file after a kill."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sklearn_nn._pretrained.cache import MEMORY, FeatureFile, FeatureMemory
from sklearn_nn._pretrained.features import pooled_features
from sklearn_nn._pretrained.known import row_keys
from sklearn_nn.modules.transformer import PooledTransformer
from tests.pretrained.encoders import WORDS, plain

TEXTS = [f"{a} {b} {c}" for a in WORDS for b in WORDS for c in "the and".split()]
# Run by another process: compute, slowly, after a word that all is ready.
SCRIPT = """
import sys, time
from sklearn_nn._pretrained.features import pooled_features
from sklearn_nn.modules.transformer import PooledTransformer
from tests.pretrained.test_cache import TEXTS

folder, path, pause = sys.argv[1:]
forward = PooledTransformer.forward

def slow(self, x):
    time.sleep(float(pause))
    return forward(self, x)

PooledTransformer.forward = slow
pooled_features(
    TEXTS, model_name=folder, max_length=20, precision="float32", batch_size=8,
    cache=path,
)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "features.sqlite"


@pytest.fixture
def n_read(monkeypatch):
    """The number of texts that the encoder has read, in a list of one."""
    count = [0]
    forward = PooledTransformer.forward

    def counting(self, x):
        count[0] += len(x)
        return forward(self, x)

    monkeypatch.setattr(PooledTransformer, "forward", counting)
    return count


def pooled(texts, folder, path=None):
    return pooled_features(
        texts, model_name=folder, max_length=20, precision="float32", cache=path
    )


def start(folder, path, pause):
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, folder, str(path), str(pause)],
        stderr=subprocess.PIPE,
        text=True,
    )


def n_stored(path):
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT count(*) FROM features").fetchone()[0]


def test_a_run_that_was_killed_goes_on(tiny, path, n_read):
    process = start(tiny, path, pause=0.1)
    deadline = time.monotonic() + 60
    while not (path.exists() and _has_rows(path)) and time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    known = n_stored(path)
    assert 0 < known < len(TEXTS)
    features = pooled(TEXTS, tiny, path)
    assert n_read == [len(TEXTS) - known]
    np.testing.assert_allclose(features, plain(TEXTS, tiny), atol=1e-6)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_run_that_was_interrupted_loses_one_batch(tiny, path, n_read, monkeypatch):
    forward = PooledTransformer.forward

    def interrupted(self, x):
        if n_read[0] > 100:
            raise KeyboardInterrupt
        return forward(self, x)

    with monkeypatch.context() as patch:
        patch.setattr(PooledTransformer, "forward", interrupted)
        with pytest.raises(KeyboardInterrupt):
            pooled(TEXTS, tiny, path)
    assert n_stored(path) == n_read[0] < len(TEXTS)
    pooled(TEXTS, tiny, path)
    assert n_read == [len(TEXTS)]


def _has_rows(path):
    try:
        return n_stored(path) > 0
    except sqlite3.OperationalError:
        # The table is not made yet.
        return False


def test_processes_share_the_file(tiny, path, n_read):
    process = start(tiny, path, pause=0.01)
    while process.poll() is None:
        MEMORY.clear()
        pooled(TEXTS[::7], tiny, path)
        time.sleep(0.1)
    assert process.returncode == 0, process.communicate()
    assert n_stored(path) == len(TEXTS)
    before = n_read[0]
    features = pooled(TEXTS, tiny, path)
    assert n_read[0] == before
    np.testing.assert_allclose(features, plain(TEXTS, tiny), atol=1e-6)


def test_what_memory_knows_comes_into_the_file(tiny, path, n_read):
    first = pooled(TEXTS[:50], tiny)
    pooled(TEXTS[20:60], tiny, path)
    assert (n_read, n_stored(path)) == ([60], 40)
    pooled(TEXTS[:60], tiny, path)
    assert (n_read, n_stored(path)) == ([60], 60)
    MEMORY.clear()
    np.testing.assert_array_equal(pooled(TEXTS[:50], tiny, path), first)
    assert n_read == [60]


def test_the_file_holds_no_text(tiny, path):
    pooled(["confidential tea"], tiny, path)
    assert b"confidential" not in path.read_bytes()


def damage(path):
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[:8192])


def other_length(path):
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE features SET vector = x'00'")


def no_database(path):
    path.write_text("Dear diary, " * 1000)


def folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "spoil, cure",
    [
        (damage, "delete it"),
        (cut, "delete it"),
        (other_length, "a vector of 1 bytes, not 64. .*delete it"),
        (no_database, "delete it"),
        (folder, "folder that exists"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_spoilt_file_is_named_with_the_cure(tiny, path, spoil, cure):
    pooled(TEXTS, tiny, path)
    spoil(path)
    with pytest.raises(RuntimeError, match=f"cache of features.*sqlite.*{cure}"):
        pooled(TEXTS, tiny, path)


def test_a_database_of_others_is_left_alone(tiny, path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE accounts (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(ValueError, match="database of another program"):
        pooled(TEXTS, tiny, path)
    assert path.read_bytes() == before


def test_a_locked_file_is_named(tiny, path, monkeypatch):
    pooled(TEXTS[:5], tiny, path)
    monkeypatch.setattr(FeatureFile, "busy_timeout", 0.2)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(RuntimeError, match="features.sqlite.*Another program"):
        pooled(TEXTS, tiny, path)
    holder.execute("ROLLBACK")
    holder.close()
    pooled(TEXTS, tiny, path)


def test_memory_is_bounded_and_the_oldest_leave():
    vectors = np.arange(300, dtype=np.float32).reshape(30, 10)
    keys = [bytes([i]) for i in range(30)]
    memory = FeatureMemory(limit=10 * (40 + 300))
    memory.put(keys[:8], vectors[:8])
    memory.put(keys[:8], vectors[:8])
    assert memory.n_bytes == 8 * 340
    memory.put(keys[8:], vectors[8:])
    assert memory.n_bytes <= memory.limit
    found = dict(memory.get(keys))
    assert list(found) == keys[20:]
    np.testing.assert_array_equal(np.stack([*found.values()]), vectors[20:])
    assert all(vector.base is None for vector in found.values())
    memory.clear()
    assert memory.n_bytes == 0
    assert memory.get(keys) == []


def test_memory_is_shared_by_threads():
    memory = FeatureMemory(limit=100 * (40 + 300))

    def use(seed):
        rng = np.random.default_rng(seed)
        for i in rng.integers(0, 200, size=300):
            memory.put([bytes([i])], np.full((1, 10), i, dtype=np.float32))
            for key, vector in memory.get([bytes([i])]):
                assert set(vector) == set(key)

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(use, range(8)))
    assert memory.n_bytes == 100 * 340


def test_keys_tell_texts_and_settings_apart():
    spaces = [("a", "mean", 1), ("a", "mean", 11), ("a1", "mean", 1)]
    texts = [b"", b"tea", b"Tea", b"tea ", b"\xed\xa0\x80"]
    keys = [key for space in spaces for key in row_keys(space, texts)]
    assert len(set(keys)) == 15
    assert keys[:5] == list(row_keys(spaces[0], texts))
