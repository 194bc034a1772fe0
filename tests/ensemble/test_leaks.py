"""What combines the bases never learns from rows that they were fitted on."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from tests.ensemble.fusion_cases import NUMBERS, fusion, make_rows

# Labels that have nothing to do with the rows: who is better than chance has cheated.
N = 600
X, _ = make_rows(N)
NEW, _ = make_rows(N, seed=1)
SEEN, _ = make_rows(N, seed=2)
RNG = np.random.default_rng(0)
Y, TRUE, Y_SEEN = (RNG.permutation(np.arange(N) % 2) for _ in range(3))
CHANCE = 0.5
# Three standard deviations of the share of hits among N.
MARGIN = 3 * np.sqrt(0.25 / N)

TREE = DecisionTreeClassifier(random_state=0)
COLUMNS = [("tree", NUMBERS), ("forest", ["width"])]


def greedy():
    """Bases that know by heart what they were fitted on."""
    forest = RandomForestClassifier(20, random_state=0)
    return [("tree", TREE, NUMBERS), ("forest", forest, ["width"])]


def prefit():
    return [
        (name, FrozenEstimator(clone(base).fit(SEEN[columns], Y_SEEN)), columns)
        for name, base, columns in greedy()
    ]


CHOICES = {
    "int": 5,
    "stratified": StratifiedKFold(4, shuffle=True, random_state=1),
    "plain": KFold(3, shuffle=True, random_state=1),
    "iterable": list(KFold(2).split(X)),
    "prefit": "prefit",
}


@pytest.mark.parametrize("booster", [None, TREE], ids=["plain", "booster"])
@pytest.mark.parametrize("cv", CHOICES.values(), ids=CHOICES)
def test_shuffled_labels_give_chance(cv, booster):
    finals = [("line", LogisticRegression()), ("deep", TREE)]
    estimators = prefit() if isinstance(cv, str) else greedy()
    model = fusion(
        estimators=estimators, cv=cv, booster=booster, final_estimators=finals
    )
    model.fit(X, Y)
    for scores in model.modality_scores_.values():
        assert abs(scores["accuracy"] - CHANCE) < MARGIN
        # Nothing is known, and the temperature says so.
        assert scores["log_loss"] == pytest.approx(np.log(2), abs=0.01)
    assert abs(model.score(NEW, TRUE) - CHANCE) < MARGIN
    assert np.abs(list(model.ablation_.values())).max() < 0.01
    line = model.final_estimators_[0]
    said = line.predict(
        np.hstack(
            [model.transform(NEW)]
            + ([] if booster is None else [booster_softmax(model)])
        )
    )
    assert abs(np.mean(said == TRUE) - CHANCE) < MARGIN


def booster_softmax(model):
    return model.booster_.predict_proba(model.transform(NEW))


@pytest.mark.parametrize("cv", CHOICES.values(), ids=CHOICES)
def test_out_of_fold_logits_of_shuffled_labels_are_at_chance(cv):
    estimators = prefit() if isinstance(cv, str) else greedy()
    stack = fusion(estimators=estimators, cv=cv).fit_transform(X, Y)
    for base in stack.reshape(N, 2, 2).swapaxes(0, 1):
        assert abs(np.mean(base.argmax(axis=1) == Y) - CHANCE) < MARGIN


def test_the_wrong_way_is_far_above_chance_on_the_rows_that_it_saw():
    fitted = [clone(base).fit(X[columns], Y) for _, base, columns in greedy()]
    logits = np.hstack(
        [
            np.log(np.maximum(base.predict_proba(X[columns]), 1e-6))
            for base, (_, columns) in zip(fitted, COLUMNS)
        ]
    )
    wrong = LogisticRegression().fit(logits, Y)
    assert wrong.score(logits, Y) > 0.95
    # The very same bases, told apart from rows that they have not seen.
    right = fusion(estimators=greedy()).fit(X, Y)
    assert wrong.predict_proba(logits).max(axis=1).mean() > 0.95
    assert right.predict_proba(NEW).max(axis=1).mean() < 0.6


def test_prefit_on_rows_that_the_bases_saw_is_found_out():
    model = fusion(estimators=prefit(), cv="prefit")
    with pytest.raises(ValueError, match=f"{N} of the {N} rows of X are among X_seen"):
        model.fit(SEEN, Y_SEEN, X_seen=SEEN)
    # Not told, it believes what it sees: this is what X_seen is for.
    assert model.fit(SEEN, Y_SEEN).modality_scores_["tree"]["accuracy"] > 0.95
    assert abs(model.score(NEW, TRUE) - CHANCE) < MARGIN
