"""Training rows of some languages only."""

import re
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from sklearn.utils import _safe_indexing

from sklearn_nn._checks import stack_level
from sklearn_nn._declaration import Probability, estimator
from sklearn_nn._texts import check_texts
from sklearn_nn.preprocessing import _language, detect_language
from sklearn_nn.preprocessing._codes import normalise
from sklearn_nn.sampling._rows import RowSampler

UNDETERMINED = "und"


def _known_codes(detector: str) -> set[str]:
    """Return the codes that a detector may answer with, but for "und"."""
    if detector == "fasttext":
        # A threshold below zero keeps the least likely labels, too.
        answers = _language._fasttext().detect("a", k=1000, threshold=-1.0)
        labels = [answer["lang"] for answer in answers]
    elif detector == "langid":
        labels = _language._langid().labels
    else:
        labels = _language._langdetect().get_lang_list()
    return {normalise(label) for label in labels} - {UNDETERMINED}


def _nearest(code: str, known: set[str]) -> list[str]:
    """Return up to three codes that share the most letters with a code."""

    def distance(other: str) -> tuple[int, bool]:
        return -len({*code} & {*other}), code[0] != other[0]

    least = min(map(distance, known))
    return sorted(other for other in known if distance(other) == least)[:3]


@estimator
class LanguageFilter(RowSampler):
    """Train on the rows of some languages only.

    Rows to predict are left alone, so that every one gets an answer.

    Parameters
    ----------
    languages : str or sequence of str, default="majority"
        The languages to train on, as codes that the detector knows (ISO 639-1, as a
        rule; "nb" and "nn" are taken as "no", and so on, as
        :func:`~sklearn_nn.preprocessing.detect_language` has it):

        - one code, such as "fr";
        - several, as "fr+en" or ``["fr", "en"]``;
        - "majority": those that at least `min_share` of the rows are in, and in any
          case the most frequent;
        - "all": no row is left out, nor is any language detected.
    min_share : float, default=0.1
        For ``languages="majority"``: the least share of a language, from 0 to 1, among
        the rows whose language could be told.
    keep_undetermined : bool, default=True
        Whether to train on texts whose language cannot be told, such as empty ones and
        numbers: they are not in another language.
    detector : {"fasttext", "langid", "langdetect"}, default="fasttext"
        Who detects, see :func:`~sklearn_nn.preprocessing.detect_language`.
    text_column : str, int or None, default=None
        The column of a data frame that holds the text (its name, or its place). `None`
        is for `X` that is one text per row.

    Attributes
    ----------
    languages_ : list of str
        The languages trained on, the most frequent first.
    language_counts_ : dict of str to int
        Rows per language before the filter, the most frequent first; "und" are those
        whose language could not be told. Empty for ``languages="all"``.

    Raises
    ------
    ValueError
        If the detector does not know one of `languages`, or no row is in any of them.

    Warns
    -----
    UserWarning
        If a class has no row left.

    See Also
    --------
    sklearn_nn.preprocessing.LanguageDetector : The languages themselves.

    Examples
    --------
    >>> from sklearn_nn.sampling import LanguageFilter
    >>> texts = ["une chaise pliante en bois", "a folding chair", "12.50"]
    >>> y = ["chair", "chair", "price"]
    >>> LanguageFilter(languages="fr").fit_resample(texts, y)[0]
    ['une chaise pliante en bois', '12.50']
    """

    languages: str | Sequence = "majority"
    min_share: Probability = 0.1
    keep_undetermined: bool = True
    detector: Literal["fasttext", "langid", "langdetect"] = "fasttext"
    text_column: str | int | None = None

    def _check_rows(self, X: Any, y: Any) -> tuple[Any, np.ndarray]:
        self._check_known(self._codes())
        self._texts(X)
        return super()._check_rows(X, y)

    def _codes(self) -> list[str]:
        """Return the codes asked for; none for "majority" and "all"."""
        if self.languages in ("majority", "all"):
            return []
        given = self.languages
        codes = given.split("+") if isinstance(given, str) else list(given)
        codes = [normalise(code) if isinstance(code, str) else code for code in codes]
        for code in codes:
            if not isinstance(code, str) or not re.fullmatch("[a-z]{2,3}", code):
                raise ValueError(
                    f"The 'languages' parameter of {type(self).__name__} must be "
                    "'majority', 'all' or ISO 639-1 codes such as 'fr', 'fr+en' or "
                    f"['fr', 'en']. Got {self.languages!r} instead."
                )
        if not codes:
            raise ValueError(
                f"The 'languages' parameter of {type(self).__name__} is empty. Set "
                "languages='all' to train on every row."
            )
        return codes

    def _check_known(self, codes: list[str]) -> None:
        if not codes:
            return
        known = _known_codes(self.detector)
        for code in codes:
            if code not in known:
                near = " or ".join(map(repr, _nearest(code, known)))
                raise ValueError(
                    f"The 'languages' parameter of {type(self).__name__} holds "
                    f"{code!r}, which detector={self.detector!r} does not know. "
                    f"{f'Near it are {near}. ' if near else ''}"
                    f"There are: {', '.join(sorted(known))}."
                )

    def _texts(self, X: Any) -> list[str]:
        name = type(self).__name__
        if self.text_column is None:
            if hasattr(X, "columns"):
                raise ValueError(
                    f"{name} got a data frame. Name the column that holds the text: "
                    f"text_column is None, the columns are {list(X.columns)}."
                )
            return check_texts(X, caller=name)
        if len(getattr(X, "shape", ())) != 2:
            raise ValueError(
                f"{name} has text_column={self.text_column!r}, but X has no columns. "
                "Set text_column=None."
            )
        columns = list(getattr(X, "columns", range(X.shape[1])))
        known = range(len(columns)) if isinstance(self.text_column, int) else columns
        if self.text_column not in known:
            raise ValueError(
                f"{name} has text_column={self.text_column!r}, but the columns of X "
                f"are {columns}."
            )
        return check_texts(_safe_indexing(X, self.text_column, axis=1), caller=name)

    def _select(self, X: Any, labels: np.ndarray) -> np.ndarray:
        if self.languages == "all":
            self.languages_, self.language_counts_ = [], {}
            return np.arange(len(labels))
        detected = detect_language(self._texts(X), algorithm=self.detector)
        counts = Counter(detected.tolist())
        self.language_counts_ = dict(counts.most_common())
        self.languages_ = self._choose(counts)
        wanted = {*self.languages_, UNDETERMINED}
        if not self.keep_undetermined:
            wanted.discard(UNDETERMINED)
        rows = np.flatnonzero(np.isin(detected, list(wanted)))
        self._check_what_is_left(rows, labels)
        return rows

    def _choose(self, counts: Counter) -> list[str]:
        told = {code: n for code, n in counts.most_common() if code != UNDETERMINED}
        if self.languages != "majority":
            codes = self._codes()
            return [code for code in told if code in codes]
        smallest = self.min_share * sum(told.values())
        frequent = [code for code, n in told.items() if n >= smallest]
        return frequent or list(told)[:1]

    def _check_what_is_left(self, rows: np.ndarray, labels: np.ndarray) -> None:
        name = type(self).__name__
        if not len(rows) or (self.languages != "majority" and not self.languages_):
            raise ValueError(
                f"{name} with languages={self.languages!r} leaves no row to train on "
                "whose language could be told. Rows per language: "
                f"{self.language_counts_}. Choose among these, or set "
                "languages='all'."
            )
        lost = np.setdiff1d(labels, labels[rows]).tolist()
        if lost:
            warnings.warn(
                f"{name} with languages={self.languages!r} leaves no row of the "
                f"class(es) {lost}: a model trained on the rest will never predict "
                "them.",
                UserWarning,
                stacklevel=stack_level(),
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.sparse = False
        tags.input_tags.allow_nan = False
        return tags
