"""Rows of X and the batches that they form."""

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_classification

from sklearn_nn._contract.network import MIN_INFERENCE_BATCH
from sklearn_nn._training.dataset import Batches, Dataset
from sklearn_nn._training.net import Net
from sklearn_nn._training.rows import DenseRows, SparseRows, TokenRows
from sklearn_nn.neural_network import MLPClassifier, MLPRegressor

CPU = torch.device("cpu")


def token_ids(lengths, width=None):
    """Right-padded rows of the given lengths, with no zero inside them."""
    lengths = np.asarray(lengths)
    position = np.arange(width or max(lengths.max(), 1))
    ids = 1 + np.arange(len(lengths))[:, None] % 97 + position % 13
    return np.where(position < lengths[:, None], ids, 0).astype(np.int32)


def make_rows(kind, n_rows):
    lengths = np.random.default_rng(n_rows).integers(0, 12, n_rows)
    X = token_ids(lengths, width=12)
    if kind is SparseRows:
        X = sp.csr_array(X.astype(float))
    elif kind is DenseRows:
        X = X.astype(float)
    return kind(X, "float32", CPU), sp.csr_array(X).toarray()


kinds = pytest.mark.parametrize("kind", [DenseRows, SparseRows, TokenRows])
sizes = given(
    n_rows=st.integers(1, 300), batch_size=st.integers(1, 70), seed=st.integers(0, 99)
)
few = settings(max_examples=30)


@kinds
@pytest.mark.parametrize("training", [True, False])
@few
@sizes
def test_every_row_once_an_epoch(kind, training, n_rows, batch_size, seed):
    rows, X = make_rows(kind, n_rows)
    batches = Batches(Dataset(rows, torch.arange(n_rows)), batch_size, training)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        seen = list(batches)
    assert len(seen) == len(batches)
    assert all(1 <= len(y) <= batch_size for _, y in seen)
    order = torch.cat([y for _, y in seen])
    assert sorted(order.tolist()) == list(range(n_rows))
    for x, y in seen:
        width = x.shape[1]
        np.testing.assert_array_equal(x, X[y.numpy(), :width])
        assert not X[y.numpy(), width:].any()


@kinds
def test_epochs_differ_and_follow_the_seed(kind):
    rows, _ = make_rows(kind, 500)
    batches = Batches(Dataset(rows, torch.arange(500)), 32, training=True)

    def epoch(seed):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return [torch.cat([y for _, y in batches]) for _ in range(2)]

    first, second = epoch(seed=0)
    assert not torch.equal(first, second)
    assert torch.equal(first, epoch(seed=0)[0])
    assert not torch.equal(first, epoch(seed=1)[0])


def test_token_batches_are_cut_after_their_longest_row():
    rows = TokenRows(token_ids([3, 1, 5, 0], width=9), "float32", CPU)
    assert rows.lengths.tolist() == [3, 1, 5, 0]
    assert rows.take(torch.tensor([0, 1])).shape == (2, 3)
    assert rows.take(slice(0, 3)).shape == (3, 5)
    assert rows.take(torch.tensor([3])).shape == (1, 1)


def test_padding_inside_a_row_is_kept():
    rows = TokenRows(np.array([[4, 0, 6, 0]], dtype=np.int32), "float32", CPU)
    assert rows.take(slice(0, 1)).tolist() == [[4, 0, 6]]


def padding_share(rows, batches):
    cells = sum(rows.take(where).numel() for where in batches)
    return 1 - int(rows.lengths.sum()) / cells


def test_length_buckets_spare_most_of_the_padding():
    lengths = np.random.default_rng(0).lognormal(5, 0.9, 6000).astype(int).clip(1, 400)
    rows = TokenRows(token_ids(lengths), "float32", CPU)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        at_random = padding_share(rows, torch.randperm(len(rows)).split(64))
        bucketed = padding_share(rows, rows.shuffled(64))
    assert at_random > 0.5
    assert bucketed < 0.05
    assert padding_share(rows, rows.in_order(64)) < 0.02


def test_batches_of_like_length_come_in_random_order():
    lengths = np.random.default_rng(0).integers(1, 100, 6400)
    rows = TokenRows(token_ids(lengths), "float32", CPU)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        longest = [float(rows.lengths[where].max()) for where in rows.shuffled(64)]
    rank_correlation = np.corrcoef(longest, range(len(longest)))[0, 1]
    assert abs(rank_correlation) < 0.3


class Echo(torch.nn.Module):
    """Returns what it reads."""

    def __init__(self):
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x.float()


@kinds
@pytest.mark.parametrize(
    "n_rows", [1, MIN_INFERENCE_BATCH, 3 * MIN_INFERENCE_BATCH + 1]
)
def test_apply_returns_the_order_of_the_rows(kind, n_rows):
    rows, X = make_rows(kind, n_rows)
    out = Net(Echo, torch.nn.MSELoss, train_split=None).initialize().apply(rows)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out, X[:, : out.shape[1]])
    assert not X[:, out.shape[1] :].any()


def test_weights_travel_with_their_rows():
    rows, _ = make_rows(DenseRows, 50)
    weighted = Dataset(rows, torch.arange(50), torch.arange(50) / 10)
    for batch in Batches(weighted, 8, training=True):
        x, y = batch
        assert torch.equal(batch.weight, y / 10)
        assert len(x) == len(y)
    plain = Dataset(rows, torch.arange(50))
    assert not any(hasattr(b, "weight") for b in Batches(plain, 8, training=True))


@pytest.mark.parametrize(
    "make", [sp.csr_array, sp.csr_matrix, sp.csc_array, sp.coo_array]
)
def test_sparse_and_dense_train_alike(make):
    X, y = make_classification(150, 12, n_informative=6, n_classes=3, random_state=0)
    X[np.abs(X) < 0.7] = 0
    model = MLPClassifier(hidden_layer_sizes=8, max_epochs=3, random_state=0)
    dense = model.fit(X, y).decision_function(X)
    weights = [p.detach().clone() for p in model.net_.module_.parameters()]
    sparse = model.fit(make(X), y).decision_function(make(X))
    for before, after in zip(weights, model.net_.module_.parameters(), strict=True):
        assert torch.equal(before, after)
    np.testing.assert_array_equal(sparse, dense)
    np.testing.assert_array_equal(model.transform(make(X)), model.transform(X))


def test_sparse_regression_early_stopping_and_partial_fit():
    X, _ = make_classification(150, 12, random_state=0)
    X[X < 0.5] = 0
    y = X.sum(axis=1)
    model = MLPRegressor(max_epochs=4, early_stopping=True, random_state=0)
    dense = model.fit(X, y).partial_fit(X, y).predict(X)
    model = MLPRegressor(max_epochs=4, early_stopping=True, random_state=0)
    rows = sp.csr_array(X)
    np.testing.assert_array_equal(
        model.fit(rows, y).partial_fit(rows, y).predict(rows), dense
    )
