"""Images to the vectors of a pretrained backbone."""

import os
from typing import Literal

from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils.validation import check_is_fitted

from sklearn_nn._declaration import PositiveInt, RandomState, Verbosity, estimator
from sklearn_nn._pictures import check_images
from sklearn_nn._pretrained.cache import FeatureCache
from sklearn_nn._pretrained.image_features import image_features
from sklearn_nn._pretrained.timm_hub import spec_of, weights_of
from sklearn_nn._training.device import resolve_device


@estimator
class TimmEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Turn images into the vectors of a pretrained backbone of timm, left as it is.

    X is an array of uint8 of shape (n_samples, height, width) or (n_samples, height,
    width, channels), or a sequence of paths, PIL images or single such arrays. An image
    that occurs twice is read once, and what one encoder has computed, others with the
    same weights, `image_size` and `precision` take over: the vectors stay in memory (up
    to 1 GiB), and in a file if `cache` names one.

    Parameters
    ----------
    model_name : str or path-like, default="resnet50"
        A name in timm (``timm.list_models()``), a name on the hub, or a folder with
        config.json and model.safetensors, as ``timm.models.save_for_hf`` writes it.
        Weights stored as a pickle are never read.
    revision : str, default=None
        Branch, tag or commit on the hub; None is the copy on this machine, or else
        the newest.
    pretrained : bool, default=True
        Whether to take pretrained weights, downloaded once, or random ones.
    image_size : int, default=None
        Side of the square that images are brought to, in pixels: the middle of the
        image, scaled. None is what the backbone was made for.
    batch_size : int, default=32
        Images read at a time: more memory, no other result but for rounding.
    n_jobs : int, default=None
        Processes that read images while the backbone computes. None and 1 read them
        in between, in the same process; -1 takes all cores.
    cache : str or path-like, default=None
        A SQLite file, made if missing, that keeps the vectors for later and for other
        processes. It holds a hash of every image only. A run that is stopped goes on
        from the last batch. It is looked into once, when a call starts: processes that
        start together on the same images each compute them, so call `transform` on
        the images once before a search with several processes.
    device : str, default="auto"
        ``"auto"`` (a GPU when there is one) or a torch device.
    precision : {"auto", "float32", "float64", "bfloat16"}, default="auto"
        What to compute in. ``"bfloat16"`` keeps float32 weights and autocasts; the
        vectors then agree with float32 to about two digits. ``"auto"`` takes it on
        processors and GPUs made for it, and float32 on others.
    random_state : int, RandomState instance or None, default=None
        Seeds random weights.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar.

    Attributes
    ----------
    n_features_ : int
        The length of a vector.
    weights_ : str
        Which weights: the commit of a model on the hub, a SHA-256 over a folder, or
        the seed of random ones.

    See Also
    --------
    TimmClassifier : The same backbone with a head, frozen or fine-tuned.

    Notes
    -----
    A pickle holds no weights, only their name: where it is loaded, the same weights
    must be at hand, and others are refused. Of a JPEG with more than twice as many
    pixels a side as needed, a smaller version is decoded, which is faster and differs
    from the whole by rounding.

    References
    ----------
    Wightman (2019). PyTorch image models. doi:10.5281/zenodo.4414861

    Examples
    --------
    With ``pretrained=True`` the weights would be downloaded; here they are random.

    >>> from sklearn.datasets import load_digits
    >>> from sklearn_nn.neural_network import TimmEncoder
    >>> X = (load_digits().images * 15).astype("uint8")
    >>> encoder = TimmEncoder(
    ...     model_name="resnet10t", pretrained=False, image_size=32, random_state=0
    ... )
    >>> vectors = encoder.fit_transform(X[:100])
    >>> vectors.shape, vectors.dtype
    ((100, 512), dtype('float32'))
    """

    model_name: str | os.PathLike = "resnet50"
    revision: str | None = None
    pretrained: bool = True
    image_size: PositiveInt | None = None
    batch_size: PositiveInt = 32
    n_jobs: int | None = None
    cache: str | os.PathLike | None = None
    device: str = "auto"
    precision: Literal["auto", "float32", "float64", "bfloat16"] = "auto"
    random_state: RandomState = None
    verbose: Verbosity = 0

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Find the backbone and check the images; there is nothing to learn.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            The images.
        y : None
            Ignored; here so that the estimator fits into a pipeline.

        Returns
        -------
        self : TimmEncoder
            The fitted encoder.

        Raises
        ------
        TypeError
            If a row is no image.
        ValueError
            If `X` is no sequence of images, a file is missing, or there is no such
            backbone.
        ImportError
            If timm is not installed.
        OSError
            If the model is not on this machine and the hub cannot be reached.
        RuntimeError
            If the device is missing, or the file that `cache` names cannot be used.
        """
        check_images(X, caller=type(self).__name__)
        resolve_device(self.device)
        source = self.model_name, self.revision, self.pretrained, self.image_size
        n_features = spec_of(*source).width
        with FeatureCache(self.cache):
            pass
        self.weights_ = weights_of(*source, self.random_state)
        self.n_features_ = n_features
        return self

    def transform(self, X):
        """Turn images into vectors.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            The images.

        Returns
        -------
        features : ndarray of float32 of shape (n_samples, n_features_)
            A row depends on its image alone, but for rounding.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        TypeError
            If a row is no image.
        ValueError
            If `X` is no sequence of images, a file is missing or damaged, or the
            weights of the fit are no longer there.
        MemoryError
            If a batch does not fit.
        RuntimeError
            If the file that `cache` names cannot be used.
        """
        check_is_fitted(self)
        name = type(self).__name__
        images = check_images(X, caller=name)
        self._validate_params()
        return image_features(
            images,
            weights=self.weights_,
            model_name=self.model_name,
            revision=self.revision,
            pretrained=self.pretrained,
            image_size=self.image_size,
            batch_size=self.batch_size,
            n_jobs=self.n_jobs,
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
        tags.input_tags.three_d_array = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags
