import gzip
import json

import numpy as np
import pytest

from sklearn_nn._config import ConfigError, Place
from sklearn_nn.datasets import make_product_listings
from sklearn_nn.preprocessing import detect_language
from sklearn_nn.scenarios._data import Rows, check_data, load_rows
from sklearn_nn.scenarios._splits import check_split, make_splits

PLACE = Place("matrix.toml", ("data",))
SPLIT = Place("matrix.toml", ("split",))
HEADER = "title,text,kind,lang,shop\n"
LINES = [f'"a {w}","{w}, ""new""",{w},fr,s{i % 4}\n' for i, w in enumerate("abcd" * 5)]
FILE = {"path": "rows.csv", "text": ["title", "text"], "label": "kind"}


def read(table, folder=None, official=False):
    return load_rows(check_data(table, PLACE), PLACE, folder, official=official)


def write(folder, text, name="rows.csv", encoding="utf-8"):
    (folder / name).write_bytes(text.encode(encoding))


def test_csv(tmp_path):
    write(tmp_path, HEADER + "".join(LINES))
    rows = read({**FILE, "languages": "lang", "groups": "shop"}, tmp_path)
    assert rows.kind == "columns" and rows.X.shape == (20, 2)
    assert rows.X[1].tolist() == ["a b", 'b, "new"']
    assert rows.y.tolist() == list("abcd") * 5
    assert set(rows.languages) == {"fr"} and set(rows.groups) == {
        f"s{i}" for i in "0123"
    }
    one = read({**FILE, "text": "title", "languages": "none"}, tmp_path)
    assert one.kind == "texts" and one.X[0] == "a a" and one.languages is None


@pytest.mark.parametrize("suffix", ["tsv", "jsonl", "parquet", "csv.gz", "jsonl.gz"])
def test_other_formats_give_the_same(tmp_path, suffix):
    columns = {"text": ["été", "tea \t x", "z"], "kind": ["a", "b", "b"]}
    records = [dict(zip(columns, row)) for row in zip(*columns.values())]
    path = tmp_path / f"rows.{suffix}"
    lines = "\n".join(json.dumps(record) for record in records)
    separator = "\t" if suffix == "tsv" else ","
    table = "".join(f'"{r["text"]}"{separator}{r["kind"]}\n' for r in records)
    content = lines if "jsonl" in suffix else f"text{separator}kind\n{table}"
    if suffix == "parquet":
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.table(columns), path)
    else:
        packed = gzip.compress(content.encode()) if "gz" in suffix else content.encode()
        path.write_bytes(packed)
    rows = read({"path": path.name, "text": "text", "label": "kind"}, tmp_path)
    assert rows.X.tolist() == columns["text"] and rows.y.tolist() == ["a", "b", "b"]


def test_encodings(tmp_path):
    write(tmp_path, "text,kind\nété,a\nthé,b\n", encoding="latin-1")
    table = {"path": "rows.csv", "text": "text", "label": "kind"}
    with pytest.raises(ConfigError, match=r"'path': rows.csv is not utf-8.*latin-1"):
        read(table, tmp_path)
    assert read({**table, "encoding": "latin-1"}, tmp_path).X.tolist() == ["été", "thé"]
    write(tmp_path, "\ufefftext,kind\na,b\n")
    assert read(table, tmp_path).X.tolist() == ["a"]
    with pytest.raises(ConfigError, match="unknown encoding"):
        read({**table, "encoding": "latin-99"}, tmp_path)


BAD_FILES = {
    "no file": (None, {}, r"no file .*rows.csv"),
    "empty": ("", {}, "has no rows"),
    "header only": (HEADER, {}, "has no rows"),
    "short line": (
        HEADER + LINES[0] + "a,b\n",
        {},
        "line 3 has 2 fields, the header 5",
    ),
    "open quote": (HEADER + '"a,b\n', {}, "cannot be read: unexpected end of data"),
    "twice a column": ("a,a\n1,2\n", {}, "column 'a' is there twice"),
    "no label": (
        HEADER + LINES[0] + "x,y, ,fr,s\n",
        {},
        r"'label': row 1 \(from 0\) has",
    ),
    "no language": (
        HEADER + LINES[0] + "x,y,a,,s\n",
        {"languages": "lang"},
        r"'languages': row 1 \(from 0\) has none. Fill it in or leave",
    ),
    "unknown column": (HEADER + LINES[0], {"label": "knd"}, "Did you mean 'kind'"),
    "unknown text": (HEADER + LINES[0], {"text": "titel"}, "'text': no column 'titel'"),
    "another kind": (
        "x",
        {"path": "rows.docx"},
        "none of .csv, .tsv, .jsonl, .parquet",
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_told_by_line_or_row(tmp_path, name):
    text, change, said = BAD_FILES[name]
    if text is not None:
        write(tmp_path, text)
    with pytest.raises(ConfigError, match=said):
        read({**FILE, **change}, tmp_path)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (['{"t": "a", "k": 1}', "[1]"], "line 2 is no JSON object"),
        (['{"t": "a", "k": 1}', "", "{t: 1}"], "line 3 is no JSON"),
        (['{"t": "a", "k": 1}', '{"t": "b"}'], r"'label': row 1 \(from 0\) has none"),
        (['{"t": "a", "k": 1}', '{"k": 1}'], r"'text': row 1 \(from 0\) has none"),
        (['{"t": "a", "k": 1}', '{"t": 3, "k": 1}'], "'text': row 1 .* is no text: 3"),
        (['{"t": "a", "k": 1}', '{"t": "b", "k": "c"}'], "several types.*int.*str"),
    ],
)
def test_bad_json_lines(tmp_path, lines, said):
    write(tmp_path, "\n".join(lines), "rows.jsonl")
    with pytest.raises(ConfigError, match=said):
        read({"path": "rows.jsonl", "text": "t", "label": "k"}, tmp_path)


LISTINGS = {
    "load": "sklearn_nn.datasets.make_product_listings",
    "parameters": {"n_samples": 300, "random_state": 0},
}


def test_data_sets_have_named_classes_and_languages():
    rows = read({**LISTINGS, "languages": "language"})
    same = make_product_listings(300, images=False, random_state=0)
    assert rows.kind == "columns"
    assert rows.y.tolist() == np.array(same.target_names)[same.target].tolist()
    assert rows.languages.tolist() == same.language.tolist()
    title = read({**LISTINGS, "text": "designation"})
    assert title.kind == "texts" and title.X.tolist() == same.data[:, 0].tolist()
    with pytest.raises(ConfigError, match="no column 'title'. .*designation"):
        read({**LISTINGS, "text": ["title"]})
    with pytest.raises(ConfigError, match="no 'langage' for each row.*mean 'language'"):
        read({**LISTINGS, "languages": "langage"})
    with pytest.raises(ConfigError, match="has no published split"):
        read(LISTINGS, official=True)
    with pytest.raises(ConfigError, match="'load': .* failed: .*'n_classes'"):
        read({**LISTINGS, "parameters": {"n_classes": 99}})


def test_languages_are_detected_on_the_merged_text():
    rows = read({**LISTINGS, "languages": "auto"})
    texts = [f"{title} {text or ''}" for title, text in rows.X]
    assert (rows.languages == detect_language(texts)).mean() > 0.98


def test_max_rows_keeps_shares_and_every_class():
    whole = read(LISTINGS)
    few = read({**LISTINGS, "max_rows": 100})
    assert len(few.y) == 100 and set(few.y) == set(whole.y)
    largest = max(set(whole.y), key=whole.y.tolist().count)
    assert abs((few.y == largest).mean() - (whole.y == largest).mean()) < 0.05
    again = read({**LISTINGS, "max_rows": 100})
    other = read({**LISTINGS, "max_rows": 100, "seed": 1})
    assert np.array_equal(few.X, again.X) and not np.array_equal(few.X, other.X)
    assert len(read({**LISTINGS, "max_rows": 999}).y) == 300


def test_numbers_of_scikit_learn():
    rows = read({"load": "sklearn.datasets.load_iris"})
    assert rows.kind == "vectors" and set(rows.y) == {
        "setosa",
        "versicolor",
        "virginica",
    }


@pytest.mark.parametrize(
    ("load", "parameters", "said"),
    [
        ("load_diabetes", {}, "y holds no classes, but 214 different numbers"),
        ("make_regression", {"n_samples": 30}, "y holds no classes, but 30 different"),
        ("load_linnerud", {}, "y holds no classes: one label a row"),
        ("make_multilabel_classification", {}, "y holds no classes: one label a row"),
    ],
)
def test_numbers_are_no_classes(load, parameters, said):
    with pytest.raises(ConfigError, match=said):
        read({"load": f"sklearn.datasets.{load}", "parameters": parameters})


def test_whole_numbers_may_be_classes():
    rows = read({"load": "sklearn.datasets.make_hastie_10_2"})
    assert rows.y.dtype.kind == "f" and set(rows.y) == {-1.0, 1.0}


def test_official_split_of_sib200(data_home):
    table = {"load": "sib200", "languages": "language"}
    table["parameters"] = {"languages": ["fra_Latn", "deu_Latn"]}
    rows = read(table, official=True)
    assert rows.is_test.sum() == 2 * 204 and (~rows.is_test).sum() == 2 * 800
    assert set(rows.languages) == {"fra", "deu"} and len(set(rows.y)) == 7
    (train, test), *_ = make_splits({"official": True}, SPLIT, rows)
    assert not set(rows.X[train]) & set(rows.X[test])
    few = read({**table, "max_rows": 200}, official=True)
    assert abs(few.is_test.mean() - rows.is_test.mean()) < 0.02
    table["parameters"] = {"languages": ["fra"]}
    with pytest.raises(ConfigError, match="no 'fra' in"):
        read(table)


def test_official_split_of_newsgroups(data_home):
    topics = ["sci.med", "sci.space"]
    rows = read(
        {
            "load": "sklearn.datasets.fetch_20newsgroups",
            "parameters": {"categories": topics},
        },
        official=True,
    )
    assert set(rows.y) == set(topics)
    assert rows.is_test.sum() == 396 + 394


def test_sib200_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("SKLEARN_NN_DATA", str(tmp_path))
    with pytest.raises(ConfigError, match=rf"'load': .*Put its folders.*{tmp_path}"):
        read({"load": "sib200"})
    folder = tmp_path / "sib200" / "fra_Latn"
    folder.mkdir(parents=True)
    for part in ("train", "dev", "test"):
        (folder / f"{part}.tsv").write_text("index_id\tcategory\ttext\n1\ta\n")
    with pytest.raises(ConfigError, match="train.tsv is no part of SIB-200"):
        read({"load": "sib200"})


Y = np.array(list("aaaabbbbcccc"))
ROWS = Rows(np.array(["x"] * 12, dtype=object), Y, groups=np.arange(12) // 2)


@pytest.mark.parametrize(
    ("table", "n_splits"),
    [
        ({"cv": 3}, 3),
        ({"test_size": 0.25}, 1),
        ({"cv": {"class": "sklearn.model_selection.GroupKFold", "n_splits": 3}}, 3),
    ],
    ids=["cv", "test_size", "splitter"],
)
@pytest.mark.parametrize("grouped", [False, True])
def test_splits(table, n_splits, grouped):
    if not grouped and isinstance(table["cv"] if "cv" in table else 0, dict):
        with pytest.raises(ConfigError, match="cannot be split so: .*groups"):
            make_splits(table, SPLIT, Rows(ROWS.X, Y))
        return
    rows = ROWS if grouped else Rows(ROWS.X, Y)
    splits = make_splits(check_split(table, SPLIT), SPLIT, rows)
    assert len(splits) == n_splits
    for (train, test), (same, _) in zip(splits, make_splits(table, SPLIT, rows)):
        assert sorted([*train, *test]) == list(range(12))
        assert np.array_equal(train, same)
        if grouped:
            assert not set(ROWS.groups[train]) & set(ROWS.groups[test])
        else:
            assert set(Y[test]) == set("abc")
    if not grouped:
        other = make_splits({**table, "seed": 1}, SPLIT, rows)
        assert any(not np.array_equal(a[1], b[1]) for a, b in zip(splits, other))


def test_class_too_rare_for_the_folds():
    with pytest.raises(
        ConfigError, match=r"'cv': class 'a' has 4 row\(s\) for 5 folds"
    ):
        make_splits({"cv": 5}, SPLIT, Rows(ROWS.X, Y))
    with pytest.raises(ConfigError, match="cannot be split so"):
        make_splits({"test_size": 0.01}, SPLIT, Rows(ROWS.X, Y))


def test_a_part_and_the_published_split_exclude_each_other(data_home):
    table = {"load": "sib200", "parameters": {"subset": "train"}}
    assert len(read(table).y) == 15 * 800
    with pytest.raises(ConfigError, match="leave subset out"):
        read(table, official=True)


def test_sentences_of_sib200_are_groups(data_home):
    table = {"load": "sib200", "groups": "sentence", "parameters": {"subset": "test"}}
    rows = read(table)
    assert set(np.unique(rows.groups, return_counts=True)[1]) == {15}
