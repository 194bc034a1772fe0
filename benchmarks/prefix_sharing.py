"""What it saves to compute shared pipeline steps once.

python -m benchmarks.prefix_sharing            # all of it, about 20 minutes
python -m benchmarks.prefix_sharing --posts 11314 --rounds 1

The grids: TF-IDF and a linear SVM with 8 values of C on 3 folds of 20 Newsgroups, by
GridSearchCV, GridSearchCV with Pipeline(memory=), dask-ml's GridSearchCV where it is
installed, and PrefixGridSearchCV. With T seconds for a TF-IDF and S for an SVM, sharing
can save no more than (T + S) / (T / 8 + S). The matrix: 48 scenarios on raw texts, by
the tree, each pipeline by itself, and the floor: every distinct step done once by hand,
nothing else counted. All on one thread, in turn; ratios are medians over the rounds.
"""

import argparse
import tempfile
import time
import warnings
from itertools import product

import numpy as np
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from benchmarks._models import SEED, timed
from benchmarks._newsgroups_data import load_split
from benchmarks._report import save, show
from benchmarks._text_matrix import CV, LEVERS, PIPELINE, SCORING, TOPICS
from sklearn_nn.model_selection import PrefixGridSearchCV, ScenarioSearchCV

GRID = {"svm__C": np.logspace(-2, 0, 8).tolist()}
N_POSTS = 600


VECTORISERS = {
    "words and pairs of words": TfidfVectorizer(
        ngram_range=(1, 2), max_features=20_000
    ),
    "3 and 4 characters": TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 4), max_features=20_000
    ),
}


def grid_searches(vectoriser: TfidfVectorizer, memory: str) -> dict:
    """Return name -> search, all of the same grid."""
    steps = [
        ("tfidf", vectoriser),
        ("svm", LinearSVC(random_state=SEED)),
    ]
    plain, cached = Pipeline(steps), Pipeline(steps, memory=memory)
    options = {
        "cv": StratifiedKFold(3, shuffle=True, random_state=SEED),
        "refit": False,
    }
    searches = {
        "GridSearchCV": GridSearchCV(plain, GRID, **options),
        "GridSearchCV, Pipeline(memory=)": GridSearchCV(cached, GRID, **options),
        "PrefixGridSearchCV": PrefixGridSearchCV(plain, GRID, **options),
    }
    try:
        from dask_ml.model_selection import GridSearchCV as DaskGridSearchCV
    except ImportError:
        return searches
    dask = DaskGridSearchCV(plain, GRID, scheduler="synchronous", **options)
    return {**searches, "dask-ml GridSearchCV": dask}


def grid(vectoriser: TfidfVectorizer, X, y, n_rounds: int) -> dict:
    """Time the searches in turn, and check that their scores are equal."""
    seconds: dict[str, list[float]] = {}
    scores = {}
    for n in range(n_rounds):
        with tempfile.TemporaryDirectory() as memory:
            for name, search in grid_searches(vectoriser, memory).items():
                _, taken = timed(clone(search).fit if n else search.fit, X, y)
                seconds.setdefault(name, []).append(taken)
                print(f"round {n + 1}: {name} {taken:.1f} s", flush=True)
                if not n:
                    scores[name] = search.cv_results_["mean_test_score"]
    expected = scores["GridSearchCV"]
    ours = np.array(seconds["PrefixGridSearchCV"])
    rows = [
        {
            "search": name,
            "seconds": float(np.median(taken)),
            "times ours": float(np.median(np.array(taken) / ours)),
            "same scores": bool(np.array_equal(scores[name], expected)),
            "all seconds": taken,
        }
        for name, taken in seconds.items()
    ]
    return {"rows": rows, "best score": float(expected.max()), "n_posts": len(X)}


def by_hand(X, y) -> float:
    """Return the seconds of all distinct steps, each done once, and nothing else."""
    total = 0.0

    def clocked(function, *arguments):
        nonlocal total
        result, taken = timed(function, *arguments)
        total += taken
        return result

    def below(steps, train, y_train, test) -> None:
        (name, default), *rest = steps
        for value in LEVERS.get(name, {"": default}).values():
            if isinstance(value, str):
                below(rest, train, y_train, test)
                continue
            step = clone(value)
            if not rest:
                clocked(step.fit, train, y_train)
                clocked(step.predict, test)
                continue
            following = clocked(step.fit_transform, train, y_train)
            below(rest, following, y_train, clocked(step.transform, test))

    for train, test in CV.split(X, y):
        below(PIPELINE.steps, X[train], y[train], X[test])
    return total


def matrix(X, y, n_rounds: int) -> dict:
    """Time the matrix by the tree, one pipeline after the other, and by hand."""
    options = {"scoring": SCORING, "cv": CV, "refit": False}
    candidates = [
        {lever: [value] for lever, value in zip(LEVERS, values, strict=True)}
        for values in product(*(outcomes.values() for outcomes in LEVERS.values()))
    ]
    seconds: dict[str, list[float]] = {"tree": [], "alone": [], "floor": []}
    for n in range(n_rounds):
        search = ScenarioSearchCV(PIPELINE, LEVERS, **options)
        seconds["floor"].append(by_hand(X, y))
        seconds["tree"].append(timed(search.fit, X, y)[1])
        alone = GridSearchCV(PIPELINE, candidates, **options)
        seconds["alone"].append(timed(alone.fit, X, y)[1])
        print(f"round {n + 1}:", {k: round(v[-1], 1) for k, v in seconds.items()})
    tree = np.array(seconds["tree"])
    same = np.array_equal(
        search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
    )
    return {
        "scenarios": len(candidates),
        "folds": CV.get_n_splits(),
        "n_posts": len(X),
        "alone over tree": float(np.median(np.array(seconds["alone"]) / tree)),
        "tree over floor": float(np.median(tree / np.array(seconds["floor"]))),
        "same scores": bool(same),
        "fits": search.sharing_["n_fits"],
        "fits alone": search.sharing_["n_fits_alone"],
        "all seconds": seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--posts", type=int, default=2500, help="rows for the grid")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", message="Liblinear failed to converge")
    posts = load_split("bydate")
    topics = load_split("bydate", categories=TOPICS)
    X, y = (
        np.concatenate(parts)[: arguments.posts]
        for parts in zip(posts.train, posts.valid, strict=True)
    )
    started = time.perf_counter()
    with threadpool_limits(1):
        figures = {
            "data": f"training part of {posts.name}",
            "seed": SEED,
            "grids": {
                name: grid(vectoriser, X, y, arguments.rounds)
                for name, vectoriser in VECTORISERS.items()
            },
            "matrix": {
                "data": f"training part of {topics.name}, {len(TOPICS)} topics",
                **matrix(*(p[:N_POSTS] for p in topics.train), arguments.rounds),
            },
        }
    hidden = "all seconds"
    for name, figures_ in figures["grids"].items():
        print(name)
        show([{k: v for k, v in r.items() if k != hidden} for r in figures_["rows"]])
    show([{k: v for k, v in figures["matrix"].items() if k != hidden}])
    print(f"{time.perf_counter() - started:.0f} s in all")
    if arguments.save:
        save("prefix_sharing", figures)


if __name__ == "__main__":
    main()
