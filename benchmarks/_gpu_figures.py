"""How fast sklearn_nn is on a GPU, and how much of its memory it takes."""

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from sklearn_nn._pretrained.cache import MEMORY
from sklearn_nn._training.device import resolve_precision
from sklearn_nn.modules import MoEHead
from sklearn_nn.neural_network import (
    BiGRUClassifier,
    CNNClassifier,
    MLPClassifier,
    TimmClassifier,
    TransformerClassifier,
    TransformerEncoder,
)

CPU = torch.device("cpu")
ROUNDS = 3
# Seconds after which a measure begins no further round.
BUDGET = 25.0
N_WARM_UP = 128
COLUMNS = ("candidate", "rows", "seconds", "rows/s", "peak_MiB", "cpu_rows/s", "ratio")

# Computes some rows on a device, and says how many times it went through them.
Work = Callable[[torch.device, int], int]


def in_turn(
    bench: Any, candidates: dict[str, Work], n_rows: int, cpu_rows: int
) -> list[dict]:
    """Time candidates round by round, then the first of them on the processor."""
    n_warm_up = min(n_rows, bench.size(N_WARM_UP, 8))
    for work in candidates.values():
        work(bench.device, n_warm_up)
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    peaks, n_passes = dict.fromkeys(candidates, 0), dict.fromkeys(candidates, 1)
    began = time.perf_counter()
    names = list(candidates)
    for turn in range(1 if bench.small else ROUNDS):
        if time.perf_counter() - began > BUDGET:
            break
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            _reset_peak(bench)
            bench.synchronise()
            started = time.perf_counter()
            n_passes[name] = candidates[name](bench.device, n_rows)
            bench.synchronise()
            seconds[name].append(time.perf_counter() - started)
            peaks[name] = max(peaks[name], _peak(bench))
    rows = []
    for name in names:
        middle = statistics.median(seconds[name])
        rows.append(
            {
                "candidate": name,
                "rows": n_rows,
                "passes": n_passes[name],
                "rounds": seconds[name],
                "seconds": middle,
                "rows/s": n_passes[name] * n_rows / middle,
                "peak_MiB": peaks[name] / 2**20 if bench.is_gpu else None,
            }
        )
    if bench.is_gpu:
        rows[0] |= _beside(candidates[names[0]], min(cpu_rows, n_rows))
        rows[0]["ratio"] = rows[0]["rows/s"] / rows[0]["cpu_rows/s"]
    return rows


def _beside(work: Work, n_rows: int) -> dict:
    """Return the processor's rate, from one round on fewer rows."""
    work(CPU, min(n_rows, N_WARM_UP) // 2)
    started = time.perf_counter()
    n_passes = work(CPU, n_rows)
    seconds = time.perf_counter() - started
    return {"cpu_rows": n_rows, "cpu_rows/s": n_passes * n_rows / seconds}


def _reset_peak(bench: Any) -> None:
    if bench.is_gpu:
        torch.cuda.reset_peak_memory_stats(bench.device)


def _peak(bench: Any) -> int:
    return torch.cuda.max_memory_allocated(bench.device) if bench.is_gpu else 0


def table(rows: list[dict]) -> list[dict]:
    return [{key: row.get(key) for key in COLUMNS} for row in rows]


def fit(model: Any, X: Any, y: np.ndarray, options: dict, device, n: int) -> int:
    made = model(device=str(device), random_state=0, **options)
    return made.fit(X[:n], y[:n]).n_iter_


def mlp(bench: Any) -> list[dict]:
    """784-128-10, in small batches and in large ones, on rows in memory."""
    n = bench.size(60_000, 1000)
    draw = np.random.default_rng(0)
    X, y = draw.random((n, 784), dtype=np.float32), draw.integers(10, size=n)
    candidates = {
        f"batch {size}": partial(
            fit, MLPClassifier, X, y, {"batch_size": size, "max_epochs": 3}
        )
        for size in (64, 1024)
    }
    return in_turn(bench, candidates, n, cpu_rows=60_000)


def cnn(bench: Any) -> list[dict]:
    """Two blocks of convolutions on grey images of 28 x 28."""
    n = bench.size(60_000, 256)
    draw = np.random.default_rng(0)
    X, y = draw.random((n, 28, 28), dtype=np.float32), draw.integers(10, size=n)
    options = {"max_epochs": 2}
    candidates = {
        "batch 64": {"batch_size": 64},
        "batch 1024": {"batch_size": 1024},
        "batch 1024, float32": {"batch_size": 1024, "precision": "float32"},
    }
    works = {
        name: partial(fit, CNNClassifier, X, y, {**options, **more})
        for name, more in candidates.items()
    }
    return in_turn(bench, works, n, cpu_rows=10_000)


def bigru(bench: Any) -> list[dict]:
    """As many rows of ids as the training part of 20 Newsgroups, cut at 400."""
    X, y = bench.ids(bench.size(11_314, 128), bench.size(400, 40), 30_000, n_classes=20)
    options = {"max_epochs": 1}
    candidates = {
        f"batch {size}": partial(
            fit, BiGRUClassifier, X, y, {"batch_size": size, **options}
        )
        for size in (64, 256)
    }
    return in_turn(bench, candidates, len(X), cpu_rows=640)


def _minilm(bench: Any) -> dict:
    length = bench.size(128, 24)
    return {"model_name": bench.encoder, "max_length": length, "batch_size": 64}


def minilm_training(bench: Any) -> list[dict]:
    """The whole encoder trained on texts that fill all tokens."""
    n = bench.size(9600, 64)
    options = {**_minilm(bench), "max_epochs": 1}
    X, y = bench.texts(n, options["max_length"], seed=2)
    candidates = {
        "as by default": options,
        "float32": {**options, "precision": "float32"},
        "checkpointing": {**options, "gradient_checkpointing": True},
    }
    works = {
        name: partial(fit, TransformerClassifier, X, y, more)
        for name, more in candidates.items()
    }
    return in_turn(bench, works, n, cpu_rows=256)


def _predict(model: Callable, X: Any, y: np.ndarray, options: dict) -> Work:
    """Return what predicts with a model that is fitted once a device."""
    fitted: dict[torch.device, Any] = {}

    def work(device: torch.device, n: int) -> int:
        if device not in fitted:
            made = model(device=str(device), random_state=0, max_epochs=1, **options)
            fitted[device] = made.fit(X[:64], y[:64])
        fitted[device].predict_proba(X[:n])
        return 1

    return work


def minilm_inference(bench: Any) -> list[dict]:
    """Probabilities from the encoder in training, tokens and all."""
    n, options = bench.size(19_200, 64), _minilm(bench)
    X, y = bench.texts(n, options["max_length"], seed=3)
    works = {
        "as by default": _predict(TransformerClassifier, X, y, options),
        "float32": _predict(
            TransformerClassifier, X, y, {**options, "precision": "float32"}
        ),
    }
    return in_turn(bench, works, n, cpu_rows=512)


def minilm_features(bench: Any) -> list[dict]:
    """Vectors of short texts from the frozen encoder, none of them known."""
    texts, what = bench.short_texts(bench.size(29_680, 64))

    def work(batch_size: int, device: torch.device, n: int) -> int:
        MEMORY.clear()
        TransformerEncoder(
            model_name=bench.encoder,
            max_length=128,
            batch_size=batch_size,
            device=str(device),
        ).fit_transform(texts[:n])
        return 1

    works = {f"batch {n}, {what}": partial(work, n) for n in (64, 512)}
    return in_turn(bench, works, len(texts), cpu_rows=2000)


def _resnet(bench: Any) -> tuple[dict, np.ndarray, np.ndarray, dict[str, dict]]:
    options = {
        "model_name": "resnet10t" if bench.small else "resnet50",
        "pretrained": False,
        "image_size": bench.size(224, 64),
        "batch_size": 64,
    }
    X, y = bench.pictures(bench.size(1280, 64), bench.size(256, 64))
    many = bench.size(8, 2)
    candidates = {
        "n_jobs 1": {"n_jobs": 1},
        f"n_jobs {many}": {"n_jobs": many},
        f"n_jobs {many}, float32": {"n_jobs": many, "precision": "float32"},
    }
    return options, X, y, candidates


def resnet_training(bench: Any) -> list[dict]:
    """ResNet-50 trained on altered images, from arrays in memory."""
    options, X, y, candidates = _resnet(bench)
    epochs = bench.size(2, 1)
    works = {
        name: partial(
            fit, TimmClassifier, X, y, {**options, **more, "max_epochs": epochs}
        )
        for name, more in candidates.items()
    }
    return in_turn(bench, works, len(X), cpu_rows=128)


def resnet_inference(bench: Any) -> list[dict]:
    """Probabilities of images from arrays in memory."""
    options, X, y, candidates = _resnet(bench)
    works = {
        name: _predict(TimmClassifier, X, y, {**options, **more})
        for name, more in candidates.items()
    }
    return in_turn(bench, works, len(X), cpu_rows=256)


def resnet_step(bench: Any) -> list[dict]:
    """The same network alone, forward and back, on images that lie on the device."""
    options, X, y, _ = _resnet(bench)
    model = TimmClassifier(
        **options, max_epochs=1, augment=False, device=str(bench.device), random_state=0
    )
    network = model.fit(X[:4], y[:4]).net_.module_.backbone.model.train()
    side = options["image_size"]
    pixels = torch.randn(bench.size(64, 4), 3, side, side)
    passes = 20

    def work(layout: str, precision: str, device: torch.device, n: int) -> int:
        form = getattr(torch, layout)
        network.to(device=device, memory_format=form)
        batch = pixels[:n].to(device).contiguous(memory_format=form)
        n_passes = passes if device.type == "cuda" else 1
        _train(network, batch, precision, n_passes)
        return n_passes

    works = {
        f"{layout}, {precision}": partial(work, layout, precision)
        for layout in ("channels_last", "contiguous_format")
        for precision in ("bfloat16", "float32")
    }
    return in_turn(bench, works, len(pixels), cpu_rows=32)


def experts(bench: Any) -> list[dict]:
    """Forward and back through 8 experts, width 512: the 2 best, or all of them."""
    n, width = bench.size(8192, 256), 512
    x = torch.randn(n, width)
    passes = 50

    def work(top_k: int | None, precision: str, device: torch.device, n: int) -> int:
        head = MoEHead(width, 4, n_experts=8, hidden_size=width, top_k=top_k)
        n_passes = passes if device.type == "cuda" else 2
        _train(head.to(device), x[:n].to(device), precision, n_passes)
        return n_passes

    works = {
        f"{name}, {precision}": partial(work, top_k, precision)
        for name, top_k in (("top 2", 2), ("soft", None))
        for precision in ("bfloat16", "float32")
    }
    return in_turn(bench, works, n, cpu_rows=2048)


def _train(module: nn.Module, x: torch.Tensor, precision: str, passes: int) -> None:
    device = x.device
    # A processor without instructions for bfloat16 only imitates it.
    if device.type == "cpu":
        precision = "auto"
    how = resolve_precision(precision, device, one_batch=False)
    autocast = torch.autocast(device.type, how.autocast, enabled=bool(how.autocast))
    for _ in range(passes):
        module.zero_grad()
        with autocast:
            y = module(x)
        y.float().square().mean().backward()


MEASURES = {
    "mlp": mlp,
    "cnn": cnn,
    "bigru": bigru,
    "minilm_training": minilm_training,
    "minilm_inference": minilm_inference,
    "minilm_features": minilm_features,
    "resnet_training": resnet_training,
    "resnet_inference": resnet_inference,
    "resnet_step": resnet_step,
    "experts": experts,
}
