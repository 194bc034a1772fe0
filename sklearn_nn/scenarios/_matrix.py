"""A scenario matrix described by one TOML file."""

from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any

from imblearn.pipeline import Pipeline
from sklearn.metrics import get_scorer_names

from sklearn_nn._config import (
    Place,
    check_keys,
    check_seed,
    nearest,
    take,
)
from sklearn_nn._config_file import read_tables
from sklearn_nn.model_selection import ScenarioSearchCV
from sklearn_nn.model_selection._levers import choose_scenarios, scenario_code
from sklearn_nn.model_selection._memory import parse_size
from sklearn_nn.model_selection._tuned import TunedClassifier
from sklearn_nn.scenarios._compatibility import Kind
from sklearn_nn.scenarios._data import Rows, check_data, data_path, load_rows
from sklearn_nn.scenarios._outputs import REPORT_MARK, check_paths, check_replaceable
from sklearn_nn.scenarios._pipeline import (
    Levers,
    make_pipeline,
    make_rule,
    read_levers,
)
from sklearn_nn.scenarios._plan import read_forbidden, read_scenarios
from sklearn_nn.scenarios._splits import check_split, make_splits

TABLES = ("title", "data", "split", "levers", "pipeline", "exclude", "run")
RUN_KEYS = (
    "scoring",
    "scenarios",
    "n_jobs",
    "memory_budget",
    "error_score",
    "seed",
    "store",
    "report",
)


@dataclass
class Plan:
    """A matrix once the kind of its rows is known.

    Attributes
    ----------
    pipeline : Pipeline
        What the levers are set on.
    codes : list of str
        The scenarios to run.
    excluded : dict of str -> str
        Those left out, with the reason.
    """

    pipeline: Pipeline
    codes: list[str]
    excluded: dict[str, str]


@dataclass
class Matrix:
    """What a TOML file describes; see :func:`load_matrix`.

    Attributes
    ----------
    path : Path
        The file.
    title : str
        Of the report.
    store, report : Path
        Where results go.
    levers : Levers
        The levers, their outcomes and the parameters that they set.
    n_jobs : int or None
        Workers.

    Examples
    --------
    What a file would run, before anything is fitted:

    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_nn.scenarios import load_matrix
    >>> text = '''
    ... title = "Clean or not"
    ... [data]
    ... load = "sklearn_nn.datasets.make_product_listings"
    ... parameters = { n_samples = 60, n_classes = 2, random_state = 0 }
    ... [levers]
    ... cleaning = ["off", "on"]
    ... model = ["multinomial_nb", "linear_svm"]
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "listings.toml")
    ...     _ = path.write_text(text)
    ...     matrix = load_matrix(path)
    >>> rows = matrix.load_rows()
    >>> matrix.title, rows.kind, len(rows.y)
    ('Clean or not', 'columns', 60)
    >>> matrix.plan(rows.kind).codes
    ['0m', '0l', 'om', 'ol']
    """

    path: Path
    title: str
    store: Path
    report: Path
    levers: Levers
    n_jobs: int | None
    _tables: dict[str, Any] = field(repr=False)
    _place: Place = field(repr=False)

    def load_rows(self) -> Rows:
        """Load the rows that [data] describes.

        Returns
        -------
        rows : Rows
            With ``X``, ``y``, their ``kind``, and what the file tells of languages,
            groups and an official split.

        Raises
        ------
        ConfigError
            If the data do not fit what the file says of them.
        OSError
            If they cannot be read.
        """
        return load_rows(
            self._tables["data"],
            self._place / "data",
            self.path.parent,
            official=bool(self._tables["split"].get("official")),
        )

    def check_outputs(self) -> None:
        """Refuse a store or report in the place of a file of another kind.

        Raises
        ------
        OSError
            If one of them is the matrix, the data, the other one or a folder, or if
            the report would replace a file that is none.
        """
        read = {"the matrix": self.path}
        if "path" in self._tables["data"]:
            read["the data"] = data_path(self._tables["data"], self.path.parent)
        check_paths({"the store": self.store, "the report": self.report}, read)
        if self.report.exists():
            check_replaceable(self.report, REPORT_MARK, "a report")

    def plan(self, kind: Kind) -> Plan:
        """Make the pipeline, and find the scenarios that make sense.

        Parameters
        ----------
        kind : {"columns", "texts", "vectors"}
            What the rows are, as ``load_rows().kind`` says.

        Returns
        -------
        plan : Plan
            At least one scenario.

        Raises
        ------
        ConfigError
            If the pipeline does not fit the levers, or no scenario is left.
        """
        place, levers = self._place, self.levers
        run = self._tables["run"]
        pipeline = make_pipeline(
            levers,
            self._tables["pipeline"],
            place / "pipeline",
            run.get("seed", 0),
            kind,
        )
        if isinstance(pipeline[-1], TunedClassifier) and pipeline[-1].scoring is None:
            pipeline[-1].set_params(scoring=_first(run.get("scoring", "f1_weighted")))
        forbidden = read_forbidden(self._tables["exclude"], levers, place / "exclude")
        rule = make_rule(levers, pipeline, kind, forbidden)
        given = run.get("scenarios", "product")
        wanted = read_scenarios(given, levers, place / "run" / "scenarios")
        try:
            codes, excluded = choose_scenarios(levers.by_parameter, wanted, rule)
        except ValueError as error:
            raise (place / "run" / "scenarios").error(str(error)) from None
        return Plan(pipeline, codes, excluded)

    def search(
        self, rows: Rows, *, limit: int | None = None, **options: Any
    ) -> ScenarioSearchCV:
        """Make the search, to be fitted on ``rows.X, rows.y``.

        Parameters
        ----------
        rows : Rows
            What :meth:`load_rows` returned.
        limit : int or None, default=None
            Only the first scenarios.
        **options : dict
            For :class:`ScenarioSearchCV`, before what the file says.

        Returns
        -------
        search : ScenarioSearchCV
            Not fitted. It keeps its runs in the store and fits no best pipeline.
        """
        plan = self.plan(rows.kind)
        run = self._tables["run"]
        given: dict[str, Any] = {
            "scoring": run.get("scoring", "f1_weighted"),
            "memory_budget": run.get("memory_budget", "1 GB"),
            "error_score": run.get("error_score", float("nan")),
            "n_jobs": self.n_jobs,
            "store": self.store,
            "refit": False,
            "cv": make_splits(self._tables["split"], self._place / "split", rows),
        }
        return ScenarioSearchCV(
            plan.pipeline,
            self.levers.by_parameter,
            scenarios=[*plan.codes[:limit], *plan.excluded],
            exclude=Reasons(self.levers, plan.excluded),
            **{**given, **options},
        )


@dataclass
class Reasons:
    """Why the scenarios left out are left out, for ScenarioSearchCV."""

    levers: Levers
    excluded: dict[str, str]

    def __call__(self, outcomes: dict[str, str]) -> str | None:
        """Return the reason, or None."""
        return self.excluded.get(scenario_code(self.levers.by_parameter, outcomes))


def load_matrix(path: str | PathLike, *, allow: tuple[str, ...] = ()) -> Matrix:
    """Read a scenario matrix from a TOML file, checking it.

    Parameters
    ----------
    path : str or path-like
        The file; the user guide tells what may be in it.
    allow : tuple of str, default=()
        Further packages whose classes the file may name: your own steps. Importing
        them runs their code. Also a pipeline of spaCy for a `Lemmatizer`, the address
        of a translation service, or the name of the variable that holds its key.

    Returns
    -------
    matrix : Matrix
        ``matrix.search(rows)`` makes a :class:`ScenarioSearchCV` of it, for the rows
        that ``matrix.load_rows()`` returns. No row has been read yet.

    Raises
    ------
    ConfigError
        A ValueError that names the file, the table, the key and the cure.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_nn.scenarios import load_matrix
    >>> text = '''
    ... [data]
    ... load = "sklearn_nn.datasets.make_product_listings"
    ... parameters = { n_samples = 60, n_classes = 2, random_state = 0 }
    ... [levers]
    ... cleaning = ["off", "on"]
    ... model = ["multinomial_nb", "linear_svm"]
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "listings.toml")
    ...     _ = path.write_text(text)
    ...     matrix = load_matrix(path)
    ...     rows = matrix.load_rows()
    ...     search = matrix.search(rows, n_jobs=1).fit(rows.X, rows.y)
    >>> search.cv_results_["scenario"].tolist()
    ['0m', '0l', 'om', 'ol']
    >>> search.decode_scenario("ol")
    {'cleaning': 'on', 'model': 'linear_svm'}
    """
    path = Path(path)
    tables, place = read_tables(
        path,
        TABLES,
        needed=("data", "levers"),
        optional=("split", "run", "pipeline"),
        allow=allow,
    )
    tables.setdefault("exclude", [])
    check_data(tables["data"], place / "data")
    check_split(tables["split"], place / "split")
    run = _check_run(tables["run"], place / "run")
    for name in ("levers", "pipeline"):
        check_keys(tables[name], tables[name], place / name)
    levers = read_levers(
        tables["levers"], tables["pipeline"], place / "levers", run.get("seed", 0)
    )
    folder = path.parent
    matrix = Matrix(
        path=path,
        title=take(tables, "title", str, place, path.stem),
        store=folder / run.get("store", f"{path.stem}.sqlite"),
        report=folder / run.get("report", f"{path.stem}.html"),
        levers=levers,
        n_jobs=run.get("n_jobs"),
        _tables=tables,
        _place=place,
    )
    read_forbidden(tables["exclude"], levers, place / "exclude")
    read_scenarios(run.get("scenarios", "product"), levers, place / "run" / "scenarios")
    return matrix


def _check_run(table: Any, place: Place) -> dict[str, Any]:
    check_keys(table, RUN_KEYS, place)
    kinds = {"n_jobs": int, "store": str, "report": str}
    for key, kind in kinds.items():
        take(table, key, kind, place)
    check_seed(table, place)
    if not str(table.get("report", ".html")).lower().endswith((".html", ".htm")):
        raise (place / "report").error(f"{table['report']} is no name of an HTML file.")
    if table.get("n_jobs") == 0:
        raise (place / "n_jobs").error("0 workers; give 1 up, or -1 for all cores.")
    check_scoring(table, place)
    budget = take(table, "memory_budget", int | str, place, "1 GB")
    try:
        parse_size(budget)
    except ValueError as error:
        raise (place / "memory_budget").error(str(error)) from None
    if table.get("error_score", 0.0) != "raise":
        take(table, "error_score", float, place)
    return table


def check_scoring(table: dict[str, Any], place: Place) -> list[str]:
    """Check the key ``scoring``, and return the names of the scorers."""
    scoring = take(table, "scoring", str | list, place, [])
    names = [scoring] if isinstance(scoring, str) else scoring
    if table.get("scoring") == []:
        raise (place / "scoring").error(
            "the list is empty. Give a scorer, or leave it."
        )
    for name in names:
        if names.count(name) > 1:
            raise (place / "scoring").error(f"{name!r} is there twice.")
        if name not in get_scorer_names():
            raise (place / "scoring").error(
                f"no scorer {name!r}. {nearest(str(name), _CLASSIFIER_SCORES)}"
            )
    return names


_CLASSIFIER_SCORES = (
    "accuracy",
    "balanced_accuracy",
    "f1_macro",
    "f1_micro",
    "f1_weighted",
    "neg_log_loss",
    "precision_macro",
    "recall_macro",
    "roc_auc_ovr_weighted",
)


def _first(scoring: str | list[str]) -> str:
    return scoring if isinstance(scoring, str) else scoring[0]


def with_paths(
    matrix: Matrix, store: str | None, report: str | None, n_jobs: int | None
) -> Matrix:
    """Replace what the command line says otherwise."""
    return replace(
        matrix,
        store=Path(store) if store else matrix.store,
        report=Path(report) if report else matrix.report,
        n_jobs=matrix.n_jobs if n_jobs is None else n_jobs,
    )
