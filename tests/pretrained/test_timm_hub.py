"""Backbones by name and by folder: how they are found, and what is said if not."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import pytest
import timm
import torch
from safetensors.torch import load_file, save_file
from timm.models import save_for_hf

from sklearn_nn._pretrained.timm_hub import load_backbone, spec_of, weights_of
from sklearn_nn._training.seeding import private_seed
from tests.pretrained.backbones import FAMILIES, SMALL, make
from tests.pretrained.hub_server import COMMIT, serving

# Run by a process of its own: what a hub is, its library asks the environment once.
SCRIPT = """
import sys
import numpy as np
from sklearn_nn.neural_network import TimmEncoder

X = np.zeros((2, 40, 40, 3), np.uint8)
for line in sys.stdin:
    name, _, revision = line.strip().partition("@")
    try:
        encoder = TimmEncoder(model_name=name, revision=revision or None, image_size=32)
        print(encoder.fit_transform(X).shape, encoder.weights_)
    except Exception as error:
        print(type(error).__name__, error)
    sys.stdout.flush()
"""


@pytest.fixture(scope="session")
def backbone(tmp_path_factory):
    return make(tmp_path_factory.mktemp("backbone"))


@pytest.fixture
def copied(backbone, tmp_path):
    return Path(shutil.copytree(backbone, tmp_path / "copied"))


def test_names_are_looked_up_downloaded_and_kept(tmp_path):
    # A name of timm's leads to the hub, too.
    repository = timm.get_pretrained_cfg(SMALL).hf_hub_id
    make(tmp_path / "models" / repository)
    bare = tmp_path / "models" / "owner" / "bare"
    shutil.copytree(tmp_path / "models" / repository, bare)
    (bare / "model.safetensors").unlink()
    hub = {"HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "0"}
    with serving(tmp_path / "models") as url:
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | hub | {"HF_ENDPOINT": url},
        )

        def ask(name):
            process.stdin.write(name + "\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        answer = ask("owner/nothing")
        assert answer.startswith("ValueError model_name='owner/nothing' is neither")
        answer = ask("owner/bare")
        assert answer.startswith("OSError model_name='owner/bare': model.safetensors")
        answer = ask(f"{SMALL}@old")
        assert "has no revision='old'" in answer
        assert ask(SMALL) == f"(2, 512) {COMMIT}"
    for name in (SMALL, repository, f"{repository}@main", f"{SMALL}@{COMMIT}"):
        assert ask(name) == f"(2, 512) {COMMIT}"
    answer = ask("resnet18")
    assert answer.startswith("OSError") and "the hub cannot be reached" in answer
    _, errors = process.communicate(timeout=60)
    assert errors == ""


def test_a_folder_brings_its_weights_and_its_normalisation(tmp_path):
    folder = make(tmp_path / "a")
    file = tmp_path / "a" / "config.json"
    config = json.loads(file.read_text())
    config["pretrained_cfg"] |= {"mean": [0.1, 0.2, 0.3], "crop_pct": 0.5}
    file.write_text(json.dumps(config))
    spec = spec_of(folder, None, True, None)
    assert (spec.width, spec.mean, spec.framing.crop) == (512, (0.1, 0.2, 0.3), 0.5)
    loaded = load_backbone(folder, None, True, None)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        expected = timm.create_model(SMALL, num_classes=5).state_dict()
    for name, tensor in loaded.state_dict().items():
        assert torch.equal(tensor, expected[name]), name


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_reads_other_sizes(name):
    own = spec_of(name, None, False, None)
    assert own.framing.height == timm.get_pretrained_cfg(name).input_size[1]
    small = spec_of(name, None, False, FAMILIES[name])
    assert small.framing.height == small.framing.width == FAMILIES[name]
    assert small.width == own.width


def test_close_names_are_offered():
    with pytest.raises(ValueError, match="'resnet5' is neither .* such as resnet50"):
        spec_of("resnet5", None, True, None)


def test_names_without_weights_say_so():
    with pytest.raises(ValueError, match="no pretrained weights of .*pretrained=False"):
        spec_of("coatnet_pico_rw_224", None, True, None)
    assert spec_of("coatnet_pico_rw_224", None, False, None).width == 512


def test_a_size_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="of 1 x 1 pixels. Set image_size"):
        spec_of("swin_tiny_patch4_window7_224", None, False, 1)


def test_a_pickle_of_weights_is_never_read(copied):
    weights = copied / "model.safetensors"
    weights.rename(copied / "pytorch_model.bin")
    with pytest.raises(ValueError, match="needs config.json and.*a pickle are never"):
        load_backbone(str(copied), None, True, None)
    assert load_backbone(str(copied), None, False, None)


@pytest.mark.parametrize("how", ["prefixed", "incomplete"])
def test_weights_that_do_not_fit_are_refused(copied, how):
    weights = load_file(copied / "model.safetensors")
    if how == "prefixed":
        weights = {f"backbone.{name}": tensor for name, tensor in weights.items()}
    else:
        weights = dict(list(weights.items())[:10])
    save_file(weights, copied / "model.safetensors")
    with pytest.raises(ValueError, match="timm cannot build model_name='.*copied'"):
        load_backbone(str(copied), None, True, None)


@pytest.mark.parametrize(
    "change",
    [{"std": [0, 0, 0]}, {"mean": [0.5, 0.5]}, {"crop_pct": -1.0}],
    ids=["std", "mean", "crop"],
)
def test_a_configuration_that_cannot_be_is_refused(copied, change):
    config = json.loads((copied / "config.json").read_text())
    config["pretrained_cfg"] |= change
    (copied / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="a configuration that cannot be: mean="):
        spec_of(str(copied), None, True, None)


def test_a_configuration_may_not_name_other_weights(copied):
    config = json.loads((copied / "config.json").read_text())
    config["model_args"] = {"pretrained_cfg_overlay": {"file": "other.pth"}}
    (copied / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="sets 'pretrained_cfg_overlay'"):
        spec_of(str(copied), None, True, None)


def test_a_changed_configuration_is_seen(copied):
    before = spec_of(str(copied), None, True, None)
    config = json.loads((copied / "config.json").read_text())
    config["pretrained_cfg"]["mean"] = [0.25, 0.5, 0.75]
    (copied / "config.json").write_text(json.dumps(config))
    assert before.mean != spec_of(str(copied), None, True, None).mean
    assert spec_of(str(copied), None, True, None).mean == (0.25, 0.5, 0.75)


def test_what_was_made_for_grey_reads_colours(tmp_path):
    save_for_hf(
        timm.create_model(SMALL, in_chans=1), str(tmp_path), safe_serialization=True
    )
    spec = spec_of(str(tmp_path), None, True, None)
    assert len(spec.mean) == len(spec.std) == 3
    backbone = load_backbone(str(tmp_path), None, True, None)
    assert next(backbone.parameters()).shape[1] == 3


def test_a_folder_nearby_is_not_what_timm_names(tmp_path, monkeypatch):
    repository = timm.get_pretrained_cfg(SMALL).hf_hub_id
    make(tmp_path / repository)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    for find in (spec_of, load_backbone):
        with pytest.raises(OSError, match="is not on this machine"):
            find(SMALL, None, True, None)


def test_damaged_folders_are_named(copied):
    (copied / "model.safetensors").write_bytes(b"12345678")
    with pytest.raises(ValueError, match="timm cannot build model_name='.*copied'"):
        load_backbone(str(copied), None, True, None)
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps(config | {"architecture": "no"}))
    with pytest.raises(ValueError, match="cannot build model_name='.*copied'.*no"):
        spec_of(str(copied), None, False, 32)
    (copied / "config.json").unlink()
    with pytest.raises(ValueError, match="is not complete"):
        spec_of(str(copied), None, True, None)


def test_weights_are_identified(backbone, copied, tmp_path):
    def weights(name, pretrained=True, seed=0):
        return weights_of(name, None, pretrained, 32, seed)

    assert weights(backbone) == weights(str(copied))
    assert weights(backbone) != weights(make(tmp_path / "other", seed=1))
    assert weights(SMALL, False) == weights(SMALL, False)
    assert weights(SMALL, False) != weights(SMALL, False, seed=1)
    name, seed, digest = weights(SMALL, False).split()
    assert (name, len(digest)) == ("random", 64)
    with private_seed(int(seed), torch.device("cpu")):
        first = next(load_backbone(SMALL, None, False, 32).parameters())
    with private_seed(int(seed), torch.device("cpu")):
        again = next(load_backbone(SMALL, None, False, 32).parameters())
    assert torch.equal(first, again)
