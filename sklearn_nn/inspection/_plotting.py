"""Colours of weights, which the displays of explanations share."""

from typing import Any

import numpy as np

from ._displays._axes import pyplot, shortened


def scale_of(
    weights: np.ndarray, caller: str, cmap: Any, vmax: float | None = None
) -> Any:
    """Choose colours: about zero where weights have both signs, else from zero.

    Parameters
    ----------
    weights : ndarray of float
        The weights.
    caller : str
        What draws, for messages.
    cmap : str, matplotlib.colors.Colormap or tuple of two
        Colours; of two, the first for weights of both signs and the second for others.
        Each may be a tuple of colours to go through.
    vmax : float, default=None
        The weight of the strongest colour; None is the largest absolute weight.

    Returns
    -------
    scale : matplotlib.cm.ScalarMappable
        Weights to colours.

    Raises
    ------
    ValueError
        If `vmax` is not above zero.
    ImportError
        If matplotlib is not installed.
    """
    pyplot(caller)
    if vmax is not None:
        above_zero("vmax", vmax, caller)
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    is_signed = bool((weights < 0).any())
    largest = float(np.abs(weights).max(initial=0.0)) if vmax is None else vmax
    largest = largest or 1.0
    if isinstance(cmap, tuple):
        cmap = cmap[0] if is_signed else cmap[1]
    if isinstance(cmap, tuple):
        cmap = LinearSegmentedColormap.from_list("weights", cmap)
    norm = Normalize(-largest if is_signed else 0.0, largest)
    return ScalarMappable(norm, cmap)


def ink_on(colour: tuple) -> str:
    """Return the colour of letters that can be read on another colour."""
    red, green, blue = colour[:3]
    return "black" if 0.3 * red + 0.59 * green + 0.11 * blue > 0.5 else "white"


def above_zero(name: str, value: float, caller: str) -> None:
    """Refuse a number that is not above zero."""
    if not 0 < value < np.inf:
        raise ValueError(f"{caller}.plot needs {name} above zero. Got {name}={value}.")


def surround(display: Any, scale: Any, *, colorbar: bool, pad: float) -> None:
    """Draw the legend of the colours, if wanted, and the title of a display."""
    ax = display.ax_
    display.colorbar_ = None
    if colorbar:
        display.colorbar_ = display.figure_.colorbar(
            scale, ax=ax, label="weight", fraction=0.05, pad=pad
        )
    if display.title is not None:
        # A dollar sign is no formula.
        ax.set_title(display.title, parse_math=False)


def title_of(explanation: Any, longest: int) -> str:
    """Say what an explanation explains, how, and how probable the model finds it."""
    target = shortened(explanation.target, longest)
    return f"{explanation.method}: {target} ({explanation.probability:.2f})"
