import tomllib
from pathlib import Path

import numpy as np
import pytest
from imblearn.pipeline import Pipeline
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import FunctionTransformer

from sklearn_nn._config import ConfigError, Place
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.model_selection._tuned import TunedClassifier
from sklearn_nn.neural_network import BiGRUClassifier
from sklearn_nn.preprocessing import TextCleaner, TextMerger
from sklearn_nn.sampling import SMOTE, LanguageFilter, RandomOverSampler
from sklearn_nn.scenarios._catalogue import LEVERS, STEPS, make_default, make_outcome
from sklearn_nn.scenarios._compatibility import find_conflict
from sklearn_nn.scenarios._matrix import load_matrix
from sklearn_nn.svm import TfidfLinearSVC

PLACE = Place("matrix.toml", ("levers", "x"))
ENTRIES = [
    (lever, name)
    for lever, found in LEVERS.items()
    for name in [*found.outcomes, *found.examples]
]
BENCHMARKS = Path(__file__).parents[2] / "benchmarks" / "scenarios"


@pytest.mark.parametrize(("lever", "name"), ENTRIES)
def test_every_entry_can_be_made(lever, name):
    made = make_outcome(lever, name, PLACE)
    if lever in STEPS and made != "passthrough":
        assert clone(made).get_params().keys() == made.get_params().keys()
    elif lever not in STEPS:
        step, _, parameter = LEVERS[lever].parameter.partition("__")
        target = TunedClassifier() if step == "model" else make_default(step, PLACE)
        assert target.set_params(**{parameter: made}).get_params()[parameter] == made


@pytest.mark.parametrize(
    ("lever", "name"),
    [
        ("language", "french"),
        ("language", "fr+"),
        ("language", "fr:lang"),
        ("reduction", "svd0"),
        ("sampling", "clamp5"),
        ("vocabulary", "-3"),
        ("model", "logreg2"),
        ("cleaning", ""),
    ],
)
def test_unknown_entries_name_the_known(lever, name):
    first = next(iter(LEVERS[lever].outcomes))
    with pytest.raises(ConfigError, match=rf"{lever!r}.*There are: {first}"):
        make_outcome(lever, name, PLACE)


def test_families():
    svd = make_outcome("reduction", "svd7", PLACE)
    assert isinstance(svd, TruncatedSVD) and svd.n_components == 7
    languages = make_outcome("language", "fr+en:langid", PLACE)
    assert isinstance(languages, LanguageFilter)
    assert (languages.languages, languages.detector) == ("fr+en", "langid")
    assert (
        make_outcome("language", "majority:langdetect", PLACE).detector == "langdetect"
    )
    clamp = make_outcome("sampling", "clamp20-500", PLACE)
    assert (clamp.min_count, clamp.max_count) == (20, 500)
    assert make_outcome("vocabulary", "5000", PLACE) == 5000


def str_upper(texts):
    return np.char.upper(texts.astype(str))


class Shouting(TransformerMixin, BaseEstimator):
    """Tells nobody by its tags that it takes texts."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return str_upper(X)


COUNT, TFIDF, IDS = CountVectorizer(), TfidfVectorizer(), SequenceVectorizer()
SVD, NB, GRU = TruncatedSVD(2), MultinomialNB(), BiGRUClassifier(max_epochs=1)
LOGREG = LogisticRegression()
PIPELINES = {
    "counts": ("texts", [COUNT, LOGREG], None),
    "merged": ("columns", [TextMerger(), TextCleaner(), TFIDF, LOGREG], None),
    "not merged": ("columns", [TextCleaner(), TFIDF, LOGREG], "no TextMerger before"),
    "merged twice": ("texts", [TextMerger(), TFIDF, LOGREG], "takes columns"),
    "no vectorizer": ("texts", [TextCleaner(), LOGREG], "no vectorizer before it"),
    "smote on vectors": ("texts", [TFIDF, SMOTE(k_neighbors=1), LOGREG], None),
    "smote on texts": ("texts", [SMOTE(), TFIDF, LOGREG], "SMOTE takes vectors"),
    "smote on ids": ("texts", [IDS, SMOTE(), GRU], "names of words"),
    "over on texts": ("texts", [RandomOverSampler(), TFIDF, LOGREG], None),
    "over on ids": ("texts", [IDS, RandomOverSampler(), GRU], None),
    "ids for a linear model": ("texts", [IDS, LOGREG], "but gets token ids"),
    "ids for a network": ("texts", [IDS, GRU], None),
    "words for a network": ("texts", [TFIDF, GRU], "takes token ids"),
    "svd of ids": ("texts", [IDS, SVD, GRU], "TruncatedSVD takes vectors"),
    "negative for bayes": ("texts", [TFIDF, SVD, NB], "takes no negative numbers"),
    "hashed for bayes": ("texts", [HashingVectorizer(), NB], "takes no negative"),
    "counts for bayes": ("texts", [COUNT, NB], None),
    "weighted for bayes": ("texts", [COUNT, TfidfTransformer(), NB], None),
    "sparse for dense": ("texts", [TFIDF, GaussianNB()], "takes no sparse matrix"),
    "dense for dense": ("texts", [TFIDF, SVD, GaussianNB()], None),
    "texts for a text model": ("texts", ["passthrough", TfidfLinearSVC()], None),
    "vectors for a text model": ("texts", [TFIDF, TfidfLinearSVC()], "takes texts"),
    "filter after words": (
        "texts",
        [TFIDF, LanguageFilter(languages="en"), LOGREG],
        "LanguageFilter takes texts",
    ),
    "tuned": ("texts", [TFIDF, TunedClassifier(estimator=NB, search="grid")], None),
    "tuned without a space": (
        "texts",
        [COUNT, SVD, TunedClassifier(estimator=GaussianNB(), search="grid")],
        "no space to search in",
    ),
    "of other steps": (
        "texts",
        [FeatureUnion([("words", COUNT), ("weights", TFIDF)]), LOGREG],
        None,
    ),
    "of one's own": ("texts", [Shouting(), COUNT, LOGREG], None),
    "a function": ("texts", [FunctionTransformer(str_upper), COUNT, LOGREG], None),
    "numbers": ("vectors", [GaussianNB()], None),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_conflicts_are_those_that_fail(name):
    """What is excluded fails, or learns noise; all else can be fitted."""
    kind, steps, reason = PIPELINES[name]
    named = [(str(place), step) for place, step in enumerate(steps)]
    found = find_conflict(named, kind)
    texts = np.array(["the red car", "an old car", "green tea", "hot tea"] * 5, object)
    X = {
        "texts": texts,
        "columns": np.stack([texts, texts], axis=1),
        "vectors": np.arange(40.0).reshape(20, 2),
    }[kind]
    y = np.array(["car", "car", "tea", "tea"] * 5)[:19]
    pipeline = clone(Pipeline(named))
    if reason is None:
        assert found is None
        assert len(pipeline.fit(X[:19], y).predict(X)) == 20
        return
    assert reason in found
    if name in ("ids for a linear model", "svd of ids"):
        return  # They run, but what they compute with names of words is noise.
    with pytest.raises((ValueError, TypeError)):
        pipeline.fit(X[:19], y)


@pytest.mark.parametrize(
    ("name", "kind", "n_scenarios"),
    [
        ("newsgroups", "texts", 24),
        ("few_listings", "columns", 24),
        ("sib200", "texts", 24),
        ("listings", "columns", 50),
    ],
)
def test_matrices_of_the_benchmarks_are_valid(name, kind, n_scenarios):
    matrix = load_matrix(BENCHMARKS / f"{name}.toml")
    plan = matrix.plan(kind)
    assert len(plan.codes) == n_scenarios
    assert len(set(plan.codes)) == len(plan.codes)
    assert all(plan.excluded.values())


def test_ladder_of_the_listings_has_every_lever():
    matrix = load_matrix(BENCHMARKS / "listings.toml")
    assert set(LEVERS) - set(matrix.levers.outcomes) == {"translation"}
    plan = matrix.plan("columns")
    # One at a time: the baseline and all other outcomes but two that cannot be alone.
    text = (BENCHMARKS / "listings.toml").read_text()
    assert tomllib.loads(text)["run"]["scenarios"][0] == "one-at-a-time"
    n_others = sum(len(o) - 1 for o in matrix.levers.outcomes.values())
    baseline = plan.codes[0]
    every = [*plan.codes, *plan.excluded]
    near = [c for c in every if sum(a != b for a, b in zip(c, baseline)) <= 1]
    assert len(near) == 1 + n_others
