"""What every layer is: a function of a batch, and its two derivatives."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NoReturn, Self

import numpy as np

Shape = tuple[int, ...]


class ShapeError(ValueError):
    """Rows of this shape cannot go into this module.

    Parameters
    ----------
    taker : Module or str
        The module, or what to call it.
    takes : str
        The rows that it takes, in words.
    given : tuple of int
        The shape of the rows that it was given.
    giver : str, default=None
        The module that gave them, in words.

    Examples
    --------
    >>> from sklearn_nn.scratch import Linear, ShapeError
    >>> try:
    ...     Linear(64, 10).output_shape((128,))
    ... except ShapeError as error:
    ...     print(error.taker, "takes", error.takes)
    Linear(in_features=64, out_features=10) takes flat rows of 64
    """

    def __init__(self, taker: Any, takes: str, given: Shape, giver: str | None = None):
        self.parts = str(taker), takes, given, giver
        self.taker = taker
        self.takes = takes
        self.giver = giver
        gives = "was given" if giver is None else f"{giver} gives"
        super().__init__(f"{taker} takes {takes}, but {gives} rows of {given}.")

    def __reduce__(self):
        return type(self), self.parts


class _Undrawn(dict):
    """Parameters that are not there yet."""

    def __missing__(self, name: str) -> NoReturn:
        raise ValueError(
            f"There is no {name} yet: initialise(input_shape, rng) draws the "
            "parameters of a module, and of all modules in it. Call it first."
        )


class Module:
    """A layer: a function of a batch of rows, and its derivatives.

    A batch is an array of shape (n_rows, ...); the shape of one row is what
    `output_shape` and `initialise` speak of. Writing ``L`` for the loss, ``x`` for
    the input of a module and ``z`` for its output, `delta` is ``dL/dz`` and has the
    shape of ``z``.

    A layer of one's own keeps the arguments of its constructor as attributes of the
    same names, and overrides `forward` and `backward_delta`; if it changes the shape of
    rows `output_shape`; if it learns `draw`, which names the parameters, and
    `backward_update_gradient`, which adds to `gradients` under the same names. It
    writes neither into ``x`` nor into `delta`. A block of layers is best a subclass of
    :class:`Sequential`.

    Attributes
    ----------
    parameters : dict of str to ndarray
        What is learned, of shapes of the layer's own; empty until `initialise`.
    gradients : dict of str to ndarray
        The derivatives of the loss by the parameters, of the same shapes, summed since
        `zero_grad`.
    buffers : dict of str to ndarray
        What is neither learned nor forgotten, such as running means.
    training : bool
        Whether the module behaves as in training (dropout, batch statistics).

    Raises
    ------
    ShapeError, TypeError, ValueError
        If rows do not fit, a method is not overridden, or an argument is unusable.

    Examples
    --------
    A layer that learns a factor for each column:

    >>> import numpy as np
    >>> from sklearn_nn.scratch import Linear, Module, SequentialRegressor
    >>> class Scale(Module):
    ...     def draw(self, input_shape, rng):
    ...         return {"factor": np.ones(input_shape)}
    ...
    ...     def forward(self, x):
    ...         return x * self.parameters["factor"]
    ...
    ...     def backward_update_gradient(self, x, delta):
    ...         self.gradients["factor"] += (x * delta).sum(axis=0)
    ...
    ...     def backward_delta(self, x, delta):
    ...         return delta * self.parameters["factor"]
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> model = SequentialRegressor(layers=[Scale(), Linear()], lr=0.1, random_state=0)
    >>> model.fit(X, X @ [3.0, -2.0]).score(X, X @ [3.0, -2.0]) > 0.99
    True
    """

    # Whether going forward again gives the same.
    repeatable: ClassVar[bool] = True

    def __init__(self) -> None:
        self.parameters: dict[str, np.ndarray] = _Undrawn()
        self.gradients: dict[str, np.ndarray] = _Undrawn()
        self.buffers: dict[str, np.ndarray] = _Undrawn()
        self.training = True
        self._last: tuple[np.ndarray, Any] | None = None

    # How it is built.

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one row of the output.

        Parameters
        ----------
        input_shape : tuple of int
            Shape of one row of the input.

        Returns
        -------
        tuple of int
            As long as the rows have axes.
        """
        return input_shape

    def initialise(
        self, input_shape: Shape, rng: np.random.Generator, dtype: Any = np.float64
    ) -> Shape:
        """Draw the parameters anew and forget the gradients.

        Parameters
        ----------
        input_shape : tuple of int
            Shape of one row of the input.
        rng : numpy.random.Generator
            Where the draw comes from.
        dtype : dtype, default=float64
            What to compute in: float64 or float32.

        Returns
        -------
        tuple of int
            The shape of one row of the output.
        """
        shape = self.output_shape(input_shape)
        self.parameters = {
            name: value.astype(dtype)
            for name, value in self.draw(input_shape, rng).items()
        }
        self.gradients = {
            name: np.zeros_like(value) for name, value in self.parameters.items()
        }
        self._last = None
        return shape

    def draw(
        self, input_shape: Shape, rng: np.random.Generator
    ) -> dict[str, np.ndarray]:
        """Return parameters for rows of that shape, by name: for a layer to override.

        Parameters
        ----------
        input_shape : tuple of int
            Shape of one row of the input.
        rng : numpy.random.Generator
            Where the draw comes from.

        Returns
        -------
        dict of str to ndarray of float64
            Their names and values, of any shape; empty for a layer that does not learn.
        """
        return {}

    # What it computes.

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return the output for a batch.

        Parameters
        ----------
        x : ndarray of shape (n_rows, ...)
            The input.

        Returns
        -------
        ndarray of shape (n_rows, ...)
            Neither this nor `x` may be changed before the way back.
        """
        raise TypeError(f"{type(self).__name__} does not say what it computes.")

    def backward_update_gradient(self, x: np.ndarray, delta: np.ndarray) -> None:
        """Add the derivative of the loss by the parameters to `gradients`.

        Parameters
        ----------
        x, delta : ndarray of shape (n_rows, ...)
            The input of the last `forward`, and the loss's derivative by the output.
        """

    def backward_delta(self, x: np.ndarray, delta: np.ndarray) -> np.ndarray:
        """Return the derivative of the loss by the input.

        Parameters
        ----------
        x, delta : ndarray of shape (n_rows, ...)
            The input of the last `forward`, and the loss's derivative by the output.

        Returns
        -------
        ndarray of the shape of `x`
            It may be `delta` itself, where the layer changes nothing.
        """
        raise TypeError(f"{type(self).__name__} does not say its derivative.")

    def backward(
        self, x: np.ndarray, delta: np.ndarray, to_input: bool = True
    ) -> np.ndarray | None:
        """Do both: `backward_update_gradient`, then `backward_delta`.

        Parameters
        ----------
        x, delta : ndarray of shape (n_rows, ...)
            The input of the last `forward`, and the loss's derivative by the output.
        to_input : bool, default=True
            Whether the derivative by the input is wanted; in front of the first
            layer nobody needs it.

        Returns
        -------
        ndarray of the shape of `x`, or None
            The derivative of the loss by the input, where it is wanted.
        """
        self.backward_update_gradient(x, delta)
        return self.backward_delta(x, delta) if to_input else None

    def update_parameters(self, lr: float) -> None:
        """Take one step against the gradients, in place.

        Parameters
        ----------
        lr : float
            Learning rate, the length of the step.
        """
        lr = float(lr)  # Of NumPy's float64, the product would be float64 too.
        for leaf in self.leaves():
            for name, value in leaf.parameters.items():
                value -= lr * leaf.gradients[name]

    def zero_grad(self) -> None:
        """Set the gradients to zero."""
        for leaf in self.leaves():
            for gradient in leaf.gradients.values():
                gradient.fill(0)

    def train(self, mode: bool = True) -> Self:
        """Behave as in training, or not.

        Parameters
        ----------
        mode : bool, default=True
            False is for prediction.

        Returns
        -------
        self : Module
            The module itself.
        """
        self.training = mode
        self._last = None
        for leaf in self.leaves():
            if leaf is not self:
                leaf.train(mode)
        return self

    # What forward computed serves backward: `x` is the same array in both.

    def _remember(self, x: np.ndarray, value: Any) -> None:
        if self.training:
            self._last = x, value

    def _recall(self, x: np.ndarray, compute: Callable[[np.ndarray], Any]) -> Any:
        if self._last is not None and self._last[0] is x:
            return self._last[1]
        return compute(x)

    # What it holds, for the optimisers and for keeping a copy.

    def leaves(self) -> Iterator["Module"]:
        """Yield the layers that compute: itself, or those inside, to the innermost.

        What the network learns, forgets, keeps and counts is that of its leaves.

        Yields
        ------
        leaf : Module
            In the order in which rows go through them.
        """
        yield self

    def state(self) -> list[dict[str, np.ndarray]]:
        """Return copies of the parameters and buffers.

        Returns
        -------
        list of dict of str to ndarray
            A dict for each leaf.
        """
        return [
            {name: array.copy() for name, array in (m.parameters | m.buffers).items()}
            for m in self.leaves()
        ]

    def load_state(self, state: Sequence[Mapping[str, np.ndarray]]) -> None:
        """Take back what `state` returned, in place.

        Parameters
        ----------
        state : list of dict of str to ndarray
            A dict for each leaf.
        """
        for module, arrays in zip(self.leaves(), state, strict=True):
            for name, array in (module.parameters | module.buffers).items():
                array[...] = arrays[name]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_last": None, "gradients": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.gradients = _Undrawn(
            (name, np.zeros_like(value)) for name, value in self.parameters.items()
        )

    # What scikit-learn asks of a parameter that is to be searched.

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the arguments of the constructor.

        Parameters
        ----------
        deep : bool, default=True
            Whether to go into modules inside.

        Returns
        -------
        dict of str to any
            Their names and values.
        """
        names = inspect.signature(type(self)).parameters
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params: Any) -> Self:
        """Change arguments of the constructor; the parameters stay as drawn.

        Parameters
        ----------
        **params : any
            New values by name.

        Returns
        -------
        self : Module
            The module itself.
        """
        known = self.get_params(deep=False)
        for name, value in params.items():
            if name not in known:
                raise ValueError(
                    f"{type(self).__name__} has no parameter {name!r}. It has: "
                    f"{', '.join(known) or 'none'}."
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        signature = inspect.signature(type(self)).parameters
        arguments = [
            f"{name}={value!r}"
            for name, value in self.get_params(deep=False).items()
            if repr(value) != repr(signature[name].default)
        ]
        return f"{type(self).__name__}({', '.join(arguments)})"
