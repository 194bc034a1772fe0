"""Unusable input: the error names the parameter or the row and says what to do.

After it the same object can be fitted, and a fitted one predicts as before.
"""

import re
from functools import partial

import numpy as np
import pytest
import skorch.callbacks
import torch

from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.neural_network import BiGRUClassifier, MLPClassifier, MLPRegressor
from sklearn_nn.svm import TfidfLinearSVC

N = 200
RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=(N, 4))
IDS = RNG.integers(0, 20, (N, 4))
TEXTS = ["fast red car", "car with engine", "green tea", "tea with milk"] * (N // 4)
LABELS = np.arange(N) % 2
TARGETS = NUMBERS @ [1.0, -1.0, 0.5, 0.0]

MODELS = {
    "MLPClassifier": (
        partial(MLPClassifier, hidden_layer_sizes=4, max_epochs=2, random_state=0),
        NUMBERS,
        LABELS,
    ),
    "MLPRegressor": (
        partial(MLPRegressor, hidden_layer_sizes=4, max_epochs=2, random_state=0),
        NUMBERS,
        TARGETS,
    ),
    "BiGRUClassifier": (
        partial(
            BiGRUClassifier,
            embedding_dim=3,
            hidden_size=3,
            max_epochs=2,
            random_state=0,
        ),
        IDS,
        LABELS,
    ),
    "SequenceVectorizer": (partial(SequenceVectorizer, max_length=4), TEXTS, None),
    "TfidfLinearSVC": (TfidfLinearSVC, TEXTS, LABELS),
}
NETWORKS = ["MLPClassifier", "MLPRegressor", "BiGRUClassifier"]
CLASSIFIERS = ["MLPClassifier", "BiGRUClassifier", "TfidfLinearSVC"]
NET_CLASSIFIERS = ["MLPClassifier", "BiGRUClassifier"]
PERCEPTRONS = ["MLPClassifier", "MLPRegressor"]
TEXT_MODELS = ["SequenceVectorizer", "TfidfLinearSVC"]


def over(names):
    return pytest.mark.parametrize("name", names)


def refused(call, *patterns):
    """The call raises an error of one of three kinds whose message has all patterns."""
    with pytest.raises((ValueError, TypeError, RuntimeError)) as caught:
        call()
    message = f"{type(caught.value).__name__}: {caught.value}"
    for pattern in patterns:
        if not re.search(pattern, message, re.DOTALL):
            pytest.fail(f"no {pattern!r} in {message[:600]}", pytrace=False)


def outputs(model, X):
    return model.predict(X) if hasattr(model, "predict") else model.transform(X)


def refused_in_fit(name, X, y, *patterns, **fit_options):
    make, good_X, good_y = MODELS[name]
    model = make()
    X = good_X if X is None else X
    refused(lambda: model.fit(X, y, **fit_options), *patterns)
    after = outputs(model.fit(good_X, good_y), good_X)
    np.testing.assert_array_equal(after, outputs(make().fit(good_X, good_y), good_X))


def refused_in_predict(name, X, *patterns):
    make, good_X, good_y = MODELS[name]
    model = make().fit(good_X, good_y)
    before = outputs(model, good_X)
    methods = ("predict", "predict_proba", "decision_function", "transform")
    for method in methods:
        if hasattr(model, method):
            refused(partial(getattr(model, method), X), *patterns)
    np.testing.assert_array_equal(outputs(model, good_X), before)


def refused_everywhere(name, X, *patterns):
    refused_in_fit(name, X, MODELS[name][2], *patterns)
    refused_in_predict(name, X, *patterns)


def refused_parameter(name, parameters, *patterns):
    make, X, y = MODELS[name]
    model = make()
    good = {key: getattr(model, key) for key in parameters}
    refused(lambda: model.set_params(**parameters).fit(X, y), *patterns)
    after = outputs(model.set_params(**good).fit(X, y), X)
    np.testing.assert_array_equal(after, outputs(make().fit(X, y), X))


def spoiled(name, value, row=3):
    X = MODELS[name][1].astype(float)
    X[row, 2] = value
    return X


# --- X -------------------------------------------------------------------------------


@over(NETWORKS)
def test_nan(name):
    refused_everywhere(name, spoiled(name, np.nan), r"X.*NaN", "[Ii]mput|[Dd]rop")


@over(NETWORKS)
@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity(name, value):
    cure = r"[Rr]ow 3|[Rr]eplace|[Rr]emove|[Dd]rop|[Cc]lip"
    refused_everywhere(name, spoiled(name, value), r"\bX\b.*infinity", cure)


@over(PERCEPTRONS)
@pytest.mark.parametrize("value", [1e39, -1e300])
def test_numbers_beyond_float32(name, value):
    wrong = r"(\bX\b|[Rr]ow 3).*(infinity|large|float32)"
    refused_everywhere(name, spoiled(name, value), wrong)


@over(NETWORKS)
@pytest.mark.parametrize("kind", [str, object])
def test_strings_where_numbers_belong(name, kind):
    X = np.array([["red", "car", "green", "tea"]] * N, dtype=kind)
    cure = "[Ee]ncode|[Cc]onvert|[Vv]ectori[sz]er"
    refused_everywhere(name, X, r"\bX\b|[Rr]ow 0", cure)


@over(NETWORKS)
def test_one_string_among_the_numbers(name):
    X = MODELS[name][1].astype(object)
    X[3, 2] = "car"
    refused_everywhere(name, X, r"\bX\b|[Rr]ow 3", "'car'")


@over(NETWORKS)
def test_raw_texts_where_numbers_belong(name):
    cure = "SequenceVectorizer" if name == "BiGRUClassifier" else "[Vv]ectori[sz]er"
    refused_everywhere(name, TEXTS, cure)


@over(NETWORKS)
def test_other_number_of_dimensions(name):
    X = MODELS[name][1]
    refused_everywhere(name, X[:, 0], r"2D.*1D.*[Rr]eshape")
    refused_everywhere(name, X[:, :, None], r"dim 3")


@over(NETWORKS)
def test_other_number_of_columns(name):
    X = MODELS[name][1]
    refused_in_predict(name, X[:, :3], f"X has 3 features, but {name} is expecting 4")


@over(NETWORKS)
def test_no_rows(name):
    refused_everywhere(name, MODELS[name][1][:0], "0 sample")


@over(["BiGRUClassifier"])
def test_negative_ids(name):
    refused_everywhere(name, spoiled(name, -1).astype(int), "row 3 of X", "0")


@over(["BiGRUClassifier"])
def test_ids_beyond_the_vocabulary(name):
    large = spoiled(name, 20).astype(int)
    cure = r"vocabulary_size.*vocabulary_size_"
    refused_in_predict(name, large, "Row 3 of X", "id 20", "0 to 19", cure)
    model = MODELS[name][0](vocabulary_size=20)
    refused(lambda: model.fit(large, LABELS), "Row 3 of X", "Raise vocabulary_size")
    assert model.fit(IDS, LABELS).predict(IDS).shape == (N,)


@over(["BiGRUClassifier"])
def test_ids_beyond_int32(name):
    large = spoiled(name, 0).astype(np.int64)
    large[3, 2] = 2**40
    refused_everywhere(name, large, "Row 3 of X", str(2**40))


def test_ids_that_would_need_more_memory_than_there_is(monkeypatch):
    # As torch says it; asking for the memory in earnest might be granted.
    def no_memory(*args, **kwargs):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    large = spoiled("BiGRUClassifier", 2**31 - 3).astype(np.int64)
    model = MODELS["BiGRUClassifier"][0]()
    with monkeypatch.context() as patch:
        patch.setattr(torch.nn, "Embedding", no_memory)
        refused(
            lambda: model.fit(large, LABELS), r"[Rr]ow 3|vocabulary_size|largest id"
        )
    assert model.fit(IDS, LABELS).predict(IDS).shape == (N,)


@over(["BiGRUClassifier"])
def test_empty_documents_are_fine(name):
    model = MODELS[name][0]().fit(np.vstack([IDS, 0 * IDS[:2]]), np.arange(N + 2) % 2)
    assert np.isfinite(model.predict_proba(0 * IDS[:3])).all()


# --- texts ---------------------------------------------------------------------------


@over(TEXT_MODELS)
@pytest.mark.parametrize("X", [NUMBERS, IDS], ids=["floats", "ids"])
def test_matrix_where_texts_belong(name, X):
    refused_everywhere(name, X, "text", "2-D", "column")


@over(TEXT_MODELS)
@pytest.mark.parametrize("value", [None, np.nan, 3.5, b"red", ["red", "car"]], ids=repr)
def test_row_that_is_no_text(name, value):
    texts = list(TEXTS)
    texts[3] = value
    cure = "[Rr]eplace|[Cc]onvert|[Dd]ecode|[Pp]ass"
    refused_everywhere(name, texts, "row 3", cure)


@over(TEXT_MODELS)
def test_single_string(name):
    refused_everywhere(name, "red car", r"single str.*\[text\]")


@over(TEXT_MODELS)
def test_vocabulary_that_comes_out_empty(name):
    y = MODELS[name][2]
    refused_in_fit(name, ["", " ", "?!", "\n"] * (N // 4), y, "vocabulary", "empty|no ")


def test_words_that_are_all_too_rare():
    refused(
        lambda: SequenceVectorizer(min_frequency=9).fit(["red car", "green tea"]),
        "min_frequency",
        "9",
    )


@over(TEXT_MODELS)
def test_empty_documents_among_others_are_fine(name):
    make, X, y = MODELS[name]
    model = make().fit(["", *X[1:]], y)
    assert len(outputs(model, ["", "tea"])) == 2


# --- y and weights -------------------------------------------------------------------


@over(CLASSIFIERS)
@pytest.mark.parametrize("label", [0, "tea"])
def test_one_class_only(name, label):
    y = np.full(N, label)
    refused_in_fit(name, None, y, r"\by\b", "(one|1) class", str(label))


@over(CLASSIFIERS)
@pytest.mark.parametrize("value", [None, 7])
def test_labels_that_do_not_compare(name, value):
    y = np.array(["tea", "car"], dtype=object)[LABELS]
    y[3] = value
    refused_in_fit(name, None, y, r"labels of y", "missing")


@over(CLASSIFIERS)
def test_numbers_where_labels_belong(name):
    refused_in_fit(name, None, TARGETS, "label type.*continuous", "regression")


@over(NETWORKS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_y_that_is_not_finite(name, value):
    y = np.array(MODELS[name][2], dtype=float)
    y[3] = value
    refused_in_fit(name, None, y, r"\by\b", "NaN|infinity")


@over(["MLPRegressor"])
def test_labels_where_numbers_belong(name):
    y = np.array(["tea", "car"])[LABELS]
    refused_in_fit(name, None, y, r"\by\b", "Classifier|numbers|encode")


@over(NETWORKS + ["TfidfLinearSVC"])
def test_y_is_needed(name):
    refused_in_fit(name, None, None, r"\by\b")


@over(NETWORKS + ["TfidfLinearSVC"])
def test_y_of_another_length(name):
    refused_in_fit(name, None, MODELS[name][2][:5], r"inconsistent.*200.*5")


@over(NETWORKS + ["TfidfLinearSVC"])
@pytest.mark.parametrize(
    "weight, wrong",
    [
        (np.ones(3), "3"),
        (-np.ones(N), "[Nn]egative"),
        (np.full(N, np.nan), "NaN"),
        (np.full(N, np.inf), "infinity"),
        (np.zeros(N), "zero"),
        (np.ones((N, 2)), "1D|2D|shape"),
    ],
    ids=["short", "negative", "nan", "infinite", "zero", "2-D"],
)
def test_sample_weight(name, weight, wrong):
    names = "sample_weight|[Ss]ample weight"
    y = MODELS[name][2]
    refused_in_fit(name, None, y, names, wrong, sample_weight=weight)


@over(NETWORKS)
def test_validation_rows(name):
    make, X, y = MODELS[name]
    for options, pattern in [
        ({"X_val": X}, "X_val and y_val"),
        ({"y_val": y}, "X_val and y_val"),
        ({"X_val": X[:, :3], "y_val": y}, "3 features"),
        ({"X_val": X, "y_val": y[:5]}, "inconsistent"),
        ({"X_val": spoiled(name, np.nan), "y_val": y}, r"X_val.*NaN"),
    ]:
        refused_in_fit(name, None, y, pattern, **options)


@over(NET_CLASSIFIERS)
def test_validation_label_that_training_lacks(name):
    make, X, y = MODELS[name]
    refused_in_fit(name, None, y, "class 7", "y_val", X_val=X, y_val=np.full(N, 7))


# --- parameters ----------------------------------------------------------------------

WRONG = {
    "max_epochs": [0, -1, 2.5, "ten", None],
    "batch_size": [0, 1.5, "auto"],
    "lr": [0, -0.1, "fast", None],
    "weight_decay": [-1e-3, None],
    "optimizer": ["adma", 3, None],
    "lr_schedule": ["cosin", None],
    "early_stopping": ["yes", None],
    "validation_fraction": [0, 1, 1.5, "half"],
    "n_iter_no_change": [0, 2.5],
    "warm_start": ["yes"],
    "device": [0, None, "nonsense"],
    "precision": ["float16", 32],
    "callbacks": ["EarlyStopping", 3, skorch.callbacks.EpochTimer()],
    "random_state": ["seed", -1, 1.5],
    "verbose": [-1, "loud"],
}


@over(NETWORKS)
@pytest.mark.parametrize("parameter", WRONG)
def test_shared_parameters(name, parameter):
    for value in WRONG[parameter]:
        pattern = rf"'{parameter}' parameter"
        refused_parameter(name, {parameter: value}, pattern, r"must be|Got")


@over(PERCEPTRONS)
@pytest.mark.parametrize(
    "value",
    [0, -5, (8, 0), (8, -5), [8.5], ("8",), "relu", None, (8, None), [[8]], True],
    ids=repr,
)
def test_hidden_layer_sizes(name, value):
    refused_parameter(name, {"hidden_layer_sizes": value}, "hidden_layer_sizes")


@over(PERCEPTRONS)
@pytest.mark.parametrize(
    "parameters",
    [{"activation": "rellu"}, {"dropout": 1.0}, {"dropout": -0.1}],
    ids=str,
)
def test_parameters_of_the_perceptron(name, parameters):
    (parameter,) = parameters
    refused_parameter(name, parameters, f"'{parameter}' parameter of {name}", "Got")


@over(["BiGRUClassifier"])
@pytest.mark.parametrize(
    "parameters",
    [
        {"embedding_dim": 0},
        {"hidden_size": 2.5},
        {"num_layers": 0},
        {"embedding_dropout": 1.0},
        {"dropout": "half"},
        {"vocabulary_size": 1},
        {"vocabulary_size": "all"},
    ],
    ids=str,
)
def test_parameters_of_the_recurrent_network(name, parameters):
    (parameter,) = parameters
    refused_parameter(name, parameters, f"'{parameter}' parameter of {name}", "Got")


@over(["SequenceVectorizer"])
@pytest.mark.parametrize(
    "parameters",
    [
        {"lowercase": "yes"},
        {"max_features": 0},
        {"min_frequency": 0.5},
        {"max_length": -3},
        {"truncation": "middle"},
    ],
    ids=str,
)
def test_parameters_of_the_vectorizer(name, parameters):
    (parameter,) = parameters
    refused_parameter(name, parameters, f"'{parameter}' parameter of {name}", "Got")


@over(NETWORKS)
def test_callback_that_is_none(name):
    refused_parameter(name, {"callbacks": [3]}, "callbacks", "skorch")
    # A class where an instance belongs.
    wrong = {"callbacks": [skorch.callbacks.EpochTimer]}
    refused_parameter(name, wrong, "callbacks", "skorch|instance")


@over(NETWORKS)
def test_optimizer_that_is_none(name):
    refused_parameter(name, {"optimizer": dict}, "optimizer")


@over(NET_CLASSIFIERS)
@pytest.mark.parametrize(
    "value, wrong",
    [
        ("balance", "balance"),
        ([1, 2], r"\[1, 2\]"),
        ({0: -1, 1: 1}, "-1|[Nn]egative"),
        ({0: np.nan, 1: 1}, "nan|NaN"),
        ({"tea": 2.0}, "0, 1"),
    ],
)
def test_class_weight(name, value, wrong):
    refused_parameter(name, {"class_weight": value}, "class_weight", wrong)


@over(NETWORKS)
def test_validation_fraction_that_leaves_nothing(name):
    make, X, y = MODELS[name]
    model = make(early_stopping=True, validation_fraction=0.999)
    refused(lambda: model.fit(X[:20], y[:20]), "validation_fraction")
    assert model.set_params(validation_fraction=0.5).fit(X[:20], y[:20]).n_iter_ > 0


@over(NETWORKS)
def test_device_without_one(name, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    refused_parameter(name, {"device": "cuda"}, "device='cuda'", "device='auto'")
    refused_parameter(name, {"device": "cuda:1"}, "device='cuda:1'", "device='auto'")


# --- what a failed call leaves behind ------------------------------------------------


@over(NETWORKS)
def test_refused_refit_leaves_the_former_model(name):
    make, X, y = MODELS[name]
    model = make().fit(X, y)
    before = outputs(model, X)
    one_class = np.zeros(N)
    attempts = [
        lambda: model.fit(spoiled(name, np.nan), y),
        lambda: model.fit(X[:, :3], None),
        lambda: model.fit(X[:, :3], np.full(N, np.nan)),
    ]
    if name != "MLPRegressor":
        attempts.append(lambda: model.fit(X[:, :3], one_class))
    for attempt in attempts:
        refused(attempt)
        np.testing.assert_array_equal(outputs(model, X), before)


def test_diverged_refit_does_not_mix_two_models():
    names = np.array(["car", "tea"])[LABELS]
    model = MODELS["MLPClassifier"][0](max_epochs=20).fit(NUMBERS, names)
    before = model.predict(NUMBERS)
    model.set_params(optimizer="sgd", lr=1e6)
    refused(lambda: model.fit(1000 * NUMBERS, LABELS + 7), "diverged", "lr")
    np.testing.assert_array_equal(model.predict(NUMBERS), before)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@over(["MLPClassifier", "MLPRegressor"])
def test_diverged_continuation_keeps_the_former_weights(name, method):
    make, X, y = MODELS[name]
    model = make(optimizer="sgd", warm_start=True, max_epochs=20).fit(X, y)
    before = outputs(model, X)
    refused(lambda: getattr(model.set_params(lr=1e6), method)(1000 * X, y), "diverged")
    if name == "MLPClassifier":
        assert np.isfinite(model.predict_proba(X)).all()
    np.testing.assert_array_equal(outputs(model, X), before)
    assert len(model.history_) == model.n_iter_ == len(model.net_.history) == 20
    getattr(model.set_params(lr=1e-6), method)(X, y)
    assert np.isfinite(model.history_[-1]["train_loss"])


@over(NETWORKS)
def test_not_fitted(name):
    make, X, _ = MODELS[name]
    refused(lambda: make().predict(X), f"{name} instance is not fitted", "fit")
    refused(lambda: make().transform(X), f"{name} instance is not fitted", "fit")
