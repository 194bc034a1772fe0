"""Heads on the vectors of a pretrained backbone, with or without the backbone."""

from typing import Any, Literal

from torch import Tensor, nn

from sklearn_nn.modules.moe import MoEHead


class LinearHead(nn.Module):
    """Layer normalisation, dropout and a linear layer on one vector a row.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Widths of the two ends.
    dropout : float
        Probability of dropping a number of the vector in training.
    """

    def __init__(self, n_inputs: int, n_outputs: int, dropout: float = 0.0):
        super().__init__()
        self.norm = nn.LayerNorm(n_inputs, elementwise_affine=False)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(n_inputs, n_outputs)
        self.n_features = n_inputs

    def features(self, x: Tensor) -> Tensor:
        """Map (n, n_inputs) to what the last layer sees, (n, n_inputs)."""
        return self.dropout(self.norm(x))

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, n_inputs) to logits, (n, n_outputs)."""
        return self.output(self.features(x))


class ExpertsHead(MoEHead):
    """Layer normalisation and a mixture of experts on one vector a row.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Widths of the two ends.
    **experts
        The rest of :class:`MoEHead`'s arguments.
    """

    def __init__(self, n_inputs: int, n_outputs: int, **experts: Any):
        super().__init__(n_inputs, n_outputs, **experts)
        self.norm = nn.LayerNorm(n_inputs, elementwise_affine=False)

    def features(self, x: Tensor) -> Tensor:
        """Map (n, n_inputs) to the weighted sum of the experts."""
        return super().features(self.norm(x))

    def gate(self, x: Tensor) -> Tensor:
        """Map (n, n_inputs) to the experts' weights, (n, n_experts)."""
        return super().gate(self.norm(x))


class FineTuned(nn.Module):
    """A pretrained backbone with a head, to be trained together.

    Parameters
    ----------
    backbone : type
        A module class that maps its input to (n, n_features). Its ``depths()`` counts
        the layer of each parameter from the input.
    head : {"linear", "moe"}
        :class:`LinearHead` or :class:`ExpertsHead`.
    n_outputs : int
        Number of logits.
    layer_decay : float
        Factor of the learning rate from one layer of the backbone to that before it.
    head_lr_scale : float
        Factor of the learning rate of the head.
    head_options : dict
        The rest of the head's arguments.
    **options
        The backbone's arguments.

    References
    ----------
    Howard & Ruder (2018). Universal language model fine-tuning for text
    classification. ACL.
    """

    def __init__(
        self,
        backbone: type[nn.Module],
        head: Literal["linear", "moe"],
        n_outputs: int,
        layer_decay: float = 1.0,
        head_lr_scale: float = 1.0,
        head_options: dict[str, Any] | None = None,
        **options: Any,
    ):
        super().__init__()
        self.backbone: Any = backbone(**options)
        make: Any = LinearHead if head == "linear" else ExpertsHead
        self.head: Any = make(
            self.backbone.n_features, n_outputs, **(head_options or {})
        )
        self.n_features = self.head.n_features
        self.layer_decay = layer_decay
        self.head_lr_scale = head_lr_scale
        if layer_decay < 1 and not self._n_layers():
            raise ValueError(
                f"layer_decay={layer_decay}: the layers of this backbone are not "
                "known. Set layer_decay=1.0."
            )

    def _n_layers(self) -> int:
        return max(self.backbone.depths().values())

    @property
    def output(self) -> nn.Linear:
        """The last linear layer."""
        return self.head.output

    def features(self, x: Tensor) -> Tensor:
        """Map a batch to what the last layer sees."""
        return self.head.features(self.backbone(x))

    def forward(self, x: Tensor) -> Tensor:
        """Map a batch to logits, (n, n_outputs)."""
        return self.head(self.backbone(x))

    def gate(self, x: Tensor) -> Tensor:
        """Map a batch to the experts' weights, (n, n_experts)."""
        return self.head.gate(self.backbone(x))

    def penalty(self, weight: Tensor | None = None) -> Tensor | float:
        """Return what the routing of the last training batch adds to the loss."""
        return self.head.penalty(weight) if isinstance(self.head, MoEHead) else 0.0

    def learning_rate_scales(self) -> dict[str, float]:
        """Return the factor of the learning rate for each parameter, by name.

        The deepest layers, nearest to the input, learn slowest.
        """
        depths = self.backbone.depths()
        last = max(depths.values())
        scales = {
            f"head.{n}": self.head_lr_scale for n, _ in self.head.named_parameters()
        }
        for name, depth in depths.items():
            scales[f"backbone.{name}"] = self.layer_decay ** (last - depth)
        return scales
