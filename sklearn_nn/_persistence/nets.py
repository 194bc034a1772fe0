"""A trained network as JSON and tensors, and back."""

import warnings
from copy import copy
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from sklearn_nn._checks import stack_level
from sklearn_nn._persistence.errors import PersistenceError
from sklearn_nn._pretrained.places import without_weights
from sklearn_nn._training.build import build_net
from sklearn_nn._training.device import resolve_device
from sklearn_nn._training.net import Net
from sklearn_nn._training.optimizers import OPTIMIZERS
from sklearn_nn._training.seeding import private_seed
from sklearn_nn.base import NeuralEstimator

_SETTINGS = ("lr", "batch_size", "max_grad_norm", "label_smoothing")


def pack(estimator: NeuralEstimator) -> tuple[dict[str, Any], bytes]:
    """Take a fitted estimator's network apart.

    The module itself is not kept: the estimator says how it is built.

    Parameters
    ----------
    estimator : NeuralEstimator
        Fitted.

    Returns
    -------
    record : dict
        What JSON holds.
    content : bytes
        Weights, buffers and the state of the optimiser, as safetensors.

    Raises
    ------
    PersistenceError
        If the module would not be built the same, or the optimiser is a function.
    """
    name, net = type(estimator).__name__, estimator.net_
    _, arguments = estimator._module(estimator._n_outputs)
    changed = [
        k
        for k, v in arguments.items()
        if k not in estimator._places and getattr(net, f"module__{k}") != v
    ]
    if changed:
        raise PersistenceError(
            f"parameters of {name} that shape its network have changed since fit: "
            f"{', '.join(changed)}. Set them back, or fit again"
        )
    named = [key for key, value in OPTIMIZERS.items() if value is net.optimizer]
    if not named:
        raise PersistenceError(
            f"the optimizer of {name} is code of yours, and only data are saved. Name "
            f"it: {', '.join(OPTIMIZERS)}"
        )
    tensors = {f"module.{k}": v for k, v in net.module_.state_dict().items()}
    optimizer = net.optimizer_.state_dict()
    state: dict[str, dict[str, Any]] = {}
    for place, values in optimizer["state"].items():
        state[str(place)] = {}
        for key, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{place}.{key}"] = value
            else:
                state[str(place)][key] = value
    record = {
        "dtype": net.dtype,
        "autocast": net.autocast,
        "optimizer": named[0],
        "weight_decay": getattr(net, "optimizer__weight_decay", 0.0),
        **{key: getattr(net, key) for key in _SETTINGS},
        "param_groups": optimizer["param_groups"],
        "state": state,
        "history": list(net.history),
        "lowest": net.lowest_,
    }
    # Copies: weights that are shared in the module are not in the file.
    copies = {key: _copied(value) for key, value in tensors.items()}
    return record, safetensors.torch.save(copies)


def unpack(estimator: NeuralEstimator, record: dict[str, Any], content: bytes) -> Net:
    """Make the network of a loaded estimator.

    Parameters
    ----------
    estimator : NeuralEstimator
        With all fitted attributes but ``net_``.
    record : dict
        As from :func:`pack`.
    content : bytes
        As from :func:`pack`.

    Returns
    -------
    net : Net
        It predicts, and goes on training, like the one that was packed.

    Raises
    ------
    PersistenceError
        If the tensors are not those of the estimator's module.
    """
    module, arguments = estimator._module(estimator._n_outputs)
    tensors = safetensors.torch.load(content)
    weights = _under("module.", tensors)
    try:
        # On a device without data: sizes that a file makes up cost nothing.
        with torch.device("meta"), without_weights():
            expected = {k: v.shape for k, v in module(**arguments).state_dict().items()}
    except (ImportError, OSError, ValueError) as error:
        if not estimator._places:
            raise
        raise PersistenceError(
            f"{type(estimator).__name__} needs the configuration of its backbone "
            f"where it was in the fit: {str(error).rstrip('.')}"
        ) from error
    if expected != {k: v.shape for k, v in weights.items()}:
        raise PersistenceError(
            f"its weights are not those of a {type(estimator).__name__} of its "
            "parameters"
        )
    as_trained = copy(estimator)
    for key in ("optimizer", "weight_decay", *_SETTINGS):
        setattr(as_trained, key, record[key])
    as_trained.precision = record["autocast"] or record["dtype"]
    as_trained.device = _device_here(estimator)
    with private_seed(0, torch.device(as_trained.device)), without_weights():
        net = build_net(as_trained, module, arguments, one_batch=False)
    net.module_.load_state_dict(weights)
    net.optimizer_.load_state_dict(_optimizer_state(net, record, tensors))
    net.history.extend(record["history"])
    net.lowest_ = dict(record["lowest"])
    return net


def _device_here(estimator: NeuralEstimator) -> str:
    try:
        return str(resolve_device(estimator.device))
    except RuntimeError:
        warnings.warn(
            f"{type(estimator).__name__} was fitted with device={estimator.device!r}, "
            "which this machine lacks; it is loaded to the CPU.",
            UserWarning,
            stacklevel=stack_level(),
        )
        return "cpu"


def _optimizer_state(net: Net, record: dict, tensors: dict) -> dict[str, Any]:
    fresh = net.optimizer_.state_dict()["param_groups"]
    groups = [
        {k: tuple(v) if isinstance(new.get(k), tuple) else v for k, v in old.items()}
        for new, old in zip(fresh, record["param_groups"], strict=True)
    ]
    state = {
        int(place): {**values, **_under(f"optimizer.{place}.", tensors)}
        for place, values in record["state"].items()
    }
    return {"state": state, "param_groups": groups}


def _copied(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().contiguous().clone()


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names begin so, by the rest of their names."""
    names = [name for name in tensors if name.startswith(prefix)]
    return {name.removeprefix(prefix): tensors[name] for name in names}
