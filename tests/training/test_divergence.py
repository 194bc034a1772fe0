"""Training: divergence."""

import pytest

from tests.training.small import X, mlp, regressor, y, y_real


@pytest.mark.parametrize("make, targets", [(mlp, y), (regressor, y_real)])
def test_divergence_names_the_learning_rate(make, targets):
    model = make(optimizer="sgd", lr=1e6, max_epochs=30)
    with pytest.raises(ValueError, match=r"diverged.*lr.*1e\+06.*scale X"):
        model.fit(X * 100, targets)
    assert model.set_params(lr=1e-6).fit(X, targets).n_iter_ == 30


@pytest.mark.parametrize("verbose", [1, 2])
def test_divergence_with_progress(verbose):
    with pytest.raises(ValueError, match="diverged"):
        mlp(optimizer="sgd", lr=1e6, max_epochs=30, verbose=verbose).fit(X * 100, y)
