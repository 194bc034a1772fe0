"""Saving and loading of estimators with layers in NumPy."""

import json
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import safetensors.numpy
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nn.persistence import PersistenceError, load, save
from sklearn_nn.scratch import (
    AvgPool2D,
    BatchNorm,
    Conv1D,
    Conv2D,
    Dropout,
    Flatten,
    Linear,
    MaxPool1D,
    ReLU,
    Reshape,
    Sequential,
    SequentialAutoencoder,
    SequentialClassifier,
    SequentialRegressor,
    Sigmoid,
    Softmax,
    Tanh,
)
from tests.persistence_cases import (
    assert_same,
    read_members,
    small_net,
    tamper,
    tamper_skops,
)

X, y = (part[:120] for part in load_digits(return_X_y=True))
X = X / 16
SMALL = {"max_epochs": 2, "batch_size": 50, "random_state": 0}
ADAM = {"lr": 0.01, "weight_decay": 0.1}
SGD = {"optimizer": "sgd", "lr": 0.01, "momentum": 0.9}
DENSE = [Linear(out_features=9), BatchNorm(), ReLU(threshold=0.1), Dropout(0.2)]
IMAGES = [
    Reshape((1, 8, 8)),
    Conv2D(1, 3, kernel_size=(3, 2), padding=1, init="he"),
    BatchNorm(),
    AvgPool2D(),
    Flatten(),
]
SIGNALS = [Reshape([1, 64]), Conv1D(out_channels=2, stride=2), MaxPool1D(3), Flatten()]
MODELS = {
    "default": SequentialClassifier(**SMALL),
    "dense, adam": SequentialClassifier(layers=[*DENSE, Linear()], **SMALL, **ADAM),
    "dense, momentum": SequentialClassifier(layers=[*DENSE, Linear()], **SMALL, **SGD),
    "images, adam": SequentialClassifier(layers=[*IMAGES, Linear()], **SMALL, **ADAM),
    "images, momentum": SequentialClassifier(
        layers=[*IMAGES, Linear()], **SMALL, **SGD
    ),
    "signals": SequentialClassifier(layers=[*SIGNALS, Linear(init=0.1)], **SMALL),
    "nested": SequentialClassifier(
        layers=[Sequential((Linear(64, 8), Sequential([Tanh(), Dropout()]))), Linear()],
        **SMALL,
        early_stopping=True,
    ),
    "softmax": SequentialClassifier(layers=(Linear(), Softmax()), **SMALL, loss="mse"),
    "regressor, adam": SequentialRegressor(
        layers=[*DENSE, Linear(9, 1)], **SMALL, **ADAM
    ),
    "regressor, momentum": SequentialRegressor(
        layers=[*IMAGES, Linear()], **SMALL, **SGD
    ),
    "autoencoder, adam": SequentialAutoencoder(
        encoder=DENSE, decoder=[Linear(), Sigmoid()], **SMALL, **ADAM, loss="bce"
    ),
    "autoencoder, momentum": SequentialAutoencoder(encoder=IMAGES, **SMALL, **SGD),
}


def there_and_back(model, folder):
    save(model, folder / "model.sknn")
    return load(folder / "model.sknn")


def fitted(name, dtype=np.float64):
    return clone(MODELS[name]).fit(X.astype(dtype), y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", MODELS)
def test_round_trip_and_training_goes_on(name, dtype, tmp_path):
    model, rows = fitted(name, dtype), X.astype(dtype)
    twin = there_and_back(model, tmp_path)
    assert repr(twin) == repr(model) and twin.net_.dtype == dtype
    assert twin.history_ == model.history_
    assert_same(model, twin, rows)
    for one in (model, twin):
        one.partial_fit(rows[:70], y[:70])
        one.set_params(warm_start=True).fit(rows, y)
    assert twin.n_iter_ == model.n_iter_ == 5
    assert_same(model, twin, rows)
    for mine, its in zip(model.net_.module.state(), twin.net_.module.state()):
        assert {k: v.tolist() for k, v in mine.items()} == {
            k: v.tolist() for k, v in its.items()
        }
    assert_same(model, there_and_back(twin, tmp_path), rows)


def test_in_a_pipeline_and_beside_torch(tmp_path):
    steps = StandardScaler(), small_net(), clone(MODELS["dense, adam"])
    model = make_pipeline(*steps).fit(X, y)
    twin = there_and_back(model, tmp_path)
    assert_same(model, twin, X)
    assert isinstance(twin[-1].layers[1], BatchNorm)
    twin.set_params(sequentialclassifier__layers__0__out_features=5).fit(X, y)
    assert twin[-1].net_.module[0].out_features == 5


def test_not_fitted(tmp_path):
    model = MODELS["images, adam"]
    twin = there_and_back(model, tmp_path)
    assert repr(twin) == repr(model)
    assert_same(clone(model).fit(X, y), twin.fit(X, y), X)


def test_a_layer_that_is_one_object_stays_one(tmp_path):
    relu = ReLU()
    layers = [Linear(64, 8), relu, Linear(8, 8), relu, Linear()]
    layers = there_and_back(SequentialClassifier(layers=layers), tmp_path).layers
    assert layers[1] is layers[3] and layers[0] is not layers[2]


@pytest.mark.parametrize(
    ("model", "missing"),
    [
        ("scratch.SequentialClassifier", "sklearn_nn._training"),
        ("neural_network.MLPClassifier", "sklearn_nn.scratch"),
    ],
    ids=["scratch", "torch"],
)
def test_nets_of_the_other_kind_are_not_imported(model, missing, tmp_path):
    code = (
        "import sklearn_nn.persistence, sys\n"
        f"model = sklearn_nn.{model}(max_epochs=1).fit([[0], [1]], [0, 1])\n"
        "sklearn_nn.persistence.save(model, 'model.sknn')\n"
        "sklearn_nn.persistence.load('model.sknn').predict([[0]])\n"
        f"assert {missing!r} not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


class Doubling(Tanh):
    """A layer of one's own."""

    def forward(self, x):
        return 2 * x


@pytest.mark.parametrize("fit", [True, False], ids=["fitted", "not fitted"])
@pytest.mark.parametrize(
    "model",
    [
        SequentialClassifier(layers=[Linear(), Doubling()], **SMALL),
        SequentialAutoencoder(
            encoder=[Sequential([Linear(64, 4), Doubling()])], **SMALL
        ),
    ],
    ids=["in a list", "in another layer"],
)
def test_layers_of_ones_own_are_not_saved(model, fit, tmp_path):
    model = clone(model).fit(X, y) if fit else model
    said = r"the layer tests\.\S+\.Doubling is code of yours.* Layers that are: "
    with pytest.raises(PersistenceError, match=said):
        save(model, tmp_path / "model.sknn")
    assert list(tmp_path.iterdir()) == []


def test_arguments_that_are_no_data_are_not_saved(tmp_path):
    layers = [Reshape(np.array([1, 8, 8])), Flatten(), Linear()]
    model = SequentialClassifier(layers=layers)
    with pytest.raises(PersistenceError, match=r"Reshape\.shape is array.*only numb"):
        save(model, tmp_path / "model.sknn")


@pytest.mark.parametrize(
    "change",
    [
        {"layers__0__out_features": 8},
        {"layers__3__p": 0.5},
        {"layers__4": Linear(3, 10)},
        {"layers": None},
        {"layers": []},
        {"loss": "mse"},
    ],
    ids=lambda change: str(*change),
)
def test_parameters_changed_since_fit(change, tmp_path):
    model = fitted("dense, adam").set_params(**change)
    with pytest.raises(PersistenceError, match="Classifier have changed since fit"):
        save(model, tmp_path / "model.sknn")


@pytest.fixture
def path(tmp_path):
    save(fitted("images, adam"), tmp_path / "model.sknn")
    return tmp_path / "model.sknn"


def refused(path, said=""):
    with pytest.raises(PersistenceError) as error:
        load(path)
    assert str(error.value).startswith(f"{path} cannot be loaded: ")
    assert said in str(error.value)


def change_json(member, change):
    def changed(members):
        content = json.loads(members[member])
        change(content)
        members[member] = json.dumps(content).encode()

    return changed


def change_arrays(change):
    def changed(members):
        arrays = safetensors.numpy.load(members["net-0.safetensors"])
        change(arrays)
        members["net-0.safetensors"] = safetensors.numpy.save(arrays)

    return changed


def record(**values):
    return change_json("nets.json", lambda records: records[0].update(values))


def settings(**values):
    return change_json(
        "nets.json", lambda records: records[0]["settings"].update(values)
    )


def layer(place, **arguments):
    """The layers are the first collections, in their order."""
    return change_json(
        "collections.json", lambda found: found[place]["arguments"].update(arguments)
    )


def of_class(name):
    return change_json("collections.json", lambda c: c[0].update({"class": name}))


WEIGHT, OTHERS = "module.1.weight", "its weights are not those of a SequentialClassi"
DAMAGE = {
    "array lost": (change_arrays(lambda a: a.pop(WEIGHT)), OTHERS),
    "bias lost": (change_arrays(lambda a: a.pop("module.1.bias")), OTHERS),
    "buffer lost": (change_arrays(lambda a: a.pop("module.2.mean")), OTHERS),
    "array too many": (change_arrays(lambda a: a.update(x=a[WEIGHT])), OTHERS),
    "weight of no layer": (
        change_arrays(lambda a: a.update({"module.0.weight": a[WEIGHT]})),
        OTHERS,
    ),
    "shape": (change_arrays(lambda a: a.update({WEIGHT: a[WEIGHT][:2]})), OTHERS),
    "dtype of an array": (
        change_arrays(lambda a: a.update({WEIGHT: a[WEIGHT].astype(np.float32)})),
        OTHERS,
    ),
    "shape of a memory": (
        change_arrays(lambda a: a.update({"means.1.weight": a[WEIGHT][:2]})),
        OTHERS,
    ),
    "memory of nothing": (
        change_arrays(lambda a: a.update({"velocity.1.weight": a[WEIGHT]})),
        OTHERS,
    ),
    "no arrays": (change_arrays(lambda a: a.clear()), OTHERS),
    "dtype": (record(dtype="object"), "it computes in 'object'"),
    "another dtype": (record(dtype="float32"), OTHERS),
    "another optimiser": (record(optimizer="SGD"), "its optimiser has settings"),
    "no optimiser": (record(optimizer="os.system"), ""),
    "generator": (record(rng={"bit_generator": "PCG64"}), ""),
    "another generator": (record(rng={"bit_generator": "MT19937"}), ""),
    "state of the generator": (
        change_json("nets.json", lambda r: r[0]["rng"]["state"].update(state="x")),
        "",
    ),
    "history": (record(history=3), ""),
    "lr": (settings(lr="fast"), ""),
    "lr of no number": (settings(lr=float("nan")), "its optimiser has lr=nan"),
    "betas": (settings(betas=[0.9]), "its optimiser has betas=[0.9]"),
    "steps": (settings(n_steps=-1), "its optimiser has n_steps=-1"),
    "more settings": (settings(net=3), "its optimiser has settings"),
    "no record": (change_json("nets.json", lambda r: r[0].clear()), ""),
    "no layer": (of_class("Module"), "it holds a layer 'Module', which is none of"),
    "code": (of_class("os.system"), "it holds a layer 'os.system'"),
    "an estimator": (of_class("SequentialClassifier"), "it holds a layer 'Sequ"),
    "no class": (of_class(["Linear"]), ""),
    "argument": (layer(0, training=1), ""),
    "no shape": (layer(0, shape="ab"), ""),
    "other layers": (layer(1, kernel_size=2), OTHERS),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage(path, name):
    change, said = DAMAGE[name]
    before = read_members(path)
    tamper(path, change)
    assert read_members(path) != before
    refused(path, said)


HUGE = 2_000_000_000
MADE_UP = {
    "columns": ([Linear(64, 9), BatchNorm()], layer(0, out_features=HUGE)),
    "channels": (IMAGES, layer(1, out_channels=HUGE)),
    "kernel": (IMAGES, layer(1, kernel_size=30_000, padding=30_000, stride=30_000)),
    "places": (IMAGES, layer(1, padding=30_000)),
    "window": (IMAGES, layer(3, kernel_size=30_000, padding=15_000)),
    "no weights": (
        [BatchNorm()],
        change_arrays(lambda a: [a.pop(key) for key in list(a) if ".0." in key]),
    ),
}


def loaded_for_little(path, said):
    tracemalloc.start()
    try:
        refused(path, said)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", MADE_UP)
def test_sizes_that_were_made_up_cost_nothing(name, tmp_path):
    layers, change = MADE_UP[name]
    path = tmp_path / "model.sknn"
    save(SequentialClassifier(layers=[*layers, Linear()], **SMALL).fit(X, y), path)
    tamper(path, change)
    loaded_for_little(path, OTHERS)


def test_columns_that_were_made_up_cost_nothing(tmp_path):
    path = tmp_path / "model.sknn"
    save(SequentialClassifier(layers=[BatchNorm(), Linear()], **SMALL).fit(X, y), path)

    def wider(inner):
        before = inner["schema.json"]
        inner["schema.json"] = before.replace('"content": "64"', f'"content": "{HUGE}"')
        assert inner["schema.json"] != before

    tamper_skops(path, wider)
    loaded_for_little(path, OTHERS)
