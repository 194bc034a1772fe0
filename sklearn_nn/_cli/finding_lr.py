"""The command `find-lr`: the loss at ever higher learning rates."""

import argparse

from sklearn_nn._cli import outputs
from sklearn_nn._cli.experiment import Experiment
from sklearn_nn._cli.runs import about_run, explained, prepare, read_rows
from sklearn_nn._cli.shell import OK, say, warnings_at_the_end
from sklearn_nn.model_selection import find_learning_rate


def run_find_lr(experiment: Experiment, options: argparse.Namespace) -> int:
    """Train a clone for a moment at ever higher learning rates."""
    prepare(experiment, options)
    rows, parts = read_rows(experiment)
    train = rows.at(parts.train)
    with warnings_at_the_end(), explained("find-lr"):
        found = find_learning_rate(
            experiment.pipeline, train.X, train.y, **experiment.find_lr_options()
        )
    curve = {
        name: getattr(found, name)
        for name in ("suggestion", "stable_window", "lr", "loss", "smoothed_loss")
    }
    about = about_run(experiment, rows, parts, "find-lr")
    outputs.write_json(experiment.folder / outputs.LR_JSON, {**about, **curve})
    if found.suggestion is None:
        print("no suggestion: the loss falls at none of these learning rates")
    else:
        print(f"suggestion: lr = {found.suggestion:.3g}")
    print(f"curve:   {experiment.folder / outputs.LR_JSON}")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        say("no picture: pip install sklearn_nn[plot]")
        return OK
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    found.plot(figure.subplots())
    figure.savefig(experiment.folder / outputs.LR_PNG)
    print(f"picture: {experiment.folder / outputs.LR_PNG}")
    return OK
