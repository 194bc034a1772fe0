"""A finished search as runs of MLflow."""

from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

# What MLflow takes as a value at most.
LONGEST = 6000


def log_to_mlflow(search: Any) -> str:
    """Log a fitted search to MLflow: a run for the search, a run for each candidate.

    ``mlflow.sklearn.autolog()`` does that by itself for scikit-learn's GridSearchCV
    and RandomizedSearchCV, over networks too. It does not know the searches of this
    package, of which it sees the refitted pipeline alone.

    The run of the search stands below the active run, if there is one. It holds the
    parameters of the search and the best candidate's (``best_*``), each candidate's
    run its parameters and all its figures in ``cv_results_``.

    Parameters
    ----------
    search : BaseSearchCV
        A fitted :class:`PrefixGridSearchCV`, :class:`ScenarioSearchCV` or other search
        with ``cv_results_``.

    Returns
    -------
    run_id : str
        Of the run of the search.

    Raises
    ------
    ImportError
        If MLflow is not installed.
    sklearn.exceptions.NotFittedError
        If the search is not fitted.

    Examples
    --------
    >>> import mlflow
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn_nn.model_selection import PrefixGridSearchCV, log_to_mlflow
    >>> X, y = load_iris(return_X_y=True)
    >>> grid = {"n_neighbors": [1, 5]}
    >>> search = PrefixGridSearchCV(KNeighborsClassifier(), grid).fit(X, y)
    >>> mlflow.set_tracking_uri("sqlite:///:memory:")  # or where your runs are
    >>> run_id = log_to_mlflow(search)
    >>> mlflow.get_run(run_id).data.params["best_n_neighbors"]
    '5'
    >>> mlflow.set_tracking_uri(None)
    """
    check_is_fitted(search, "cv_results_")
    try:
        import mlflow
    except ImportError as error:
        raise ImportError(
            "log_to_mlflow needs MLflow. Install it: pip install sklearn_nn[track]"
        ) from error
    results = search.cv_results_
    names = results.get("scenario", range(len(results["params"])))
    # As nested as can be: without an active run MLflow makes one of its own.
    with mlflow.start_run(run_name=type(search).__name__, nested=True) as run:
        mlflow.log_params(_texts(search.get_params(deep=False)))
        if hasattr(search, "best_index_"):
            best = results["params"][search.best_index_]
            mlflow.log_params(_texts({f"best_{name}": v for name, v in best.items()}))
            mlflow.log_metrics(
                {f"best_{k}": v for k, v in _figures(search, search.best_index_)}
            )
        for i, (name, params) in enumerate(zip(names, results["params"], strict=True)):
            with mlflow.start_run(run_name=str(name), nested=True):
                mlflow.log_params(_texts(params))
                mlflow.log_metrics(dict(_figures(search, i)))
    return run.info.run_id


def _texts(params: dict[str, Any]) -> dict[str, str]:
    return {name: str(value)[:LONGEST] for name, value in params.items()}


def _figures(search: Any, candidate: int) -> list[tuple[str, float]]:
    row = ((name, column[candidate]) for name, column in search.cv_results_.items())
    return [
        (name, float(value))
        for name, value in row
        if isinstance(value, Real)
        and not name.startswith("param_")
        and np.isfinite(float(value))
    ]
