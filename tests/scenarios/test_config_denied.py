"""What a file cannot make a class read, write, send or import."""

import os

import joblib
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC

from sklearn_nn._config import ConfigError, Place, build
from sklearn_nn.scenarios._cli import main
from sklearn_nn.scenarios._matrix import load_matrix

PLACE = Place("some.toml", ("levers", "x"))
PIPELINE = {"class": "sklearn.pipeline.Pipeline", "steps": []}
LEMMAS = {"class": "sklearn_nn.preprocessing.Lemmatizer"}
VECTORS = {"class": "sklearn.feature_extraction.text.CountVectorizer"}
SERVICE = {"class": "sklearn_nn.preprocessing.Translator", "target": "fr"}
GRID = {
    "class": "sklearn.model_selection.GridSearchCV",
    "estimator": {"class": "sklearn.svm.LinearSVC"},
}
TUNED = {"class": "sklearn_nn.model_selection.TunedClassifier"}
BOOSTER = {"class": "lightgbm.LGBMClassifier"}
AGGLOMERATION = {"class": "sklearn.cluster.FeatureAgglomeration"}
REFUSED = {
    "memory": ({**PIPELINE, "memory": "cache"}, "memory", "unpickled"),
    "memory elsewhere": ({**AGGLOMERATION, "memory": "cache"}, "memory", "unpickled"),
    "memory below": (
        {**GRID, "estimator": {**PIPELINE, "memory": "cache"}},
        "memory",
        "unpickled",
    ),
    "memory in a list": (
        {**PIPELINE, "steps": [["a", {**PIPELINE, "memory": "cache"}]]},
        "memory",
        "unpickled",
    ),
    "memory in a grid": (
        {**GRID, "param_grid": {"estimator__memory": [{"none": True}, "cache"]}},
        "param_grid",
        "unpickled",
    ),
    "memory in one of the grids": (
        {**GRID, "param_grid": [{"C": [1]}, {"memory": ["cache"]}]},
        "param_grid",
        "unpickled",
    ),
    "memory in a space": ({**TUNED, "space": {"memory": ["c"]}}, "space", "unpickled"),
    "store": (
        {"class": "sklearn_nn.model_selection.ScenarioSearchCV", "store": "x"},
        "store",
        "only \\[run\\] store",
    ),
    "package": ({**LEMMAS, "model": "pip"}, "model", "--allow pip"),
    "packages": ({**LEMMAS, "model": ["fr_core", "pip"]}, "model", "--allow pip"),
    "filename": ({**VECTORS, "input": "filename"}, "input", "would be read"),
    "file": ({**VECTORS, "input": "file"}, "input", "would be read"),
    "cache": ({**SERVICE, "cache": "/tmp/any.sqlite"}, "cache", "not absolute"),
    "cache above": ({**SERVICE, "cache": "a/../../b"}, "cache", "'\\.\\.'"),
    "cache on a drive": ({**SERVICE, "cache": "C:\\any.sqlite"}, "cache", "absolute"),
    "service": ({**SERVICE, "base_url": "http://a.b"}, "base_url", "--allow http"),
    "key": ({**SERVICE, "api_key_env": "SECRET"}, "api_key_env", "environment"),
    "forced splits": ({**BOOSTER, "forcedsplits_filename": "x"}, "forced", "files"),
    "hosts": ({**BOOSTER, "machines": "1.2.3.4:5"}, "machines", "hosts"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_parameters_that_reach_out_are_refused(name):
    spec, key, said = REFUSED[name]
    place = Place("some.toml", ("levers", "x"), (*PLACE.allowed, "fr_core"))
    with pytest.raises(ConfigError, match=rf"'{key}\w*': .* is refused: .*{said}"):
        build(spec, place)


@pytest.mark.parametrize(
    "spec",
    [
        {**PIPELINE, "memory": {"none": True}},
        {**VECTORS, "input": "content"},
        {**SERVICE, "cache": "kept/translations.sqlite"},
        {**BOOSTER, "num_leaves": 7, "metric": "multi_logloss"},
        {"class": "sklearn.svm.LinearSVC", "class_weight": {"memory": 2.0}},
    ],
    ids=["memory", "input", "cache", "booster", "class weight"],
)
def test_what_stays_inside_is_made(spec):
    assert type(build(spec, PLACE)).__name__ == spec["class"].rpartition(".")[2]


def test_the_caller_allows_values():
    names = ("sklearn_nn", "fr_core", "http://localhost:5000", "KEY")
    place = Place("some.toml", allowed=names)
    assert build({**LEMMAS, "model": "fr_core"}, place).model == "fr_core"
    spec = {**SERVICE, "base_url": "http://localhost:5000", "api_key_env": "KEY"}
    assert build(spec, place).api_key_env == "KEY"


MATRIX = """
[data]
path = "rows.csv"
text = "text"
label = "label"
[split]
cv = 2
"""
STEPS = """steps = [
    ["b", { class = "sklearn.decomposition.TruncatedSVD", n_components = 2 }],
    ["c", { class = "sklearn.svm.LinearSVC" }]]"""
PLAIN = f"""
[pipeline]
vectorizer = "tfidf"
[pipeline.model]
class = "sklearn.pipeline.Pipeline"
{STEPS}
"""
LEVERS = {
    "table": f"""[levers.model.x]
class = "sklearn.pipeline.Pipeline"
memory = "cache"
{STEPS}
""",
    "lever": '[levers.m]\nparameter = "model__memory"\na = "cache"' + PLAIN,
    "lever below": '[levers.m]\nparameter = "model__a__memory"\na = "cache"' + PLAIN,
    "lever of a table": '[levers.m]\nparameter = "model__a"\na = { memory = "cache" }'
    + PLAIN,
}


class Planted:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"echo ran > {self.mark}",)


@pytest.mark.parametrize("name", LEVERS)
def test_nothing_planted_is_unpickled(tmp_path, capsys, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    lines = [f"word{i % 3} other{i % 2} more{i},{'ab'[i % 2]}\n" for i in range(20)]
    (tmp_path / "rows.csv").write_text("text,label\n" + "".join(lines))
    svd = TruncatedSVD(2, random_state=0)
    pipeline = Pipeline([("b", svd), ("c", LinearSVC())], memory="cache")
    pipeline.fit([[0, 1, 2], [2, 1, 0], [1, 1, 5]], [0, 1, 0])
    planted = list(tmp_path.glob("cache/**/output.pkl"))
    assert planted
    for path in planted:
        joblib.dump(Planted(tmp_path / "ran"), path)
    matrix = tmp_path / "matrix.toml"
    matrix.write_text(MATRIX + LEVERS[name])
    assert main(["run", str(matrix), "--quiet"]) == 2
    assert "unpickled, which runs code" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "matrix.sqlite").exists()


def test_a_lever_sets_steps_and_their_parameters_only(tmp_path):
    matrix = tmp_path / "matrix.toml"
    lever = '[levers.m]\nparameter = "memory"\na = { class = "sklearn.svm.LinearSVC" }'
    matrix.write_text(MATRIX + lever)
    with pytest.raises(ConfigError, match="sets 'memory', which the pipeline has not"):
        load_matrix(matrix).plan("texts")
