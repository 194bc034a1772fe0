"""The recurrent network with attention."""

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from sklearn.datasets import make_classification
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.modules import BiGRUAttention
from sklearn_nn.neural_network import BiGRUClassifier
from tests.neural_network.token_rows import LENGTHS, N_IDS, X, y


def classifier(**parameters):
    defaults = {
        "embedding_dim": 6,
        "hidden_size": 5,
        "max_epochs": 2,
        "random_state": 0,
        "vocabulary_size": N_IDS,
    }
    return BiGRUClassifier(**(defaults | parameters))


@pytest.fixture(scope="module")
def model():
    return classifier().fit(X, y)


def make_module(num_layers=1):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return BiGRUAttention(
            N_IDS, 4, embedding_dim=6, hidden_size=5, num_layers=num_layers
        ).eval()


def test_defaults_are_the_published_ones():
    model = BiGRUClassifier(max_epochs=1, vocabulary_size=50_002, random_state=0)
    model.fit(np.full((40, 3), 7), np.arange(40) % 20)
    module = model.net_.module_
    assert sum(p.numel() for p in module.parameters()) == 10_462_373
    assert module.embedding.weight.shape == (50_002, 200)
    assert (module.gru.hidden_size, module.gru.num_layers) == (192, 1)
    assert (module.embedding_dropout.p, module.dropout.p) == (0.1, 0.5)
    assert (model.lr, model.batch_size) == (0.002, 64)
    assert BiGRUClassifier().max_epochs == 15


@pytest.mark.parametrize("num_layers", [1, 2])
def test_parameters_are_named_as_in_torch(num_layers):
    gru = torch.nn.GRU(
        6, 5, num_layers=num_layers, bidirectional=True, batch_first=True
    )
    module = make_module(num_layers)
    expected = {f"gru.{name}": value.shape for name, value in gru.named_parameters()}
    assert "gru.weight_ih_l0_reverse" in expected
    expected |= {
        "embedding.weight": (N_IDS, 6),
        "attention.weight": (1, 10),
        "attention.bias": (1,),
        "output.weight": (4, 10),
        "output.bias": (4,),
    }
    assert {n: tuple(p.shape) for n, p in module.state_dict().items()} == {
        name: tuple(shape) for name, shape in expected.items()
    }


@pytest.mark.parametrize("num_layers", [1, 2])
def test_states_equal_torch_on_packed_sequences(num_layers):
    module = make_module(num_layers)
    ids = torch.from_numpy(X)
    with torch.no_grad():
        packed = pack_padded_sequence(
            module.embedding(ids),
            torch.from_numpy(LENGTHS),
            batch_first=True,
            enforce_sorted=False,
        )
        states, _ = pad_packed_sequence(
            module.gru(packed)[0], batch_first=True, total_length=15
        )
        scores = module.attention(states).squeeze(-1)
        weights = scores.masked_fill(ids == 0, -torch.inf).softmax(dim=1)
        pooled = (weights.unsqueeze(-1) * states).sum(dim=1)
        torch.testing.assert_close(
            module.attention_weights(ids), weights, atol=1e-5, rtol=1e-5
        )
        torch.testing.assert_close(module.features(ids), pooled, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(
            module(ids), module.output(pooled), atol=1e-5, rtol=1e-5
        )


@pytest.mark.parametrize("num_layers", [1, 2])
def test_gradients_equal_torch_on_packed_sequences(num_layers):
    ids, lengths = torch.from_numpy(X), torch.from_numpy(LENGTHS)
    ours, theirs = make_module(num_layers), make_module(num_layers)
    ours(ids).square().sum().backward()
    packed = pack_padded_sequence(
        theirs.embedding(ids), lengths, batch_first=True, enforce_sorted=False
    )
    states, _ = pad_packed_sequence(theirs.gru(packed)[0], batch_first=True)
    scores = theirs.attention(states).squeeze(-1)
    scores = scores.masked_fill(ids[:, : states.shape[1]] == 0, -torch.inf)
    pooled = (scores.softmax(dim=1).unsqueeze(-1) * states).sum(dim=1)
    theirs.output(pooled).square().sum().backward()
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters()):
        torch.testing.assert_close(p.grad, q.grad, atol=1e-4, rtol=1e-4, msg=name)


def test_module_does_not_see_padding_columns():
    module = make_module()
    ids = torch.from_numpy(X)
    wide = torch.nn.functional.pad(ids, (0, 9))
    with torch.no_grad():
        torch.testing.assert_close(module(wide), module(ids), atol=1e-6, rtol=1e-6)
        weights = module.attention_weights(wide)
        assert weights.shape == (80, 24)
        assert not weights[:, 15:].any()


def test_rows_do_not_see_each_other(model):
    together = model.decision_function(X)
    alone = np.vstack([model.decision_function(row[None]) for row in X])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    order = np.random.default_rng(1).permutation(80)
    np.testing.assert_allclose(
        model.decision_function(X[order]), together[order], atol=1e-5
    )


def test_padding_of_the_training_rows_changes_nothing():
    narrow = classifier().fit(X[:, :11], y)
    wide = classifier().fit(np.pad(X, [(0, 0), (0, 40)]), y)
    for p, q in zip(narrow.net_.module_.parameters(), wide.net_.module_.parameters()):
        assert torch.equal(p, q)


def test_attention(model):
    weights = model.attention(X)
    assert weights.shape == X.shape
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    assert not weights[X == 0].any()
    assert (weights[X != 0] > 0).all()


def test_attention_has_the_columns_of_X_when_all_rows_are_short(model):
    short = np.where(np.arange(15) < 4, X, 0)
    weights = model.attention(short)
    assert weights.shape == (80, 15)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    assert model.attention(short[:1]).shape == (1, 15)


def test_attention_returns_the_order_of_the_rows(model):
    alone = [model.attention(row[None])[0] for row in X]
    for length, row, weights in zip(LENGTHS, alone, model.attention(X)):
        np.testing.assert_allclose(weights[:length], row[:length], atol=1e-6)


def test_transform_is_the_attended_sum_of_the_states(model):
    module = model.net_.module_.eval()
    with torch.no_grad():
        packed = pack_padded_sequence(
            module.embedding(torch.from_numpy(X)),
            torch.from_numpy(LENGTHS),
            batch_first=True,
            enforce_sorted=False,
        )
        states, _ = pad_packed_sequence(
            module.gru(packed)[0], batch_first=True, total_length=15
        )
    weights = model.attention(X)
    states = states.numpy()[:, : weights.shape[1]]
    context = np.einsum("nl,nlh->nh", weights, states)
    assert model.transform(X).shape == (80, 10)
    np.testing.assert_allclose(model.transform(X), context, atol=1e-5)
    output = module.output
    logits = context @ output.weight.detach().numpy().T + output.bias.detach().numpy()
    np.testing.assert_allclose(model.decision_function(X), logits, atol=1e-5)
    names = [f"bigruclassifier{i}" for i in range(10)]
    assert model.get_feature_names_out().tolist() == names


def test_row_without_tokens(model):
    rows = np.vstack([X[:3], np.zeros((1, 15), dtype=int)])
    np.testing.assert_allclose(
        model.decision_function(rows)[:3], model.decision_function(X[:3]), atol=1e-5
    )
    assert not model.attention(rows)[3].any()
    assert not model.transform(rows)[3].any()
    np.testing.assert_allclose(
        model.decision_function(rows[3:])[0],
        model.net_.module_.output.bias.detach().numpy(),
        rtol=1e-6,
    )


def test_rows_without_tokens_in_fit():
    holes = X.copy()
    holes[::4] = 0
    model = classifier(dropout=0.0).fit(holes, y)
    assert np.isfinite(model.predict_proba(holes)).all()
    assert np.isfinite([row["train_loss"] for row in model.history_]).all()
    for p in model.net_.module_.parameters():
        assert torch.isfinite(p).all()
    empty = classifier().fit(np.zeros((20, 5), dtype=int), y[:20])
    assert empty.predict(np.zeros((2, 5), dtype=int)).shape == (2,)


def test_padding_embedding_stays_zero(model):
    assert not model.net_.module_.embedding.weight[0].any()


def test_vocabulary_size():
    assert classifier(vocabulary_size=None).fit(X, y).vocabulary_size_ == X.max() + 1
    model = classifier(vocabulary_size=99).fit(X, y)
    assert model.vocabulary_size_ == 99
    assert model.net_.module_.embedding.num_embeddings == 99
    assert model.predict(np.full((1, 15), 98)).shape == (1,)


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.int32, np.int64, np.float32, np.float64]
)
def test_dtypes_of_the_ids(model, dtype):
    np.testing.assert_array_equal(
        model.decision_function(X.astype(dtype)), model.decision_function(X)
    )


def test_two_layers_with_dropout_train():
    model = classifier(num_layers=2, embedding_dropout=0.3, max_epochs=3).fit(X, y)
    assert len(model.history_) == 3
    np.testing.assert_array_equal(model.predict_proba(X), model.predict_proba(X))


def ordered_words(n_texts, seed):
    """Texts of eight words: was "first" before "second"?"""
    rng = np.random.default_rng(seed)
    texts, labels = [], rng.integers(0, 2, n_texts)
    for label in labels:
        words = [f"word{i}" for i in rng.integers(0, 6, 8)]
        early, late = sorted(rng.choice(8, 2, replace=False))
        words[early], words[late] = ("first", "second")[:: 1 if label else -1]
        texts.append(" ".join(words))
    return texts, labels


def test_learns_the_order_that_a_bag_of_words_loses():
    texts, labels = ordered_words(600, seed=0)
    test_texts, test_labels = ordered_words(300, seed=1)
    bag = make_pipeline(CountVectorizer(), LogisticRegression())
    assert cross_val_score(bag, texts, labels).mean() < 0.6
    model = make_pipeline(
        SequenceVectorizer(max_length=10),
        BiGRUClassifier(
            embedding_dim=8, hidden_size=8, lr=0.02, dropout=0.1, random_state=0
        ),
    ).fit(texts, labels)
    assert model.score(test_texts, test_labels) > 0.95


def test_refuses_sparse_ids():
    with pytest.raises(TypeError, match="dense"):
        classifier().fit(sp.csr_array(X), y)


def test_fractions_are_announced():
    rows, labels = make_classification(60, 5, n_informative=3, random_state=0)
    with pytest.warns(UserWarning, match=r"fractions.*SequenceVectorizer") as seen:
        classifier(vocabulary_size=None).fit(abs(rows), labels)
    assert len(seen) == 1
