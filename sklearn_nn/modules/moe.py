"""Mixture of experts with a linear router."""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sklearn_nn.modules.mlp import ACTIVATIONS
from sklearn_nn.modules.pooled_embedding import PooledEmbedding


class Routing(NamedTuple):
    """What the router decided for a batch.

    ``scores`` are (n, n_experts); ``gates`` are the weights of the experts in
    ``chosen``, both (n, top_k), or of all experts when ``chosen`` is None.
    """

    scores: Tensor
    gates: Tensor
    chosen: Tensor | None


class Experts(nn.Module):
    """Linear, layer norm, activation, dropout, linear: once an expert.

    The weights of all experts are stacked, so that a weighted sum over all of them
    takes two matrix products.

    Parameters
    ----------
    n_experts : int
        How many there are.
    n_inputs, hidden_size : int
        Widths of what comes in, and of the hidden layer and what goes out.
    activation : str
        A key of :data:`~sklearn_nn.modules.mlp.ACTIVATIONS`.
    dropout : float
        Probability of dropping a hidden unit in training.
    """

    def __init__(
        self,
        n_experts: int,
        n_inputs: int,
        hidden_size: int,
        activation: str,
        dropout: float,
    ):
        super().__init__()
        self.weight_in = _uniform(n_experts, hidden_size, n_inputs, fan_in=n_inputs)
        self.bias_in = _uniform(n_experts, hidden_size, fan_in=n_inputs)
        self.norm_weight = nn.Parameter(torch.ones(n_experts, hidden_size))
        self.norm_bias = nn.Parameter(torch.zeros(n_experts, hidden_size))
        self.weight_out = _uniform(
            n_experts, hidden_size, hidden_size, fan_in=hidden_size
        )
        self.bias_out = _uniform(n_experts, hidden_size, fan_in=hidden_size)
        self.activation = ACTIVATIONS[activation]()
        self.dropout = nn.Dropout(dropout)

    def all(self, x: Tensor, gates: Tensor) -> Tensor:
        """Map x (n, n_inputs), gates (n, n_experts) to the sum (n, hidden_size)."""
        hidden = F.linear(x, self.weight_in.flatten(0, 1), self.bias_in.flatten())
        hidden = hidden.unflatten(1, self.bias_in.shape)
        hidden = F.layer_norm(hidden, hidden.shape[2:])
        hidden = self.activation(hidden * self.norm_weight + self.norm_bias)
        hidden = (self.dropout(hidden) * gates.unsqueeze(2)).flatten(1)
        return hidden @ self.weight_out.flatten(0, 1) + gates @ self.bias_out

    def some(self, x: Tensor, gates: Tensor, chosen: Tensor) -> Tensor:
        """Do the same with the chosen experts (n, k) alone, each on its own rows."""
        k = chosen.shape[1]
        order = chosen.flatten().argsort(stable=True)
        sizes = chosen.flatten().bincount(minlength=len(self.bias_in)).tolist()
        rows = x.index_select(0, order.div(k, rounding_mode="floor")).split(sizes)
        shares = gates.flatten().index_select(0, order).unsqueeze(1).split(sizes)
        # Taking an expert's weights by index would make a gradient as large as that
        # of all experts for each of them.
        weights = zip(*(p.unbind() for p in self.parameters()), strict=True)
        sums = [
            self._one(x_e, g_e, *weights_e)
            for x_e, g_e, weights_e in zip(rows, shares, weights, strict=True)
            if len(x_e)
        ]
        pairs = torch.cat(sums).index_select(0, order.argsort())
        return pairs.unflatten(0, (-1, k)).sum(1)

    def _one(self, x, gates, weight_in, bias_in, scale, shift, weight_out, bias_out):
        hidden = F.linear(x, weight_in, bias_in)
        hidden = F.layer_norm(hidden, hidden.shape[1:])
        hidden = self.dropout(self.activation(hidden * scale + shift))
        return (hidden * gates) @ weight_out + gates * bias_out


class MoEHead(nn.Module):
    """Router, experts, and a linear layer on their weighted sum.

    With soft routing the softmax of the router's scores weighs all experts [1]_. With
    `top_k` [2]_, only the `top_k` best of each row are computed, whatever the number of
    rows an expert gets; their weights are the softmax over them, or with one expert
    its probability among all, so that the router always gets a gradient.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Widths of the two ends.
    n_experts : int
        Number of experts.
    hidden_size : int
        Width of the experts' hidden layer and of what they return.
    top_k : int or None
        Experts a row; None and `n_experts` are soft routing.
    router_noise : float
        Standard deviation of the noise on the router's scores in training.
    aux_loss_coef, z_loss_coef : float
        Weights of the load-balancing loss [3]_ and of the router z loss [4]_ in the
        penalty.
    dropout : float
        Probability of dropping an expert's hidden unit in training.
    activation : str
        A key of :data:`~sklearn_nn.modules.mlp.ACTIVATIONS`.

    References
    ----------
    .. [1] Jacobs, R. A., Jordan, M. I., Nowlan, S. J., & Hinton, G. E. (1991).
       Adaptive mixtures of local experts. Neural Computation, 3.
    .. [2] Shazeer, N., et al. (2017). Outrageously large neural networks: The
       sparsely-gated mixture-of-experts layer. ICLR.
    .. [3] Fedus, W., Zoph, B., & Shazeer, N. (2022). Switch transformers: Scaling to
       trillion parameter models with simple and efficient sparsity. JMLR, 23.
    .. [4] Zoph, B., et al. (2022). ST-MoE: Designing stable and transferable sparse
       expert models. arXiv:2202.08906.

    Examples
    --------
    >>> import torch
    >>> from sklearn_nn.modules import MoEHead
    >>> head = MoEHead(n_inputs=4, n_outputs=3, n_experts=8, top_k=2)
    >>> x = torch.eye(4)
    >>> head(x).shape
    torch.Size([4, 3])

    Each row is computed by two experts, whose weights sum to one.

    >>> gates = head.gate(x)
    >>> (gates > 0).sum(1).tolist(), bool(torch.allclose(gates.sum(1), torch.ones(4)))
    ([2, 2, 2, 2], True)
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        n_experts: int = 8,
        hidden_size: int = 128,
        top_k: int | None = None,
        router_noise: float = 0.0,
        aux_loss_coef: float = 0.01,
        z_loss_coef: float = 0.001,
        dropout: float = 0.0,
        activation: str = "relu",
    ):
        super().__init__()
        self.top_k = None if top_k == n_experts else top_k
        self.router_noise = router_noise
        self.aux_loss_coef = aux_loss_coef
        self.z_loss_coef = z_loss_coef
        self.router = nn.Linear(n_inputs, n_experts)
        # Or else, where inputs are small, the first biases choose the experts.
        nn.init.zeros_(self.router.bias)
        self.experts = Experts(n_experts, n_inputs, hidden_size, activation, dropout)
        self.output = nn.Linear(hidden_size, n_outputs)
        self.n_features = hidden_size
        self._routing: Routing | None = None

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

    def features(self, x: Tensor) -> Tensor:
        """Compute the weighted sum of the experts.

        Parameters
        ----------
        x : Tensor of shape (n, n_inputs)
            The rows.

        Returns
        -------
        Tensor of shape (n, hidden_size)
            What the experts return, each times its weight.
        """
        routing = self._route(x)
        self._routing = routing if self.training else None
        if routing.chosen is None:
            return self.experts.all(x, routing.gates)
        return self.experts.some(x, routing.gates, routing.chosen)

    def gate(self, x: Tensor) -> Tensor:
        """Compute the weights of the experts.

        Parameters
        ----------
        x : Tensor of shape (n, n_inputs)
            The rows.

        Returns
        -------
        Tensor of shape (n, n_experts)
            Zero for the experts that a row does not go to.
        """
        scores, gates, chosen = self._route(x)
        if chosen is None:
            return gates
        return torch.zeros_like(scores).scatter(1, chosen, gates)

    def penalty(self, weight: Tensor | None = None) -> Tensor:
        """Return what the routing of the last training batch adds to the loss.

        Parameters
        ----------
        weight : Tensor of shape (n,), default=None
            Row weights; a row of weight two counts like two rows.

        Returns
        -------
        Tensor, a scalar
            The load-balancing loss, ``n_experts * sum(share * probability)`` over the
            experts' shares of the choices and mean probabilities (which with soft
            routing are the same), and the mean square of the log-sum-exp of a row's
            scores, each times its coefficient.

        Raises
        ------
        RuntimeError
            If no batch went through in training mode since the last call.
        """
        if self._routing is None:
            raise RuntimeError(
                "penalty() belongs to the batch before it: call the module on it in "
                "training mode first."
            )
        scores, _, chosen = self._routing
        self._routing = None
        n, n_experts = scores.shape
        if weight is None:
            mean = scores.new_full((n,), 1 / n)
        else:
            mean = weight.to(scores.dtype) / weight.sum()
        probability = mean @ scores.softmax(1)
        share = probability
        if chosen is not None:
            choices = torch.zeros_like(scores).scatter(1, chosen, 1 / chosen.shape[1])
            share = mean @ choices
        balance = n_experts * (share * probability).sum()
        z = mean @ scores.logsumexp(1).square()
        return self.aux_loss_coef * balance + self.z_loss_coef * z

    def _route(self, x: Tensor) -> Routing:
        # In full precision: choices hang on small differences.
        with torch.autocast(x.device.type, enabled=False):
            scores = self.router(x.to(self.router.weight.dtype))
        if self.training and self.router_noise:
            scores = scores + self.router_noise * torch.randn_like(scores)
        if self.top_k is None:
            return Routing(scores, scores.softmax(1), None)
        best, chosen = scores.topk(self.top_k)
        if self.top_k == 1:
            return Routing(scores, scores.softmax(1).gather(1, chosen), chosen)
        return Routing(scores, best.softmax(1), chosen)

    def __getstate__(self) -> dict[str, Any]:
        # A batch's graph is neither to be pickled nor copied.
        return self.__dict__ | {"_routing": None}


class MoE(MoEHead):
    """A :class:`MoEHead` on numbers, or on token ids by the mean of their vectors.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Widths of the two ends; with token ids, `n_inputs` is that of the vectors.
    vocabulary_size : int or None
        Number of ids, with padding (0); None takes numbers.
    **head
        The rest of :class:`MoEHead`'s arguments.

    References
    ----------
    Those of :class:`MoEHead` and, for token ids, Iyyer et al. (2015) as in
    :class:`PooledEmbedding`.

    Examples
    --------
    >>> import torch
    >>> from sklearn_nn.modules import MoE
    >>> net = MoE(n_inputs=16, n_outputs=3, vocabulary_size=10, n_experts=4)
    >>> ids = torch.tensor([[4, 2, 7], [5, 0, 0]])
    >>> net(ids).shape, net.gate(ids).shape
    (torch.Size([2, 3]), torch.Size([2, 4]))
    """

    def __init__(
        self, n_inputs: int, n_outputs: int, vocabulary_size: int | None = None, **head
    ):
        super().__init__(n_inputs, n_outputs, **head)
        self.input: nn.Module = nn.Identity()
        if vocabulary_size is not None:
            self.input = PooledEmbedding(vocabulary_size, n_inputs)

    def features(self, x: Tensor) -> Tensor:
        """Map (n, n_inputs), or ids (n, length), to (n, hidden_size)."""
        return super().features(self.input(x))

    def gate(self, x: Tensor) -> Tensor:
        """Map (n, n_inputs), or ids (n, length), to weights (n, n_experts)."""
        return super().gate(self.input(x))


def _uniform(*shape: int, fan_in: int) -> nn.Parameter:
    """Draw an expert's weights as torch draws those of a linear layer."""
    bound = 1 / math.sqrt(fan_in)
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
