"""What the steps from texts to texts share."""

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

from sklearn_nn._declaration import estimator
from sklearn_nn.preprocessing import detect_language
from sklearn_nn.preprocessing._base import LanguageAwareTransformer, TextTransformer

FRENCH = "une grande table en bois pour le jardin"
ENGLISH = "a large wooden table for the garden"


@estimator
class Reverser(TextTransformer):
    """Reverses every text."""

    def _check_resources(self):
        if self.batch_size == 13:
            raise ImportError("no package today")

    def _transform_texts(self, texts):
        assert 0 < len(texts) <= self.batch_size
        return [text[::-1] for text in texts]


@estimator
class Marker(LanguageAwareTransformer):
    """Writes the language before every text."""

    def _transform_in(self, language, texts):
        return [f"{language}: {text}" for text in texts]


@pytest.mark.parametrize("batch_size", [1, 2, 5, 6, 1000])
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_batches(batch_size, n_jobs):
    texts = [f"text {i}" for i in range(6)]
    step = Reverser(batch_size=batch_size, n_jobs=n_jobs)
    with parallel_config(backend="threading"):
        treated = step.fit_transform(texts)
    assert isinstance(treated, np.ndarray) and treated.dtype == object
    assert treated.tolist() == [text[::-1] for text in texts]


def test_a_missing_package_is_told_early():
    for method in ("fit", "transform"):
        with pytest.raises(ImportError, match="no package"):
            getattr(Reverser(batch_size=13), method)(["text"])


@pytest.mark.parametrize("name, value", [("batch_size", 0), ("n_jobs", "all")])
def test_wrong_parameters(name, value):
    for method in ("fit", "transform"):
        with pytest.raises(ValueError, match=name):
            getattr(Reverser(**{name: value}), method)(["text"])


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_texts_stay_texts(output):
    pipeline = make_pipeline(Reverser(), Reverser()).set_output(transform=output)
    series = pd.Series(["one", "two"], index=[5, 5])
    assert pipeline.fit_transform(series).tolist() == ["one", "two"]
    names = make_pipeline(pipeline, TfidfVectorizer()).fit(series)
    assert names.get_feature_names_out().tolist() == ["one", "two"]


def test_passthrough():
    pipeline = make_pipeline(Reverser(), Reverser())
    pipeline.set_params(**{"reverser-1": "passthrough"})
    assert pipeline.fit_transform(["ab"]).tolist() == ["ba"]


def test_language_of_each_row():
    texts = [FRENCH, ENGLISH, "", FRENCH, "12"]
    expected = [f"{code}: {text}" for code, text in zip(detect_language(texts), texts)]
    assert expected[2:] == ["und: ", f"fr: {FRENCH}", "und: 12"]
    for batch_size in (1, 2, 100):
        marked = Marker(batch_size=batch_size).fit_transform(texts)
        assert marked.tolist() == expected


@pytest.mark.parametrize("detector", ["fasttext", "langid", "langdetect"])
def test_candidates(detector):
    marker = Marker(detector=detector, languages=["en", "de"])
    marked = clone(marker).fit_transform([FRENCH, ENGLISH])
    assert marked[0][:2] in ("en", "de") and marked[1] == f"en: {ENGLISH}"
    with pytest.raises(ValueError, match="'xx'"):
        marker.set_params(languages=["xx"]).fit([FRENCH])


def test_one_language_for_all():
    assert Marker(language="nb").transform([FRENCH])[0] == f"no: {FRENCH}"
    assert Marker(language="fr").transform(["12"])[0] == "fr: 12"
