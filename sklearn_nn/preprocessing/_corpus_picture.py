"""The picture of a corpus: four panels, a line for each class."""

from typing import Any

import numpy as np

# Share of all texts below which a language counts among the others.
RAREST = 0.005


def draw_corpus(
    corpus: Any, ax: Any, max_classes: int, total: str, n_languages: int
) -> np.ndarray:
    """Draw class balance, lengths, gaps and typical words.

    Parameters
    ----------
    corpus : CorpusDescription
        What to draw.
    ax : Axes, array-like of four Axes, or None
        Where.
    max_classes : int
        How many of the largest classes.
    total : str
        Name of the whole, for a corpus without classes.
    n_languages : int
        How many languages have a colour of their own.

    Returns
    -------
    axes : ndarray of Axes of shape (2, 2)
        The panels.
    """
    from sklearn_nn.inspection._displays._axes import no_figure_left

    with no_figure_left():
        return _draw(corpus, ax, max_classes, total, n_languages)


def _draw(
    corpus: Any, ax: Any, max_classes: int, total: str, n_languages: int
) -> np.ndarray:
    from sklearn_nn.inspection._displays._axes import named_rows, panels_for, pyplot

    n_classes = len(corpus.classes)
    names = [*corpus.classes, total]
    places = np.argsort(-corpus.n_rows[:-1], kind="stable")[:max_classes]
    if not n_classes:
        places = np.array([0])
    if ax is None:
        height = max(4.8, 2 * (0.2 * len(places) + 1.1))
        plt = pyplot("CorpusDescription")
        ax = plt.subplots(2, 2, figsize=(11, height), layout="constrained")[1]
    _, axes = panels_for(ax, "CorpusDescription", (2, 2), gap=(0.2, 0.3))
    _balance(axes[0, 0], corpus, places, n_languages)
    _lengths(axes[0, 1], corpus, places)
    _gaps(axes[1, 0], corpus, places)
    for panel in axes.flat:
        named_rows(panel, [names[place] for place in places])
    _words(axes[1, 1], corpus, places)
    if len(places) < n_classes:
        axes[0, 0].set_ylabel(f"the {len(places)} largest of {n_classes} classes")
    return axes


def _balance(ax: Any, corpus: Any, places: np.ndarray, n_languages: int) -> None:
    from sklearn_nn.inspection._displays._axes import plain

    lines = np.arange(len(places))
    ax.set_xlabel("rows")
    if corpus.languages is None:
        ax.barh(lines, corpus.n_rows[places], color="C0")
        return
    codes = list(corpus.languages[-1])
    shown = [c for c in codes[:n_languages] if corpus.languages[-1][c] >= RAREST]
    left = np.zeros(len(places))
    # Rows without a text have no language.
    with_text = corpus.n_rows[places] * (1 - corpus.missing[places])
    for number, code in enumerate(shown):
        share = [corpus.languages[place].get(code, 0.0) for place in places]
        widths = np.array(share) * with_text
        ax.barh(lines, widths, left=left, color=f"C{number}", label=plain(code))
        left += widths
    rest = corpus.n_rows[places] - left
    if (rest > 0.5).any():
        has_others = len(codes) > len(shown)
        label = "other, or no text" if has_others else "no text"
        ax.barh(lines, rest, left=left, color="0.75", label=label)
    _legend_above(ax)


def _lengths(ax: Any, corpus: Any, places: np.ndarray) -> None:
    lines = np.arange(len(places))
    median, long = corpus.words[places].T
    ax.hlines(lines, median, long, color="C0", linewidth=2)
    ax.plot(median, lines, "o", color="C0", label="median")
    ax.plot(long, lines, "|", color="C0", markersize=10, label="95 %")
    ax.set_xlim(left=0)
    ax.set_xlabel("words of a text")
    _legend_above(ax)


def _gaps(ax: Any, corpus: Any, places: np.ndarray) -> None:
    from sklearn_nn.inspection._displays._axes import plain, shortened

    columns = {"missing": corpus.missing}
    if len(corpus.columns) > 1:
        columns = {
            f"missing {plain(shortened(name))}": share
            for name, share in corpus.missing_by_column.items()
        }
    columns["duplicates"] = corpus.duplicates
    height = 0.8 / len(columns)
    for number, (name, share) in enumerate(columns.items()):
        lines = np.arange(len(places)) - 0.4 + (number + 0.5) * height
        ax.barh(lines, 100 * share[places], height, color=f"C{number}", label=name)
    ax.set_xlabel("% of the rows")
    # Where nothing is missing, a scale all the same.
    ax.set_xlim(
        0, max(1.0, 105 * max(share[places].max() for share in columns.values()))
    )
    _legend_above(ax)


def _words(ax: Any, corpus: Any, places: np.ndarray) -> None:
    from sklearn_nn.inspection._displays._axes import letters

    size = min(letters(ax, len(places)), 9.0)
    points = 72 * ax.get_window_extent().width / ax.figure.dpi
    room = int(points / (0.6 * size))
    for line, place in enumerate(places):
        told = ""
        for word, _ in corpus.typical_words[place]:
            longer = f"{told}, {word}" if told else word
            if len(longer) > room:
                break
            told = longer
        text = ax.text(0.01, line, told, va="center", fontsize=size, clip_on=True)
        text.set_in_layout(False)
    ax.set(xticks=[], xlim=(0, 1))
    ax.set_xlabel("most typical words" if corpus.classes else "most frequent words")


def _legend_above(ax: Any) -> None:
    ax.legend(
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=6,
        frameon=False,
        fontsize="small",
        columnspacing=1.0,
        handlelength=1.0,
        handletextpad=0.4,
    )
