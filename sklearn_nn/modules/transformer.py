"""A pretrained transformer that reads token ids, and a head on it."""

from typing import Any, Literal

import torch
from torch import Tensor, nn

from sklearn_nn.modules.moe import MoEHead

Pooling = Literal["mean", "cls", "pooler"]


class PooledTransformer(nn.Module):
    """One vector for a text, out of a pretrained encoder.

    Ids come shifted by one, so that 0 is padding whatever the encoder pads with.

    Parameters
    ----------
    model_name : str
        Name on the hub, or a folder.
    revision : str or None
        Branch, tag or commit on the hub.
    pooling : {"mean", "cls", "pooler"}
        What becomes of the vectors of the tokens: their mean, that of the first, or
        what the encoder's own pooling layer makes of that.
    checkpointing : bool
        Whether activations are computed again on the way back instead of being kept.

    References
    ----------
    Devlin, Chang, Lee & Toutanova (2019). BERT: pre-training of deep bidirectional
    transformers for language understanding. NAACL.

    Reimers & Gurevych (2019). Sentence-BERT: sentence embeddings using siamese
    BERT-networks. EMNLP.
    """

    def __init__(
        self,
        model_name: str,
        revision: str | None = None,
        pooling: Pooling = "mean",
        checkpointing: bool = False,
    ):
        super().__init__()
        from transformers import AutoModel

        self.encoder = AutoModel.from_pretrained(
            model_name, revision=revision, dtype=torch.float32
        )
        self.pooling = pooling
        self.pad_id = self.encoder.config.pad_token_id or 0
        self.n_features = self.encoder.config.hidden_size
        if checkpointing:
            self.encoder.gradient_checkpointing_enable()

    def forward(self, x: Tensor) -> Tensor:
        """Map shifted ids (n, length) to (n, n_features)."""
        is_token = x > 0
        ids = torch.where(is_token, x - 1, self.pad_id).long()
        outputs = self.encoder(input_ids=ids, attention_mask=is_token.long())
        if self.pooling == "pooler":
            return outputs.pooler_output
        hidden = outputs.last_hidden_state
        if self.pooling == "cls":
            return hidden[:, 0]
        weight = is_token.unsqueeze(2).to(hidden.dtype)
        return (hidden * weight).sum(1) / weight.sum(1).clamp(min=1)


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
