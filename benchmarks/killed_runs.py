"""A matrix of 48 scenarios, killed at 20 random moments and gone on with.

python -m benchmarks.killed_runs

Each start is a process of its own, ended by SIGKILL. In the end every scenario has to
be in the store exactly once, with the scores of a run that nobody disturbed.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from benchmarks._newsgroups_data import load_split
from benchmarks._report import save, show
from benchmarks._text_matrix import CV, LEVERS, PIPELINE, SCORING, TOPICS
from sklearn_nn.model_selection import ScenarioSearchCV, ScenarioStore, StoreError

N_POSTS = 2000
PATIENCE = 1.0


def run(store: str, n_jobs: int) -> None:
    """Run the matrix, or what is left of it."""
    warnings.filterwarnings("ignore", message="Liblinear failed to converge")
    X, y = (part[:N_POSTS] for part in load_split("bydate", categories=TOPICS).train)
    ScenarioSearchCV(
        PIPELINE,
        LEVERS,
        scoring=SCORING,
        cv=CV,
        store=store,
        n_jobs=n_jobs,
        patience=PATIENCE,
        refit=False,
    ).fit(X, y)


def start(store: Path, n_jobs: int) -> subprocess.Popen:
    command = [sys.executable, "-m", "benchmarks.killed_runs", "--child", str(store)]
    # A session of its own, so that workers are killed together with their parent.
    return subprocess.Popen([*command, "--n-jobs", str(n_jobs)], start_new_session=True)


def undisturbed(store: Path, n_jobs: int) -> tuple[float, float]:
    """Return the seconds until the first run is stored, and until the last is."""
    started, first = time.perf_counter(), 0.0
    process = start(store, n_jobs)
    while process.poll() is None:
        time.sleep(0.05)
        if not first and _count(store):
            first = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError("The undisturbed run failed.")
    return first, time.perf_counter() - started


def killed(
    store: Path, n_jobs: int, n_kills: int, first: float, whole: float, rng
) -> list[int]:
    """Kill the run again and again, then let it end."""
    n_stored = []
    # Some kills fall before anything is stored, and all before the matrix is done.
    longest = first + max(2 * (whole - first) / n_kills, PATIENCE)
    for _ in range(n_kills):
        process = start(store, n_jobs)
        try:
            process.wait(rng.uniform(first / 2, longest))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        n_stored.append(_count(store))
    if start(store, n_jobs).wait():
        raise RuntimeError("The last run failed.")
    return n_stored


def _count(store: Path) -> int:
    try:
        return len(ScenarioStore(store).results().runs)
    except StoreError:
        # Nothing to read yet; damage would show in the next run.
        return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--child", help="store; used by the benchmark itself")
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args()
    if arguments.child:
        return run(arguments.child, arguments.n_jobs)
    rng = np.random.default_rng(arguments.seed)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for n_jobs in (1, 2):
            calm = Path(folder, f"calm_{n_jobs}.sqlite")
            first, whole = undisturbed(calm, n_jobs)
            expected = _scores(calm)
            store = Path(folder, f"killed_{n_jobs}.sqlite")
            n_stored = killed(store, n_jobs, arguments.kills, first, whole, rng)
            found = _scores(store)
            rows.append(
                {
                    "workers": n_jobs,
                    "kills": arguments.kills,
                    "in mid-run": sum(n < len(expected) for n in n_stored),
                    "runs": len(found),
                    "expected": len(expected),
                    "each once": len(found) == len(set(found)) == len(expected),
                    "same scores": dict(found) == dict(expected),
                    "stored after each kill": n_stored,
                }
            )
            print(rows[-1], flush=True)
    show(
        [
            {k: v for k, v in row.items() if k != "stored after each kill"}
            for row in rows
        ]
    )
    if arguments.save:
        data = f"{N_POSTS} posts of {', '.join(TOPICS)}, training part of bydate"
        save("killed_runs", {"rows": rows, "seed": arguments.seed, "data": data})


def _scores(store: Path) -> list[tuple]:
    runs = ScenarioStore(store).results().runs
    return [((run.code, run.split), run.scores[SCORING]) for run in runs]


if __name__ == "__main__":
    main()
