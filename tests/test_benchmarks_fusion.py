"""What the benchmark of late fusion puts together is what the class does at once."""

import numpy as np
import pytest

from benchmarks import _fusion_answers, fusion
from tests.ensemble import fusion_cases

X, Y = fusion_cases.make_rows()
NEW, _ = fusion_cases.make_rows(60, seed=1)
GROUPS = np.repeat(np.arange(50), 3)


@pytest.mark.parametrize("groups", [None, GROUPS], ids=["random", "grouped"])
def test_fusion_of_answers_is_the_fusion(groups):
    whole = fusion_cases.fusion().fit(X, Y, groups=groups)
    seen, new = {}, {}
    for name, base, columns in fusion_cases.bases():
        seen[name], new[name] = _fusion_answers.answers(
            base,
            X[columns].to_numpy(),
            Y,
            [NEW[columns].to_numpy()],
            groups=groups,
            random_state=0,
        )
    names = ("words", "sizes")
    parts = _fusion_answers.fused(names, seen, Y, groups=groups, random_state=0)
    np.testing.assert_allclose(
        parts.predict_proba(new), whole.predict_proba(NEW), atol=0.01
    )
    np.testing.assert_array_equal(parts.predict(new), whole.predict(NEW))


def test_interval_of_a_mean():
    differences = [0.01, 0.02, 0.03, 0.02, 0.02]
    # Student's t of four degrees of freedom, 2.776, times 0.00707 / sqrt(5).
    assert fusion.half_width(differences, 0) == pytest.approx(0.00878, rel=1e-3)
    # Folds share their training rows: the error is larger.
    assert fusion.half_width(differences, 1 / 4) == pytest.approx(
        0.00878 * np.sqrt(9 / 4), rel=1e-3
    )
