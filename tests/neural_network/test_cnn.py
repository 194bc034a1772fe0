"""The convolutional networks for images and signals."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from torch import nn

from sklearn_nn.datasets import fetch_usps
from sklearn_nn.modules import CNN
from sklearn_nn.neural_network import CNNClassifier, CNNRegressor

DIGITS = load_digits()
IMAGES, y = DIGITS.images[:200] / 16, DIGITS.target[:200]
X = IMAGES.reshape(200, -1)


def classifier(**parameters):
    defaults = {
        "channels": (4, 6),
        "hidden_layer_sizes": (8,),
        "max_epochs": 2,
        "random_state": 0,
    }
    return CNNClassifier(**(defaults | parameters))


def same_weights(a, b):
    pairs = zip(a.net_.module_.parameters(), b.net_.module_.parameters())
    return all(torch.equal(p, q) for p, q in pairs)


@pytest.fixture(scope="module")
def model():
    return classifier().fit(X, y)


def test_estimator_gives_what_its_module_gives(model):
    module = CNN((1, 8, 8), 10, channels=(4, 6), hidden=(8,))
    module.load_state_dict(model.net_.module_.state_dict())
    x = torch.from_numpy(IMAGES[:, None]).float()
    with torch.no_grad():
        logits, features = module(x).numpy(), module.features(x).numpy()
    np.testing.assert_allclose(model.decision_function(X), logits, atol=1e-5)
    np.testing.assert_allclose(model.transform(X), features, atol=1e-5)
    np.testing.assert_array_equal(model.predict(X), logits.argmax(1))
    names = [f"cnnclassifier{i}" for i in range(8)]
    assert model.get_feature_names_out().tolist() == names


def test_default_network():
    module = CNNClassifier(max_epochs=1).fit(X, y).net_.module_
    shapes = {name: tuple(p.shape) for name, p in module.named_parameters()}
    assert shapes == {
        "convolutions.1.weight": (32, 1, 3, 3),
        "convolutions.1.bias": (32,),
        "convolutions.4.weight": (64, 32, 3, 3),
        "convolutions.4.bias": (64,),
        "hidden.0.weight": (128, 256),
        "hidden.0.bias": (128,),
        "output.weight": (10, 128),
        "output.bias": (10,),
    }


@pytest.mark.parametrize(
    "parameters, kinds",
    [
        ({"pooling": "average"}, {nn.AvgPool2d: 2, nn.MaxPool2d: 0}),
        ({"convs_per_block": 3}, {nn.Conv2d: 6, nn.MaxPool2d: 2}),
        ({"batch_norm": True}, {nn.BatchNorm2d: 2}),
        ({"channels": 5}, {nn.Conv2d: 1}),
        ({"activation": "tanh"}, {nn.Tanh: 3, nn.ReLU: 0}),
        ({"dropout": 0.2}, {nn.Dropout: 2}),
        ({"hidden_layer_sizes": ()}, {nn.Linear: 1}),
        ({"hidden_layer_sizes": [9, np.int64(7)]}, {nn.Linear: 3}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(next(iter(value)), str) else "",
)
def test_parameters_shape_the_module(parameters, kinds):
    model = classifier(max_epochs=1, **parameters).fit(X, y)
    for kind, n_layers in kinds.items():
        found = [m for m in model.net_.module_.modules() if isinstance(m, kind)]
        assert len(found) == n_layers
    assert np.isfinite(model.decision_function(X)).all()


@pytest.mark.parametrize("batch_norm", [False, True])
def test_rows_do_not_see_each_other(batch_norm):
    model = classifier(batch_norm=batch_norm).fit(X, y)
    together = model.decision_function(X)
    alone = np.vstack([model.decision_function(row[None]) for row in X[::20]])
    np.testing.assert_allclose(together[::20], alone, atol=1e-5)


AUGMENTED = {"rotation": 15.0, "translation": 0.1, "scaling": 0.1}


def test_augmentation_acts_in_training_only_and_is_seeded():
    first, second = (classifier(**AUGMENTED).fit(X, y) for _ in range(2))
    assert same_weights(first, second)
    assert not same_weights(first, classifier(**AUGMENTED, random_state=1).fit(X, y))
    np.testing.assert_array_equal(
        first.decision_function(X), second.decision_function(X)
    )
    plain = classifier().fit(X, y)
    assert first.history_[0]["train_loss"] != plain.history_[0]["train_loss"]
    # The same weights without augmentation predict the same.
    for p, q in zip(plain.net_.module_.parameters(), first.net_.module_.parameters()):
        p.data.copy_(q)
    np.testing.assert_array_equal(first.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize("name", AUGMENTED)
def test_each_augmentation_alone_changes_the_training(name):
    augmented = classifier(**{name: AUGMENTED[name]}).fit(X, y)
    assert not same_weights(augmented, classifier().fit(X, y))


def test_moved_images_in_training_prepare_for_moved_images():
    train, test, train_y, test_y = train_test_split(
        DIGITS.images / 16, DIGITS.target, train_size=500, random_state=0
    )
    moved = np.roll(test, 1, axis=2)
    settings = {"channels": (8, 16), "hidden_layer_sizes": (32,), "max_epochs": 8}
    scores = [
        classifier(**settings, lr=0.01, batch_size=50, translation=translation)
        .fit(train, train_y)
        .score(moved, test_y)
        for translation in (0.0, 0.15)
    ]
    assert scores[1] > scores[0] + 0.1


def test_learns_digits():
    train, test, train_y, test_y = train_test_split(
        DIGITS.data, DIGITS.target, stratify=DIGITS.target, random_state=0
    )
    model = make_pipeline(
        MinMaxScaler(),
        CNNClassifier(channels=(16, 32), max_epochs=8, lr=5e-3, random_state=0),
    ).fit(train, train_y)
    assert model.score(test, test_y) >= 0.96


def test_learns_a_place_independent_pattern_in_signals():
    rng = np.random.default_rng(0)
    signals = rng.normal(0, 0.3, (600, 40))
    labels = rng.integers(0, 2, 600)
    shapes = np.array([[0, 2, 0, -2, 0], [0, -2, 0, 2, 0]])
    for signal, label, start in zip(signals, labels, rng.integers(0, 35, 600)):
        signal[start : start + 5] += shapes[label]
    model = classifier(
        ndim=1, channels=(8, 8), kernel_size=5, max_epochs=15, lr=0.01
    ).fit(signals[:400], labels[:400])
    assert model.score(signals[400:], labels[400:]) > 0.95


def test_learns_usps(data_home):
    train, train_y = fetch_usps(subset="train", data_home=data_home, return_X_y=True)
    test, test_y = fetch_usps(subset="test", data_home=data_home, return_X_y=True)
    model = CNNClassifier(
        channels=(8, 16),
        max_epochs=5,
        lr=0.01,
        lr_schedule="onecycle",
        batch_norm=True,
        random_state=0,
    ).fit((train[:2000] + 1) / 2, train_y[:2000])
    assert model.score((test + 1) / 2, test_y) > 0.9


def test_regressor_counts_ink():
    target = np.stack([IMAGES[:, :4].sum((1, 2)), IMAGES[:, 4:].sum((1, 2))], axis=1)
    model = CNNRegressor(
        channels=(4, 8), pooling="average", lr=0.01, max_epochs=20, random_state=0
    ).fit(IMAGES, target)
    assert model.predict(IMAGES).shape == (200, 2)
    assert model.score(IMAGES, target) > 0.9
    one = CNNRegressor(channels=4, max_epochs=1).fit(IMAGES, target[:, 0])
    assert one.predict(IMAGES).shape == (200,)


def test_pickle_clone_and_search(model):
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert same_weights(clone(model).fit(X, y), model)
    search = GridSearchCV(
        classifier(max_epochs=1),
        {"kernel_size": [1, 3], "channels": [(2,), (4, 4)], "rotation": [0.0, 5.0]},
        cv=2,
    ).fit(IMAGES, y)
    assert len(search.cv_results_["mean_test_score"]) == 8
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_going_on():
    whole = classifier(max_epochs=2)
    for _ in range(2):
        whole.partial_fit(IMAGES, y)
    assert whole.n_iter_ == 2
    warm = classifier(warm_start=True).fit(IMAGES, y).fit(X, y)
    assert warm.n_iter_ == 4
    with pytest.raises(ValueError, match="channels"):
        warm.set_params(channels=(2,)).fit(X, y)


def test_validation_images():
    model = classifier(early_stopping=True).fit(
        IMAGES, y, X_val=IMAGES[:50], y_val=y[:50]
    )
    assert len(model.history_) == 2 and "valid_acc" in model.history_[0]


def test_bfloat16():
    model = classifier(precision="bfloat16", batch_norm=True, **AUGMENTED).fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize(
    "parameters, rows, message",
    [
        ({"kernel_size": 4}, X, "kernel_size.*odd"),
        ({"kernel_size": 9, "image_shape": (8, 8)}, X, "kernel_size.*is 9"),
        ({"kernel_size": 9}, IMAGES, r"kernel_size.*is 9.*\(8, 8, 1\)"),
        ({"kernel_size": 9, "ndim": 1}, IMAGES, "kernel_size.*is 9"),
        ({"channels": ()}, X, "channels"),
        ({"channels": (4, 0)}, X, "channels"),
        ({"channels": (4, 1.5)}, X, "channels"),
        ({"channels": True}, X, "channels"),
        ({"channels": np.array(3)}, X, "channels"),
        ({"hidden_layer_sizes": (-1,)}, X, "hidden_layer_sizes"),
        ({"convs_per_block": 0}, X, "convs_per_block"),
        ({"pooling": "min"}, X, "pooling"),
        ({"rotation": -1.0}, X, "rotation"),
        ({"scaling": 1.0}, X, "scaling"),
        ({"rotation": 5.0, "ndim": 1}, X, "rotation=0.0"),
        ({"rotation": 5.0}, X[:, :63], "image_shape"),
        ({"rotation": 5.0, "kernel_size": 1}, X[:, :, None], r"\(64, 1, 1\)"),
    ],
    ids=range(17),
)
def test_bad_parameters(parameters, rows, message):
    with pytest.raises(ValueError, match=message):
        classifier(**parameters).fit(rows, y)


@pytest.mark.parametrize("n_rows", [1, 65, 129])
def test_batch_norm_with_one_row_in_the_last_batch(n_rows):
    model = CNNRegressor(
        channels=(2,) * 4, batch_norm=True, max_epochs=2, random_state=0
    ).fit(X[:n_rows], y[:n_rows])
    model.partial_fit(X[:1], y[:1])
    assert np.isfinite(model.predict(X)).all()


def test_kernel_is_cut_to_a_guessed_image():
    model = classifier(kernel_size=9, channels=2).fit(X[:, 20:24], y)
    assert model.image_shape_ == (2, 2, 1)
    (conv,) = (m for m in model.net_.module_.modules() if isinstance(m, nn.Conv2d))
    assert conv.kernel_size == (3, 3)
