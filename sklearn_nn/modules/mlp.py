"""Multilayer perceptron."""

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
    """Linear layers with an activation after each but the last [1]_.

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

    References
    ----------
    .. [1] Rumelhart, D. E., Hinton, G. E., & Williams, R. J. (1986). Learning
       representations by back-propagating errors. Nature, 323.

    Examples
    --------
    >>> import torch
    >>> from sklearn_nn.modules import MLP
    >>> net = MLP(n_inputs=4, n_outputs=3, hidden=(16, 8))
    >>> x = torch.ones(5, 4)
    >>> net(x).shape, net.features(x).shape
    (torch.Size([5, 3]), torch.Size([5, 8]))
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
        """Compute the last hidden layer.

        Parameters
        ----------
        x : Tensor of shape (n, n_inputs)
            The rows.

        Returns
        -------
        Tensor of shape (n, n_features)
            Behind its activation; the rows themselves if there is no hidden layer.
        """
        return self.hidden(x)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the logits.

        Parameters
        ----------
        x : Tensor of shape (n, n_inputs)
            The rows.

        Returns
        -------
        Tensor of shape (n, n_outputs)
            What the last layer makes of :meth:`features`.
        """
        return self.output(self.features(x))
