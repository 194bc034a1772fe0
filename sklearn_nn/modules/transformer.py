"""A pretrained transformer that reads token ids."""

import re
from typing import Literal

import torch
from torch import Tensor, nn

from sklearn_nn._pretrained.hub import load_encoder
from sklearn_nn._pretrained.limits import check_pooling
from sklearn_nn._pretrained.places import Name

# What several encoders call the parameters below their layers.
_LOWEST = re.compile("emb|wte|wpe|relative_attention_bias")

Pooling = Literal["mean", "cls", "pooler"]


class PooledTransformer(nn.Module):
    """One vector for a text, out of a pretrained encoder.

    Ids come shifted by one, so that 0 is padding whatever the encoder pads with.

    Parameters
    ----------
    model_name : str or path-like
        Name on the hub, or a folder.
    revision : str or None
        Branch, tag or commit on the hub.
    pooling : {"mean", "cls", "pooler"}
        What becomes of the vectors of the tokens: their mean, that of the first, or
        what the encoder's own pooling layer makes of that.
    checkpointing : bool
        Whether activations are computed again on the way back instead of being kept.
    dropout : float or None
        Probability of dropping anything in training; None is what the encoder's own
        configuration says.

    References
    ----------
    Devlin, Chang, Lee & Toutanova (2019). BERT: pre-training of deep bidirectional
    transformers for language understanding. NAACL.

    Reimers & Gurevych (2019). Sentence-BERT: sentence embeddings using siamese
    BERT-networks. EMNLP.
    """

    def __init__(
        self,
        model_name: Name,
        revision: str | None = None,
        pooling: Pooling = "mean",
        checkpointing: bool = False,
        dropout: float | None = None,
    ):
        super().__init__()
        check_pooling(model_name, revision, pooling)
        self.encoder, self.untrained = load_encoder(model_name, revision, dropout)
        self.pooling = pooling
        self.pad_id = self.encoder.config.pad_token_id or 0
        self.n_features = self.encoder.config.hidden_size
        if checkpointing:
            self._checkpoint(model_name)

    def _checkpoint(self, model_name: Name) -> None:
        # Renamed in transformers 5.
        new, old = "activation_checkpointing_enable", "gradient_checkpointing_enable"
        try:
            getattr(self.encoder, new if hasattr(self.encoder, new) else old)()
        except ValueError as error:
            raise ValueError(
                f"gradient_checkpointing=True: {type(self.encoder).__name__} of "
                f"model_name={str(model_name)!r} cannot do that. Set it to False."
            ) from error

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

    def depths(self) -> dict[str, int]:
        """Return the layer of each parameter, counted from the input."""
        names = [name for name, _ in self.named_parameters()]
        numbers = {name: re.search(r"\.(\d+)\.", name) for name in names}
        layers = {name: int(n[1]) + 1 for name, n in numbers.items() if n}
        last = max(layers.values(), default=0)
        # What is not numbered lies below all layers or above them.
        return {
            name: layers.get(name, 0 if _LOWEST.search(name) else last)
            for name in names
        }
