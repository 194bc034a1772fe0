"""What must hold wherever sklearn_nn computes on a GPU.

A check raises an AssertionError with a sentence, or NotAsked with the reason; it
returns figures to be read beside its result.
"""

import copy
import gc
import random
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import torch
from joblib.externals.loky import get_reusable_executor
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import cross_val_score
from skorch.callbacks import Callback
from torch.utils.flop_counter import FlopCounterMode

from benchmarks._gpu_exchange import (
    FORMATS,
    TOLERANCE,
    agrees,
    apart,
    outputs,
    require,
    require_close,
    require_on,
    with_gpu,
    without_gpu,
)
from sklearn_nn._pretrained.precision import has_fast_bfloat16
from sklearn_nn.callbacks import Checkpoint
from sklearn_nn.modules import MoEHead
from sklearn_nn.neural_network import CNNClassifier, MLPClassifier

# bfloat16 keeps 4e-3 of a number.
HALF_TOLERANCE = 0.05
# On a GPU some sums of a gradient are taken in any order, and Adam makes steps of equal
# length of small and large gradients.
SEED_TOLERANCE = 1e-2
# Less than the weights of the smallest model that is fitted.
GROWTH = 2**16
N_FITS = 20
# Enough to train MiniLM in batches of 8.
LITTLE_MIB = 2048
AUTOCAST = (
    "MLPClassifier",
    "CNNClassifier",
    "TextCNNClassifier",
    "BiGRUClassifier",
    "MoEClassifier",
    "TransformerClassifier, fine-tuned",
    "TimmClassifier, fine-tuned",
)


class NotAsked(Exception):
    """What a check needs is not here."""


class Check(NamedTuple):
    """A check, and whether what it asks only a GPU can answer."""

    function: Callable[[Any], dict | None]
    needs_gpu: bool = False


class FiniteGradients(Callback):
    """Count the steps of a fit, and those with a gradient that is not finite."""

    n_steps = n_bad = 0

    def on_grad_computed(self, net, named_parameters, **kwargs):
        gradients = [p.grad for _, p in named_parameters if p.grad is not None]
        self.n_steps += 1
        self.n_bad += not all(bool(g.isfinite().all()) for g in gradients)


def autocast(bench: Any, name: str, precision: str = "bfloat16") -> dict:
    """Under autocast, probabilities stay near those of float32, gradients finite."""
    model, X, y = bench.cases[name]
    counter = FiniteGradients()
    model = clone(model).set_params(precision=precision, callbacks=[counter]).fit(X, y)
    if precision == "bfloat16" or bench.is_gpu:
        fast = precision == "bfloat16" or has_fast_bfloat16(bench.device)
        expected = "bfloat16" if fast else None
        require(
            model.net_.autocast == expected,
            f"{name} autocasts to {model.net_.autocast}, not to {expected}.",
        )
    require(counter.n_steps > 0, f"{name}: no gradient was seen.")
    require(not counter.n_bad, f"{name}: {counter.n_bad} gradients are not finite.")
    twin = copy.deepcopy(model)
    twin.net_.autocast = None
    difference = np.abs(model.predict_proba(X) - twin.predict_proba(X))
    require_close({"predict_proba": float(difference.max())}, HALF_TOLERANCE, name)
    return {"largest": float(difference.max()), "mean": float(difference.mean())}


def top_k(bench: Any) -> dict:
    """The k best experts alone give what all give when only they have a weight."""
    device = bench.device
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(bench.size(4096, 512), 64, generator=generator)
    sparse = _mixture(top_k=2)
    results = {}
    for where in dict.fromkeys(("cpu", str(device))):
        module = copy.deepcopy(sparse).to(where)
        rows = x.to(where)
        few = module(rows)
        few.square().mean().backward()
        gradients = {name: p.grad.cpu() for name, p in module.named_parameters()}
        module.zero_grad()
        gates = module.gate(rows)
        counts = (gates > 0).sum(1)
        require(bool((counts == 2).all()), "Not every row has two experts.")
        all_of_them = module.output(module.experts.all(rows, gates))
        all_of_them.square().mean().backward()
        restricted = {name: p.grad.cpu() for name, p in module.named_parameters()}
        found = apart(
            _arrays({"outputs": few, **gradients}),
            _arrays({"outputs": all_of_them, **restricted}),
        )
        require_close(found, TOLERANCE, f"top 2 and all experts on {where}")
        results[where] = {"outputs": few, **gradients}
    found = apart(_arrays(results[str(device)]), _arrays(results["cpu"]))
    require_close(found, TOLERANCE, f"top 2 on {device} and on the CPU")
    n_operations = {k: _operations(_mixture(top_k=k).to(device), x) for k in (2, None)}
    share = n_operations[2] / n_operations[None]
    require(
        share < 0.3,
        f"2 of 8 experts take {share:.0%} of the operations of all, not a quarter.",
    )
    return {"largest difference": max(found.values()), "share of operations": share}


def _mixture(top_k: int | None) -> MoEHead:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return MoEHead(64, 4, n_experts=8, hidden_size=128, top_k=top_k)


def _arrays(tensors: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    return {name: value.detach().cpu().numpy() for name, value in tensors.items()}


def _operations(module: MoEHead, x: torch.Tensor) -> int:
    with FlopCounterMode(display=False) as counter:
        module(x.to(module.router.weight.device)).sum().backward()
    return counter.get_total_flops()


def _generators(bench: Any) -> list:
    _, keys, *position = np.random.get_state()
    states = [random.getstate(), keys.tolist(), position]
    states.append(torch.get_rng_state().tolist())
    if bench.is_gpu:
        states += [state.tolist() for state in torch.cuda.get_rng_state_all()]
    return states


def same_seed(bench: Any, name: str) -> dict:
    """The same seed gives the same model, and leaves the caller's generators."""
    model, X, y = bench.cases[name]
    before = _generators(bench)
    runs = [outputs(clone(model).fit(X, y), X) for _ in range(2)]
    require(before == _generators(bench), f"{name} moves a global generator.")
    found = apart(*runs)
    tolerance = SEED_TOLERANCE if bench.is_gpu else TOLERANCE
    require_close(found, tolerance, f"{name}, twice with the same seed")
    return found


def growth(bench: Any, name: str) -> dict:
    """Fits leave nothing behind in memory."""
    model, X, y = bench.cases[name]
    model = clone(model).set_params(max_epochs=1)
    held, n_fits = [], bench.size(N_FITS, 3)
    for _ in range(n_fits + 2):
        clone(model).fit(X, y).transform(X[:4])
        gc.collect()
        held.append(_held(bench))
    # The first ones fill what is kept for all: workspaces, and backbones.
    grown = held[-1] - held[1]
    if bench.is_gpu:
        require(
            grown < GROWTH, f"{n_fits} fits of {name} leave {grown} bytes on the GPU."
        )
    what = "bytes on the GPU" if bench.is_gpu else "bytes resident"
    return {"fits": n_fits, f"grown, {what}": grown}


def _held(bench: Any) -> int:
    if bench.is_gpu:
        return torch.cuda.memory_allocated(bench.device)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


@contextmanager
def little_memory(index: int) -> Iterator[None]:
    """Let this process have no more of a GPU's memory than a little above what it has.

    What was reserved before stays with torch, so it is given back first.
    """
    gc.collect()
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(index).total_memory
    allowed = torch.cuda.memory_reserved(index) + LITTLE_MIB * 2**20
    torch.cuda.set_per_process_memory_fraction(allowed / total, index)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, index)
        torch.cuda.empty_cache()


def out_of_memory(bench: Any, name: str) -> dict:
    """A batch that does not fit is a MemoryError that names batch_size."""
    if not bench.is_gpu:
        raise NotAsked("no GPU")
    model, X, y = _too_large(bench, name)
    with little_memory(bench.index):
        try:
            model.fit(X, y)
        except MemoryError as error:
            said = str(error)
        except torch.OutOfMemoryError as error:
            message = f"{name} raises torch's own error: {str(error).splitlines()[0]}"
            raise AssertionError(message) from error
        else:
            raise AssertionError(f"{name} has fitted a batch of {model.batch_size}.")
        require("batch_size" in said, f"batch_size is not named: {said}")
        require(not hasattr(model, "net_"), "The failed fit leaves a network.")
        # Nothing may hold on to what the failed fit had.
        model.set_params(batch_size=8).fit(X[:64], y[:64])
    return {"message": said}


def _too_large(bench: Any, name: str) -> tuple[Any, Any, np.ndarray]:
    case = bench.cases.get(name)
    options = {"max_epochs": 1, "batch_size": 4096}
    if name.startswith("Transformer"):
        X, y = bench.texts(4096, 128, seed=1)
        return clone(case.model).set_params(max_length=128, **options), X, y
    if name.startswith("Timm"):
        X, y = bench.pictures(1024, 64)
        return clone(case.model).set_params(image_size=224, **options), X, y
    X = np.random.default_rng(0).random((16_384, 28, 28), dtype=np.float32)
    options["batch_size"] = len(X)
    return clone(case.model).set_params(**options), X, np.arange(len(X)) % 10


class PressCtrlC(Callback):
    """Interrupt the process in the second epoch, as a user does."""

    def on_grad_computed(self, net, **kwargs):
        if len(net.history) == 2:
            signal.raise_signal(signal.SIGINT)


def interrupted(bench: Any, name: str) -> None:
    """Ctrl-C leaves a fitted estimator where it was."""
    model, X, y = bench.cases[name]
    model = clone(model).set_params(max_epochs=3, callbacks=[PressCtrlC()])
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            model.fit(X, y)
    finally:
        signal.signal(signal.SIGINT, handler)
    told = [w for w in seen if issubclass(w.category, ConvergenceWarning)]
    require(
        any("interrupted" in str(w.message) for w in told), f"{name} does not warn."
    )
    require(model.n_iter_ == 1, f"{name} counts {model.n_iter_} epochs, not one.")
    require_on(model, bench.device)
    found = outputs(model, X)
    apart(found, found)


def resumed(bench: Any) -> dict:
    """A fit that goes on from a checkpoint ends like one that was not interrupted."""
    name = "MLPClassifier"
    model, X, y = bench.cases[name]
    # Dropout draws from the generator of the GPU.
    model = clone(model).set_params(max_epochs=3, dropout=0.5, lr=0.01)
    whole = outputs(clone(model).fit(X, y), X)
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            keep = Checkpoint(Path(folder, "checkpoint"))
            clone(model).set_params(callbacks=[PressCtrlC(), keep]).fit(X, y)
            parts = clone(model).set_params(callbacks=[keep]).fit(X, y)
    finally:
        signal.signal(signal.SIGINT, handler)
    found = apart(outputs(parts, X), whole)
    tolerance = SEED_TOLERANCE if bench.is_gpu else TOLERANCE
    require_close(found, tolerance, f"{name}, resumed")
    return found


def readers(bench: Any) -> dict:
    """Processes that read images change nothing, and live beside a GPU."""
    name = "TimmClassifier, fine-tuned"
    case = bench.cases[name]
    model = clone(case.model).set_params(n_jobs=2).fit(case.X, case.y)
    found = apart(outputs(model, case.X), outputs(bench.fitted(name), case.X))
    tolerance = SEED_TOLERANCE if bench.is_gpu else TOLERANCE
    require_close(found, tolerance, f"{name} with n_jobs=2 and 1")
    return found


def jobs(bench: Any) -> dict:
    """Folds that are fitted in other processes, all on the device, score the same."""
    model, X, y = bench.cases["MLPClassifier"]
    scores = [cross_val_score(model, X, y, cv=2, n_jobs=n) for n in (1, 2)]
    # Waiting workers would hold memory of the GPU.
    get_reusable_executor().shutdown(wait=True)
    found = {"accuracy": float(np.abs(scores[0] - scores[1]).max())}
    require_close(found, SEED_TOLERANCE, "Folds in one process and in two")
    return found


def automatic(bench: Any) -> None:
    """device="auto" takes the GPU."""
    _, X, y = bench.cases["MLPClassifier"]
    model = MLPClassifier(max_epochs=1, random_state=0).fit(X, y)
    if bench.is_gpu:
        require_on(model, torch.device("cuda"))
    apart({"y": model.predict_proba(X)}, {"y": model.predict_proba(X)})


def second_gpu(bench: Any) -> None:
    """device="cuda:1" computes there, and leaves the first one alone."""
    if torch.cuda.device_count() < 2:
        raise NotAsked("no second GPU" if bench.is_gpu else "no GPU")
    _, X, y = bench.cases["CNNClassifier"]
    before, held = _generators(bench), torch.cuda.memory_allocated(0)
    model = CNNClassifier(device="cuda:1", max_epochs=1, random_state=0).fit(X, y)
    require_on(model, torch.device("cuda:1"))
    apart({"y": model.predict_proba(X)}, {"y": model.predict_proba(X)})
    require(before == _generators(bench), "A generator was moved.")
    require(torch.cuda.current_device() == 0, "Another GPU is the current one now.")
    require(torch.cuda.memory_allocated(0) == held, "The first GPU holds some of it.")


TUNED = "TransformerClassifier, fine-tuned", "TimmClassifier, fine-tuned"
FROZEN = "TransformerClassifier, frozen", "TimmClassifier, frozen"


def checks(bench: Any) -> dict[str, Check]:
    """Return all checks by name."""
    of_models: list[tuple[str, Callable, Any, bool]] = [
        ("agrees", agrees, bench.cases, True),
        ("without_gpu", without_gpu, FORMATS, True),
        ("with_gpu", with_gpu, FORMATS, True),
        ("bfloat16", autocast, AUTOCAST, False),
        ("precision", partial(autocast, precision="auto"), AUTOCAST, True),
        ("same_seed", same_seed, ("CNNClassifier", *AUTOCAST[3:]), False),
        ("growth", growth, ("MLPClassifier", "BiGRUClassifier", *FROZEN), True),
        ("out_of_memory", out_of_memory, ("CNNClassifier", *TUNED, *FROZEN), True),
        ("interrupted", interrupted, ("MLPClassifier", TUNED[0]), False),
    ]
    found = {
        f"{group}/{name}": Check(partial(_swapped, function, name), needs_gpu)
        for group, function, names, needs_gpu in of_models
        for name in names
    }
    return {
        "automatic": Check(automatic, needs_gpu=True),
        **found,
        "top_k": Check(top_k),
        "resumed": Check(resumed),
        "readers": Check(readers),
        "jobs": Check(jobs),
        "second_gpu": Check(second_gpu, needs_gpu=True),
    }


def _swapped(function: Callable, name: str, bench: Any) -> dict | None:
    return function(bench, name)
