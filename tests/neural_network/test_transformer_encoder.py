"""Texts in, vectors of a pretrained transformer out."""

import pickle
import shutil
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_nn._pretrained.cache import MEMORY
from sklearn_nn.modules.transformer import PooledTransformer
from sklearn_nn.neural_network._transformer_encoder import TransformerEncoder
from sklearn_nn.utils.estimator_checks._texts import text_checks
from tests.pretrained.encoders import MINILM, TEXTS, make, plain

TEA = ["a cup of tea", "green tea with milk", "hot tea", "tea and lemon"] * 3
CARS = ["a fast engine", "the red car", "new tyres", "the brakes of a car"] * 3
LABELS = [0] * 12 + [1] * 12


def encoder(**parameters):
    return TransformerEncoder(**({"model_name": MINILM, "max_length": 24} | parameters))


@pytest.fixture
def tiny(tmp_path):
    return make(tmp_path / "tiny")


@pytest.fixture
def n_read(monkeypatch):
    """The number of texts that the encoder has read, in a list of one."""
    MEMORY.clear()
    count = [0]
    forward = PooledTransformer.forward

    def counting(self, x):
        count[0] += len(x)
        return forward(self, x)

    monkeypatch.setattr(PooledTransformer, "forward", counting)
    return count


@pytest.mark.filterwarnings("ignore:.*longer than max_length")
@pytest.mark.parametrize(
    "check", [*text_checks(encoder())], ids=lambda check: check.__name__
)
def test_text_check(check):
    MEMORY.clear()
    check(encoder(max_length=40))


def test_real_weights_give_what_a_plain_loop_gives():
    features = encoder(precision="float32").fit(TEA).transform(TEXTS)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, plain(TEXTS, MINILM), atol=2e-6)


def test_meanings_are_told_apart():
    model = make_pipeline(encoder(), LogisticRegression())
    model.fit(TEA + CARS, LABELS)
    assert model.predict(["a pot of tea", "a lorry"]).tolist() == [0, 1]


def test_folds_and_candidates_share_what_is_computed(n_read):
    model = make_pipeline(encoder(), LogisticRegression())
    GridSearchCV(model, {"logisticregression__C": [1, 10]}, cv=3).fit(
        TEA + CARS, LABELS
    )
    assert n_read == [8]


def test_names_and_frames(tiny):
    fitted = encoder(model_name=tiny).fit(TEXTS).set_output(transform="pandas")
    frame = fitted.transform(TEXTS)
    assert frame.shape == (5, fitted.n_features_)
    assert frame.columns[15] == "transformerencoder15"


@pytest.mark.parametrize("fitted", [False, True])
def test_a_pickle_holds_no_weights(fitted):
    model = encoder()
    if fitted:
        model.fit(TEA).transform(TEA)
    assert len(pickle.dumps(model)) < 1500


def test_a_pickle_asks_for_its_weights(tiny, tmp_path):
    model = encoder(model_name=tiny, precision="float32").fit(TEXTS)
    expected = model.transform(TEXTS)
    model = pickle.loads(pickle.dumps(model))
    shutil.move(tiny, tmp_path / "moved")
    with pytest.raises(ValueError, match="TransformerEncoder was fitted.*no such fold"):
        model.transform(TEXTS)
    model.set_params(model_name=tmp_path / "moved")
    np.testing.assert_array_equal(model.transform(TEXTS), expected)
    make(tmp_path / "moved", seed=1)
    with pytest.raises(ValueError, match="the folder now holds others"):
        model.transform(TEXTS)
    assert np.abs(model.fit(TEXTS).transform(TEXTS) - expected).max() > 1e-3


def test_the_file_is_used_by_other_encoders(tiny, tmp_path, n_read):
    model = encoder(model_name=tiny, cache=str(tmp_path / "features.sqlite"))
    expected = model.fit_transform(TEXTS)
    MEMORY.clear()
    np.testing.assert_array_equal(clone(model).fit_transform(TEXTS), expected)
    assert n_read == [5]


def test_a_cache_that_cannot_be_is_refused_by_fit(tmp_path):
    with pytest.raises(RuntimeError, match="no/features.sqlite.*folder that exists"):
        encoder(cache=tmp_path / "no" / "features.sqlite").fit(TEXTS)


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"model_name": "no model"}, "neither a folder on|there is no such folder"),
        ({"max_length": 513}, "max_length=513 is more than.*Set max_length=512"),
        ({"max_length": 2}, "no room for a text.*Set max_length=3"),
        ({"pooling": "max"}, "The 'pooling' parameter of TransformerEncoder"),
        ({"batch_size": 0}, "The 'batch_size' parameter of TransformerEncoder"),
        ({"device": "abacus"}, "The 'device' parameter must be"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_bad_parameters_are_refused(parameters, message):
    model = encoder(**parameters)
    with pytest.raises(ValueError, match=message):
        model.fit(TEXTS)
    assert not hasattr(model, "n_features_")
    fitted = encoder().fit(TEXTS).set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        fitted.transform(["another text"])


def test_a_pooling_layer_that_is_missing_is_refused(tmp_path):
    model = encoder(model_name=make(tmp_path, "Flaubert"), pooling="pooler")
    with pytest.raises(ValueError, match="pooling='mean' and pooling='cls' work"):
        model.fit(TEXTS)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ImportError, match=r"pip install sklearn_nn\[transformers\]"):
        encoder(model_name="owner/model").fit(TEXTS)


def test_a_bar_is_shown_on_request(tiny, capsys):
    model = encoder(model_name=tiny, verbose=1).fit(TEXTS)
    capsys.readouterr()
    MEMORY.clear()
    model.transform(TEXTS * 2)
    assert "TransformerEncoder: 100%" in (shown := capsys.readouterr().err)
    assert "10/10" in shown
    MEMORY.clear()
    model.set_params(verbose=0).transform(TEXTS)
    assert capsys.readouterr().err == ""
