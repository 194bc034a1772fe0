import numpy as np
import pytest
import Stemmer as snowball

from sklearn_nn.preprocessing import Stemmer
from tests.preprocessing.sentences import read_sentences


def test_every_text_by_its_detected_language():
    texts = [
        "les chaussures légères sont arrivées",
        "the running shoes have arrived",
        "",
        "12 x 30",
    ]
    stems = Stemmer(languages=["fr", "en"]).fit_transform(texts)
    assert stems.tolist() == [
        "le chaussur léger sont arriv",
        "the run shoe have arriv",
        "",
        "12 x 30",
    ]


def test_a_detected_language_without_algorithm_stays():
    texts = ["  vitabu   vizuri vya watoto "]
    assert Stemmer(languages=["sw"]).transform(texts).tolist() == texts


def test_a_given_language_without_algorithm_is_refused_with_those_known():
    with pytest.raises(ValueError, match="language='sw'.*Snowball.* fr, .*'auto'"):
        Stemmer(language="sw").fit(["a"])
    with pytest.raises(ValueError, match="language='french'"):
        Stemmer(language="french").transform(["a"])


def test_norwegian_goes_by_any_of_its_codes():
    stems = {Stemmer(language=c).transform(["husene"])[0] for c in ("no", "nb", "nn")}
    assert stems == {"hus"}


def test_every_algorithm_has_a_code():
    from sklearn_nn.preprocessing._stemmer import _algorithms

    variants = {"porter", "dutch_porter"}
    assert set(_algorithms().values()) == set(snowball.algorithms()) - variants


def test_a_word_that_is_all_ending_stays():
    # In Turkish what follows an apostrophe is cut off; PyStemmer leaves "" of "'".
    assert snowball.Stemmer("turkish").stemWord("'") == ""
    assert Stemmer(language="tr").transform(["' evler"])[0] == "' ev"


def test_lone_surrogates_do_not_stop_a_run():
    assert Stemmer(language="en").transform(["\ud83d chairs"])[0] == "? chair"


@pytest.mark.parametrize("language", ["fr", "en", "de", "es", "it"])
def test_stems_are_those_of_pystemmer(data_home, language):
    sentences = read_sentences(data_home, language)
    stem = snowball.Stemmer(language).stemWord
    expected = [" ".join(map(stem, text.split())) for text in sentences]
    stems = Stemmer(language=language).transform(sentences)
    np.testing.assert_array_equal(stems, expected)
