"""Late fusion beside its bases, on products with a text and a picture.

    python -m benchmarks.fusion [--save] [--keep FOLDER] [PART ...]

- ``listings``: 8,000 generated listings of 27 categories, of which neither the text nor
  the picture tells all. A quarter is held out, with the seeds 0, 1 and 2 for listings,
  split and models. Beside the fusion, the same bases in scikit-learn's
  StackingClassifier, and the leak that is often made: a final classifier that learns
  from answers for rows that the bases were fitted on. Boosted: a perceptron's softmax
  is appended to the logits; and LightGBM and XGBoost decide, blended.
- ``products``: flipkart_1050, five folds twice, as in ``benchmarks.products``: random
  ones, and ones that keep products together that are nearly the same (the folds inside
  the fusion do, too). Text: words and a frozen MiniLM; picture: colours and gradients.
  Settings of the bases were fixed before. The final classifiers were not: a logistic
  regression of C=1 alone was tried first, and lost 0.4 points to the words.
- ``posts``: 20 Newsgroups, see ``_fusion_posts``. ``--keep`` is a folder for the logits
  of its bases, which take an hour and a half.
- ``stacking``: score and time beside StackingClassifier, see ``_fusion_time``.

Differences to the best base are paired: the same rows, fold by fold. Their 95 %
intervals are by Student's t, for cross-validation with the correction for folds that
share training rows (C. Nadeau, Y. Bengio, "Inference for the Generalization Error",
Machine Learning 52, 2003).

With ``--save``, the parts named replace theirs in ``results/fusion.json``.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import torch
from lightgbm import LGBMClassifier
from scipy.stats import t as student
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import PCA
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from xgboost import XGBClassifier

from benchmarks._fusion_answers import answers, fused
from benchmarks._fusion_posts import posts
from benchmarks._fusion_time import stacking
from benchmarks._models import scores
from benchmarks._report import known, save, spread
from benchmarks.products import (
    EXPERTS,
    FOLDS,
    FROZEN,
    METRICS,
    Products,
    colours,
    gradients,
    load,
    pixels,
    splits,
)
from sklearn_nn.datasets import make_product_listings
from sklearn_nn.ensemble import LateFusionClassifier
from sklearn_nn.neural_network import MLPClassifier
from sklearn_nn.svm import TfidfLinearSVC

NAME = "fusion"
SEEDS = (0, 1, 2)
N_LISTINGS = 8_000
PIXELS = [f"pixel {i}" for i in range(16 * 16 * 3)]
FUSION = "late fusion"
FUSIONS = {
    FUSION: ("words", "MiniLM", "picture"),
    "late fusion of the texts": ("words", "MiniLM"),
}
TREES = {"n_estimators": 50, "max_depth": 3, "learning_rate": 0.1, "n_jobs": 1}


def listings() -> dict:
    """Compare on generated listings."""
    runs: dict[str, list[dict]] = {}
    for seed in SEEDS:
        shop = make_product_listings(N_LISTINGS, image_size=16, random_state=seed)
        flat = shop.images.reshape(N_LISTINGS, -1) / np.float32(255)
        X = pd.DataFrame(flat, columns=PIXELS).assign(title=shop.data[:, 0])
        train, test = train_test_split(
            np.arange(N_LISTINGS),
            test_size=0.25,
            stratify=shop.target,
            random_state=seed,
        )
        text = TfidfLinearSVC(random_state=seed)
        image = make_pipeline(
            PCA(60, random_state=seed),
            MLPClassifier(hidden_layer_sizes=(64,), max_epochs=30, random_state=seed),
        )
        bases = [("text", text, "title"), ("picture", image, PIXELS)]
        models = {
            "text": alone(text, "title"),
            "picture": alone(image, PIXELS),
            FUSION: LateFusionClassifier(estimators=bases, random_state=seed),
            "late fusion, boosted": LateFusionClassifier(
                estimators=bases,
                booster=MLPClassifier(max_epochs=30, random_state=seed),
                random_state=seed,
            ),
            "late fusion, boosted, trees": LateFusionClassifier(
                estimators=bases,
                booster=MLPClassifier(max_epochs=30, random_state=seed),
                final_estimators=[
                    ("lightgbm", LGBMClassifier(**TREES, verbose=-1)),
                    ("xgboost", XGBClassifier(**TREES)),
                ],
                random_state=seed,
            ),
            "StackingClassifier": StackingClassifier(
                [(name, alone(base, column)) for name, base, column in bases],
                LogisticRegression(max_iter=1000),
                stack_method="predict_proba",
            ),
            "the leak: final on seen rows": Leaking(bases),
        }
        for name, model in models.items():
            run = scored(model, X, shop.target, train, test)
            print(name, run, flush=True)
            runs.setdefault(name, []).append({"seed": seed, **run})
    data = f"{N_LISTINGS:,} generated listings, 27 categories, a quarter held out"
    return {"data": data, "seeds": list(SEEDS), "models": summed_up(runs)}


class Leaking(BaseEstimator):
    """What not to do: the final classifier sees answers for the bases' own rows."""

    def __init__(self, bases: list):
        self.bases = bases

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> "Leaking":
        self.fitted_ = [alone(base, column).fit(X, y) for _, base, column in self.bases]
        self.final_ = LogisticRegression(max_iter=1000).fit(self._stack(X), y)
        return self

    def _stack(self, X: pd.DataFrame) -> np.ndarray:
        shares = [base.predict_proba(X) for base in self.fitted_]
        return np.hstack([np.log(share.clip(1e-6)) for share in shares])

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return self.final_.predict(self._stack(X))


def alone(model: BaseEstimator, columns: Any) -> Any:
    """Return a base as a pipeline that takes its columns out of a frame."""
    return make_pipeline(
        FunctionTransformer(columns_of, kw_args={"columns": columns}), model
    )


def columns_of(X: pd.DataFrame, columns: Any) -> Any:
    return X[columns]


def products() -> dict:
    """Compare on real products."""
    data = load()
    pictures = pixels(data.images)
    described = np.hstack([colours(pictures), gradients(pictures)])
    texts = np.asarray(data.texts, dtype=object)
    machine = make_pipeline(StandardScaler(), PCA(200, random_state=0), SVC(C=3))
    with TemporaryDirectory() as folder:
        encoder = clone(FROZEN).set_params(**EXPERTS, cache=Path(folder, "vectors"))
        bases = {
            "words": (TfidfLinearSVC(C=3, random_state=0), texts),
            "MiniLM": (encoder, texts),
            "picture": (machine, described),
        }
        return {
            "data": data.source,
            "models": {
                kind: summed_up(folded(bases, data, kind), shared=1 / 4)
                for kind in FOLDS
            },
        }


def folded(
    bases: dict[str, tuple[Any, np.ndarray]], data: Products, kind: str
) -> dict[str, list[dict]]:
    """Return the scores of bases and fusions, fold by fold."""
    runs: dict[str, list[dict]] = {}
    for seed, train, test in splits(data, kind):
        y, true = data.y[train], data.y[test]
        groups = data.groups[train] if kind == "grouped" else None
        options: dict[str, Any] = {"random_state": 0, "groups": groups}
        seen, new = {}, {}
        for name, (base, X) in bases.items():
            seen[name], new[name] = answers(base, X[train], y, [X[test]], **options)
        predicted = {
            name: np.unique(y)[logits.argmax(axis=1)] for name, logits in new.items()
        }
        for name, names in FUSIONS.items():
            model = fused(names, seen, y, **options)
            predicted[name] = model.predict({name: new[name] for name in names})
        for name, labels in predicted.items():
            run = scores(true, labels)
            print(kind, name, run, flush=True)
            runs.setdefault(name, []).append({"seed": seed, **run})
    return runs


def scored(
    model: Any, X: pd.DataFrame, y: np.ndarray, train: np.ndarray, test: np.ndarray
) -> dict:
    """Fit on some rows and score on others."""
    started = time.perf_counter()
    fitted = clone(model).fit(X.iloc[train], y[train])
    run = scores(y[test], fitted.predict(X.iloc[test]))
    return {**run, "seconds": time.perf_counter() - started}


def half_width(differences: Sequence[float], shared: float) -> float:
    """Return half of the 95 % interval of a mean.

    `shared` is the size of a test part to that of its training part, in
    cross-validation; zero where all rows are drawn anew.
    """
    n = len(differences)
    error = np.std(differences, ddof=1) * np.sqrt(1 / n + shared)
    return float(student.ppf(0.975, n - 1) * error)


def timed(runs: list[dict]) -> dict:
    """Return the median time of a fit and the answers, where it was taken."""
    seconds = [run["seconds"] for run in runs if "seconds" in run]
    return {"seconds": float(np.median(seconds))} if seconds else {}


def summed_up(runs: dict[str, list[dict]], shared: float = 0.0) -> dict:
    """Return means, spreads and the paired differences to the best base."""
    bases = [name for name in runs if not name.startswith(("late", "the", "Stack"))]
    means = {
        name: {key: float(np.mean([run[key] for run in found])) for key in METRICS}
        for name, found in runs.items()
    }
    best = max(bases, key=lambda name: means[name]["weighted_f1"])
    summary = {}
    for name, found in runs.items():
        differences = [
            run["weighted_f1"] - other["weighted_f1"]
            for run, other in zip(found, runs[best], strict=True)
        ]
        summary[name] = {
            **means[name],
            "std": {key: spread([run[key] for run in found]) for key in METRICS},
            "to_the_best_base": float(np.mean(differences)),
            "to_the_best_base_std": spread(differences),
            "to_the_best_base_half_width": half_width(differences, shared),
            **timed(found),
            "runs": found,
        }
    return summary


PARTS: dict[str, Callable[..., dict]] = {
    "listings": listings,
    "products": products,
    "posts": posts,
    "stacking": stacking,
}


def table(figures: dict) -> list[dict]:
    """Return a row for each model and data set."""
    rows = []
    for part in ("listings", "products"):
        if part not in figures:
            continue
        models = figures[part]["models"]
        kinds = models if part == "products" else {"": models}
        for kind, by_name in kinds.items():
            rows += [
                {
                    "data": f"{part} {kind}".strip(),
                    "model": name,
                    "accuracy": found["accuracy"],
                    "accuracy_std": found["std"]["accuracy"],
                    "macro_f1": found["macro_f1"],
                    "macro_f1_std": found["std"]["macro_f1"],
                    "weighted_f1": found["weighted_f1"],
                    "weighted_f1_std": found["std"]["weighted_f1"],
                    "to_the_best_base": found["to_the_best_base"],
                    "to_the_best_base_half_width": found["to_the_best_base_half_width"],
                }
                for name, found in by_name.items()
            ]
    return rows


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", help=f"among {', '.join(PARTS)}")
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    for part in arguments.parts or PARTS:
        options = {"keep": arguments.keep} if part == "posts" else {}
        figures = {part: {**PARTS[part](**options), "threads": arguments.threads}}
        print(json.dumps(figures, indent=2), flush=True)
        if arguments.save:
            kept = {**known(NAME), **figures}
            kept.pop("environment", None)
            save(NAME, {**kept, "rows": table(kept)})


if __name__ == "__main__":
    main()
