"""explain_text inside networks: integrated gradients and attention."""

import copy
import sys
import time
from functools import partial

import numpy as np
import pytest
import torch
import transformers
from sklearn.base import clone
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.pipeline import make_pipeline

from sklearn_nn.inspection import explain_text, explanation_agreement
from sklearn_nn.inspection._module_twins import differentiable, twin_of
from sklearn_nn.model_selection import LabelEncodingClassifier
from sklearn_nn.neural_network import BiGRUClassifier, MLPClassifier
from sklearn_nn.preprocessing import TextCleaner
from tests.inspection.explanation_cases import (
    FOLDER,
    ODD,
    TEXTS,
    TOPICS,
    calls_of,
    ids,
    in_threads,
    net_of,
    state_of,
    text_model,
    token_networks,
)

NETWORKS = ["MLP", "counts", "BiGRU", "TextCNN", "MoE", "frozen", "tuned"]
WITH_ATTENTION = ["BiGRU", "frozen", "tuned"]
# Words that every model knows, so that no token lies outside a word.
PLAIN = ["hot tea", "a red car is fast", "the engine"]


def gradients(model, texts, **options):
    options = {"n_steps": 300, "target": "drinks"} | options
    return explain_text(model, texts, method="integrated_gradients", **options)


def probability_of_nothing(name, model, text):
    """Return the probability of "drinks" where integration starts."""
    net = net_of(model)
    if name in ("MLP", "counts"):
        return model.predict_proba([""])[0, 0]
    if name in ("frozen", "tuned"):
        # As many padding tokens, which are attended to, between the special ones.
        n_words = len(text.split())
        pad, start, end = 7, 1, 2
        module = copy.deepcopy(net.net_.module_).eval()
        x = torch.tensor([[start, *[pad] * n_words, end]])
        encoder = transformers.AutoModel.from_pretrained(FOLDER.name)
        if name == "tuned":
            return module(x + 1).softmax(1)[0, 0].item()
        vectors = encoder.eval()(x).last_hidden_state.mean(1)
        logits = module(vectors.to(module.output.weight))
        return logits.softmax(1)[0, 0].item()
    twin = copy.deepcopy(net)
    module = twin.net_.module_
    with torch.no_grad():
        layer = module.embedding if hasattr(module, "embedding") else module.input
        layer.weight.zero_()
    return twin.predict_proba(model[0].transform([text]))[0, 0]


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_add_up_to_the_probability(name):
    model = text_model(name)
    for explanation, text in zip(gradients(model, PLAIN), PLAIN):
        gain = explanation.probability - probability_of_nothing(name, model, text)
        assert explanation.weights.sum() == pytest.approx(gain, abs=5e-4)
        assert explanation.weights.any()


@pytest.mark.parametrize("name", NETWORKS)
def test_odd_texts_are_explained(name):
    model = text_model(name)
    for explanation, text in zip(gradients(model, ODD, n_steps=5), ODD):
        assert explanation.text == text
        assert [text[a:b] for a, b in zip(explanation.starts, explanation.ends)] == (
            list(explanation.words)
        )
        assert np.isfinite(explanation.weights).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_of_the_network_changes(name):
    model = text_model(name)
    module = net_of(model).net_.module_
    module.train()
    list(module.parameters())[0].requires_grad_(False)
    before, draws = state_of(model), torch.get_rng_state()
    try:
        gradients(model, PLAIN, n_steps=3)
        if name in WITH_ATTENTION:
            explain_text(model, PLAIN, method="attention")
        assert state_of(model) == before
        assert not any(part.training for part in module.modules())
        assert torch.equal(torch.get_rng_state(), draws)
    finally:
        module.eval()
        list(module.parameters())[0].requires_grad_(True)


def test_batches_of_steps_change_nothing():
    model = text_model("BiGRU")
    for one, other in zip(
        gradients(model, PLAIN), gradients(model, PLAIN, batch_size=7)
    ):
        np.testing.assert_allclose(one.weights, other.weights, atol=1e-6)


def test_bigru_shows_its_attention():
    model = text_model("BiGRU")
    text = "red, tea ... car"
    (explanation,) = explain_text(model, [text], method="attention")
    known = model[-1].attention(model[0].transform([text]))[0]
    assert explanation.words == ("red", "tea", "car")
    np.testing.assert_allclose(explanation.weights, known[:3])
    assert explanation.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("name", ["frozen", "tuned"])
def test_rollout_is_the_product_of_the_layers(name):
    model = text_model(name)
    (explanation,) = explain_text(model, [PLAIN[1]], method="attention")
    encoder = transformers.AutoModel.from_pretrained(
        FOLDER.name, attn_implementation="eager"
    ).eval()
    if name == "tuned":
        encoder.load_state_dict(model.net_.module_.backbone.encoder.state_dict())
    tokens = transformers.AutoTokenizer.from_pretrained(FOLDER.name)
    with torch.no_grad():
        inputs = tokens(PLAIN[1], return_tensors="pt")["input_ids"]
        layers = encoder(inputs, output_attentions=True).attentions
    rollout = np.eye(inputs.shape[1])
    for layer in layers:
        rollout = (layer[0].mean(0).numpy() + np.eye(len(rollout))) / 2 @ rollout
    np.testing.assert_allclose(
        explanation.weights, rollout.mean(0)[1:-1], rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("pooling", ["cls", "pooler"])
def test_rollout_of_the_first_token(pooling):
    model = clone(text_model("tuned")).set_params(pooling=pooling, max_epochs=1)
    model.fit(TEXTS, TOPICS)
    (explanation,) = explain_text(model, [PLAIN[1]], method="attention")
    assert (explanation.weights > 0).all()
    assert explanation.weights.sum() < 1


@pytest.mark.parametrize(
    "truncation, read",
    [("head", [1, 1, 0, 0]), ("tail", [0, 0, 1, 1]), ("both", [1, 0, 0, 1])],
)
def test_what_is_cut_off_weighs_nothing(truncation, read):
    model = make_pipeline(
        ids(max_length=2, truncation=truncation), token_networks()["TextCNN"]
    ).fit(TEXTS, TOPICS)
    (explanation,) = gradients(model, ["tea, -- red engine car"])
    assert explanation.words == ("tea", "red", "engine", "car")
    assert ((explanation.weights != 0) == read).all()


def test_a_transformer_that_cuts():
    model = clone(text_model("tuned")).set_params(max_length=4, max_epochs=1)
    with pytest.warns(UserWarning, match="longer than max_length=4"):
        model.fit(TEXTS, TOPICS)
    with pytest.warns(UserWarning, match="longer than max_length=4"):
        explained = gradients(model, ["hot tea and milk"], n_steps=5)
    assert (explained[0].weights != 0).tolist() == [True, True, False, False]


def test_tokens_with_punctuation_belong_to_their_word():
    model = make_pipeline(ids(strip_punctuation=False), token_networks()["BiGRU"]).fit(
        TEXTS, TOPICS
    )
    (explanation,) = explain_text(model, ["(tea) -- isn't car."], method="attention")
    assert explanation.words == ("tea", "isn't", "car")
    known = model[-1].attention(model[0].transform([explanation.text]))[0]
    # The dashes are a token but no word.
    np.testing.assert_allclose(explanation.weights, known[[0, 2, 3]])


def test_the_text_that_reaches_the_vectoriser_is_explained():
    model = make_pipeline(
        TextCleaner(lowercase=True), "passthrough", ids(), token_networks()["BiGRU"]
    ).fit(TEXTS, TOPICS)
    for method in ("integrated_gradients", "attention"):
        (explanation,) = explain_text(model, ["A RED Car"], method=method)
        assert explanation.text == model[0].transform(["A RED Car"])[0] != "A RED Car"
    (explanation,) = explain_text(model, ["A RED Car"], method="occlusion")
    assert explanation.text == "A RED Car"


def test_wrapped_pipelines_are_looked_into():
    inner = text_model("BiGRU")
    model = LabelEncodingClassifier(estimator=clone(inner)).fit(TEXTS, TOPICS)
    found = gradients(model, PLAIN, n_steps=20)
    for one, other in zip(found, gradients(inner, PLAIN, n_steps=20)):
        np.testing.assert_allclose(one.weights, other.weights, atol=1e-6)


def test_a_term_of_two_words_is_shared_by_both():
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(2, 2), token_pattern=r"\w+"),
        MLPClassifier(hidden_layer_sizes=(4,), max_epochs=30, lr=0.05, random_state=0),
    ).fit(TEXTS, TOPICS)
    (explanation,) = gradients(model, ["red car"])
    assert explanation.weights[0] == explanation.weights[1] != 0


def test_terms_that_cross_white_space_are_refused():
    model = make_pipeline(
        TfidfVectorizer(token_pattern=r"\w+ \w+"), MLPClassifier(max_epochs=1)
    ).fit(TEXTS, TOPICS)
    with pytest.raises(ValueError, match="method='lime' and method='occlusion' do"):
        gradients(model, TEXTS[:1])


@pytest.mark.parametrize("precision, atol", [("bfloat16", 0.02), ("float64", 1e-4)])
def test_other_precisions(precision, atol):
    made = [
        clone(text_model("BiGRU")).set_params(bigruclassifier__precision=of)
        for of in ("float32", precision)
    ]
    explained = [gradients(model.fit(TEXTS, TOPICS), PLAIN) for model in made]
    for one, other in zip(*explained):
        assert other.weights.dtype == np.float64
        assert np.abs(one.weights).max() > 0.01
        np.testing.assert_allclose(other.weights, one.weights, rtol=0, atol=atol)


def test_the_text_that_was_given_is_kept():
    model = make_pipeline(TextCleaner(lowercase=True), text_model("linear"))
    model.fit(TEXTS, TOPICS)
    (explanation,) = explain_text(model, ["A RED Car"], method="occlusion")
    assert explanation.given == explanation.text == "A RED Car"
    network = make_pipeline(
        TextCleaner(lowercase=True), ids(), token_networks()["BiGRU"]
    ).fit(TEXTS, TOPICS)
    explained = explain_text(network, ["A RED Car"], method="attention")
    assert explained[0].given == "A RED Car" != explained[0].text
    agreement = explanation_agreement([explanation], explained)
    assert agreement.n_common[0] == 3


def test_hooks_of_users_do_not_fire_on_what_is_differentiated():
    model = text_model("BiGRU")
    explain = partial(gradients, model, PLAIN[:1])
    module = model[-1].net_.module_
    assert calls_of(module, explain) == calls_of(
        module, partial(model.predict_proba, PLAIN[:1])
    )


def test_hooks_that_a_module_works_by_stay():
    layer = torch.nn.utils.spectral_norm(torch.nn.Linear(3, 2))
    layer.register_forward_hook(lambda *_: None)
    layer.register_full_backward_hook(partial(print))
    twin = twin_of(layer)
    assert [type(hook).__name__ for hook in twin._forward_pre_hooks.values()] == (
        ["SpectralNorm"]
    )
    assert not twin._forward_hooks and not twin._backward_hooks
    assert len(layer._forward_hooks) == len(layer._backward_hooks) == 1


def test_threads_take_turns_without_cudnn():
    network, cuda = torch.nn.GRU(2, 2), torch.device("cuda")
    enabled = torch.backends.cudnn.enabled
    inside = []

    def run():
        for _ in range(20):
            with differentiable(network, cuda):
                inside.append(1)
                time.sleep(1e-4)
                assert (len(inside), torch.backends.cudnn.enabled) == (1, False)
                inside.pop()
        return True

    assert in_threads([run] * 4) == [True] * 4
    assert torch.backends.cudnn.enabled == enabled


def test_cudnn_is_left_alone_where_it_is_in_nobodys_way(monkeypatch):
    def refuse(**_):
        raise AssertionError("a setting of the whole process")

    monkeypatch.setattr(torch.backends.cudnn, "flags", refuse)
    gradients(text_model("BiGRU"), PLAIN[:1], n_steps=2)
    with differentiable(torch.nn.Linear(2, 2), torch.device("cuda")):
        pass


@pytest.mark.parametrize("word", ["नमस्ते", "cafe\u0301", "😀", "c++", "(c#)", "_hot_"])
def test_odd_words_keep_their_weights(word):
    texts = [f"{text} {word}" for text in TEXTS[:6]] + TEXTS[6:]
    pipelines = [
        make_pipeline(ids(strip_punctuation=False), token_networks()["TextCNN"]),
        make_pipeline(
            TfidfVectorizer(token_pattern=r"\S+"),
            MLPClassifier(max_epochs=5, random_state=0),
        ),
    ]
    for model in pipelines:
        model.fit(texts, TOPICS)
        (explanation,) = gradients(model, [f"tea {word}, engine"])
        assert len(explanation.words) == 3
        assert explanation.words[1] in word
        assert (explanation.weights[::2] != 0).all()
        lone = gradients(model, [word])[0]
        assert lone.weights.shape == (1,)
        assert lone.weights[0] != 0


@pytest.mark.parametrize(
    "model, methods",
    [
        (text_model("TextCNN"), "'lime', 'occlusion', 'integrated_gradients'"),
        (text_model("linear"), "'lime', 'occlusion'"),
    ],
    ids=["TextCNN", "linear"],
)
def test_without_attention_the_other_methods_are_named(model, methods):
    with pytest.raises(ValueError, match=f"Those that fit: {methods}.$"):
        explain_text(model, PLAIN, method="attention")


def test_gradients_need_words_before_the_network():
    model = make_pipeline(
        HashingVectorizer(n_features=64), MLPClassifier(max_epochs=1, random_state=0)
    ).fit(TEXTS, TOPICS)
    with pytest.raises(ValueError, match="Pipeline of HashingVectorizer and MLPClass"):
        gradients(model, PLAIN)


def test_ids_alone_are_no_texts():
    net = BiGRUClassifier(embedding_dim=4, hidden_size=4, max_epochs=1, random_state=0)
    net.fit(ids().fit_transform(TEXTS), TOPICS)
    with pytest.raises(ValueError, match="SequenceVectorizer turns texts into token"):
        explain_text(net, PLAIN)


def test_without_captum_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(ImportError, match=r"pip install sklearn_nn\[explain\]"):
        gradients(text_model("BiGRU"), PLAIN)
    explain_text(text_model("BiGRU"), PLAIN, method="attention")
