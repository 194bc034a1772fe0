"""Networks that look up a vector for each token of a text."""

from abc import abstractmethod
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from sklearn_nn._pretrained.features import load_frozen
from sklearn_nn._pretrained.hub import load_tokenizer
from sklearn_nn._pretrained.places import revision_of
from sklearn_nn._pretrained.tokens import truncating
from sklearn_nn.modules.bigru import PAD
from sklearn_nn.modules.pooled_embedding import PooledEmbedding
from sklearn_nn.preprocessing._resources import encodable

from ._explained_model import explain_package
from ._module_twins import Probabilities, Stacked, differentiable, module_of, twin_of
from ._text_reader import TextReader
from ._words import Span, by_white_space


class Tokens(NamedTuple):
    """The tokens that a network reads of a text.

    Parameters
    ----------
    spans : list of (start, end)
        Where each stands in the text; special ones are empty.
    ids : Tensor of int of shape (1, n_tokens)
        What the module gets.
    baseline : Tensor of int of shape (1, n_tokens)
        The same without the text.
    """

    spans: list[Span]
    ids: Tensor
    baseline: Tensor


class TokenReader(TextReader):
    """A network that looks up a vector for each token."""

    @abstractmethod
    def tokens(self, text: str) -> Tokens:
        """Return what the network reads of a text."""

    @abstractmethod
    def _module_and_embedding(self) -> tuple[nn.Module, nn.Module]:
        """Return a twin of the module and, in it, the layer of these vectors."""

    @cached_property
    def parts(self) -> tuple[Any, Any]:
        """The twin, made once."""
        return self._module_and_embedding()

    def gradients(self, text, code, n_steps, batch_size):
        """Integrate the gradient of the probability by the tokens' vectors."""
        attr = explain_package("captum.attr", 'method="integrated_gradients"')
        found = self.tokens(text)
        if not found.spans:
            return [], np.zeros(0)
        module, embedding = self.parts
        paths = attr.LayerIntegratedGradients(Probabilities(module), embedding)
        with differentiable(module, found.ids.device):
            by_number = paths.attribute(
                found.ids,
                baselines=found.baseline,
                target=code,
                n_steps=n_steps,
                internal_batch_size=batch_size,
            )
        return found.spans, by_number[0].sum(-1).detach().cpu().numpy()


class SequenceReader(TokenReader):
    """A network of token ids behind a :class:`SequenceVectorizer`."""

    def __init__(self, steps: list[Any], vectorizer: Any, estimator: Any):
        super().__init__(steps, estimator)
        self.vectorizer = vectorizer

    def tokens(self, text: str) -> Tokens:
        """Return what the network reads of a text."""
        spans: list = self.vectorizer._cut(
            [
                span
                for span, word in by_white_space(text)
                if self.vectorizer._words(word)
            ]
        )
        _, device, _ = module_of(self.estimator.net_)
        ids = self.vectorizer.transform([text])[:, : len(spans)]
        ids = torch.from_numpy(ids).to(device)
        return Tokens(spans, ids, torch.full_like(ids, PAD))

    def _module_and_embedding(self):
        module = twin_of(module_of(self.estimator.net_)[0])
        if hasattr(module, "embedding"):
            return module, module.embedding
        module.input = _MeanOfVectors(module.input)
        return module, module.input.vectors

    def attention(self, text):
        """Return the attention of a :class:`BiGRUClassifier`."""
        spans = self.tokens(text).spans
        weights = self.estimator.attention(self.vectorizer.transform([text]))
        return spans, weights[0, : len(spans)]


class TransformerReader(TokenReader):
    """A :class:`TransformerClassifier`, frozen or fine-tuned."""

    @cached_property
    def _tokenizer(self) -> Any:
        model = self.estimator
        tokenizer = load_tokenizer(model.model_name, model._revision())
        if not tokenizer.is_fast:
            raise ValueError(
                f"The tokenizer of model_name={str(model.model_name)!r} does not say "
                "where in the text its tokens stand. method='lime' and "
                "method='occlusion' do without."
            )
        return truncating(tokenizer, model.max_length)

    def tokens(self, text: str) -> Tokens:
        """Return what the network reads of a text."""
        row = self._tokenizer.encode(encodable(text))
        _, device, _ = module_of(self.estimator.net_)
        # Ids are shifted by one, so that 0 is padding.
        ids = torch.tensor([row.ids], device=device) + 1
        is_special = torch.tensor([row.special_tokens_mask], device=device) > 0
        nothing = torch.full_like(ids, self.parts[0].backbone.pad_id + 1)
        return Tokens(row.offsets, ids, torch.where(is_special, ids, nothing))

    def _module_and_embedding(self):
        model = self.estimator
        module, _, _ = module_of(model.net_)
        if model._frozen_:
            backbone = load_frozen(
                model.model_name,
                revision_of(
                    model.weights_,
                    model.model_name,
                    model.revision,
                    type(model).__name__,
                ),
                model.pooling,
                model.net_.device,
                model.precision,
            )
            module = Stacked(backbone, module)
        twin = twin_of(module)
        return twin, twin.backbone.encoder.get_input_embeddings()

    def attention(self, text):
        """Return the attention rollout of all layers (Abnar & Zuidema, 2020)."""
        found = self.tokens(text)
        backbone = self.parts[0].backbone
        backbone.encoder.set_attn_implementation("eager")
        with torch.inference_mode():
            outputs = backbone.encoder(
                input_ids=found.ids - 1,
                attention_mask=torch.ones_like(found.ids),
                output_attentions=True,
            )
        layers = getattr(outputs, "attentions", None)
        if not layers:
            raise ValueError(
                f"{type(backbone.encoder).__name__} does not give its attention away. "
                "method='integrated_gradients', 'lime' and 'occlusion' do without."
            )
        rollout = torch.eye(len(found.spans), dtype=torch.float64)
        for heads in layers:
            # Half of what a token becomes is the token itself, by the residual.
            mixed = heads[0].double().mean(0).cpu() + torch.eye(len(rollout))
            rollout = mixed / mixed.sum(1, keepdim=True) @ rollout
        read = rollout.mean(0) if backbone.pooling == "mean" else rollout[0]
        return found.spans, read.numpy()


class _MeanOfVectors(nn.Module):
    """What a :class:`PooledEmbedding` does, the vectors of the tokens in between."""

    def __init__(self, pooled: PooledEmbedding):
        super().__init__()
        self.vectors = nn.Embedding.from_pretrained(pooled.weight, padding_idx=PAD)

    def forward(self, ids: Tensor) -> Tensor:
        is_token = (ids != PAD).unsqueeze(2)
        total = (self.vectors(ids) * is_token).sum(1)
        return total / is_token.sum(1).clamp(min=1)
