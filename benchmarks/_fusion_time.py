"""Late fusion beside scikit-learn's StackingClassifier: the same bases, score and time.

Three pipelines on one column of real posts, which begin with the same TF-IDF, and the
same final classifier. 20 Newsgroups, bydate, without headers, footers and quotes; the
training part is cut to some posts. Rounds in turn, processor time, medians.
"""

import time
from typing import Any

import numpy as np
from sklearn.ensemble import StackingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import log_loss
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import Pipeline

from benchmarks._newsgroups_data import load_split
from sklearn_nn.ensemble import LateFusionClassifier

N_POSTS = 4_000
ROUNDS = 3
SEED = 42
STACKING = "StackingClassifier"
FUSIONS = ("late fusion", "late fusion, final as there")


def stacking() -> dict:
    """Compare scores and seconds."""
    split = load_split("bydate", raw=False)
    texts, y = (part[:N_POSTS] for part in split.train)
    test, y_test = split.test
    seconds: dict[str, list[float]] = {}
    figures: dict[str, dict] = {}
    for _ in range(ROUNDS):
        for name, (model, X, X_test) in contestants(texts, test).items():
            started = time.process_time()
            model.fit(X, y)
            seconds.setdefault(name, []).append(time.process_time() - started)
            shares = model.predict_proba(X_test)
            figures[name] = {
                "accuracy": float(np.mean(shares.argmax(axis=1) == y_test)),
                "log_loss": float(log_loss(y_test, shares)),
            }
            print(name, seconds[name][-1], figures[name], flush=True)
    ratios = {
        name: float(np.median(np.divide(found, seconds[STACKING])))
        for name, found in seconds.items()
    }
    return {
        "data": f"{split.name}, the first {N_POSTS:,} training posts, whole test part",
        "seed": SEED,
        "rounds": ROUNDS,
        "models": {
            name: {
                **figures[name],
                "seconds": float(np.median(found)),
                "time_to_stacking": ratios[name],
            }
            for name, found in seconds.items()
        },
    }


def contestants(texts: np.ndarray, test: np.ndarray) -> dict[str, tuple[Any, Any, Any]]:
    """Return name -> model, training rows and test rows, as it takes them."""
    tfidf = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2)
    lasts = {
        "logistic": LogisticRegression(C=10),
        "bayes": ComplementNB(),
        "svm": SGDClassifier(random_state=SEED),
    }
    bases = {
        name: Pipeline([("tfidf", tfidf), (name, last)]) for name, last in lasts.items()
    }
    final = LogisticRegression(max_iter=1000)
    columns = [(name, base, "post") for name, base in bases.items()]
    X, X_test = {"post": texts}, {"post": test}
    plain, same = FUSIONS
    return {
        plain: (LateFusionClassifier(estimators=columns, random_state=SEED), X, X_test),
        STACKING: (StackingClassifier(list(bases.items()), final, cv=5), texts, test),
        same: (
            LateFusionClassifier(
                estimators=columns,
                final_estimators=[("final", final)],
                random_state=SEED,
            ),
            X,
            X_test,
        ),
    }
