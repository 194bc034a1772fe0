"""Names, nested parameters, and what is refused before anything is fitted."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags

from sklearn_nn.ensemble import LateFusionClassifier
from sklearn_nn.svm import TfidfLinearSVC
from tests.ensemble.fusion_cases import (
    NUMBERS,
    Hard,
    Mute,
    NotToBeFitted,
    bases,
    fusion,
    make_rows,
)

X, Y = make_rows()
FINALS = [("line", LogisticRegression()), ("tree", DecisionTreeClassifier())]


def whole(**options):
    return fusion(
        booster=LogisticRegression(), final_estimators=list(FINALS), **options
    )


def test_parameters_of_all_lists():
    params = whole().get_params()
    assert {"words", "words__C", "sizes__C", "line__C", "tree__max_depth"} <= set(
        params
    )
    assert {"booster__C", "estimators", "final_estimators"} <= set(params)
    assert set(whole().get_params(deep=False)) == {
        "estimators",
        "booster",
        "final_estimators",
        "cv",
        "blend",
        "n_jobs",
        "random_state",
        "verbose",
    }


def test_set_nested_parameters():
    model = clone(whole())
    model.set_params(words__C=3, booster__C=4, tree__max_depth=5, cv=3)
    assert model.estimators[0][1].C == 3
    assert model.booster.C == 4
    assert model.final_estimators[1][1].max_depth == 5
    assert model.cv == 3
    assert model.estimators[1][2] == NUMBERS
    with pytest.raises(ValueError, match="Invalid parameter 'nonsense'"):
        model.set_params(nonsense=1)
    with pytest.raises(ValueError, match="Invalid parameter 'nonsense'"):
        model.set_params(words__nonsense=1)


def test_replacing_parts():
    model = whole()
    model.set_params(words=LogisticRegression(), words__C=7, line="drop")
    assert model.estimators[0][1].C == 7
    assert model.estimators[0][2] == "text"
    assert model.final_estimators[0] == ("line", "drop")
    lists = {"estimators": bases()[:1], "words__C": 9}
    assert model.set_params(**lists).estimators[0][1].C == 9
    assert len(model.estimators) == 1


def test_replacing_leaves_the_list_of_others_alone():
    estimators = bases()
    fusion(estimators=estimators).set_params(words="drop")
    assert estimators[0][1] != "drop"


def test_drop():
    model = whole().set_params(words="drop", line="drop").fit(X, Y)
    assert list(model.named_estimators_) == ["sizes"]
    assert len(model.estimators_) == len(model.final_estimators_) == 1
    assert model.transform(X).shape == (len(X), 3)
    assert model.base_weights_.tolist() == [1.0]
    assert model.predict(X).shape == Y.shape


def test_clone():
    model = whole().fit(X, Y)
    again = clone(model)
    assert again.get_params(deep=False).keys() == model.get_params(deep=False).keys()
    assert not [name for name in vars(again) if name.endswith("_")]
    for (name, base, columns), (other, new, seen) in zip(
        model.estimators, again.estimators
    ):
        assert (name, columns) == (other, seen)
        assert base is not new
    assert again.booster is not model.booster
    assert repr(again) == repr(model)


def test_fit_leaves_parameters_alone():
    model = whole()
    before = model.get_params()
    model.fit(X, Y)
    after = model.get_params()
    assert before.keys() == after.keys()
    assert all(after[name] is before[name] for name in before)
    assert not hasattr(model.estimators[0][1], "classes_")


def test_grid_search_over_nested_parameters():
    grid = {"words__max_features": [1, None], "sizes": ["drop", LogisticRegression()]}
    search = GridSearchCV(fusion(cv=3), grid, cv=3).fit(X, Y)
    assert search.best_params_["words__max_features"] is None
    assert search.best_params_["sizes"] != "drop"
    assert search.best_score_ > 0.75
    assert search.predict(X[:3]).shape == (3,)


class Lower(TransformerMixin, BaseEstimator):
    """A step that keeps frames."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X.assign(text=X["text"].str.lower())


def test_in_a_pipeline():
    loud = X.assign(text=X["text"].str.upper())
    model = make_pipeline(Lower(), fusion()).fit(loud, Y)
    alone = fusion().fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(loud), alone.predict_proba(X))
    assert model[-1].feature_names_in_.tolist() == ["text", *NUMBERS]
    model.set_params(latefusionclassifier__words__C=2)
    assert model[-1].estimators[0][1].C == 2


def test_step_before_a_classifier_gives_it_out_of_fold_logits():
    model = make_pipeline(fusion(), LogisticRegression()).fit(X, Y)
    stack = fusion().fit_transform(X, Y)
    np.testing.assert_allclose(
        model[-1].coef_, LogisticRegression().fit(stack, Y).coef_
    )


def test_tags():
    tags = get_tags(fusion())
    assert tags.estimator_type == "classifier"
    assert not tags.input_tags.two_d_array
    assert tags.input_tags.string
    assert tags.input_tags.allow_nan
    assert tags.target_tags.required


def unfitted(*estimators, **options):
    return fusion(estimators=list(estimators), **options)


SIZES = ("sizes", NotToBeFitted(), NUMBERS)
LINE = ("line", NotToBeFitted())


@pytest.mark.parametrize(
    "model, message",
    [
        (LateFusionClassifier(), "estimators of LateFusionClassifier is empty"),
        (unfitted(("a", Mute())), r"estimators\[0\] .* no tuple \(name, classifier, c"),
        (unfitted("text"), r"estimators\[0\] of LateFusionClassifier is no tuple"),
        (unfitted(("", Hard(), "text")), r"name of estimators\[0\] .* not empty; got"),
        (unfitted((3, Hard(), "text")), r"name of estimators\[0\] .* got 3"),
        (unfitted(SIZES, SIZES), r"estimators\[1\] .* 'sizes', is that of another"),
        (
            unfitted(SIZES, final_estimators=[("sizes", NotToBeFitted())]),
            r"final_estimators\[0\] of .*, 'sizes', is that of another",
        ),
        (unfitted(("a__b", Hard(), "text")), "cannot be 'a__b': it must not hold __"),
        (unfitted(("cv", Hard(), "text")), "cannot be 'cv': it is a parameter"),
        (unfitted(SIZES, ("a", Hard(), "none")), "no column 'none' in X for 'a'"),
        (unfitted(SIZES, ("a", Hard(), "")), "columns of 'a' must be a name or a list"),
        (unfitted(SIZES, ("a", Hard(), [])), "columns of 'a' must be a name or a list"),
        (unfitted(SIZES, ("a", Hard(), ["text", ""])), "none of them empty; got"),
        (unfitted(SIZES, ("a", Hard(), 3)), "columns of 'a' must be .* got 3"),
        (unfitted(("a", Hard(), ["text"] * 2)), r"'a' name \['text'\] more than once"),
        (unfitted(("a", "drop", "text")), "All of estimators .* are dropped"),
        (unfitted(SIZES, final_estimators=[]), "final_estimators .* is empty"),
        (unfitted(SIZES, final_estimators=[("a", "drop")]), "All of final_estimators"),
        (unfitted(SIZES, ("a", Mute(), "text")), "'a', of type Mute, is no classifier"),
        (unfitted(SIZES, ("a", "text", "text")), "'a', of type str, is no classifier"),
        (
            unfitted(SIZES, ("a", LinearRegression(), "text")),
            "'a', of type LinearRegression, is no classifier",
        ),
        (
            unfitted(SIZES, final_estimators=[LINE, ("a", Hard())]),
            "'a', of type Hard, is no classifier with one of the methods predict_log",
        ),
        (unfitted(SIZES, booster=Hard()), "'booster', of type Hard, is no classifier"),
        (unfitted(SIZES, blend="best"), "The 'blend' parameter of LateFusionClassi"),
        (unfitted(SIZES, cv="fit"), "The 'cv' parameter of LateFusionClassifier"),
    ],
)
def test_refused_before_anything_is_fitted(model, message):
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y)


def test_class_in_place_of_an_estimator():
    model = unfitted(SIZES, ("a", TfidfLinearSVC, "text"))
    with pytest.raises(TypeError, match=r"'a' is a class; .* TfidfLinearSVC\(\)"):
        model.fit(X, Y)
    assert "a" in model.get_params()


def test_doubled_column_and_other_types_of_rows():
    doubled = X[["text", "height", "width", "text"]]
    with pytest.raises(ValueError, match="column 'text' is meant for 'words': X has 2"):
        fusion().fit(doubled, Y)
    with pytest.raises(TypeError, match="X is of type ndarray"):
        fusion().fit(X.to_numpy(), Y)
    with pytest.raises(ValueError, match="'text' has 150, 'height' has 149"):
        fusion().fit({"text": X["text"], "height": X["height"][1:]}, Y)
