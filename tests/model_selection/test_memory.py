import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

from sklearn_nn.model_selection._memory import parse_size, size_of


@pytest.mark.parametrize(
    "size, expected",
    [
        (None, float("inf")),
        (0, 0),
        (123, 123),
        ("123", 123),
        ("1 kB", 1e3),
        ("1.5MB", 1.5e6),
        ("2 gb", 2e9),
        (" 3 TB ", 3e12),
        ("4 GiB", 4e9),
        ("5 M", 5e6),
        ("10 B", 10),
    ],
)
def test_sizes(size, expected):
    assert parse_size(size) == expected


@pytest.mark.parametrize("size", ["", "MB", ".", "-1", -1, "1e9", "1 PB", "1,5 GB"])
def test_no_sizes(size):
    with pytest.raises(ValueError, match="memory_budget=.*Give bytes"):
        parse_size(size)


def test_sizes_of_data():
    assert size_of(None) == 0
    assert size_of(np.zeros((10, 3), np.float32)) == 120
    rows = sp.random(100, 50, 0.1, format="csr", random_state=0)
    expected = rows.data.nbytes + rows.indices.nbytes + rows.indptr.nbytes
    assert size_of(rows) == expected
    assert size_of(rows.tocoo()) >= rows.nnz * 16
    assert size_of(pd.DataFrame({"a": np.zeros(1000)})) >= 8000
    assert size_of(pd.Series(["x" * 1000] * 3)) >= 1000
    assert size_of(pl.DataFrame({"a": np.zeros(1000)})) == 8000


@pytest.mark.parametrize("kind", [list, tuple, lambda t: np.array(t, dtype=object)])
def test_sizes_of_texts(kind):
    texts = kind(["x" * 1000] * 50)
    assert 50_000 < size_of(texts) < 60_000
