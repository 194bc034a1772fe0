"""Fitted estimators and a way to tamper with their files, for the tests."""

import hashlib
import io
import json
import zipfile

import numpy as np
from sklearn.datasets import load_iris

from sklearn_nn.datasets import make_product_listings
from sklearn_nn.neural_network import MLPClassifier
from sklearn_nn.preprocessing import TextMerger

X, y = load_iris(return_X_y=True)
_listings = make_product_listings(120, n_classes=3, images=False, random_state=0)
TEXTS, LABELS = TextMerger().fit_transform(_listings.data), _listings.target
METHODS = (
    "predict",
    "predict_proba",
    "decision_function",
    "transform",
    "score_samples",
)


def small_net(**parameters):
    given = {"hidden_layer_sizes": (6,), "max_epochs": 3, "random_state": 0}
    return MLPClassifier(**{**given, **parameters})


def answers(model, rows):
    """What each method of a model says, as arrays."""
    found = {}
    for name in METHODS:
        if hasattr(model, name):
            answer = getattr(model, name)(rows)
            found[name] = answer.toarray() if hasattr(answer, "toarray") else answer
    return found


def assert_same(model, twin, rows):
    expected, found = answers(model, rows), answers(twin, rows)
    assert expected and list(expected) == list(found)
    for name, answer in expected.items():
        np.testing.assert_array_equal(found[name], answer, err_msg=name)
        assert found[name].dtype == answer.dtype


def read_members(file):
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_members(file, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def tamper(path, change, *, seal=True):
    """Change the members of a model's file; sealed, the file says they were so."""
    members = read_members(path)
    change(members)
    if seal:
        manifest = json.loads(members.pop("manifest.json"))
        manifest["members"] = {
            name: {"size": len(c), "sha256": hashlib.sha256(c).hexdigest()}
            for name, c in members.items()
        }
        members = {"manifest.json": json.dumps(manifest).encode(), **members}
    write_members(path, members)


def tamper_skops(path, change, **options):
    """The same for the archive of skops within; schema.json is given as text."""

    def change_inner(members):
        inner = read_members(io.BytesIO(members["estimator.skops"]))
        inner["schema.json"] = inner["schema.json"].decode()
        change(inner)
        buffer = io.BytesIO()
        write_members(buffer, inner, **options)
        members["estimator.skops"] = buffer.getvalue()

    tamper(path, change_inner)
