"""Files that are damaged, foreign or made to do harm: one error, and nothing is run."""

import io
import json
import os
import pickle
import zipfile

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nn.persistence import PersistenceError, load, save
from tests.persistence_cases import (
    LABELS,
    TEXTS,
    X,
    answers,
    assert_same,
    small_net,
    tamper,
    tamper_skops,
    write_members,
    y,
)


@pytest.fixture(scope="module")
def model():
    return make_pipeline(StandardScaler(), small_net(max_epochs=1)).fit(X, y)


@pytest.fixture
def path(model, tmp_path):
    save(model, tmp_path / "model.sknn")
    return tmp_path / "model.sknn"


def refused(path, said=""):
    with pytest.raises(PersistenceError) as error:
        load(path)
    assert str(error.value).startswith(f"{path} cannot be loaded: ")
    assert said in str(error.value)


def test_truncated(path):
    content = path.read_bytes()
    for size in [*range(0, 40, 7), *np.linspace(40, len(content) - 1, 60).astype(int)]:
        path.write_bytes(content[:size])
        refused(path)


def test_flipped_bytes_are_found_or_change_nothing(model, path):
    content = path.read_bytes()
    places = np.random.default_rng(0).choice(len(content), 60, replace=False)
    n_refused = 0
    for place in [*places.tolist(), *range(len(content) - 40, len(content), 3)]:
        damaged = bytearray(content)
        damaged[place] ^= 0x41
        path.write_bytes(damaged)
        try:
            loaded = load(path)
        except PersistenceError:
            n_refused += 1
        else:
            assert_same(model, loaded, X)
    assert n_refused > 60


@pytest.mark.parametrize("content", [b"", b"PK", b"{}", b"\x80\x04K\x01.", b"x" * 99])
def test_no_archive(path, content):
    path.write_bytes(content)
    refused(path, "it is damaged, or no model")


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "model.sknn")
    with pytest.raises(IsADirectoryError):
        load(tmp_path)


def test_archives_of_others(path):
    write_members(path, {"schema.json": b"{}"})
    refused(path, "it has no manifest.json")
    write_members(path, {"manifest.json": b'{"format": "other"}'})
    refused(path, "not written by sklearn_nn.persistence.save")
    write_members(
        path, {"manifest.json": b'{"format": "sklearn_nn model", "format_version": 2}'}
    )
    refused(path, "its format 2 is not 1")


def swapped(members):
    names = "nets.json", "collections.json"
    members |= dict(zip(names, [members[name] for name in reversed(names)]))


CHANGES = {
    "extra member": lambda m: m.update({"notes.txt": b"hello"}),
    "upwards": lambda m: m.update({"../../evil.safetensors": b"hello"}),
    "absolute": lambda m: m.update({"/tmp/evil": b"hello"}),
    "planted pickle": lambda m: m.update({"net-0.pkl": pickle.dumps(3)}),
    "lost member": lambda m: m.pop("net-0.safetensors"),
    "lost skops": lambda m: m.pop("estimator.skops"),
    "swapped": swapped,
    "empty weights": lambda m: m.update({"net-0.safetensors": b""}),
    "no nets": lambda m: m.update({"nets.json": b"[]"}),
    "no list": lambda m: m.update({"nets.json": b'"net"'}),
    "no JSON": lambda m: m.update({"collections.json": b"[[["}),
    "deep JSON": lambda m: m.update({"nets.json": b"[" * 100_000}),
    "no record": lambda m: m.update({"nets.json": b"[{}]"}),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("seal", [True, False], ids=["sealed", "unsealed"])
def test_changed_members(path, name, seal):
    tamper(path, CHANGES[name], seal=seal)
    refused(path)
    assert not os.path.exists("/tmp/evil")


def test_two_members_of_one_name(path):
    with pytest.warns(UserWarning, match="Duplicate"):
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("nets.json", b"[]")
    refused(path, "the same name")


def test_networks_of_each_other(tmp_path):
    path = tmp_path / "model.sknn"
    nets = [("a", small_net()), ("b", small_net(hidden_layer_sizes=(5,)))]
    save(VotingClassifier(nets).fit(X, y), path)
    names = "net-0.safetensors", "net-1.safetensors"

    def swap(members):
        members |= dict(zip(names, [members[name] for name in reversed(names)]))

    tamper(path, swap)
    refused(path, "weights are not those of a MLPClassifier")


def test_bombs(path, tmp_path):
    members = {"manifest.json": b" " * 50_000_000}
    write_members(path, members, zipfile.ZIP_DEFLATED)
    refused(path, "is compressed")
    save(StandardScaler().fit(X), path)
    tamper_skops(path, lambda inner: None, compression=zipfile.ZIP_DEFLATED)
    refused(path, "is compressed")


def test_a_bomb_in_a_sparse_matrix(tmp_path):
    path = tmp_path / "model.sknn"
    model = make_pipeline(TfidfVectorizer(), KNeighborsClassifier(algorithm="brute"))
    save(model.fit(TEXTS, LABELS), path)

    def blow_up(inner):
        name = next(name for name in inner if name.endswith(".npz"))
        buffer = io.BytesIO()
        np.savez_compressed(buffer, data=np.zeros(20_000_000, dtype=np.int8))
        inner[name] = buffer.getvalue()

    tamper_skops(path, blow_up)
    refused(path, "would grow to 20000")


def test_sizes_that_were_made_up_cost_nothing(path):
    def wider(inner):
        schema = json.loads(inner["schema.json"])
        text = json.dumps(schema)
        assert '"content": "6"' in text
        inner["schema.json"] = text.replace('"content": "6"', '"content": "600000000"')

    tamper_skops(path, wider)
    refused(path, "weights are not those of a MLPClassifier")


class Payload:
    """Unpickled, it would make a folder."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def test_a_pickled_array_is_not_unpickled(path, tmp_path):
    traces = tmp_path / "was here"

    def plant(inner):
        name = next(name for name in inner if name.endswith(".npy"))
        buffer = io.BytesIO()
        np.save(buffer, np.array([Payload(traces)], dtype=object), allow_pickle=True)
        inner[name] = buffer.getvalue()

    tamper_skops(path, plant)
    refused(path)
    assert not traces.exists()


def test_a_pickle_is_not_unpickled(path, tmp_path):
    traces = tmp_path / "was here"
    path.write_bytes(pickle.dumps(Payload(traces)))
    refused(path)
    tamper_pickle = pickle.dumps(Payload(traces))
    save(StandardScaler().fit(X), path)
    tamper(path, lambda members: members.update({"nets.json": tamper_pickle}))
    refused(path)
    assert not traces.exists()


def node(loader, module, name, content):
    return {
        "__loader__": loader,
        "__module__": module,
        "__class__": name,
        "__id__": 7,
        "content": content,
    }


def text(value):
    return node("JsonNode", "builtins", "str", json.dumps(value))


def arguments(*values):
    return node("TupleNode", "builtins", "tuple", [text(value) for value in values])


HOSTILE = {
    "constructor": lambda folder: node(
        "ConstructorFromReduceNode", "os", "mkdir", arguments(folder)
    ),
    "constructor in an allowed package": lambda folder: node(
        "ConstructorFromReduceNode", "sklearn_nn._cli.outputs", "Path", arguments("x")
    ),
    "function": lambda folder: node("FunctionNode", "os", "mkdir", None),
    "function in an allowed package": lambda folder: node(
        "FunctionNode", "sklearn_nn.datasets", "fetch_mnist", None
    ),
    "partial": lambda folder: node(
        "PartialNode",
        "functools",
        "partial",
        {
            "func": node("FunctionNode", "os", "mkdir", None),
            "args": arguments(folder),
            "kwds": text({}),
            "namespace": text(None),
        },
    ),
    "type": lambda folder: node("TypeNode", "subprocess", "Popen", None),
    "unknown loader": lambda folder: node("EvilNode", "os", "mkdir", None),
    "no module": lambda folder: node("ObjectNode", "no_such_module", "Thing", None),
    "nothing": lambda folder: {},
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "attribute"])
def test_hostile_outlines(path, tmp_path, name, whole):
    traces = tmp_path / "was here"
    hostile = HOSTILE[name](str(traces))

    def plant(inner):
        schema = json.loads(inner["schema.json"])
        if whole:
            kept = {k: schema[k] for k in ("protocol", "_skops_version")}
            schema = {**hostile, **kept}
        else:
            schema["content"]["content"]["verbose"] = hostile
        inner["schema.json"] = json.dumps(schema)

    tamper_skops(path, plant)
    refused(path)
    assert not traces.exists()


def test_no_estimator(path):
    def plant(inner):
        schema = json.loads(inner["schema.json"])
        inner["schema.json"] = json.dumps({**schema, **text("hello")})

    tamper_skops(path, plant)
    refused(path, "it holds no estimator")


def test_a_parameter_that_reads_files(tmp_path):
    path = tmp_path / "model.sknn"
    save(CountVectorizer().fit(TEXTS), path)

    def by_name(inner):
        before = inner["schema.json"]
        inner["schema.json"] = before.replace(r'"\"content\""', r'"\"filename\""')
        assert before != inner["schema.json"]

    tamper_skops(path, by_name)
    refused(path, "CountVectorizer.input: 'filename' is refused")


@pytest.mark.parametrize(
    "field, value", [("left_child", 10**6), ("right_child", 0), ("feature", 99)]
)
def test_a_tree_that_leads_nowhere(tmp_path, field, value):
    forest = RandomForestClassifier(2, random_state=0).fit(X, y)
    tree = forest.estimators_[1].tree_
    state = tree.__getstate__()
    state["nodes"][field][0] = value
    tree.__setstate__(state)
    save(forest, tmp_path / "model.sknn")
    refused(tmp_path / "model.sknn", "it holds a tree")


def test_a_sparse_matrix_that_leads_nowhere(tmp_path):
    model = make_pipeline(TfidfVectorizer(), KNeighborsClassifier(algorithm="brute"))
    model.fit(TEXTS, LABELS)
    expected = answers(model, TEXTS)
    model[-1]._fit_X.indices[3] = 10**6
    save(model, tmp_path / "model.sknn")
    refused(tmp_path / "model.sknn")
    assert expected
