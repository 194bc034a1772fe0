"""The command line of scenario matrices: ``python -m sklearn_nn.scenarios``."""

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sklearn.exceptions import FitFailedWarning

from sklearn_nn._cli.shell import (
    INTERRUPTED,
    OK,
    SOME_FAILED,
    fail,
    run_command,
    say,
    warnings_at_the_end,
)
from sklearn_nn._config import ConfigError
from sklearn_nn.model_selection import ScenarioSearchCV, ScenarioStore, StoreError
from sklearn_nn.model_selection._results import ScenarioResults
from sklearn_nn.model_selection._summary import complete_runs
from sklearn_nn.scenarios._catalogue import LEVERS
from sklearn_nn.scenarios._interruption import Interrupted, stopping_at_ctrl_c
from sklearn_nn.scenarios._matrix import Matrix, load_matrix, with_paths
from sklearn_nn.scenarios._outputs import (
    CSV_MARK,
    REPORT_MARK,
    check_paths,
    check_replaceable,
)
from sklearn_nn.scenarios._ranking import (
    align,
    format_problems,
    format_ranking,
    rank_scenarios,
    sort_rows,
    write_csv,
)
from sklearn_nn.scenarios._report import write_report

PROGRAM = "python -m sklearn_nn.scenarios"
# What failed is listed in any case.
_LISTED_ANYWAY = (
    (FitFailedWarning, ""),
    (UserWarning, "One or more of the test scores are non"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : list of str or None, default=None
        The words after the program's name; None takes those it was called with.

    Returns
    -------
    code : int
        0 if all went well, 1 if a scenario failed, 2 for a mistake in the arguments,
        the matrix or the store, 130 if interrupted.
    """
    options = _parser().parse_args(arguments)
    return run_command(options.command, options, (ConfigError, StoreError, OSError))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Run and compare the scenarios of a matrix."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, function: Any, about: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about, description=about)
        command.set_defaults(command=function)
        return command

    run = add("run", _run, "run a matrix, going on where its store left off")
    resume = add("resume", _resume, "go on with a matrix that was stopped")
    for command in (run, resume):
        command.add_argument("matrix", type=Path, metavar="MATRIX.toml")
        command.add_argument("--store", metavar="PATH", help="instead of [run] store")
        command.add_argument("--report", metavar="PATH", help="instead of [run] report")
        command.add_argument("--n-jobs", type=int, metavar="N", help="workers")
        command.add_argument(
            "--limit", type=_positive, metavar="N", help="only the first N scenarios"
        )
        command.add_argument(
            "--allow",
            action="append",
            default=[],
            metavar="NAME",
            help="let the matrix name this: a package of classes, a pipeline of spaCy, "
            "the address of a translation service, the variable with its key",
        )
        command.add_argument("--quiet", action="store_true", help="no progress bar")
    run.set_defaults(retry_failed=False)
    resume.add_argument(
        "--retry-failed", action="store_true", help="run failed scenarios again"
    )
    show = add("show", _show, "print the ranking in a store, and what failed")
    show.add_argument("store", type=Path, metavar="STORE")
    show.add_argument("--sort", default="score", help="score, time, code, a lever, ...")
    show.add_argument("--top", type=_positive, metavar="N", help="only N scenarios")
    show.add_argument("--csv", type=Path, metavar="PATH", help="write all figures")
    report = add("report", _report, "write the report of a store")
    report.add_argument("store", type=Path, metavar="STORE")
    report.add_argument("-o", "--output", type=Path, metavar="PATH")
    report.add_argument("--title")
    add("list", _list, "print the levers of the catalogue and their outcomes")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _resume(options: argparse.Namespace) -> int:
    matrix = _matrix(options)
    store = ScenarioStore(matrix.store)
    if not store.exists():
        return fail(
            f"{matrix.store}: there is no store to resume. Begin with "
            f"{PROGRAM} run {shlex.quote(str(matrix.path))}"
        )
    say(f"found {matrix.store}: {_state(store.results())}")
    return _run_matrix(matrix, options)


def _run(options: argparse.Namespace) -> int:
    return _run_matrix(_matrix(options), options)


def _matrix(options: argparse.Namespace) -> Matrix:
    matrix = load_matrix(options.matrix, allow=tuple(options.allow))
    if options.n_jobs == 0:
        raise ConfigError("--n-jobs 0: no workers. Give 1 up, or -1 for all cores.")
    matrix = with_paths(matrix, options.store, options.report, options.n_jobs)
    matrix.check_outputs()
    return matrix


def _run_matrix(matrix: Matrix, options: argparse.Namespace) -> int:
    # Better now than when hours of work want to be reported.
    matrix.report.parent.mkdir(parents=True, exist_ok=True)
    try:
        with stopping_at_ctrl_c():
            rows = matrix.load_rows()
            search = matrix.search(
                rows,
                limit=options.limit,
                retry_failed=options.retry_failed,
                verbose=0 if options.quiet else 1,
            )
            _announce(matrix, rows, search)
            code = _fit(search, rows)
    except Interrupted:
        return _goodbye(matrix, options)
    results = ScenarioStore(matrix.store).results()
    write_report(results, matrix.report, title=matrix.title)
    _print_results(rank_scenarios(results), results)
    print(f"\nstore:  {matrix.store}\nreport: {matrix.report}")
    return code or (SOME_FAILED if _n_failed(results) else OK)


def _announce(matrix: Matrix, rows: Any, search: ScenarioSearchCV) -> None:
    n_left_out = len(getattr(search.exclude, "excluded", {}))
    say(
        f"{matrix.title}: {len(rows.y)} rows, {len(set(rows.y.tolist()))} classes, "
        f"{len(search.scenarios) - n_left_out} scenarios x {len(search.cv)} split(s), "
        f"{n_left_out} left out"
    )


def _fit(search: ScenarioSearchCV, rows: Any) -> int:
    try:
        with warnings_at_the_end(*_LISTED_ANYWAY):
            search.fit(rows.X, rows.y, languages=rows.languages)
    except StoreError:
        raise
    except Exception as error:
        if search.error_score == "raise":
            say(f"a scenario failed, and error_score = 'raise': {error}")
        elif not isinstance(error, ValueError):
            raise
        elif not hasattr(search, "results_"):
            raise ConfigError(str(error)) from error
        # Otherwise all scenarios have failed, which the list of them says.
        return SOME_FAILED
    return OK


def _goodbye(matrix: Matrix, options: argparse.Namespace) -> int:
    store = ScenarioStore(matrix.store)
    stored = _state(store.results()) if store.exists() else "nothing is stored yet"
    words = ["resume" if store.exists() else "run", str(matrix.path)]
    for name in ("store", "report", "n_jobs", "allow"):
        given = getattr(options, name) or []
        for value in given if isinstance(given, list) else [given]:
            words += [f"--{name.replace('_', '-')}", str(value)]
    say(f"\nInterrupted: {stored}. Go on with:\n{PROGRAM} {shlex.join(words)}")
    return INTERRUPTED


def _state(results: ScenarioResults) -> str:
    n_failed, n_done = _n_failed(results), len(complete_runs(results))
    failed = f", {n_failed} failed" if n_failed else ""
    return (
        f"{n_done} of {len(results.codes)} scenarios are stored whole{failed} "
        f"({len(results.runs)} runs)"
    )


def _n_failed(results: ScenarioResults) -> int:
    wanted = set(results.codes)
    return len({run.code for run in results.runs if run.error is not None} & wanted)


def _print_results(
    rows: list[dict[str, Any]], results: ScenarioResults, top: int | None = None
) -> None:
    print(format_ranking(rows, results, top=top) if rows else "No scenario succeeded.")
    problems = format_problems(results)
    if problems:
        print(f"\n{problems}")


def _show(options: argparse.Namespace) -> int:
    if options.csv:
        check_paths({"the table": options.csv}, {"the store": options.store})
        check_replaceable(options.csv, CSV_MARK, "a table of scenarios")
    results = ScenarioStore(options.store).results()
    rows = rank_scenarios(results)
    try:
        rows = sort_rows(rows, results, options.sort)
    except ValueError as error:
        return fail(error)
    if options.csv:
        write_csv(rows, results, options.csv)
    _print_results(rows, results, options.top)
    return OK


def _report(options: argparse.Namespace) -> int:
    path = options.output or options.store.with_suffix(".html")
    if options.output is None and path == options.store:
        path = path.with_name(f"{path.name}.html")
    check_paths({"the report": path}, {"the store": options.store})
    check_replaceable(path, REPORT_MARK, "a report")
    results = ScenarioStore(options.store).results()
    write_report(results, path, title=options.title or options.store.stem)
    print(path)
    return OK


def _list(options: argparse.Namespace) -> int:
    table = [["lever", "chooses", "outcomes"]]
    for name, lever in LEVERS.items():
        outcomes = [*lever.outcomes, *lever.examples]
        table.append([name, lever.about, ", ".join(outcomes)])
    print(align(table))
    return OK
