"""AG News: a linear model, a perceptron, two sequence models, a mixture of experts.

    python -m benchmarks.ag_news [--save] [MODEL ...]

29,680 of the official 120,000 training rows, the official 7,600 test rows. Settings are
chosen by GridSearchCV on a fifth of the training rows held out; then every model is
trained on all of them with the seeds 0, 1 and 2, for the number of epochs chosen, and
scored once on the test rows. With ``--save``, the models named replace theirs in
``results/ag_news.json`` and the others stay.
"""

import argparse
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import Pipeline

from benchmarks._models import scores
from benchmarks._report import known, save, show, spread
from sklearn_nn.datasets import fetch_ag_news
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.model_selection import PrefixGridSearchCV
from sklearn_nn.neural_network import (
    BiGRUClassifier,
    MLPClassifier,
    MoEClassifier,
    TextCNNClassifier,
)
from sklearn_nn.preprocessing import Stemmer, TextCleaner
from sklearn_nn.svm import TfidfLinearSVC

SEEDS = (0, 1, 2)
VALIDATION = StratifiedShuffleSplit(1, test_size=0.2, random_state=0)
LINEAR = "TfidfLinearSVC"
# What the project asks of the best of the three networks that are no perceptrons.
AT_LEAST = 0.905
REPORTED = "0.87 (experts on a pretrained encoder, another split)"


class Candidate(NamedTuple):
    """A pipeline and the values that are tried for its parameters."""

    pipeline: Pipeline
    grid: dict[str, list[Any]]


def candidates() -> dict[str, Candidate]:
    """Return name -> what is tried."""
    stems = Stemmer(language="en")
    either = {"stems": ["passthrough", stems]}
    words = {"sublinear_tf": True, "min_df": 2, "dtype": np.float32}
    pairs = TfidfVectorizer(**words, ngram_range=(1, 2))
    ids = SequenceVectorizer(max_length=60, max_features=12_000)
    training = {"batch_size": 128, "lr_schedule": "onecycle", "label_smoothing": 0.1}
    # Adam's L2 penalty draws the vectors of rare words from their random start to zero.
    vectors = {**training, "lr": 4e-3, "embedding_dim": 64}
    decays = {"model__weight_decay": [1e-5, 1e-4]}
    experts = {**training, "hidden_size": 16, "n_experts": 4, "lr": 2e-3}
    return {
        LINEAR: Candidate(
            cleaned(model=TfidfLinearSVC()), {**either, "model__C": [0.2, 0.5, 1.0]}
        ),
        "TF-IDF, MLP": Candidate(
            cleaned(
                tfidf=TfidfVectorizer(**words),
                model=MLPClassifier(**training, lr=4e-3, dropout=0.5),
            ),
            {**either, "model__max_epochs": [3, 5]},
        ),
        "word ids, BiGRU": Candidate(
            cleaned(
                stems=stems,
                ids=ids,
                model=BiGRUClassifier(**vectors, hidden_size=64, max_epochs=5),
            ),
            {**decays, "model__embedding_dropout": [0.5]},
        ),
        "word ids, TextCNN": Candidate(
            cleaned(
                stems=stems,
                ids=ids,
                model=TextCNNClassifier(**vectors, widths=(1, 2), max_epochs=6),
            ),
            {**decays, "model__embedding_dropout": [0.5]},
        ),
        "word ids, MoE": Candidate(
            cleaned(
                stems=stems,
                ids=ids,
                model=MoEClassifier(**vectors, inputs="token_ids", dropout=0.5),
            ),
            {**decays, "model__max_epochs": [2, 3]},
        ),
        "TF-IDF, MoE": Candidate(
            cleaned(
                tfidf=pairs,
                terms=SelectKBest(chi2, k=30_000),
                model=MoEClassifier(**experts, dropout=0.5, max_epochs=2),
            ),
            {**either, "model__top_k": [None, 2]},
        ),
    }


def cleaned(stems: Any = "passthrough", **steps: Any) -> Pipeline:
    """Return the steps behind cleaning and, perhaps, stemming."""
    before = {"clean": TextCleaner(), "stems": stems}
    return Pipeline(list({**before, **steps}.items()))


def run(candidate: Candidate, train, test) -> dict:
    """Choose on validation rows, then train and test once for every seed."""
    started = time.perf_counter()
    search = PrefixGridSearchCV(
        candidate.pipeline, candidate.grid, cv=VALIDATION, refit=False
    ).fit(*train)
    choosing_s = time.perf_counter() - started
    tried = [
        {
            **{name: _plain(value) for name, value in parameters.items()},
            "validation": float(score),
        }
        for parameters, score in zip(
            search.cv_results_["params"],
            search.cv_results_["mean_test_score"],
            strict=True,
        )
    ]
    show(tried)
    runs = []
    for seed in SEEDS:
        model = clone(candidate.pipeline).set_params(
            **search.best_params_, model__random_state=seed
        )
        started = time.perf_counter()
        model.fit(*train)
        fit_s = time.perf_counter() - started
        runs.append({**scores(test[1], model.predict(test[0])), "fit_s": fit_s})
    accuracy = [one["accuracy"] for one in runs]
    return {
        "accuracy": float(np.mean(accuracy)),
        "std": spread(accuracy),
        "pipeline": repr(candidate.pipeline),
        "tried": tried,
        "chosen": {k: _plain(v) for k, v in search.best_params_.items()},
        "validation": float(search.best_score_),
        "choosing_s": choosing_s,
        "runs": runs,
    }


def _plain(value: Any) -> Any:
    """Return what JSON can hold."""
    return repr(value) if hasattr(value, "get_params") else value


def table(models: dict[str, dict]) -> list[dict]:
    """Return a row for each model."""
    return [
        {
            "model": name,
            "validation": model["validation"],
            "accuracy": model["accuracy"],
            "std": model["std"],
            "macro_f1": float(np.mean([one["macro_f1"] for one in model["runs"]])),
            "fit_s": float(np.mean([one["fit_s"] for one in model["runs"]])),
        }
        for name, model in models.items()
    ]


def main(argv: Sequence[str] | None = None) -> None:
    every = candidates()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="*", help=f"among {', '.join(every)}")
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    news = {part: fetch_ag_news(subset=part) for part in ("train", "test")}
    train, test = ((part.data, part.target) for part in news.values())
    models: dict[str, dict] = {}
    for name in arguments.models or every:
        print(f"\n{name}")
        models[name] = run(every[name], train, test)
        show(table({name: models[name]}))
        if arguments.save:
            kept = {**known("ag_news").get("models", {}), **models}
            models = {key: kept[key] for key in every if key in kept}
            save(
                "ag_news",
                {
                    "data": {part: bunch.source for part, bunch in news.items()},
                    "seeds": list(SEEDS),
                    "validation": repr(VALIDATION),
                    "at_least": AT_LEAST,
                    "reported": REPORTED,
                    "rows": table(models),
                    "models": models,
                },
            )
    show(table(models))


if __name__ == "__main__":
    main()
