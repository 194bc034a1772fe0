"""A text with weights on its words."""

from typing import Any

import numpy as np

from ._displays._axes import axes_for, root_figure
from ._explain_text import explain_text
from ._explanation import TextExplanation
from ._plotting import above_zero, ink_on, scale_of, surround, title_of

FONT = "DejaVu Sans Mono"
# Width of a letter, about, and height of a line, by the size of the letters.
LETTER, LINE = 0.602, 1.6
# Inches of a figure that is made for a text.
WIDTH, TALLEST = 7.0, 9.0
LEAST_SIZE = 5.0
CUT = "[...]"
# Signed, and from zero on.
COLOURS = "RdBu_r", "Oranges"


class AttentionDisplay:
    """A text with weights on its words, of an explanation or of attention.

    Make it with :meth:`from_estimator` or :meth:`from_explanation`.

    Parameters
    ----------
    text : str
        The text.
    starts, ends : array-like of int of shape (n_words,)
        Where each word begins and ends in it, from left to right.
    weights : array-like of float of shape (n_words,)
        How much each word counts.
    title : str, default=None
        What to write above.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        Its figure.
    text_ : list of matplotlib.text.Text
        The pieces of the text.
    patches_ : list of matplotlib.patches.Rectangle
        The colours behind the words.
    colorbar_ : matplotlib.colorbar.Colorbar or None
        The legend of the colours.

    Raises
    ------
    ValueError
        If words and weights are not as many, or words overlap or are not in the text.

    See Also
    --------
    explain_text : Weigh the words of texts.

    Examples
    --------
    >>> from sklearn_nn.inspection import AttentionDisplay
    >>> from sklearn_nn.svm import TfidfLinearSVC
    >>> texts = ["a red car", "a car, an engine", "green tea", "tea with milk"]
    >>> model = TfidfLinearSVC().fit(texts, ["cars", "cars", "drinks", "drinks"])
    >>> display = AttentionDisplay.from_estimator(
    ...     model, "milk, not a car", method="occlusion"
    ... )
    >>> display.ax_.get_title()
    'occlusion: cars (0.52)'
    """

    def __init__(
        self, text: str, starts: Any, ends: Any, weights: Any, *, title: Any = None
    ):
        self.text = text
        self.starts = np.asarray(starts, dtype=np.intp)
        self.ends = np.asarray(ends, dtype=np.intp)
        self.weights = np.asarray(weights, dtype=np.float64)
        self.title = title
        sizes = self.starts.shape, self.ends.shape, self.weights.shape
        if len(set(sizes)) > 1 or self.weights.ndim != 1:
            raise ValueError(
                "AttentionDisplay needs a start, an end and a weight of each word. Got "
                f"starts, ends and weights of shapes {', '.join(map(str, sizes))}."
            )
        borders = np.stack([self.starts, self.ends], axis=1).ravel()
        if (np.diff(borders, prepend=0, append=len(text)) < 0).any():
            raise ValueError(
                "AttentionDisplay needs words from left to right, within the text, "
                "that do not overlap. Sort starts, ends and weights by starts."
            )

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        text: str,
        *,
        method: str = "attention",
        target: Any = None,
        ax: Any = None,
        explain_options: dict[str, Any] | None = None,
        **options: Any,
    ) -> "AttentionDisplay":
        """Explain one text and draw it.

        Parameters
        ----------
        estimator : classifier
            Fitted, on raw texts.
        text : str
            The text.
        method : str, default="attention"
            See :func:`explain_text`.
        target : label, default=None
            The class to explain; None is the predicted one.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        explain_options : dict, default=None
            What else :func:`explain_text` takes, such as ``random_state``.
        **options : dict
            What else :meth:`plot` takes.

        Returns
        -------
        AttentionDisplay
            Drawn.

        Raises
        ------
        TypeError
            If `text` is not a single string.
        ImportError
            If matplotlib, or what the method needs, is not installed.
        """
        if not isinstance(text, str):
            raise TypeError(
                "AttentionDisplay shows a single text: give a str. Got "
                f"{type(text).__name__}."
            )
        (explanation,) = explain_text(
            estimator, [text], method=method, target=target, **(explain_options or {})
        )
        return cls.from_explanation(explanation, ax=ax, **options)

    @classmethod
    def from_explanation(
        cls, explanation: TextExplanation, *, ax: Any = None, **options: Any
    ) -> "AttentionDisplay":
        """Draw an explanation of a text.

        Parameters
        ----------
        explanation : TextExplanation
            One of those that :func:`explain_text` returns.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        **options : dict
            What else :meth:`plot` takes.

        Returns
        -------
        AttentionDisplay
            Drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        display = cls(
            explanation.text,
            explanation.starts,
            explanation.ends,
            explanation.weights,
            title=title_of(explanation, 40),
        )
        return display.plot(ax=ax, **options)

    def plot(
        self,
        ax: Any = None,
        *,
        fontsize: float = 10.0,
        cmap: Any = None,
        vmax: float | None = None,
        colorbar: bool = True,
    ) -> "AttentionDisplay":
        """Draw the text, on colours that tell the weights.

        White space is drawn as one space. A text too long for the axes gets smaller
        letters, and in the end is cut.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure, as high as the text is long.
        fontsize : float, default=10.0
            Size of the letters, at most.
        cmap : str or matplotlib.colors.Colormap, default=None
            Colours; None is red for weights above zero and blue below it, or shades of
            orange where none is below zero.
        vmax : float, default=None
            The weight of the strongest colour; None is the largest absolute weight.
            Give the same to displays that are to be compared.
        colorbar : bool, default=True
            Whether to add a legend of the colours.

        Returns
        -------
        AttentionDisplay
            Itself, with ``ax_`` and ``figure_``.

        Raises
        ------
        ValueError
            If `fontsize` or `vmax` is not above zero.
        ImportError
            If matplotlib is not installed.
        """
        above_zero("fontsize", fontsize, "AttentionDisplay")
        scale = scale_of(self.weights, "AttentionDisplay", cmap or COLOURS, vmax)
        pieces = self._pieces()
        n_lines = len(_lines(pieces, int(WIDTH * 0.85 * 72 / fontsize / LETTER)))
        height = min(n_lines * fontsize * LINE / 72 + 0.8, TALLEST)
        ax = axes_for(ax, "AttentionDisplay", figsize=(WIDTH, height))
        self.ax_ = ax
        self.figure_ = root_figure(ax)
        surround(self, scale, colorbar=colorbar and len(self.weights) > 0, pad=0.02)
        self._write(pieces, scale, fontsize)
        return self

    def _pieces(self) -> list[tuple[str, float | None]]:
        """Cut the text into what is drawn in one piece, with its weight if a word."""
        pieces: list[tuple[str, float | None]] = []
        place = 0
        for start, end, weight in zip(
            self.starts.tolist(), self.ends.tolist(), self.weights.tolist(), strict=True
        ):
            pieces += [(self.text[place:start], None), (self.text[start:end], weight)]
            place = end
        pieces.append((self.text[place:], None))
        return pieces

    def _fitted(self, pieces: list, size: float) -> tuple[float, list, float, float]:
        """Find the largest letters with which the text fits.

        Returns their size, the lines, and how many letters and lines the axes hold.
        """
        box = self.ax_.get_window_extent()
        while True:
            # Letters have whole pixels, more or less.
            ruler = self.ax_.text(0, 0, 50 * "x", size=size, family=FONT)
            letter = ruler.get_window_extent().width / 50
            ruler.remove()
            width = max(box.width / letter, 8.0)
            height = box.height * 72 / self.figure_.dpi / (size * LINE)
            lines = _lines(pieces, int(width))
            if len(lines) <= height or size <= LEAST_SIZE:
                return size, lines, width, height
            size = max(size - 0.5, LEAST_SIZE)

    def _write(self, pieces: list, scale: Any, fontsize: float) -> None:
        from matplotlib.patches import Rectangle

        ax = self.ax_
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        # A layout may move the axes, now that their surroundings are known.
        self.figure_.draw_without_rendering()
        size, lines, width, height = self._fitted(pieces, fontsize)
        if len(lines) > height:
            lines = [*lines[: max(int(height), 1) - 1], [(0, CUT, None)]]
        ax.set(xlim=(0, width), ylim=(height, 0))
        self.text_, self.patches_ = [], []
        for row, line in enumerate(lines):
            for column, part, weight in line:
                colour = "black"
                if weight is not None:
                    face = scale.to_rgba(weight)
                    colour = ink_on(face)
                    patch = Rectangle(
                        (column - 0.1, row + 0.08),
                        len(part) + 0.2,
                        0.84,
                        color=face,
                        lw=0,
                    )
                    self.patches_.append(ax.add_patch(patch))
                self.text_.append(
                    ax.text(
                        column,
                        row + 0.5,
                        part,
                        color=colour,
                        size=size,
                        family=FONT,
                        va="center_baseline",
                        clip_on=True,
                        parse_math=False,
                    )
                )


def _lines(pieces: list, n_columns: int) -> list[list[tuple[int, str, float | None]]]:
    """Break the pieces into lines of (column, part, weight)."""
    lines: list[list[tuple[int, str, float | None]]] = [[]]
    column, is_open = 0, False
    for group in _groups(pieces):
        length = sum(len(part) for part, _ in group)
        start = column + 1 if is_open else 0
        if is_open and start + length > n_columns:
            lines.append([])
            start = 0
        for part, weight in group:
            # What is longer than a line goes on in the next one.
            while part:
                if start >= n_columns:
                    lines.append([])
                    start = 0
                room = n_columns - start
                lines[-1].append((start, part[:room], weight))
                start += len(part[:room])
                part = part[room:]
        column, is_open = start, True
    return lines


def _groups(pieces: list) -> list[list[tuple[str, float | None]]]:
    """Put together what no white space separates."""
    groups: list[list[tuple[str, float | None]]] = [[]]
    for piece, weight in pieces:
        if weight is not None:
            groups[-1].append((piece, weight))
            continue
        parts = piece.split()
        if piece[:1].isspace():
            groups.append([])
        for i, part in enumerate(parts):
            if i:
                groups.append([])
            groups[-1].append((part, None))
        if parts and piece[-1:].isspace():
            groups.append([])
    return [group for group in groups if group]
