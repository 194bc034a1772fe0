"""explain_text on any classifier: LIME, occlusion, targets, errors."""

import sys

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sklearn_nn.datasets import make_product_listings
from sklearn_nn.ensemble import LateFusionClassifier
from sklearn_nn.inspection import explain_text
from sklearn_nn.inspection._words import without, words_of
from sklearn_nn.model_selection import PrefixGridSearchCV
from sklearn_nn.svm import TfidfLinearSVC
from tests.inspection.explanation_cases import ODD, TEXTS, TOPICS, net_of, text_model

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


@pytest.mark.parametrize(
    "text, words",
    [
        (ODD[0] + "\n--- x_2\tÉté", "Hot tea they say isn't fast x_2 Été"),
        ("cafe\u0301, (नमस्ते) दुनिया।", "cafe\u0301 नमस्ते दुनिया"),
        ("C++, C#; (#tea) 3.5% --flag", "C++ C# #tea 3.5 flag"),
        ("😀 tea😀! ❤️ ... # -- \u200b + €5", "😀 tea😀 ❤️ + €5"),
        ("日本語、です。", "日本語、です"),
    ],
    ids=["plain", "marks", "signs", "symbols", "no spaces"],
)
def test_a_word_is_what_white_space_separates_without_punctuation(text, words):
    assert [text[start:end] for start, end in words_of(text)] == words.split()


def test_words_are_taken_out_of_what_stands_around_them():
    kept = np.array([True, False, True])
    assert without("a (b), c", words_of("a (b), c"), kept) == "a (), c"


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
    assert explained[:0].to_frame().columns.tolist() == (
        explained.to_frame().columns.tolist()
    )
    assert len(explained[:0].to_frame()) == 0
    for row in (4, -5):
        with pytest.raises(IndexError, match=rf"row={row} is not .* 4 explanations"):
            explained.plot(row)
    with pytest.raises(IndexError, match="no explanation to plot"):
        explained[:0].plot()
    assert repr(explained[:1]) == "<Explanations of 1 rows, method='occlusion'>"
    assert repr(explained[:0]) == "<Explanations of 0 rows>"
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
    assert np.median(found) > 0.9


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


class Linear(ClassifierMixin, BaseEstimator):
    """A sum over the words of a text, whose weights LIME has to find."""

    weights = {"w0": 0.3, "w1": 0.1, "w2": -0.1, "w7": 0.05, "w11": -0.2}

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        sums = [sum(self.weights.get(word, 0) for word in text.split()) for text in X]
        return np.column_stack([0.5 - np.array(sums), 0.5 + np.array(sums)])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@pytest.mark.parametrize("n_samples", [100, 1000])
@pytest.mark.parametrize("n_words", [1, 2, 3, 12])
def test_lime_finds_the_weights_of_a_linear_model(n_words, n_samples):
    model = Linear().fit(TEXTS, np.arange(len(TEXTS)) % 2)
    words = [f"w{i}" for i in range(n_words)]
    (explanation,) = explain_text(
        model, [" ".join(words)], target=1, n_samples=n_samples, random_state=0
    )
    expected = [Linear.weights.get(word, 0) for word in words]
    np.testing.assert_allclose(explanation.weights, expected, atol=1e-2)


def test_a_short_text_is_asked_about_whole():
    """All parts are known, so that nothing is drawn; LIME's kernel weighs them."""
    model = text_model("BiGRU")
    one, other = (
        explain_text(model, ["hot tea, car"], target="drinks", random_state=seed)[0]
        for seed in (0, 1)
    )
    np.testing.assert_array_equal(one.weights, other.weights)
    parts = ["hot tea, car", "hot tea, ", "hot , car", " tea, car"]
    parts += ["hot , ", " tea, ", " , car", " , "]
    kept = np.array([[w in part for w in ("hot", "tea", "car")] for part in parts])
    near = 1 - np.sqrt(kept.sum(axis=1) / 3)
    kernel = np.exp(-0.5 * (100 * near / 25) ** 2)
    expected = LinearRegression().fit(
        kept, model.predict_proba(parts)[:, 0], sample_weight=kernel
    )
    np.testing.assert_allclose(one.weights, expected.coef_, atol=1e-6)


def test_lime_of_a_text_does_not_depend_on_the_others():
    # Long enough for chance to have a say.
    texts = [" ".join(TEXTS[i : i + 4]) for i in range(3)]
    options = {"n_samples": 50, "random_state": 5}
    model = text_model("linear")
    for text, explanation in zip(texts, explain_text(model, texts, **options)):
        (alone,) = explain_text(model, [text], **options)
        np.testing.assert_array_equal(alone.weights, explanation.weights)


def test_seed_settles_lime_and_nothing_else_is_drawn(linear):
    before = np.random.get_state()[1].copy(), torch.get_rng_state()
    texts = [" ".join(TEXTS[:3]), " ".join(TEXTS[3:6])]
    runs = [
        explain_text(linear, texts, n_samples=50, random_state=seed)
        for seed in (3, 3, 4, None, np.random.RandomState(3))
    ]
    weights = [np.concatenate([e.weights for e in run]) for run in runs]
    np.testing.assert_array_equal(weights[0], weights[1])
    np.testing.assert_array_equal(weights[0], weights[4])
    assert not np.array_equal(weights[0], weights[2])
    assert not np.array_equal(weights[0], weights[3])
    assert np.array_equal(np.random.get_state()[1], before[0])
    assert torch.equal(torch.get_rng_state(), before[1])


def test_the_class_that_is_predicted_need_not_be_the_most_probable():
    model = FixedThresholdClassifier(
        text_model("linear"), threshold=0.99, response_method="predict_proba"
    ).fit(TEXTS, TOPICS)
    text = "red car engine"
    (explanation,) = explain_text(model, [text], method="occlusion")
    assert explanation.target == model.predict([text])[0] == "drinks"
    assert explanation.probability < 0.5


def test_several_labels_a_row_need_a_target():
    y = np.stack([np.arange(12) % 2, np.arange(12) % 3 == 0], axis=1).astype(int)
    model = make_pipeline(
        TfidfVectorizer(), OneVsRestClassifier(LogisticRegression())
    ).fit(TEXTS, y)
    with pytest.raises(ValueError, match="several labels a row.* target=label"):
        explain_text(model, TEXTS, method="occlusion")
    (explanation,) = explain_text(model, TEXTS[:1], method="occlusion", target=1)
    assert explanation.probability == model.predict_proba(TEXTS[:1])[0, 1]


def test_of_a_fusion_a_base_is_explained():
    texts = np.array(TEXTS, dtype=object)
    bases = [("left", TfidfLinearSVC(), "a"), ("right", TfidfLinearSVC(), "b")]
    fusion = LateFusionClassifier(estimators=bases, cv=2, random_state=0)
    fusion.fit({"a": texts, "b": texts[::-1]}, TOPICS)
    with pytest.raises(ValueError, match=r"named_estimators_\[name\].*'left', 'right'"):
        explain_text(fusion, {"a": texts, "b": texts})
    base = fusion.named_estimators_["left"]
    (explanation,) = explain_text(base, texts[:1], method="occlusion")
    assert explanation.words == tuple(TEXTS[0].split())


def test_modes_of_networks_in_a_vote():
    model = VotingClassifier(
        [(name, text_model(name)) for name in ("BiGRU", "TextCNN")], voting="soft"
    ).fit(TEXTS, TOPICS)
    modules = [net_of(part).net_.module_ for part in model.estimators_]
    assert all(module.training for module in modules)
    explain_text(model, TEXTS[:1], method="occlusion")
    assert not any(part.training for module in modules for part in module.modules())


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
    options["target"] = "drinks"
    whole = explain_text(model, TEXTS, **options)
    Counting.asked.clear()
    in_batches = explain_text(model, TEXTS, batch_size=7, **options)
    n_words = sum(len(e.words) for e in whole)
    if method == "lime":
        n_texts = sum(min(30, 2 ** len(e.words)) for e in whole)
    else:
        n_texts = n_words
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
