"""The tables of late fusion in the user guide, from ``results/fusion.json``."""

from benchmarks._cells import percent
from benchmarks._report import known, markdown


def fusion() -> str:
    """Late fusion beside its bases."""
    figures = known("fusion")
    rows = [
        {
            "data": row["data"],
            "model": row["model"],
            "accuracy, %": percent(row["accuracy"], row["accuracy_std"]),
            "macro F1, %": percent(row["macro_f1"], row["macro_f1_std"]),
            "weighted F1, %": percent(row["weighted_f1"], row["weighted_f1_std"]),
            "to the best base": _difference(row),
        }
        for row in figures["rows"]
    ]
    return (
        f"{markdown(rows)}\n\n± is the standard deviation over three seeds (listings) "
        "or ten folds (products). The difference to the best base, in points of "
        "weighted F1, is paired, with its 95 % interval."
    )


def _difference(row: dict) -> str:
    mean, half = row["to_the_best_base"], row["to_the_best_base_half_width"]
    if not half:
        return "the best"
    low, high = 100 * (mean - half), 100 * (mean + half)
    return f"{100 * mean:+.1f} ({low:+.1f} to {high:+.1f})"


def posts() -> str:
    """A stack of text models on 20 Newsgroups."""
    figures = known("fusion")["posts"]
    rows = [
        {
            "model": name,
            "validation, %": percent(found["valid"]["accuracy"]),
            "test, %": percent(found["test"]["accuracy"]),
        }
        for name, found in figures["bases"].items()
    ]
    rows += [
        {
            "model": name,
            "validation, %": percent(valid),
            "test, %": percent(figures["test"]["accuracy"])
            if name == figures["chosen"]
            else "",
        }
        for name, valid in figures["stacks_valid_accuracy"].items()
    ]
    gain = figures["to_words"]
    return (
        f"{figures['data']}, seed {figures['seed']}:\n\n{markdown(rows)}\n\n"
        "The stack was chosen on validation and tested once. It is better than the "
        f"words alone by {100 * gain['difference']:.2f} points "
        f"(standard error of the paired difference {100 * gain['standard_error']:.2f})."
    )


def stacking() -> str:
    """Late fusion beside StackingClassifier: score and time."""
    figures = known("fusion")["stacking"]
    rows = [
        {
            "model": name,
            "accuracy, %": percent(found["accuracy"]),
            "log loss": f"{found['log_loss']:.3f}",
            "time of a fit, to StackingClassifier": f"{found['time_to_stacking']:.2f}",
        }
        for name, found in figures["models"].items()
    ]
    return f"{figures['data']}:\n\n{markdown(rows)}"
