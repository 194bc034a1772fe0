"""Pooled features: those of a plain loop, each computed once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from transformers import AutoModel

from sklearn_nn._pretrained import features as module
from sklearn_nn._pretrained import frozen
from sklearn_nn._pretrained.cache import MEMORY
from sklearn_nn._pretrained.features import pooled_features
from sklearn_nn._pretrained.precision import has_fast_bfloat16
from sklearn_nn.modules.transformer import PooledTransformer
from tests.pretrained.encoders import KINDS, MINILM, TEXTS, WORDS, make, plain

POSTS = [
    "The engine of my old car makes a strange noise.",
    "",
    "Which tea goes with milk, and which with lemon? I would like to know.",
    "Goal!",
    "\U0001f680 caf\u00e9 \u8336",
]


def pooled(texts, folder, **options):
    defaults = {"model_name": folder, "precision": "float32", "max_length": 20}
    return pooled_features(texts, **(defaults | options))


@pytest.fixture
def passes(monkeypatch):
    """The number of texts in every batch that an encoder has read."""
    seen = []
    forward = PooledTransformer.forward

    def counting(self, x):
        seen.append(len(x))
        return forward(self, x)

    monkeypatch.setattr(PooledTransformer, "forward", counting)
    return seen


@pytest.mark.parametrize("pooling", ["mean", "cls", "pooler"])
@pytest.mark.parametrize("batch_size", [2, 64])
def test_real_weights_give_what_a_plain_loop_gives(pooling, batch_size):
    expected = plain(POSTS, MINILM, pooling)
    features = pooled(POSTS, MINILM, pooling=pooling, batch_size=batch_size)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, expected, atol=2e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_any_encoder_gives_what_a_plain_loop_gives(tmp_path, kind, pooling):
    folder = make(tmp_path, kind)
    features = pooled(TEXTS, folder, pooling=pooling, batch_size=2)
    assert features.shape == (5, 16)
    assert np.ptp(features, axis=0).min() > 1e-3
    np.testing.assert_allclose(features, plain(TEXTS, folder, pooling), atol=1e-6)


@pytest.mark.parametrize("precision, digits", [("float32", 1e-6), ("bfloat16", 1e-2)])
def test_a_text_does_not_depend_on_its_neighbours(precision, digits):
    options = {"precision": precision, "batch_size": 2}
    together = pooled(POSTS, MINILM, **options)
    for rows in ([4, 2, 0, 3, 1], [2], [1, 1, 3]):
        MEMORY.clear()
        some = pooled([POSTS[row] for row in rows], MINILM, **options)
        np.testing.assert_allclose(some, together[rows], atol=digits)


def test_bfloat16_is_taken_where_it_is_fast():
    device = torch.device("cpu")
    auto = pooled(POSTS, MINILM, device="cpu", precision="auto")
    name = "bfloat16" if has_fast_bfloat16(device) else "float32"
    known = len(MEMORY.get(MEMORY._vectors))
    np.testing.assert_array_equal(auto, pooled(POSTS, MINILM, precision=name))
    assert len(MEMORY.get(MEMORY._vectors)) == known
    exact = pooled(POSTS, MINILM, precision="float64")
    np.testing.assert_allclose(auto, exact, atol=1e-2)
    np.testing.assert_allclose(pooled(POSTS, MINILM), exact, atol=1e-6)


def test_a_processor_without_the_instructions_computes_in_float32(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
    assert not has_fast_bfloat16(torch.device("cpu"))
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    assert has_fast_bfloat16(torch.device("cpu"))
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert not has_fast_bfloat16(torch.device("cpu"))


def test_what_is_known_is_not_computed_again(tiny, passes):
    first = pooled(TEXTS * 3, tiny, batch_size=3)
    assert Counter(passes) == {3: 1, 2: 1}
    np.testing.assert_array_equal(pooled(TEXTS[::-1], tiny), first[4::-1])
    assert sum(passes) == 5
    pooled([*TEXTS, "new tea"], tiny)
    assert passes[2:] == [1]


@pytest.mark.parametrize(
    "change", [{"pooling": "cls"}, {"max_length": 5}, {"precision": "float64"}]
)
@pytest.mark.filterwarnings("ignore:.*longer than max_length")
def test_other_features_are_computed_anew(tiny, passes, change):
    pooled(TEXTS, tiny)
    pooled(TEXTS, tiny, **change)
    assert sum(passes) == 10


def test_other_weights_in_the_same_folder_are_noticed(tmp_path, passes):
    make(tmp_path)
    first = pooled(TEXTS, tmp_path)
    make(tmp_path, seed=1)
    second = pooled(TEXTS, tmp_path)
    assert sum(passes) == 10
    assert np.abs(first - second).min() > 0
    np.testing.assert_allclose(second, plain(TEXTS, tmp_path), atol=1e-6)


def test_two_encoders_stay_loaded(tiny, tmp_path, monkeypatch):
    others = [make(tmp_path / str(seed), seed=seed) for seed in (1, 2)]
    loaded = []
    load = module.PooledTransformer

    def counting(name, *rest):
        loaded.append(name)
        return load(name, *rest)

    monkeypatch.setattr(module, "PooledTransformer", counting)
    monkeypatch.setattr(frozen, "_LOADED", type(frozen._LOADED)())
    for step, folder in enumerate([tiny, others[0], tiny, others[1], tiny, others[0]]):
        pooled([f"tea {step}"], folder)
    assert loaded == [tiny, *others, others[0]]
    assert len(frozen._LOADED) == 2


def test_threads_get_the_same(tiny, passes):
    texts = [f"{a} {b}" for a in WORDS for b in WORDS]
    with ThreadPoolExecutor(4) as executor:
        shifted = [texts[i * 9 :] + texts[: i * 9] for i in range(4)]
        results = list(executor.map(lambda rows: pooled(rows, tiny), shifted))
    MEMORY.clear()
    expected = pooled(texts, tiny)
    for i, result in enumerate(results):
        np.testing.assert_allclose(np.roll(result, i * 9, axis=0), expected, atol=1e-6)


def test_cut_texts_are_counted_once_with_their_duplicates(tiny):
    long = "hot tea and milk " * 9
    with pytest.warns(UserWarning) as caught:
        pooled([*TEXTS, long, long], tiny, caller="Somebody")
    assert [str(w.message) for w in caught] == [
        "Somebody: 2 of 7 texts are longer than max_length=20 tokens and cut. Raise "
        "max_length if the rest of them matters."
    ]
    assert caught[0].filename == __file__


def test_a_random_pooling_layer_is_refused(tmp_path):
    make(tmp_path)
    model = AutoModel.from_pretrained(tmp_path, add_pooling_layer=False)
    model.save_pretrained(tmp_path)
    before = torch.get_rng_state()
    with pytest.raises(ValueError, match="leave out the pooling layer"):
        pooled(TEXTS, tmp_path, pooling="pooler")
    features = pooled(TEXTS, tmp_path)
    assert torch.equal(torch.get_rng_state(), before)
    with torch.random.fork_rng():
        np.testing.assert_allclose(features, plain(TEXTS, tmp_path), atol=1e-6)
        # Whoever trains it may start it at random.
        model = PooledTransformer(tmp_path, pooling="pooler")
    assert model.untrained == {"pooler.dense.weight", "pooler.dense.bias"}


def test_a_batch_that_does_not_fit_names_the_cure(tiny, monkeypatch):
    def forward(self, x):
        return torch.empty(2**60, dtype=torch.int8)

    monkeypatch.setattr(PooledTransformer, "forward", forward)
    with pytest.raises(MemoryError, match="Lower batch_size=64, or max_length"):
        pooled(TEXTS, tiny)


def test_other_errors_pass(tiny, monkeypatch):
    def forward(self, x):
        raise RuntimeError("something else")

    monkeypatch.setattr(PooledTransformer, "forward", forward)
    with pytest.raises(RuntimeError, match="something else"):
        pooled(TEXTS, tiny)
