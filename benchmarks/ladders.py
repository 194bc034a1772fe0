"""The two ladders of text levers, run whole, and their best scenario tested once.

python -m benchmarks.ladders --save              # both, about half an hour
python -m benchmarks.ladders --only sib200

Generated product listings (``scenarios/listings.toml``) and real sentences in 15
languages (``scenarios/sib200.toml``). What a matrix chooses by is its own split; the
best scenario is then fitted on all of its rows and scored once on rows that it never
saw: other listings, or the published test part. A run that was ended goes on.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import f1_score

from benchmarks._report import save, show
from benchmarks.demo import SCENARIOS
from sklearn_nn.datasets import make_product_listings
from sklearn_nn.model_selection import ScenarioStore
from sklearn_nn.model_selection._results import ScenarioResults
from sklearn_nn.scenarios import Matrix, load_matrix
from sklearn_nn.scenarios._cli import INTERRUPTED
from sklearn_nn.scenarios._cli import main as run_command
from sklearn_nn.scenarios._ranking import rank_scenarios, short_names
from sklearn_nn.scenarios._sib200 import load_sib200


def _listings():
    made = make_product_listings(4000, images=False, random_state=1)
    return made.data, np.asarray(made.target_names)[made.target]


def _sib200():
    made = load_sib200(subset="test")
    return np.asarray(made.data, dtype=object), np.asarray(made.target)


# What the best scenario is tested on.
TESTS: dict[str, Callable] = {"listings": _listings, "sib200": _sib200}


def departures(row: dict, results: ScenarioResults) -> str:
    """Name the outcomes in which a scenario departs from the baseline."""
    named = short_names(results)
    changed = [
        f"{named[lever]} {row[named[lever]]}"
        for lever, known in results.levers.items()
        if row[named[lever]] != next(iter(known.values()))
    ]
    return ", ".join(changed) or "baseline"


def ranking(results: ScenarioResults) -> list[dict]:
    """Return every scenario, the best first, beside the baseline."""
    ranked = rank_scenarios(results)
    metric = results.metric
    rows = []
    for row in ranked:
        rows.append(
            {
                "scenario": row["scenario"],
                "departs by": departures(row, results),
                metric: row[metric],
                "to the best": row["gap"],
                "low": row["gap_low"],
                "high": row["gap_high"],
                "seconds": round(row["seconds"], 2),
            }
        )
    return rows


def test_once(matrix: Matrix, name: str) -> dict:
    """Fit the best scenario on all rows of the matrix, and score it on others."""
    rows = matrix.load_rows()
    # Every run is in the store already: only the best one is fitted.
    search = matrix.search(rows, refit=True)
    search.fit(rows.X, rows.y, languages=rows.languages)
    X, y = TESTS[name]()
    predicted = search.predict(X)
    return {
        "scenario": search.cv_results_["scenario"][search.best_index_],
        "rows": len(y),
        "f1_weighted": f1_score(y, predicted, average="weighted"),
    }


def run(name: str, n_jobs: int, folder: Path, save_it: bool) -> int:
    path = SCENARIOS / f"{name}.toml"
    outputs = [folder / f"ladder-{name}.{kind}" for kind in ("sqlite", "html")]
    options = ["--store", str(outputs[0]), "--report", str(outputs[1])]
    code = run_command(["run", str(path), *options, "--n-jobs", str(n_jobs)])
    if code == INTERRUPTED:
        return code
    results = ScenarioStore(outputs[0]).results()
    matrix = load_matrix(path)
    matrix.store = outputs[0]
    figures = {
        "title": matrix.title,
        "metric": results.metric,
        "rows": ranking(results),
        "test": test_once(matrix, name),
        "left out": dict(results.excluded),
        "failed": sorted({run.code for run in results.runs if run.error}),
    }
    show(figures["rows"])
    print(f"test: {figures['test']}")
    if save_it:
        save(f"ladder_{name}", figures)
    return code


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=list(TESTS))
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(), help="of the stores")
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    names = [arguments.only] if arguments.only else list(TESTS)
    return max(
        run(name, arguments.n_jobs, arguments.folder, arguments.save) for name in names
    )


if __name__ == "__main__":
    sys.exit(main())
