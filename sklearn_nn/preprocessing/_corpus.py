"""What is in a corpus: classes, lengths, gaps, languages, duplicates, words."""

from collections import Counter
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils._param_validation import Interval, validate_params

from .._checks import check_labels
from .._frames import pandas
from ._corpus_rows import CALLER, languages_of, read_rows

TOTAL = "total"
# Languages that the picture tells apart, and those that the table names.
DRAWN, TOLD = 5, 3


@dataclass(frozen=True, kw_only=True, eq=False)
class CorpusDescription:
    """A corpus class by class, as :func:`describe_corpus` returns it.

    Arrays have an entry for each class, in the order of `classes`, and a last one for
    all rows together. Shares are between 0 and 1.

    Attributes
    ----------
    classes : list
        The labels, sorted; empty without labels.
    columns : list
        Names of the columns of text; empty for an array.
    n_rows : ndarray of int of shape (n_classes + 1,)
        Rows.
    share : ndarray of float of shape (n_classes + 1,)
        Their share of all rows.
    characters : ndarray of float of shape (n_classes + 1, 2)
        Median and 95 % quantile of the characters of a text; NaN where there is none.
    words : ndarray of float of shape (n_classes + 1, 2)
        The same of its words, as white space parts them.
    missing : ndarray of float of shape (n_classes + 1,)
        Share of the rows without a text: None, NaN, empty or blank, in all columns.
    missing_by_column : dict of name to ndarray of float of shape (n_classes + 1,)
        The same of each column.
    duplicates : ndarray of float of shape (n_classes + 1,)
        Share of the rows whose text an earlier row has, of the same class (or of any,
        in the last entry).
    languages : list of dict of str to float, or None
        For each class, and for all: code of a language -> its share of the rows with
        a text, the largest first. None if not asked for.
    typical_words : list of list of tuple (str, float)
        For each class, the words most typical of it and their z-scores; last, the most
        frequent words of all rows and their counts.

    Examples
    --------
    >>> from sklearn_nn.preprocessing import describe_corpus
    >>> texts = ["a table of oak", "an oak chair", "a red car", "a red car", None]
    >>> y = ["home", "home", "car", "car", "car"]
    >>> description = describe_corpus(texts, y)
    >>> description.classes, description.n_rows
    (['car', 'home'], array([3, 2, 5]))
    >>> description.missing.round(2)  # of cars, of homes, of all rows
    array([0.33, 0.  , 0.2 ])
    >>> description.duplicates.round(2)
    array([0.33, 0.  , 0.2 ])
    """

    classes: list[Any]
    columns: list[Any]
    n_rows: np.ndarray
    share: np.ndarray
    characters: np.ndarray
    words: np.ndarray
    missing: np.ndarray
    missing_by_column: dict[Any, np.ndarray]
    duplicates: np.ndarray
    languages: list[dict[str, float]] | None
    typical_words: list[list[tuple[str, float]]]

    def to_frame(self) -> Any:
        """Return the description as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            A row a class and a last one, "total" ("total of all" beside a class of
            that name); shares in per cent.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        pd = pandas()
        columns: dict[str, Any] = {
            "n_rows": self.n_rows,
            "percent_of_rows": 100 * self.share,
            "median_characters": self.characters[:, 0],
            "q95_characters": self.characters[:, 1],
            "median_words": self.words[:, 0],
            "q95_words": self.words[:, 1],
            "percent_missing": 100 * self.missing,
        }
        if len(self.columns) > 1:
            for name, share in self.missing_by_column.items():
                columns[f"percent_missing_{name}"] = 100 * share
        columns["percent_duplicates"] = 100 * self.duplicates
        if self.languages is not None:
            columns["languages"] = [_told(shares) for shares in self.languages]
        columns["typical_words"] = [
            ", ".join(word for word, _ in words) for words in self.typical_words
        ]
        total = TOTAL
        while total in self.classes:
            total += " of all"
        index = pd.Index([*self.classes, total], name="class", dtype=object)
        return pd.DataFrame(columns, index=index)

    def plot(self, ax: Any = None, *, max_classes: int = 30) -> np.ndarray:
        """Draw four panels: class balance, lengths, gaps and typical words.

        Parameters
        ----------
        ax : array-like of four matplotlib.axes.Axes, or one, default=None
            Where to draw; one axes is divided in four. None makes a new figure.
        max_classes : int, default=30
            Only the largest so many classes are drawn.

        Returns
        -------
        ndarray of matplotlib.axes.Axes of shape (2, 2)
            The panels.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If a parameter is unusable.
        """
        from ._corpus_picture import draw_corpus

        if not isinstance(max_classes, Integral) or max_classes < 1:
            raise ValueError(
                f"max_classes must be an int of one or more. Got {max_classes!r}."
            )
        return draw_corpus(self, ax, int(max_classes), TOTAL, DRAWN)


@validate_params(
    {
        "n_words": [Interval(Integral, 1, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def describe_corpus(
    X: Any,
    y: Any = None,
    *,
    text: Any = None,
    target: Any = None,
    languages: Any = False,
    n_words: int = 10,
    stop_words: Any = None,
) -> CorpusDescription:
    """Describe texts, class by class, before anything is fitted.

    The words most typical of a class are those with the highest log-odds in it against
    all other classes, over its standard error, with the frequencies of the whole corpus
    as an informative Dirichlet prior [1]_: neither words that are frequent everywhere
    nor words that occurred once come first.

    Parameters
    ----------
    X : pandas or polars DataFrame, or array-like of str of shape (n_samples,)
        The texts. Here they may be missing (None or NaN).
    y : array-like of shape (n_samples,), default=None
        Labels. None describes the corpus as a whole.
    text : name or list of names, default=None
        Columns of the frame that hold text; several are joined by a space. None takes
        all that hold strings, and those of strings or objects without any value, but
        for the labels (`target`, or a column that equals `y`).
    target : name, default=None
        Column of the frame that holds the labels, instead of `y`. Names are those of
        the frame, as a rule strings.
    languages : bool, str or array-like of str of shape (n_samples,), default=False
        Whether to detect the language of every text by :func:`detect_language`, which
        takes longer than all the rest; or the languages themselves, or the column of
        the frame that holds them; a missing one counts as "und".
    n_words : int, default=10
        Typical words to keep of each class.
    stop_words : {"english"} or list of str, default=None
        Words to leave out of the typical ones.

    Returns
    -------
    description : CorpusDescription
        With ``to_frame()`` and ``plot()``.

    Raises
    ------
    ValueError
        If there are no rows, a column is not there, a label is missing, or lengths
        differ.
    TypeError
        If `X` is of another type, or a row is neither a string nor missing.
    ImportError
        If `languages` is True and the package that detects them is not installed.

    See Also
    --------
    detect_language : The languages alone.
    TextMerger : Joins columns of text in a pipeline.

    References
    ----------
    .. [1] B. L. Monroe, M. P. Colaresi, K. M. Quinn, "Fightin' Words: Lexical Feature
       Selection and Evaluation for Identifying the Content of Political Conflict",
       Political Analysis 16(4), 372-403, 2008.

    Examples
    --------
    >>> from sklearn_nn.preprocessing import describe_corpus
    >>> texts = ["a table of oak", "an oak chair", "a red car", "a fast car", None]
    >>> y = ["home", "home", "car", "car", "car"]
    >>> description = describe_corpus(texts, y, n_words=1)
    >>> frame = description.to_frame()
    >>> frame[["n_rows", "percent_missing", "typical_words"]].round(1)
           n_rows  percent_missing typical_words
    class
    car         3             33.3           car
    home        2              0.0           oak
    total       5             20.0           car
    """
    rows = read_rows(X, y, text, target, languages)
    labels = np.zeros(len(rows.texts), dtype=int)
    classes: list[Any] = []
    if rows.labels is not None:
        found, labels = check_labels(rows.labels, CALLER)
        classes = found.tolist()
    groups = [np.flatnonzero(labels == code) for code in range(len(classes))]
    groups.append(np.arange(len(labels)))
    there = np.array([text is not None for text in rows.texts])
    sizes = {
        "characters": np.array([len(text or "") for text in rows.texts]),
        "words": np.array([len((text or "").split()) for text in rows.texts]),
    }
    n_rows = np.array([len(group) for group in groups])
    return CorpusDescription(
        classes=classes,
        columns=list(rows.gaps),
        n_rows=n_rows,
        share=n_rows / len(labels),
        missing=np.array([1 - there[group].mean() for group in groups]),
        missing_by_column={
            name: np.array([gap[group].mean() for group in groups])
            for name, gap in rows.gaps.items()
        },
        duplicates=_duplicates(rows.texts, groups),
        languages=_languages(rows, languages, there, groups),
        typical_words=_typical_words(
            rows.texts, there, labels, len(classes), n_words, stop_words
        ),
        **{
            name: np.array([_quantiles(size[g][there[g]]) for g in groups])
            for name, size in sizes.items()
        },
    )


def _quantiles(sizes: np.ndarray) -> np.ndarray:
    return np.quantile(sizes, [0.5, 0.95]) if len(sizes) else np.full(2, np.nan)


def _duplicates(texts: list[str | None], groups: list[np.ndarray]) -> np.ndarray:
    numbers: dict[str, int] = {}
    code = np.array(
        [
            -1 if text is None else numbers.setdefault(text, len(numbers))
            for text in texts
        ]
    )
    repeated = []
    for group in groups:
        known = code[group][code[group] >= 0]
        repeated.append(len(known) - len(np.unique(known)))
    return np.array(repeated) / [len(group) for group in groups]


def _languages(
    rows: Any, languages: Any, there: np.ndarray, groups: list[np.ndarray]
) -> list[dict[str, float]] | None:
    codes = languages_of(rows, languages, there)
    if codes is None:
        return None
    found = []
    for group in groups:
        of_group = codes[group[there[group]]].tolist()
        counts = Counter(of_group).most_common()
        found.append({str(code): n / len(of_group) for code, n in counts})
    return found


def _told(shares: dict[str, float]) -> str:
    return ", ".join(
        f"{code} {100 * share:.0f} %" for code, share in list(shares.items())[:TOLD]
    )


def _typical_words(
    texts: list[str | None],
    there: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    n_words: int,
    stop_words: Any,
) -> list[list[tuple[str, float]]]:
    vectorizer = CountVectorizer(stop_words=stop_words)
    analyse = vectorizer.build_analyzer()
    known = [text for text in texts if text is not None]
    # A corpus without a single word, such as one of numbers or punctuation, is legal.
    if not any(map(analyse, known)):
        return [[] for _ in range(n_classes + 1)]
    counts = vectorizer.fit_transform(known)
    names = vectorizer.get_feature_names_out()
    total = np.asarray(counts.sum(axis=0)).ravel().astype(np.float64)
    found = []
    if n_classes:
        rows = np.arange(len(known))
        ones = np.ones(len(known))
        of_class = sp.csr_array(
            (ones, (labels[there], rows)), shape=(n_classes, len(known))
        )
        by_class = (of_class @ sp.csr_array(counts)).tocsr()
        for code in range(n_classes):
            scores = _log_odds(by_class[[code]].toarray().ravel(), total, n_classes)
            found.append(_highest(scores, names, n_words))
    return [*found, _highest(total, names, n_words)]


def _log_odds(own: np.ndarray, total: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the z-scores of the log-odds of words in a class against all others.

    The prior holds as many words as a class has on average.
    """
    prior = total / n_classes
    inside, outside = own + prior, total - own + prior
    odds = np.log(inside / (inside.sum() - inside).clip(1e-12)) - np.log(
        outside / (outside.sum() - outside).clip(1e-12)
    )
    return odds / np.sqrt(1 / inside + 1 / outside)


def _highest(
    scores: np.ndarray, names: np.ndarray, n_words: int
) -> list[tuple[str, float]]:
    """Return the words with the highest scores above zero, equal ones by name."""
    order = np.argsort(-scores, kind="stable")[:n_words]
    return [(str(names[i]), float(scores[i])) for i in order if scores[i] > 0]
