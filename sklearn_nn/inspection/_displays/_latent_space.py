"""Where the rows lie in what a transformer makes of them."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing, check_random_state, column_or_1d
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import (
    _num_samples,
    check_array,
    check_consistent_length,
    check_is_fitted,
)

from sklearn_nn.inspection._displays._axes import (
    N_COLOURS,
    axes_for,
    colour_bar,
    legend_columns,
    legend_for,
    no_figure_left,
    plain,
    root_figure,
    shortened,
    styled,
    without_colour_bar,
)
from sklearn_nn.inspection._displays._clusters import cluster_quality
from sklearn_nn.inspection._displays._parts import check_refitted
from sklearn_nn.inspection._displays._plane import in_the_plane, scaled_rows

METHODS = {"tsne": "t-SNE", "pca": "PCA"}
# Beyond ten classes the colours come again, with the next of these.
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*")
# Clusters without classes to count.
N_CLUSTERS = 8
# More numbers than this are no names of classes, but a scale.
MOST_CODES = 50


class LatentSpaceDisplay:
    """Latents in the plane, and how well k-means finds the classes among them.

    The picture is a projection: distances between clusters of t-SNE mean little.
    Purity and silhouette are therefore of the latents themselves.

    Parameters
    ----------
    embedding : array-like of float of shape (n_samples, 2)
        Places in the plane.
    y : array-like of shape (n_samples,), default=None
        Classes, or numbers, to colour by. Numbers with a fraction, or of more than 50
        different values, are a scale; give classes of so many as strings.
    method : {"tsne", "pca"} or str, default="tsne"
        How the places were found, for the title and the axes.
    purity : float, default=None
        Mean purity of the clusters, from 0 to 1.
    silhouette : float, default=None
        Mean silhouette coefficient, from -1 to 1.
    display_labels : array-like of shape (n_classes,), default=None
        Names of the sorted classes.

    Attributes
    ----------
    purity_ : float or None
        Mean over k-means' clusters of the share of their most frequent class.
    silhouette_ : float or None
        Mean silhouette coefficient of k-means' clusters [2]_.
    points_ : list of matplotlib.collections.PathCollection
        The points, one for each class, or all in one.
    ax_ : matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        The figure.

    See Also
    --------
    ReconstructionDisplay : What the latents are rebuilt to.

    References
    ----------
    .. [1] L. van der Maaten, G. Hinton, "Visualizing Data using t-SNE", Journal of
       Machine Learning Research 9, 2008.
    .. [2] P. J. Rousseeuw, "Silhouettes: a Graphical Aid to the Interpretation and
       Validation of Cluster Analysis", Journal of Computational and Applied
       Mathematics 20, 1987.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_nn.inspection import LatentSpaceDisplay
    >>> from sklearn_nn.neural_network import AutoencoderTransformer
    >>> X, y = load_digits(return_X_y=True)
    >>> X = X / 16
    >>> model = AutoencoderTransformer(n_components=12, max_epochs=5, random_state=0)
    >>> display = LatentSpaceDisplay.from_estimator(
    ...     model.fit(X), X, y, method="pca", max_rows=500, random_state=0
    ... )
    >>> len(display.embedding), display.purity_ > 0.5
    (500, True)
    """

    def __init__(
        self,
        *,
        embedding: Any,
        y: Any = None,
        method: str = "tsne",
        purity: float | None = None,
        silhouette: float | None = None,
        display_labels: Any = None,
    ):
        self.embedding = embedding
        self.y = y
        self.method = method
        self.purity_ = purity
        self.silhouette_ = silhouette
        self.display_labels = display_labels

    @classmethod
    def from_estimator(
        cls,
        transformer: Any,
        X: Any,
        y: Any = None,
        *,
        method: str = "tsne",
        n_clusters: int | None = None,
        random_state: Any = None,
        max_rows: int | None = 2000,
        display_labels: Any = None,
        ax: Any = None,
        **plot_kw: Any,
    ) -> "LatentSpaceDisplay":
        """Draw what a transformer makes of some rows.

        Parameters
        ----------
        transformer : transformer
            Fitted: an autoencoder, an encoder, any network (its last hidden layer),
            or a pipeline that transforms.
        X : {array-like, sparse matrix} of shape (n_samples, ...)
            Rows.
        y : array-like of shape (n_samples,), default=None
            Their classes, or numbers to colour by, as of the class. Purity needs
            classes.
        method : {"tsne", "pca"}, default="tsne"
            How the latents are laid out in the plane: t-SNE [1]_, or their first two
            principal components.
        n_clusters : int, default=None
            Clusters of k-means; None takes the number of classes, or 8 without.
        random_state : int, RandomState instance or None, default=None
            Seed of the choice of rows, of k-means and of t-SNE.
        max_rows : int or None, default=2000
            More rows than this are drawn from at random, before anything is computed;
            None takes all. t-SNE of 2,000 rows takes some ten seconds.
        display_labels : array-like of shape (n_classes,), default=None
            Names of the sorted classes.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        **plot_kw : dict
            For `plot`.

        Returns
        -------
        display : LatentSpaceDisplay
            What was drawn.

        Raises
        ------
        TypeError
            If the estimator does not transform.
        ValueError
            If a parameter is unusable, there are too few rows, or all latents are
            equal.
        sklearn.exceptions.NotFittedError
            If the transformer is not fitted.
        """
        check_refitted(transformer)
        if not hasattr(transformer, "transform"):
            raise TypeError(
                f"{type(transformer).__name__} has no transform. Give what encodes "
                "the rows, such as the steps before a classifier: pipeline[:-1]."
            )
        check_is_fitted(transformer)
        rng = check_random_state(random_state)
        X, y = _some(X, y, max_rows, rng)
        return cls.from_latents(
            transformer.transform(X),
            y,
            method=method,
            n_clusters=n_clusters,
            random_state=rng,
            max_rows=None,
            display_labels=display_labels,
            ax=ax,
            **plot_kw,
        )

    @classmethod
    def from_latents(
        cls,
        latents: Any,
        y: Any = None,
        *,
        method: str = "tsne",
        n_clusters: int | None = None,
        random_state: Any = None,
        max_rows: int | None = 2000,
        display_labels: Any = None,
        ax: Any = None,
        **plot_kw: Any,
    ) -> "LatentSpaceDisplay":
        """Draw vectors of any origin.

        Parameters
        ----------
        latents : {array-like, sparse matrix} of shape (n_samples, n_components)
            One vector a row.
        y : array-like of shape (n_samples,), default=None
            Their classes, or numbers to colour by, as of the class.
        method, n_clusters, random_state, max_rows, display_labels, ax : various
            As of `from_estimator`.
        **plot_kw : dict
            For `plot`.

        Returns
        -------
        display : LatentSpaceDisplay
            What was drawn.

        Raises
        ------
        ValueError
            If a parameter is unusable, there are too few rows, or all latents are
            equal.
        """
        if method not in METHODS:
            raise ValueError(f"method must be 'tsne' or 'pca'. Got {method!r} instead.")
        rng = check_random_state(random_state)
        latents, y = _some(latents, y, max_rows, rng)
        if hasattr(latents, "toarray"):
            latents = latents.toarray()
        latents = check_array(
            latents, dtype=np.float64, ensure_min_samples=3, input_name="latents"
        )
        scaled = scaled_rows(latents)
        if not scaled.any():
            raise ValueError(
                f"All {len(latents)} latents are equal: the encoder has collapsed. "
                "Train it again, with a lower lr, less regularisation or scaled X."
            )
        classes = None if y is None or _is_continuous(y) else np.unique(y)
        if n_clusters is None:
            n_clusters = N_CLUSTERS if classes is None else len(classes)
            n_clusters = min(max(n_clusters, 2), len(latents) - 1)
        if not isinstance(n_clusters, Integral) or not 1 < n_clusters < len(latents):
            raise ValueError(
                f"n_clusters must be an int from 2 to {len(latents) - 1}, one less "
                f"than there are rows. Got {n_clusters!r} instead."
            )
        purity, silhouette = cluster_quality(
            scaled, None if classes is None else y, int(n_clusters), rng
        )
        display = cls(
            embedding=in_the_plane(
                scaled if method == "tsne" else latents, method, rng
            ),
            y=y,
            method=method,
            purity=purity,
            silhouette=silhouette,
            display_labels=display_labels,
        )
        return display.plot(ax, **plot_kw)

    @no_figure_left()
    def plot(
        self, ax: Any = None, *, scatter_kw: dict[str, Any] | None = None
    ) -> "LatentSpaceDisplay":
        """Draw the points.

        Drawn again on the same axes, they lie over the former ones.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        scatter_kw : dict, default=None
            What else ``Axes.scatter`` is to get, such as ``{"s": 3}``.

        Returns
        -------
        self : object
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the shapes do not fit.
        """
        places = np.asarray(self.embedding, dtype=np.float64)
        if places.ndim != 2 or places.shape[1] != 2:
            raise ValueError(
                f"embedding must be of shape (n_samples, 2). Got {places.shape}; "
                "from_latents lays vectors of any length out."
            )
        if self.y is not None:
            check_consistent_length(places, self.y)
        size, beside = self._room(), ax is None
        self.ax_ = ax = axes_for(ax, type(self).__name__, figsize=size)
        without_colour_bar(self, ax)
        style = self._style(len(places), scatter_kw)
        if self.y is None:
            self.points_ = [ax.scatter(*places.T, **style)]
        elif not _is_continuous(self.y):
            self._draw_classes(places, style, beside)
        elif style.keys() & {"c", "color"}:
            self.points_ = [ax.scatter(*places.T, **style)]
        else:
            style = {"cmap": "viridis", "c": np.asarray(self.y)} | style
            self.points_ = [ax.scatter(*places.T, **style)]
            colour_bar(self, self.points_[0], "y")
        name = METHODS.get(self.method, self.method)
        ax.set(xlabel=f"{name} 1", ylabel=f"{name} 2", xticks=[], yticks=[])
        known = {"purity": self.purity_, "silhouette": self.silhouette_}
        told = [
            f"{key} {value:.2f}" for key, value in known.items() if value is not None
        ]
        if told:
            ax.set_title(f"k-means in the latent space:\n{', '.join(told)}", size=10)
        self.figure_ = root_figure(ax)
        return self

    def _style(self, n: int, scatter_kw: dict[str, Any] | None) -> dict[str, Any]:
        from matplotlib.collections import PathCollection

        style = {"s": float(np.clip(20_000 / n, 4, 30)), "linewidth": 0}
        return styled(style, scatter_kw, PathCollection)

    def _room(self) -> tuple[float, float]:
        """Return the size of a new figure, in inches, with its legend beside it."""
        if self.y is None or _is_continuous(self.y):
            return 6.4, 4.8
        n_classes = len(np.unique(self.y))
        return 6.4 + 1.9 * (legend_columns(n_classes) - 1), 4.8

    def _draw_classes(
        self, places: np.ndarray, style: dict[str, Any], beside: bool
    ) -> None:
        classes, codes = np.unique(np.asarray(self.y), return_inverse=True)
        names = classes if self.display_labels is None else self.display_labels
        if len(names) != len(classes):
            raise ValueError(
                f"display_labels has {len(names)} names, but y has {len(classes)} "
                "classes. Give a name for each, in sorted order."
            )
        self.points_ = []
        for code, name in enumerate(names):
            turn, colour = divmod(code, N_COLOURS)
            options = {
                "marker": MARKERS[turn % len(MARKERS)],
                "label": plain(shortened(name)),
                **({} if "c" in style else {"color": f"C{colour}"}),
                **style,
            }
            self.points_.append(self.ax_.scatter(*places[codes == code].T, **options))
        legend = legend_for(self.ax_, self.points_, beside=beside)
        for handle in legend.legend_handles:
            handle.set_sizes([30])


def _is_continuous(y: Any) -> bool:
    if type_of_target(y) == "continuous":
        return True
    y = np.asarray(y)
    return y.dtype.kind in "iuf" and len(np.unique(y)) > MOST_CODES


def _some(X: Any, y: Any, max_rows: int | None, rng: Any) -> tuple[Any, Any]:
    """Draw at most `max_rows` rows, in their order."""
    if max_rows is not None and (not isinstance(max_rows, Integral) or max_rows < 3):
        raise ValueError(
            f"max_rows must be an int of 3 or more, or None. Got {max_rows!r} instead."
        )
    n_rows = _num_samples(X)
    if y is not None:
        check_consistent_length(X, y)
        y = column_or_1d(y)
    if max_rows is None or n_rows <= max_rows:
        return X, y
    chosen = np.sort(rng.choice(n_rows, size=max_rows, replace=False))
    return _safe_indexing(X, chosen), None if y is None else y[chosen]
