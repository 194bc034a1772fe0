"""What every step that goes by the language of a text has in common."""

import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sklearn_nn.preprocessing import Lemmatizer, Stemmer, StopWordRemover, Tokenizer

STEPS = [
    Tokenizer(),
    Tokenizer(method="word"),
    Tokenizer(method="spacy", languages=["fr", "en", "sw"]),
    StopWordRemover(languages=["fr", "en", "sw"], extra_words=["lot"]),
    Stemmer(languages=["fr", "en", "sw"]),
    Lemmatizer(languages=["fr", "en", "sw"]),
]
TEXTS = [
    "les chaises pliantes de l'école, lot de 2",
    "the folding chairs aren't in this lot",
    "",
    "viti vya watoto wadogo",
    "12 x 30",
] * 4
every_step = pytest.mark.parametrize("step", STEPS, ids=repr)


@every_step
def test_batches_and_workers_change_nothing(step):
    expected = step.transform(TEXTS)
    assert (expected != "").sum() == 16
    for batch_size in (1, 7, 1000):
        cut = clone(step).set_params(batch_size=batch_size)
        np.testing.assert_array_equal(cut.transform(TEXTS), expected)
    shared = clone(step).set_params(batch_size=7, n_jobs=2)
    with joblib.parallel_config(backend="threading"):
        np.testing.assert_array_equal(shared.transform(TEXTS), expected)


@pytest.mark.parametrize(
    "step",
    [
        Tokenizer(),
        StopWordRemover(source="stop-words", languages=["fr", "en", "sw"]),
        Stemmer(languages=["fr", "en", "sw"]),
        Lemmatizer(language="en"),
    ],
    ids=repr,
)
def test_processes_change_nothing(step):
    expected = step.transform(TEXTS)
    shared = clone(step).set_params(batch_size=7, n_jobs=2)
    np.testing.assert_array_equal(shared.transform(TEXTS), expected)


@every_step
def test_words_and_tables_are_not_pickled(step):
    step = clone(step).fit(TEXTS)
    step.transform(TEXTS)
    assert len(pickle.dumps(step)) < 1000


def test_every_step_may_be_left_out():
    pipeline = Pipeline(
        [
            ("tokens", Tokenizer(method="spacy", language="en")),
            ("stop_words", StopWordRemover(language="en")),
            ("stems", Stemmer(language="en")),
            ("lemmas", Lemmatizer(language="en")),
            ("vectors", TfidfVectorizer()),
            ("classifier", LogisticRegression()),
        ]
    )
    grid = {
        name: ["passthrough", pipeline.named_steps[name]]
        for name in ("tokens", "stop_words", "stems", "lemmas")
    }
    texts = ["the folding chairs", "two chairs and a table", "hot tea", "a cup of tea"]
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise")
    search.fit(texts * 5, ["chair", "chair", "tea", "tea"] * 5)
    assert len(search.cv_results_["params"]) == 16
    assert (search.cv_results_["mean_test_score"] == 1).all()


def test_packages_are_imported_when_needed_and_named_when_missing():
    code = """
import sys
from sklearn_nn.preprocessing import Lemmatizer, StopWordRemover, Stemmer, Tokenizer

Tokenizer(languages=["en"]).fit_transform(["a b"])
heavy = {"spacy", "spacy_lookups_data", "nltk", "torch", "Stemmer", "stop_words"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
sys.modules |= dict.fromkeys(heavy)
for package, step in {
    "spacy.lang": Tokenizer(method="spacy", language="fr"),
    "nltk": Tokenizer(method="word"),
    "stop_words": StopWordRemover(source="stop-words", language="fr"),
    "Stemmer": Stemmer(language="fr"),
    "spacy_lookups_data": Lemmatizer(language="fr"),
    "spacy": Lemmatizer(model="fr_core_news_sm"),
}.items():
    try:
        step.fit(["a"])
    except ImportError as error:
        cure = f"needs the package {package}: pip install sklearn_nn[text]"
        assert cure in str(error), error
    else:
        raise AssertionError(step)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
