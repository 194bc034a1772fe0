"""The convolutional network for texts."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_nn.datasets import fetch_ag_news
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.modules import TextCNN
from sklearn_nn.neural_network import TextCNNClassifier
from tests.neural_network.token_rows import N_IDS, X, y


def classifier(**parameters):
    defaults = {
        "embedding_dim": 6,
        "n_filters": 5,
        "max_epochs": 2,
        "random_state": 0,
        "vocabulary_size": N_IDS,
    }
    return TextCNNClassifier(**(defaults | parameters))


@pytest.fixture(scope="module")
def model():
    return classifier().fit(X, y)


def test_default_network():
    model = TextCNNClassifier(max_epochs=1).fit(np.full((40, 3), 7), np.arange(40) % 4)
    shapes = {k: tuple(p.shape) for k, p in model.net_.module_.named_parameters()}
    assert shapes == {
        "embedding.weight": (8, 200),
        "convolutions.0.weight": (100, 200, 3),
        "convolutions.0.bias": (100,),
        "convolutions.1.weight": (100, 200, 4),
        "convolutions.1.bias": (100,),
        "convolutions.2.weight": (100, 200, 5),
        "convolutions.2.bias": (100,),
        "output.weight": (4, 300),
        "output.bias": (4,),
    }
    module = model.net_.module_
    assert (module.embedding_dropout.p, module.dropout.p) == (0.1, 0.5)


def test_estimator_gives_what_its_module_gives(model):
    module = TextCNN(N_IDS, 3, embedding_dim=6, n_filters=5).eval()
    module.load_state_dict(model.net_.module_.state_dict())
    with torch.no_grad():
        ids = torch.from_numpy(X)
        logits, features = module(ids).numpy(), module.features(ids).numpy()
    np.testing.assert_allclose(model.decision_function(X), logits, atol=1e-5)
    np.testing.assert_allclose(model.transform(X), features, atol=1e-5)
    assert model.get_feature_names_out()[-1] == "textcnnclassifier14"


def test_rows_do_not_see_each_other_nor_the_padding(model):
    together = model.decision_function(X)
    alone = np.vstack([model.decision_function(row[None]) for row in X])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    narrow = classifier().fit(X[:, :11], y)
    wide = classifier().fit(np.pad(X, [(0, 0), (0, 40)]), y)
    for p, q in zip(narrow.net_.module_.parameters(), wide.net_.module_.parameters()):
        assert torch.equal(p, q)


def test_rows_without_tokens(model):
    rows = np.vstack([X[:3], np.zeros((1, 15), dtype=int)])
    bias = model.net_.module_.output.bias.detach().numpy()
    logits = model.decision_function(rows)
    np.testing.assert_allclose(logits[:3], model.decision_function(X[:3]), atol=1e-5)
    np.testing.assert_allclose(logits[3], bias, rtol=1e-6)
    holes = np.where(np.arange(80)[:, None] % 4, X, 0)
    fitted = classifier().fit(holes, y)
    assert all(torch.isfinite(p).all() for p in fitted.net_.module_.parameters())
    empty = classifier().fit(np.zeros((20, 5), dtype=int), y[:20])
    assert empty.predict(np.zeros((2, 5), dtype=int)).shape == (2,)


@pytest.mark.parametrize("widths", [1, [2], (7, 20), np.array([1, 2])], ids=str)
def test_widths(widths):
    model = classifier(widths=widths).fit(X, y)
    expected = [(width,) for width in np.atleast_1d(widths)]
    assert [c.kernel_size for c in model.net_.module_.convolutions] == expected
    assert model.transform(X).shape == (80, 5 * len(expected))


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"widths": ()}, "widths"),
        ({"widths": (3, 0)}, "widths"),
        ({"widths": 2.5}, "widths"),
        ({"n_filters": 0}, "n_filters"),
        ({"dropout": 1.0}, "dropout"),
        ({"vocabulary_size": 10}, r"Row \d+ of X has the token id"),
    ],
    ids=lambda value: str(value).replace(" ", "") if isinstance(value, dict) else "",
)
def test_bad_input(parameters, message):
    with pytest.raises(ValueError, match=message):
        classifier(**parameters).fit(X, y)


def test_refuses_sparse_ids_and_unknown_ones(model):
    with pytest.raises(TypeError, match="dense"):
        classifier().fit(sp.csr_array(X), y)
    with pytest.raises(ValueError, match="token id 30"):
        model.predict(np.full((1, 15), 30))


def test_pickle_clone_and_search(model):
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    refitted = clone(model).fit(X, y)
    np.testing.assert_array_equal(refitted.predict_proba(X), model.predict_proba(X))
    grid = {"widths": [(2,), (2, 3)], "n_filters": [2, 4]}
    search = GridSearchCV(classifier(), grid, cv=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def phrases(n_texts, seed):
    """Texts of twelve words: "not good" or "good not", somewhere in them?"""
    rng = np.random.default_rng(seed)
    texts, labels = [], rng.integers(0, 2, n_texts)
    for label in labels:
        words = [f"word{i}" for i in rng.integers(0, 6, 10)]
        place = rng.integers(0, 11)
        words[place:place] = ["not", "good"] if label else ["good", "not"]
        texts.append(" ".join(words))
    return texts, labels


def test_learns_phrases_that_a_bag_of_words_loses():
    texts, labels = phrases(400, seed=0)
    bag = make_pipeline(CountVectorizer(), LogisticRegression())
    assert cross_val_score(bag, texts, labels).mean() < 0.6
    model = make_pipeline(
        SequenceVectorizer(max_length=15),
        TextCNNClassifier(
            embedding_dim=8, widths=2, n_filters=8, lr=0.02, dropout=0.1, random_state=0
        ),
    ).fit(texts, labels)
    assert model.score(*phrases(200, seed=1)) > 0.95


def test_learns_news(data_home):
    news, topics = fetch_ag_news(subset="train", data_home=data_home, return_X_y=True)
    model = make_pipeline(
        SequenceVectorizer(max_length=40),
        TextCNNClassifier(
            embedding_dim=32, n_filters=32, max_epochs=5, lr=5e-3, random_state=0
        ),
    ).fit(news[:2000], topics[:2000])
    assert model.score(news[-500:], topics[-500:]) > 0.75
