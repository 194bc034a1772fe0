"""Model selection: searches that are killed or interrupted."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from sklearn_nn.model_selection import ScenarioStore
from tests.model_selection.matrix_to_kill import search
from tests.model_selection.small import X, y

CODE = "from tests.model_selection.matrix_to_kill import main; main()"
N_RUNS = 27 * 3


def start(store, n_jobs=1):
    """Start the matrix in a process of its own, and wait until it is about to fit."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", CODE, str(store), str(n_jobs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"SLOW_FIT_SECONDS": "0.15"},
    )
    assert process.stdout.readline() == "ready\n"
    return process


def kill(process):
    """Kill the search, and then its workers, which would outlive it for a while."""
    process.kill()
    process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def wait_for(store, n_runs):
    """Wait until so many runs are stored; return how many there are."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        stored = n_stored(store)
        if stored >= n_runs:
            return stored
        time.sleep(0.005)
    raise TimeoutError


def n_stored(store):
    try:
        return len(ScenarioStore(store).results().runs)
    except RuntimeError:
        return 0


def complete_and_undisturbed(store):
    """Assert that a store holds every run once, as an undisturbed search does."""
    results = ScenarioStore(store).results()
    runs = {(run.code, run.split): run for run in results.runs}
    assert len(runs) == len(results.runs) == N_RUNS
    undisturbed = search().fit(X, y).results_.runs
    assert len(undisturbed) == N_RUNS
    for run in undisturbed:
        assert runs[run.code, run.split].scores == run.scores
        np.testing.assert_array_equal(
            runs[run.code, run.split].predicted, run.predicted
        )


@pytest.mark.parametrize("n_jobs, n_kills", [(1, 3), (2, 1)])
def test_killed_again_and_again(tmp_path, n_jobs, n_kills):
    store = tmp_path / "store.sqlite"
    rng = np.random.default_rng(n_jobs)
    stored = 0
    for _ in range(n_kills):
        process = start(store, n_jobs)
        wait_for(store, stored + 1)
        time.sleep(rng.uniform(0, 0.15))
        kill(process)
        before, stored = stored, n_stored(store)
        assert before < stored <= N_RUNS
    fitted = search(store=store).fit(X, y)
    assert len(fitted.results_.runs) == N_RUNS
    assert fitted.cv_results_["mean_test_score"].shape == (27,)
    complete_and_undisturbed(store)


def test_killed_before_it_began(tmp_path):
    store = tmp_path / "store.sqlite"
    for pause in (0.0, 0.01):
        process = start(store)
        time.sleep(pause)
        kill(process)
    search(store=store).fit(X, y)
    complete_and_undisturbed(store)


def test_ctrl_c_leaves_a_store_to_go_on_with(tmp_path):
    store = tmp_path / "store.sqlite"
    process = start(store)
    wait_for(store, 5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode != 0 and "done" not in out
    assert err.rstrip().endswith("KeyboardInterrupt")
    stored = n_stored(store)
    assert 5 <= stored < N_RUNS
    fitted = search(store=store).fit(X, y)
    assert fitted.sharing_["n_fits_alone"] == 3 * (N_RUNS - stored)
    complete_and_undisturbed(store)


@pytest.mark.parametrize("where", ["step", "search"])
def test_ctrl_c_in_this_process_frees_the_store(tmp_path, where, monkeypatch):
    stopped = search(store=tmp_path / "store")
    n_calls = 0

    def interrupted(*args, **params):
        nonlocal n_calls
        n_calls += 1
        if n_calls == 10:
            raise KeyboardInterrupt
        return original(*args, **params)

    # In the engine, or between two runs, when the search has the word.
    owner, name = {
        "step": (type(stopped.estimator["a"]), "fit"),
        "search": (type(stopped), "_say"),
    }[where]
    original = getattr(owner, name)
    monkeypatch.setattr(owner, name, interrupted)
    stopped.set_params(verbose=2)
    with pytest.raises(KeyboardInterrupt) as held:
        stopped.fit(X, y)
    monkeypatch.undo()
    # The traceback is still held, as in a notebook: the store is free all the same.
    assert held.value.__traceback__ is not None
    search(store=tmp_path / "store").fit(X, y)
    complete_and_undisturbed(tmp_path / "store")


def test_others_read_while_it_is_written(tmp_path):
    store = tmp_path / "store.sqlite"
    process = start(store)
    seen = []
    while process.poll() is None:
        if store.exists():
            seen.append(n_stored(store))
        time.sleep(0.02)
    out, err = process.communicate()
    assert out == "done\n", err
    assert seen == sorted(seen) and len(set(seen)) > 3
    assert n_stored(store) == N_RUNS


def test_a_store_in_use_is_refused(tmp_path):
    store = tmp_path / "store.sqlite"
    process = start(store)
    wait_for(store, 1)
    with pytest.raises(RuntimeError, match="is being written by another run"):
        search(store=store).fit(X, y)
    kill(process)
    search(store=store).fit(X, y)
    complete_and_undisturbed(store)
