"""Pictures of the studies of networks in NumPy, for the user guide."""

from pathlib import Path

import numpy as np

from benchmarks._report import known
from benchmarks._scratch_training import halves
from benchmarks.scratch_studies import BOARDS, NAME, latent_sizes, rows_of
from benchmarks.studies import seeded
from sklearn_nn.scratch import SequentialClassifier

PICTURES = Path(__file__).parents[1] / "docs" / "user_guide" / "images"


def pictures() -> None:
    """Draw curves, digits rebuilt from several latents, and what boards look like."""
    PICTURES.mkdir(exist_ok=True)
    for name, draw in (
        ("curves", curves),
        ("latents", latents),
        ("checkerboard", boards),
    ):
        draw().savefig(PICTURES / f"scratch_{name}.png", dpi=90)


def curves():
    """Losses by epoch, of seed 0."""
    from matplotlib.figure import Figure

    levers = {"learning_rate": "lr", "batch_size": "batch_size", "activation": "net"}
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    axes = figure.subplots(1, 3)
    for ax, (study, lever) in zip(axes, levers.items(), strict=True):
        rows = known(NAME)[study]["rows"]
        rows = [row for row in rows if row.get("layers") != "784-10"]
        for i, row in enumerate(rows):
            epochs = range(1, len(row["valid_loss"]) + 1)
            label = row[lever] + " (diverged)" * bool(row["diverged"])
            ax.plot(epochs, row["valid_loss"], f"C{i}", label=label)
            ax.plot(epochs, row["train_loss"], f"C{i}:")
        ax.set(title=study.replace("_", " "), xlabel="epoch", yscale="log")
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2, fontsize=8)
    axes[0].set_ylabel("loss, dotted on training rows")
    return figure


def latents():
    """The loss by size of the latent, and digits rebuilt by the networks of seed 0."""
    from matplotlib.figure import Figure

    rows = known(NAME)["latent_size"]["rows"]
    X, _, X_val, y_val = halves(rows_of("fewer digits"))
    digits = X_val[[np.flatnonzero(y_val == digit)[0] for digit in range(10)]]
    images = {"input": digits}
    for size, model in latent_sizes().items():
        model = seeded(model, 0).fit(X)
        images[f"{size} latents"] = model.inverse_transform(model.transform(digits))
    figure = Figure(figsize=(10, 2.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.6))
    sizes = [int(row["net"]) for row in rows]
    left.errorbar(
        sizes,
        [row["bce"] for row in rows],
        [row["std"] or 0 for row in rows],
        fmt="o-",
        label="784-256-n-256-784",
    )
    left.axhline(rows[0]["floor"], color="gray", ls="--", label="floor: a perfect copy")
    left.set(xscale="log", xlabel="latents", ylabel="binary cross-entropy a pixel")
    left.set_xticks(sizes, sizes)
    left.minorticks_off()
    left.legend(fontsize=8)
    right.imshow(
        np.vstack([np.hstack(row.reshape(10, 28, 28)) for row in images.values()]),
        cmap="gray_r",
        vmin=0,
        vmax=1,
    )
    right.set_xticks([])
    right.set_yticks(14 + 28 * np.arange(len(images)), images)
    right.tick_params(length=0)
    right.spines[:].set_visible(False)
    return figure


def boards():
    """The training points, and what networks of seed 0 make of the plane."""
    from matplotlib.figure import Figure

    X, y, X_val, y_val = halves(rows_of("checkerboard"))
    sgd = {"optimizer": "sgd", "lr": 0.01, "batch_size": 100}
    nets = {
        "SGD, weights of std 1": {"layers": BOARDS["std 1"], **sgd},
        "SGD, std 1 / sqrt(n)": {"layers": BOARDS["std 1 / sqrt(n)"], **sgd},
        "Adam, one batch": {
            "layers": BOARDS["std 1 / sqrt(n)"],
            "lr": 0.01,
            "batch_size": 1_000,
        },
    }
    ticks = np.linspace(-4, 4, 200)
    plane = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    figure = Figure(figsize=(10, 2.6), layout="constrained")
    first, *others = figure.subplots(1, 4)
    first.scatter(*X.T, c=y, cmap="coolwarm", s=4)
    first.set_title("1,000 training points", fontsize=9)
    for ax, (name, options) in zip(others, nets.items(), strict=True):
        net = SequentialClassifier(**options, max_epochs=1500, random_state=0).fit(X, y)
        ax.imshow(
            net.predict(plane).reshape(200, 200),
            extent=(-4, 4, -4, 4),
            origin="lower",
            cmap="coolwarm",
            alpha=0.7,
        )
        ax.set_title(f"{name}: {net.score(X_val, y_val):.1%}", fontsize=9)
    for ax in figure.axes:
        ax.set(aspect="equal", xlim=(-4, 4), ylim=(-4, 4))
        ax.set(xticks=range(-4, 5, 2), yticks=range(-4, 5, 2))
    return figure
