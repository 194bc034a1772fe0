"""A matrix that tests kill."""

import os
import signal
import sys
import time

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from tests.model_selection.small import Counting, X, scenarios, y


class Slow(Counting):
    def fit(self, X, y=None):
        # Of a process that is to be stopped half-way, however slow its reader is.
        time.sleep(float(os.environ.get("SLOW_FIT_SECONDS", "0")))
        return super().fit(X, y)


def search(**options):
    pipeline = Pipeline(
        [
            ("a", Slow(name="a")),
            ("b", Slow(name="b")),
            ("model", LogisticRegression()),
        ]
    )
    levers = {
        "a__add": {"x": 0.0, "y": 1.0, "z": 2.0},
        "b__add": {"x": 0.0, "y": 1.0, "z": 2.0},
        "model__C": {"x": 0.01, "y": 0.1, "z": 1.0},
    }
    return scenarios(levers, estimator=pipeline, refit=False, cv=3, **options)


def main():
    """Run the matrix: the arguments are the store and the number of workers."""
    # Whoever is started by a shell in the background ignores Ctrl-C, children too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print("ready", flush=True)
    search(store=sys.argv[1], n_jobs=int(sys.argv[2]), patience=0.0).fit(X, y)
    print("done", flush=True)
