"""Ids shifted by one: those of transformers, cut and padded on the right."""

import json
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import pytest
import transformers
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from sklearn_nn._pretrained import tokens
from sklearn_nn._pretrained.hub import load_tokenizer
from sklearn_nn._pretrained.tokens import encode, token_matrix
from tests.pretrained.encoders import KINDS, MINILM, TEXTS, WORDS, make, make_tokenizer

LONG = "hot tea and milk " * 300


def reference(texts, folder, max_length):
    """What transformers gives, padded with zeros and shifted by one."""
    tokenizer = _tokenizer(folder)
    rows = tokenizer(texts, truncation=True, max_length=max_length)["input_ids"]
    matrix = np.zeros((len(rows), max(map(len, rows))), dtype=np.int32)
    for row, ids in zip(matrix, rows, strict=True):
        row[: len(ids)] = np.add(ids, 1)
    return matrix


@lru_cache
def _tokenizer(folder):
    return transformers.AutoTokenizer.from_pretrained(folder)


def byte_encoder(folder):
    """A tiny encoder whose tokenizer is written in Python."""
    make(folder, tokenizer=False, vocab_size=400)
    transformers.ByT5Tokenizer().save_pretrained(folder)
    return str(folder)


def pair_encoder(folder):
    """A tiny encoder whose tokenizer merges bytes, spaces and words' ends with them."""
    make(folder, tokenizer=False, vocab_size=400)
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<pad>"],
        show_progress=False,
    )
    backend.train_from_iterator([" ".join(WORDS), "tea   milk\n\n car.  "] * 3, trainer)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>"
    ).save_pretrained(folder)
    return str(folder)


def left_encoder(folder):
    """A tiny encoder whose tokenizer keeps the end of a text."""
    make(folder)
    path = folder / "tokenizer_config.json"
    path.write_text(
        json.dumps(json.loads(path.read_text()) | {"truncation_side": "left"})
    )
    return str(folder)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Encoders with tokenizers of all sorts."""
    made = {"real": MINILM, "words": make(tmp_path_factory.mktemp("words"))}
    for build in (byte_encoder, pair_encoder, left_encoder):
        made[build.__name__] = build(tmp_path_factory.mktemp(build.__name__))
    return made


@pytest.fixture
def read(monkeypatch):
    """The batches of texts that a fast tokenizer has got."""
    batches = []
    make_encoder = tokens._fast_encoder

    def listening(*args):
        encoded = make_encoder(*args)
        return lambda texts: batches.append(texts) or encoded(texts)

    monkeypatch.setattr(tokens, "_fast_encoder", listening)
    return batches


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


def test_the_side_that_is_cut_is_the_tokenizer_s(folders, tiny):
    for text in ("tea milk car", "tea milk " * 100 + "car"):
        with pytest.warns(UserWarning, match="1 of 1 texts is longer"):
            last = token_matrix([text], folders["left_encoder"], max_length=3)
        np.testing.assert_array_equal(last, token_matrix(["car"], tiny, max_length=3))


# Words, parts of words and what stands between them, again and again: a text is long
# beside the few tokens asked for, and has its spaces anywhere or nowhere.
PIECES = st.one_of(
    st.sampled_from([*WORDS, "x" * 90, "don't", "été", "茶", "👩\u200d🚀", "ﬁ"]),
    st.text(max_size=6),
)
GAPS = st.sampled_from([*" -\n\t\xa0\u2003\x1c\u0301", "", "   ", ".\n ", "\r\n"])
LONG_TEXTS = st.lists(st.tuples(PIECES, GAPS, st.integers(1, 60)), max_size=5).map(
    lambda parts: "".join((piece + gap) * n for piece, gap, n in parts)
)


@pytest.mark.parametrize(
    "kind", ["real", "words", "byte_encoder", "pair_encoder", "left_encoder"]
)
@given(texts=st.lists(LONG_TEXTS, min_size=1, max_size=4), max_length=st.integers(3, 8))
@example(texts=["tea" + " " * 500 + "milk car"], max_length=4)
@example(texts=["tea " + "x" * 500 + " milk"], max_length=6)
@example(texts=["tea" + " " * 45 + "x" * 500, "tea " * 200], max_length=3)
def test_long_texts_become_the_ids_of_the_whole(folders, kind, texts, max_length):
    folder = folders[kind]
    ids, is_cut = encode(texts, folder, None, max_length)
    np.testing.assert_array_equal(ids, reference(texts, folder, max_length))
    whole = load_tokenizer(folder)(texts, truncation=False, padding=False)["input_ids"]
    assert is_cut.tolist() == [len(row) > max_length for row in whole]


def test_a_book_is_read_no_further_than_needed(tiny, read):
    book = "red tea and " * 100_000
    ids, is_cut = encode([book, "hot tea", book], tiny, None, 20)
    assert is_cut.tolist() == [True, False, True]
    np.testing.assert_array_equal(
        ids, reference([book[:300], "hot tea", book[:300]], tiny, 20)
    )
    [batch] = read
    assert max(map(len, batch)) < 20 * 20


def test_a_book_without_enough_words_is_read_to_its_end(tiny, read):
    # The first pages have a word each.
    book = ("tea" + " " * 400) * 3 + "red car " * 10
    ids, is_cut = encode([book], tiny, None, 20)
    assert [len(text) for [text] in read] == [3, len(book)]
    assert is_cut.tolist() == [True]
    np.testing.assert_array_equal(ids, reference([book], tiny, 20))


def test_tokens_beside_the_cut_are_not_relied_on(tmp_path):
    make(tmp_path, tokenizer=False, vocab_size=20)
    tokenizer = make_tokenizer(["<unk>", "<s>", "</s>", "<pad>", *WORDS])
    # The cut falls into this one token, and leaves four words.
    tokenizer.add_tokens(["green milk hot engine"])
    tokenizer.save_pretrained(tmp_path)
    text = "red" + " " * 43 + "green milk hot engine" + " tea" * 20
    ids, _ = encode([text], tmp_path, None, 4)
    np.testing.assert_array_equal(ids, reference([text], str(tmp_path), 4))


def test_batches_are_bounded_by_number_and_by_characters(tiny, read, monkeypatch):
    monkeypatch.setattr(tokens, "_BATCH", 4)
    monkeypatch.setattr(tokens, "_BATCH_CHARACTERS", 20)
    texts = [
        "red tea",
        "hot tea",
        "a",
        "the fast red car is hot and fast",
        "",
        *"aaaaa",
    ]
    ids, _ = encode(texts, tiny, None, 20)
    assert [len(batch) for batch in read] == [3, 1, 4, 2]
    np.testing.assert_array_equal(ids, reference(texts, tiny, 20))
    assert encode([], tiny, None, 20)[0].shape == (0, 0)


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
