"""20 Newsgroups: linear, dense and recurrent models, and system 4's own recipe.

    python -m benchmarks.newsgroups          four topics, bydate
    python -m benchmarks.newsgroups --full   20 topics, random 80/10/10 and bydate

Settings of the nets were chosen on the validation part of the random split; the test
part is scored once. On the random split the recipe (pad to 400, plain loop, 15 epochs)
trains beside the BiGRU, an epoch of the one after an epoch of the other, so that both
meet the same machine.

    TABLE
"""

import argparse
import time

import numpy as np
import sklearn
from skorch.callbacks import Callback

from benchmarks._models import SEED, scores, text_models, timed
from benchmarks._newsgroups_data import Split, load_split
from benchmarks._recipe import RecipeRun
from benchmarks._report import save, show
from benchmarks.demo import TOPICS

MLP = {
    "hidden_layer_sizes": (128,),
    "dropout": 0.5,
    "batch_size": 128,
    "max_epochs": 8,
    "early_stopping": True,
}
BIGRU = {
    "max_epochs": 8,
    "lr": 4e-3,
    "lr_schedule": "onecycle",
    "early_stopping": True,
    "n_iter_no_change": 8,
}
RECIPE_EPOCHS = 15


class TrainBeside(Callback):
    """Trains an epoch of the recipe after every epoch of the net."""

    def __init__(self, run: RecipeRun):
        self.run = run
        self.seconds = 0.0

    def on_epoch_end(self, net, **kwargs):
        started = time.perf_counter()
        self.run.epoch()
        self.seconds += time.perf_counter() - started


def run_split(split: Split, recipe_epochs: int) -> dict:
    """Fit and score every model on one split."""
    print(f"\n{split.name}: " + " / ".join(str(len(part[1])) for part in split[:3]))
    models = text_models(MLP, BIGRU)
    rows, details = [], {}
    for name, model in models.items():
        beside = None
        if name.endswith("BiGRU") and recipe_epochs:
            beside = TrainBeside(_recipe(model, split))
            model.set_params(bigru__callbacks=[beside])
        rows.append(_score(name, model, split, beside))
        show(rows[-1:], tablefmt="plain")
        if name.endswith("BiGRU"):
            details["bigru_history"] = model[-1].history_
            details["bigru_parameters"] = sum(
                p.numel() for p in model[-1].net_.module_.parameters()
            )
    if recipe_epochs:
        rows.append(_finish_recipe(beside.run, models, split, recipe_epochs))
        details["recipe_seconds"] = beside.run.seconds
        details["recipe_valid_accuracy"] = beside.run.valid_accuracy
        details["time_ratio"] = rows[-2]["fit_s"] / rows[-1]["fit_s"]
    show(rows)
    return {"split": split.name, "seed": SEED, "rows": rows, **details}


def _score(name, model, split: Split, beside: TrainBeside | None) -> dict:
    options = {}
    if name.endswith(("MLP", "BiGRU")):
        options = _with_validation(model, split)
    _, fit_s = timed(model.fit, *split.train, **options)
    if beside is not None:
        fit_s -= beside.seconds
    predicted, predict_s = timed(model.predict, split.test[0])
    return {
        "model": name,
        "valid_accuracy": float(
            np.mean(model.predict(split.valid[0]) == split.valid[1])
        ),
        **scores(split.test[1], predicted),
        "fit_s": fit_s,
        "predict_s": predict_s,
    }


def _with_validation(model, split: Split) -> dict:
    """Let the pipeline carry the validation texts through its first step."""
    model.set_params(transform_input=["X_val"])
    model[-1].set_fit_request(X_val=True, y_val=True)
    return {"X_val": split.valid[0], "y_val": split.valid[1]}


def _recipe(model, split: Split) -> RecipeRun:
    vectorizer = sklearn.clone(model[0])
    ids = vectorizer.fit_transform(split.train[0])
    return RecipeRun(
        ids,
        split.train[1],
        vectorizer.transform(split.valid[0]),
        split.valid[1],
        vectorizer.vocabulary_size_,
        SEED,
    )


def _finish_recipe(run: RecipeRun, models: dict, split: Split, epochs: int) -> dict:
    while len(run.seconds) < epochs:
        run.epoch()
        print(f"recipe, epoch {len(run.seconds)}: {run.valid_accuracy[-1]:.4f}")
    run.restore_best()
    vectorizer = models["SequenceVectorizer, BiGRU"][0]
    predicted, predict_s = timed(run.predict, vectorizer.transform(split.test[0]))
    return {
        "model": f"recipe as described, {epochs} epochs",
        "valid_accuracy": max(run.valid_accuracy),
        **scores(split.test[1], predicted),
        "fit_s": sum(run.seconds),
        "predict_s": predict_s,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--full", action="store_true", help="all 20 topics, both splits"
    )
    parser.add_argument(
        "--recipe-epochs",
        type=int,
        default=RECIPE_EPOCHS,
        help="epochs of the recipe beside the BiGRU (random split); 0 leaves it out",
    )
    arguments = parser.parse_args()
    sklearn.set_config(enable_metadata_routing=True)
    if not arguments.full:
        run_split(load_split("bydate", categories=TOPICS), recipe_epochs=0)
        return
    settings = {"mlp": MLP, "bigru": BIGRU}
    results = []
    for split, recipe_epochs in (("random", arguments.recipe_epochs), ("bydate", 0)):
        results.append(run_split(load_split(split), recipe_epochs))
        path = save("newsgroups", {"splits": results, "settings": settings})
    print("->", path)


if __name__ == "__main__":
    main()
