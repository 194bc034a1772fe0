"""What a hostile reader tried: classes, folds and bases that lead astray in silence."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest, RandomForestClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from sklearn_nn.ensemble import LateFusionClassifier
from tests.ensemble.fusion_cases import LABELS, NUMBERS, PLAIN, bases, fusion, make_rows

X, Y = make_rows(300, seed=1)
NEW, TRUE = make_rows(300, seed=2)
ALL = fusion().fit(X, Y).score(NEW, TRUE)


def accuracy(base, columns=NUMBERS, **options):
    model = fusion(estimators=[("base", base, columns)]).fit(X, Y, **options)
    return model.modality_scores_["base"]["accuracy"]


@pytest.mark.parametrize("booster", [None, LogisticRegression()])
def test_class_of_one_group_is_left_to_the_pool(booster):
    groups = np.where(Y == "toy", 99, np.arange(300) % 40)
    with pytest.warns(UserWarning, match=r"the rows of \['toy'\] are in one fold each"):
        model = fusion(booster=booster).fit(X, Y, groups=groups)
    predicted = model.predict(NEW)
    assert np.mean(predicted == TRUE) > ALL - 0.15
    assert recall_score(TRUE, predicted, average=None).min() > 0.4
    np.testing.assert_allclose(model.predict_proba(NEW).sum(axis=1), 1)
    assert model.temperatures_.max() < 2


def test_each_class_in_a_group_of_its_own_is_refused():
    with pytest.raises(ValueError, match="nothing to learn from: the rows of"):
        fusion(cv=3).fit(X, Y, groups=Y)


def test_classes_of_one_row_do_not_spoil_the_temperature():
    y = Y.astype(object)
    with pytest.warns(UserWarning, match="single"):
        y[:12] = [f"single {row}" for row in range(12)]
        model = fusion().fit(X, y)
    plain = fusion().fit(X[12:], Y[12:])
    assert (model.temperatures_ < 1.2 * plain.temperatures_).all()
    assert model.score(NEW, TRUE.astype(object)) > ALL - 0.05


FOREST = RandomForestClassifier(20, random_state=0)


@pytest.mark.parametrize(
    "hide",
    [
        FrozenEstimator,
        lambda model: make_pipeline(FunctionTransformer(), FrozenEstimator(model)),
        lambda model: CalibratedClassifierCV(FrozenEstimator(model)),
        lambda model: VotingClassifier([("f", FrozenEstimator(model))], voting="soft"),
    ],
    ids=["bare", "pipeline", "calibrated", "voting"],
)
def test_frozen_classifiers_are_found_wherever_they_are(hide):
    seen = clone(FOREST).fit(X[NUMBERS], Y)
    with pytest.raises(ValueError, match="'base' is frozen, or holds a frozen"):
        accuracy(hide(seen))


def test_fusion_of_fitted_bases_is_no_base():
    inner = LateFusionClassifier(
        estimators=[("f", clone(FOREST).fit(X[NUMBERS], Y), NUMBERS)], cv="prefit"
    )
    with pytest.raises(ValueError, match="'base' holds models that are fitted already"):
        accuracy(inner)


def test_frozen_transformer_may_stay():
    scaler = FrozenEstimator(StandardScaler().fit(X[NUMBERS]))
    assert accuracy(make_pipeline(scaler, LogisticRegression())) > 0.6


class Backwards(ClassifierMixin, BaseEstimator):
    """Its classes are not sorted."""

    def fit(self, X, y):
        self.model_ = LogisticRegression().fit(X, y)
        self.classes_ = self.model_.classes_[::-1].copy()
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(X)[:, ::-1]

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def test_order_of_the_classes_of_a_base_does_not_matter():
    assert accuracy(Backwards()) == accuracy(LogisticRegression())
    model = fusion(estimators=[("base", Backwards(), NUMBERS)]).fit(X, Y)
    sorted_ = fusion(estimators=[("base", LogisticRegression(), NUMBERS)]).fit(X, Y)
    np.testing.assert_allclose(model.predict_proba(NEW), sorted_.predict_proba(NEW))
    boosted = fusion(booster=Backwards()).fit(X, Y)
    plain = fusion(booster=LogisticRegression()).fit(X, Y)
    np.testing.assert_allclose(boosted.predict_proba(NEW), plain.predict_proba(NEW))


@pytest.mark.parametrize(
    "cv",
    [5, None, KFold(5), list(KFold(4).split(X))],
    ids=["int", "none", "splitter", "list"],
)
def test_rows_of_weight_zero_change_nothing(cv):
    weight = np.ones(300)
    weight[:60] = 0
    other = X.copy()
    other.iloc[:60] = X.iloc[100:160].to_numpy()
    y = Y.copy()
    y[:60] = Y[60]
    nearest = ("nearest", KNeighborsClassifier(), NUMBERS)
    model = fusion(estimators=[bases()[0], nearest], cv=cv)
    one = clone(model).fit(X, Y, sample_weight=weight)
    two = clone(model).fit(other, y, sample_weight=weight)
    np.testing.assert_allclose(one.predict_proba(NEW), two.predict_proba(NEW))
    assert one.modality_scores_ == two.modality_scores_


def test_class_without_weight():
    weight = (Y != "toy").astype(float)
    for cv in (5, KFold(5)):
        model = fusion(cv=cv).fit(X, Y, sample_weight=weight)
        assert model.predict_proba(NEW)[:, 2].max() < 0.05
    lost = NEW[:1].assign(text="", height=np.nan, width=np.nan)
    for scale in (1, 1 / 300):
        model = fusion().fit(X, Y, sample_weight=weight * scale)
        assert model.predict_proba(lost)[0, 2] == pytest.approx(0.5 / 200.5, rel=0.1)


@pytest.mark.parametrize("prefit", [False, True])
def test_base_that_writes_into_its_rows_harms_nobody(prefit):
    scale = {"height": 100.0, "width": 100.0}
    rows, new = X[NUMBERS] * [100, 1] + 50, NEW[NUMBERS] * [100, 1] + 50
    writer = make_pipeline(StandardScaler(copy=False), LogisticRegression())
    parts = [("writer", writer, NUMBERS), ("near", KNeighborsClassifier(), NUMBERS)]
    if prefit:
        parts = [(n, clone(p).fit(rows.copy(), Y), c) for n, p, c in parts]
        rows, y = new.copy(), TRUE
    else:
        y = Y
    kept = rows.copy()
    model = fusion(estimators=parts, cv="prefit" if prefit else 5).fit(rows, y)
    pd.testing.assert_frame_equal(rows, kept)
    before = new.copy()
    first, second = model.predict_proba(new), model.predict_proba(new)
    np.testing.assert_array_equal(first, second)
    pd.testing.assert_frame_equal(new, before)
    assert set(scale) == set(NUMBERS)


def test_scores_of_pairs_are_refused_even_where_their_number_fits():
    pairs = make_pipeline(StandardScaler(), SVC(decision_function_shape="ovo"))
    with pytest.raises(
        ValueError, match="'base' scores pairs .* Set decision_function"
    ):
        accuracy(pairs)
    assert accuracy(make_pipeline(StandardScaler(), SVC())) > 0.6


@pytest.mark.parametrize("scale", [1e-5, 1e-3, 1e3, 1e6])
def test_scale_of_scores_does_not_matter(scale):
    class Scaled(LogisticRegression):
        predict_proba = predict_log_proba = property()

        def decision_function(self, X):
            return scale * super().decision_function(X)

    model = fusion(estimators=[bases()[0], ("sizes", Scaled(), NUMBERS)]).fit(X, Y)
    plain = fusion().fit(X, Y)
    np.testing.assert_allclose(
        model.predict_proba(NEW), plain.predict_proba(NEW), atol=0.01
    )
    assert model.ablation_["sizes"] == pytest.approx(plain.ablation_["sizes"], abs=0.01)


@pytest.mark.parametrize(
    "cv",
    [KFold(3), StratifiedKFold(3), list(KFold(3).split(X))],
    ids=["splitter", "stratified", "list"],
)
@pytest.mark.filterwarnings("ignore:The groups parameter is ignored")
def test_folds_that_tear_groups_apart_are_refused(cv):
    with pytest.raises(ValueError, match="Fold 0 of cv .* has a group on both sides"):
        fusion(cv=cv).fit(X, Y, groups=np.arange(300) % 50)
    groups = np.arange(300) % 50
    fusion(cv=GroupKFold(3)).fit(X, Y, groups=groups)
    fusion(cv=None).fit(X, Y, groups=groups)


def test_rows_seen_in_another_precision_are_found():
    parts = [(n, clone(p).fit(X[c], Y), c) for n, p, c in bases()]
    model = fusion(estimators=parts, cv="prefit")
    seen = X.copy()
    seen[NUMBERS] = seen[NUMBERS].astype(np.float32)
    with pytest.raises(ValueError, match="300 of the 300 rows of X are among X_seen"):
        model.fit(X, Y, X_seen=seen)
    model.fit(NEW, TRUE, X_seen=seen)


@pytest.mark.parametrize("labels", [LABELS, np.array([1, 2, 3])], ids=["text", "int"])
def test_class_weights_are_named_by_label(labels):
    y = labels[np.searchsorted(LABELS, Y)]
    heavy = LogisticRegression(class_weight={labels[1]: 50.0})
    model = fusion(estimators=[("base", heavy, NUMBERS)]).fit(X, y)
    alone = heavy.fit(X[NUMBERS], y)
    np.testing.assert_allclose(model.estimators_[0].coef_, alone.coef_)
    assert (alone.predict(X[NUMBERS]) == labels[1]).mean() > 0.6
    wrong = LogisticRegression(class_weight={"nobody": 2.0})
    with pytest.raises(ValueError, match=r"class_weight of 'base' weighs \['nobody'\]"):
        fusion(estimators=[("base", wrong, NUMBERS)]).fit(X, y)


@pytest.mark.parametrize("other", [KMeans(3), IsolationForest()], ids=str)
def test_what_is_no_classifier_is_refused(other):
    with pytest.raises(ValueError, match="'base', of type .*, is no classifier"):
        accuracy(other)


def test_unread_booster_is_refused():
    model = fusion(booster=LogisticRegression(), final_estimators=[("pool", "pool")])
    with pytest.raises(ValueError, match="booster .* would go unread"):
        model.fit(X, Y)


def test_request_not_to_get_weights_is_heard():
    weight = np.linspace(0.1, 2, 300)
    with config_context(enable_metadata_routing=True):
        coefs = {}
        for wants in (True, False, None):
            base = LogisticRegression().set_fit_request(sample_weight=wants)
            model = fusion(estimators=[("base", base, NUMBERS)], final_estimators=PLAIN)
            model.fit(X, Y, sample_weight=weight)
            coefs[wants] = model.estimators_[0].coef_
    codes = np.searchsorted(LABELS, Y)
    plain = LogisticRegression().fit(X[NUMBERS], codes)
    np.testing.assert_allclose(coefs[False], plain.coef_)
    np.testing.assert_array_equal(coefs[True], coefs[None])
    assert not np.allclose(coefs[True], coefs[False])


def test_one_against_the_rest_takes_no_weights():
    base = OneVsRestClassifier(LogisticRegression())
    assert accuracy(base, sample_weight=np.ones(300)) == accuracy(base)


def test_pictures_of_nan_in_a_frame_are_missing():
    rng = np.random.default_rng(0)
    pictures = list(rng.normal(size=(300, 2, 2)) + (Y == "toy")[:, None, None])
    rows = X.assign(picture=pictures)
    stacked = FunctionTransformer(
        lambda column: np.stack(column.tolist()).reshape(len(column), -1)
    )
    picture = make_pipeline(stacked, LogisticRegression())
    model = fusion(estimators=[*bases(), ("picture", picture, "picture")]).fit(rows, Y)
    new = rows.iloc[:2].copy()
    new["picture"] = [np.full((2, 2), np.nan), pictures[1]]
    logits = model.transform(new)[:, 6:]
    assert not logits[0].any()
    assert logits[1].any()


@pytest.mark.parametrize("booster", [None, LogisticRegression()])
def test_hold_out_with_one_row_a_class(booster):
    parts = [(n, clone(p).fit(X[c], Y), c) for n, p, c in bases()]
    rows = [int(np.flatnonzero(label == TRUE)[0]) for label in LABELS]
    model = fusion(estimators=parts, cv="prefit", booster=booster)
    if booster is not None:
        with pytest.raises(ValueError, match="booster learns in folds"):
            model.fit(NEW.iloc[rows], TRUE[rows])
        return
    model.fit(NEW.iloc[rows], TRUE[rows])
    np.testing.assert_array_equal(model.blend_weights_, [0.5, 0.5])
    assert model.score(NEW, TRUE) > 0.6


def test_parameters_of_what_is_dropped():
    with pytest.raises(ValueError, match="'sizes__C' cannot be set: 'sizes' is a word"):
        fusion().set_params(sizes="drop", sizes__C=3)


@pytest.mark.parametrize(
    "cv, message",
    [
        ([], "has no folds. A generator is empty"),
        ([([0, 1], [999])], "names rows that X lacks"),
    ],
    ids=["empty", "range"],
)
def test_folds_of_nothing(cv, message):
    with pytest.raises(ValueError, match=message):
        fusion(cv=cv).fit(X, Y)


def test_used_up_folds():
    model = fusion(cv=KFold(3).split(X))
    model.fit(X, Y)
    with pytest.raises(ValueError, match="A generator is empty after its first use"):
        model.fit(X, Y)


@pytest.mark.parametrize(
    "groups, error, message",
    [
        (np.zeros((300, 2)), ValueError, r"groups has the shape \(300, 2\)"),
        (["a"] * 299 + [None], ValueError, "is missing for row 299"),
        (["a", 1] * 150, TypeError, "mixes types that have no order"),
    ],
    ids=["2-D", "missing", "mixed"],
)
def test_groups_are_named_in_messages(groups, error, message):
    with pytest.raises(error, match=message):
        fusion().fit(X, Y, groups=np.array(groups, dtype=object))


@pytest.mark.parametrize("form", [sp.coo_array, sp.dia_array, sp.bsr_array])
def test_sparse_matrices_of_any_form(form):
    numbers = X[NUMBERS].to_numpy()
    rows = {"text": X["text"].to_numpy(), "numbers": form(sp.csr_array(numbers))}
    dense = {**rows, "numbers": numbers}
    model = fusion(estimators=[bases()[0], ("sizes", LogisticRegression(), "numbers")])
    np.testing.assert_allclose(
        clone(model).fit(rows, Y).predict_proba(rows),
        clone(model).fit(dense, Y).predict_proba(dense),
        rtol=1e-4,
    )


def test_prefit_base_without_fit():
    class Duck:
        classes_ = LABELS

        def predict(self, X):
            return np.full(len(X), "tea")

    model = fusion(estimators=[("duck", Duck(), "text")], cv="prefit")
    with pytest.raises(ValueError, match="'duck', of type Duck, .* has no fit"):
        model.fit(X, Y)


def test_failure_while_asked_names_the_base():
    model = fusion().fit(X, Y)
    with pytest.raises(ValueError) as caught:
        model.predict(NEW.assign(height="tall"))
    assert "'sizes'" in " ".join([str(caught.value), *caught.value.__notes__])
