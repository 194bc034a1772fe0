"""explain_image inside networks: what stays as it was, threads, precisions."""

import threading
from functools import partial

import numpy as np
import pytest
import torch

from sklearn_nn.inspection import explain_image
from sklearn_nn.neural_network import CNNClassifier
from tests.inspection.explanation_cases import (
    X,
    Y,
    backbone,
    calls_of,
    image_model,
    in_threads,
    net_of,
    state_of,
)
from tests.neural_network.pictures_of_digits import PICTURES

NETWORKS = ["CNN", "scaled CNN", "MLP"]
DIGITS = X[:3]


@pytest.mark.parametrize("name", [*NETWORKS, "frozen", "tuned"])
def test_nothing_of_the_network_changes(name):
    is_timm = name in ("frozen", "tuned")
    model = backbone(name == "frozen") if is_timm else image_model(name)
    images = PICTURES[:2] if is_timm else DIGITS
    module = net_of(model).net_.module_
    module.train()
    list(module.parameters())[0].requires_grad_(False)
    before, draws = state_of(model), torch.get_rng_state()
    try:
        for method in ("grad_cam", "integrated_gradients", "occlusion"):
            if name != "MLP" or method != "grad_cam":
                explain_image(model, images, method=method, n_steps=2)
        assert state_of(model) == before
        # As by every prediction, and never back: other threads may be predicting.
        assert not any(part.training for part in module.modules())
        assert torch.equal(torch.get_rng_state(), draws)
    finally:
        module.eval()
        list(module.parameters())[0].requires_grad_(True)


def test_who_explains_does_not_disturb_who_predicts():
    model = CNNClassifier(batch_norm=True, dropout=0.5, max_epochs=1, random_state=0)
    model.fit(X[:200], Y[:200])
    module = model.net_.module_
    expected = model.predict_proba(X[:200])
    # As fitting leaves it.
    module.train()
    explaining, predicting, explained = (threading.Event() for _ in range(3))
    first = module.convolutions[0]
    forward = first.forward

    def held(x):
        # The explanation begins before the prediction, and ends in the midst of it.
        if len(x) == 200:
            predicting.set()
            assert explained.wait(20)
        else:
            explaining.set()
            assert predicting.wait(20)
        return forward(x)

    def explain():
        explanations = explain_image(model, DIGITS[:1], target=0)
        explained.set()
        return explanations

    def predict():
        assert explaining.wait(20)
        return model.predict_proba(X[:200])

    first.forward = held
    try:
        explanations, found = in_threads([explain, predict])
    finally:
        del first.forward
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert explanations[0].probability == pytest.approx(expected[0, 0], abs=1e-6)


def test_threads_that_explain_do_not_disturb_each_other():
    model = CNNClassifier(
        channels=(16, 16), batch_norm=True, dropout=0.5, max_epochs=1, random_state=0
    ).fit(X[:300], Y[:300])
    module = model.net_.module_
    before = [buffer.clone() for buffer in module.buffers()]
    expected = model.predict_proba(X[:300])[:, 0]

    def probabilities(n):
        explained = explain_image(model, X[:n], target=0, batch_size=300)
        return np.array([explanation.probability for explanation in explained])

    sizes = (1, 2, 3, 60, 150, 300)
    for _ in range(20):
        module.train()
        found = in_threads([partial(probabilities, n) for n in sizes])
        for n, of_thread in zip(sizes, found):
            np.testing.assert_allclose(of_thread, expected[:n], atol=1e-4)
    for buffer, other in zip(module.buffers(), before):
        assert torch.equal(buffer, other)


def test_hooks_of_users_do_not_fire_on_what_is_looked_into():
    model = image_model("CNN")
    for method in ("grad_cam", "integrated_gradients", "occlusion"):
        explain = partial(explain_image, model, DIGITS[:1], method=method, target=1)
        assert calls_of(model.net_.module_, explain) == calls_of(
            model.net_.module_, partial(model.predict_proba, DIGITS[:1])
        )


@pytest.mark.parametrize("precision, atol", [("bfloat16", 0.2), ("float64", 1e-4)])
def test_other_precisions(precision, atol):
    made = [
        CNNClassifier(max_epochs=1, precision=of, random_state=0).fit(X[:200], Y[:200])
        for of in ("float32", precision)
    ]
    for method in ("grad_cam", "integrated_gradients", "occlusion"):
        (one,), (other,) = (
            explain_image(model, DIGITS[:1], method=method, target=0) for model in made
        )
        assert other.heat_map.dtype == np.float64
        largest = np.abs(one.heat_map).max()
        assert largest > 0
        np.testing.assert_allclose(
            other.heat_map, one.heat_map, rtol=0, atol=atol * largest
        )
