"""Images to the vectors of a pretrained backbone."""

import os
from typing import Any

import numpy as np

from sklearn_nn._declaration import PositiveInt, RandomState, estimator
from sklearn_nn._pictures import check_images
from sklearn_nn._pretrained.image_features import image_features
from sklearn_nn._pretrained.timm_hub import spec_of, weights_of
from sklearn_nn._training.device import resolve_device
from sklearn_nn.neural_network._encoder import PretrainedEncoder


@estimator
class TimmEncoder(PretrainedEncoder):
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
    random_state : int, RandomState instance or None, default=None
        Seeds random weights.

    Attributes
    ----------
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
    random_state: RandomState = None

    def _check_raw(self, X: Any) -> np.ndarray:
        return check_images(X, caller=type(self).__name__)

    def _find_backbone(self) -> tuple[int, str]:
        resolve_device(self.device)
        source = self.model_name, self.revision, self.pretrained, self.image_size
        return spec_of(*source).width, weights_of(*source, self.random_state)

    def _features_of(self, rows: np.ndarray, **shared: Any) -> np.ndarray:
        return image_features(
            rows,
            weights=self.weights_,
            revision=self.revision,
            pretrained=self.pretrained,
            image_size=self.image_size,
            n_jobs=self.n_jobs,
            **shared,
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
