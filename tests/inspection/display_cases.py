"""A display of every kind, of made-up numbers, and what is checked on all of them."""

import matplotlib.pyplot as plt
import numpy as np

from sklearn_nn.inspection import (
    ExpertUsageDisplay,
    FusionDisplay,
    LatentSpaceDisplay,
    LearningRateDisplay,
    LeverEffectDisplay,
    ReconstructionDisplay,
    ScenarioDisplay,
    TrainingCurveDisplay,
)
from sklearn_nn.model_selection import LeverEffect

RNG = np.random.default_rng(0)
LONG = "a name that is a good deal longer than there is room for"

# No formula that matplotlib can read.
DOLLARS = r"$\dear$"


def epochs(n=5, valid=True, start=1.0):
    """The history of a training."""
    rows = [{"epoch": e, "train_loss": start / e, "lr": 0.1} for e in range(1, n + 1)]
    for row in rows if valid else ():
        row["valid_loss"] = start / row["epoch"] + 0.1
        row["valid_acc"] = 1 - 0.5 / row["epoch"]
    return rows


def effect(lever="model", outcome="bayes", effect=0.1, low=0.05, high=0.15):
    names = ("p_value", "spread", "smallest", "largest", "time", "time_ratio")
    return LeverEffect(
        lever=lever,
        outcome=outcome,
        baseline="svm",
        n_pairs=3,
        effect=effect,
        low=low,
        high=high,
        **dict.fromkeys(names, 0.0),
    )


def displays():
    """Name -> a display that is not drawn yet."""
    lr = np.geomspace(1e-4, 1, 30)
    return {
        "training": TrainingCurveDisplay(
            histories={"one": epochs(), LONG: epochs(start=2.0)},
            best_epochs={"one": 4, LONG: None},
        ),
        "training, two metrics": TrainingCurveDisplay(
            histories={"one": epochs()}, metrics=["loss", "acc"]
        ),
        "learning rate": LearningRateDisplay(
            lr=lr,
            loss=1 - lr,
            smoothed_loss=1 - lr,
            stable_window=(0.001, 0.1),
            suggestion=0.01,
        ),
        "experts": ExpertUsageDisplay(usage=RNG.dirichlet(np.ones(4), 27)),
        "reconstruction": ReconstructionDisplay(
            originals=RNG.random((3, 16)),
            reconstructions=RNG.random((3, 16)),
            errors=[0.1, 0.2, 0.3],
        ),
        "latents": LatentSpaceDisplay(
            embedding=RNG.normal(size=(60, 2)),
            y=np.repeat(np.arange(12), 5),
            purity=0.5,
            silhouette=0.1,
        ),
        "levers": LeverEffectDisplay(
            effects=[effect(), effect(LONG, "on", -0.02, -0.06, 0.02)],
            metric="f1_macro",
            confidence=0.95,
        ),
        "scenarios": ScenarioDisplay(
            codes=["0s", "0b", "cs"],
            scores=[0.7, 0.8, 0.6],
            fit_times=[0.1, 3.0, 1.0],
            baseline="0s",
        ),
        "fusion": FusionDisplay(
            scores={"text": 0.8, "image": 0.6},
            rises={"text": 0.5, "image": -0.01},
            answered={"text": 1.0, "image": 0.65},
        ),
    }


def named(name):
    """What is drawn -> a display that has it by this name."""
    square = np.eye(2)
    run = {name: epochs(), "other": epochs()}
    own = [{"epoch": 1, name: 0.5}]
    scenario = {"codes": [name, "b"], "scores": [0.7, 0.6], "fit_times": [0.1, 0.2]}
    rebuilt = {"originals": square, "reconstructions": square, "errors": [0.1, 0.2]}
    return {
        "run": TrainingCurveDisplay(histories=run),
        "metric": TrainingCurveDisplay(histories={"a": own}, metrics=name),
        "class of experts": ExpertUsageDisplay(
            usage=square, display_labels=[name, "b"]
        ),
        "class of latents": LatentSpaceDisplay(embedding=square, y=[name, "b"]),
        "lever": LeverEffectDisplay(effects=[effect(lever=name)]),
        "outcome": LeverEffectDisplay(effects=[effect(outcome=name)]),
        "metric of levers": LeverEffectDisplay(effects=[effect()], metric=name),
        "scenario": ScenarioDisplay(**scenario),
        "metric of scenarios": ScenarioDisplay(**{**scenario, "metric": name}),
        "base": FusionDisplay(scores={name: 0.5}, rises={name: 0.1}),
        "metric of a fusion": FusionDisplay(
            scores={"a": 0.5}, rises={"a": 0.1}, metric=name
        ),
        "error": ReconstructionDisplay(**rebuilt, error_name=name),
    }


def texts_in(figure):
    """All that is written in a figure and can be seen."""
    return [
        text.get_text()
        for text in figure.findobj(plt.Text)
        if text.get_visible() and text.get_text()
    ]


def legend_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]
