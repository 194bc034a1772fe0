"""Agreement of explanations: do they name the same words."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from scipy.stats import rankdata
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_nn._frames import pandas

from ._explanation import TextExplanation


@dataclass(frozen=True, kw_only=True, eq=False)
class ExplanationAgreement:
    """How alike two explanations of each text are, by :func:`explanation_agreement`.

    Attributes
    ----------
    overlap : ndarray of float of shape (n_texts,)
        Of the words among the first k of either explanation, the share that is among
        those of both (Jaccard). NaN where both have no words.
    correlation : ndarray of float of shape (n_texts,)
        Spearman's rank correlation of the weights of the words that both have. NaN
        with fewer than two, or where all weights of one are equal.
    n_common : ndarray of int of shape (n_texts,)
        The number of these words.
    same_target : ndarray of bool of shape (n_texts,)
        Whether both explain the same class.
    k : int
        How many words were compared by overlap.

    Examples
    --------
    Two models that learned from different words:

    >>> from sklearn_nn.inspection import explain_text, explanation_agreement
    >>> from sklearn_nn.svm import TfidfLinearSVC
    >>> y = ["cars", "cars", "drinks", "drinks"]
    >>> first = TfidfLinearSVC().fit(["red car", "car", "green tea", "tea"], y)
    >>> second = TfidfLinearSVC().fit(["red", "red car", "green", "green tea"], y)
    >>> texts = ["red car", "tea"]
    >>> agreement = explanation_agreement(
    ...     explain_text(first, texts, method="occlusion"),
    ...     explain_text(second, texts, method="occlusion"),
    ...     k=1,
    ... )
    >>> agreement.overlap, agreement.same_target
    (array([0., 1.]), array([ True,  True]))
    """

    overlap: np.ndarray
    correlation: np.ndarray
    n_common: np.ndarray
    same_target: np.ndarray
    k: int

    def to_frame(self) -> Any:
        """Return a row a text.

        Returns
        -------
        pandas.DataFrame
            The columns ``overlap``, ``correlation``, ``n_common`` and ``same_target``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return pandas().DataFrame(
            {
                "overlap": self.overlap,
                "correlation": self.correlation,
                "n_common": self.n_common,
                "same_target": self.same_target,
            }
        )


@validate_params(
    {"k": [Interval(Integral, 1, None, closed="left")]},
    prefer_skip_nested_validation=False,
)
def explanation_agreement(
    first: Sequence[TextExplanation],
    second: Sequence[TextExplanation],
    *,
    k: int = 10,
) -> ExplanationAgreement:
    """Compare explanations of the same texts by two models, or by two methods.

    Words are compared in lower case, with the weights of all their occurrences summed.

    Parameters
    ----------
    first, second : sequence of TextExplanation
        As :func:`explain_text` returns them, of the same texts in the same order. Give
        it a `target` to compare what two models say of the same class.
    k : int, default=10
        How many of the words with the largest absolute weights to compare. Among equal
        weights the word that comes first in the text counts; words of weight zero are
        left out.

    Returns
    -------
    agreement : ExplanationAgreement
        An overlap and a rank correlation for each text, and ``to_frame()``.

    Raises
    ------
    ValueError
        If there are none, not as many of both, or two are of different texts.
    TypeError
        If one is no explanation of a text, or a single one is given.

    References
    ----------
    .. [1] S. Krishna et al., "The Disagreement Problem in Explainable Machine
       Learning: A Practitioner's Perspective", TMLR, 2024.

    Examples
    --------
    >>> from sklearn_nn.inspection import explain_text, explanation_agreement
    >>> from sklearn_nn.svm import TfidfLinearSVC
    >>> texts = ["a red car", "a car, an engine", "green tea", "tea with milk"]
    >>> model = TfidfLinearSVC().fit(texts, ["cars", "cars", "drinks", "drinks"])
    >>> lime = explain_text(model, texts, random_state=0)
    >>> occlusion = explain_text(model, texts, method="occlusion")
    >>> explanation_agreement(lime, occlusion, k=1).overlap
    array([1., 1., 1., 1.])
    """
    for name, given in (("first", first), ("second", second)):
        if isinstance(given, TextExplanation):
            raise TypeError(
                f"{name} is a single TextExplanation. Give a sequence: [{name}]."
            )
    if len(first) != len(second):
        raise ValueError(
            f"first holds {len(first)} explanations and second {len(second)}. Explain "
            "the same texts."
        )
    if not len(first):
        raise ValueError("There are no explanations to compare.")
    rows = []
    for row, (one, other) in enumerate(zip(first, second, strict=True)):
        for explanation in (one, other):
            if not isinstance(explanation, TextExplanation):
                raise TypeError(
                    f"Row {row} is no TextExplanation but of type "
                    f"{type(explanation).__name__}. Pass what explain_text returns."
                )
        if _given(one) != _given(other):
            raise ValueError(
                f"Row {row} of first and second are of different texts. Explain the "
                "same texts, in the same order."
            )
        rows.append(_compared(one, other, k))
    overlap, correlation, n_common, same = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    return ExplanationAgreement(
        overlap=overlap,
        correlation=correlation,
        n_common=n_common,
        same_target=same,
        k=k,
    )


def _given(explanation: TextExplanation) -> str:
    """Return the text before steps of a pipeline, which may differ."""
    return explanation.text if explanation.given is None else explanation.given


def _compared(
    one: TextExplanation, other: TextExplanation, k: int
) -> tuple[float, float, int, bool]:
    weights = _by_word(one), _by_word(other)
    tops = [_top(found, k) for found in weights]
    either = tops[0] | tops[1]
    overlap = len(tops[0] & tops[1]) / len(either) if either else np.nan
    common = [word for word in weights[0] if word in weights[1]]
    ranks = [rankdata([found[word] for word in common]) for found in weights]
    correlation = np.nan
    if len(common) > 1 and all(np.ptp(of) > 0 for of in ranks):
        correlation = float(np.corrcoef(*ranks)[0, 1])
    return overlap, correlation, len(common), one.target == other.target


def _by_word(explanation: TextExplanation) -> dict[str, float]:
    weights: defaultdict[str, float] = defaultdict(float)
    for word, weight in zip(explanation.words, explanation.weights, strict=True):
        weights[word.lower()] += float(weight)
    return dict(weights)


def _top(weights: dict[str, float], k: int) -> set[str]:
    ranked = sorted(weights, key=lambda word: -abs(weights[word]))
    return {word for word in ranked[:k] if weights[word]}
