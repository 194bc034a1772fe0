"""The suite for raw-text estimators passes on ours and fails on broken ones."""

import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_nn._texts import check_texts
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.preprocessing import (
    LanguageDetector,
    Lemmatizer,
    Stemmer,
    StopWordRemover,
    TextCleaner,
    Tokenizer,
    Translator,
)
from sklearn_nn.svm import TfidfLinearSVC
from sklearn_nn.utils.estimator_checks import (
    check_text_estimator,
    parametrize_with_text_checks,
)
from sklearn_nn.utils.estimator_checks._texts import text_checks


class Backwards:
    """A backend of a Translator, with a name that is the same in every run."""

    def __repr__(self):
        return "Backwards()"

    def translate_batch(self, texts):
        return [text[::-1] for text in texts]


@parametrize_with_text_checks(
    [
        SequenceVectorizer(),
        SequenceVectorizer(truncation="both", max_length=7, max_features=5),
        SequenceVectorizer(lowercase=False, strip_punctuation=False, min_frequency=1),
        TfidfLinearSVC(),
        TfidfLinearSVC(class_weight="balanced", ngram_range=(1, 1), stop_words=["tea"]),
        make_pipeline(SequenceVectorizer(max_length=10), MultinomialNB()),
        TextCleaner(),
        TextCleaner(lowercase=False, strip_html=False, strip_punctuation=False),
        TextCleaner(strip_digits=True, strip_accents="ascii", batch_size=7),
        LanguageDetector(),
        LanguageDetector(algorithm="langid", languages=["en", "fr"], batch_size=7),
        LanguageDetector(algorithm="langdetect", max_length=20),
        Tokenizer(),
        Tokenizer(method="word"),
        Tokenizer(method="spacy"),
        Tokenizer(method="spacy", language="fr"),
        StopWordRemover(),
        StopWordRemover(source="both", language="fr", extra_words=["tea"]),
        Stemmer(),
        Stemmer(language="en"),
        Lemmatizer(),
        Lemmatizer(language="fr"),
        Translator(backend=Backwards()),
        Translator(backend=Backwards(), detector=None, max_chars=40, n_jobs=2),
    ]
)
def test_text_estimator(estimator, check):
    check(estimator)


class Lengths(TransformerMixin, BaseEstimator):
    """A correct estimator: the length of a text, over the longest one in fit."""

    def __init__(self, power=1.0):
        self.power = power

    def fit(self, X, y=None):
        longest = max(map(len, check_texts(X)))
        self.longest_ = max(longest, 1)
        return self

    def transform(self, X):
        check_is_fitted(self)
        lengths = np.array([[len(text)] for text in check_texts(X)], dtype=float)
        return (lengths / self.longest_) ** self.power

    def get_feature_names_out(self, input_features=None):
        return np.array(["length"], dtype=object)


def test_correct_estimator_passes():
    check_text_estimator(Lengths())


class SetsAttributeInInit(Lengths):
    def __init__(self, power=1.0):
        super().__init__(power)
        self.longest = 0


class CopiesParameter(Lengths):
    def __init__(self, power=(1.0,)):
        self.power = list(power)


class FitReturnsNothing(Lengths):
    def fit(self, X, y=None):
        super().fit(X)


class FitChangesParameter(Lengths):
    def fit(self, X, y=None):
        self.power = 2.0
        return super().fit(X)


class FitRemembers(Lengths):
    def fit(self, X, y=None):
        previous = getattr(self, "longest_", 0)
        super().fit(X)
        self.longest_ += previous
        return self


class DependsOnNeighbours(Lengths):
    def transform(self, X):
        lengths = super().transform(X)
        return lengths - lengths.mean()


class DislikesTuples(Lengths):
    def transform(self, X):
        return super().transform(X) * (not isinstance(X, tuple))


class DropsEmptyTexts(Lengths):
    def transform(self, X):
        return super().transform([text for text in check_texts(X) if text] or [""])


class AcceptsAnything(Lengths):
    def transform(self, X):
        return super().transform([str(x) for x in X] or [""])


class RefusesVaguely(Lengths):
    def transform(self, X):
        try:
            return super().transform(X)
        except (TypeError, ValueError) as error:
            raise ValueError("wrong") from error


class RefusedFitSpoils(Lengths):
    def fit(self, X, y=None):
        self.longest_ = 1
        return super().fit(X)


class ForgetsWhenPickled(Lengths):
    def __getstate__(self):
        return super().__getstate__() | {"longest_": 1}


class MovesGlobalState(Lengths):
    def fit(self, X, y=None):
        np.random.rand()
        return super().fit(X)


class Warns(Lengths):
    def transform(self, X):
        warnings.warn("noise", stacklevel=2)
        return super().transform(X)


class NeedsNoFit(Lengths):
    def transform(self, X):
        return np.zeros((len(check_texts(X)), 1))


class OtherFitTransform(Lengths):
    def fit_transform(self, X, y=None):
        return super().fit_transform(X) + 1


class NamesTooMany(Lengths):
    def get_feature_names_out(self, input_features=None):
        return np.array(["length", "more"], dtype=object)


class IgnoresSetOutput(Lengths):
    def set_output(self, *, transform=None):
        return self


class WrongClasses(TfidfLinearSVC):
    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        self.classes_ = self.classes_[::-1]
        return self


class ForgivesShortLabels(TfidfLinearSVC):
    def fit(self, X, y, sample_weight=None):
        if y is not None and len(y) < len(X):
            X = X[: len(y)]
        return super().fit(X, y, sample_weight)


class CrypticOnOneClass(TfidfLinearSVC):
    def fit(self, X, y, sample_weight=None):
        if y is not None and len(set(y)) == 1:
            raise ValueError("no")
        return super().fit(X, y, sample_weight)


class NotProbabilities(TfidfLinearSVC):
    def predict_proba(self, X):
        return super().predict_proba(X) * 2


class ContradictsItself(TfidfLinearSVC):
    def decision_function(self, X):
        return -super().decision_function(X)

    @property
    def predict_proba(self):
        raise AttributeError("scores only")


class IgnoresWeights(TfidfLinearSVC):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y)


class ScalesByWeights(TfidfLinearSVC):
    def fit(self, X, y, sample_weight=None):
        if sample_weight is not None:
            sample_weight = np.asarray(sample_weight) * 3
        return super().fit(X, y, sample_weight)


@pytest.mark.filterwarnings("ignore:noise")
@pytest.mark.parametrize(
    "broken, check, message",
    [
        (SetsAttributeInInit, "check_parameters", "__init__ sets"),
        (FitReturnsNothing, "check_fit", "return self"),
        (FitChangesParameter, "check_fit", "changes a parameter"),
        (FitRemembers, "check_fit", "after a second fit"),
        (DependsOnNeighbours, "check_order_and_subset", "reordered"),
        (DislikesTuples, "check_containers", "tuple"),
        (DropsEmptyTexts, "check_unusual_rows", "loses rows"),
        (DependsOnNeighbours, "check_unusual_rows", "alone"),
        (AcceptsAnything, "check_wrong_input", "accepts"),
        (RefusesVaguely, "check_wrong_input", "does not say"),
        (RefusedFitSpoils, "check_wrong_input", "after a refused input"),
        (ForgetsWhenPickled, "check_persistence", "after saving"),
        (MovesGlobalState, "check_side_effects", "state of numpy"),
        (Warns, "check_side_effects", "noise"),
        (NeedsNoFit, "check_not_fitted", "accepts"),
        (OtherFitTransform, "check_fit_transform", "through fit_transform"),
        (NamesTooMany, "check_columns", "one feature name per column"),
        (IgnoresSetOutput, "check_columns", "pandas|polars"),
        (WrongClasses, "check_labels", "classes_"),
        (ForgivesShortLabels, "check_wrong_labels", "accepts"),
        (CrypticOnOneClass, "check_one_class", "does not say"),
        (NotProbabilities, "check_scores", "sum to one"),
        (ContradictsItself, "check_scores", "against predict"),
        (IgnoresWeights, "check_sample_weight", "weights of zero"),
        (ScalesByWeights, "check_sample_weight", "weights of one"),
    ],
)
def test_broken_estimator_is_caught(broken, check, message):
    checks = {check.__name__: check for check in text_checks(broken())}
    with pytest.raises(AssertionError, match=message):
        checks[check](broken())
    with pytest.raises(AssertionError):
        check_text_estimator(broken())


def test_copied_parameter_is_caught():
    with pytest.raises((AssertionError, RuntimeError)):
        check_text_estimator(CopiesParameter())


def test_sklearn_vectorizer_is_caught_accepting_bytes():
    with pytest.raises(AssertionError, match="accepts"):
        check_text_estimator(CountVectorizer())
