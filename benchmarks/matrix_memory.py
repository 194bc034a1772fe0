"""The peak memory of a matrix, beside the budget that it was given.

python -m benchmarks.matrix_memory

Every run is a process of its own on posts of 20 Newsgroups, and its peak counts from
where the posts are loaded (Linux only). What sharing costs is the peak with a budget,
less that of the same scenarios one after another.
"""

import argparse
import json
import subprocess
import sys
import time

from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import MultinomialNB

from benchmarks._memory import with_peak
from benchmarks._models import SEED
from benchmarks._newsgroups_data import load_split
from benchmarks._report import save, show
from benchmarks._text_matrix import LEVERS, PIPELINE
from sklearn_nn.model_selection import ScenarioSearchCV

BUDGETS = ["0", "20 MB", "no limit"]
N_POSTS = 3000
MODELS = {"little": MultinomialNB(alpha=0.1), "much": MultinomialNB(alpha=1.0)}


def measure(budget: str) -> dict:
    """Run the matrix in this process and say what it took."""
    X, y = (part[:N_POSTS] for part in load_split("random").train)
    levers = {name: LEVERS[name] for name in ("clean", "stop_words", "synthesis")}
    levers["model"] = MODELS
    search = ScenarioSearchCV(
        PIPELINE,
        levers,
        scoring="f1_weighted",
        cv=StratifiedKFold(2, shuffle=True, random_state=SEED),
        memory_budget=None if budget == "no limit" else budget,
        refit=False,
    )
    started = time.perf_counter()
    _, peak = with_peak(lambda: search.fit(X, y))
    return {
        "budget": budget,
        "peak_mb": peak,
        "seconds": time.perf_counter() - started,
        "fits": search.sharing_["n_fits"],
        "score": search.cv_results_["mean_test_score"].max(),
    }


def in_a_process(budget: str) -> dict:
    command = [sys.executable, "-m", "benchmarks.matrix_memory", "--child", budget]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--child", help="a budget; used by the benchmark itself")
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(measure(arguments.child)))
        return
    rows = [in_a_process(budget) for budget in BUDGETS]
    for row in rows:
        row["over_none_mb"] = row["peak_mb"] - rows[0]["peak_mb"]
    show(rows)
    if arguments.save:
        data = f"{N_POSTS} posts, training part of 20 Newsgroups, random split"
        save("matrix_memory", {"rows": rows, "seed": SEED, "folds": 2, "data": data})


if __name__ == "__main__":
    main()
