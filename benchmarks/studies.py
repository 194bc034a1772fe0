"""Learning rate, batch size, depth, activation and loss: what they do to a perceptron.

    python -m benchmarks.studies [--save] [STUDY ...]

Each study is a :class:`~sklearn_nn.model_selection.ScenarioSearchCV` whose levers are
what is studied: all scenarios train on the same rows and are scored on the same
validation rows, once for every seed of the network. The digits are 30,000 training
images of MNIST, drawn by class: 20,000 to train on and 10,000 to validate on; no test
image is looked at. The checkerboard has 1,000 points to train on and 10,000 fresh ones
to validate on. With ``--save``, the studies named replace theirs in
``results/studies.json`` and the others stay.

Beside the tables stands what was reported of the same networks written in NumPy alone
and trained by plain SGD on all of MNIST; softmax and log-softmax between the layers,
which were tried there and failed, are no activations of ours in torch. They are in
`benchmarks.scratch_studies`.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import PredefinedSplit, train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from benchmarks._report import known, save, show, spread
from sklearn_nn.datasets import fetch_mnist, make_checkerboard
from sklearn_nn.model_selection import ScenarioSearchCV
from sklearn_nn.neural_network import MLPClassifier, MLPRegressor

N_ROWS = {"digits": (20_000, 10_000), "checkerboard": (1_000, 10_000)}
MAKERS: dict[str, Callable] = {"checkerboard": make_checkerboard}
WIDTHS: dict[str, tuple[int, ...]] = {
    "784-10": (),
    "784-128-10": (128,),
    "784-128-64-10": (128, 64),
}
# The learning rate that plain SGD did best with in the first study.
SGD = {
    "optimizer": "sgd",
    "lr": 0.1,
    "batch_size": 32,
    "max_epochs": 5,
    "activation": "tanh",
}


class Study(NamedTuple):
    """A network, what is varied in it, and what others found.

    What they found is `reported` in a sentence, and stands `beside` by the names of
    the outcomes that it is about.
    """

    reported: str
    levers: dict[str, dict[str, Any]]
    net: Any = MLPClassifier(**SGD)
    data: str = "digits"
    seeds: Sequence[int] = (0, 1, 2)
    beside: Mapping[tuple[str, ...], str] = MappingProxyType({})


class Rows(NamedTuple):
    """Rows, and which of them are to train and to validate on."""

    X: np.ndarray
    y: np.ndarray
    cv: PredefinedSplit


def named(*values: Any) -> dict[str, Any]:
    """Let values be called what they are."""
    return {str(value): value for value in values}


def losses() -> dict[str, Any]:
    """Return networks that differ in their loss, out of scikit-learn's parts."""
    nets = {}
    for name in ("784-10", "784-128-10"):
        for lr in (0.1, 0.01):
            options = {**SGD, "hidden_layer_sizes": WIDTHS[name], "lr": lr}
            nets[f"{name}, lr {lr}, cross-entropy"] = MLPClassifier(**options)
            nets[f"{name}, lr {lr}, squared error"] = TransformedTargetRegressor(
                MLPRegressor(**options), transformer=OneHotEncoder(sparse_output=False)
            )
            # Without hidden units, ten networks of their own are one of ten outputs.
            if name == "784-10" and lr == SGD["lr"]:
                nets[f"{name}, lr {lr}, binary cross-entropy"] = OneVsRestClassifier(
                    MLPClassifier(**options)
                )
    return nets


STUDIES = {
    "learning_rate": Study(
        "0.1, 0.01, 0.001 and 0.0001 were compared",
        {
            "net__optimizer": named("sgd", "adam"),
            "net__lr": named(0.1, 0.01, 0.001, 0.0001),
        },
    ),
    "batch_size": Study(
        "16 and 32 best: about 91.5 % with 784-10",
        {
            "net__hidden_layer_sizes": {k: WIDTHS[k] for k in ("784-10", "784-128-10")},
            "net__batch_size": named(4, 8, 16, 32, 64, 128, 256),
        },
    ),
    "depth": Study(
        "784-10 about 91.5 %, 784-128-10 about 98 %",
        {"net__hidden_layer_sizes": WIDTHS},
    ),
    "activation": Study(
        "tanh about 98 %, logistic 97.8 %, softmax at most 45 %, log-softmax diverges",
        {
            "net__activation": named(
                "tanh", "logistic", "relu", "gelu", "silu", "identity"
            )
        },
    ),
    "loss": Study(
        "squared error 97.75 %, cross-entropy equal or better, binary cross-entropy "
        "unsuited",
        {"net": losses()},
    ),
    "checkerboard": Study(
        "78.2 % with 4 layers, 1,500 epochs, 10 batches, lr 0.01",
        {
            "net__activation": named("tanh", "relu"),
            "net__optimizer": named("sgd", "adam"),
            "net__max_epochs": named(150, 500, 1500),
            "net__batch_size": {"1 batch": 1_000, "10 batches": 100},
            "net__lr": named(0.1, 0.01, 0.001),
        },
        net=MLPClassifier(hidden_layer_sizes=(64, 64, 64)),
        data="checkerboard",
        seeds=(0,),
    ),
}


def load(
    data: str, n_train: int, n_valid: int, makers: Mapping[str, Callable] = MAKERS
) -> Rows:
    """Return the rows of a study; the first `n_train` are to train on."""
    if data in makers:
        parts = [
            makers[data](n, random_state=seed, return_X_y=True)
            for seed, n in enumerate((n_train, n_valid))
        ]
    else:
        images, digits = fetch_mnist(return_X_y=True)
        train, valid = train_test_split(
            np.arange(len(digits)),
            train_size=n_train,
            test_size=n_valid,
            stratify=digits,
            random_state=0,
        )
        parts = [(images[i] / np.float32(255), digits[i]) for i in (train, valid)]
    X, y = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Rows(X, y, PredefinedSplit(np.repeat([-1, 0], [n_train, n_valid])))


def seeded(value: Any, seed: int) -> Any:
    """Return a copy of an estimator with its seed set; anything else as it is."""
    if not hasattr(value, "get_params"):
        return value
    names = [name for name in value.get_params() if name.endswith("random_state")]
    return clone(value).set_params(**dict.fromkeys(names, seed))


def run(study: Study, rows: Rows) -> list[dict]:
    """Search once a seed; return a row for each scenario, in the order of levers."""
    searches = [
        ScenarioSearchCV(
            Pipeline([("net", seeded(study.net, seed))]),
            {
                lever: {name: seeded(value, seed) for name, value in outcomes.items()}
                for lever, outcomes in study.levers.items()
            },
            scoring="accuracy",
            cv=rows.cv,
            refit=False,
        )
        .fit(rows.X, rows.y)
        .cv_results_
        for seed in study.seeds
    ]
    scores = np.array([found["mean_test_score"] for found in searches])
    seconds = np.array([found["mean_fit_time"] for found in searches])
    return [
        {
            **{
                lever.removeprefix("net__"): str(searches[0][f"lever_{lever}"][i])
                for lever in study.levers
            },
            # None where a training diverged.
            "accuracy": finite(scores[:, i].mean()),
            "std": spread(scores[:, i]) if np.isfinite(scores[:, i]).all() else None,
            "fit_s": float(seconds[:, i].mean()),
        }
        for i in range(scores.shape[1])
    ]


def finite(figure: np.floating) -> float | None:
    """Return a figure as JSON can hold it: None where it is not a number."""
    return float(figure) if np.isfinite(figure) else None


def parser(description: str, studies: Mapping[str, Study]) -> argparse.ArgumentParser:
    """Return what reads which studies to run, and whether to save them."""
    made = argparse.ArgumentParser(description=description.split("\n")[0])
    made.add_argument("studies", nargs="*", help=f"among {', '.join(studies)}")
    made.add_argument("--save", action="store_true")
    return made


def conduct(
    arguments: argparse.Namespace,
    studies: Mapping[str, Study],
    results: str,
    load: Callable[[str], Rows],
    run: Callable[[Study, Rows], list[dict]],
    shown: Callable[[dict], dict] = dict,
) -> None:
    """Run the studies asked for, print each and, if asked to, keep it in `results`."""
    torch.set_num_threads(1)
    loaded: dict[str, Rows] = {}
    for name in arguments.studies or studies:
        study = studies[name]
        if study.data not in loaded:
            loaded[study.data] = load(study.data)
        n_valid, n_train = np.bincount(-loaded[study.data].cv.test_fold)
        started = time.perf_counter()
        figures = {
            "data": f"{study.data}: {n_train} rows to train on, {n_valid} to validate",
            "seeds": list(study.seeds),
            "net": repr(study.net),
            "reported": study.reported,
            "rows": run(study, loaded[study.data]),
            "seconds": time.perf_counter() - started,
        }
        print(f"\n{name}; reported: {study.reported}")
        show([shown(row) for row in figures["rows"]])
        if arguments.save:
            kept = {**known(results), name: figures}
            save(results, {key: kept[key] for key in studies if key in kept})


def main(argv: Sequence[str] | None = None) -> None:
    arguments = parser(__doc__, STUDIES).parse_args(argv)
    conduct(arguments, STUDIES, "studies", lambda data: load(data, *N_ROWS[data]), run)


if __name__ == "__main__":
    main()
