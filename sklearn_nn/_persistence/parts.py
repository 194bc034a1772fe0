"""What skops does not keep, or not well, is taken out of an estimator and put back.

Networks are weights; layers, and long lists and dicts such as a vocabulary, are plain
JSON. skops would write some 300 bytes for each word.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Bunch

SHORT = 64
_PLAIN = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class Part:
    """Stands for what was taken out.

    Attributes
    ----------
    kind : {"net", "layer", "collection"}
        Where it went.
    number : int
        Its place there.
    """

    kind: str
    number: int


class Walk:
    """Goes through estimators and containers, and copies those in which it changes.

    What is met twice is changed once, so that it stays one object.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Any]] = {}

    def __call__(self, value: Any) -> Any:
        """Return the value with its parts changed."""
        if isinstance(value, _PLAIN):
            return value
        if id(value) not in self._known:
            # The value is kept, too: its id must not be given to another one.
            self._known[id(value)] = value, self._changed(value)
        return self._known[id(value)][1]

    def leaf(self, value: Any) -> Any:
        """Return what a value becomes that is no estimator and no short container."""
        return value

    def estimator(self, estimator: BaseEstimator) -> Any:
        """Return what an estimator becomes."""
        state = {name: self(value) for name, value in vars(estimator).items()}
        twin = object.__new__(type(estimator))
        vars(twin).update(state)
        return twin

    def _changed(self, value: Any) -> Any:
        if isinstance(value, BaseEstimator) and not isinstance(value, type):
            return self.estimator(value)
        replaced = self.leaf(value)
        if replaced is not value:
            return replaced
        if type(value) in (list, tuple):
            return type(value)(map(self, value))
        if type(value) in (dict, Bunch):
            changed = type(value)()
            changed.update((key, self(inner)) for key, inner in value.items())
            return changed
        if type(value) is np.ndarray and value.dtype == object:
            copied = np.empty_like(value)
            for place, inner in np.ndenumerate(value):
                copied[place] = self(inner)
            return copied
        return value


class TakeOut(Walk):
    """Replaces networks, layers and long plain collections by :class:`Part`.

    Parameters
    ----------
    check : callable
        Called with every estimator first.

    Attributes
    ----------
    nets : list of (dict, bytes)
        What `pack` made of each network: what JSON holds, and its arrays.
    collections : list
        The collections, and what describes the layers, of what JSON holds.
    """

    def __init__(self, check: Callable[[BaseEstimator], None]) -> None:
        super().__init__()
        self._check = check
        self.nets: list[tuple[dict[str, Any], bytes]] = []
        self.collections: list[Any] = []

    def estimator(self, estimator: BaseEstimator) -> Any:
        """Take the network out of an estimator, if it has one."""
        self._check(estimator)
        net = vars(estimator).get("net_")
        if net is not None:
            self._known[id(net)] = net, Part("net", len(self.nets))
            self.nets.append(_packer(estimator).pack(estimator))
        return super().estimator(estimator)

    def leaf(self, value: Any) -> Any:
        """Take out layers, and what is long and plain."""
        if isinstance(value, os.PathLike):
            return os.fspath(value)
        if _is_scratch(value):
            from sklearn_nn._persistence.layers import describe

            self.collections.append(describe(value))
            return Part("layer", len(self.collections) - 1)
        if type(value) not in (dict, list) or len(value) <= SHORT:
            return value
        inner = list(value.values() if type(value) is dict else value)
        inner = [_as_plain(one) for one in inner]
        keys = list(value) if type(value) is dict else []
        if not (
            all(type(one) in _PLAIN for one in inner)
            and all(type(key) is str for key in keys)
        ):
            return value
        plain = dict(zip(keys, inner, strict=True)) if keys else inner
        self.collections.append(plain)
        return Part("collection", len(self.collections) - 1)


def _as_plain(value: Any) -> Any:
    # Vocabularies cut to their most frequent words hold NumPy's integers.
    return int(value) if isinstance(value, np.integer) else value


def _is_scratch(value: Any) -> bool:
    """Say if a value comes from sklearn_nn.scratch, without importing that."""
    return any(
        cls.__module__.startswith("sklearn_nn.scratch.") for cls in type(value).__mro__
    )


def _packer(estimator: BaseEstimator) -> Any:
    """Return the module that packs networks of a kind; the other is not imported."""
    if _is_scratch(estimator):
        from sklearn_nn._persistence import scratch_nets

        return scratch_nets
    from sklearn_nn._persistence import nets

    return nets


class PutBack(Walk):
    """Replaces :class:`Part` by what was taken out.

    Parameters
    ----------
    nets : list of (dict, bytes)
        Packed networks.
    collections : list
        Plain collections, and what describes layers.
    check : callable
        Called with every estimator, before its network is made, and with what is none.
    """

    def __init__(
        self, nets: list, collections: list, check: Callable[[Any], None]
    ) -> None:
        super().__init__()
        self._nets, self._collections, self._check = nets, collections, check

    def estimator(self, estimator: BaseEstimator) -> Any:
        """Check the estimator, and give it its network."""
        twin = super().estimator(estimator)
        self._check(twin)
        part = vars(twin).get("net_")
        if isinstance(part, Part):
            twin.net_ = _packer(twin).unpack(twin, *self._nets[part.number])
        return twin

    def leaf(self, value: Any) -> Any:
        """Put a layer or a collection back."""
        if isinstance(value, Part) and value.kind == "layer":
            from sklearn_nn._persistence.layers import restore

            return restore(self._collections[value.number])
        if isinstance(value, Part) and value.kind == "collection":
            return self._collections[value.number]
        self._check(value)
        return value
