"""What gradients and attention ask of how a network reads a text."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from ._words import Span


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
    ) -> tuple[list[Span], np.ndarray]:
        """Return the tokens of a text and their integrated gradients."""

    def attention(self, text: str) -> tuple[list[Span], np.ndarray]:
        """Return the tokens of a text and the attention they get."""
        raise NotImplementedError
