"""Spaces of parameters written once, for every kind of search."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, prod
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy import stats


class Dimension(ABC):
    """The values that one parameter may have."""

    @property
    def size(self) -> float:
        """How many values there are; infinite for a range of real numbers."""
        return inf

    @abstractmethod
    def grid(self, n_points: int) -> list[Any]:
        """Return a few values that cover the dimension.

        Parameters
        ----------
        n_points : int
            How many, at most; a :class:`Choice` returns all that it has.

        Returns
        -------
        values : list
            From the lowest to the highest, both ends included.
        """

    @abstractmethod
    def distribution(self) -> Any:
        """Return what RandomizedSearchCV draws from.

        Returns
        -------
        distribution : frozen distribution of scipy.stats, or list
            A list for a :class:`Choice`.
        """

    @abstractmethod
    def skopt(self) -> Any:
        """Return a dimension for BayesSearchCV.

        Returns
        -------
        dimension : skopt.space.Dimension
            Real, Integer or Categorical.
        """

    @abstractmethod
    def suggest(self, trial: Any, name: str) -> Any:
        """Ask a trial of Optuna for a value.

        Parameters
        ----------
        trial : optuna.Trial
            The trial.
        name : str
            What to call the parameter there.

        Returns
        -------
        value : float, int or scalar
            One value of the dimension.
        """


@dataclass(frozen=True)
class _Range(Dimension):
    low: float
    high: float

    def __post_init__(self) -> None:
        ends = (self.low, self.high)
        if not all(isinstance(x, Real) and isfinite(x) for x in ends) or not (
            self.low < self.high
        ):
            raise ValueError(f"{self} needs two finite numbers, low < high.")


@dataclass(frozen=True)
class LinearRange(_Range):
    """All numbers from `low` to `high`, equally likely.

    Parameters
    ----------
    low, high : float
        Both ends, ``low < high``.

    Raises
    ------
    ValueError
        If the ends are no finite numbers, or in the wrong order.

    Examples
    --------
    >>> from sklearn_nn.model_selection import LinearRange
    >>> LinearRange(0.0, 0.5).grid(3)
    [0.0, 0.25, 0.5]
    """

    def grid(self, n_points: int) -> list[float]:
        return np.linspace(self.low, self.high, n_points).tolist()

    def distribution(self) -> Any:
        return stats.uniform(self.low, self.high - self.low)

    def skopt(self) -> Any:
        from skopt.space import Real

        return Real(self.low, self.high)

    def suggest(self, trial: Any, name: str) -> float:
        return trial.suggest_float(name, self.low, self.high)


@dataclass(frozen=True)
class LogRange(_Range):
    """All numbers from `low` to `high`, every order of magnitude equally likely.

    Parameters
    ----------
    low, high : float
        Both ends, ``0 < low < high``.

    Raises
    ------
    ValueError
        If the ends are no positive finite numbers, or in the wrong order.

    Examples
    --------
    >>> from sklearn_nn.model_selection import LogRange
    >>> LogRange(0.01, 100.0).grid(3)
    [0.01, 1.0, 100.0]
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low <= 0:
            raise ValueError(f"{self} needs low > 0.")

    def grid(self, n_points: int) -> list[float]:
        return np.geomspace(self.low, self.high, n_points).tolist()

    def distribution(self) -> Any:
        return stats.loguniform(self.low, self.high)

    def skopt(self) -> Any:
        from skopt.space import Real

        return Real(self.low, self.high, prior="log-uniform")

    def suggest(self, trial: Any, name: str) -> float:
        return trial.suggest_float(name, self.low, self.high, log=True)


@dataclass(frozen=True)
class IntRange(_Range):
    """All whole numbers from `low` to `high`, both included, equally likely.

    Parameters
    ----------
    low, high : int
        Both ends, ``low < high``.

    Raises
    ------
    ValueError
        If the ends are no whole numbers, or in the wrong order.

    Examples
    --------
    >>> from sklearn_nn.model_selection import IntRange
    >>> IntRange(1, 10).grid(3)
    [1, 6, 10]
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if not all(isinstance(x, Integral) for x in (self.low, self.high)):
            raise ValueError(f"{self} needs two whole numbers.")

    @property
    def size(self) -> int:
        return self.high - self.low + 1

    def grid(self, n_points: int) -> list[int]:
        points = np.linspace(self.low, self.high, n_points)
        return np.unique(np.floor(points + 0.5).astype(int)).tolist()

    def distribution(self) -> Any:
        return stats.randint(self.low, self.high + 1)

    def skopt(self) -> Any:
        from skopt.space import Integer

        return Integer(self.low, self.high)

    def suggest(self, trial: Any, name: str) -> int:
        return trial.suggest_int(name, self.low, self.high)


@dataclass(frozen=True)
class Choice(Dimension):
    """One of a few scalars: strings, numbers, booleans or None.

    Parameters
    ----------
    values : sequence of scalars
        At least one.

    Raises
    ------
    ValueError
        If there are none, or one of them is no scalar.

    Examples
    --------
    >>> from sklearn_nn.model_selection import Choice
    >>> Choice(["uniform", "distance"]).grid(5)
    ['uniform', 'distance']
    """

    values: Sequence[Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(self.values))
        wrong = [x for x in self.values if not isinstance(x, str | Real | None)]
        if wrong:
            raise ValueError(
                "A Choice is between scalars (str, number, bool or None). Got "
                f"{wrong[0]!r}."
            )
        if not self.values:
            raise ValueError("A Choice needs at least one value.")

    @property
    def size(self) -> int:
        return len(self.values)

    def grid(self, n_points: int) -> list[Any]:
        return list(self.values)

    def distribution(self) -> list[Any]:
        return list(self.values)

    def skopt(self) -> Any:
        from skopt.space import Categorical

        return Categorical(list(self.values))

    def suggest(self, trial: Any, name: str) -> Any:
        return trial.suggest_categorical(name, self.values)


Space = dict[str, Dimension]

# By package and class name, so that no package is imported to look a class up. The
# ranges suit texts: rows of length one (TF-IDF), or token ids.
DEFAULT_SPACES: dict[tuple[str, str], Space] = {
    ("sklearn", "LogisticRegression"): {"C": LogRange(0.01, 100.0)},
    ("sklearn", "LinearSVC"): {"C": LogRange(0.01, 100.0)},
    ("sklearn", "SVC"): {"C": LogRange(0.1, 100.0), "gamma": LogRange(0.01, 10.0)},
    ("sklearn", "KNeighborsClassifier"): {
        "n_neighbors": IntRange(1, 15),
        "weights": Choice(["uniform", "distance"]),
    },
    ("sklearn", "RandomForestClassifier"): {
        "max_features": Choice(["sqrt", "log2", 0.1]),
        "min_samples_leaf": IntRange(1, 5),
    },
    ("sklearn", "MultinomialNB"): {"alpha": LogRange(0.001, 1.0)},
    ("sklearn", "DecisionTreeClassifier"): {
        "max_depth": IntRange(5, 60),
        "min_samples_leaf": IntRange(1, 10),
    },
    ("xgboost", "XGBClassifier"): {
        "learning_rate": LogRange(0.03, 0.3),
        "max_depth": IntRange(3, 9),
    },
    ("lightgbm", "LGBMClassifier"): {
        "learning_rate": LogRange(0.03, 0.3),
        "num_leaves": IntRange(7, 63),
    },
    ("sklearn_nn", "MLPClassifier"): {
        "lr": LogRange(0.0003, 0.01),
        "dropout": LinearRange(0.0, 0.6),
    },
    ("sklearn_nn", "BiGRUClassifier"): {
        "lr": LogRange(0.0005, 0.005),
        "dropout": LinearRange(0.2, 0.6),
    },
    ("sklearn_nn", "TfidfLinearSVC"): {
        "C": LogRange(0.01, 100.0),
        "min_df": IntRange(1, 3),
    },
}


def default_space(estimator: Any) -> Space:
    """Return the space of an estimator's class, or of what it wraps.

    Parameters
    ----------
    estimator : object
        An estimator, or one with the parameter ``estimator``.

    Returns
    -------
    space : dict of str to Dimension
        Parameter name -> its values.

    Raises
    ------
    ValueError
        If there is no default for this class.

    Examples
    --------
    >>> from sklearn.svm import LinearSVC
    >>> from sklearn_nn.model_selection._spaces import default_space
    >>> default_space(LinearSVC())
    {'C': LogRange(low=0.01, high=100.0)}
    """
    for cls in type(estimator).__mro__:
        space = DEFAULT_SPACES.get((cls.__module__.split(".")[0], cls.__name__))
        if space is not None:
            return dict(space)
    wrapped = getattr(estimator, "estimator", None)
    if wrapped is not None:
        inner = default_space(wrapped)
        return {f"estimator__{name}": values for name, values in inner.items()}
    raise ValueError(
        f"There is no default space for {type(estimator).__name__}. Pass one, such as "
        "space={'C': LogRange(0.01, 100.0)}, or set search='off'."
    )


def check_space(space: Mapping[str, Any] | None, estimator: Any) -> Space:
    """Return a space whose names are parameters of the estimator.

    Parameters
    ----------
    space : dict or None
        Parameter name -> a Dimension or a list of scalars; None is the default space.
    estimator : object
        What the parameters are for.

    Returns
    -------
    space : dict of str to Dimension
        The same with lists as :class:`Choice`.

    Raises
    ------
    ValueError
        If the space is empty, names an unknown parameter, or has other values.
    """
    if space is None:
        return default_space(estimator)
    kind, known = type(estimator).__name__, estimator.get_params()
    if not space:
        raise ValueError("The 'space' is empty: name a parameter or set search='off'.")
    checked = {}
    for name, values in space.items():
        if name not in known:
            raise ValueError(
                f"The 'space' names {name!r}, which is no parameter of {kind}. Its "
                f"parameters are {sorted(known)}."
            )
        if isinstance(values, list | tuple):
            values = Choice(tuple(values))
        if not isinstance(values, Dimension):
            raise ValueError(
                f"The 'space' of {name!r} must be a LogRange, LinearRange, IntRange, "
                f"Choice or list of scalars. Got {values!r}."
            )
        checked[name] = values
    return checked


def space_size(space: Space) -> float:
    """Return how many different candidates a space holds."""
    return prod(values.size for values in space.values())
