import re

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from stop_words import get_stop_words

from sklearn_nn.preprocessing import StopWordRemover, Tokenizer
from tests.preprocessing.sentences import read_sentences


@pytest.mark.parametrize(
    "language, text, kept",
    [
        ("fr", "L'homme n'a pas d'eau", "homme eau"),
        ("fr", "L’homme n’a pas d’eau", "homme eau"),
        ("fr", "L' homme n' a pas d' eau", "homme eau"),
        ("fr", "l'eau qu'il boit jusqu'au soir", "eau boit soir"),
        ("fr", "qu'elle est quelqu'un d'aujourd'hui", "aujourd'hui"),
        ("it", "l'arte dell'antica Roma nell’acqua", "arte antica Roma acqua"),
        ("ca", "l'aigua d'Alacant", "aigua Alacant"),
        ("en", "I don't think we're in Kansas, it’s Oz", "think Kansas, Oz"),
        ("en", "The Cat AND the dog", "Cat dog"),
        ("de", "der Hund und die Katze", "Hund Katze"),
        ("es", "el perro y la gata", "perro gata"),
    ],
)
def test_a_hand_made_example(language, text, kept):
    remover = StopWordRemover(language=language)
    assert remover.fit_transform([text])[0] == kept


def test_an_apostrophe_without_elision_cuts_nothing_off():
    remover = StopWordRemover(language="fr")
    assert (
        remover.transform(["rock'n'roll O'Neill 'x'"])[0] == "rock'n'roll O'Neill 'x'"
    )


def test_every_text_by_its_detected_language():
    texts = [
        "une très belle table pour les enfants",
        "a very nice table for the children",
        "",
        "12 x 30",
    ]
    kept = StopWordRemover(languages=["fr", "en"]).transform(texts)
    assert kept.tolist() == [
        "belle table enfants",
        "nice table children",
        "",
        "12 x 30",
    ]


@given(st.lists(st.sampled_from("l' d'un qu'il d'l'eau l'l' le O'N don't x".split())))
@pytest.mark.parametrize("language", ["fr", "en"])
def test_nothing_is_left_for_a_second_time(language, words):
    remover = StopWordRemover(language=language)
    once = remover.transform([" ".join(words)])
    assert remover.transform(once)[0] == once[0]


def test_sources_are_the_lists_of_the_packages():
    spacy_words = spacy.blank("de").Defaults.stop_words
    package_words = set(get_stop_words("de"))
    text = " ".join(sorted(spacy_words | package_words))
    for source, words in (
        ("spacy", spacy_words),
        ("stop-words", package_words),
        ("both", spacy_words | package_words),
    ):
        remover = StopWordRemover(source=source, language="de")
        assert set(remover.transform([text])[0].split()) == set(text.split()) - words


def test_norwegian_goes_by_any_of_its_codes():
    for source in ("spacy", "stop-words"):
        for code in ("no", "nb"):
            remover = StopWordRemover(source=source, language=code)
            assert remover.transform(["katten og hunden"])[0] == "katten hunden"


def test_extra_words_of_all_texts():
    texts = ["une Table l'été", "a table", "table 1", "meza"]
    remover = StopWordRemover(extra_words={"table"}, languages=["fr", "en", "sw"])
    assert remover.transform(texts).tolist() == ["été", "", "1", "meza"]


def test_extra_words_of_one_language():
    extra_words = {"fr": ["Lot", "l'unité"], "en": ("pack",), "sw": ["meza"]}
    for language, kept in (("fr", "pack meza"), ("en", "lot meza l’unité")):
        remover = StopWordRemover(extra_words=extra_words, language=language)
        assert remover.transform(["lot pack meza l’unité"])[0] == kept
    remover = StopWordRemover(extra_words=extra_words, language="sw")
    assert remover.transform(["the lot meza"])[0] == "the lot"


def test_unknown_language_is_refused_with_those_known():
    remover = StopWordRemover(source="stop-words", language="eu")
    with pytest.raises(ValueError, match="language='eu'.*source='stop-words'.* fr, "):
        remover.fit(["a"])
    assert StopWordRemover(language="eu").fit_transform(["eta etxe"])[0] == "etxe"


@pytest.mark.parametrize(
    "extra_words, message",
    [
        (["two words"], "'two words'"),
        ([" padded"], "' padded'"),
        ([""], "''"),
        ([3], "holds 3"),
        ("word", "'extra_words' parameter of StopWordRemover"),
        ({"french": ["lot"]}, "'french'"),
        ({"fr": "lot"}, r"extra_words\['fr'\] must be a list"),
    ],
)
def test_wrong_extra_words_are_refused(extra_words, message):
    remover = StopWordRemover(extra_words=extra_words)
    with pytest.raises(ValueError, match=message):
        remover.fit(["a"])
    with pytest.raises(ValueError, match=message):
        remover.transform(["a"])


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "it"])
def test_what_goes_is_what_spacy_calls_a_stop_word(data_home, language):
    sentences = read_sentences(data_home, language, n=701)
    tokens = Tokenizer(method="spacy", language=language).transform(sentences)
    vocab = spacy.blank(language).vocab
    # Elided words that spaCy's lists lack; nor have they all of both apostrophes.
    more = {"fr": "jusqu' lorsqu'", "it": "all' nell' quell' sull'"}.get(language, "")

    def is_stop(word):
        straight = word.replace("’", "'") if language in ("fr", "it") else word
        return vocab[straight].is_stop or straight.lower() in more.split()

    expected = [" ".join(w for w in t.split() if not is_stop(w)) for t in tokens]
    kept = StopWordRemover(language=language).transform(tokens)
    np.testing.assert_array_equal(kept, expected)


@pytest.mark.parametrize("language", ["fr", "it"])
def test_cutting_elided_words_first_or_not_leaves_the_same(data_home, language):
    sentences = read_sentences(data_home, language)
    tokens = Tokenizer(method="spacy", language=language).transform(sentences)
    elided = r"(?i)\b((?:l|d|n|qu|all|dell|nell|sull)['’]) (?=\w)"
    glued = [re.sub(elided, r"\1", text) for text in tokens]
    assert sum(map(str.__ne__, tokens, glued)) > len(tokens) / 4
    remover = StopWordRemover(language=language)
    np.testing.assert_array_equal(remover.transform(glued), remover.transform(tokens))
