import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from nltk.tokenize import NLTKWordTokenizer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline

from sklearn_nn.preprocessing import Tokenizer, _spacy
from tests.preprocessing.sentences import read_sentences

FRENCH = "L'homme n'a pas d'eau (5 %), aujourd'hui."


@pytest.mark.parametrize(
    "method, language, tokens",
    [
        ("split", "auto", "L'homme n'a pas d'eau (5 %), aujourd'hui."),
        ("word", "auto", "L'homme n ' a pas d'eau ( 5 % ) , aujourd'hui ."),
        ("spacy", "fr", "L' homme n' a pas d' eau ( 5 % ) , aujourd'hui ."),
        ("spacy", "en", "L'homme n'a pas d'eau ( 5 % ) , aujourd'hui ."),
    ],
)
def test_a_hand_made_example(method, language, tokens):
    if method == "word":
        tokens = " ".join(NLTKWordTokenizer().tokenize(FRENCH))
    tokenizer = Tokenizer(method=method, language=language)
    assert tokenizer.fit_transform([f" {FRENCH}\n"])[0] == tokens


@given(st.text())
def test_split_is_that_of_python_and_idempotent(text):
    once = Tokenizer().transform([text])
    assert once[0] == " ".join(text.split())
    assert Tokenizer().transform(once)[0] == once[0]


@pytest.mark.parametrize("text", ["", "  ", "\n\t\u00a0"])
@pytest.mark.parametrize("method", ["split", "word", "spacy"])
def test_texts_without_tokens_are_empty(method, text):
    assert Tokenizer(method=method).transform([text])[0] == ""


def test_spacy_takes_the_rules_of_each_detected_language():
    texts = ["I don't like these chairs at all", "l'eau de la rivière est très froide"]
    tokens = Tokenizer(method="spacy", languages=["en", "fr"]).transform(texts)
    assert tokens[0] == "I do n't like these chairs at all"
    assert tokens[1] == "l' eau de la rivière est très froide"


def test_a_detected_language_without_rules_is_cut_by_general_ones():
    # Swahili has no rules in spaCy.
    tokenizer = Tokenizer(method="spacy", languages=["sw"])
    assert tokenizer.transform(["habari, (rafiki)!"])[0] == "habari , ( rafiki ) !"


def test_norwegian_goes_by_any_of_its_codes():
    text = ["Han sa: «nei»."]
    results = {
        Tokenizer(method="spacy", language=code).transform(text)[0]
        for code in ("no", "nb", "nn")
    }
    assert results == {"Han sa : « nei » ."}


def test_runs_of_blanks_are_no_tokens():
    text = "two  chairs \n\n and\u00a0a table"
    tokens = Tokenizer(method="spacy", language="en").transform([text])
    assert tokens[0] == "two chairs and a table"


def test_memory_does_not_grow_with_the_vocabulary(monkeypatch):
    monkeypatch.setattr(_spacy, "_MOST_WORDS", 2000)
    texts = [f"word{i} isn't word{i}," for i in range(3000)]
    tokenizer = Tokenizer(method="spacy", language="en", batch_size=100)
    tokens = tokenizer.transform(texts)
    assert tokens.tolist() == [f"word{i} is n't word{i} ," for i in range(3000)]
    assert len(_spacy.load_tokenizer("en").vocab.strings) < 2200


def test_lone_surrogates_do_not_stop_a_run():
    tokens = Tokenizer(method="spacy", language="en").transform(["a \ud83d chair"])
    assert tokens[0] == "a ? chair"


def test_unknown_language_is_refused_with_those_known():
    tokenizer = Tokenizer(method="spacy", language="klingon")
    with pytest.raises(ValueError, match="language='klingon'.*tokeniser.* fr, .*auto"):
        tokenizer.fit(["a"])


def test_a_language_whose_rules_need_a_package_says_so():
    with pytest.raises(ImportError, match="(?i)sudachipy"):
        Tokenizer(method="spacy", language="ja").fit(["a"])


def test_unknown_method_is_refused():
    with pytest.raises(ValueError, match="'method' parameter of Tokenizer"):
        Tokenizer(method="treebank").fit(["a"])


def test_tokens_reach_a_vectoriser_as_they_are():
    vectorizer = CountVectorizer(token_pattern=r"\S+")
    pipeline = make_pipeline(Tokenizer(method="spacy", language="en"), vectorizer)
    pipeline.fit(["I don't."])
    assert set(vectorizer.vocabulary_) == {"i", "do", "n't", "."}


@pytest.mark.parametrize("language", ["fr", "en", "de", "es", "it"])
def test_tokens_are_those_of_spacy_and_nltk(data_home, language):
    sentences = read_sentences(data_home, language)
    tokens = Tokenizer(method="spacy", language=language).transform(sentences)
    pipeline = spacy.blank(language)
    expected = [
        " ".join(t.text for t in pipeline(text) if not t.is_space) for text in sentences
    ]
    np.testing.assert_array_equal(tokens, expected)
    tokens = Tokenizer(method="word").transform(sentences)
    tokenize = NLTKWordTokenizer().tokenize
    expected = [" ".join(tokenize(text)) for text in sentences]
    np.testing.assert_array_equal(tokens, expected)
