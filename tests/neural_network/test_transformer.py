"""TransformerClassifier: a pretrained encoder, frozen or trained on."""

import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import softmax
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from sklearn_nn import persistence
from sklearn_nn._pretrained import frozen as frozen_backbones
from sklearn_nn._pretrained.cache import MEMORY
from sklearn_nn.modules.heads import ExpertsHead, FineTuned, LinearHead
from sklearn_nn.modules.transformer import PooledTransformer
from sklearn_nn.neural_network import TransformerClassifier
from sklearn_nn.utils.estimator_checks import parametrize_with_text_checks
from tests.pretrained.encoders import MINILM, WORDS, make

# Kept until the tests end: the folder is a parameter of estimators.
FOLDER = tempfile.TemporaryDirectory()
TINY = make(FOLDER.name, max_position_embeddings=130)

TOPICS = {
    "drinks": ["a cup of hot tea", "milk and two sugars", "fresh coffee", "cold beer"],
    "travel": ["the train is late", "a slow bus", "two tickets", "the car stops"],
    "money": ["the bank raised rates", "stocks fell", "a cheap loan", "taxes and debt"],
}
ENDS = ("", " today", ", they say", " again", " this week", " at noon")
starts = [start for group in TOPICS.values() for start in group]
texts = [f"{start}{end}" for start in starts for end in ENDS]
topics = np.repeat(list(TOPICS), 4 * len(ENDS))
TRAIN = np.arange(len(texts)) % 3 > 0
train = [text for text, used in zip(texts, TRAIN) if used]
test = [text for text, used in zip(texts, TRAIN) if not used]
y_train, y_test = topics[TRAIN], topics[~TRAIN]


def frozen(**parameters):
    defaults = {
        "model_name": MINILM,
        "freeze_backbone": True,
        "precision": "float32",
        "lr": 0.01,
        "max_epochs": 20,
        "random_state": 0,
    }
    return TransformerClassifier(**(defaults | parameters))


def tuned(**parameters):
    """A tiny encoder that starts at random: fast, and it has everything to learn."""
    defaults = {
        "model_name": TINY,
        "freeze_backbone": False,
        "backbone_dropout": 0.0,
        "max_length": 22,
        "lr": 0.01,
        "max_epochs": 3,
        "batch_size": 8,
    }
    return frozen(**(defaults | parameters))


def words(n, seed=0):
    """Texts of known words, and which of two of them is more frequent."""
    rng = np.random.default_rng(seed)
    X = [" ".join(rng.choice(WORDS, size)) for size in rng.integers(1, 12, n)]
    y = np.array([text.count("tea") > text.count("car") for text in X])
    return X, y


SHORT = {"model_name": "tiny", "max_length": 128}
EXPERTS = {"head": "moe", "n_experts": 3, "hidden_size": 8}


@parametrize_with_text_checks(
    [
        frozen(**SHORT),
        frozen(**SHORT, **EXPERTS),
        tuned(**SHORT, batch_size=64),
        tuned(**SHORT, **EXPERTS, batch_size=64),
    ]
)
@pytest.mark.filterwarnings("ignore:.* longer than max_length:UserWarning")
@pytest.mark.filterwarnings("ignore:.* of the 3 experts:UserWarning")
def test_text_estimator(estimator, check):
    # The name of a temporary folder would be another one in every process.
    check(estimator.set_params(model_name=TINY))


@pytest.mark.parametrize("head", ["linear", "moe"])
def test_a_frozen_backbone_learns_from_few_texts(head):
    model = frozen(head=head, n_experts=4).fit(train, y_train)
    assert model.score(test, y_test) > 0.9
    kind = LinearHead if head == "linear" else ExpertsHead
    assert type(model.net_.module_) is kind
    np.testing.assert_allclose(
        model.predict_proba(test),
        softmax(model.decision_function(test), axis=1),
        rtol=1e-4,
    )
    assert model.transform(test).shape == (len(test), model.net_.module_.n_features)


def test_a_real_backbone_is_fine_tuned():
    model = frozen(
        freeze_backbone=False, lr=1e-4, head_lr_scale=20.0, max_epochs=3, batch_size=16
    ).fit(train, y_train)
    assert model.score(test, y_test) > 0.9
    assert model.history_[-1]["train_loss"] < model.history_[0]["train_loss"] / 2
    before = PooledTransformer(MINILM).state_dict()
    after = model.net_.module_.backbone.state_dict()
    moved = [name for name in before if not torch.equal(before[name], after[name])]
    # All but the pooling layer, which is not used.
    assert {name for name in before if "pooler" not in name} - set(moved) == {
        name for name in before if name.endswith("position_ids")
    }


def test_experts_are_told():
    model = frozen(head="moe", n_experts=4, top_k=2).fit(train, y_train)
    gate = model.gate(test)
    assert ((gate > 0).sum(axis=1) == 2).all()
    np.testing.assert_allclose(gate.sum(axis=1), 1, rtol=1e-5)
    assert model.expert_usage_.shape == (3, 4)
    linear = frozen().fit(train, y_train)
    assert not hasattr(linear, "gate")
    assert not hasattr(linear, "expert_usage_")


def count_batches(monkeypatch):
    seen = []
    forward = PooledTransformer.forward

    def counted(module, x):
        seen.append(len(x))
        return forward(module, x)

    monkeypatch.setattr(PooledTransformer, "forward", counted)
    return seen


def test_frozen_features_are_computed_once(monkeypatch):
    seen = count_batches(monkeypatch)
    search = GridSearchCV(
        frozen(model_name=TINY, max_length=22, max_epochs=2),
        {"lr": [1e-3, 1e-2], "head": ["linear", "moe"], "dropout": [0.0, 0.1]},
        cv=StratifiedKFold(3),
    )
    X, y = words(60)
    search.fit(X, y).predict(X)
    assert sum(seen) == len(set(X))


def test_frozen_pickle_holds_no_weights():
    model = frozen(head="moe", n_experts=2, hidden_size=8).fit(train, y_train)
    pickled = pickle.dumps(model)
    assert len(pickled) < 200_000
    frozen_backbones._LOADED.clear()
    again = pickle.loads(pickled)
    np.testing.assert_allclose(
        again.predict_proba(test), model.predict_proba(test), atol=1e-6
    )


def test_fine_tuned_pickle_needs_no_weights(tmp_path):
    """It needs the tokenizer only, and holds the weights that it changed."""
    X, y = words(60)
    model = tuned(model_name=make(tmp_path)).fit(X, y)
    expected = model.predict_proba(X)
    (tmp_path / "model.safetensors").unlink()
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_allclose(again.predict_proba(X), expected, atol=1e-6)


@pytest.mark.parametrize("head", ["linear", "moe"])
@pytest.mark.parametrize("freeze", [True, False], ids=["frozen", "fine-tuned"])
def test_saved_models_go_on(head, freeze, tmp_path):
    X, y = words(60)
    folder = make(tmp_path / "encoder")
    options = {"freeze_backbone": freeze, "head": head, "n_experts": 2}
    model = tuned(model_name=folder, hidden_size=8, **options).fit(X, y)
    persistence.save(model, tmp_path / "model.sknn")
    if not freeze:
        (tmp_path / "encoder" / "model.safetensors").unlink()
    again = persistence.load(tmp_path / "model.sknn")
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    for one in (model, again):
        one.partial_fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_early_stopping_follows_weighted_f1():
    X, y = words(200)
    model = tuned(max_epochs=8, early_stopping=True, n_iter_no_change=2)
    X_val, y_val = words(100, seed=1)
    model.fit(X, y, X_val=X_val, y_val=y_val)
    rows = model.history_
    best = max(rows, key=lambda row: (row["valid_f1"], -row["valid_loss"]))
    assert model.best_epoch_ == best["epoch"]
    score = f1_score(y_val, model.predict(X_val), average="weighted")
    assert score == pytest.approx(best["valid_f1"])


def test_accumulated_batches_are_one_step():
    X, y = words(48)
    X = [" ".join((text.split() * 12)[:10]) for text in X]
    options = {"max_epochs": 2, "optimizer": "sgd", "precision": "float64", "lr": 0.1}
    whole = tuned(batch_size=48, **options).fit(X, y)
    parts = tuned(batch_size=12, accumulation_steps=4, **options).fit(X, y)
    np.testing.assert_allclose(
        whole.predict_proba(X), parts.predict_proba(X), rtol=1e-8
    )
    assert [row["lr"] for row in whole.history_] == [
        row["lr"] for row in parts.history_
    ]


def test_checkpointing_changes_nothing():
    X, y = words(40)
    plain = tuned(max_epochs=2).fit(X, y)
    saving = tuned(max_epochs=2, gradient_checkpointing=True).fit(X, y)
    np.testing.assert_allclose(
        plain.predict_proba(X), saving.predict_proba(X), rtol=1e-5
    )


def test_layers_learn_at_their_own_rates():
    X, y = words(20)
    model = tuned(layer_decay=0.5, head_lr_scale=4.0, lr_schedule="constant").fit(X, y)
    groups = model.net_.optimizer_.param_groups
    rates = sorted({group["lr"] for group in groups})
    # Embeddings, two layers, head.
    assert rates == pytest.approx([0.0025, 0.005, 0.01, 0.04])
    for group in groups:
        weights = {parameter.ndim > 1 for parameter in group["params"]}
        assert weights == {group["weight_decay"] > 0}
    n = sum(p.numel() for group in groups for p in group["params"])
    assert n == sum(p.numel() for p in model.net_.module_.parameters())


def test_rates_survive_a_warm_start():
    X, y = words(20)
    model = tuned(head_lr_scale=4.0, warm_start=True, lr_schedule="constant").fit(X, y)
    model.set_params(lr=0.001).fit(X, y)
    rates = sorted({group["lr"] for group in model.net_.optimizer_.param_groups})
    assert rates == pytest.approx([0.001, 0.004])


@pytest.mark.parametrize("kind", ["Roberta", "Camembert", "Flaubert"])
def test_other_encoders(kind, tmp_path):
    X, y = words(40)
    folder = make(tmp_path, kind)
    for freeze in (True, False):
        model = tuned(model_name=folder, freeze_backbone=freeze, layer_decay=0.9)
        model.fit(X, y)
        one_by_one = np.concatenate([model.decision_function([text]) for text in X[:5]])
        np.testing.assert_allclose(
            one_by_one, model.decision_function(X)[:5], atol=1e-4
        )
        if not freeze:
            scales = model.net_.module_.learning_rate_scales()
            assert len(set(scales.values())) >= 3


def test_module_scales_by_depth():
    module = FineTuned(PooledTransformer, "linear", 2, layer_decay=0.5, model_name=TINY)
    scales = module.learning_rate_scales()
    assert scales.keys() == {name for name, _ in module.named_parameters()}
    by_place = {
        "embeddings.word_embeddings.weight": 0.25,
        "layer.0.attention.self.query.weight": 0.5,
        "layer.1.attention.self.query.weight": 1.0,
        "pooler.dense.weight": 1.0,
    }
    for end, scale in by_place.items():
        (found,) = {s for name, s in scales.items() if name.endswith(end)}
        assert found == scale


def test_long_texts_are_counted_once():
    X, y = words(20)
    X[3] = " ".join(WORDS * 9)
    with pytest.warns(UserWarning, match="1 of 20 texts is longer") as caught:
        tuned(max_epochs=1).fit(X, y)
    assert len(caught) == 1


@pytest.mark.parametrize(
    "change, message",
    [
        ({"model_name": "no/such-model"}, "no/such-model"),
        ({"max_length": 10_000}, "max_length"),
        ({"head": "moe", "n_experts": 2, "top_k": 3}, "'top_k' parameter"),
        ({"layer_decay": 0.0}, "'layer_decay' parameter"),
        ({"accumulation_steps": 0}, "'accumulation_steps' parameter"),
        ({"pooling": "max"}, "'pooling' parameter"),
    ],
    ids=str,
)
@pytest.mark.parametrize("freeze", [True, False])
def test_bad_parameters(change, message, freeze, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises((ValueError, OSError), match=message):
        tuned(freeze_backbone=freeze, **change).fit(*words(20))


def test_an_encoder_without_pooling_layer():
    with tempfile.TemporaryDirectory() as folder:
        make(folder, "Flaubert")
        with pytest.raises(ValueError, match="pooling='pooler'"):
            tuned(model_name=folder, pooling="pooler").fit(*words(20))


def test_freezing_after_fit_is_refused():
    X, y = words(20)
    model = tuned(max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="'freeze_backbone'.*changed since fit"):
        model.set_params(freeze_backbone=True).predict(X)


@pytest.mark.parametrize("where", ["forward", "backward"])
def test_out_of_memory_names_the_cure(where, monkeypatch):
    def full(*args, **kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    X, y = words(20)
    if where == "forward":
        monkeypatch.setattr(PooledTransformer, "forward", full)
    else:
        monkeypatch.setattr(torch.Tensor, "backward", full)
    with pytest.raises(MemoryError, match=r"batch_size=4 and accumulation_steps=2"):
        tuned().fit(X, y)


def test_clone_and_repr():
    model = tuned(head="moe")
    assert repr(clone(model)) == repr(model)


def test_training_goes_on_from_another_place(tmp_path):
    X, y = words(40)
    folder = make(tmp_path / "here", max_position_embeddings=130)
    model = tuned(model_name=Path(folder), warm_start=True).fit(X, y)
    expected = model.predict_proba(X)
    persistence.save(model, tmp_path / "model.sknn")
    np.testing.assert_array_equal(
        persistence.load(tmp_path / "model.sknn").predict_proba(X), expected
    )
    elsewhere = tmp_path / "elsewhere"
    Path(folder).rename(elsewhere)
    with pytest.raises(
        persistence.PersistenceError, match="needs the configuration of"
    ):
        persistence.load(tmp_path / "model.sknn")
    model.set_params(model_name=elsewhere)
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    persistence.save(model, tmp_path / "model.sknn")
    twin = persistence.load(tmp_path / "model.sknn")
    np.testing.assert_array_equal(twin.predict_proba(X), expected)
    assert twin.fit(X, y).n_iter_ == 2 * model.n_iter_


def test_another_tokenizer_is_refused(tmp_path):
    X, y = words(40)
    folder = make(tmp_path / "a", max_position_embeddings=130)
    model = tuned(model_name=folder).fit(X, y)
    tokenizer = Path(folder, "tokenizer.json")
    changed = tokenizer.read_text().replace('"tea"', '"TEA"')
    assert changed != tokenizer.read_text()
    tokenizer.write_text(changed)
    with pytest.raises(ValueError, match="another tokenizer than that of model_name="):
        model.predict(X)


def test_another_pooling_after_fit_is_refused():
    X, y = words(40)
    for model in (tuned(), frozen(model_name=TINY, max_length=22)):
        model.fit(X, y).set_params(pooling="cls")
        with pytest.raises(
            ValueError, match="'pooling' parameter .* has changed since"
        ):
            model.predict(X)


def test_batches_to_infer_are_those_to_train_on(monkeypatch):
    X, y = words(100)
    seen = []
    forward = PooledTransformer.forward

    def counting(self, x):
        seen.append(len(x))
        return forward(self, x)

    monkeypatch.setattr(PooledTransformer, "forward", counting)
    tuned(batch_size=8, max_epochs=1).fit(X, y, X_val=X, y_val=y).predict(X)
    assert max(seen) == 8


def test_weight_decay_leaves_biases_out_after_a_change():
    X, y = words(40)
    model = tuned(weight_decay=0.01, warm_start=True).fit(X, y)
    model.set_params(weight_decay=0.5).fit(X, y)
    for group in model.net_.optimizer_.param_groups:
        matrices = {parameter.ndim > 1 for parameter in group["params"]}
        assert len(matrices) == 1
        assert group["weight_decay"] == (0.5 if matrices.pop() else 0.0)


def test_what_is_dropped_in_the_backbone_is_that_asked_for(monkeypatch):
    X, y = words(30)
    seen = []
    forward = PooledTransformer.forward

    def looking(self, x):
        dropouts = [m for m in self.modules() if isinstance(m, torch.nn.Dropout)]
        seen.append({(m.training, m.p) for m in dropouts})
        return forward(self, x)

    monkeypatch.setattr(PooledTransformer, "forward", looking)
    for probability, expected in ((None, 0.1), (0.0, 0.0), (0.3, 0.3)):
        seen.clear()
        model = tuned(max_epochs=1, batch_size=30, backbone_dropout=probability)
        model.fit(X, y)
        model.predict(X)
        assert seen == [{(True, expected)}, {(False, expected)}]


def test_a_frozen_backbone_with_a_small_learning_rate_is_warned_of():
    X, y = words(40)
    with pytest.warns(ConvergenceWarning, match="hardly learns with lr=5e-05"):
        frozen(model_name=TINY, max_length=22, lr=5e-5).fit(X, y)


def test_cheap_errors_come_before_the_dear_part(monkeypatch):
    X, y = words(40)
    monkeypatch.setattr(PooledTransformer, "forward", None)
    MEMORY.clear()
    options = {"model_name": TINY, "max_length": 22}
    with pytest.raises(ValueError, match="top_k"):
        frozen(**options, head="moe", n_experts=2, top_k=3).fit(X, y)
    with pytest.raises(ValueError, match="abel|continuous"):
        frozen(**options).fit(X, np.linspace(0, 1, len(X)))
    with pytest.raises(ValueError, match="X_val and y_val together"):
        frozen(**options).fit(X, y, X_val=X)


def test_usage_of_experts_leaves_with_them():
    X, y = words(40)
    model = frozen(model_name=TINY, max_length=22, head="moe", n_experts=2).fit(X, y)
    assert model.expert_usage_.shape == (len(model.classes_), 2)
    model.set_params(head="linear").fit(X, y)
    assert not hasattr(model, "expert_usage_")


def test_an_encoder_without_checkpointing_is_named(tmp_path):
    X, y = words(30)
    folder = make(tmp_path, kind="Flaubert")
    model = tuned(model_name=folder, gradient_checkpointing=True)
    with pytest.raises(
        ValueError, match="gradient_checkpointing=True: FlaubertModel of"
    ):
        model.fit(X, y)
