"""Multilayer perceptron.

Rumelhart, Hinton & Williams (1986), "Learning representations by back-propagating
errors", Nature 323.
"""

from collections.abc import Sequence

from torch import Tensor, nn

ACTIVATIONS = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "logistic": nn.Sigmoid,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "identity": nn.Identity,
}


class MLP(nn.Module):
    """Linear layers with an activation after each but the last.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Widths of the two ends.
    hidden : sequence of int
        Widths of the hidden layers.
    activation : str
        A key of :data:`ACTIVATIONS`.
    dropout : float
        Probability of dropping a hidden unit in training.
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        hidden: Sequence[int] = (128,),
        activation: str = "relu",
        dropout: float = 0.0,
    ):
        super().__init__()
        layers: list[nn.Module] = []
        width = n_inputs
        for n_units in hidden:
            layers += [nn.Linear(width, n_units), ACTIVATIONS[activation]()]
            if dropout:
                layers.append(nn.Dropout(dropout))
            width = n_units
        self.hidden = nn.Sequential(*layers)
        self.output = nn.Linear(width, n_outputs)
        self.n_features = width

    def features(self, x: Tensor) -> Tensor:
        """Map (n, n_inputs) to the last hidden layer, (n, n_features)."""
        return self.hidden(x)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, n_inputs) to logits, (n, n_outputs)."""
        return self.output(self.features(x))
