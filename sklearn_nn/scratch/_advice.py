"""Warnings about layers and losses that will not learn together."""

from collections.abc import Iterator, Sequence

from sklearn_nn.scratch._activations import LogSoftmax, Sigmoid, Softmax
from sklearn_nn.scratch._losses import (
    BCELoss,
    CrossEntropyLoss,
    Loss,
    MSELoss,
    NLLLoss,
)
from sklearn_nn.scratch._module import Module


def faults(layers: Sequence[Module], loss: Loss, tells_classes: bool) -> Iterator[str]:
    """Yield what will keep a network from learning.

    Parameters
    ----------
    layers : sequence of Module
        All layers, from the input to the output; none of them a container.
    loss : Loss
        What they are to make smaller.
    tells_classes : bool
        Whether the targets are classes, so that probabilities are fine outputs.

    Yields
    ------
    str
        A sentence for a warning: what is wrong, why, and what to do.
    """
    learned = [i for i, layer in enumerate(layers) if layer.parameters]
    for i, layer in enumerate(layers[: max(learned, default=0)]):
        if isinstance(layer, Softmax):
            yield (
                f"Layer {i}, {layer!r}, lies between layers: its outputs sum to one, "
                "so that each is small and hardly moves, and nearly nothing of the "
                "gradient comes through to the layers before it. Take Tanh() or "
                "ReLU()."
            )
        elif isinstance(layer, LogSoftmax):
            yield (
                f"Layer {i}, {layer!r}, lies between layers: its outputs have no lower "
                "bound, and the better the layers before it fit, the further they "
                "fall, until training diverges. Take Tanh() or ReLU()."
            )
    end = layers[-1] if layers else None
    if isinstance(loss, BCELoss) and isinstance(end, LogSoftmax):
        yield (
            "LogSoftmax() with the binary cross-entropy: its outputs are logarithms, "
            "below zero, where the loss takes probabilities, from 0 to 1, and has no "
            "logarithm of them to give. Take loss='nll', or Sigmoid() at the end."
        )
    elif isinstance(loss, MSELoss) and isinstance(end, LogSoftmax):
        yield (
            "LogSoftmax() at the end with the squared error: its outputs are never "
            "above zero, where the targets are. Take Softmax() for classes, or leave "
            "the layer out for numbers."
        )
    elif isinstance(end, Softmax) and not tells_classes and isinstance(loss, MSELoss):
        yield (
            "Softmax() at the end of a network for numbers: its outputs sum to one, "
            "with a single output they are one. Leave the layer out."
        )
    elif isinstance(loss, BCELoss) and not isinstance(end, Sigmoid | Softmax):
        yield (
            f"{end!r} at the end with the binary cross-entropy: the loss takes "
            "probabilities, from 0 to 1, and what this layer gives can be anything. "
            "Put Sigmoid() at the end."
        )
    elif isinstance(loss, NLLLoss) and not isinstance(end, LogSoftmax):
        yield (
            f"{end!r} at the end with the negative log-likelihood: the loss only picks "
            "the output of the right class, which without LogSoftmax() can grow for "
            "ever. Put LogSoftmax() at the end, or take loss='cross_entropy'."
        )
    elif isinstance(loss, CrossEntropyLoss) and isinstance(end, Softmax | Sigmoid):
        yield (
            f"{end!r} at the end with the cross-entropy: the loss takes the softmax of "
            "its own, and of numbers between 0 and 1 that is nearly flat, so that "
            "even a perfect network keeps a high loss. Leave the layer out, or take "
            "loss='mse'."
        )
