"""Models of a GPU beside those of a CPU, in this process and in another.

    python -m benchmarks._gpu_exchange FOLDER

is that other process, in which no GPU is to be seen.
"""

import copy
import functools
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import joblib
import numpy as np
import torch
from sklearn.base import clone

from sklearn_nn import persistence
from sklearn_nn._pretrained.cache import MEMORY

# Between devices only the order of sums differs: float32 keeps 1e-7 of a number, and
# some ten layers of sums of up to a thousand products keep 1e-5 of it at worst.
TOLERANCE = 1e-4
PORTABLE = (
    "MLPClassifier",
    "CNNClassifier",
    "BiGRUClassifier",
    "MoEClassifier",
    "AutoencoderTransformer, conv",
    "TransformerClassifier, frozen",
    "TransformerClassifier, fine-tuned",
    "TimmClassifier, frozen",
    "TimmClassifier, fine-tuned",
)
FORMATS: dict[str, tuple[Callable, Callable]] = {
    "pickle": (
        lambda model, path: path.write_bytes(pickle.dumps(model)),
        lambda path: pickle.loads(path.read_bytes()),
    ),
    "joblib": (joblib.dump, joblib.load),
    "persistence": (persistence.save, persistence.load),
}


def require(holds: bool, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)


@contextmanager
def exact_float32() -> Iterator[None]:
    """Keep cuDNN from rounding the factors of a product to ten bits."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def outputs(model: Any, X: Any) -> dict[str, np.ndarray]:
    """Return all that a model makes of rows, none of it remembered."""
    MEMORY.clear()
    found = {}
    for method in ("predict_proba", "predict", "gate", "transform"):
        if hasattr(model, method):
            found[method] = np.asarray(getattr(model, method)(X))
    if hasattr(model, "predict_proba"):
        del found["predict"]
    if hasattr(model, "reconstruction_error"):
        found["reconstruction_error"] = model.reconstruction_error(X)
        if getattr(model, "inputs", "features") == "features":
            found["inverse_transform"] = model.inverse_transform(found["transform"])
    return found


def apart(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> dict[str, float]:
    """Return the largest difference of each output, relative where it is large."""
    require(one.keys() == other.keys(), f"{set(one)} and {set(other)} are compared.")
    found = {}
    for key, values in one.items():
        scale = max(1.0, float(np.abs(other[key]).max()))
        found[key] = float(np.abs(values - other[key]).max()) / scale
        require(np.isfinite(found[key]), f"{key} holds what is no finite number.")
    return found


def require_close(differences: dict[str, float], tolerance: float, who: str) -> None:
    name = max(differences, key=lambda key: differences[key])
    largest = differences[name]
    require(
        largest <= tolerance,
        f"{who}: {name} differs by {largest:.2g}, which is more than {tolerance:g}.",
    )


def require_on(model: Any, device: torch.device) -> None:
    parameters = model.net_.module_.named_parameters()
    buffers = model.net_.module_.named_buffers()
    places = {name: value.device for name, value in (*parameters, *buffers)}
    index = 0 if device.type == "cuda" and device.index is None else device.index
    wrong = {
        name: str(place)
        for name, place in places.items()
        if place.type != device.type or (index is not None and place.index != index)
    }
    require(not wrong, f"Not all parameters are on {device}: {wrong}.")


def weights_of(model: Any) -> dict[str, np.ndarray]:
    state = model.net_.module_.state_dict()
    return {name: value.cpu().numpy() for name, value in state.items()}


def agrees(bench: Any, name: str) -> dict:
    """The same weights predict the same on the GPU and on the CPU."""
    model, X = bench.fitted(name), bench.cases[name].X
    require_on(model, bench.device)
    with TemporaryDirectory() as folder, exact_float32():
        path = Path(folder, "model")
        persistence.save(copy.copy(model).set_params(device="cpu"), path)
        twin = persistence.load(path)
        require_on(twin, torch.device("cpu"))
        differences = apart(outputs(model, X), outputs(twin, X))
    require_close(differences, TOLERANCE, f"{name} on {bench.device} and on the CPU")
    # What cuDNN's own default costs, to be known.
    rounded = apart(outputs(model, X), outputs(twin, X))
    return {"differences": differences, "as by default": rounded}


class Exchange(NamedTuple):
    """What both sides made of the same models, by model and by format."""

    here: dict[str, Any]
    there: dict[tuple[str, str], Any]
    folder: TemporaryDirectory


def _path(folder: str | Path, name: str, form: str) -> Path:
    return Path(folder, f"{name.replace(', ', '_').replace(' ', '_')}.{form}")


def _portable(bench: Any) -> list[str]:
    # A large file, written and read six times.
    large = "TransformerClassifier, fine-tuned"
    return [name for name in PORTABLE if not (bench.small and name == large)]


@functools.cache
def _exchange(bench: Any) -> Exchange:
    """Send fitted models to a process without a GPU and get some back."""
    folder = TemporaryDirectory()
    given, here = {}, {}
    with exact_float32():
        for name in _portable(bench):
            _, X, y = bench.cases[name]
            device = "auto" if bench.is_gpu else str(bench.device)
            model = copy.copy(bench.fitted(name)).set_params(device=device)
            given[name] = clone(model), X, y
            here[name] = outputs(model, X)
            for form, (write, _) in FORMATS.items():
                write(model, _path(folder.name, name, form))
    joblib.dump(given, Path(folder.name, "given"))
    command = [sys.executable, "-m", "benchmarks._gpu_exchange", folder.name]
    hidden = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, env=hidden, capture_output=True, text=True)
    require(done.returncode == 0, f"The other process failed: {done.stderr[-2000:]}")
    return Exchange(here, joblib.load(Path(folder.name, "answers")), folder)


def other_side(folder: str) -> None:
    """Load what was sent to this process, and fit and save what it sends back."""
    require(not torch.cuda.is_available(), "This process sees a GPU.")
    given = joblib.load(Path(folder, "given"))
    answers: dict[tuple[str, str], Any] = {}
    for name, (model, X, y) in given.items():
        for form, (_, read) in FORMATS.items():
            path = _path(folder, name, form)
            try:
                loaded = read(path)
                answers[name, form] = outputs(loaded, X)
                go_on(loaded, X, y, torch.device("cpu"))
            except Exception as error:
                answers[name, form] = f"{type(error).__name__}: {error}"
            path.unlink()
        model.fit(X, y)
        answers[name, "fitted"] = outputs(model, X)
        for form, (write, _) in FORMATS.items():
            write(model, _path(folder, name, form))
    joblib.dump(answers, Path(folder, "answers"))


def go_on(model: Any, X: Any, y: np.ndarray, device: torch.device) -> None:
    """Train a loaded model for an epoch more."""
    before, n_epochs = weights_of(model), model.n_iter_
    model.set_params(warm_start=True, max_epochs=1).fit(X, y)
    require(model.n_iter_ == n_epochs + 1, "A warm start does not go on counting.")
    require_on(model, device)
    after = weights_of(model)
    require(
        any((after[key] != value).any() for key, value in before.items()),
        "A warm start leaves the weights as they were.",
    )
    apart(after, before)


def without_gpu(bench: Any, form: str) -> dict:
    """What was fitted on the GPU predicts, and goes on, where there is none."""
    here, there, _ = _exchange(bench)
    found = {}
    for name, known in here.items():
        answer = there[name, form]
        require(not isinstance(answer, str), f"{name} by {form}: {answer}")
        found[name] = max(apart(known, answer).values())
    require_close(found, TOLERANCE, f"{form}, loaded where there is no GPU")
    return found


def with_gpu(bench: Any, form: str) -> dict:
    """What was fitted on a CPU predicts, and goes on, where there is a GPU."""
    _, there, folder = _exchange(bench)
    found = {}
    for name in _portable(bench):
        _, X, y = bench.cases[name]
        model = FORMATS[form][1](_path(folder.name, name, form))
        # A pickle holds tensors of a device; what persistence makes is made here.
        is_made_here = form == "persistence"
        device = torch.device(bench.device.type if is_made_here else "cpu")
        require_on(model, device)
        with exact_float32():
            found[name] = max(apart(outputs(model, X), there[name, "fitted"]).values())
        go_on(model, X, y, device)
    require_close(found, TOLERANCE, f"{form}, loaded where there is a GPU")
    return found


if __name__ == "__main__":
    other_side(sys.argv[1])
