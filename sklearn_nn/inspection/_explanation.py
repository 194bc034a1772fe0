"""What an explanation is: a plain object, apart from what computed it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

import numpy as np

from sklearn_nn._frames import pandas

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
    given : str or None
        The text as it was given to the model, if steps of a pipeline may have changed
        it on the way.

    Examples
    --------
    >>> from sklearn_nn.inspection import explain_text
    >>> from sklearn_nn.svm import TfidfLinearSVC
    >>> texts = ["a red car", "a car, an engine", "green tea", "tea with milk"]
    >>> model = TfidfLinearSVC().fit(texts, ["cars", "cars", "drinks", "drinks"])
    >>> (of_text,) = explain_text(model, ["milk, not a car"], method="occlusion")
    >>> of_text.target, of_text.words
    ('cars', ('milk', 'not', 'a', 'car'))
    >>> of_text.words[of_text.weights.argmax()]  # what speaks for cars
    'car'
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
    given: str | None = None

    def to_frame(self) -> Any:
        """Return the words as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            The columns ``word``, ``start``, ``end`` and ``weight``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return pandas().DataFrame(self._columns())

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
            "word": np.array(self.words, dtype=object),
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

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_nn.inspection import explain_image
    >>> from sklearn_nn.neural_network import CNNClassifier
    >>> digits = load_digits()
    >>> X, y = digits.images / 16, digits.target
    >>> model = CNNClassifier(lr=0.005, max_epochs=3, random_state=0).fit(X, y)
    >>> (of_image,) = explain_image(model, X[:1], method="occlusion", window=2)
    >>> of_image.target, of_image.image.shape, of_image.heat_map.shape
    (0, (8, 8), (8, 8))
    >>> len(of_image.to_frame())  # a row for each pixel
    64
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

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return pandas().DataFrame(self._columns())

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

    Examples
    --------
    >>> from sklearn_nn.inspection import explain_text
    >>> from sklearn_nn.svm import TfidfLinearSVC
    >>> texts = ["a red car", "a car, an engine", "green tea", "tea with milk"]
    >>> model = TfidfLinearSVC().fit(texts, ["cars", "cars", "drinks", "drinks"])
    >>> explanations = explain_text(model, ["a car", "tea"], method="occlusion")
    >>> explanations
    <Explanations of 2 rows, method='occlusion'>
    >>> [explanation.target for explanation in explanations]
    ['cars', 'drinks']
    >>> explanations.to_frame()[["row", "word"]]
       row word
    0    0    a
    1    0  car
    2    1  tea
    """

    def __init__(self, explanations: Sequence[Explanation]):
        self._rows: tuple[Explanation, ...] = tuple(explanations)
        # The columns of a frame without rows: those of the first, which a slice keeps.
        self._nothing: dict[str, Any] = {}
        for explanation in self._rows[:1]:
            columns: dict[str, Any] = explanation._columns()
            self._nothing = {name: columns[name][:0] for name in columns}

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
            part = type(self)(self._rows[row])
            part._nothing = self._nothing
            return part
        return self._rows[row]

    def __repr__(self) -> str:
        methods = ", ".join(sorted({repr(row.method) for row in self._rows}))
        named = f", method={methods}" if self._rows else ""
        return f"<{type(self).__name__} of {len(self)} rows{named}>"

    def to_frame(self) -> Any:
        """Return all explanations in one pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            A column ``row`` before the columns of a single explanation: ``word``,
            ``start``, ``end`` and ``weight`` of texts, ``y``, ``x`` and ``weight`` of
            images.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        parts: list[dict[str, Any]] = [self._nothing]
        parts += [explanation._columns() for explanation in self._rows]
        sizes = [len(part["weight"]) for part in parts[1:]]
        rows = np.repeat(np.arange(len(self)), sizes)
        joined = {name: np.concatenate([of[name] for of in parts]) for name in parts[0]}
        return pandas().DataFrame({"row": rows, **joined})

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
        IndexError
            If there is no such row.
        ImportError
            If matplotlib is not installed.
        """
        if not -len(self) <= row < len(self):
            raise IndexError(
                f"row={row} is not among the {len(self)} explanations. Give one from 0 "
                f"to {len(self) - 1}."
                if len(self)
                else "There is no explanation to plot."
            )
        return self._rows[row].plot(ax=ax, **options)
