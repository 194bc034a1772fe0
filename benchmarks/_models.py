"""The models that the text benchmarks compare, and how they are scored."""

import time

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.neural_network import BiGRUClassifier, MLPClassifier
from sklearn_nn.svm import TfidfLinearSVC

SEED = 42
DENSE = "TF-IDF, MLP"
RECURRENT = "SequenceVectorizer, BiGRU"


def text_models(mlp: dict, bigru: dict, max_length: int = 400) -> dict:
    """Return name -> estimator on raw texts; the arguments are settings of the nets."""
    return {
        "majority": make_pipeline(TfidfVectorizer(), DummyClassifier()),
        "TfidfLinearSVC": TfidfLinearSVC(random_state=SEED),
        DENSE: make_pipeline(
            TfidfVectorizer(sublinear_tf=True, min_df=2, dtype=np.float32),
            MLPClassifier(random_state=SEED, **mlp),
        ),
        RECURRENT: Pipeline(
            [
                ("ids", SequenceVectorizer(max_length=max_length)),
                ("bigru", BiGRUClassifier(random_state=SEED, **bigru)),
            ],
        ),
    }


def timed(function, *arguments, **options):
    """Return the result and the seconds it took."""
    started = time.perf_counter()
    result = function(*arguments, **options)
    return result, time.perf_counter() - started


def scores(y, predicted) -> dict[str, float]:
    """Accuracy, macro F1 and weighted F1."""
    return {
        "accuracy": accuracy_score(y, predicted),
        "macro_f1": f1_score(y, predicted, average="macro", zero_division=0),
        "weighted_f1": f1_score(y, predicted, average="weighted", zero_division=0),
    }
