"""24 scenarios on four newsgroups: which choices between raw text and score pay?

python -m benchmarks.demo
"""

import argparse
import sys
from pathlib import Path

import torch

from benchmarks._report import save
from sklearn_nn._config import ConfigError
from sklearn_nn.model_selection import ScenarioStore
from sklearn_nn.scenarios import load_matrix
from sklearn_nn.scenarios._cli import main as run_command
from sklearn_nn.scenarios._ranking import rank_scenarios, short_names

SCENARIOS = Path(__file__).parent / "scenarios"
POSTS = SCENARIOS / "newsgroups.toml"
LISTINGS = SCENARIOS / "few_listings.toml"
REPORT = Path("demo-report.html")


def choose_matrix() -> Path:
    """Real posts; where there are none and no network, generated listings."""
    try:
        load_matrix(POSTS).load_rows()
    except ConfigError as error:
        print(
            f"20 Newsgroups is neither in the data home nor to be downloaded ({error})."
            "\nRunning on generated product listings instead."
        )
        return LISTINGS
    return POSTS


def figures(matrix: Path, store: Path) -> dict:
    """Return what ``results/demo.json`` holds."""
    results = ScenarioStore(store).results()
    columns = ["scenario", *short_names(results).values(), results.metric, "gap"]
    rows = [
        {column: row[column] for column in columns}
        | {"seconds": round(row["seconds"], 1)}
        for row in rank_scenarios(results)
    ]
    return {"title": load_matrix(matrix).title, "rows": rows}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--save", action="store_true", help="write results/demo.json")
    arguments = parser.parse_args()
    # One thread: on a busy machine several are far slower than one.
    torch.set_num_threads(1)
    matrix = choose_matrix()
    store = REPORT.with_suffix(".sqlite")
    for leftover in (store, Path(f"{store}-wal"), Path(f"{store}-shm")):
        leftover.unlink(missing_ok=True)
    options = ["--store", str(store), "--report", str(REPORT)]
    code = run_command(["run", str(matrix), *options])
    if code == 0 and arguments.save:
        save("demo", figures(matrix, store))
    return code


if __name__ == "__main__":
    sys.exit(main())
