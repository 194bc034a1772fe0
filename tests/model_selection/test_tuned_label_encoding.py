"""Labels of any kind for classifiers that know only 0, 1, 2, ..."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from xgboost import XGBClassifier

from sklearn_nn.model_selection._label_encoding import LabelEncodingClassifier

RNG = np.random.default_rng(0)
X = np.vstack([RNG.normal(centre, size=(20, 2)) for centre in (0, 3, 6)])
CODES = np.repeat([0, 1, 2], 20)


def xgboost(**options):
    return XGBClassifier(n_estimators=5, n_jobs=1, random_state=0, **options)


@pytest.mark.parametrize(
    "labels",
    [["x", "y", "z"], [7, 30, 900], [-1.0, 0.0, 2.0]],
    ids=["str", "int", "float"],
)
@pytest.mark.parametrize("make", [np.array, list, pd.Series])
def test_labels_come_back(labels, make):
    y = np.array(labels)[CODES]
    model = LabelEncodingClassifier(estimator=xgboost()).fit(X, make(y))
    plain = xgboost().fit(X, CODES)
    assert model.classes_.tolist() == labels
    assert model.predict(X).dtype == np.asarray(make(y)).dtype
    np.testing.assert_array_equal(model.predict(X), np.array(labels)[plain.predict(X)])
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    assert cross_val_score(clone(model), X, y, cv=3).min() > 0.8


def test_xgboost_refuses_labels_itself():
    with pytest.raises(ValueError, match="Invalid classes"):
        xgboost().fit(X, np.array(["x", "y", "z"])[CODES])


def test_fit_params_and_pickle():
    y = np.array(["x", "y", "z"])[CODES]
    weight = np.where(CODES == 0, 1.0, 1e-6)
    model = LabelEncodingClassifier(estimator=LogisticRegression())
    model.fit(X, y, sample_weight=weight)
    assert set(model.predict(X)) == {"x"}
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        again.decision_function(X), model.decision_function(X)
    )


def test_bad_input():
    model = LabelEncodingClassifier(estimator=LogisticRegression())
    with pytest.raises(NotFittedError):
        model.predict(X)
    with pytest.raises(ValueError, match="requires y"):
        model.fit(X, None)
    with pytest.raises(ValueError, match="Unknown label type"):
        model.fit(X, RNG.normal(size=60))
    with pytest.raises(ValueError, match="'estimator' parameter of LabelEncoding"):
        LabelEncodingClassifier(estimator="xgboost").fit(X, CODES)
