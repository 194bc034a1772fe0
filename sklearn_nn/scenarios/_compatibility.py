"""Which steps can follow which: why a combination of levers makes no sense."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.utils import get_tags

from sklearn_nn._config import ALLOWED_PACKAGES
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.model_selection._delegate import DelegatingClassifier
from sklearn_nn.model_selection._prefix import is_left_out
from sklearn_nn.model_selection._spaces import default_space
from sklearn_nn.model_selection._tuned import TunedClassifier
from sklearn_nn.preprocessing import TextMerger
from sklearn_nn.preprocessing._base import TextTransformer
from sklearn_nn.sampling import LanguageFilter

Kind = Literal["columns", "texts", "vectors", "token ids"]


@dataclass(frozen=True)
class Rows:
    """What travels between two steps.

    Attributes
    ----------
    kind : {"columns", "texts", "vectors", "token ids"}
        Columns of texts, one text a row, numbers to compute with, or ids of words.
    sparse, negative : bool
        For vectors: whether they are a sparse matrix, may be below zero.
    """

    kind: Kind
    sparse: bool = False
    negative: bool = False


def find_conflict(steps: Sequence[tuple[str, Any]], kind: Kind) -> str | None:
    """Say why a pipeline cannot work, from what its steps take and give.

    Parameters
    ----------
    steps : list of (name, estimator)
        The steps; "passthrough" and None are left out.
    kind : {"columns", "texts", "vectors", "token ids"}
        What the rows are.

    Returns
    -------
    reason : str or None
        None where nothing is known against it.

    Examples
    --------
    >>> from sklearn.naive_bayes import MultinomialNB
    >>> from sklearn_nn.scenarios._compatibility import find_conflict
    >>> find_conflict([("model", MultinomialNB())], "texts")
    'MultinomialNB takes vectors, but gets texts: no vectorizer before it'
    """
    rows: Rows | None = Rows(kind)
    kept = [step for _, step in steps if not is_left_out(step)]
    for place, step in enumerate(kept):
        if rows is None:
            return None
        reason = _refusal(step, rows)
        if reason is not None:
            return f"{_name(step)} {reason}"
        if place < len(kept) - 1:
            rows = _after(step, rows)
    return None


def _refusal(step: Any, rows: Rows) -> str | None:
    wanted = _wanted(step)
    if wanted == "anything":
        return None
    if wanted != rows.kind:
        because = _WHY.get((wanted, rows.kind), "")
        return f"takes {wanted}, but gets {rows.kind}{because}"
    tags = get_tags(step).input_tags
    if rows.sparse and not tags.sparse:
        return "takes no sparse matrix, but gets that of the vectorizer"
    if rows.negative and tags.positive_only:
        return "takes no negative numbers, but gets those of the reduction"
    return _untunable(step)


_WHY = {
    ("texts", "columns"): ": no TextMerger before it",
    ("vectors", "columns"): ": no vectorizer before it",
    ("vectors", "texts"): ": no vectorizer before it",
    ("vectors", "token ids"): ", which are names of words and no quantities",
}


def _wanted(step: Any) -> str:
    tags = get_tags(step).input_tags
    if not _is_open(step):
        return "anything"
    if isinstance(step, TextMerger):
        return "columns"
    if isinstance(step, LanguageFilter) and step.text_column is not None:
        return "columns"
    if hasattr(step, "fit_resample") and tags.string and tags.two_d_array:
        return "anything"
    if tags.string:
        return "texts"
    return "token ids" if _reads_ids(step) else "vectors"


def _is_open(step: Any) -> bool:
    """Say whether the tags of a step tell what it takes.

    Classes of other people often have tags that nobody has thought of, and a step made
    of other steps has not theirs.
    """
    if type(step).__module__.partition(".")[0] not in ALLOWED_PACKAGES:
        return False
    if isinstance(step, DelegatingClassifier):
        return _is_open(step.estimator)
    made_of_others = {"estimator", "estimators", "steps", "transformers"}
    made_of_others |= {"transformer_list", "base_estimator"}
    params = step.get_params(deep=False)
    return not (get_tags(step).no_validation or made_of_others & params.keys())


def _reads_ids(step: Any) -> bool:
    # Networks are imported by those who use them only: torch is slow to import.
    if isinstance(step, DelegatingClassifier):
        return _reads_ids(step.estimator)
    return any(base.__name__ == "TokenIdsEstimator" for base in type(step).__mro__)


def _untunable(step: Any) -> str | None:
    if not isinstance(step, TunedClassifier):
        return None
    if step.search == "off" or step.space is not None or step.estimator is None:
        return None
    try:
        default_space(step.estimator)
    except ValueError:
        return f"has no space to search in for search={step.search!r}"
    return None


def _after(step: Any, rows: Rows) -> Rows | None:
    """Say what a step makes of the rows; None where that is not known."""
    if not _is_open(step):
        return None
    if hasattr(step, "fit_resample"):
        return rows
    if isinstance(step, TextMerger | TextTransformer):
        return Rows("texts")
    if isinstance(step, SequenceVectorizer):
        return Rows("token ids")
    if isinstance(step, HashingVectorizer):
        return Rows("vectors", sparse=True, negative=step.alternate_sign)
    if isinstance(step, CountVectorizer):
        return Rows("vectors", sparse=True)
    if isinstance(step, TruncatedSVD | PCA):
        return Rows("vectors", negative=True)
    return None


def _name(step: Any) -> str:
    if isinstance(step, DelegatingClassifier):
        return _name(step.estimator)
    return type(step).__name__
