"""What the displays share: matplotlib, axes, colours, sizes of letters."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

# The size that matplotlib's letters have by default, and the least that is readable.
LARGEST, SMALLEST = 10.0, 4.5
# Colours that tab10 has; more are taken from viridis.
N_COLOURS = 10
# Of a legend beside the axes; more than three columns leave no room for these.
ROWS, COLUMNS = 20, 3


def pyplot(caller: str) -> Any:
    """Import matplotlib, or say how to install it.

    Parameters
    ----------
    caller : str
        What needs it.

    Returns
    -------
    module
        ``matplotlib.pyplot``.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{caller}.plot needs matplotlib. Install it: pip install sklearn_nn[plot]"
        ) from error
    return plt


@contextmanager
def no_figure_left() -> Iterator[None]:
    """Close the figures made within, if it fails; also a decorator."""
    before = _figures()
    try:
        yield
    except BaseException:
        for number in _figures() - before:
            sys.modules["matplotlib.pyplot"].close(number)
        raise


def _figures() -> set[int]:
    plt = sys.modules.get("matplotlib.pyplot")
    return set() if plt is None else set(plt.get_fignums())


def axes_for(
    ax: Any, caller: str, *, figsize: tuple[float, float] | None = None
) -> Any:
    """Return the axes to draw on: those given, or those of a new figure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        What the user gave.
    caller : str
        Who draws.
    figsize : tuple of two floats, default=None
        Of a new figure, in inches.

    Returns
    -------
    matplotlib.axes.Axes
        Where to draw.

    Raises
    ------
    TypeError
        If `ax` is no axes.
    """
    if ax is None:
        return pyplot(caller).subplots(figsize=figsize, layout="constrained")[1]
    if not hasattr(ax, "inset_axes"):
        raise TypeError(
            f"{caller}.plot draws on one axes. Got ax of type {type(ax).__name__}; "
            "take one of them, such as axes[0], or figure.add_subplot()."
        )
    return ax


def panels_for(
    ax: Any,
    caller: str,
    shape: tuple[int, int],
    *,
    gap: tuple[float, float] = (0.0, 0.0),
    figsize: tuple[float, float] | None = None,
) -> tuple[Any, np.ndarray]:
    """Return several axes within the one given, or an array of axes as it is.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, array-like of them, or None
        One bounds all panels and shows nothing itself, as with scikit-learn's
        ``PartialDependenceDisplay``.
    caller : str
        Who draws.
    shape : tuple of two ints
        Rows and columns of panels.
    gap : tuple of two floats, default=(0, 0)
        Between rows and between columns, as shares of the bounding axes.
    figsize : tuple of two floats, default=None
        Of a new figure, in inches.

    Returns
    -------
    bounds : matplotlib.axes.Axes
        The bounding axes, or the first of those given.
    axes : ndarray of Axes of shape `shape`
        The panels.

    Raises
    ------
    TypeError
        If `ax` is something else.
    ValueError
        If there are more or fewer of them than panels.
    """
    if isinstance(ax, list | tuple | np.ndarray):
        given = np.array(ax, dtype=object)
        if given.size != shape[0] * shape[1]:
            raise ValueError(
                f"{caller}.plot draws {shape[0] * shape[1]} panels, but ax holds "
                f"{given.size} axes. Give as many, or a single one to be divided."
            )
        for one in given.flat:
            axes_for(one, caller)
        return given.flat[0], given.reshape(shape)
    bounds = axes_for(ax, caller, figsize=figsize)
    bounds.set(xticks=[], yticks=[])
    bounds.spines[:].set_visible(False)
    bounds.patch.set_visible(False)
    sizes = [(1 - g * (n - 1)) / n for n, g in zip(shape, gap, strict=True)]
    axes = np.empty(shape, dtype=object)
    for i, j in np.ndindex(*shape):
        low = 1 - (i + 1) * sizes[0] - i * gap[0]
        left = j * (sizes[1] + gap[1])
        axes[i, j] = bounds.inset_axes((left, low, sizes[1], sizes[0]))
    return bounds, axes


def colours(n: int) -> list[Any]:
    """Return `n` colours: those of the style in order, or viridis where they end."""
    if n <= N_COLOURS:
        return [f"C{i}" for i in range(n)]
    import matplotlib

    return list(matplotlib.colormaps["viridis"](np.linspace(0, 0.95, n)))


def letters(ax: Any, n: int, *, along: str = "y", width: float = 1.0) -> float:
    """Return the size of letters with which `n` labels find room along an axis.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where they are to stand.
    n : int
        How many stand side by side.
    along : {"x", "y"}, default="y"
        Which axis.
    width : float, default=1.0
        Letters of a label along that axis, as a multiple of the size of one.

    Returns
    -------
    float
        Points, between 4.5 and 10.
    """
    box = ax.get_window_extent()
    pixels = box.height if along == "y" else box.width
    room = 72 * pixels / ax.figure.dpi / max(n, 1) / width
    return float(np.clip(0.85 * room, SMALLEST, LARGEST))


def shortened(text: Any, longest: int = 28) -> str:
    """Return a label that does not push the picture aside, without its middle.

    What tells long names apart is as often at their end as at their start.
    """
    text = str(text)
    if len(text) <= longest:
        return text
    tail = longest // 3
    return f"{text[: longest - tail - 1].rstrip()}…{text[-tail:].lstrip()}"


def plain(name: Any) -> str:
    """Return a name so that matplotlib draws its letters, and no formula from ``$``.

    Shorten a name first: this makes it longer.
    """
    return str(name).replace("$", r"\$")


def root_figure(ax: Any) -> Any:
    """Return the figure at the root, of which a subfigure with the axes is a part."""
    # ax.get_figure(root=True) is newer than matplotlib 3.8. The figure of an axes is
    # its subfigure, but the figure of a subfigure is the root, whatever lies between.
    return ax.figure.figure


def named_rows(ax: Any, labels: Sequence[Any]) -> None:
    """Write labels down the y-axis, the first on top."""
    names = [
        "\n".join(plain(shortened(line)) for line in str(label).split("\n"))
        for label in labels
    ]
    ax.set_yticks(range(len(names)), names, fontsize=letters(ax, len(names)))
    ax.set_ylim(len(names) - 0.4, -0.6)


def legend_for(
    ax: Any, handles: Sequence[Any], *, beside: bool = False, **options: Any
) -> Any:
    """Draw a legend: within the axes, or beside them if asked to or if it is long."""
    n_entries = len(handles)
    is_long = n_entries > N_COLOURS
    if is_long or beside:
        options = {
            "loc": "center left",
            "bbox_to_anchor": (1.01, 0.5),
            "ncols": legend_columns(n_entries),
            "fontsize": "x-small" if is_long else None,
            **options,
        }
    most = ROWS * COLUMNS
    if n_entries > most:
        title = f"the first {most} of {n_entries}"
        options = {"title": title, "title_fontsize": "x-small", **options}
    shown = handles[:most]
    # A label with an underscore in front would be left out, so it is written later.
    legend = ax.legend(handles=shown, labels=["-"] * len(shown), **options)
    for text, handle in zip(legend.get_texts(), shown, strict=True):
        text.set_text(handle.get_label())
    return legend


def legend_columns(n_entries: int) -> int:
    """Return in how many columns a legend beside the axes is set."""
    return min(COLUMNS, 1 + (n_entries - 1) // ROWS)


def styled(
    style: dict[str, Any], given: Mapping[str, Any] | None, artist: Any
) -> dict[str, Any]:
    """Return a style with what the user gave over it.

    Parameters
    ----------
    style : dict
        Full names only, such as ``linewidth``.
    given : dict or None
        Short ones too, such as ``lw``.
    artist : type
        The artist that knows them.

    Returns
    -------
    dict
        Full names only.
    """
    from matplotlib.cbook import normalize_kwargs

    return style | normalize_kwargs(dict(given or {}), artist)


def colour_bar(display: Any, artist: Any, label: str) -> None:
    """Draw the key of an artist's colours, and note it for `without_colour_bar`."""
    ax = artist.axes
    display._colour_bar = ax, ax.figure.colorbar(artist, ax=ax, label=label)


def without_colour_bar(display: Any, ax: Any) -> None:
    """Remove the key that the display drew beside these axes, if it is there."""
    known: tuple[Any, Any] = getattr(display, "_colour_bar", (None, None))
    before, former = known
    if before is ax and former.ax in ax.figure.axes:
        if former.mappable.axes is None:
            # Axes that were cleared forget their artists; remove asks these for them.
            former.mappable.axes = ax
        former.remove()
