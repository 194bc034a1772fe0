"""A trained net of NumPy's as JSON and arrays, and back."""

from typing import Any

import numpy as np
import safetensors.numpy

from sklearn_nn._persistence.errors import PersistenceError
from sklearn_nn._persistence.layers import describe
from sklearn_nn.scratch import SGD, Adam, Module, Optimizer, Sequential
from sklearn_nn.scratch._estimator import ScratchEstimator
from sklearn_nn.scratch._module import Shape
from sklearn_nn.scratch._net import Net

_OPTIMIZERS = {cls.__name__: cls for cls in (SGD, Adam)}
_DTYPES = ("float32", "float64")


def pack(estimator: ScratchEstimator) -> tuple[dict[str, Any], bytes]:
    """Take a fitted estimator's net apart.

    The layers themselves are not kept: the estimator says what they are.

    Parameters
    ----------
    estimator : ScratchEstimator
        Fitted.

    Returns
    -------
    record : dict
        What JSON holds.
    content : bytes
        Parameters, buffers and what the optimiser remembers, as safetensors.

    Raises
    ------
    PersistenceError
        If the layers or the loss would not be the same, or if a layer is code.
    """
    net = estimator.net_
    if not _is_as_fitted(estimator):
        raise PersistenceError(
            f"the layers or the loss of {type(estimator).__name__} have changed since "
            "fit. Set them back, or fit again"
        )
    record = {
        "dtype": net.dtype.name,
        "optimizer": type(net.optimizer).__name__,
        "settings": _taken_apart(net.optimizer)[0],
        "rng": net.rng.bit_generator.state,
        "history": net.history,
    }
    arrays = {k: np.ascontiguousarray(v) for k, v in _arrays(net.optimizer).items()}
    return record, safetensors.numpy.save(arrays)


def _is_as_fitted(estimator: ScratchEstimator) -> bool:
    net = estimator.net_
    try:
        module = estimator._completed(Sequential(estimator._modules()))
    except (TypeError, ValueError):  # They did fit, once.
        return False
    same_layers = describe(module) == describe(net.module)
    return same_layers and type(estimator._loss) is type(net.loss)


def _taken_apart(optimizer: Optimizer) -> tuple[dict[str, Any], dict[str, dict]]:
    """Return the settings of an optimiser, numbers, and its memories, arrays."""
    inner = {k: v for k, v in vars(optimizer).items() if k not in ("net", "loss")}
    memories = {k: v for k, v in inner.items() if isinstance(v, dict)}
    return {k: v for k, v in inner.items() if k not in memories}, memories


def _arrays(optimizer: Optimizer) -> dict[str, np.ndarray]:
    """Return what a module and the optimiser of it have learned, by name."""
    learned = {
        f"module.{place}.{name}": array
        for place, leaf in enumerate(optimizer.net.leaves())
        for name, array in (leaf.parameters | leaf.buffers).items()
    }
    remembered = {
        f"{memory}.{place}.{name}": array
        for memory, arrays in _taken_apart(optimizer)[1].items()
        for (place, name), array in arrays.items()
    }
    return learned | remembered


def unpack(estimator: ScratchEstimator, record: dict[str, Any], content: bytes) -> Net:
    """Make the net of a loaded estimator.

    Parameters
    ----------
    estimator : ScratchEstimator
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
        If the arrays are not those of the estimator's layers.
    """
    arrays = safetensors.numpy.load(content)
    if record["dtype"] not in _DTYPES:
        raise PersistenceError(f"it computes in {record['dtype']!r}")
    dtype, rng = np.dtype(record["dtype"]), np.random.default_rng(0)
    input_shape = (estimator.n_features_in_,)
    module = estimator._completed(Sequential(estimator._modules()))
    optimizer = _OPTIMIZERS[record["optimizer"]](module, estimator._loss)
    fits = _take(module, input_shape, arrays, dtype, rng)
    if fits:
        _set_back(optimizer, record["settings"], arrays)
    if not fits or _kinds(_arrays(optimizer)) != _kinds(arrays):
        raise PersistenceError(
            f"its weights are not those of a {type(estimator).__name__} of its "
            "parameters"
        )
    rng.bit_generator.state = record["rng"]
    net = estimator._net_of(module.train(False), optimizer, rng, dtype)
    net.history = list(record["history"])
    return net


def _take(
    module: Module,
    shape: Shape,
    arrays: dict[str, np.ndarray],
    dtype: np.dtype,
    rng: np.random.Generator,
) -> bool:
    """Initialise a module, layer by layer, from arrays; say if they are its own."""
    for place, leaf in enumerate(module.leaves()):
        given = _under(f"module.{place}.", arrays)
        if not _can_take(leaf, shape, given):
            return False
        shape = leaf.initialise(shape, rng, dtype)
        state = leaf.parameters | leaf.buffers
        if _kinds(state) != _kinds(given):
            return False
        for name, array in given.items():
            state[name][...] = array
    return True


class _NoNumbers:
    """Stands for a generator where nothing but shapes is asked for."""

    def normal(self, loc: float, scale: float, size: int | Shape) -> np.ndarray:
        return np.broadcast_to(0.0, size)


def _can_take(leaf: Module, shape: Shape, given: dict[str, np.ndarray]) -> bool:
    """Say if a layer draws such arrays; sizes that a file makes up cost nothing."""
    if type(leaf).draw is Module.draw:
        return not given
    # What is not drawn, such as a bias, is as long as there are channels.
    if leaf.output_shape(shape)[0] > sum(array.size for array in given.values()):
        return False
    stand_in: Any = _NoNumbers()
    drawn = leaf.draw(shape, stand_in)
    return all(k in given and given[k].shape == v.shape for k, v in drawn.items())


def _set_back(
    optimizer: Optimizer, settings: dict[str, Any], arrays: dict[str, np.ndarray]
) -> None:
    """Give an optimiser its settings, and its memories as far as they fit."""
    fresh, memories = _taken_apart(optimizer)
    if settings.keys() != fresh.keys():
        raise PersistenceError(f"its optimiser has settings {list(settings)}")
    for name, default in fresh.items():
        value = np.asarray(settings[name], float)
        is_number = (value >= 0) & (value < np.inf)
        if value.shape != np.shape(default) or not is_number.all():
            raise PersistenceError(f"its optimiser has {name}={settings[name]!r}")
        setattr(optimizer, name, type(default)(settings[name]))
    for place, leaf in enumerate(optimizer.net.leaves()):
        for name, value in leaf.parameters.items():
            for memory, remembered in memories.items():
                array = arrays.get(f"{memory}.{place}.{name}")
                if array is not None and _kind(array) == _kind(value):
                    remembered[place, name] = array.copy()


def _kind(array: np.ndarray) -> tuple:
    return array.shape, array.dtype


def _kinds(arrays: dict[str, np.ndarray]) -> dict[str, tuple]:
    return {name: _kind(array) for name, array in arrays.items()}


def _under(prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays whose names begin so, by the rest of their names."""
    names = [name for name in arrays if name.startswith(prefix)]
    return {name.removeprefix(prefix): arrays[name] for name in names}
