"""The language filter, on real detection."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.pipeline import make_pipeline
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from sklearn_nn.sampling import LanguageFilter

FRENCH = [
    "une chaise pliante en bois pour le jardin",
    "la table basse est vendue sans les coussins",
    "une grande armoire avec deux portes coulissantes",
    "les rideaux sont livrés avec leurs anneaux",
    "un fauteuil confortable pour votre salon",
]
ENGLISH = [
    "a folding chair made of wood for the garden",
    "the coffee table is sold without its cushions",
    "a large wardrobe with two sliding doors",
]
GERMAN = ["ein bequemer Sessel für das Wohnzimmer mit Kissen"]
TEXTS = [*FRENCH, *ENGLISH, *GERMAN, "12.50", ""]
LABELS = ["seat", "table"] * 5 + ["seat"]
FR, EN, DE, UND = [0, 1, 2, 3, 4], [5, 6, 7], [8], [9, 10]


@pytest.mark.parametrize("detector", ["fasttext", "langid", "langdetect"])
@pytest.mark.parametrize(
    "options, rows",
    [
        ({"languages": "fr"}, FR + UND),
        ({"languages": "fr+en"}, FR + EN + UND),
        ({"languages": ["en", "de"]}, EN + DE + UND),
        ({"languages": "fr", "keep_undetermined": False}, FR),
        ({"languages": "majority", "min_share": 0.2}, FR + EN + UND),
        ({"languages": "majority", "min_share": 0.9}, FR + UND),
        ({"languages": "majority", "min_share": 0.0}, FR + EN + DE + UND),
        ({"languages": "all"}, FR + EN + DE + UND),
        ({"languages": "all", "keep_undetermined": False}, FR + EN + DE + UND),
    ],
)
def test_rows(options, rows, detector):
    sampler = LanguageFilter(**options, detector=detector)
    texts, y = sampler.fit_resample(TEXTS, LABELS)
    assert sampler.sample_indices_.tolist() == rows
    assert texts == [TEXTS[row] for row in rows]
    assert y == [LABELS[row] for row in rows]


def test_attributes():
    sampler = LanguageFilter(languages="en+fr").fit(TEXTS, LABELS)
    assert sampler.languages_ == ["fr", "en"]
    assert list(sampler.language_counts_.items()) == [
        ("fr", 5),
        ("en", 3),
        ("und", 2),
        ("de", 1),
    ]
    assert LanguageFilter(languages="all").fit(TEXTS, LABELS).language_counts_ == {}


@pytest.mark.parametrize("column", ["text", 1])
@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_column_of_a_frame(frame, column):
    X = frame({"price": range(11), "text": TEXTS})
    sampler = LanguageFilter(languages="fr", text_column=column)
    X_new, _ = sampler.fit_resample(X, LABELS)
    assert type(X_new) is frame
    assert list(X_new["price"]) == FR + UND
    array = np.array([list(range(11)), TEXTS], dtype=object).T
    rows = LanguageFilter(languages="fr", text_column=1).fit(array, LABELS)
    assert rows.sample_indices_.tolist() == FR + UND


@pytest.mark.parametrize("make", [np.array, pd.Series, pl.Series, tuple])
def test_kinds_of_texts(make):
    texts, _ = LanguageFilter(languages="en").fit_resample(make(TEXTS), LABELS)
    assert list(texts) == [*ENGLISH, *TEXTS[-2:]]


def test_predict_answers_every_row():
    model = make_pipeline(
        LanguageFilter(languages="fr"), TfidfVectorizer(), LogisticRegression()
    ).fit(TEXTS, LABELS)
    assert "armoire" in model[1].vocabulary_ and "wardrobe" not in model[1].vocabulary_
    assert len(model.predict(ENGLISH)) == 3


def test_a_lost_class_warns_and_the_rest_goes_on():
    labels = ["a", "b", "b", "b", "b", "a", "a", "a", "c", "a", "a"]
    message = r"leaves no row of the class\(es\) \['c'\]"
    with pytest.warns(UserWarning, match=message) as caught:
        LanguageFilter(languages="fr").fit_resample(TEXTS, labels)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LanguageFilter(languages="fr").fit_resample(TEXTS, LABELS)


def test_nothing_left():
    with pytest.raises(ValueError, match=r"leaves no row.*\{'fr': 5, 'en': 3"):
        LanguageFilter(languages="pt", keep_undetermined=False).fit(TEXTS, LABELS)
    with pytest.raises(ValueError, match="leaves no row"):
        LanguageFilter(keep_undetermined=False).fit(["1", "2"], ["a", "b"])
    kept, _ = LanguageFilter().fit_resample(["1", "2"], ["a", "b"])
    assert kept == ["1", "2"]


@pytest.mark.parametrize("keep", [True, False])
def test_no_row_in_the_languages(keep):
    for texts in (TEXTS, ["1", "2"] * 5 + [""]):
        with pytest.raises(ValueError, match="leaves no row to train on whose lang"):
            LanguageFilter(languages="pt", keep_undetermined=keep).fit(texts, LABELS)


@pytest.mark.parametrize("code", ["nb", "nn", "no"])
@pytest.mark.parametrize("detector", ["fasttext", "langid", "langdetect"])
def test_codes_mean_what_the_detector_calls_them(code, detector):
    norwegian = "den store stolen er laget av tre og selges ikke uten puter"
    sampler = LanguageFilter(languages=[code], detector=detector)
    texts, _ = sampler.fit_resample([*TEXTS, norwegian], [*LABELS, "seat"])
    assert sampler.languages_ == ["no"] and texts == [*TEXTS[-2:], norwegian]


@pytest.mark.parametrize("detector", ["fasttext", "langid", "langdetect"])
@pytest.mark.parametrize("code, near", [("rf", "'fr'"), ("jp", "'ja'"), ("und", "")])
def test_a_code_that_the_detector_does_not_know(code, near, detector):
    message = f"'languages' parameter of LanguageFilter holds '{code}'.*{detector}.*"
    with pytest.raises(ValueError, match=message + near):
        LanguageFilter(languages=f"fr+{code}", detector=detector).fit(TEXTS, LABELS)


@pytest.mark.parametrize(
    "languages", ["french", "", [], "fr+", "FR", ["fr", 3], "fr,en", "und+x"]
)
def test_refuses_languages(languages):
    with pytest.raises(ValueError, match="'languages' parameter of LanguageFilter"):
        LanguageFilter(languages=languages).fit(TEXTS, LABELS)


@pytest.mark.parametrize(
    "options, X, error, message",
    [
        (
            {},
            pd.DataFrame({"t": TEXTS}),
            ValueError,
            r"text_column.*\['t'\]",
        ),
        ({"text_column": "x"}, pd.DataFrame({"t": TEXTS}), ValueError, r"are \['t'\]"),
        ({"text_column": 3}, pd.DataFrame({"t": TEXTS}), ValueError, r"are \['t'\]"),
        ({"text_column": "t"}, TEXTS, ValueError, "X has no columns"),
        ({}, [None, *TEXTS[1:]], ValueError, "row 0 is missing"),
        ({}, [b"abc", *TEXTS[1:]], TypeError, "row 0 is of type bytes"),
        ({}, np.zeros((11, 2)), ValueError, "expects a 1-D sequence of texts"),
        ({}, TEXTS[:3], ValueError, "inconsistent numbers of samples"),
        ({"languages": "all"}, [1.5] * 11, TypeError, "row 0 is of type float"),
    ],
)
def test_bad_input(options, X, error, message):
    with pytest.raises(error, match=message):
        LanguageFilter(**options).fit_resample(X, LABELS)
