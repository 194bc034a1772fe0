"""Ids shifted by one: those of transformers, cut and padded on the right."""

import json
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import transformers

from sklearn_nn._pretrained.hub import load_tokenizer
from sklearn_nn._pretrained.tokens import token_matrix
from tests.pretrained.encoders import KINDS, MINILM, TEXTS, WORDS, make, make_tokenizer

LONG = "hot tea and milk " * 300


def reference(texts, folder, max_length):
    """What transformers gives, padded with zeros and shifted by one."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    rows = tokenizer(texts, truncation=True, max_length=max_length)["input_ids"]
    matrix = np.zeros((len(rows), max(map(len, rows))), dtype=np.int32)
    for row, ids in zip(matrix, rows, strict=True):
        row[: len(ids)] = np.add(ids, 1)
    return matrix


def byte_encoder(folder):
    """A tiny encoder whose tokenizer is written in Python."""
    make(folder, tokenizer=False, vocab_size=400)
    transformers.ByT5Tokenizer().save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize("max_length", [3, 5, 20])
@pytest.mark.filterwarnings("ignore:.*longer than max_length")
def test_ids_are_those_of_transformers(tmp_path, max_length):
    folders = [MINILM, byte_encoder(tmp_path / "bytes")]
    folders += [make(tmp_path / kind, kind) for kind in KINDS]
    for folder in folders:
        ids = token_matrix([*TEXTS, LONG], folder, max_length=max_length)
        assert ids.dtype == np.int32
        np.testing.assert_array_equal(
            ids, reference([*TEXTS, LONG], folder, max_length)
        )


def test_the_length_of_the_folder_itself_is_not_used():
    # It asks for 128 tokens and pads all to them.
    with pytest.warns(UserWarning, match="1 of 2 texts is longer"):
        ids = token_matrix([LONG, "tea"], MINILM, max_length=512)
    assert (ids > 0).sum(axis=1).tolist() == [512, 3]


@pytest.mark.parametrize("fast", [True, False])
def test_cut_texts_are_counted_in_one_warning(tmp_path, tiny, fast):
    folder = tiny if fast else byte_encoder(tmp_path)
    # Special tokens: two, or one at the end. "aaa" has as many bytes as words.
    exact, longer = ("a a a", "a a a a") if fast else ("aaaa", "aaaaa")
    with pytest.warns(UserWarning) as caught:
        token_matrix([exact, longer, longer * 9] * 1000, folder, max_length=5)
    assert [str(w.message) for w in caught] == [
        "This estimator: 2,000 of 3,000 texts are longer than max_length=5 tokens and "
        "cut. Raise max_length if the rest of them matters."
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        token_matrix([exact], folder, max_length=5)


def test_the_side_that_is_cut_is_the_tokenizer_s(tmp_path, tiny):
    make(tmp_path)
    path = tmp_path / "tokenizer_config.json"
    path.write_text(
        json.dumps(json.loads(path.read_text()) | {"truncation_side": "left"})
    )
    with pytest.warns(UserWarning, match="1 of 1 texts is longer"):
        last = token_matrix(["tea milk car"], tmp_path, max_length=3)
    np.testing.assert_array_equal(last, token_matrix(["car"], tiny, max_length=3))


def test_halves_of_characters_are_replaced(tiny):
    ids = token_matrix(["tea \ud800 tea"], tiny, max_length=9)
    np.testing.assert_array_equal(ids, token_matrix(["tea ? tea"], tiny, max_length=9))


def test_threads_may_ask_for_different_lengths(tiny):
    def rows(max_length):
        return [token_matrix([" ".join(WORDS)] * 200, tiny, max_length=max_length)]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with ThreadPoolExecutor(4) as executor:
            for [ids], length in zip(
                executor.map(rows, [4, 8, 6, 10] * 5), [4, 8, 6, 10] * 5, strict=True
            ):
                assert ids.shape == (200, length)


def test_a_tokenizer_of_another_model_is_noticed(tmp_path):
    make(tmp_path)
    words = ["<unk>", "<s>", "</s>", "<pad>", *WORDS, *"abcdefgh"]
    make_tokenizer(words).save_pretrained(tmp_path)
    token_matrix(["red"], tmp_path, max_length=9)
    with pytest.raises(ValueError, match="gives the id 23, but the encoder knows 16"):
        token_matrix(["red", "h"], tmp_path, max_length=9)


def test_a_tokenizer_is_loaded_once(tiny):
    assert load_tokenizer(tiny) is load_tokenizer(tiny)
