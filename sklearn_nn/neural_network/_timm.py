"""A pretrained image backbone that classifies images."""

import os
from typing import Any

import numpy as np
import torch

from sklearn_nn._declaration import (
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    estimator,
)
from sklearn_nn._pictures import check_images
from sklearn_nn._pretrained.image_features import image_features
from sklearn_nn._pretrained.picture_rows import PictureRows
from sklearn_nn._pretrained.pictures import Framing
from sklearn_nn._pretrained.timm_hub import spec_of, weights_of
from sklearn_nn._training.rows import DenseRows
from sklearn_nn.modules.timm_backbone import TimmBackbone
from sklearn_nn.neural_network._pretrained import PretrainedClassifier


@estimator
class TimmClassifier(PretrainedClassifier):
    """A pretrained image backbone of timm, frozen or fine-tuned, with a head.

    X is an array of uint8 of shape (n_samples, height, width) or (n_samples, height,
    width, channels), or a sequence of paths, PIL images or single such arrays. Files
    are read when they are needed, brought to the size of the backbone and normalised
    as it wants. Grey becomes colours, and what is transparent becomes white.

    Parameters
    ----------
    model_name : str or path-like, default="resnet50"
        A name in timm (``timm.list_models()``, such as ``"vgg16"``,
        ``"tf_efficientnetv2_s"``, ``"convnextv2_tiny"``,
        ``"swin_tiny_patch4_window7_224"``, ``"maxvit_tiny_tf_224"``,
        ``"coatnet_0_rw_224"`` or ``"gcvit_tiny"``), a name on the hub, or a folder
        with config.json and model.safetensors, as ``timm.models.save_for_hf`` writes
        it. Weights stored as a pickle are never read.
    revision : str, default=None
        Branch, tag or commit on the hub; None is the copy on this machine, or else
        the newest.
    pretrained : bool, default=True
        Whether to start from pretrained weights, downloaded once, or at random.
    image_size : int, default=None
        Side of the square that images are brought to, in pixels: the middle of the
        image, scaled. None is what the backbone was made for.
    augment : bool, default=True
        Whether images to train on are altered at random by TrivialAugmentWide (one
        change of shape or colour, of any strength). Not with a frozen backbone.
    mixup : float, default=0.0
        Both parameters of the Beta distribution that says how much of another image
        of its batch is mixed into each image, and into its label; 0 mixes nothing,
        0.2 is usual. Not with a frozen backbone.
    n_jobs : int, default=None
        Processes that read and alter images while the network computes. None and 1
        read them in between, in the same process; -1 takes all cores.
    cache : str or path-like, default=None
        A SQLite file, made if missing, that keeps the vectors of a frozen backbone
        for later and for other processes. It holds a hash of every image only, and is
        looked into once, when a call starts.
    max_epochs : int, default=10
        Number of passes over the training rows, at most.
    lr : float, default=1e-4
        Learning rate; with `lr_schedule`, its start or peak. With a frozen backbone
        take 1e-3; one that starts at random wants 1e-3, too.

    Attributes
    ----------
    weights_ : str
        Which weights: the commit of a model on the hub, a SHA-256 over a folder, or
        that they were random.

    See Also
    --------
    TimmEncoder : The vectors alone, as a step of a pipeline.
    CNNClassifier : A small convolutional network without pretrained weights.

    Notes
    -----
    With a frozen backbone a pickle holds the head and the name of the backbone, whose
    weights must be at hand where it is loaded. A fine-tuned one holds its weights. Of a
    JPEG with more than twice as many pixels a side as needed, a smaller version is
    decoded, which is faster and differs from the whole by rounding.

    References
    ----------
    Wightman (2019). PyTorch image models. doi:10.5281/zenodo.4414861

    Müller & Hutter (2021). TrivialAugment: tuning-free yet state-of-the-art data
    augmentation. ICCV.

    Zhang, Cisse, Dauphin & Lopez-Paz (2018). mixup: beyond empirical risk
    minimization. ICLR.

    Examples
    --------
    With ``pretrained=True`` the weights would be downloaded; here they are random.

    >>> from sklearn.datasets import load_digits
    >>> from sklearn_nn.neural_network import TimmClassifier
    >>> digits = load_digits()
    >>> X = (digits.images * 15).astype("uint8")
    >>> model = TimmClassifier(
    ...     model_name="resnet10t",
    ...     pretrained=False,
    ...     image_size=32,
    ...     freeze_backbone=True,
    ...     lr=1e-2,
    ...     random_state=0,
    ... )
    >>> model.fit(X[::2], digits.target[::2]).score(X[1::2], digits.target[1::2]) > 0.7
    True
    """

    model_name: str | os.PathLike = "resnet50"
    revision: str | None = None
    pretrained: bool = True
    image_size: PositiveInt | None = None
    augment: bool = True
    mixup: NonNegativeFloat = 0.0
    n_jobs: int | None = None
    cache: str | os.PathLike | None = None
    max_epochs: PositiveInt = 10
    lr: PositiveFloat = 1e-4

    def _check_raw(self, X: Any) -> np.ndarray:
        return check_images(X, caller=type(self).__name__)

    def _check_X(self, X, y="no_validation", *, reset: bool, **options):
        if reset:
            if self.freeze_backbone and self.mixup:
                raise ValueError(
                    f"The 'mixup' parameter of {type(self).__name__} mixes images that "
                    "the backbone is trained on. Set it to 0.0, or "
                    f"freeze_backbone=False. Got {self.mixup} instead."
                )
            self._framing_: tuple = tuple(spec_of(*self._source()).framing)
            self.weights_ = "random"
            if self.pretrained or self.freeze_backbone:
                self.weights_ = weights_of(*self._source(), self.random_state)
            self._image_size_ = self.image_size
        elif self.pretrained == self.weights_.startswith("random"):
            self._refuse_change("pretrained")
        elif self.image_size != self._image_size_:
            self._refuse_change("image_size")
        return super()._check_X(X, y, reset=reset, **options)

    def _source(self) -> tuple[str | os.PathLike, str | None, bool, int | None]:
        return self.model_name, self.revision, self.pretrained, self.image_size

    def _architecture(self) -> str:
        spec = spec_of(*self._source())
        return f"{spec.architecture} {spec.framing} {spec.mean} {spec.std}"

    def _features_of(self, rows: Any, device: str) -> np.ndarray:
        return image_features(
            rows,
            weights=self.weights_,
            model_name=self.model_name,
            revision=self.revision,
            pretrained=self.pretrained,
            image_size=self.image_size,
            batch_size=self.batch_size,
            n_jobs=self.n_jobs,
            device=device,
            precision=self.precision,
            cache=self.cache,
            verbose=self.verbose,
            caller=type(self).__name__,
        )

    def _inputs_of(self, rows: Any) -> np.ndarray:
        return rows

    def _backbone(self):
        return TimmBackbone, {
            "model_name": os.fspath(self.model_name),
            "revision": self.revision,
            "pretrained": self.pretrained,
            "image_size": self.image_size,
            "checkpointing": self.gradient_checkpointing,
        }

    def _run(self, *args: Any, **kwargs: Any) -> bool:
        try:
            return super()._run(*args, **kwargs)
        except ValueError as error:
            if "more than 1 value per channel" not in str(error):
                raise
            raise ValueError(
                f"{type(self).__name__} cannot train on a batch of one image: the "
                "batch normalisation of this backbone averages over several. Raise "
                f"batch_size (now {self.batch_size}), or give it more rows."
            ) from error

    def _rows(self, X, dtype: str, device: torch.device) -> DenseRows:
        if self._frozen_:
            return DenseRows(X, dtype, device)
        framing = Framing._make(self._framing_)
        return PictureRows(X, device, framing, self.augment, self.n_jobs)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.sparse = False
        return tags
