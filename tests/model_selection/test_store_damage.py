"""Model selection: stores that are damaged, locked, full or another."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys

import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold

from sklearn_nn.model_selection import ScenarioStore, StoreError
from tests.model_selection.small import (
    LABELS,
    TEXTS,
    again,
    scenarios,
)

CV = StratifiedKFold(2)


@pytest.fixture
def store(tmp_path):
    """A written store, to do harm to."""
    again(tmp_path / "matrix.sqlite")
    return tmp_path / "matrix.sqlite"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated(store, share):
    content = store.read_bytes()
    store.write_bytes(content[: int(len(content) * share)])
    for use in (again, lambda s: ScenarioStore(s).results()):
        with pytest.raises(StoreError, match="damaged|something else|no store"):
            use(store)


@pytest.mark.parametrize(
    "content",
    [b"text\n" * 3000, b"text\n", bytes(range(1, 256)) * 40, bytes(9000)],
    ids=["text", "short text", "bytes", "zeros"],
)
def test_garbage(store, content):
    store.write_bytes(content)
    for use in (again, lambda s: ScenarioStore(s).results()):
        with pytest.raises(StoreError, match=f"{store.name} is no SQLite file"):
            use(store)
    assert store.read_bytes() == content


def test_any_changed_byte_gives_a_store_error_or_none(store):
    content = store.read_bytes()
    rng = np.random.default_rng(0)
    n_errors = 0
    for place in rng.integers(0, len(content), 150):
        changed = bytearray(content)
        changed[place : place + 40] = rng.bytes(40)
        store.write_bytes(changed)
        try:
            ScenarioStore(store).results()
        except StoreError as error:
            n_errors += 1
            assert store.name in str(error)
    assert n_errors > 20


def test_changed_texts_inside(store):
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE runs SET scores = 'nonsense'")
    connection.close()
    with pytest.raises(StoreError, match="unreadable content.*damaged"):
        ScenarioStore(store).results()


def test_another_database(tmp_path):
    path = tmp_path / "photos.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE photos (name TEXT)")
    connection.close()
    before = path.read_bytes()
    for use in (again, lambda s: ScenarioStore(s).results()):
        with pytest.raises(StoreError, match="SQLite file, but no store of scenarios"):
            use(path)
    assert path.read_bytes() == before


def test_another_version(store):
    with sqlite3.connect(store) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="has format 99; this version of sklearn_nn"):
        again(store)


def test_no_store(tmp_path):
    with pytest.raises(StoreError, match="there is no such store"):
        ScenarioStore(tmp_path / "none").results()
    with pytest.raises(StoreError, match="there is no such store"):
        ScenarioStore(tmp_path).to_frame()
    with pytest.raises(StoreError, match="unable to open database file.*permissions"):
        again(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="Check the folder"):
        again(tmp_path / "file" / "store")
    sqlite3.connect(tmp_path / "begun").execute("PRAGMA journal_mode = WAL")
    with pytest.raises(StoreError, match="before it began, or .* without begun-wal"):
        ScenarioStore(tmp_path / "begun").results()


def test_a_folder_that_cannot_be_written_to():
    # A folder in which nobody may make a file, the administrator included.
    with pytest.raises(StoreError, match="Check the folder and its permissions"):
        again("/proc/matrix.sqlite")


def test_reading_where_nothing_may_be_written(store):
    code = """if True:
        import os, sys
        from sklearn_nn.model_selection import ScenarioStore
        store = ScenarioStore(sys.argv[1])
        import pandas
        if os.geteuid() == 0:
            os.setresuid(65534, 65534, 65534)
        try:
            open(store.path.parent / "new", "w")
        except PermissionError:
            print(len(store.to_frame()))
    """
    folder = store.parent
    opened = [p for p in folder.parents if p.stat().st_uid == os.geteuid()]
    modes = [(p, stat.S_IMODE(p.stat().st_mode)) for p in [folder, *opened]]
    try:
        for path, mode in modes:
            path.chmod(mode | 0o555)
        store.chmod(0o444)
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, str(store)],
            capture_output=True,
            text=True,
        )
    finally:
        for path, mode in modes:
            path.chmod(mode)
    assert done.stdout == "12\n", done.stderr


def test_a_lock_of_another_program(store, monkeypatch):
    # Someone has the file open in a tool of his, within a transaction.
    other = sqlite3.connect(store, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *a, **k: connect(*a, **(k | {"timeout": 0.05}))
    )
    with pytest.raises(StoreError, match="locked. Another program holds it"):
        again(store)
    assert len(ScenarioStore(store).results().runs) == 12
    other.close()
    assert again(store).sharing_["n_fits"] == 0


@pytest.mark.parametrize("harm", ["moved", "deleted", "replaced"])
def test_a_file_that_is_taken_away(tmp_path, harm):
    path, kept = tmp_path / "store", tmp_path / "kept"
    matrix = scenarios().fit(TEXTS, LABELS).results_
    with pytest.raises(StoreError, match="store was moved, deleted or replaced"):
        with ScenarioStore(path).writing(matrix) as writer:
            writer.add(matrix.runs[0])
            path.rename(kept)
            if harm == "deleted":
                kept.unlink()
            if harm == "replaced":
                path.write_bytes(b"")
            writer.add(matrix.runs[1])
    if harm != "deleted":
        assert len(ScenarioStore(kept).results().runs) == 1


def test_a_copy_of_the_file_without_its_log(tmp_path):
    matrix = scenarios().fit(TEXTS, LABELS).results_
    copies = [tmp_path / "first", tmp_path / "later"]
    with ScenarioStore(tmp_path / "store").writing(matrix) as writer:
        shutil.copy(tmp_path / "store", copies[0])
        for run in matrix.runs * 2:
            writer.add(run)
        shutil.copy(tmp_path / "store", copies[1])
    first, later = (ScenarioStore(copy).results() for copy in copies)
    assert first.codes == later.codes == matrix.codes and first.runs == []
    assert len(later.runs) == len(matrix.runs) == 16


def test_a_step_that_changes_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    matrix = scenarios().fit(TEXTS, LABELS).results_
    with ScenarioStore("store").writing(matrix) as writer:
        monkeypatch.chdir("/")
        writer.add(matrix.runs[0])
    assert len(ScenarioStore(tmp_path / "store").results().runs) == 1


def test_a_database_of_another_program_keeps_its_journal(tmp_path):
    connection = sqlite3.connect(tmp_path / "photos.sqlite")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE photos (name TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="no store of scenarios"):
        again(tmp_path / "photos.sqlite")
    connection = sqlite3.connect(tmp_path / "photos.sqlite")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_full_disk(tmp_path):
    code = """if True:
        import resource, signal, sys
        from tests.model_selection.small import LABELS, TEXTS, scenarios
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        search = scenarios(store=sys.argv[1], refit=False)
        resource.setrlimit(resource.RLIMIT_FSIZE, (130_000, resource.RLIM_INFINITY))
        search.fit(TEXTS, LABELS)
    """
    path = tmp_path / "store"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(path)],
        capture_output=True,
        text=True,
    )
    said = done.stderr.splitlines()[-1]
    assert "StoreError" in said and "then fit again" in said
    stored = len(ScenarioStore(path).results().runs)
    assert 0 < stored < 16
    search = scenarios(store=path).fit(TEXTS, LABELS)
    assert len(search.results_.runs) == 16 and search.sharing_["n_fits"] < 30
