"""The commands of ``python -m sklearn_nn``."""

import argparse
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from sklearn_nn._cli.evaluating import evaluate
from sklearn_nn._cli.experiment import Experiment, load_experiment
from sklearn_nn._cli.finding_lr import run_find_lr
from sklearn_nn._cli.runs import PROGRAM, WRITTEN
from sklearn_nn._cli.shell import INTERRUPTED, run_command, say
from sklearn_nn._cli.training import run_search, train
from sklearn_nn._config import ConfigError
from sklearn_nn.persistence import PersistenceError
from sklearn_nn.scenarios._interruption import Interrupted, stopping_at_ctrl_c

_MISTAKES = (ConfigError, PersistenceError, ImportError, OSError)
_Command = Callable[[Experiment, argparse.Namespace], int]
_COMMANDS: dict[str, tuple[_Command, str]] = {
    "train": (train, "fit the pipeline, validate it, save it"),
    "find-lr": (run_find_lr, "find a learning rate for the network"),
    "search": (run_search, "run the search, save the best pipeline"),
    "evaluate": (evaluate, "score the saved pipeline on the test rows"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : list of str or None, default=None
        The words after the program's name; None takes those it was called with.

    Returns
    -------
    code : int
        0 if all went well, 1 if the model cannot be saved, 2 for a mistake in the
        arguments, the configuration or the files, 130 if interrupted.
    """
    options = _parser().parse_args(arguments)
    return run_command(_run, options, _MISTAKES)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Train, tune and evaluate the pipeline that a TOML file describes.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (function, about) in _COMMANDS.items():
        command = commands.add_parser(name, help=about, description=about)
        command.set_defaults(command=function, name=name)
        command.add_argument("config", type=Path, metavar="CONFIG.toml")
        command.add_argument(
            "--output", type=Path, metavar="FOLDER", help="instead of [output] folder"
        )
        command.add_argument(
            "--force", action="store_true", help="replace earlier results"
        )
        command.add_argument(
            "--allow",
            action="append",
            default=[],
            metavar="NAME",
            help="let the file name this: a package of classes, a pipeline of spaCy, "
            "the address of a translation service, the variable with its key",
        )
        command.add_argument("--quiet", action="store_true", help="no progress")
    return parser


def _run(options: argparse.Namespace) -> int:
    experiment = load_experiment(
        options.config, allow=tuple(options.allow), output=options.output
    )
    try:
        with stopping_at_ctrl_c():
            return options.command(experiment, options)
    except Interrupted:
        return _goodbye(experiment, options)


def _goodbye(experiment: Experiment, options: argparse.Namespace) -> int:
    words = [options.name, str(options.config)]
    words += ["--output", str(options.output)] if options.output else []
    words += [word for name in options.allow for word in ("--allow", name)]
    written = [n for n in WRITTEN[options.name] if (experiment.folder / n).exists()]
    words += ["--force"] if options.force or written else []
    say(f"\nInterrupted. Begin again with:\n{PROGRAM} {shlex.join(words)}")
    return INTERRUPTED
