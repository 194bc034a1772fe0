"""Where the rows lie in what a transformer makes of them."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.metrics import silhouette_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from sklearn_nn.inspection import LatentSpaceDisplay
from sklearn_nn.inspection._displays._clusters import cluster_quality
from sklearn_nn.neural_network import AutoencoderTransformer
from tests.inspection.display_cases import LONG, legend_of

X, codes = make_blobs(120, 6, centers=3, random_state=0)
y = np.array(["ant", "bee", "cat"])[codes]
FAR = {"method": "pca", "random_state": 0}


def offsets(display):
    return np.concatenate([points.get_offsets() for points in display.points_])


def test_purity_by_hand():
    # Two clear clusters; one of 4 rows has one stranger, the other of 2 has none.
    rows = np.array([[0.0], [0.1], [0.2], [0.3], [9.0], [9.1]])
    purity, silhouette = cluster_quality(rows, list("aaabbb"), 2, 0)
    assert purity == pytest.approx((3 / 4 + 1) / 2)
    assert silhouette == pytest.approx(silhouette_score(rows, [0, 0, 0, 0, 1, 1]))
    assert cluster_quality(rows, None, 2, 0) == (None, silhouette)


def test_the_figures_are_of_the_latents():
    latents = StandardScaler().fit_transform(X)
    display = LatentSpaceDisplay.from_estimator(StandardScaler().fit(X), X, y, **FAR)
    clusters = KMeans(3, n_init=10, random_state=0).fit_predict(latents)
    assert display.silhouette_ == pytest.approx(silhouette_score(latents, clusters))
    assert display.silhouette_ != pytest.approx(
        silhouette_score(display.embedding, clusters)
    )
    assert display.purity_ == 1.0
    title = display.ax_.get_title()
    assert title.endswith(f"purity 1.00, silhouette {display.silhouette_:.2f}")


def test_a_colour_a_class():
    _, ax = plt.subplots()
    display = LatentSpaceDisplay.from_latents(X, y, ax=ax, **FAR)
    assert display.ax_ is ax
    expected = PCA(2, random_state=0).fit_transform(X)
    np.testing.assert_allclose(display.embedding, expected)
    for code, points in enumerate(display.points_):
        np.testing.assert_allclose(points.get_offsets(), expected[codes == code])
        assert points.get_facecolor().tolist() == [
            list(plt.matplotlib.colors.to_rgba(f"C{code}"))
        ]
    assert legend_of(ax) == ["ant", "bee", "cat"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("PCA 1", "PCA 2")


def test_tsne_keeps_blobs_apart():
    display = LatentSpaceDisplay.from_latents(X[:60], y[:60], random_state=0)
    assert silhouette_score(display.embedding, codes[:60]) > 0.5
    assert display.ax_.get_xlabel() == "t-SNE 1"
    again = LatentSpaceDisplay.from_latents(X[:60], y[:60], random_state=0)
    np.testing.assert_array_equal(again.embedding, display.embedding)


def test_draws_from_many_rows():
    seen = []

    class Spy(StandardScaler):
        def transform(self, X, copy=None):
            seen.append(len(X))
            return super().transform(X)

    frame = pd.DataFrame(X).add_prefix("x")
    scaler = Spy().fit(frame)
    display = LatentSpaceDisplay.from_estimator(
        scaler, frame, pd.Series(y), max_rows=50, **FAR
    )
    assert seen == [50] and len(display.embedding) == len(display.y) == 50
    # Rows and classes stay together: pure clusters.
    assert display.purity_ == 1.0
    again = LatentSpaceDisplay.from_latents(
        scaler.transform(frame), y, max_rows=50, **FAR
    )
    np.testing.assert_array_equal(again.y, display.y)
    everything = LatentSpaceDisplay.from_latents(X, y, max_rows=None, **FAR)
    assert len(everything.embedding) == len(X)


def test_without_classes():
    display = LatentSpaceDisplay.from_latents(X, **FAR)
    assert display.purity_ is None and display.silhouette_ > 0
    assert len(offsets(display)) == len(X)
    assert display.ax_.get_legend() is None
    assert "purity" not in display.ax_.get_title()
    three = LatentSpaceDisplay.from_latents(X, n_clusters=3, **FAR)
    assert three.silhouette_ > display.silhouette_


def test_numbers_colour_by_a_scale():
    height = X[:, 0] + 0.5
    display = LatentSpaceDisplay.from_latents(X, height, **FAR)
    (points,) = display.points_
    np.testing.assert_array_equal(points.get_array(), height)
    assert display.purity_ is None
    assert len(display.figure_.axes) == 2


def test_autoencoder_in_a_pipeline():
    model = AutoencoderTransformer(n_components=3, max_epochs=2, random_state=0)
    model = make_pipeline(StandardScaler(), model).fit(X)
    display = LatentSpaceDisplay.from_estimator(model, X, y, **FAR)
    expected = PCA(2, random_state=0).fit_transform(model.transform(X))
    np.testing.assert_allclose(display.embedding, expected, atol=1e-5)


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_one_latent(method):
    display = LatentSpaceDisplay.from_latents(X[:40, :1], method=method, random_state=0)
    assert display.embedding.shape == (40, 2)


def test_sparse_latents():
    dense = LatentSpaceDisplay.from_latents(X, y, **FAR)
    sparse = LatentSpaceDisplay.from_latents(sp.csr_array(X), y, **FAR)
    np.testing.assert_array_equal(sparse.embedding, dense.embedding)


def test_equal_rows_have_no_silhouette():
    with pytest.warns(UserWarning, match="distinct clusters"):
        quality = cluster_quality(np.zeros((9, 2)), None, 3, 0)
    assert quality[0] is None and np.isnan(quality[1])


def test_many_classes_with_long_names():
    labels = np.arange(120) % 27
    names = [f"{LONG} {i}" for i in range(27)]
    display = LatentSpaceDisplay.from_latents(X, labels, display_labels=names, **FAR)
    assert len(set(legend_of(display.ax_))) == 27
    looks = {
        (tuple(p.get_facecolor()[0]), len(p.get_paths()[0])) for p in display.points_
    }
    assert len(looks) == 27
    display.figure_.canvas.draw()
    legend = display.ax_.get_legend().get_window_extent()
    axes = display.ax_.get_window_extent()
    assert legend.x0 >= axes.x1
    assert axes.width > 200


def test_scatter_kw():
    display = LatentSpaceDisplay.from_latents(X, y, scatter_kw={"s": 3}, **FAR)
    assert {points.get_sizes()[0] for points in display.points_} == {3}


@pytest.mark.parametrize(
    "options, message",
    [
        ({"method": "umap"}, "method must be 'tsne' or 'pca'. Got 'umap'"),
        ({"n_clusters": 1}, "n_clusters must be an int from 2 to 119"),
        ({"n_clusters": 120}, "n_clusters must be an int from 2 to 119"),
        ({"max_rows": 2}, "max_rows must be an int of 3 or more"),
        ({"display_labels": ["ant"]}, "display_labels has 1 names.*3 classes"),
        ({"y": y[:-1]}, "inconsistent numbers of samples"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        LatentSpaceDisplay.from_latents(X, **{"y": y, **FAR, **options})


def test_wrong_estimators():
    with pytest.raises(TypeError, match=r"LinearSVC has no transform.*pipeline\[:-1\]"):
        LatentSpaceDisplay.from_estimator(LinearSVC(), X)
    with pytest.raises(NotFittedError, match="not fitted"):
        LatentSpaceDisplay.from_estimator(StandardScaler(), X)
    with pytest.raises(ValueError, match=r"embedding must be.*from_latents"):
        LatentSpaceDisplay(embedding=X).plot()
    with pytest.raises(ValueError, match="minimum of 3 is required"):
        LatentSpaceDisplay.from_latents(X[:2])
    assert plt.get_fignums() == []


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize("value", [0.0, 0.1], ids=["zero", "tenth"])
def test_a_collapsed_encoder_is_told(method, value):
    """t-SNE of scikit-learn would end the interpreter."""
    latents = np.full((20, 3), value)
    with pytest.raises(ValueError, match="All 20 latents are equal.*has collapsed"):
        LatentSpaceDisplay.from_latents(latents, method=method, random_state=0)
    assert plt.get_fignums() == []


@pytest.mark.parametrize("scale", [1e-300, 1e-50, 1e300])
def test_tsne_of_any_scale(scale):
    expected = LatentSpaceDisplay.from_latents(X[:40], y[:40], random_state=0)
    display = LatentSpaceDisplay.from_latents(scale * X[:40], y[:40], random_state=0)
    assert np.isfinite(display.embedding).all()
    before = silhouette_score(expected.embedding, codes[:40])
    assert silhouette_score(display.embedding, codes[:40]) == pytest.approx(
        before, abs=0.2
    )
    assert display.purity_ == 1.0


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
def test_tsne_of_rows_that_hardly_differ():
    one_stranger = np.zeros((20, 3))
    one_stranger[4, 1] = 5e-324
    constant_columns = X[:20] * [1, 0, 0, 0, 0, 0]
    for latents in (one_stranger, constant_columns):
        display = LatentSpaceDisplay.from_latents(latents, random_state=0)
        assert np.isfinite(display.embedding).all()


def test_many_numbers_are_a_scale():
    codes_of_50, codes_of_51 = np.arange(120) % 50, np.arange(120) % 51
    display = LatentSpaceDisplay.from_latents(X, codes_of_51, **FAR)
    (points,) = display.points_
    np.testing.assert_array_equal(points.get_array(), codes_of_51)
    assert display.purity_ is None
    assert display.figure_.get_size_inches().tolist() == [6.4, 4.8]
    assert len(LatentSpaceDisplay.from_latents(X, codes_of_50, **FAR).points_) == 50
    # Strings are classes, however many.
    display = LatentSpaceDisplay.from_latents(X, codes_of_51.astype(str), **FAR)
    assert len(display.points_) == 51


def test_the_width_has_an_end():
    names = [f"{LONG} {i}" for i in range(120)]
    display = LatentSpaceDisplay.from_latents(X, names, **FAR)
    assert display.figure_.get_size_inches()[0] < 11
    assert len(legend_of(display.ax_)) == 60
    title = display.ax_.get_legend().get_title().get_text()
    assert title == "the first 60 of 120"
    display.figure_.canvas.draw()
    assert display.ax_.get_window_extent().width > 200


def test_names_with_an_underscore_in_front():
    display = LatentSpaceDisplay.from_latents(X, np.char.add("_", y), **FAR)
    assert legend_of(display.ax_) == ["_ant", "_bee", "_cat"]


@pytest.mark.parametrize(
    "scatter_kw",
    [{"c": "r", "lw": 2}, {"color": "r", "linewidth": 2}, {"fc": "r", "linewidths": 2}],
    ids=["c", "color", "fc"],
)
@pytest.mark.parametrize("of", ["classes", "numbers", "none"])
def test_scatter_kw_by_short_names(scatter_kw, of):
    target = {"classes": y[:60], "numbers": X[:60, 0], "none": None}[of]
    if of == "numbers" and "fc" in scatter_kw:
        scatter_kw = {"c": "r", "lw": 2}
    display = LatentSpaceDisplay(embedding=X[:60, :2], y=target)
    display.plot(scatter_kw=scatter_kw)
    for points in display.points_:
        assert points.get_facecolor()[0].tolist() == [1, 0, 0, 1]
        assert points.get_linewidth()[0] == 2
    # One colour needs no key.
    assert display.figure_.axes == [display.ax_]


def test_drawn_again_on_the_same_axes():
    display = LatentSpaceDisplay(embedding=X[:, :2], y=X[:, 0])
    figure, ax = plt.subplots()
    for _ in range(3):
        display.plot(ax)
        figure.canvas.draw()
        assert len(figure.axes) == 2
    width = ax.get_position().width
    ax.clear()
    display.plot(ax)
    figure.canvas.draw()
    assert len(figure.axes) == 2
    assert ax.get_position().width == pytest.approx(width)
    display.points_[0].colorbar.remove()
    display.plot(ax)
    assert len(figure.axes) == 2
    # On other axes, both keys stay.
    other = display.plot().figure_
    assert len(figure.axes) == len(other.axes) == 2


def test_a_search_without_refit():
    search = GridSearchCV(PCA(2), {"whiten": [True]}, cv=2, refit=False).fit(X)
    with pytest.raises(ValueError, match=r"GridSearchCV has refit=False.*refit=True"):
        LatentSpaceDisplay.from_estimator(search, X)
