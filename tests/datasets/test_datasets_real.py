"""The published data sets, as they are in the data home."""

import gzip
import hashlib
import shutil

import numpy as np
import pandas as pd
import pytest

from sklearn_nn.datasets import _ag_news, fetch_ag_news, fetch_mnist, fetch_usps
from sklearn_nn.datasets._home import RemoteFile

FETCHERS = [fetch_ag_news, fetch_mnist, fetch_usps]


@pytest.fixture
def real(data_home):
    """Return a function that skips the test when the folder of a set is absent."""

    def folder(name):
        if not (data_home / name).is_dir():
            pytest.skip(f"real data: {name} is not in {data_home}")
        return data_home

    return folder


def test_ag_news_test(real):
    news = fetch_ag_news(
        subset="test", data_home=real("ag_news"), download_if_missing=False
    )
    assert news.data.shape == news.target.shape == (7600,)
    assert news.data.dtype == object and news.target.dtype == np.int64
    assert news.target_names == ["World", "Sports", "Business", "Sci/Tech"]
    np.testing.assert_array_equal(np.bincount(news.target), [1900] * 4)
    assert news.data[0].startswith("Fears for T N pension after talks Unions")
    assert all(isinstance(text, str) and text for text in news.data)
    assert "7,600 rows, the official" in news.source and news.source in news.DESCR
    assert news.frame is None


def test_ag_news_all_says_which_rows(real):
    home = real("ag_news")
    train, test, both = (
        fetch_ag_news(subset=s, data_home=home) for s in ("train", "test", "all")
    )
    n_train = 120_000 if "train.csv " in train.source else 29_680
    assert len(train.data) == n_train and f"{n_train:,} rows" in train.source
    if n_train < 120_000:
        assert "a part of the 120,000 train rows" in train.source
    assert both.source == f"{train.source} + {test.source}"
    np.testing.assert_array_equal(both.target[:n_train], train.target)
    np.testing.assert_array_equal(both.data[n_train:], test.data)


def test_ag_news_as_frame(real):
    X, y = fetch_ag_news(
        subset="test", data_home=real("ag_news"), return_X_y=True, as_frame=True
    )
    assert isinstance(X, pd.DataFrame) and list(X.columns) == ["text"]
    assert isinstance(y, pd.Series) and y.name == "target"


def test_ag_news_prefers_the_official_file(tmp_path, monkeypatch):
    """On files of three rows: the choice and the parsing, without the real data."""
    official = '"3","A ""bold"" plan","Shares, up"\n"1","Peace\\talks","Say, both"\n'
    part = "class,text\n4,From the part\n"

    def remote(name, content):
        path = tmp_path / "ag_news" / name
        path.parent.mkdir(exist_ok=True)
        opener = gzip.open if name.endswith(".gz") else open
        with opener(path, "wb") as file:
            file.write(content.encode())
        digest = hashlib.sha256(content.encode()).hexdigest()
        return RemoteFile(f"ag_news/{name}", digest, "http://127.0.0.1:9/" + name)

    files = (remote("train.csv", official), remote("train_part.csv.gz", part))
    monkeypatch.setitem(_ag_news._FILES, "train", files)
    X, y = fetch_ag_news(data_home=tmp_path, return_X_y=True)
    assert X.tolist() == ['A "bold" plan Shares, up', "Peace\\talks Say, both"]
    assert y.tolist() == [2, 0]
    (tmp_path / "ag_news" / "train.csv").unlink()
    news = fetch_ag_news(data_home=tmp_path)
    assert news.data.tolist() == ["From the part"] and news.target.tolist() == [3]
    assert "train_part.csv.gz (1 rows" in news.source


@pytest.mark.parametrize("subset, n", [("train", 60_000), ("test", 10_000)])
def test_mnist(real, subset, n):
    digits = fetch_mnist(subset=subset, data_home=real("mnist"))
    assert digits.data.shape == (n, 784) and digits.data.dtype == np.uint8
    assert digits.images.shape == (n, 28, 28)
    assert np.shares_memory(digits.images, digits.data)
    assert digits.target.shape == (n,) and digits.target.dtype == np.int64
    assert digits.target[:3].tolist() == ([5, 0, 4] if n == 60_000 else [7, 2, 1])
    assert np.unique(digits.target).tolist() == list(range(10))
    assert digits.data.min() == 0 and digits.data.max() == 255
    assert len(digits.feature_names) == 784
    assert f"{n:,}" in digits.source


def test_mnist_as_frame(real):
    digits = fetch_mnist(subset="test", data_home=real("mnist"), as_frame=True)
    assert digits.data.shape == (10_000, 784)
    assert digits.frame.shape == (10_000, 785)
    assert (digits.data.dtypes == np.uint8).all()
    assert digits.data["pixel_7_6"][0] == digits.images[0, 7, 6]


def test_usps(real):
    # The table in the description published with the data.
    counts = {
        "train": [1194, 1005, 731, 658, 652, 556, 664, 645, 542, 644],
        "test": [359, 264, 198, 166, 200, 160, 170, 147, 166, 177],
    }
    home = real("usps")
    parts = {}
    for subset, expected in counts.items():
        digits = parts[subset] = fetch_usps(subset=subset, data_home=home)
        assert digits.data.shape == (sum(expected), 256)
        assert digits.data.dtype == np.float32
        assert np.shares_memory(digits.images, digits.data)
        assert (digits.data.min(), digits.data.max()) == (-1, 1)
        assert np.bincount(digits.target).tolist() == expected
    X, y = fetch_usps(subset="all", data_home=home, return_X_y=True)
    np.testing.assert_array_equal(
        X, np.concatenate([parts["train"].data, parts["test"].data])
    )
    assert y.shape == (9298,)


def test_truncated_copy_of_a_real_file(real, tmp_path):
    source = real("usps") / "usps" / "zip.test.gz"
    target = tmp_path / "usps" / "zip.test.gz"
    target.parent.mkdir()
    shutil.copyfile(source, target)
    target.write_bytes(target.read_bytes()[:100_000])
    with pytest.raises(ValueError, match="truncated or corrupted") as error:
        fetch_usps(subset="test", data_home=tmp_path)
    assert str(target) in str(error.value)


@pytest.mark.parametrize("fetch", FETCHERS)
def test_missing_set_names_the_path(fetch, tmp_path):
    with pytest.raises(OSError, match="put the file at") as error:
        fetch(data_home=tmp_path, download_if_missing=False)
    assert str(tmp_path) in str(error.value) and "https://" in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fetch", FETCHERS)
@pytest.mark.parametrize(
    "wrong",
    [{"subset": "training"}, {"data_home": 1}, {"return_X_y": "yes"}, {"as_frame": 2}],
)
def test_wrong_parameter(fetch, wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"The '{name}' parameter of {fetch.__name__}"):
        fetch(**wrong)
