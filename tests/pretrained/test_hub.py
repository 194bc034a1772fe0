"""Models by name and by folder: how they are found, and what is said if not."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import pytest
import transformers
from huggingface_hub.utils import are_progress_bars_disabled
from transformers.utils import logging

from sklearn_nn._pretrained.hub import load_config, load_encoder, load_tokenizer
from sklearn_nn._pretrained.limits import check_max_length, check_pooling, n_positions
from sklearn_nn._pretrained.places import fingerprint, revision_of
from tests.pretrained.encoders import KINDS, MINILM, make
from tests.pretrained.hub_server import COMMIT, serving

# Run by a process of its own: what a hub is, transformers asks the environment once.
SCRIPT = """
import sys
from sklearn_nn.neural_network._transformer_encoder import TransformerEncoder

def attempt(name, revision=None):
    try:
        encoder = TransformerEncoder(
            model_name=name, revision=revision, max_length=20, precision="float32"
        )
        print(encoder.fit_transform(["tea"]).shape, encoder.weights_)
    except Exception as error:
        print(type(error).__name__, error)

for line in sys.stdin:
    name, _, revision = line.strip().partition("@")
    attempt(name, revision or None)
    sys.stdout.flush()
"""


@pytest.fixture
def start(tmp_path):
    """Start a process that tries one model a line; return how to ask it."""
    running = []

    def start(endpoint):
        hub = {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "cache")}
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | hub | {"HF_HUB_OFFLINE": "0"},
        )
        running.append(process)

        def ask(name):
            process.stdin.write(name + "\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        return ask

    yield start
    for process in running:
        _, errors = process.communicate(timeout=60)
        assert errors == ""


def test_names_are_looked_up_downloaded_and_kept(tmp_path, start):
    make(tmp_path / "models" / "owner" / "tiny")
    (tmp_path / "models" / "owner" / "empty").mkdir()
    with serving(tmp_path / "models") as url:
        ask = start(url)
        answer = ask("owner/nothing")
        assert answer.startswith("ValueError model_name='owner/nothing' is neither")
        assert "Look it up on the hub" in answer
        answer = ask("owner/tiny@old")
        assert answer.startswith("ValueError model_name='owner/tiny' has no revision=")
        answer = ask("owner/empty")
        assert answer.startswith("ValueError model_name='owner/empty' has no config.js")
        assert ask("owner/tiny") == f"(1, 16) {COMMIT}"
    for name in ("owner/tiny", "owner/tiny@main", f"owner/tiny@{COMMIT}"):
        assert ask(name) == f"(1, 16) {COMMIT}"
    answer = ask("owner/other")
    assert answer.startswith("OSError model_name='owner/other' (revision=None) is not")
    assert "the hub cannot be reached. Name a local folder" in answer


def test_with_the_hub_switched_off_the_cure_is_a_folder(monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(OSError, match="'owner/other'.*Name a local folder, or downlo"):
        fingerprint("owner/other")


@pytest.mark.parametrize("name", ["/no/such/folder", "no model", "./here"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ValueError, match=f"'{name}' is neither a folder on this machi"):
        load_config(name)


def spoil(file, content):
    def apply(folder):
        Path(folder, file).write_bytes(content)

    return apply


def remove(*files):
    def apply(folder):
        for file in files:
            Path(folder, file).unlink()

    return apply


def rewrite(**changes):
    def apply(folder):
        path = Path(folder, "config.json")
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return apply


@pytest.mark.parametrize(
    "change, load, message",
    [
        (remove("config.json"), load_config, "without usable configuration"),
        (spoil("config.json", b"{,"), load_config, "without usable configuration"),
        (rewrite(model_type="unheard"), load_config, "without usable configuration"),
        (rewrite(is_encoder_decoder=True), load_config, "an encoder with a decoder"),
        (remove("tokenizer.json"), load_tokenizer, "without usable tokenizer"),
        (
            remove("tokenizer.json", "tokenizer_config.json"),
            load_tokenizer,
            "without usable tokenizer: Its files are missing",
        ),
        (spoil("tokenizer.json", b"{,"), load_tokenizer, "without usable tokenizer"),
        (remove("model.safetensors"), load_encoder, "without usable weights"),
        (spoil("model.safetensors", b"x"), load_encoder, "without usable weights"),
        (rewrite(num_hidden_layers=3), load_encoder, "the weights lack 16 tensors"),
        (rewrite(vocab_size=30), load_encoder, "without usable weights"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_folder_that_lacks_something_is_refused(tmp_path, change, load, message):
    make(tmp_path)
    change(tmp_path)
    with pytest.raises(ValueError, match=f"{tmp_path}.*{message}"):
        load(tmp_path)


def test_code_of_a_model_is_never_run(tmp_path):
    make(tmp_path)
    rewrite(
        model_type="unheard",
        auto_map={"AutoConfig": "code.Config", "AutoModel": "code.Model"},
    )(tmp_path)
    (tmp_path / "code.py").write_text("raise SystemExit('the code was run')")
    with pytest.raises(ValueError, match="without usable configuration"):
        load_config(tmp_path)


@pytest.mark.parametrize("kind, most", [*zip(KINDS, [24, 22, 22, 24], strict=True)])
def test_positions_are_counted(tmp_path, kind, most):
    folder = make(tmp_path, kind)
    assert n_positions(folder) == most
    check_max_length(folder, None, most)
    check_max_length(folder, None, 3)
    with pytest.raises(ValueError, match=rf"max_length={most + 1} .*={most} or less"):
        check_max_length(folder, None, most + 1)
    with pytest.raises(ValueError, match="beside the 2 special tokens.*=3 or more"):
        check_max_length(folder, None, 2)


def test_an_encoder_without_a_pooling_layer_says_what_works(tmp_path):
    folder = make(tmp_path, "Flaubert")
    check_pooling(folder, None, "mean")
    check_pooling(MINILM, None, "pooler")
    with pytest.raises(ValueError, match="no pooling layer.*'mean' and pooling='cls'"):
        check_pooling(folder, None, "pooler")


def test_loading_is_silent_and_leaves_the_settings(tmp_path, capfd):
    make(tmp_path)
    # Weights that config.json does not ask for are reported by transformers.
    rewrite(num_hidden_layers=1)(tmp_path)
    capfd.readouterr()
    verbosity = logging.get_verbosity()
    logging.set_verbosity_info()
    try:
        for _ in range(2):
            load_encoder(tmp_path)
            load_tokenizer(tmp_path)
            assert capfd.readouterr() == ("", "")
            assert logging.get_verbosity() == logging.INFO
            assert logging.is_progress_bar_enabled()
            assert not are_progress_bars_disabled()
    finally:
        logging.set_verbosity(verbosity)
    logging.disable_progress_bar()
    try:
        load_encoder(tmp_path)
        assert not logging.is_progress_bar_enabled()
        assert are_progress_bars_disabled()
    finally:
        logging.enable_progress_bar()


def test_a_fingerprint_follows_the_content(tmp_path):
    make(tmp_path / "one")
    first = fingerprint(tmp_path / "one")
    assert len(first) == len(hashlib.sha256().hexdigest())
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    (tmp_path / "two" / "README.md").write_text("another place")
    assert fingerprint(tmp_path / "two") == first
    rewrite(layer_norm_eps=0.1)(tmp_path / "two")
    assert fingerprint(tmp_path / "two") != first
    make(tmp_path / "one", seed=1)
    assert fingerprint(tmp_path / "one") != first


def test_weights_of_a_fit_are_asked_for(tmp_path):
    make(tmp_path)
    weights = fingerprint(tmp_path)
    assert revision_of(weights, tmp_path, None, "Model") is None
    assert revision_of(COMMIT, "owner/tiny", "main", "Model") == COMMIT
    with pytest.raises(ValueError, match="Model was fitted .*folder now holds others"):
        revision_of("0" * 64, tmp_path, None, "Model")
    with pytest.raises(ValueError, match="'/gone' .* no such folder here"):
        revision_of(weights, "/gone", None, "Model")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ImportError, match=r"pip install sklearn_nn\[transformers\]"):
        load_config(MINILM)


def test_weights_are_loaded_in_float32(tmp_path):
    make(tmp_path)
    model = transformers.AutoModel.from_pretrained(tmp_path).half()
    model.save_pretrained(tmp_path)
    encoder, untrained = load_encoder(tmp_path)
    assert {str(p.dtype) for p in encoder.parameters()} == {"torch.float32"}
    assert not encoder.training
    assert untrained == frozenset()
