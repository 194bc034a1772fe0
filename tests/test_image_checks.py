"""The suite for image estimators passes on correct ones and fails on broken ones."""

import os
import sys
import warnings
from numbers import Number

import numpy as np
import pytest
from PIL import Image
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from sklearn_nn.utils.estimator_checks import (
    check_image_estimator,
    parametrize_with_image_checks,
)
from sklearn_nn.utils.estimator_checks._images import image_checks


def read_images(X):
    """Turn images in any of their forms into a list of arrays (H, W, 3) of uint8."""
    if isinstance(X, str):
        raise ValueError("a single path; pass a list of paths")
    n_dims = getattr(X, "ndim", 1)
    if n_dims != 1 and (n_dims == 2 or X.dtype == object):
        raise ValueError(f"not the shape of images or of paths: {X.shape}")
    if len(X) == 0:
        raise ValueError("no image at all")
    return [read_row(row, image) for row, image in enumerate(X)]


def read_row(row, image):
    if isinstance(image, str | os.PathLike):
        try:
            with Image.open(image) as file:
                return to_rgb(file)
        except (OSError, SyntaxError) as error:
            raise ValueError(f"row {row} is no image file: {error}") from error
    if image is None or isinstance(image, Number | bytes):
        raise TypeError(f"row {row} is no image: {image!r}")
    if isinstance(image, Image.Image):
        return to_rgb(image)
    if image.dtype != np.uint8:
        raise TypeError(f"row {row} is of {image.dtype}; images are of uint8")
    if image.ndim == 2:
        image = image[..., None]
    if image.shape[2] not in (1, 3, 4):
        raise ValueError(f"row {row} has {image.shape[2]} channels")
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image[..., :3]


def to_rgb(picture):
    if picture.mode.startswith("I;16"):
        # convert() would clip it to white.
        picture = Image.fromarray((np.asarray(picture) // 257).astype(np.uint8))
    # By way of RGBA, so that a see-through colour is kept as it is in arrays.
    return np.asarray(picture.convert("RGBA"))[..., :3]


class Colours(TransformerMixin, BaseEstimator):
    """A correct estimator: mean colours, over the lightest image in fit."""

    def __init__(self, scale=1.0, n_jobs=None):
        self.scale = scale
        self.n_jobs = n_jobs

    def read(self, X):
        return read_images(X)

    def fit(self, X, y=None):
        means = self.means(X)
        self.lightest_ = max(means.max(), 1.0)
        return self

    def means(self, X):
        return np.array([image.mean(axis=(0, 1)) for image in self.read(X)])

    def transform(self, X):
        check_is_fitted(self)
        return self.means(X) / self.lightest_ * self.scale

    def get_feature_names_out(self, input_features=None):
        return np.array(["red", "green", "blue"], dtype=object)


class ColoursClassifier(ClassifierMixin, Colours):
    """A correct classifier of mean colours."""

    def fit(self, X, y, sample_weight=None):
        X = self.means(X) / 255
        weight = _check_sample_weight(sample_weight, X)
        if y is None:
            raise ValueError("no labels y")
        kept = weight > 0
        y = np.asarray(y)
        if len(y) != len(X):
            raise ValueError(f"inconsistent lengths {len(X)} and {len(y)}")
        model = LogisticRegression(tol=1e-8)
        self.model_ = model.fit(X[kept], y[kept], weight[kept])
        self.classes_ = self.model_.classes_
        self.lightest_ = 255
        return self

    def predict(self, X):
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X):
        check_is_fitted(self)
        return self.model_.predict_proba(self.means(X) / 255)


@parametrize_with_image_checks([Colours(), Colours(scale=2.0), ColoursClassifier()])
def test_image_estimator(estimator, check):
    check(estimator)


def test_correct_estimator_passes():
    check_image_estimator(Colours())


class SetsAttributeInInit(Colours):
    def __init__(self, scale=1.0, n_jobs=None):
        super().__init__(scale, n_jobs)
        self.lightest = 0


class FitRemembers(Colours):
    def fit(self, X, y=None):
        previous = getattr(self, "lightest_", 0)
        super().fit(X)
        self.lightest_ += previous
        return self


class DependsOnNeighbours(Colours):
    def transform(self, X):
        means = super().transform(X)
        return means - means.mean()


class PadsToLargest(Colours):
    def read(self, X):
        images = super().read(X)
        height, width = np.max([image.shape[:2] for image in images], axis=0)
        blank = np.zeros((height, width, 3), np.uint8)
        padded = [blank.copy() for _ in images]
        for target, image in zip(padded, images):
            target[: image.shape[0], : image.shape[1]] = image
        return padded


class ReadsMemoryBackwards(Colours):
    """Takes an array with a negative stride for the memory that it points to."""

    def read(self, X):
        if isinstance(X, np.ndarray) and min(X.strides) < 0:
            X = X[:, :, ::-1] * np.arange(20, dtype=np.uint8)[:, None]
        return super().read(X)


class SwapsColoursOfFiles(Colours):
    """As a reader of files in the order blue, green, red would."""

    def read(self, X):
        images = super().read(X)
        if isinstance(next(iter(X)), str | os.PathLike):
            images = [image[..., ::-1] for image in images]
        return images


class TakesOpacityForColour(Colours):
    def read(self, X):
        if isinstance(X, np.ndarray) and X.ndim == 4 and X.shape[-1] == 4:
            X = X[..., 1:]
        return super().read(X)


class ReadsByIndex(Colours):
    """Takes the labels of a pandas Series for positions."""

    def read(self, X):
        return super().read([X[i] for i in range(len(X))])


class AcceptsFloats(Colours):
    def read(self, X):
        if isinstance(X, np.ndarray) and X.dtype == float:
            X = (X * 255).astype(np.uint8)
        return super().read(X)


class AcceptsTruncatedFiles(Colours):
    def read(self, X):
        try:
            return super().read(X)
        except ValueError as error:
            if "truncated" not in str(error):
                raise
            return super().read(X[:-1]) + [np.zeros((24, 20, 3), np.uint8)]


class SaysNoRow(Colours):
    unsaid = "row 7"

    def read(self, X):
        try:
            return super().read(X)
        except (TypeError, ValueError) as error:
            raise ValueError(str(error).replace(self.unsaid, "it")) from error


class SaysNoType(SaysNoRow):
    unsaid = "uint8"


class ForgetsWhenPickled(Colours):
    def __getstate__(self):
        return super().__getstate__() | {"lightest_": 1}


class WarnsOnFiles(Colours):
    def read(self, X):
        if isinstance(next(iter(X), None), str):
            warnings.warn("noise", stacklevel=2)
        return super().read(X)


class ShrinksPictures(Colours):
    def read(self, X):
        for row in X:
            if isinstance(row, Image.Image):
                row.thumbnail((10, 10))
        return super().read(X)


class WhitensDeepGrey(Colours):
    """Converts pictures of 16 bits as pillow does: to white."""

    def read(self, X):
        images = super().read(X)
        for i, row in enumerate(X):
            if isinstance(row, str):
                with Image.open(row) as file:
                    deep = file.mode.startswith("I;16")
                if deep:
                    images[i] = np.full_like(images[i], 255)
        return images


class ReadsPaletteAsGrey(Colours):
    """Takes the numbers of a palette for greys, in pictures but not in files."""

    def read(self, X):
        images = super().read(X)
        for i, row in enumerate(X):
            if isinstance(row, Image.Image) and row.mode == "P":
                images[i] = np.stack([np.asarray(row)] * 3, axis=-1)
        return images


class KeepsFilesOpen(Colours):
    def fit(self, X, y=None):
        self.files_ = [open(path, "rb") for path in X]
        return super().fit(X)


class ForgetsToClose(Colours):
    def fit(self, X, y=None):
        for path in X:
            Image.open(path)
        return super().fit(X)


class DependsOnJobs(Colours):
    def transform(self, X):
        return super().transform(X) * (self.n_jobs or 1)


class NeedsNoFit(Colours):
    def transform(self, X):
        return self.means(X)


class OtherFitTransform(Colours):
    def fit_transform(self, X, y=None):
        return super().fit_transform(X) + 1


class NamesTooMany(Colours):
    def get_feature_names_out(self, input_features=None):
        return np.array(["red", "green", "blue", "more"], dtype=object)


class WrongClasses(ColoursClassifier):
    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        self.classes_ = self.classes_[::-1]
        return self


class ForgivesShortLabels(ColoursClassifier):
    def fit(self, X, y, sample_weight=None):
        if y is not None and len(y) < len(X):
            X = X[: len(y)]
        return super().fit(X, y, sample_weight)


class CrypticOnOneClass(ColoursClassifier):
    def fit(self, X, y, sample_weight=None):
        if y is not None and len(set(y)) == 1:
            raise ValueError("no")
        return super().fit(X, y, sample_weight)


class NotProbabilities(ColoursClassifier):
    def predict_proba(self, X):
        return super().predict_proba(X) * 2


class IgnoresWeights(ColoursClassifier):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y)


BROKEN = [
    (SetsAttributeInInit, "check_parameters", "__init__ sets"),
    (FitRemembers, "check_fit", "after a second fit"),
    (DependsOnNeighbours, "check_order_and_subset", "reordered"),
    (PadsToLargest, "check_unusual_rows", "for a row alone"),
    (ReadsMemoryBackwards, "check_containers", "negative stride"),
    (SwapsColoursOfFiles, "check_containers", "paths"),
    (TakesOpacityForColour, "check_containers", "RGBA array"),
    (ReadsByIndex, "check_containers", "pandas Series"),
    (AcceptsFloats, "check_wrong_input", "accepts.*uint8"),
    (AcceptsTruncatedFiles, "check_wrong_input", "accepts.*7"),
    (SaysNoRow, "check_wrong_input", "does not say.*7"),
    (SaysNoType, "check_wrong_input", "does not say.*uint8"),
    (ForgetsWhenPickled, "check_persistence", "after saving"),
    (WarnsOnFiles, "check_side_effects", "ordinary paths: noise"),
    (ShrinksPictures, "check_side_effects", "PIL images given are changed"),
    (WhitensDeepGrey, "check_grey_images", "16-bit files"),
    (ReadsPaletteAsGrey, "check_opened_files", "mode P and its file"),
    (KeepsFilesOpen, "check_closed_files", "stays open"),
    (ForgetsToClose, "check_closed_files", "left to be closed: unclosed file"),
    (DependsOnJobs, "check_n_jobs", "n_jobs=2 for arrays"),
    (NeedsNoFit, "check_not_fitted", "accepts"),
    (OtherFitTransform, "check_fit_transform", "through fit_transform"),
    (NamesTooMany, "check_columns", "one feature name per column"),
    (WrongClasses, "check_labels", "classes_"),
    (ForgivesShortLabels, "check_wrong_labels", "accepts"),
    (CrypticOnOneClass, "check_one_class", "does not say"),
    (NotProbabilities, "check_scores", "sum to one"),
    (IgnoresWeights, "check_sample_weight", "weights of zero"),
]


@pytest.mark.filterwarnings("ignore:noise")
@pytest.mark.parametrize("broken, check, message", BROKEN)
def test_broken_estimator_is_caught(broken, check, message):
    checks = {check.__name__: check for check in image_checks(broken())}
    with pytest.raises(AssertionError, match=message):
        checks[check](broken())


def test_every_check_catches_something():
    checks = {check.__name__ for check in image_checks(ColoursClassifier())}
    assert checks == {check for _, check, _ in BROKEN}


def test_all_the_checks_are_run():
    with pytest.raises(AssertionError, match="accepts"):
        check_image_estimator(DummyClassifier())


def test_files_are_removed(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folders = set()

    class Remembers(Colours):
        def fit(self, X, y=None):
            folders.update(map(os.path.dirname, filter(os.path.exists, X)))
            return super().fit(X)

    checks = {check.__name__: check for check in image_checks(Remembers())}
    checks["check_closed_files"](Remembers())
    assert folders
    assert list(tmp_path.iterdir()) == []


def test_missing_pillow_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r'pip install "sklearn_nn\[vision\]"'):
        check_image_estimator(Colours())
