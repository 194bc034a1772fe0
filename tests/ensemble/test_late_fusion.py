"""What LateFusionClassifier learns, answers and tells."""

import pickle

import numpy as np
import polars as pl
import pytest
from scipy.special import expit, softmax
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_html_repr
from xgboost import XGBClassifier

from sklearn_nn.datasets import make_product_listings
from sklearn_nn.ensemble import LateFusionClassifier
from sklearn_nn.neural_network import MLPClassifier
from sklearn_nn.persistence import load, save
from sklearn_nn.svm import TfidfLinearSVC
from tests.ensemble.fusion_cases import (
    LABELS,
    NUMBERS,
    TWO,
    Hard,
    as_dict,
    bases,
    fusion,
    make_rows,
)

X, Y = make_rows()
NEW, TRUE = make_rows(400, seed=1)


def test_fusion_is_better_than_each_base(model):
    alone = {
        name: np.mean(LABELS[base.predict(NEW[columns])] == TRUE)
        for (name, _, columns), base in zip(bases(), model.estimators_)
    }
    assert model.score(NEW, TRUE) > max(alone.values()) + 0.04


def test_texts_and_pictures_of_product_listings():
    shop = make_product_listings(900, n_classes=4, image_size=8, random_state=0)
    parts = {"title": shop.data[:, 0], "pixels": shop.images}
    X, new = (
        {name: entry[rows] for name, entry in parts.items()}
        for rows in (slice(300), slice(300, None))
    )
    flat = FunctionTransformer(lambda images: images.reshape(len(images), -1) / 255)
    image = make_pipeline(flat, LogisticRegression(C=0.01))
    model = LateFusionClassifier(
        estimators=[("text", TfidfLinearSVC(), "title"), ("image", image, "pixels")],
        random_state=0,
    ).fit(X, shop.target[:300])
    text, picture = model.estimators_
    alone = [
        text.score(new["title"], shop.target[300:]),
        picture.score(new["pixels"], shop.target[300:]),
    ]
    assert model.score(new, shop.target[300:]) > max(alone) + 0.05
    assert min(model.ablation_.values()) > 0


@pytest.mark.parametrize("make", [pl.DataFrame, as_dict], ids=["polars", "dict"])
def test_frames_of_polars_and_dicts_are_the_same(model, make):
    other = fusion().fit(make(X), Y)
    assert other.feature_names_in_.tolist() == ["text", "height", "width"]
    assert other.n_features_in_ == 3
    np.testing.assert_allclose(other.predict_proba(make(NEW)), model.predict_proba(NEW))
    np.testing.assert_allclose(other.transform(make(NEW)), model.transform(NEW))


def test_two_jobs_equal_one(model):
    options = {"booster": LogisticRegression(), "final_estimators": TWO}
    one, two = (fusion(n_jobs=n, **options).fit(X, Y) for n in (1, 2))
    np.testing.assert_array_equal(one.predict_proba(NEW), two.predict_proba(NEW))
    np.testing.assert_array_equal(one.blend_weights_, two.blend_weights_)
    assert one.modality_scores_ == two.modality_scores_


def test_seed(model):
    again, other = fusion().fit(X, Y), fusion(random_state=1).fit(X, Y)
    np.testing.assert_array_equal(again.predict_proba(NEW), model.predict_proba(NEW))
    assert not np.array_equal(other.temperatures_, model.temperatures_)


def test_answers_agree_with_each_other(model):
    probabilities = model.predict_proba(NEW)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(
        model.predict(NEW), LABELS[probabilities.argmax(axis=1)]
    )
    np.testing.assert_allclose(model.predict_log_proba(NEW), np.log(probabilities))
    logits = model.decision_function(NEW)
    np.testing.assert_allclose(softmax(logits, axis=1), probabilities)
    np.testing.assert_allclose(logits.sum(axis=1), 0, atol=1e-9)


def test_two_classes():
    rows, new = Y != "tea", TRUE != "tea"
    model = fusion().fit(X[rows], Y[rows])
    logits = model.decision_function(NEW[new])
    assert logits.shape == (new.sum(),)
    np.testing.assert_allclose(expit(logits), model.predict_proba(NEW[new])[:, 1])
    assert model.score(NEW[new], TRUE[new]) > 0.8


@pytest.mark.parametrize(
    "labels", [[3, 10, 20], [-1.0, 0.0, 2.0], [False, True, True]], ids=str
)
def test_labels_of_any_type(model, labels):
    codes = np.searchsorted(LABELS, Y)
    other = fusion().fit(X, np.array(labels)[codes].tolist())
    assert other.classes_.tolist() == sorted(set(labels))
    assert other.predict(NEW).dtype == np.array(labels).dtype
    assert (
        np.mean(other.predict(NEW) == np.array(labels)[np.searchsorted(LABELS, TRUE)])
        > 0.75
    )


def test_transform_is_the_calibrated_logits_of_the_bases(model):
    logits = model.transform(NEW)
    assert logits.shape == (len(NEW), 6)
    assert model.get_feature_names_out().tolist() == [
        f"{base}_{label}" for base in ("words", "sizes") for label in LABELS
    ]
    sizes = model.named_estimators_["sizes"]
    expected = sizes.predict_log_proba(NEW[NUMBERS]) / model.temperatures_[1]
    expected -= expected.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(logits[:, 3:], expected)
    assert model.set_output(transform="pandas").transform(NEW).columns.tolist() == (
        model.get_feature_names_out().tolist()
    )
    model.set_output(transform="default")


def test_out_of_fold_is_what_the_folds_say():
    folds = list(StratifiedKFold(4, shuffle=True, random_state=3).split(X, Y))
    stack = fusion(cv=folds).fit_transform(X, Y)
    splitter = StratifiedKFold(4, shuffle=True, random_state=3)
    np.testing.assert_array_equal(stack, fusion(cv=splitter).fit_transform(X, Y))
    model = fusion(cv=folds).fit(X, Y)
    said = cross_val_predict(
        LogisticRegression(), X[NUMBERS], Y, cv=folds, method="predict_log_proba"
    )
    said -= said.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(stack[:, 3:], said / model.temperatures_[1])


def test_scores_of_the_bases(model):
    stack = fusion().fit_transform(X, Y).reshape(-1, 2, 3)
    for place, name in enumerate(["words", "sizes"]):
        predicted = LABELS[stack[:, place].argmax(axis=1)]
        probabilities = softmax(stack[:, place], axis=1)
        assert model.modality_scores_[name] == pytest.approx(
            {
                "accuracy": accuracy_score(Y, predicted),
                "f1_macro": f1_score(Y, predicted, average="macro"),
                "f1_weighted": f1_score(Y, predicted, average="weighted"),
                "log_loss": log_loss(Y, probabilities),
                "answered": 1.0,
            }
        )
    places = stack.argmax(axis=2)
    same = np.mean(places[:, 0] == places[:, 1])
    np.testing.assert_allclose(model.agreement_, [[1, same], [same, 1]])
    assert list(model.ablation_) == ["words", "sizes"]
    assert min(model.ablation_.values()) > 0.1
    assert (model.base_weights_ > 0.5).all()


def test_useless_base_is_worth_nothing():
    noise = X.assign(noise=np.random.default_rng(5).normal(size=len(X)))
    chance = [*bases(), ("chance", LogisticRegression(), ["noise"])]
    model = fusion(estimators=chance).fit(noise, Y)
    assert model.ablation_["chance"] < 0.02
    assert model.ablation_["chance"] < model.ablation_["words"] / 5


def test_every_kind_of_answer_takes_part():
    estimators = [
        ("proba", RandomForestClassifier(20), NUMBERS),
        ("scores", RidgeClassifier(), NUMBERS),
        ("labels", Hard(), NUMBERS),
        ("words", TfidfLinearSVC(), "text"),
    ]
    model = fusion(estimators=estimators).fit(X, Y)
    said = softmax(model.transform(NEW).reshape(-1, 4, 3), axis=2)
    # Labels are believed as often as they are right.
    accuracy = model.modality_scores_["labels"]["accuracy"]
    np.testing.assert_allclose(said[:, 2].max(axis=1), accuracy, atol=0.01)
    assert model.score(NEW, TRUE) > 0.75


def test_overconfident_base_is_cooled_down():
    forest = RandomForestClassifier(5)
    model = fusion(estimators=[*bases(), ("forest", forest, NUMBERS)]).fit(X, Y)
    assert model.temperatures_[2] > 1.5
    assert model.temperatures_[0] < 1


def test_class_that_is_missing_in_a_fold():
    y = Y.astype(object)
    y[7] = "rare"
    # XGBoost knows only labels 0, 1, 2, ... without a gap.
    boosted = ("boosted", XGBClassifier(n_estimators=5, n_jobs=1), NUMBERS)
    model = fusion(estimators=[*bases(), boosted]).fit(X, y)
    assert model.classes_.tolist() == sorted([*LABELS, "rare"])
    np.testing.assert_allclose(model.predict_proba(NEW).sum(axis=1), 1)
    assert model.score(NEW, TRUE) > 0.75


def test_close_to_scikit_learns_stacking_on_one_column():
    columns = [("a", LogisticRegression(), NUMBERS), ("b", RidgeClassifier(), NUMBERS)]
    forest = RandomForestClassifier(30, random_state=0)
    columns[1] = ("b", forest, NUMBERS)
    ours = fusion(estimators=columns).fit(X, Y).score(NEW, TRUE)
    theirs = StackingClassifier(
        [(name, base) for name, base, _ in columns],
        cv=StratifiedKFold(5, shuffle=True, random_state=0),
        stack_method="predict_proba",
    )
    theirs = theirs.fit(X[NUMBERS], Y).score(NEW[NUMBERS], TRUE)
    assert ours == pytest.approx(theirs, abs=0.03)


def test_close_to_stacking_of_pipelines_on_two_columns(model):
    def only(columns, base):
        pick = ColumnTransformer([("pick", "passthrough", columns)])
        squeeze = FunctionTransformer(np.ravel if len(columns) == 1 else None)
        return make_pipeline(pick, squeeze, base)

    theirs = StackingClassifier(
        [
            ("words", only(["text"], TfidfLinearSVC(random_state=0))),
            ("sizes", only(NUMBERS, LogisticRegression())),
        ],
        cv=StratifiedKFold(5, shuffle=True, random_state=0),
        stack_method="predict_proba",
    )
    theirs = theirs.fit(X, Y).score(NEW, TRUE)
    assert model.score(NEW, TRUE) == pytest.approx(theirs, abs=0.03)


def test_pickle(model):
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(NEW), model.predict_proba(NEW))


def test_saved_without_pickle(tmp_path):
    booster = MLPClassifier(hidden_layer_sizes=(4,), max_epochs=2)
    model = fusion(booster=booster, final_estimators=TWO).fit(X, Y)
    save(model, tmp_path / "model.zip")
    again = load(tmp_path / "model.zip")
    np.testing.assert_array_equal(again.predict_proba(NEW), model.predict_proba(NEW))
    assert again.modality_scores_ == model.modality_scores_
    assert again.fit(X, Y).score(NEW, TRUE) > 0.7


def test_html(model):
    assert "sizes" in estimator_html_repr(model)


def test_columns_in_another_order_are_the_same(model):
    turned = NEW[["width", "text", "height"]]
    np.testing.assert_array_equal(model.predict(turned), model.predict(NEW))


def test_parameters_changed_after_fit_do_not_count(model):
    changed = pickle.loads(pickle.dumps(model))
    changed.set_params(words="drop")
    np.testing.assert_array_equal(changed.predict_proba(NEW), model.predict_proba(NEW))


@pytest.mark.parametrize(
    "y, message",
    [
        (None, "requires y"),
        (Y[:-1], "inconsistent numbers of samples: X has 150 rows, y has 149"),
        (np.repeat("tea", len(Y)), "one class only: 'tea'"),
    ],
    ids=["none", "short", "one-class"],
)
def test_unusable_labels(y, message):
    with pytest.raises(ValueError, match=message):
        fusion().fit(X, y)


def test_verbose_reports(capsys):
    fusion(verbose=1).fit(X, Y)
    said = capsys.readouterr()
    assert "Done" in said.out + said.err
