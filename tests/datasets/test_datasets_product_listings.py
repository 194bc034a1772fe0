"""Generated listings: their form, their shares, how hard they are."""

import html
import re
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sklearn_nn.datasets import make_product_listings
from sklearn_nn.datasets._product_phrases import GENERIC
from sklearn_nn.datasets._product_words import CATEGORIES, FAMILIES, LANGUAGES


@pytest.fixture(scope="module")
def listings():
    return make_product_listings(6000, random_state=0)


def joined(data):
    return np.array([f"{title} {text or ''}" for title, text in data], dtype=object)


def test_form(listings):
    assert listings.data.shape == (6000, 2) and listings.data.dtype == object
    assert listings.feature_names == ["designation", "description"]
    assert listings.target.shape == (6000,) and listings.target.dtype == np.int64
    assert listings.images.shape == (6000, 32, 32, 3)
    assert listings.images.dtype == np.uint8
    assert listings.language.shape == (6000,)
    assert len(set(listings.target_names)) == 27
    titles, texts = listings.data.T
    assert all(type(title) is str and 0 < len(title) <= 250 for title in titles)
    assert all(text is None or 0 < len(text) <= 12_000 for text in texts)


def test_shares(listings):
    descriptions = listings.data[:, 1]
    assert np.mean(np.equal(descriptions, None)) == pytest.approx(0.35, abs=0.02)
    languages, counts = np.unique(listings.language, return_counts=True)
    assert set(languages) == set(LANGUAGES)
    assert languages[counts.argmax()] == "fr"
    assert np.mean(listings.language != "fr") == pytest.approx(0.25, abs=0.03)
    counts = np.sort(np.bincount(listings.target))
    assert len(counts) == 27 and 8 < counts[-1] / counts[0] < 15


def test_descriptions_are_long_and_full_of_html(listings):
    texts = [text for text in listings.data[:, 1] if text is not None]
    lengths = np.array([len(text) for text in texts])
    assert np.median(lengths) < 500 < np.mean(lengths) < 1000
    assert lengths.max() > 5_000
    tags = np.mean([bool(re.search(r"<(br|p|li|ul|b)\b", text)) for text in texts])
    assert 0.4 < tags < 0.7
    entities = np.mean([html.unescape(text) != text for text in texts])
    assert 0.1 < entities < 0.5
    same = np.mean([title == text for title, text in listings.data])
    assert 0.005 < same < 0.05


def test_duplicates_now_and_then(listings):
    _, first, counts = np.unique(
        joined(listings.data), return_index=True, return_counts=True
    )
    n_copies = (counts[counts > 1] - 1).sum()
    assert 0.005 < n_copies / 6000 < 0.05
    long = [i for i in first[counts > 1] if len(joined(listings.data)[i]) > 200]
    texts = joined(listings.data)
    for i in long[:5]:
        copies = np.flatnonzero(texts == texts[i])
        assert len(set(listings.target[copies])) == 1
        assert (listings.images[copies] == listings.images[i]).all()


def test_language_is_the_one_of_the_text(listings):
    for code, sentences in GENERIC.items():
        for sentence in sentences.split("|")[:3]:
            found = [
                language
                for language, (_, text) in zip(listings.language, listings.data)
                if text is not None and sentence in text
            ]
            assert set(found) == {code}


def test_random_state():
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    one, same, other = (make_product_listings(60, random_state=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    for name in ("data", "target", "images", "language"):
        np.testing.assert_array_equal(one[name], same[name])
    assert (one.data != other.data).any() and (one.images != other.images).any()


def test_pictures_leave_the_texts_alone():
    full = make_product_listings(80, random_state=3, image_size=9)
    assert full.images.shape == (80, 9, 9, 3)
    bare = make_product_listings(80, random_state=3, images=False)
    assert bare.images is None
    X, y = make_product_listings(80, random_state=3, return_X_y=True)
    for data, target in ((bare.data, bare.target), (X, y)):
        np.testing.assert_array_equal(data, full.data)
        np.testing.assert_array_equal(target, full.target)


def test_as_frame():
    listings = make_product_listings(100, random_state=0, as_frame=True, images=False)
    assert list(listings.frame.columns) == ["designation", "description", "target"]
    assert isinstance(listings.data, pd.DataFrame)
    array = make_product_listings(100, random_state=0, images=False).data
    assert listings.data["designation"].tolist() == array[:, 0].tolist()
    missing = np.equal(array[:, 1], None)
    np.testing.assert_array_equal(listings.data["description"].isna(), missing)


@pytest.mark.parametrize("n_samples, n_classes", [(27, 27), (40, 27), (2, 2), (30, 5)])
def test_every_class_is_there_when_there_is_room(n_samples, n_classes):
    for seed in range(10):
        listings = make_product_listings(
            n_samples, n_classes, images=False, random_state=seed
        )
        assert set(listings.target) == set(range(n_classes))
        assert len(listings.target_names) == n_classes


def test_fewer_rows_than_classes():
    X, y = make_product_listings(1, random_state=0, return_X_y=True)
    assert X.shape == (1, 2) and y.shape == (1,)


def test_hard_for_text_and_neither_part_is_enough(listings):
    """The claim of the docstring, on 5,000 rows to train and 1,000 to test."""
    train, test = slice(5000), slice(5000, None)
    text, y = joined(listings.data), listings.target
    svm = make_pipeline(TfidfVectorizer(sublinear_tf=True), LinearSVC(C=0.5))
    scores = svm.fit(text[train], y[train]).decision_function(text[test])
    pixels = listings.images[:, ::3, ::3].reshape(6000, -1)
    trees = ExtraTreesClassifier(60, max_features=0.1, random_state=0)
    proba = trees.fit(pixels[train], y[train]).predict_proba(pixels[test])

    def score(decision):
        return f1_score(y[test], decision.argmax(axis=1), average="weighted")

    text_f1, image_f1 = score(scores), score(proba)
    assert 0.75 < text_f1 < 0.90
    assert 0.30 < image_f1 < 0.75
    assert score(4 * scores + np.log(proba + 0.02)) > max(text_f1, image_f1) + 0.02


def test_fast_enough():
    start = time.process_time()
    make_product_listings(4000, images=False, random_state=0)
    assert time.process_time() - start < 0.8  # the aim: 5,000 listings a second


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_samples": 0},
        {"n_classes": 28},
        {"n_classes": 1},
        {"image_size": 3},
        {"images": "yes"},
        {"random_state": "x"},
    ],
)
def test_wrong_parameter(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"The '{name}' parameter of make_product"):
        make_product_listings(**wrong)


def test_word_lists_are_well_formed():
    lists = [getattr(c, code) for c in CATEGORIES for code in LANGUAGES]
    lists += [family[code] for family in FAMILIES.values() for code in LANGUAGES]
    for terms in map(lambda text: text.split(", "), lists):
        assert len(set(terms)) == len(terms) >= 4
        assert all(term and term == term.strip(" ,") for term in terms)
