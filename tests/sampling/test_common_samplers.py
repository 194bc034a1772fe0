"""The check suites of imbalanced-learn and scikit-learn, without expected failures."""

import warnings
from unittest import SkipTest

import pytest
from imblearn.utils import estimator_checks as imblearn_checks
from sklearn.utils import estimator_checks as sklearn_checks

from sklearn_nn.sampling import (
    SMOTE,
    ClassCountClamp,
    RandomOverSampler,
    RandomUnderSampler,
)

SAMPLERS = [
    SMOTE(random_state=0),
    ClassCountClamp(min_count=5, max_count=250, random_state=0),
    RandomOverSampler(random_state=0),
    RandomUnderSampler(random_state=0),
]
every_sampler = pytest.mark.parametrize(
    "sampler", SAMPLERS, ids=[type(sampler).__name__ for sampler in SAMPLERS]
)


@sklearn_checks.parametrize_with_checks(SAMPLERS, expected_failed_checks=None)
def test_sklearn_check(estimator, check):
    try:
        check(estimator)
    except SkipTest:
        # Needs an environment variable that is set before SciPy is imported.
        assert check.func.__name__ == "check_array_api_input"


IMBLEARN_CHECKS = [
    pair
    for sampler in SAMPLERS
    for pair in imblearn_checks.estimator_checks_generator(sampler)
]


@pytest.mark.parametrize(
    "sampler, check",
    IMBLEARN_CHECKS,
    ids=[f"{check.args[0]}-{check.func.__name__}" for _, check in IMBLEARN_CHECKS],
)
def test_imblearn_check(sampler, check):
    check(sampler)


@every_sampler
def test_imblearn_parameter_validation(sampler):
    imblearn_checks.check_param_validation(type(sampler).__name__, sampler)


@every_sampler
def test_imblearn_column_names(sampler):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        imblearn_checks.check_dataframe_column_names_consistency(
            type(sampler).__name__, sampler
        )
