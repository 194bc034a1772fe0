"""What cannot be fitted or predicted, and what a failure leaves behind."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from tests.ensemble.fusion_cases import fusion, make_rows

X, Y = make_rows()
NEW, TRUE = make_rows(400, seed=1)


@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "transform", "get_feature_names_out"]
)
def test_not_fitted(method):
    with pytest.raises(NotFittedError):
        getattr(fusion(), method)(NEW)


@pytest.mark.parametrize(
    "new, message",
    [
        (NEW.drop(columns="width"), r"lacks \['width'\]"),
        (NEW.assign(more=1), r"has \['more'\] besides"),
    ],
    ids=["fewer", "more"],
)
def test_other_columns_than_in_fit(model, new, message):
    with pytest.raises(ValueError, match=message):
        model.predict(new)


@pytest.mark.parametrize(
    "cv, message",
    [
        (1, "The 'cv' parameter of LateFusionClassifier must be an int in the"),
        (100, "the .. rows of the most frequent class"),
        ([(np.arange(100), np.arange(100, 150))], "exactly one test part"),
        ([(np.arange(150), np.arange(150))], "Fold 0 .* rows on both sides"),
    ],
    ids=["one", "many", "partial", "both-sides"],
)
def test_folds_that_cannot_be_used(cv, message):
    with pytest.raises(ValueError, match=message):
        fusion(cv=cv).fit(X, Y)


def test_fold_without_two_classes_is_refused_by_name():
    order = np.argsort(Y, kind="stable")
    with pytest.raises(ValueError, match="'words' is to be fitted on .* of 1 class"):
        fusion(cv=KFold(2)).fit(
            X.iloc[order].iloc[:60], np.array(["a"] * 30 + ["b"] * 30)
        )


class Interrupted(LogisticRegression):
    error: type[BaseException] = KeyboardInterrupt

    def fit(self, X, y, sample_weight=None):
        raise self.error("stop")


class Broken(Interrupted):
    error = RuntimeError


@pytest.mark.parametrize("kind", [Interrupted, Broken])
@pytest.mark.parametrize("where", ["words", "sizes", "booster", "final_estimators"])
def test_failed_fit_leaves_the_former_state(kind, where):
    model = fusion().fit(X, Y)
    before = {k: v for k, v in vars(model).items() if k.endswith("_")}
    broken = [("final", kind())] if where == "final_estimators" else kind()
    model.set_params(**{where: broken})
    with pytest.raises(kind.error, match="stop"):
        model.fit(X.iloc[:90], Y[:90])
    after = {k: v for k, v in vars(model).items() if k.endswith("_")}
    assert after.keys() == before.keys()
    assert all(after[name] is before[name] for name in before)
    fresh = fusion().set_params(**{where: broken})
    with pytest.raises(kind.error):
        fresh.fit(X, Y)
    assert not [name for name in vars(fresh) if name.endswith("_")]


def test_failure_says_which_base():
    model = fusion().set_params(sizes=Broken())
    with pytest.raises(RuntimeError) as caught:
        model.fit(X, Y)
    assert caught.value.__notes__ == ["This happened while 'sizes' was fitted."]
