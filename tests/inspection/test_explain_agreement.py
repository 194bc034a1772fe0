"""explanation_agreement: do two explanations name the same words."""

import sys

import numpy as np
import pytest
from scipy.stats import spearmanr

from sklearn_nn.inspection import (
    Explanations,
    TextExplanation,
    explain_text,
    explanation_agreement,
)
from sklearn_nn.inspection._words import words_of
from tests.inspection.explanation_cases import ODD, TEXTS, text_model


def explanation(text, weights, target="a", given=None):
    spans = words_of(text)
    return TextExplanation(
        given=given,
        text=text,
        words=tuple(text[start:end] for start, end in spans),
        starts=spans[:, 0],
        ends=spans[:, 1],
        weights=np.array(weights, dtype=float),
        target=target,
        probability=0.5,
        method="by hand",
        classes=np.array(["a", "b"]),
    )


def agreement(one, other, **options):
    return explanation_agreement([one], [other], **options)


def test_equal_explanations_agree():
    one = explanation("a b c d", [0.4, -0.3, 0.2, 0.1])
    found = agreement(one, one, k=2)
    assert (found.overlap[0], found.correlation[0]) == (1, pytest.approx(1))
    assert found.n_common[0] == 4
    assert found.same_target[0]


def test_overlap_and_correlation():
    one = explanation("a b c d", [0.4, -0.3, 0.2, 0.1])
    other = explanation("a b c d", [0.4, 0.1, 0.2, -0.3], target="b")
    found = agreement(one, other, k=2)
    # {a, b} and {a, d}.
    assert found.overlap[0] == pytest.approx(1 / 3)
    expected = spearmanr(one.weights, other.weights).statistic
    assert found.correlation[0] == pytest.approx(expected)
    assert not found.same_target[0]
    assert agreement(one, other, k=4).overlap[0] == 1


def test_occurrences_are_summed_whatever_their_case():
    one = explanation("Tea tea milk", [0.2, 0.2, 0.3])
    # Steps of a pipeline may change the text.
    other = explanation("milk TEA", [0.1, 0.5], given="Tea tea milk")
    found = agreement(one, other, k=1)
    assert found.overlap[0] == 1
    assert found.n_common[0] == 2
    assert found.correlation[0] == pytest.approx(1)


def test_words_that_weigh_nothing_are_not_first():
    one, other = explanation("a b c", [0.5, 0, 0]), explanation("a b c", [0, 0, 0.5])
    assert agreement(one, other, k=3).overlap[0] == 0


@pytest.mark.parametrize(
    "text, weights", [("", []), ("a", [1.0]), ("a b", [0.5, 0.5])], ids=len
)
def test_too_little_to_correlate(text, weights):
    one = explanation(text, weights)
    found = agreement(one, one)
    assert np.isnan(found.correlation[0])
    assert np.isnan(found.overlap[0]) == (text == "")


def test_two_models_on_the_same_texts():
    first = explain_text(
        text_model("linear"), TEXTS, method="occlusion", target="drinks"
    )
    second = explain_text(text_model("MLP"), TEXTS, method="occlusion", target="drinks")
    frame = explanation_agreement(first, second, k=2).to_frame()
    columns = ["overlap", "correlation", "n_common", "same_target"]
    assert frame.columns.tolist() == columns
    assert len(frame) == len(TEXTS)
    assert frame["same_target"].all()
    assert frame["correlation"].mean() > 0.6


def test_wrong_arguments():
    one = explanation("a b", [1, 2])
    with pytest.raises(ValueError, match="first holds 2 explanations and second 1"):
        explanation_agreement([one, one], [one])
    with pytest.raises(ValueError, match="no explanations to compare"):
        explanation_agreement([], [])
    with pytest.raises(TypeError, match="Row 0 is no TextExplanation but .* str"):
        explanation_agreement(ODD[:1], [one])
    with pytest.raises(TypeError, match=r"second is a single .* sequence: \[second\]"):
        explanation_agreement([one], one)
    with pytest.raises(ValueError, match="Row 1 of first and second are of different"):
        explanation_agreement([one, one], [one, explanation("b a", [1, 2])])
    with pytest.raises(ValueError, match="'k' parameter of explanation_agreement"):
        agreement(one, one, k=0)


def test_a_frame_without_pandas(monkeypatch):
    one = explanation("a b", [1, 2])
    monkeypatch.setitem(sys.modules, "pandas", None)
    for table in (one, Explanations([one]), agreement(one, one)):
        with pytest.raises(ImportError, match="to_frame needs pandas: pip install pan"):
            table.to_frame()
