"""The searches that tune a model, made from one neutral space."""

from typing import Any

from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.model_selection._search import BaseSearchCV

from sklearn_nn.model_selection._spaces import Space, space_size


def make_search(
    kind: str, estimator: Any, space: Space, n_iter: int, seed: int, **options: Any
) -> BaseSearchCV:
    """Make an unfitted search.

    Parameters
    ----------
    kind : {"grid", "random", "bayes", "optuna"}
        Which search.
    estimator : classifier
        What is tuned.
    space : dict of str to Dimension
        Its parameters.
    n_iter : int
        Candidates to try; the grid takes as many as it has. A third of them is drawn
        at random before a search that learns starts to learn.
    seed : int
        Seed of the draw.
    **options : dict
        Further options of a search: cv, scoring, n_jobs.

    Returns
    -------
    search : BaseSearchCV
        To be fitted.
    """
    options |= {"refit": True, "error_score": "raise"}
    n_iter = int(min(n_iter, space_size(space)))
    n_random = min(10, 1 + n_iter // 3)
    if kind == "grid":
        n_points = 5 if len(space) == 1 else 3
        grid = {name: values.grid(n_points) for name, values in space.items()}
        return GridSearchCV(estimator, grid, **options)
    if kind == "random":
        drawn = {name: values.distribution() for name, values in space.items()}
        return RandomizedSearchCV(
            estimator, drawn, n_iter=n_iter, random_state=seed, **options
        )
    if kind == "bayes":
        return _import_skopt().BayesSearchCV(
            estimator,
            {name: values.skopt() for name, values in space.items()},
            n_iter=n_iter,
            optimizer_kwargs={"n_initial_points": n_random},
            random_state=seed,
            **options,
        )
    return OptunaSearch(estimator, space, n_iter, n_random, seed, **options)


class OptunaSearch(BaseSearchCV):
    """The tree-structured Parzen estimator of Optuna, with a fresh study at each fit.

    Trials are asked for one after the other, so that the result does not depend on
    the number of workers: these share the folds.
    """

    def __init__(self, estimator, space, n_iter, n_random, seed, **options):
        super().__init__(estimator, **options)
        self.space = space
        self.n_iter = n_iter
        self.n_random = n_random
        self.seed = seed

    def _run_search(self, evaluate_candidates):
        optuna = _import_optuna()
        verbosity = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            sampler = optuna.samplers.TPESampler(
                n_startup_trials=self.n_random, seed=self.seed
            )
            study = optuna.create_study(direction="maximize", sampler=sampler)
            for _ in range(self.n_iter):
                trial = study.ask()
                candidate = {
                    name: values.suggest(trial, name)
                    for name, values in self.space.items()
                }
                results = evaluate_candidates([candidate])
                study.tell(trial, float(results["mean_test_score"][-1]))
        finally:
            optuna.logging.set_verbosity(verbosity)


def _import_skopt() -> Any:
    try:
        import skopt
    except ImportError as error:
        raise ImportError(
            'search="bayes" needs scikit-optimize: pip install sklearn_nn[search].'
        ) from error
    return skopt


def _import_optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise ImportError(
            'search="optuna" needs Optuna: pip install sklearn_nn[search].'
        ) from error
    return optuna
