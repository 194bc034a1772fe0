import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
)

from sklearn_nn.model_selection import _bootstrap
from sklearn_nn.model_selection._comparison import compare_scenarios
from sklearn_nn.model_selection._summary import (
    METRICS,
    complete_runs,
    recomputable_metric,
    summarize_scenario,
)
from tests.scenarios.small_results import FAILS, made_up, small_results

SCORERS = {
    "accuracy": accuracy_score,
    "balanced_accuracy": balanced_accuracy_score,
    "f1_macro": lambda y, p: f1_score(y, p, average="macro"),
    "f1_weighted": lambda y, p: f1_score(y, p, average="weighted"),
}


def guesses(rng, y, accuracy, n_classes):
    right = rng.random(len(y)) < accuracy
    return np.where(right, y, rng.integers(n_classes, size=len(y)))


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.parametrize("metric", METRICS)
def test_draws_are_scored_as_scikit_learn_does(metric):
    # 13 classes on 40 rows: draws lack classes; rows are in several test parts.
    rng = np.random.default_rng(0)
    labels = rng.integers(13, size=40)
    rows = [rng.permutation(40)[:25] for _ in range(3)]
    y = [labels[part] for part in rows]
    predicted = {c: [guesses(rng, part, 0.5, 13) for part in y] for c in "abc"}
    results = made_up(predicted, y, rows, n_classes=13)
    drawn = _bootstrap.resample(
        results,
        list(complete_runs(results).values()),
        metric,
        50,
        np.random.RandomState(1),
    )
    seen = np.unique(np.concatenate(rows))
    draws = seen[np.random.RandomState(1).randint(len(seen), size=(len(seen), 50))]
    for place, code in enumerate("abc"):
        for draw in range(50):
            scores = []
            for split, part in enumerate(rows):
                times = [int((draws[:, draw] == row).sum()) for row in part]
                truth = np.repeat(y[split], times)
                guess = np.repeat(predicted[code][split], times)
                scores.append(SCORERS[metric](truth, guess))
            assert drawn[place, draw] == pytest.approx(np.mean(scores), abs=1e-6)


def test_intervals_are_those_of_plain_loops():
    results = small_results()
    runs = complete_runs(results)
    comparison = compare_scenarios(results, n_resamples=200, random_state=3)
    rng = np.random.RandomState(3)
    drawn = _bootstrap.resample(results, list(runs.values()), "f1_weighted", 200, rng)
    centred = drawn - drawn.mean(axis=1)[:, None]
    deviations = centred + rng.standard_normal(drawn.shape) / 600
    floor = np.median(deviations.std(axis=1)) / 8
    n = len(drawn)
    scale = np.array(
        [
            [max(floor, np.std(deviations[i] - deviations[j])) for j in range(n)]
            for i in range(n)
        ]
    )
    largest = [
        max(abs(d[i] - d[j]) / scale[i, j] for i in range(n) for j in range(i))
        for d in deviations.T
    ]
    # Ten of 201 draws, the rows themselves included, may be as large by chance.
    allowed = np.sort(largest)[-10]
    critical = allowed / np.sqrt(1 - allowed**2 / 600)
    best = comparison.scores.argmax()
    assert comparison.best == best and comparison.codes == list(runs)
    for i in range(n):
        gap = comparison.scores[i] - comparison.scores[best]
        margin = critical * scale[i, best] if i != best else 0
        assert comparison.differences[i] == gap
        np.testing.assert_allclose(
            comparison.difference_intervals[i], [gap - margin, gap + margin], atol=1e-5
        )
        null_scale = np.hypot(scale[i, best], gap / np.sqrt(600))
        reached = np.mean(np.array(largest) >= abs(gap) / null_scale)
        assert comparison.p_values[i] == pytest.approx(reached, abs=0.006)
        assert comparison.within_chance[i] == (abs(gap) <= margin)
        reach = np.quantile(np.abs(centred[i]), 0.95)
        np.testing.assert_allclose(
            comparison.intervals[i],
            [comparison.scores[i] - reach, comparison.scores[i] + reach],
        )
    assert 1 < comparison.within_chance.sum() < n


def test_effects_of_levers_are_mean_differences_of_twins():
    results = small_results()
    comparison = compare_scenarios(results, n_resamples=200, random_state=0)
    score = dict(zip(comparison.codes, comparison.scores))
    runs = complete_runs(results)
    seconds = {
        code: np.mean([run.fit_time + run.score_time for run in of])
        for code, of in runs.items()
    }
    found = iter(comparison.effects)
    for position, (lever, outcomes) in enumerate(results.levers.items()):
        baseline, *others = outcomes
        for character in others:
            pairs = [
                (code, code[:position] + baseline + code[position + 1 :])
                for code in score
                if code[position] == character
            ]
            pairs = [pair for pair in pairs if pair[1] in score]
            gaps = [score[new] - score[old] for new, old in pairs]
            effect = next(found)
            assert (effect.lever, effect.outcome) == (lever, outcomes[character])
            assert effect.baseline == outcomes[baseline]
            assert effect.n_pairs == len(pairs) > 0
            assert effect.effect == pytest.approx(np.mean(gaps))
            assert effect.spread == pytest.approx(np.std(gaps))
            assert (effect.smallest, effect.largest) == (min(gaps), max(gaps))
            assert effect.low < effect.effect < effect.high
            assert effect.beyond_chance == (effect.p_value <= 0.05)
            assert effect.time == pytest.approx(
                np.mean([seconds[new] - seconds[old] for new, old in pairs])
            )
            ratios = [seconds[new] / seconds[old] for new, old in pairs]
            assert effect.time_ratio == pytest.approx(
                np.prod(ratios) ** (1 / len(ratios))
            )
    assert next(found, None) is None
    svd = next(e for e in comparison.effects if e.outcome == "SVD")
    assert svd.beyond_chance and svd.effect < -0.1
    # Twenty-four of thirty-six cells have a twin; those without naive Bayes do not.
    assert svd.n_pairs == 12


def test_one_lever_at_a_time_has_one_pair_an_effect():
    rng = np.random.default_rng(0)
    y = [rng.integers(4, size=200)]
    levels = {"00": 0.6, "10": 0.8, "01": 0.6}
    predicted = {c: [guesses(rng, y[0], level, 4)] for c, level in levels.items()}
    effects = compare_scenarios(made_up(predicted, y), random_state=0).effects
    assert [(e.lever, e.n_pairs) for e in effects] == [("lever0", 1), ("lever1", 1)]
    assert effects[0].beyond_chance and not effects[1].beyond_chance


@pytest.mark.parametrize("metric", ["accuracy", "f1_macro"])
def test_intervals_cover_as_often_as_they_say(metric):
    rng = np.random.default_rng(0)
    levels, n_classes, n_rows, n_trials = {"a": 0.8, "b": 0.7}, 4, 400, 250

    def drawn(n_rows):
        y = rng.integers(n_classes, size=n_rows)
        hardness, wrong = rng.random(n_rows), rng.integers(n_classes, size=n_rows)
        hard = {c: 0.7 * hardness + 0.3 * rng.random(n_rows) for c in levels}
        return y, {c: np.where(hard[c] < levels[c], y, wrong) for c in levels}

    y, predicted = drawn(400_000)
    truth = {c: SCORERS[metric](y, predicted[c]) for c in levels}
    scores, differences = [], []
    for trial in range(n_trials):
        y, predicted = drawn(n_rows)
        results = made_up({c: [p] for c, p in predicted.items()}, [y])
        found = compare_scenarios(
            results, metric=metric, n_resamples=400, random_state=trial
        )
        low, high = found.intervals[0]
        scores.append(low <= truth["a"] <= high)
        assert found.best == 0
        low, high = found.difference_intervals[1]
        differences.append(low <= truth["b"] - truth["a"] <= high)
    assert 0.90 <= np.mean(scores) <= 0.99
    assert 0.90 <= np.mean(differences) <= 0.99


@pytest.mark.parametrize("shared", [0.0, 0.9])
def test_equal_scenarios_are_hardly_ever_called_different(shared):
    # The best of twelve equal ones is chosen by the same rows: without a correction
    # for that, nearly every trial would call some scenario worse.
    rng = np.random.default_rng(1)
    alarms = uncorrected = 0
    for trial in range(100):
        y = rng.integers(3, size=300)
        common = guesses(rng, y, 0.6, 3)
        predicted = {}
        for code in "abcdefghijkl":
            own = guesses(rng, y, 0.6, 3)
            predicted[code] = [np.where(rng.random(300) < shared, common, own)]
        found = compare_scenarios(
            made_up(predicted, [y]), n_resamples=300, random_state=trial
        )
        alarms += not found.within_chance.all()
        half_width = found.difference_intervals[:, 1] - found.differences
        uncorrected += (-found.differences > half_width * 1.96 / 3.4).any()
    assert alarms <= 10
    assert uncorrected >= 25


def test_a_real_gap_is_found_among_many_scenarios():
    rng = np.random.default_rng(2)
    y = [rng.integers(5, size=1500)]
    predicted = {c: [guesses(rng, y[0], 0.6, 5)] for c in "abcdefghij"}
    predicted["k"] = [guesses(rng, y[0], 0.75, 5)]
    found = compare_scenarios(made_up(predicted, y), random_state=0)
    assert found.codes[found.best] == "k"
    assert found.within_chance.tolist() == [False] * 10 + [True]
    assert (found.p_values[:-1] < 0.01).all() and found.p_values[-1] == 1


def test_twins_and_perfect_scores():
    y = [np.arange(60) % 3]
    worse = np.where(np.arange(60) < 30, 0, y[0])
    twins = compare_scenarios(made_up({"a": [worse], "b": [worse]}, y), random_state=0)
    assert twins.differences.tolist() == [0, 0] and twins.within_chance.all()
    assert (twins.p_values == 1).all() and not twins.effects[0].beyond_chance
    perfect = compare_scenarios(made_up({"a": y, "b": y}, y), random_state=0)
    # Wilson's interval of 60 right out of 60.
    np.testing.assert_allclose(perfect.intervals, [[0.9398, 1]] * 2, atol=1e-4)
    assert perfect.difference_intervals[1, 0] < 0 < perfect.difference_intervals[1, 1]
    assert perfect.within_chance.all() and perfect.effects[0].p_value == 1
    alone = compare_scenarios(made_up({"a": [worse]}, y), random_state=0)
    assert alone.within_chance.tolist() == [True] and alone.effects == []


def assert_consistent(found, confidence=0.95):
    low, high = found.difference_intervals.T
    certain = found.p_values <= 1 - confidence
    assert (found.within_chance == ~certain).all()
    assert (((low <= 0) & (0 <= high)) == ~certain).all()
    for effect in found.effects:
        assert effect.beyond_chance == (effect.p_value <= 1 - confidence)
        assert -1 <= effect.low < effect.high <= 1
    assert (np.diff(found.intervals) > 0).all()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("n_rows", [1, 2, 3, 5, 8, 30])
def test_few_rows_that_all_agree_are_no_proof(n_rows, metric):
    y = [np.arange(n_rows) % 2]
    results = made_up({"a": y, "b": [1 - y[0]]}, y, n_classes=2)
    found = compare_scenarios(results, metric=metric, random_state=0)
    assert_consistent(found)
    # As the sign test: 2 * 0.5**5 is above 0.05, 2 * 0.5**8 below.
    assert found.within_chance.tolist() == [True, n_rows <= 5]
    assert found.effects[0].beyond_chance == (n_rows > 5)
    assert found.intervals[0, 0] < 1 - 1 / n_rows**1.5 / 2


def test_more_pairs_of_a_lever_are_not_more_rows():
    y = [np.arange(4) % 2]
    codes = [f"{first}{second}" for first in "ab" for second in "cdefghijklmnopqrst"]
    predicted = {code: [y[0] ^ (code[0] == "b")] for code in codes}
    found = compare_scenarios(made_up(predicted, y, n_classes=2), random_state=0)
    assert found.effects[0].effect == -1 and not found.effects[0].beyond_chance
    assert_consistent(found)


@pytest.mark.parametrize("metric", ["accuracy", "f1_macro"])
@pytest.mark.parametrize("n_scenarios", [2, 12])
@pytest.mark.parametrize("n_rows", [5, 10, 30])
def test_few_rows_hardly_ever_tell_equal_scenarios_apart(n_rows, n_scenarios, metric):
    rng = np.random.default_rng(3)
    alarms, covered, n_trials = 0, 0, 100
    for trial in range(n_trials):
        y = rng.integers(3, size=n_rows)
        predicted = {c: [guesses(rng, y, 0.6, 3)] for c in "abcdefghijkl"[:n_scenarios]}
        found = compare_scenarios(
            made_up(predicted, [y], n_classes=3),
            metric=metric,
            n_resamples=200,
            random_state=trial,
        )
        assert_consistent(found)
        alarms += not found.within_chance.all()
        low, high = found.intervals[0]
        covered += low <= 0.6 + 0.4 / 3 <= high
    assert alarms <= 7
    assert covered >= 0.88 * n_trials


def test_too_few_draws_for_the_confidence():
    results = small_results()
    with pytest.raises(ValueError, match="n_resamples=100 .* confidence=0.999.*1000"):
        compare_scenarios(results, n_resamples=100, confidence=0.999)
    found = compare_scenarios(results, n_resamples=100, confidence=0.99, random_state=0)
    assert_consistent(found, 0.99)


def test_a_split_that_a_draw_leaves_without_rows():
    rng = np.random.default_rng(0)
    y = [rng.integers(2, size=1), rng.integers(2, size=80)]
    predicted = {c: [1 - y[0], guesses(rng, y[1], 0.8, 2)] for c in "ab"}
    found = compare_scenarios(made_up(predicted, y, n_classes=2), random_state=0)
    assert np.isfinite(found.intervals).all()


def test_seeds_and_blocks(monkeypatch):
    results = small_results()
    first, again, other = (
        compare_scenarios(results, random_state=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.intervals, again.intervals)
    assert (first.intervals != other.intervals).any()
    monkeypatch.setattr(_bootstrap, "_WEIGHTS_AT_ONCE", 7 * 600)
    monkeypatch.setattr(_bootstrap, "_PAIRS_AT_ONCE", 4)
    blocks = compare_scenarios(results, random_state=0)
    np.testing.assert_allclose(first.intervals, blocks.intervals, atol=0.02)
    np.testing.assert_allclose(
        first.difference_intervals, blocks.difference_intervals, atol=0.03
    )


def test_summary_equals_scikit_learn():
    results = small_results()
    runs = complete_runs(results)
    assert FAILS not in runs and len(runs) == len(results.codes) - 1
    y = np.concatenate(results.y)
    languages = np.concatenate(results.languages)
    for code in ("dw0v", "tbsk"):
        summary = summarize_scenario(results, runs[code])
        predicted = np.concatenate([run.predicted for run in runs[code]])
        np.testing.assert_array_equal(
            summary["confusion"], confusion_matrix(y, predicted, labels=range(8))
        )
        np.testing.assert_allclose(
            summary["f1_per_class"], f1_score(y, predicted, average=None)
        )
        for metric, scorer in SCORERS.items():
            scores = [
                scorer(truth, run.predicted)
                for truth, run in zip(results.y, runs[code])
            ]
            assert summary["mean"][metric] == pytest.approx(np.mean(scores))
            assert summary["std"][metric] == pytest.approx(np.std(scores))
        assert sum(v["n_rows"] for v in summary["languages"].values()) == len(y)
        for language, scores in summary["languages"].items():
            of = languages == language
            assert scores["n_rows"] == of.sum()
            for metric in ("accuracy", "f1_macro", "f1_weighted"):
                expected = SCORERS[metric](y[of], predicted[of])
                assert scores[metric] == pytest.approx(expected)
        times = [run.step_times["model"] for run in runs[code]]
        assert summary["step_times"]["model"] == pytest.approx(np.mean(times))


def test_metric_is_known_by_name_or_by_its_values():
    results = small_results()
    assert recomputable_metric(results) == "f1_weighted"
    results.metric = "score"
    for run in results.runs:
        if run.error is None:
            run.scores["score"] = run.scores["accuracy"]
    assert recomputable_metric(results) == "accuracy"
    assert compare_scenarios(results, random_state=0).metric == "accuracy"
    results.runs[0].scores["score"] = 0.123
    assert recomputable_metric(results) is None
    with pytest.raises(ValueError, match="'score' cannot be recomputed .* metric="):
        compare_scenarios(results)


def test_unfinished_scenarios_are_left_out():
    results = small_results()
    del results.runs[-1]
    missing = results.codes[-1]
    assert missing not in compare_scenarios(results, random_state=0).codes
    results.runs = [run for run in results.runs if run.split == 0]
    with pytest.raises(ValueError, match="no scenario has succeeded on all 2 splits"):
        compare_scenarios(results)


@pytest.mark.parametrize(
    "wrong",
    [
        {"metric": "roc_auc"},
        {"confidence": 1.0},
        {"n_resamples": 5},
        {"random_state": "x"},
        {"results": {}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_bad_parameters_are_named(wrong):
    name = next(iter(wrong))
    with pytest.raises(ValueError, match=f"The '{name}' parameter"):
        compare_scenarios(**{"results": small_results()} | wrong)
