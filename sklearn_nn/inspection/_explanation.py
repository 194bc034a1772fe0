"""What an explanation is: a plain object, apart from what computed it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

import numpy as np

Explanation = TypeVar("Explanation", "TextExplanation", "ImageExplanation")


@dataclass(frozen=True, kw_only=True, eq=False)
class TextExplanation:
    """How much each word of a text counts for a class, by :func:`explain_text`.

    Attributes
    ----------
    text : str
        The text that the words are from.
    words : tuple of str
        The words, in order: what stands between white space, without the punctuation
        around it. A word that occurs twice is there twice.
    starts, ends : ndarray of int of shape (n_words,)
        Where each word begins and ends in the text.
    weights : ndarray of float of shape (n_words,)
        How much each word counts; below zero it counts against the class.
    target : label
        The class that is explained.
    probability : float
        Its probability, as the model gives it for the text.
    method : str
        How the weights were found.
    classes : ndarray of shape (n_classes,)
        The labels that the model knows.
    """

    text: str
    words: tuple[str, ...]
    starts: np.ndarray
    ends: np.ndarray
    weights: np.ndarray
    target: Any
    probability: float
    method: str
    classes: np.ndarray

    def to_frame(self) -> Any:
        """Return the words as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            The columns ``word``, ``start``, ``end`` and ``weight``.
        """
        import pandas as pd

        return pd.DataFrame(self._columns())

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw the text with its weights.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        **options : dict
            What else :meth:`AttentionDisplay.plot` takes.

        Returns
        -------
        AttentionDisplay
            The display, with ``ax_`` and ``figure_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        from ._attention_display import AttentionDisplay

        return AttentionDisplay.from_explanation(self, ax=ax, **options)

    def _columns(self) -> dict[str, Any]:
        return {
            "word": self.words,
            "start": self.starts,
            "end": self.ends,
            "weight": self.weights,
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageExplanation:
    """How much each pixel of an image counts for a class, by :func:`explain_image`.

    Attributes
    ----------
    image : ndarray of shape (height, width) or (height, width, channels)
        The image, as the heat map covers it.
    heat_map : ndarray of float of shape (height, width)
        How much each pixel counts; below zero it counts against the class.
    target : label
        The class that is explained.
    probability : float
        Its probability, as the model gives it for the image.
    method : str
        How the heat map was found.
    classes : ndarray of shape (n_classes,)
        The labels that the model knows.
    """

    image: np.ndarray
    heat_map: np.ndarray
    target: Any
    probability: float
    method: str
    classes: np.ndarray

    def to_frame(self) -> Any:
        """Return the pixels as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            The columns ``y``, ``x`` and ``weight``, row by row of the image.
        """
        import pandas as pd

        return pd.DataFrame(self._columns())

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw the heat map over the image.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        **options : dict
            What else :meth:`SaliencyDisplay.plot` takes.

        Returns
        -------
        SaliencyDisplay
            The display, with ``ax_`` and ``figure_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        from ._saliency_display import SaliencyDisplay

        return SaliencyDisplay.from_explanation(self, ax=ax, **options)

    def _columns(self) -> dict[str, Any]:
        y, x = np.indices(self.heat_map.shape)
        return {"y": y.ravel(), "x": x.ravel(), "weight": self.heat_map.ravel()}


class Explanations(Sequence, Generic[Explanation]):
    """Explanations of several texts or images, one a row.

    It is a sequence: ``explanations[0]`` is the first one, a slice is a part.

    Parameters
    ----------
    explanations : sequence of TextExplanation or ImageExplanation
        One a row.
    """

    def __init__(self, explanations: Sequence[Explanation]):
        self._rows: tuple[Explanation, ...] = tuple(explanations)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Explanation]:
        return iter(self._rows)

    @overload
    def __getitem__(self, row: int) -> Explanation: ...

    @overload
    def __getitem__(self, row: slice) -> "Explanations[Explanation]": ...

    def __getitem__(self, row):
        if isinstance(row, slice):
            return type(self)(self._rows[row])
        return self._rows[row]

    def __repr__(self) -> str:
        methods = ", ".join(sorted({repr(row.method) for row in self._rows}))
        return f"<{type(self).__name__} of {len(self)} rows, method={methods}>"

    def to_frame(self) -> Any:
        """Return all explanations in one pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            A column ``row`` before the columns of a single explanation: ``word``,
            ``start``, ``end`` and ``weight`` of texts, ``y``, ``x`` and ``weight`` of
            images.
        """
        import pandas as pd

        parts = []
        for i, explanation in enumerate(self._rows):
            part = explanation.to_frame()
            part.insert(0, "row", i)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def plot(self, row: int = 0, ax: Any = None, **options: Any) -> Any:
        """Draw one of the explanations.

        Parameters
        ----------
        row : int, default=0
            Which one.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        **options : dict
            What else the display's ``plot`` takes.

        Returns
        -------
        AttentionDisplay or SaliencyDisplay
            The display, with ``ax_`` and ``figure_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        return self._rows[row].plot(ax=ax, **options)
