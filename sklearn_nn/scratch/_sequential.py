"""Layers one after another."""

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np

from sklearn_nn.scratch._arguments import (
    check_modules,
    nested_params,
    take_nested,
    with_params,
)
from sklearn_nn.scratch._module import Module, Shape, ShapeError


class Sequential(Module):
    """Layers one after another, which are a layer again.

    Parameters
    ----------
    modules : sequence of Module, default=()
        The layers, from the input to the output.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import Linear, Sequential, Tanh
    >>> net = Sequential([Linear(784, 128), Tanh()])
    >>> net.add_module(Linear(128, 10)).output_shape((784,))
    (10,)

    Layers that do not fit are named before anything is computed.

    >>> Sequential([Linear(784, 128), Tanh(), Linear(64, 10)]).output_shape((784,))
    Traceback (most recent call last):
    ...
    sklearn_nn.scratch._module.ShapeError: Layer 2, Linear(in_features=64,
    out_features=10), takes flat rows of 64, but layer 1, Tanh(), gives rows of (128,).
    """

    def __init__(self, modules: Sequence[Module] = ()):
        super().__init__()
        self.modules = modules
        self._inputs: list[np.ndarray] = []

    def add_module(self, module: Module) -> Self:
        """Append a layer.

        Parameters
        ----------
        module : Module
            What comes after all there is.

        Returns
        -------
        self : Sequential
            The block itself.
        """
        self.modules = [*self.modules, module]
        return self

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one row behind the last layer."""
        check_modules(type(self).__name__, "modules", self.modules)
        shape = input_shape
        for i, module in enumerate(self.modules):
            try:
                shape = module.output_shape(shape)
            except ShapeError as error:
                # The first layer's neighbour is known further out, if at all.
                if i == 0 or error.giver:
                    raise
                taker, giver = (f"layer {j}, {self.modules[j]!r}," for j in (i, i - 1))
                raise ShapeError("L" + taker[1:], error.takes, shape, giver) from None
        return shape

    def initialise(self, input_shape, rng, dtype=np.float64):
        """Draw the parameters of all layers anew."""
        self.output_shape(input_shape)
        shape = input_shape
        for module in self.modules:
            shape = module.initialise(shape, rng, dtype)
        self._inputs = []
        learning = [id(leaf) for leaf in self.leaves() if leaf.parameters]
        if len(set(learning)) < len(learning):
            raise ValueError(
                f"The same layer stands twice in {self!r}. It cannot learn in two "
                "places: make two layers."
            )
        return shape

    def forward(self, x):
        """Return what the last layer makes of what the others made of `x`."""
        inputs, z = self._through(x)
        if self.training:
            self._inputs = inputs
        return z

    def backward(self, x, delta, to_input=True):
        """Go through the layers from the last to the first, once."""
        inputs = self._inputs_for(x)
        for i in reversed(range(len(self.modules))):
            delta = self.modules[i].backward(inputs[i], delta, to_input or i > 0)
        return delta if to_input else None

    def backward_update_gradient(self, x, delta):
        """Add to the gradients of all layers."""
        self.backward(x, delta, to_input=False)

    def backward_delta(self, x, delta):
        """Return the derivative of the loss by the input of the first layer."""
        for module, given in zip(
            reversed(self.modules), reversed(self._inputs_for(x)), strict=True
        ):
            delta = module.backward_delta(given, delta)
        return delta

    def _inputs_for(self, x: np.ndarray) -> list[np.ndarray]:
        if self._inputs and self._inputs[0] is x:
            return self._inputs
        if self.training and not all(leaf.repeatable for leaf in self.leaves()):
            raise ValueError(
                "A network with dropout goes back only through its last forward: what "
                "it dropped for another input is not known any more."
            )
        return self._through(x)[0]

    def _through(self, x: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Return the input of each layer, and the output of the last."""
        inputs = []
        for module in self.modules:
            inputs.append(x)
            x = module.forward(x)
        return inputs, x

    def train(self, mode=True):
        """Let all layers behave as in training, or not."""
        self.training = mode
        self._inputs = []
        for module in self.modules:
            module.train(mode)
        return self

    def leaves(self) -> Iterator[Module]:
        """Yield the layers that hold parameters, those inside of others too."""
        for module in self.modules:
            yield from module.leaves()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the layers and, if `deep`, their arguments by place."""
        nested = nested_params("modules", self.modules) if deep else {}
        return {"modules": self.modules, **nested}

    def set_params(self, **params: Any) -> Self:
        """Change the layers, one of them (``modules__0``), or an argument of one."""
        nested = take_nested(params, ["modules"])
        super().set_params(**params)
        for name, changes in nested.items():
            self.modules = with_params(type(self).__name__, name, self.modules, changes)
        return self

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_inputs": []}

    def __len__(self) -> int:
        return len(self.modules)

    def __getitem__(self, place: int) -> Module:
        return self.modules[place]
