import sys

import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from sklearn_nn._config import ConfigError, Place, build, set_seed
from sklearn_nn._config_file import read_toml
from sklearn_nn.model_selection._tuned import TunedClassifier
from sklearn_nn.neural_network import MLPClassifier
from sklearn_nn.preprocessing import StopWordRemover
from sklearn_nn.scenarios._matrix import load_matrix

PLACE = Place("some.toml", ("levers", "model"))
CODE_THAT_RUNS = [
    "os.system",
    "subprocess.Popen",
    "builtins.eval",
    "builtins.exec",
    "pickle.loads",
    "joblib.load",
    "posix.system",
    "antigravity.X",
    "sklearn_nn.os.system",
    "sklearn.utils._joblib.joblib.load",
    "sklearn.datasets.load_files",
    "sklearn.base.clone",
    "sklearn.pipeline.make_pipeline",
    "sklearn.externals.joblib.load",
    "sklearn_nn.model_selection._search.PrefixGridSearchCV",
    "sklearn_nn.scratch.Module",
    "sklearn_nn.scratch.Adam",
    "sklearn_nn.scratch.MSELoss",
    "sklearn_nn.scratch.ShapeError",
    "sklearn_nn.scratch.importlib",
    "sklearn_nn.scratch._linear.Linear",
    "tests.scenarios.steps.Slow",
    "sklearn",
    "",
    "..sklearn.svm.SVC",
    "sklearn.svm.SVC()",
    "__main__.X",
]


@pytest.mark.parametrize("path", [*CODE_THAT_RUNS, 3, ["sklearn.svm.SVC"], None])
def test_only_public_estimators_are_made(path, monkeypatch):
    monkeypatch.delitem(sys.modules, "antigravity", raising=False)
    with pytest.raises(ConfigError, match=r"^some.toml: \[levers.model\], 'class': "):
        build({"class": path}, PLACE)
    assert "antigravity" not in sys.modules


def test_allowing_a_package_does_not_allow_its_functions():
    place = Place("some.toml", allowed=("tests.scenarios.steps",))
    assert build({"class": "tests.scenarios.steps.Slow"}, place).seconds == 0.3
    with pytest.raises(ConfigError, match="neither an estimator nor a splitter"):
        build({"class": "tests.scenarios.steps.helper"}, place)
    with pytest.raises(ConfigError, match="outside of what may be named"):
        build({"class": "tests.scenarios.stepsister.Slow"}, place)


def test_nested_objects_tuples_and_none():
    svm = {"class": "sklearn.svm.LinearSVC", "C": 2, "random_state": {"none": True}}
    built = build(
        {
            "class": "sklearn.model_selection.GridSearchCV",
            "estimator": svm,
            "param_grid": {"C": [0.1, 1.0]},
            "cv": {"class": "sklearn.model_selection.StratifiedKFold", "n_splits": 4},
        },
        PLACE,
    )
    assert isinstance(built.estimator, LinearSVC) and built.estimator.C == 2
    assert built.estimator.random_state is None
    assert built.param_grid == {"C": [0.1, 1.0]}
    assert isinstance(built.cv, StratifiedKFold) and built.cv.n_splits == 4
    counts = {"class": "sklearn.feature_extraction.text.CountVectorizer"}
    assert build({**counts, "ngram_range": [1, 2]}, PLACE).ngram_range == (1, 2)
    net = {"class": "sklearn_nn.neural_network.MLPClassifier"}
    assert build({**net, "hidden_layer_sizes": [8, 4]}, PLACE).hidden_layer_sizes == (
        8,
        4,
    )
    words = build(
        {"class": "sklearn_nn.preprocessing.StopWordRemover", "extra_words": ["lot"]},
        PLACE,
    )
    assert isinstance(words, StopWordRemover) and list(words.extra_words) == ["lot"]


def test_layers_in_lists():
    conv = {"class": "sklearn_nn.scratch.Conv2D", "out_channels": 4}
    inner = [{"class": "sklearn_nn.scratch.Flatten"}]
    built = build(
        {
            "class": "sklearn_nn.scratch.SequentialClassifier",
            "layers": [
                {"class": "sklearn_nn.scratch.Reshape", "shape": [1, 8, 8]},
                {**conv, "kernel_size": [3, 2]},
                {"class": "sklearn_nn.scratch.Sequential", "modules": inner},
                {"class": "sklearn_nn.scratch.Linear"},
            ],
        },
        PLACE,
    )
    assert [type(layer).__name__ for layer in built.layers] == [
        "Reshape",
        "Conv2D",
        "Sequential",
        "Linear",
    ]
    assert built.get_params()["layers__1__out_channels"] == 4
    built.fit(np.eye(64), np.arange(64) % 2)
    assert built.net_.module.output_shape((64,)) == (2,)
    with pytest.raises(ConfigError, match=r"'channels': Conv2D has no such parameter"):
        build({**conv, "channels": 1}, PLACE)


LAYERS = """
[data]
load = "sklearn.datasets.load_iris"
[pipeline.network]
class = "sklearn_nn.scratch.SequentialClassifier"
layers = [
    { class = "sklearn_nn.scratch.Linear", out_features = 8 },
    { class = "sklearn_nn.scratch.Tanh" },
    { class = "sklearn_nn.scratch.Linear" },
]
[levers.width]
parameter = "network__layers__0__out_features"
narrow = 4
wide = 16
[levers.activation]
parameter = "network__layers__1"
tanh = { class = "sklearn_nn.scratch.Tanh" }
relu = { class = "sklearn_nn.scratch.ReLU" }
"""


def test_layers_in_a_scenario_matrix(tmp_path):
    path = tmp_path / "matrix.toml"
    path.write_text(LAYERS)
    plan = load_matrix(path).plan("vectors")
    assert plan.codes == ["nt", "nr", "wt", "wr"] and not plan.excluded
    path.write_text(
        LAYERS + '[levers.network]\na = { class = "sklearn_nn.scratch.ReLU" }'
    )
    with pytest.raises(ConfigError, match=r"\[levers.network\], 'a': expected a table"):
        load_matrix(path).plan("vectors")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"class": "sklearn.svm.LinearSVCs"}, r"Did you mean 'sklearn.svm.LinearSVC'"),
        ({"class": "sklearn.swm.SVC"}, r"no module 'sklearn.swm'; check the path"),
        ({"class": "sklearn.svm.SVC", "c": 1}, r"'c': SVC has no such parameter.*'C'"),
        (
            {"class": "sklearn.svm.SVC", "C": -1},
            r"'C' parameter of SVC must",
        ),
        ({"class": "sklearn.svm.SVC", "C": "1"}, r"'C' parameter of SVC must be"),
        (
            {"class": "sklearn_nn.preprocessing.Tokenizer", "method": "words"},
            r"'method' parameter of Tokenizer must be",
        ),
        ({"class": "sklearn.model_selection.KFold", "n_splits": 1}, r"KFold: k-fold"),
        ({"class": "sklearn.model_selection.BaseCrossValidator"}, r"abstract"),
        ({"class": "sklearn.neighbors.NoSuch"}, r"has no 'NoSuch'"),
    ],
    ids=lambda value: value.get("class") if isinstance(value, dict) else "",
)
def test_errors_name_the_place_and_the_cure(spec, said):
    with pytest.raises(ConfigError, match=said) as caught:
        build({"deep": [spec]}, PLACE)
    assert str(caught.value).startswith("some.toml: [levers.model")


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(ConfigError, match="install the package"):
        build({"class": "lightgbm.LGBMClassifier"}, PLACE)


def test_toml_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="nothing.toml cannot be read: No such file"):
        read_toml(tmp_path / "nothing.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_toml(tmp_path)
    path = tmp_path / "bad.toml"
    path.write_bytes(b"[data]\nload = \xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_toml(path)
    path.write_text("[data]\nload = = 3\n")
    with pytest.raises(ConfigError, match=r"is no TOML: .*line 2"):
        read_toml(path)


def test_seed_reaches_nested_estimators_and_respects_what_is_given():
    tuned = TunedClassifier(estimator=MLPClassifier(), random_state=5)
    set_seed(tuned, 7)
    assert (tuned.random_state, tuned.estimator.random_state) == (5, 7)
    assert set_seed("passthrough", 7) == "passthrough"
