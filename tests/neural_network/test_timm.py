"""TimmClassifier: an image backbone, frozen or trained on."""

import copy
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
import timm
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklearn_nn import persistence
from sklearn_nn._pretrained import frozen as frozen_backbones
from sklearn_nn._pretrained.cache import MEMORY
from sklearn_nn._pretrained.picture_rows import PictureRows
from sklearn_nn._pretrained.pictures import Framing
from sklearn_nn._training.loss import mixed
from sklearn_nn.modules.timm_backbone import TimmBackbone
from sklearn_nn.neural_network import TimmClassifier, TimmEncoder
from sklearn_nn.utils.estimator_checks import parametrize_with_image_checks
from tests.neural_network.pictures_of_digits import LABELS, PICTURES, files
from tests.pretrained.backbones import FAMILIES, SMALL, make

X, y = PICTURES[:300], LABELS[:300]
CPU, FRAMING = torch.device("cpu"), Framing(32, 32)


def random(**parameters):
    """A small backbone that starts at random: there are no weights here."""
    defaults = {
        "model_name": SMALL,
        "pretrained": False,
        "image_size": 32,
        "precision": "float32",
        "augment": False,
        "lr": 1e-3,
        "max_epochs": 1,
        "random_state": 0,
    }
    return TimmClassifier(**(defaults | parameters))


def frozen(**parameters):
    defaults = {"freeze_backbone": True, "lr": 1e-2, "max_epochs": 10}
    return random(**(defaults | parameters))


@parametrize_with_image_checks(
    [
        frozen(max_epochs=3),
        frozen(max_epochs=3, lr=1e-3, head="moe", n_experts=2, hidden_size=8),
        random(batch_size=64, augment=True),
        TimmEncoder(
            model_name=SMALL, pretrained=False, image_size=32, precision="float32"
        ),
    ]
)
def test_image_estimator(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_is_built_and_trained_a_step(name):
    size = FAMILIES[name]
    model = random(model_name=name, image_size=size, batch_size=8, max_epochs=2)
    model.set_params(layer_decay=0.9, head_lr_scale=10.0, mixup=0.2, augment=True)
    model.fit(X[:8], y[:8] % 2)
    first, second = model.history_
    assert np.isfinite([first["train_loss"], second["train_loss"]]).all()
    module = model.net_.module_
    with torch.random.fork_rng():
        torch.manual_seed(0)
        start = TimmBackbone(name, None, False, size)
    moved = {
        name: not torch.equal(a, b)
        for (name, a), b in zip(
            module.backbone.named_parameters(), start.parameters(), strict=True
        )
    }
    assert all(moved.values()), [name for name, has in moved.items() if not has]
    assert model.transform(X[:3]).shape == (3, module.backbone.n_features)
    assert model.predict_proba(X[:3]).shape == (3, 2)


@pytest.mark.parametrize("name", FAMILIES)
def test_layers_learn_slower_the_deeper_they_are(name):
    module = TimmBackbone(name, None, False, FAMILIES[name])
    depths = module.depths()
    names = [name for name, _ in module.named_parameters()]
    assert sorted(depths) == sorted(names)
    assert depths[names[0]] == 0
    assert sorted(set(depths.values())) == list(range(max(depths.values()) + 1))
    assert max(depths.values()) >= 3


def test_a_trained_backbone_learns_and_beats_a_frozen_random_one():
    train, test = slice(500), slice(500, 800)
    tuned, still = (
        model.fit(PICTURES[train], LABELS[train]).score(PICTURES[test], LABELS[test])
        for model in (random(max_epochs=4), frozen())
    )
    assert tuned > 0.85
    assert 0.5 < still < tuned


def test_what_the_backbone_reads_is_normalised():
    module = TimmBackbone(SMALL, None, False, 32).eval()
    pixels = torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8)
    config = timm.data.resolve_model_data_config(module.model)
    mean = torch.tensor(config["mean"]).view(3, 1, 1)
    std = torch.tensor(config["std"]).view(3, 1, 1)
    with torch.inference_mode():
        expected = module.model((pixels / 255 - mean) / std)
        torch.testing.assert_close(module(pixels), expected, rtol=1e-4, atol=1e-5)


def test_files_are_read_as_they_are_needed(tmp_path, monkeypatch):
    paths = files(tmp_path, X[:40])
    read = []
    take = PictureRows._read

    def counting(self, batches):
        for batch in batches:
            read.append(len(batch))
        return take(self, batches)

    monkeypatch.setattr(PictureRows, "_read", counting)
    model = random(batch_size=10, max_epochs=2).fit(paths, y[:40])
    assert read == [10] * 8
    expected = random(batch_size=10, max_epochs=2).fit(X[:40], y[:40])
    np.testing.assert_array_equal(
        model.predict_proba(paths), expected.predict_proba(X[:40])
    )


@pytest.mark.parametrize("freeze", [False, True])
def test_a_damaged_file_in_training_names_the_row_and_loses_nothing(tmp_path, freeze):
    paths = files(tmp_path, X[:40])
    model = random(freeze_backbone=freeze, early_stopping=True, batch_size=8)
    model.fit(X[:40], y[:40] % 2)
    before = model.predict_proba(X[:40])
    content = paths[17].read_bytes()
    paths[17].write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"^Row 17 of X cannot be read .*17\.png"):
        model.fit(paths, y[:40] % 2)
    np.testing.assert_array_equal(model.predict_proba(X[:40]), before)


def test_augmentation_is_for_training_alone():
    plain, altered = random(), random(augment=True)
    for model in (plain, altered):
        model.fit(X[:60], y[:60])
    assert plain.history_[0]["train_loss"] != altered.history_[0]["train_loss"]
    again = random(augment=True, n_jobs=2).fit(X[:60], y[:60])
    np.testing.assert_array_equal(again.predict_proba(X), altered.predict_proba(X))
    np.testing.assert_array_equal(altered.predict_proba(X), altered.predict_proba(X))


def test_mixup_mixes_images_and_labels():
    torch.manual_seed(0)
    x = torch.randint(0, 256, (6, 3, 4, 4), dtype=torch.uint8)
    shares = []
    for _ in range(200):
        mixture = mixed(x, 0.2)
        expected = (1 - mixture.share) * x + mixture.share * x[mixture.partner]
        torch.testing.assert_close(mixture.x, expected)
        shares.append(float(mixture.share))
    assert 0 <= min(shares) < max(shares) <= 0.5
    model = random(mixup=0.4).fit(X[:60], y[:60], sample_weight=np.ones(60))
    unweighted = random(mixup=0.4).fit(X[:60], y[:60])
    np.testing.assert_allclose(
        model.predict_proba(X), unweighted.predict_proba(X), atol=1e-4
    )
    plain = random().fit(X[:60], y[:60])
    assert model.history_[0]["train_loss"] != plain.history_[0]["train_loss"]


def test_mixup_with_a_frozen_backbone_is_refused():
    with pytest.raises(ValueError, match="'mixup' parameter of TimmClassifier"):
        frozen(mixup=0.2).fit(X[:20], y[:20] % 2)


def test_frozen_vectors_are_computed_once(monkeypatch):
    MEMORY.clear()
    seen = []
    forward = TimmBackbone.forward

    def counting(self, x):
        seen.append(len(x))
        return forward(self, x)

    monkeypatch.setattr(TimmBackbone, "forward", counting)
    search = GridSearchCV(frozen(max_epochs=2), {"lr": [1e-3, 1e-2]}, cv=3)
    search.fit(X[:60], y[:60] % 2).predict(X[:60])
    assert sum(seen) == 60


def test_gate_and_usage_of_experts():
    model = random(head="moe", n_experts=3, hidden_size=8).fit(X[:100], y[:100])
    gate = model.gate(X[:20])
    assert gate.shape == (20, 3)
    np.testing.assert_allclose(gate.sum(axis=1), 1, atol=1e-5)
    assert model.expert_usage_.shape == (10, 3)


def test_a_frozen_pickle_holds_no_weights():
    model = frozen().fit(X[:60], y[:60])
    pickled = pickle.dumps(model)
    assert len(pickled) < 200_000
    expected = model.predict_proba(X[:60])
    frozen_backbones._LOADED.clear()
    MEMORY.clear()
    np.testing.assert_allclose(
        pickle.loads(pickled).predict_proba(X[:60]), expected, atol=1e-6
    )


def test_a_fine_tuned_model_needs_no_weights_elsewhere(tmp_path):
    folder = make(tmp_path / "weights")
    model = random(model_name=folder, pretrained=True).fit(X[:60], y[:60])
    expected = model.predict_proba(X[:60])
    pickled = pickle.dumps(model)
    persistence.save(model, tmp_path / "model.sknn")
    np.testing.assert_array_equal(
        persistence.load(tmp_path / "model.sknn").predict_proba(X[:60]), expected
    )
    os.rename(folder, tmp_path / "elsewhere")
    np.testing.assert_array_equal(pickle.loads(pickled).predict_proba(X[:60]), expected)


def test_frozen_weights_of_a_folder_are_asked_for(tmp_path):
    folder = make(tmp_path / "weights")
    model = frozen(model_name=folder, pretrained=True).fit(X[:60], y[:60])
    expected = model.predict_proba(X[:60])
    persistence.save(model, tmp_path / "model.sknn")
    twin = persistence.load(tmp_path / "model.sknn")
    os.rename(folder, tmp_path / "elsewhere")
    for fitted in (model, twin):
        with pytest.raises(ValueError, match="no such folder.*set_params.model_name="):
            fitted.predict(X[:60])
    make(tmp_path / "weights", seed=1)
    with pytest.raises(ValueError, match="the folder now holds others"):
        twin.predict(X[:60])
    twin.set_params(model_name=str(tmp_path / "elsewhere"))
    np.testing.assert_allclose(twin.predict_proba(X[:60]), expected, atol=1e-6)


def test_random_weights_of_other_versions_are_refused():
    model = frozen().fit(X[:60], y[:60])
    kind, seed, digest = model.weights_.split()
    model.weights_ = f"{kind} {seed} {digest[::-1]}"
    with pytest.raises(ValueError, match="does not draw again. Fit again"):
        model.predict(X[:60])


@pytest.mark.parametrize("name", ["pretrained", "freeze_backbone"])
def test_what_cannot_change_after_fit_is_refused(name):
    model = frozen().fit(X[:20], y[:20] % 2)
    model.set_params(**{name: not getattr(model, name)})
    with pytest.raises(ValueError, match=f"{name}' parameter .* has changed since fit"):
        model.predict(X[:20])


def test_checkpointing_changes_nothing_but_memory():
    # Without batch normalisation, whose averages a second computation would move.
    options = {"model_name": "convnextv2_atto", "image_size": 64}
    plain = random(**options).fit(X[:40], y[:40])
    saving = random(**options, gradient_checkpointing=True).fit(X[:40], y[:40])
    np.testing.assert_allclose(
        saving.predict_proba(X[:40]), plain.predict_proba(X[:40]), atol=1e-4
    )
    with pytest.raises(ValueError, match="gradient_checkpointing=True: .*'vgg11' cann"):
        random(model_name="vgg11", gradient_checkpointing=True).fit(X[:20], y[:20] % 2)


def test_training_goes_on_where_it_stopped():
    whole = random(lr_schedule="constant", max_epochs=1, warm_start=True)
    whole.fit(X[:60], y[:60])
    twin = copy.deepcopy(whole)
    for model in (whole, twin):
        model.fit(X[:60], y[:60])
        assert model.n_iter_ == 2
    np.testing.assert_array_equal(whole.predict_proba(X), twin.predict_proba(X))
    first = clone(whole).partial_fit(X[:60], y[:60], classes=np.unique(y))
    assert first.partial_fit(X[60:90], y[60:90]).n_iter_ == 2


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    for model in (random(), TimmEncoder()):
        with pytest.raises(ImportError, match=r"pip install sklearn_nn\[vision\]"):
            model.fit(X[:20], y[:20] % 2)


def test_a_torchvision_of_another_torch_is_named(tmp_path):
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(
        "raise RuntimeError('operator torchvision::nms does not exist')"
    )
    script = (
        "from sklearn_nn.neural_network import TimmEncoder, TransformerEncoder\n"
        "for cls in (TimmEncoder, TransformerEncoder):\n"
        "    try:\n"
        "        cls().fit([__import__('sys').executable])\n"
        "    except Exception as error:\n"
        "        print(type(error).__name__, error)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert len(answer) == 2
    for line in answer:
        assert line.startswith("ImportError torchvision was built for another torch")


def test_searches_in_processes_read_in_processes(tmp_path):
    paths = np.array([str(path) for path in files(tmp_path, X[:30])])
    model = random(batch_size=8, n_jobs=2)
    search = GridSearchCV(model, {"lr": [1e-3, 1e-2]}, cv=2, n_jobs=2)
    search.fit(paths, y[:30] % 2)
    alone = GridSearchCV(model.set_params(n_jobs=1), {"lr": [1e-3, 1e-2]}, cv=2)
    alone.fit(paths, y[:30] % 2)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
    )


def test_a_last_batch_of_one_joins_the_one_before():
    model = random(batch_size=8, lr_schedule="onecycle").fit(X[:25], y[:25])
    assert model.history_[0]["train_loss"] > 0
    assert list(map(len, PictureRows(X[:25], CPU, FRAMING).shuffled(8))) == [8, 8, 9]
    assert list(map(len, PictureRows(X[:26], CPU, FRAMING).shuffled(8))) == [8, 8, 8, 2]
    with pytest.raises(
        ValueError, match="a batch of one image.*Raise batch_size .now 8"
    ):
        model.partial_fit(X[:1], y[:1])


def test_architectures_with_the_same_random_weights_are_told_apart():
    MEMORY.clear()
    options = {"pretrained": False, "image_size": 32, "random_state": 0}
    ours, theirs = (
        TimmEncoder(model_name=name, **options).fit_transform(X[:3])
        for name in ("efficientnet_lite0", "tf_efficientnet_lite0")
    )
    assert not np.allclose(ours, theirs, atol=1e-2)


def test_another_backbone_after_fit_is_refused(tmp_path):
    model = random(warm_start=True).fit(X[:20], y[:20] % 2)
    model.set_params(model_name="convnextv2_atto")
    for call in (model.fit, lambda X, y: model.predict(X)):
        with pytest.raises(ValueError, match="'model_name' parameter .* has changed"):
            call(X[:20], y[:20] % 2)


def test_a_backbone_whose_layers_are_unknown_learns_at_one_rate():
    model = random(model_name="poolformer_s12").fit(X[:16], y[:16] % 2)
    assert model.n_iter_ == 1
    with pytest.raises(ValueError, match="layer_decay=0.9: the layers"):
        clone(model).set_params(layer_decay=0.9).fit(X[:16], y[:16] % 2)
