"""Parameters that are lists of layers, for searches to go into."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator, clone

from sklearn_nn.scratch._arguments import (
    check_modules,
    nested_params,
    take_nested,
    with_params,
)
from sklearn_nn.scratch._module import Module


class LayerLists(BaseEstimator):
    """An estimator with parameters that are lists of layers.

    ``layers__0`` is the first layer of ``layers``, ``layers__0__out_features`` an
    argument of it, as the steps of a pipeline have theirs.
    """

    _layer_lists: ClassVar[tuple[str, ...]] = ("layers",)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters and, if `deep`, the layers by their place.

        Parameters
        ----------
        deep : bool, default=True
            Whether to return ``layers__0``, ``layers__0__out_features`` and the like
            as well.

        Returns
        -------
        dict
            Names and values.
        """
        params = super().get_params(deep=False)
        for name in self._layer_lists if deep else ():
            if _is_stack(params[name]):
                params |= nested_params(name, params[name])
        return params

    def set_params(self, **params: Any) -> Self:
        """Change parameters, layers (``layers__0``) or arguments of layers.

        Parameters
        ----------
        **params : dict
            New values by name.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If there is no such parameter, layer or argument.
        """
        nested = take_nested(params, self._layer_lists)
        super().set_params(**params)
        for name, changes in nested.items():
            layers = getattr(self, name)
            if not _is_stack(layers):
                raise ValueError(
                    f"{type(self).__name__} has no parameter "
                    f"'{name}__{next(iter(changes))}': {name}={layers!r} is no list of "
                    f"layers. Give {name!r} one first."
                )
            caller = type(self).__name__
            setattr(self, name, with_params(caller, name, layers, changes))
        return self

    def _stack(self, name: str, default: Sequence[Module]) -> list[Module]:
        """Return fresh layers, as a parameter or else the default describes them."""
        layers = getattr(self, name)
        layers = default if layers is None else layers
        if not layers:
            raise ValueError(
                f"The {name!r} parameter of {type(self).__name__} holds no layer. Give "
                "it one, such as Linear(), or leave it None."
            )
        check_modules(type(self).__name__, name, layers)
        return [clone(layer) for layer in layers]


def _is_stack(layers: Any) -> bool:
    return isinstance(layers, list | tuple) and all(
        isinstance(layer, Module) for layer in layers
    )
