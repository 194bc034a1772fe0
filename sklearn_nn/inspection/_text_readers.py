"""How the networks of this package read a text: what gradients and attention need."""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.feature_extraction.text import CountVectorizer
from torch import Tensor, nn

from sklearn_nn._classifier import NeuralClassifier
from sklearn_nn._pretrained.features import load_frozen
from sklearn_nn._pretrained.hub import load_tokenizer
from sklearn_nn._pretrained.places import revision_of
from sklearn_nn._pretrained.tokens import truncating
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.modules.bigru import PAD
from sklearn_nn.modules.pooled_embedding import PooledEmbedding
from sklearn_nn.neural_network import BiGRUClassifier, TransformerClassifier
from sklearn_nn.neural_network._token_ids import TokenIdsEstimator
from sklearn_nn.preprocessing._resources import encodable

from ._explained_model import described, explain_package, taken_apart
from ._module_twins import Probabilities, Stacked, module_of, twin_of


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

    spans: list[tuple[int, int]]
    ids: Tensor
    baseline: Tensor


class TextReader(ABC):
    """A network and what prepares the texts for it.

    Parameters
    ----------
    steps : list of transformer
        What comes before the step that makes tokens of a text.
    estimator : NeuralClassifier
        The network.
    """

    def __init__(self, steps: list[Any], estimator: Any):
        self.steps = steps
        self.estimator = estimator

    def prepared(self, texts: list[str]) -> list[str]:
        """Return the texts as they reach what makes tokens of them."""
        rows: Any = np.array(texts, dtype=object)
        for step in self.steps:
            rows = step.transform(rows)
        return [str(row) for row in rows]

    @abstractmethod
    def gradients(
        self, text: str, code: int, n_steps: int, batch_size: int
    ) -> tuple[list[tuple[int, int]], np.ndarray]:
        """Return the tokens of a text and their integrated gradients."""

    def attention(self, text: str) -> tuple[list[tuple[int, int]], np.ndarray]:
        """Return the tokens of a text and the attention they get."""
        raise NotImplementedError


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
        # cuDNN has no way back through a recurrent network that evaluates.
        with torch.backends.cudnn.flags(enabled=False):
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
                for span, word in _by_white_space(text)
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
                    model.weights_, model.model_name, model.revision, _name(model)
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


class FeatureReader(TextReader):
    """A network of numbers behind a CountVectorizer or TfidfVectorizer of words."""

    def __init__(self, steps: list[Any], vectorizer: Any, estimator: Any):
        super().__init__(steps, estimator)
        self.vectorizer = vectorizer

    def gradients(self, text, code, n_steps, batch_size):
        """Integrate by the features of a text; an n-gram is shared by its words."""
        attr = explain_package("captum.attr", 'method="integrated_gradients"')
        row = self.vectorizer.transform([text])
        columns = row.indices
        if not len(columns):
            return [], np.zeros(0)
        module, device, dtype = module_of(self.estimator.net_)
        twin = twin_of(module)
        known = torch.from_numpy(columns.astype(np.int64)).to(device)

        def probabilities(present: Tensor) -> Tensor:
            x = present.new_zeros(len(present), row.shape[1])
            return twin(x.index_copy(1, known, present)).softmax(1)

        by_feature = attr.IntegratedGradients(probabilities).attribute(
            torch.from_numpy(row.data).to(device, dtype)[None],
            target=code,
            n_steps=n_steps,
            internal_batch_size=batch_size,
        )
        weights = dict(zip(columns.tolist(), by_feature[0].tolist(), strict=True))
        return self._shared(text, weights)

    def _shared(self, text: str, weights: dict[int, float]):
        """Share the weight of each feature by all tokens that it is made of."""
        tokens = self._tokens(text)
        shortest, longest = self.vectorizer.ngram_range
        places: dict[int, list[int]] = {column: [] for column in weights}
        for n in range(shortest, longest + 1):
            for start in range(len(tokens) - n + 1):
                words = [word for _, word in tokens[start : start + n]]
                column = self.vectorizer.vocabulary_.get(" ".join(words))
                if column in places:
                    places[column] += range(start, start + n)
        if not all(places.values()):
            raise ValueError(
                f"The tokens of this {type(self.vectorizer).__name__} are not found in "
                "the text: its tokenizer or preprocessor joins what white space "
                "separates. method='lime' and method='occlusion' do without."
            )
        shares = np.zeros(len(tokens))
        for column, where in places.items():
            np.add.at(shares, where, weights[column] / len(where))
        return [span for span, _ in tokens], shares

    def _tokens(self, text: str) -> list[tuple[tuple[int, int], str]]:
        prepare = self.vectorizer.build_preprocessor()
        split = self.vectorizer.build_tokenizer()
        left_out = self.vectorizer.get_stop_words() or ()
        return [
            (span, token)
            for span, part in _by_white_space(text)
            for token in split(prepare(part))
            if token not in left_out
        ]


class _MeanOfVectors(nn.Module):
    """What a :class:`PooledEmbedding` does, the vectors of the tokens in between."""

    def __init__(self, pooled: PooledEmbedding):
        super().__init__()
        self.vectors = nn.Embedding.from_pretrained(pooled.weight, padding_idx=PAD)

    def forward(self, ids: Tensor) -> Tensor:
        is_token = (ids != PAD).unsqueeze(2)
        total = (self.vectors(ids) * is_token).sum(1)
        return total / is_token.sum(1).clamp(min=1)


def gradient_reader(estimator: Any) -> TextReader:
    """Find out how a classifier reads texts, to differentiate it.

    Parameters
    ----------
    estimator : classifier
        A network of this package, alone or behind what prepares texts for it.

    Returns
    -------
    reader : TextReader

    Raises
    ------
    ValueError
        If it is none.
    """
    steps, last = taken_apart(estimator)
    reader = _token_reader(steps, last)
    if reader is not None:
        return reader
    if (
        steps
        and isinstance(steps[-1], CountVectorizer)
        and steps[-1].analyzer == "word"
        and isinstance(last, NeuralClassifier)
    ):
        return FeatureReader(steps[:-1], steps[-1], last)
    raise ValueError(
        f"method='integrated_gradients' does not fit this {described(estimator)}: it "
        "is for a TransformerClassifier, and for a network of sklearn_nn right behind "
        "a SequenceVectorizer or, with words as features, a CountVectorizer or "
        "TfidfVectorizer. method='lime' and method='occlusion' fit every classifier "
        "of texts."
    )


def attention_reader(estimator: Any) -> TextReader:
    """Find out how a classifier reads texts, to see where it attends.

    Parameters
    ----------
    estimator : classifier
        A network of this package with attention.

    Returns
    -------
    reader : TextReader

    Raises
    ------
    ValueError
        If it has none.
    """
    steps, last = taken_apart(estimator)
    if isinstance(last, BiGRUClassifier | TransformerClassifier):
        reader = _token_reader(steps, last)
        if reader is not None:
            return reader
    fitting = ["lime", "occlusion"]
    try:
        gradient_reader(estimator)
    except ValueError:
        pass
    else:
        fitting.append("integrated_gradients")
    raise ValueError(
        f"method='attention' does not fit this {described(estimator)}: it is for a "
        "TransformerClassifier, and for a BiGRUClassifier right behind a "
        f"SequenceVectorizer. Those that fit: {', '.join(map(repr, fitting))}."
    )


def _token_reader(steps: list[Any], last: Any) -> TextReader | None:
    if isinstance(last, TransformerClassifier):
        return TransformerReader(steps, last)
    reads_ids = isinstance(last, TokenIdsEstimator) and getattr(
        last, "_reads_ids", True
    )
    if steps and isinstance(steps[-1], SequenceVectorizer) and reads_ids:
        return SequenceReader(steps[:-1], steps[-1], last)
    return None


def _by_white_space(text: str) -> list[tuple[tuple[int, int], str]]:
    """Cut a text at its white space, as ``str.split`` does, and say where."""
    parts, end = [], 0
    for part in text.split():
        start = text.index(part, end)
        end = start + len(part)
        parts.append(((start, end), part))
    return parts


def _name(estimator: Any) -> str:
    return type(estimator).__name__
