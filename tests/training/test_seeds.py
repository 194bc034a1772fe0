"""Training: seeds."""

import pickle

import numpy as np
import pytest
import torch

from sklearn_nn.neural_network import BiGRUClassifier
from tests.training.small import X, column, mlp, same_weights, y


@pytest.mark.parametrize("options", [{}, {"dropout": 0.5}, {"early_stopping": True}])
def test_fit_twice_gives_the_same_weights(options):
    model = mlp(**options)
    first = mlp(**options).fit(X, y)
    assert same_weights(first, model.fit(X, y))
    assert same_weights(first, model.fit(X, y))
    assert column(first, "train_loss") == column(model, "train_loss")


def test_fit_twice_gives_the_same_recurrent_weights():
    ids = np.random.default_rng(0).integers(0, 20, (90, 7))
    model = BiGRUClassifier(
        embedding_dim=4, hidden_size=3, num_layers=2, max_epochs=2, random_state=0
    )
    first = pickle.loads(pickle.dumps(model)).fit(ids, y[:90])
    assert same_weights(first, model.fit(ids, y[:90]))


def test_seeds_differ():
    assert not same_weights(
        mlp(random_state=0).fit(X, y), mlp(random_state=1).fit(X, y)
    )
    assert not same_weights(
        mlp(random_state=None).fit(X, y), mlp(random_state=None).fit(X, y)
    )


def test_random_state_instance_moves_on():
    def two_fits():
        model = mlp(random_state=np.random.RandomState(3))
        first = pickle.loads(pickle.dumps(model.fit(X, y)))
        return first, model.fit(X, y)

    first, second = two_fits()
    assert not same_weights(first, second)
    again = two_fits()
    assert same_weights(first, again[0]) and same_weights(second, again[1])


@pytest.mark.parametrize("early_stopping", [False, True])
def test_global_generators_are_left_alone(early_stopping):
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()
    model = mlp(dropout=0.5, early_stopping=early_stopping).fit(X, y)
    model.partial_fit(X, y).predict(X)
    assert torch.equal(torch.get_rng_state(), torch_before)
    for now, before in zip(np.random.get_state(), numpy_before):
        np.testing.assert_array_equal(now, before)


def test_global_generator_of_torch_is_left_alone_without_a_seed():
    before = torch.get_rng_state()
    mlp(random_state=None).fit(X, y)
    assert torch.equal(torch.get_rng_state(), before)


def test_global_generator_is_given_back_after_an_error():
    before = torch.get_rng_state()
    with pytest.raises(ValueError, match="diverged"):
        mlp(optimizer="sgd", lr=1e6, max_epochs=20).fit(X * 1000, y)
    assert torch.equal(torch.get_rng_state(), before)
