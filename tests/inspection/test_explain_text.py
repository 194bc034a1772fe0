"""explain_text on any classifier: LIME, occlusion, targets, errors."""

import sys

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sklearn_nn.datasets import make_product_listings
from sklearn_nn.inspection import explain_text
from sklearn_nn.inspection._words import without, words_of
from sklearn_nn.model_selection import PrefixGridSearchCV
from sklearn_nn.svm import TfidfLinearSVC
from tests.inspection.explanation_cases import ODD, TEXTS, TOPICS, text_model

METHODS = ("lime", "occlusion")


@pytest.fixture(scope="module")
def linear():
    return text_model("linear")


@pytest.fixture(scope="module")
def listings():
    made = make_product_listings(400, n_classes=4, images=False, random_state=0)
    texts = [title for title, _ in made.data]
    model = TfidfLinearSVC(ngram_range=(1, 1), random_state=0)
    return model.fit(texts[:300], made.target[:300]), texts[300:], made.target[300:]


def test_a_word_is_what_white_space_separates_without_punctuation():
    text = ODD[0] + "\n--- x2_\tÉté"
    words = [text[start:end] for start, end in words_of(text)]
    assert words == ["Hot", "tea", "they", "say", "isn't", "fast", "x2_", "Été"]
    assert without("a (b), c", words_of("a (b), c"), np.array([1, 0, 1], bool)) == (
        "a (), c"
    )


@pytest.mark.parametrize("name", ["linear", "BiGRU", "frozen"])
def test_occlusion_is_the_fall_of_the_probability(name):
    model = text_model(name)
    for explanation, text in zip(explain_text(model, ODD, method="occlusion"), ODD):
        code = model.classes_.tolist().index(explanation.target)
        spans = words_of(text)
        shorter = [text[:start] + text[end:] for start, end in spans]
        whole = model.predict_proba([text])[0]
        assert explanation.target == model.predict([text])[0]
        assert explanation.probability == pytest.approx(whole[code])
        expected = [whole[code] - model.predict_proba([s])[0, code] for s in shorter]
        np.testing.assert_allclose(explanation.weights, expected, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_words_and_where_they_stand(linear, method):
    explained = explain_text(linear, ODD, method=method, n_samples=20, random_state=0)
    assert len(explained) == len(ODD)
    for explanation, text in zip(explained, ODD):
        assert explanation.text == text
        places = zip(explanation.starts, explanation.ends)
        assert [text[a:b] for a, b in places] == list(explanation.words)
        assert explanation.weights.shape == (len(explanation.words),)
        assert explanation.classes.tolist() == ["drinks", "vehicles"]
    assert [len(e.words) for e in explained] == [6, 0, 5, 0]


def test_occurrences_have_weights_of_their_own():
    model = text_model("BiGRU")
    weights = explain_text(model, [ODD[2]], random_state=0)[0].weights
    assert weights[0] != pytest.approx(weights[3], abs=1e-4)


def test_frame_has_a_row_a_word(linear):
    frame = explain_text(linear, ODD, method="occlusion").to_frame()
    assert frame.columns.tolist() == ["row", "word", "start", "end", "weight"]
    assert frame["row"].tolist() == [0] * 6 + [2] * 5
    assert frame["word"].tolist()[-5:] == ["the", "car", "tea", "the", "car"]


def test_explanations_are_a_sequence(linear):
    explained = explain_text(linear, ODD, method="occlusion")
    assert explained[-1].text == ODD[-1]
    assert [e.text for e in explained[1:3]] == ODD[1:3]
    assert repr(explained[:1]) == "<Explanations of 1 rows, method='occlusion'>"
    assert explained[1].to_frame().empty


def test_lime_ranks_words_as_a_linear_model_does(listings):
    model, texts, _ = listings
    # Titles with enough different words to be put in order.
    scores = model.transform(texts).toarray()
    long = [len(set(row)) > 5 for row in scores]
    texts, scores = [t for t, is_long in zip(texts, long) if is_long], scores[long]
    assert len(texts) > 10
    found = []
    for i, explanation in enumerate(
        explain_text(model, texts, n_samples=300, random_state=0)
    ):
        code = model.classes_.tolist().index(explanation.target)
        summed = {
            token: scores[i, column] * model.coef_[code, column]
            for token, column in model.vocabulary_.items()
            if scores[i, column]
        }
        weights = dict.fromkeys(summed, 0.0)
        for word, weight in zip(explanation.words, explanation.weights):
            for token in model.vectorizer_.build_analyzer()(word):
                if token in weights:
                    weights[token] += weight
        found.append(spearmanr(list(summed.values()), list(weights.values()))[0])
    assert np.mean(found) > 0.8


@pytest.mark.parametrize("method", METHODS)
def test_what_is_first_matters_more_than_chance(listings, method):
    model, texts, y = listings
    texts, y = texts[:30], y[:30]
    explained = explain_text(
        model, texts, method=method, target=y, n_samples=100, random_state=0
    )
    rng = np.random.default_rng(0)
    falls = []
    for explanation, label in zip(explained, y):
        spans = words_of(explanation.text)
        n = max(len(spans) // 4, 1)
        codes = []
        for order in (np.argsort(-explanation.weights), rng.permutation(len(spans))):
            kept = np.ones(len(spans), dtype=bool)
            kept[order[:n]] = False
            codes.append(without(explanation.text, spans, kept))
        first, random = model.predict_proba(codes)[:, model.classes_ == label]
        falls.append(float(random[0] - first[0]))
    assert np.mean(falls) > 4 * np.std(falls) / np.sqrt(len(falls))


def test_seed_settles_lime_and_nothing_else_is_drawn(linear):
    before = np.random.get_state()[1].copy(), torch.get_rng_state()
    runs = [
        explain_text(linear, TEXTS[:2], n_samples=50, random_state=seed)
        for seed in (3, 3, 4, None)
    ]
    weights = [np.concatenate([e.weights for e in run]) for run in runs]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])
    assert np.array_equal(np.random.get_state()[1], before[0])
    assert torch.equal(torch.get_rng_state(), before[1])


class Counting(LogisticRegression):
    """Notes how many rows it is asked for at a time."""

    asked: list = []

    def predict_proba(self, X):
        self.asked.append(X.shape[0])
        return super().predict_proba(X)


@pytest.mark.parametrize("method", METHODS)
def test_the_model_gets_batches(method):
    model = make_pipeline(TfidfVectorizer(), Counting()).fit(TEXTS, TOPICS)
    options = {"method": method, "n_samples": 30, "random_state": 0}
    whole = explain_text(model, TEXTS, **options)
    Counting.asked.clear()
    in_batches = explain_text(model, TEXTS, batch_size=7, **options)
    n_words = sum(len(e.words) for e in whole)
    n_texts = 30 * len(TEXTS) if method == "lime" else n_words
    assert max(Counting.asked) == 7
    assert sum(Counting.asked) == len(TEXTS) + n_texts
    for one, other in zip(whole, in_batches):
        np.testing.assert_allclose(one.weights, other.weights)


def test_target_is_one_label_or_one_a_text(linear):
    texts = TEXTS[:2]
    drinks, vehicles = (
        explain_text(linear, texts, method="occlusion", target=label)
        for label in ("drinks", "vehicles")
    )
    for one, other in zip(drinks, vehicles):
        np.testing.assert_allclose(one.weights, -other.weights, atol=1e-12)
        assert one.probability + other.probability == pytest.approx(1)
    mixed = explain_text(
        linear, texts, method="occlusion", target=np.array(["drinks", "vehicles"])
    )
    assert [e.target for e in mixed] == ["drinks", "vehicles"]


def test_targets_that_are_numbers():
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    model.fit(TEXTS, np.arange(len(TEXTS)) % 3)
    (explanation,) = explain_text(model, TEXTS[:1], method="occlusion", target=2)
    assert explanation.target == 2


@pytest.mark.parametrize("search", [GridSearchCV, PrefixGridSearchCV])
def test_of_a_search_the_best_model_is_explained(linear, search):
    grid = {"logisticregression__C": [0.1, 10]}
    fitted = search(linear, grid, cv=3).fit(TEXTS, TOPICS)
    found = explain_text(fitted, ODD, method="occlusion")
    expected = explain_text(fitted.best_estimator_, ODD, method="occlusion")
    for one, other in zip(found, expected):
        np.testing.assert_array_equal(one.weights, other.weights)
    without_model = search(linear, grid, cv=3, refit=False).fit(TEXTS, TOPICS)
    with pytest.raises(ValueError, match="Set refit=True"):
        explain_text(without_model, ODD)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"target": "cars"}, r"target='cars' \(row 0\) .* \['drinks', 'vehicles'\]"),
        ({"target": ["drinks"]}, "target holds 1 labels for 4 rows"),
        ({"method": "shap"}, "'method' parameter of explain_text must be a str among"),
        ({"n_samples": 1}, "'n_samples' parameter of explain_text must be an int"),
        ({"batch_size": 0}, "'batch_size' parameter of explain_text must be an int"),
        ({"method": "integrated_gradients"}, "does not fit this Pipeline .*'lime' and"),
        ({"method": "attention"}, "Those that fit: 'lime', 'occlusion'"),
    ],
    ids=["label", "labels", "method", "samples", "batch", "gradients", "attention"],
)
def test_wrong_arguments(linear, options, message):
    with pytest.raises(ValueError, match=message):
        explain_text(linear, ODD, **options)


def test_wrong_texts(linear):
    with pytest.raises(ValueError, match="explain_text needs at least one text"):
        explain_text(linear, [])
    with pytest.raises(TypeError, match="explain_text .* row 1"):
        explain_text(linear, ["tea", 3])


def test_wrong_estimators(linear):
    with pytest.raises(NotFittedError):
        explain_text(TfidfLinearSVC(), ODD)
    machine = make_pipeline(TfidfVectorizer(), LinearSVC()).fit(TEXTS, TOPICS)
    with pytest.raises(TypeError, match="no predict_proba.*CalibratedClassifierCV"):
        explain_text(machine, ODD)
    numbers = make_pipeline(TfidfVectorizer(), Ridge()).fit(TEXTS, range(len(TEXTS)))
    with pytest.raises(TypeError, match="Pipeline predicts numbers"):
        explain_text(numbers, ODD)


def test_without_lime_the_extra_is_named(linear, monkeypatch):
    monkeypatch.setitem(sys.modules, "lime.lime_text", None)
    with pytest.raises(ImportError, match=r"pip install sklearn_nn\[explain\]"):
        explain_text(linear, ODD)
    explain_text(linear, ODD, method="occlusion")
