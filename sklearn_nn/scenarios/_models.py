"""The catalogue of models that a scenario may choose from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_nn.model_selection._label_encoding import LabelEncodingClassifier

# Small trees on some of the words each: with thousands of words that is both faster and
# more accurate than the defaults of the two boosting libraries.
SHARE_OF_WORDS = 0.3

Needs = Literal["vectors", "non-negative vectors", "token ids", "texts"]


@dataclass(frozen=True)
class Model:
    """A model of the catalogue.

    Attributes
    ----------
    factory : callable
        Makes the unfitted estimator from a random state.
    needs : {"vectors", "non-negative vectors", "token ids", "texts"}
        What the step before it has to deliver: the vectors of a TfidfVectorizer are
        non-negative, those of a TruncatedSVD are not; token ids are made by a
        SequenceVectorizer.
    """

    factory: Callable[[Any], Any]
    needs: Needs = "vectors"

    def __call__(self, random_state: Any = None) -> Any:
        """Make the estimator.

        Parameters
        ----------
        random_state : int, RandomState instance or None, default=None
            Its seed, where it has one.

        Returns
        -------
        estimator : classifier
            Not fitted.

        Raises
        ------
        ImportError
            If the model's package is not installed.
        """
        return self.factory(random_state)


def _logreg(random_state: Any) -> Any:
    return LogisticRegression(C=10.0, max_iter=1000, random_state=random_state)


def _linear_svm(random_state: Any) -> Any:
    return LinearSVC(random_state=random_state)


def _rbf_svm(random_state: Any) -> Any:
    return SVC(C=10.0, gamma="scale", random_state=random_state)


def _knn(random_state: Any) -> Any:
    return KNeighborsClassifier(n_neighbors=10, weights="distance", metric="cosine")


def _random_forest(random_state: Any) -> Any:
    return RandomForestClassifier(n_estimators=200, random_state=random_state)


def _multinomial_nb(random_state: Any) -> Any:
    return MultinomialNB(alpha=0.1)


def _decision_tree(random_state: Any) -> Any:
    return DecisionTreeClassifier(min_samples_leaf=2, random_state=random_state)


def _xgboost(random_state: Any) -> Any:
    try:
        from xgboost import XGBClassifier
    except ImportError as error:
        raise _missing("xgboost", "XGBoost") from error
    return LabelEncodingClassifier(
        estimator=XGBClassifier(
            n_estimators=100,
            learning_rate=0.2,
            max_depth=4,
            colsample_bytree=SHARE_OF_WORDS,
            n_jobs=1,
            verbosity=0,
            random_state=random_state,
        )
    )


def _lightgbm(random_state: Any) -> Any:
    try:
        from lightgbm import LGBMClassifier
    except ImportError as error:
        raise _missing("lightgbm", "LightGBM") from error
    return LGBMClassifier(
        num_leaves=15,
        min_child_samples=5,
        colsample_bytree=SHARE_OF_WORDS,
        deterministic=True,
        force_col_wise=True,
        n_jobs=1,
        verbosity=-1,
        random_state=random_state,
    )


def _mlp(random_state: Any) -> Any:
    from sklearn_nn.neural_network import MLPClassifier

    return MLPClassifier(dropout=0.3, random_state=random_state)


def _bigru(random_state: Any) -> Any:
    from sklearn_nn.neural_network import BiGRUClassifier

    return BiGRUClassifier(random_state=random_state)


def _tfidf_linear_svc(random_state: Any) -> Any:
    from sklearn_nn.svm import TfidfLinearSVC

    return TfidfLinearSVC(random_state=random_state)


def _missing(name: str, package: str) -> ImportError:
    return ImportError(
        f"The model {name!r} needs {package}: pip install sklearn_nn[boosting]."
    )


# One thread each: it is the matrix that runs in parallel.
MODELS: dict[str, Model] = {
    "logreg": Model(_logreg),
    "linear_svm": Model(_linear_svm),
    "rbf_svm": Model(_rbf_svm),
    "knn": Model(_knn),
    "random_forest": Model(_random_forest),
    "multinomial_nb": Model(_multinomial_nb, "non-negative vectors"),
    "decision_tree": Model(_decision_tree),
    "xgboost": Model(_xgboost),
    "lightgbm": Model(_lightgbm),
    "mlp": Model(_mlp),
    "bigru": Model(_bigru, "token ids"),
    "tfidf_linear_svc": Model(_tfidf_linear_svc, "texts"),
}


def make_model(name: str, random_state: Any = None) -> Any:
    """Make a model of the catalogue.

    Parameters
    ----------
    name : str
        A key of ``MODELS``, such as "logreg".
    random_state : int, RandomState instance or None, default=None
        Its seed, where it has one.

    Returns
    -------
    estimator : classifier
        Not fitted, with settings that suit texts.

    Raises
    ------
    ValueError
        If there is no model of that name.
    ImportError
        If the model's package is not installed.

    Examples
    --------
    >>> from sklearn_nn.scenarios._models import make_model
    >>> make_model("logreg", random_state=0)
    LogisticRegression(C=10.0, max_iter=1000, random_state=0)
    """
    if name not in MODELS:
        raise ValueError(
            f"There is no model {name!r}. The catalogue has {', '.join(MODELS)}."
        )
    return MODELS[name](random_state)
