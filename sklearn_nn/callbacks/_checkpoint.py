"""Checkpoints: an interrupted fit goes on where it was, to the same result."""

import hashlib
import json
import os
from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
import torch
from skorch.callbacks import Callback
from torch import Tensor

from sklearn_nn._training.dataset import Dataset
from sklearn_nn._training.net import Net
from sklearn_nn.callbacks._checkpoint_file import CheckpointError, CheckpointFile
from sklearn_nn.model_selection._description import content_hash, describe

# They change nothing of what a fit from the start gives; the seed shows in the start.
NO_MATTER = ("callbacks", "random_state", "verbose", "warm_start")


class Checkpoint(Callback):
    """Keep the state of a training in a file, and resume an interrupted fit from it.

    For the `callbacks` parameter of a network. Whatever ended a fit (a kill, a power
    cut, Ctrl-C), calling `fit` again with the same estimator, data and path goes on
    after the last epoch that was kept. On a CPU the result is that of a fit without
    the interruption, bit for bit: weights, history (but for the times) and
    predictions. A fit that has ended is not trained again; remove the file to train
    from the start.

    Parameters
    ----------
    path : path-like
        The file. It is replaced in one step, so that a kill while writing costs no
        more than the epochs since the last writing. It is read without unpickling
        (``torch.load(weights_only=True)``).
    every : int, default=1
        Epochs between two writings. The last epoch is always written.

    Raises
    ------
    CheckpointError
        In `fit`, if the file belongs to another model, other settings, other data or
        another `random_state`, is damaged, or cannot be written; if another training
        writes to it; if `random_state` is None; or in `partial_fit` and with
        `warm_start` on a fitted estimator: only whole fits are resumed.

    Notes
    -----
    The file holds the weights, the state of optimiser, learning-rate schedule, early
    stopping and random generators, and the history; of the data it holds hashes only.
    Other callbacks begin anew, except those with methods ``state_dict`` and
    ``load_state_dict``, whose state (tensors, numbers, strings, and lists and dicts of
    them) is kept as well. Put the checkpoint after these: what comes later in
    `callbacks` has not seen the epoch yet when it is written.

    Candidates of a search cannot share a path, and get an error.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nn.callbacks import Checkpoint
    >>> from sklearn_nn.neural_network import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoint = Checkpoint(os.path.join(folder, "iris.ckpt"))
    ...     model = MLPClassifier(callbacks=[checkpoint], max_epochs=5, random_state=0)
    ...     history = model.fit(X, y).history_
    ...     model.fit(X, y).history_ == history  # read, not trained again
    True
    """

    def __init__(self, path: str | os.PathLike, every: int = 1):
        self.path = path
        self.every = every

    def initialize(self) -> "Checkpoint":
        """Check the parameters.

        Returns
        -------
        self : Checkpoint
            The callback itself, as skorch asks.

        Raises
        ------
        TypeError
            If `path` names no file.
        ValueError
            If `every` is no positive int.
        """
        if not isinstance(self.path, str | os.PathLike) or not os.fspath(self.path):
            raise TypeError(
                f"The 'path' of Checkpoint must name a file. Got {self.path!r} instead."
            )
        is_int = isinstance(self.every, Integral) and not isinstance(self.every, bool)
        if not is_int or self.every < 1:
            raise ValueError(
                "The 'every' parameter of Checkpoint must be an int of at least 1. Got "
                f"{self.every!r} instead."
            )
        return self

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Go on from the file if there is one, else claim its place.

        Parameters
        ----------
        net : skorch.NeuralNet
            The net that is trained.
        X, y : object, default=None
            What skorch hands on; not used.
        **kwargs : dict
            What else skorch hands on; not used.

        Raises
        ------
        CheckpointError
            If the file belongs to another fit, is damaged or cannot be written.
        """
        _refuse_continued(net)
        self.file_ = CheckpointFile(self.path)
        self.identity_ = _identity(net)
        state = self.file_.read()
        if state is None:
            self._write(net, ended=False)
            return
        _refuse_another(self.file_, state["identity"], self.identity_)
        _restore(net, state)
        self.ended_ = state["ended"]
        net.n_resumed_ = net.plan_.epochs if self.ended_ else len(net.history)

    def on_epoch_end(self, net, **kwargs):
        """Write the state, if it is time.

        Parameters
        ----------
        net : skorch.NeuralNet
            The net that is trained.
        **kwargs : dict
            What else skorch hands on; not used.
        """
        done = len(net.history)
        ended = net.stop_ or done == net.plan_.epochs
        if ended or done % self.every == 0:
            self._write(net, ended)

    def on_train_end(self, net, X=None, y=None, **kwargs):
        """Note that the training has ended, if a later callback ended it.

        Parameters
        ----------
        net : skorch.NeuralNet
            The net that is trained.
        X, y : object, default=None
            What skorch hands on; not used.
        **kwargs : dict
            What else skorch hands on; not used.
        """
        if net.stop_ and not self.ended_:
            self._write(net, ended=True)
        self.file_.clear_up()

    def _write(self, net: Net, ended: bool) -> None:
        self.ended_ = ended
        self.file_.write(
            {"identity": self.identity_, "ended": ended, **_state_of(net)},
        )


def _state_of(net: Net) -> dict[str, Any]:
    return {
        "module": net.module_.state_dict(),
        "optimizer": net.optimizer_.state_dict(),
        "schedule": net.scheduler_.state_dict() if net.scheduler_ else None,
        "generators": _generators(net),
        "history": json.dumps(list(net.history), default=_plain),
        "lowest": dict(net.lowest_),
        "callbacks": {name: c.state_dict() for name, c in _with_state(net)},
    }


def _restore(net: Net, state: dict[str, Any]) -> None:
    net.module_.load_state_dict(state["module"])
    net.optimizer_.load_state_dict(state["optimizer"])
    if net.scheduler_:
        net.scheduler_.load_state_dict(state["schedule"])
    for name, callback in _with_state(net):
        if name in state["callbacks"]:
            callback.load_state_dict(state["callbacks"][name])
    net.history.extend(json.loads(state["history"]))
    net.lowest_.update(state["lowest"])
    torch.default_generator.set_state(state["generators"]["cpu"])
    device = torch.device(net.device)
    if device.type == "cuda":
        torch.cuda.set_rng_state(state["generators"]["cuda"], device)
    elif device.type == "mps":
        torch.mps.set_rng_state(state["generators"]["mps"])


def _generators(net: Net) -> dict[str, Tensor]:
    states = {"cpu": torch.default_generator.get_state()}
    device = torch.device(net.device)
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def _with_state(net: Net) -> Iterator[tuple[str, Any]]:
    """Yield the callbacks that have a state to keep."""
    for name, callback in net.callbacks_:
        if hasattr(callback, "state_dict") and hasattr(callback, "load_state_dict"):
            yield name, callback


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise CheckpointError(
        f"A callback has written {value!r} into the history, which no checkpoint can "
        "hold. Record numbers and strings."
    )


def _refuse_continued(net: Net) -> None:
    estimator, *_, epochs = net.plan_
    name = type(estimator).__name__
    if len(net.history) or epochs != estimator.max_epochs:
        raise CheckpointError(
            f"Checkpoint resumes whole fits of {name}; partial_fit, and fit with "
            "warm_start on a fitted estimator, go on from weights that it does not "
            "know. Leave it out of `callbacks` there, and pickle the estimator."
        )
    if estimator.random_state is None:
        raise CheckpointError(
            f"With random_state=None every fit of {name} starts from other weights, so "
            "that none can be resumed. Set random_state to an int."
        )


def _identity(net: Net) -> dict[str, Any]:
    """Say what is trained on what, in strings that can be compared and shown."""
    estimator, train, valid, _ = net.plan_
    described = describe(estimator)
    settings = {k: v for k, v in described["params"].items() if k not in NO_MATTER}
    settings |= {"device": net.device, "precision": f"{net.autocast or net.dtype}"}
    start = [torch.default_generator.get_state(), *net.module_.state_dict().values()]
    names = list(net.module_.state_dict())
    return {
        "model": described["class"],
        "settings": {name: json.dumps(value) for name, value in settings.items()},
        "data": _data_identity("training", train) | _data_identity("validation", valid),
        "start": _hash(names, *start),
    }


def _data_identity(which: str, dataset: Dataset | None) -> dict[str, str]:
    if dataset is None:
        return {f"{which} rows": "none"}
    parts = {
        f"{which} rows": dataset.rows.X,
        f"{which} targets": dataset.y,
        f"{which} weights": dataset.weight,
    }
    return {
        name: "none" if part is None else f"{tuple(part.shape)} {_hash(part)[:8]}"
        for name, part in parts.items()
    }


def _hash(*parts: Any) -> str:
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, Tensor):
            part = part.detach().to("cpu").reshape(-1).view(torch.uint8).numpy()
        sha.update(content_hash(part).encode())
    return sha.hexdigest()


def _refuse_another(file: CheckpointFile, there: dict, here: dict) -> None:
    said = []
    if there["model"] != here["model"]:
        said.append(f"the model ({there['model']} there, {here['model']} here)")
    for part in ("settings", "data"):
        for name in {**there[part], **here[part]}:
            then, now = there[part].get(name, "none"), here[part].get(name, "none")
            if then != now:
                said.append(f"{name} ({then} there, {now} here)")
    if not said and there["start"] != here["start"]:
        said.append("the start: random_state, or the code of the model")
    if said:
        raise CheckpointError(
            f"The checkpoint {file.path} belongs to another fit. What differs: "
            f"{'; '.join(said)}. Go back to what it was made with to resume; or name "
            "another file, or remove this one, to train from the start. Fits of a "
            "search cannot share one: leave Checkpoint out there."
        )
