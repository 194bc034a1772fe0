"""Model selection: the store of a scenario matrix."""

import os
import re
import shutil
import sqlite3

import numpy as np
import pytest
from sklearn.exceptions import FitFailedWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import FunctionTransformer

from sklearn_nn.model_selection import ScenarioStore, StoreError
from sklearn_nn.model_selection._store_tables import pack, unpack
from tests.model_selection.small import (
    LABELS,
    LANGUAGES,
    LEVERS,
    TEXTS,
    Counting,
    Failing,
    X,
    again,
    scenarios,
    text_pipeline,
    y,
)

CV = StratifiedKFold(2)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "matrix.sqlite"
    search = scenarios(store=path, exclude=[{"clean": "on", "model": "bayes"}])
    return path, search.fit(TEXTS, LABELS, languages=LANGUAGES)


@pytest.fixture
def store(written, tmp_path):
    """A copy of a written store, to do harm to."""
    return shutil.copy(written[0], tmp_path / "matrix.sqlite")


def test_results_are_those_that_fit_left(written):
    path, search = written
    stored, left = ScenarioStore(path).results(), search.results_
    for name in ("levers", "outcomes", "codes", "excluded", "classes", "metric"):
        assert getattr(stored, name) == getattr(left, name), name
    assert stored.about["description"] == left.about["description"]
    for name in ("rows", "y", "languages"):
        np.testing.assert_equal(getattr(stored, name), getattr(left, name))
    assert len(stored.runs) == len(left.runs) == 12
    for ours, theirs in zip(stored.runs, left.runs):
        np.testing.assert_equal(vars(ours), vars(theirs))


def test_frame(written):
    path, search = written
    frame = ScenarioStore(path).to_frame()
    columns = ["scenario", *LEVERS, "split", "accuracy", "fit_time", "score_time"]
    assert frame.columns.tolist() == [*columns, "error"]
    assert frame.shape == (12, 9) and frame["error"].isna().all()
    means = frame.groupby("scenario")["accuracy"].mean()
    expected = dict(
        zip(search.cv_results_["scenario"], search.cv_results_["mean_test_score"])
    )
    assert means.to_dict() == pytest.approx(expected)
    assert frame.loc[frame["scenario"] == "opl", "tfidf__ngram_range"].eq("pairs").all()


def test_a_lever_named_like_another_column(tmp_path):
    levers = {
        "split": {"off": "passthrough", "on": Failing()},
        "lever_split": {"no": "passthrough"},
        "accuracy": {"a": "passthrough"},
    }
    steps = [(lever, "passthrough") for lever in levers]
    pipeline = text_pipeline().__class__([*steps, *text_pipeline().steps])
    search = scenarios(levers, estimator=pipeline, store=tmp_path / "s")
    search.fit(TEXTS, LABELS)
    frame = ScenarioStore(tmp_path / "s").to_frame()
    names = ["lever_lever_split", "lever_split", "lever_accuracy", "split", "accuracy"]
    assert frame.columns[1:6].tolist() == names
    assert sorted(frame["split"]) == [0, 0, 1, 1]
    assert frame["lever_lever_split"].value_counts().to_dict() == {"off": 2, "on": 2}
    assert frame["lever_accuracy"].eq("a").all() and frame["accuracy"].notna().all()


def test_the_first_outcomes_of_the_last_fit_are_the_baseline(store):
    models = dict(reversed(LEVERS["model"].items()))
    again(store, levers=LEVERS | {"model": {"w": LogisticRegression(C=9), **models}})
    stored = ScenarioStore(store).results()
    assert list(stored.levers["model"]) == ["w", "b", "l"]
    assert list(stored.outcomes["model"]) == ["w", "bayes", "logreg"]
    again(store, levers=LEVERS | {"model": models})
    stored = ScenarioStore(store).results()
    assert list(stored.levers["model"]) == ["b", "l", "w"]


def test_edited_code_is_refused(tmp_path):
    def fitted(function):
        levers = {"clean": {"own": FunctionTransformer(function)}}
        return scenarios(levers, store=tmp_path / "s").fit(TEXTS, LABELS)

    fitted(lambda X: X)
    assert fitted(lambda X: X).sharing_["n_fits"] == 0
    with pytest.raises(StoreError, match="'own' has other parameters or code"):
        fitted(lambda X: ["same"] * len(X))


def test_links_lead_to_the_same_lock(tmp_path):
    matrix = scenarios().fit(TEXTS, LABELS).results_
    (tmp_path / "link").symlink_to(tmp_path / "store")
    other = ScenarioStore(tmp_path / "link")
    with ScenarioStore(tmp_path / "store").writing(matrix) as writer:
        writer.add(matrix.runs[0])
        with pytest.raises(StoreError, match="link is being written by another run"):
            other.writing(matrix).__enter__()
    with other.writing(matrix) as writer:
        assert len(writer.finished()) == 1


def test_one_file_stays_behind(tmp_path):
    again(tmp_path / "matrix.sqlite")
    ScenarioStore(tmp_path / "matrix.sqlite").results()
    # And the lock, which cannot be removed without a race.
    assert {path.suffix for path in tmp_path.iterdir()} == {".sqlite", ".lock"}


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_paths_that_name_no_file(path):
    with pytest.raises(ValueError, match="store's path is .*names no file: give store"):
        again(path)


def test_no_code_is_stored(written):
    path, _ = written
    with sqlite3.connect(path) as connection:
        for table in ("matrix", "splits", "scenarios", "runs"):
            for row in connection.execute(f"SELECT * FROM {table}"):
                for value in row:
                    if isinstance(value, bytes):
                        assert unpack(value).dtype == int
    connection.close()
    content = path.read_bytes()
    assert b"cfunction" not in content and b"\x80\x04\x95" not in content


@pytest.mark.parametrize("largest", [0, 1, 255, 256, 70_000, 2**33])
def test_packed_numbers(largest):
    array = np.linspace(0, largest, 9).astype(int)
    np.testing.assert_array_equal(unpack(pack(array)), array)
    assert unpack(pack(array[:0])).shape == (0,)


def test_what_is_done_is_not_done_again(tmp_path):
    def counted(codes):
        levers = {"a": {n: Counting(float(n), "a") for n in "012"}}
        levers["model__C"] = {"x": 0.1, "y": 1.0}
        Counting.fits = []
        pipeline = text_pipeline().__class__(
            [("a", Counting()), ("model", LogisticRegression())]
        )
        search = scenarios(
            levers,
            scenarios=codes,
            estimator=pipeline,
            refit=False,
            store=tmp_path / "s",
        )
        return search.fit(X, y), len(Counting.fits)

    assert counted(["0x", "1x"])[1] == 4
    assert counted(["0x", "1x"])[1] == 0
    search, n_fits = counted(["1x", "0y", "0x"])
    assert n_fits == 2 and search.sharing_["n_fits_alone"] == 4
    assert search.results_.codes == ["1x", "0y", "0x"]
    assert counted("product")[1] == 4
    everything = ScenarioStore(tmp_path / "s").results()
    assert len(everything.runs) == 12
    assert everything.codes == ["0x", "1x", "0y", "1y", "2x", "2y"]
    assert counted(["2y"])[1] == 0


def test_a_store_can_be_given_as_such(store):
    search = again(ScenarioStore(store))
    assert search.sharing_["n_fits"] == 0
    assert repr(search.store) == f"ScenarioStore({str(store)!r})"
    assert again(str(store)).sharing_["n_fits"] == 0


def test_a_folder_is_made_for_it(tmp_path):
    path = tmp_path / "a" / "b" / "matrix 100% #1?.sqlite"
    assert not ScenarioStore(path).exists()
    again(path)
    assert len(ScenarioStore(path).results().runs) == 12


OTHER = [f"{TEXTS[0]}!", *TEXTS[1:]]


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"X": OTHER}, "the texts or labels"),
        ({"X": TEXTS[::-1]}, "the texts or labels"),
        ({"y": LABELS[[1, 0, *range(2, 36)]]}, "the texts or labels"),
        ({"X": TEXTS[:30], "y": LABELS[:30], "languages": LANGUAGES[:30]}, "n_samples"),
        ({"languages": None}, "languages"),
        ({"languages": LANGUAGES[::-1]}, "languages of the rows"),
        ({"cv": 3}, "n_splits: 2 in the store, 3 here"),
        (
            {"cv": StratifiedKFold(2, shuffle=True, random_state=0)},
            "rows of the splits",
        ),
        ({"estimator": text_pipeline(tfidf=TfidfVectorizer(min_df=2))}, "pipeline"),
        ({"scoring": "f1_macro"}, 'scoring: null in the store, "f1_macro" here'),
        ({"params": {"model__sample_weight": np.ones(36)}}, "parameters of fit"),
        (
            {"levers": LEVERS | {"model": {"logreg": LogisticRegression(C=2)}}},
            "model: the outcome 'logreg' has other parameters",
        ),
        ({"levers": dict(reversed(LEVERS.items()))}, "levers: .'clean', 'tfidf"),
        (
            {"levers": LEVERS | {"tfidf__min_df": {"x": 1}}},
            r"levers: \[.*'tfidf__min_df'",
        ),
        (
            {"levers": LEVERS | {"clean": {"on": Failing(), "off": 1, "old": 2}}},
            "clean: ",
        ),
        (
            {"levers": LEVERS | {"model": {"lr": LogisticRegression()}}},
            "model: 'l' is 'logreg' there, 'lr' here",
        ),
    ],
)
def test_a_store_of_something_else_is_refused(store, changes, said):
    before = store.read_bytes()
    changes = {"exclude": None} | changes
    with pytest.raises(StoreError, match="was written for something else") as raised:
        again(store, **changes)
    assert re.search(said, str(raised.value)), raised.value
    assert store.read_bytes() == before
    assert again(store).sharing_["n_fits"] == 0


def test_further_outcomes_and_codes_are_welcome(store):
    more = {"wide": LogisticRegression(C=9)}
    levers = LEVERS | {"model": LEVERS["model"] | more}
    search = again(store, levers=levers)
    assert search.sharing_["n_fits_alone"] < 30
    assert len(search.cv_results_["scenario"]) == 10
    assert len(ScenarioStore(store).results().runs) == 20
    # And the smaller matrix still finds its own.
    assert again(store).sharing_["n_fits"] == 0
    stored = ScenarioStore(store).results()
    assert stored.levers["model"] == {"l": "logreg", "b": "bayes", "w": "wide"}
    assert ScenarioStore(store).to_frame()["model"].value_counts()["wide"] == 8


def test_an_outcome_added_to_single_letters_moves_no_code(tmp_path):
    levers = {"clean": {"n": "passthrough", "y": Failing()}}
    scenarios(levers, store=tmp_path / "s").fit(TEXTS, LABELS)
    levers["clean"]["maybe"] = Failing(note=2)
    search = scenarios(levers, store=tmp_path / "s").fit(TEXTS, LABELS)
    assert search.cv_results_["scenario"].tolist() == ["n", "y", "m"]
    assert len(ScenarioStore(tmp_path / "s").results().runs) == 6


def test_what_is_excluded_later_is_no_result(store):
    again(store, exclude=lambda o: "no!" if o["clean"] == "on" else None)
    stored = ScenarioStore(store).results()
    assert len(stored.excluded) == 4 and len(stored.codes) == 4
    assert len(stored.runs) == 8 == len(ScenarioStore(store).to_frame())
    # The runs are not lost: who lets the scenarios in again has them.
    assert again(store).sharing_["n_fits"] == 0
    assert again(store, exclude=None).sharing_["n_fits_alone"] == 12


def test_train_scores_are_made_up_for(store):
    search = again(store, return_train_score=True)
    assert search.sharing_["n_fits"] > 0
    assert np.isfinite(search.cv_results_["mean_train_score"]).all()
    assert len(ScenarioStore(store).results().runs) == 12
    again_there = again(store, return_train_score=True)
    assert again_there.sharing_["n_fits"] == 0
    np.testing.assert_array_equal(
        again_there.cv_results_["mean_train_score"],
        search.cv_results_["mean_train_score"],
    )
    assert "mean_train_score" not in again(store).cv_results_


class FailsOnce(Failing):
    """Fails until a file is there: a service that is down, and later is not."""

    def fit(self, X, y=None):
        if not os.path.exists(self.fails):
            raise ConnectionError("the service is down")
        self.n_rows_ = len(X)
        return self


def test_failures_are_tried_again_when_asked_for(tmp_path):
    levers = {"clean": {"off": "passthrough", "down": FailsOnce(str(tmp_path / "up"))}}
    search = scenarios(levers, store=tmp_path / "s")
    for _ in range(2):
        with pytest.warns(FitFailedWarning):
            search.fit(TEXTS, LABELS)
    assert search.sharing_["n_fits"] == 0
    errors = ScenarioStore(tmp_path / "s").to_frame()["error"].dropna().tolist()
    assert errors == ["clean: ConnectionError: the service is down"] * 2
    (tmp_path / "up").touch()
    search.set_params(retry_failed=True).fit(TEXTS, LABELS)
    assert search.cv_results_["error"].tolist() == [None, None]
    assert ScenarioStore(tmp_path / "s").to_frame()["error"].isna().all()


def test_failures_of_other_scenarios_are_kept(tmp_path):
    levers = {"clean": {"a": Failing("fit"), "b": Failing("fit", 1), "c": Failing()}}
    search = scenarios(levers, store=tmp_path / "s")
    with pytest.warns(FitFailedWarning):
        search.fit(TEXTS, LABELS)
    search.set_params(retry_failed=True, scenarios=["a", "c"])
    with pytest.warns(FitFailedWarning):
        search.fit(TEXTS, LABELS)
    assert search.sharing_["n_fits"] > 0
    failed = ScenarioStore(tmp_path / "s").to_frame().query("error.notna()")
    assert sorted(failed["scenario"]) == ["a", "a", "b", "b"]
