"""A fitted model whose answers for the test rows are computed once and kept."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score

METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


class Remembering:
    """Stands for a fitted classifier in front of scorers.

    Every method is asked once, for the rows of the test part; it answers all scorers,
    and the confusion matrix.
    """

    def __init__(self, model: Any, X: Any):
        self._model = model
        self._X = X
        self._answers: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._model, name)
        if name not in METHODS:
            return attribute

        @functools.wraps(attribute)
        def answer(X: Any, **params: Any) -> Any:
            if X is not self._X or params:
                return attribute(X, **params)
            if name not in self._answers:
                self._answers[name] = attribute(X)
            return self._answers[name]

        return answer

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the model's own score, without asking it again if that is accuracy."""
        if type(self._model).score is not ClassifierMixin.score:
            weights = {} if sample_weight is None else {"sample_weight": sample_weight}
            return self._model.score(X, y, **weights)
        return accuracy_score(y, self.predict(X), sample_weight=sample_weight)


@dataclass
class Answers:
    """Reads the predicted classes of a fitted model, as places in ``classes``."""

    classes: np.ndarray

    def __call__(self, model: Any, X: Any) -> tuple[Any, np.ndarray]:
        """Return the model to score, and the predicted classes."""
        # Scorers name the class in their messages.
        kind = type(type(model).__name__, (Remembering,), {})
        remembering = kind(model, X)
        predicted = np.asarray(remembering.predict(X))
        place_of = {label: place for place, label in enumerate(self.classes.tolist())}
        try:
            places = [place_of[label] for label in predicted.ravel().tolist()]
        except KeyError as error:
            raise ValueError(
                f"{type(model).__name__} predicts {error.args[0]!r}, which is no label "
                "of y. A scenario has to end in a classifier that predicts labels."
            ) from None
        return remembering, np.array(places, dtype=np.int64)
