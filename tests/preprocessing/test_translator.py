"""Which rows are sent, how they are cut and put together, and what is refused."""

import pickle
import random
import subprocess
import sys
import warnings

import deep_translator
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline

from sklearn_nn.preprocessing import TranslationWarning, Translator
from sklearn_nn.preprocessing._translation.chunks import Key, cut, group
from tests.preprocessing.translation_server import (
    refuse,
    serving,
    status,
    translation,
    translator,
)

ENGLISH = [
    "a wooden table for the living room and four chairs",
    "the garden has an old tree and a small house",
]
FRENCH = "une table basse en bois massif pour le salon"
GERMAN = "ein alter Schrank aus Holz mit zwei großen Türen"


@pytest.fixture
def server():
    with serving() as server:
        yield server


def shout(texts):
    return [text.upper() for text in texts]


class Shouter:
    """An object as a backend, which remembers what it was asked."""

    def __init__(self, **attributes):
        self.batches = []
        vars(self).update(attributes)

    def translate_batch(self, texts):
        self.batches.append(list(texts))
        return shout(texts)


def own(backend, **params):
    return Translator(backend=backend, **({"detector": None, "backoff": 0.0} | params))


def test_rows_in_the_target_language_and_without_letters_are_not_sent(server):
    texts = [ENGLISH[0], FRENCH, "", "12 / 34", " \n", GERMAN, ENGLISH[1]]
    result = translator(server.url, source="auto", detector="fasttext").translate(texts)
    sent = {ENGLISH[0], ENGLISH[1], GERMAN}
    assert set(server.asked) == sent
    expected = [translation(text) if text in sent else text for text in texts]
    assert result.texts.tolist() == expected
    assert result.failures == {}


def test_each_request_names_one_language(server):
    texts = [ENGLISH[0], GERMAN, ENGLISH[1]]
    translator(server.url, source="auto", detector="fasttext").transform(texts)
    asked = sorted((q["source"], q["q"]) for q in server.questions)
    assert asked == [("de", [GERMAN]), ("en", ENGLISH)]


def test_without_detector_the_service_judges_each_text_alone(server):
    translator(server.url, source="auto").transform([*ENGLISH, FRENCH])
    asked = [(q["source"], q["q"]) for q in server.questions]
    assert asked == [("auto", [text]) for text in [*ENGLISH, FRENCH]]


def test_a_source_given_is_named_and_rows_of_the_target_stay(server):
    params = {"source": "de", "detector": "langid"}
    result = translator(server.url, **params).translate([ENGLISH[0], FRENCH])
    assert [q["source"] for q in server.questions] == ["de"]
    assert result.texts.tolist() == [translation(ENGLISH[0]), FRENCH]


def test_a_language_unknown_to_the_service_is_asked_for_again_as_auto(server):
    def knows_no_german(handler, question):
        if question["source"] != "de":
            return False
        handler.send_json(400, {"error": "de is not supported"})
        return True

    server.always = knows_no_german
    texts = [GERMAN, "der kleine Hund schläft unter dem Tisch"]
    result = translator(server.url, source="auto", detector="fasttext").translate(texts)
    assert result.texts.tolist() == [translation(text) for text in texts]
    assert [q["source"] for q in server.questions] == ["de", "auto", "auto"]


def test_duplicates_are_sent_once_also_across_batches(server):
    texts = ["same text", "other text"] * 50
    result = translator(server.url, batch_size=7).translate(texts)
    assert result.texts.tolist() == [translation(text) for text in texts]
    assert server.asked == {"same text": 1, "other text": 1}


@pytest.mark.parametrize("n_jobs", [None, 4])
def test_requests_stay_below_the_limits(server, n_jobs):
    texts = [f"{'word ' * (i % 17)}number {i}" for i in range(120)]
    step = translator(server.url, max_chars=200, max_rows=6, n_jobs=n_jobs)
    assert step.transform(texts).tolist() == [translation(text) for text in texts]
    for question in server.questions:
        assert len(question["q"]) <= 6
        assert sum(map(len, question["q"])) <= 200
    assert len(server.questions) < 40
    assert set(server.asked.values()) == {1}


def test_a_long_row_is_cut_at_sentences_and_keeps_its_blanks(server):
    row = " \tOne table.  Two chairs!\n\n 123456789 \n\nLamps of glass and iron? Yes.\n"
    result = translator(server.url, max_chars=30).translate([row])
    assert result.texts[0] == (
        " \tOne-fr table.-fr Two-fr chairs!-fr\n\n 123456789 \n\n"
        "Lamps-fr of-fr glass-fr and-fr iron?-fr Yes.-fr\n"
    )
    assert list(server.asked) == [
        "One table.  Two chairs!",
        "Lamps of glass and iron? Yes.",
    ]
    assert all(len(text) <= 30 for text in server.asked)


def test_a_long_row_with_a_piece_that_fails_stays_whole(server):
    server.always = refuse("wrong")
    row = "The first sentence. The wrong sentence. The last sentence."
    result = translator(server.url, max_chars=25).translate([row, "good"])
    assert result.texts.tolist() == [row, "good-fr"]
    assert list(result.failures) == [0]


@pytest.mark.parametrize("max_chars", [1, 2, 7, 30, 1000])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 100,
        "One. Two! Three?\nFour… five\n\n\n  six ",
        "猫が好きです。犬も好きです。" * 5,
        " \n ... 12 \t",
        "a" + " " * 80 + "b",
    ],
    ids=["empty", "one word", "sentences", "japanese", "no letter", "blanks"],
)
def test_pieces_put_together_are_the_text(text, max_chars):
    pieces = cut(text, max_chars)
    assert "".join(map("".join, pieces)) == text
    for before, piece, after in pieces:
        assert len(piece) <= max_chars
        assert piece == piece.strip()
        assert not (before + after).strip() or not piece


def test_cuts_prefer_lines_then_sentences_then_words():
    text = "First line\nsecond sentence. Third one has many words"
    assert [p.text for p in cut(text, 20)] == [
        "First line",
        "second sentence.",
        "Third one has many",
        "words",
    ]


def test_groups_hold_each_text_once_in_one_language():
    keys = [Key(("en", "de", "auto")[i % 3], "x" * (i % 9 + 1)) for i in range(50)]
    keys = [Key(key.source, f"{i} {key.text}") for i, key in enumerate(keys)]
    groups = list(group(keys, max_chars=30, max_rows=4, alone="auto"))
    assert sorted(sum(groups, [])) == sorted(keys)
    for chunk in groups:
        assert len({key.source for key in chunk}) == 1
        assert len(chunk) <= (1 if chunk[0].source == "auto" else 4)
        assert sum(len(key.text) for key in chunk) <= 30


def test_own_function_and_object():
    texts = ["one", "two", "one"]
    assert own(shout).fit_transform(texts).tolist() == ["ONE", "TWO", "ONE"]
    shouter = Shouter()
    assert own(shouter).transform(texts).tolist() == ["ONE", "TWO", "ONE"]
    assert shouter.batches == [["one", "two"]]


def test_own_backend_that_fails_passes_or_lies():
    calls = []

    def flaky(texts):
        calls.append(len(texts))
        if len(calls) < 3:
            raise ConnectionError("away")
        return shout(texts)

    assert own(flaky).transform(["one", "two"]).tolist() == ["ONE", "TWO"]
    assert calls == [2, 2, 2]

    def strict(texts):
        if "two" in texts:
            raise KeyError("two")
        return shout(texts)

    result = own(strict).translate(["one", "two", "three"])
    assert result.texts.tolist() == ["ONE", "two", "THREE"]
    assert result.failures == {1: "KeyError: 'two'"}

    for answer, reason in [
        (lambda texts: texts[:-1], "0 translations came back for 1"),
        (lambda texts: None, "NoneType, not a list"),
        (lambda texts: "ab"[: len(texts)], "str, not a list"),
        (lambda texts: [None] * len(texts), "empty or no text"),
        (lambda texts: [" "] * len(texts), "empty or no text"),
    ]:
        result = own(answer, retries=0).translate(["one", "two"])
        assert result.texts.tolist() == ["one", "two"]
        assert all(reason in failure for failure in result.failures.values())


def test_lone_surrogates_do_no_harm(server, tmp_path):
    texts = ["odd \ud800 text", "text"]
    step = translator(server.url, cache=tmp_path / "cache.sqlite", detector="fasttext")
    result = step.translate(texts)
    assert result.texts.tolist() == ["odd-fr ?-fr text-fr", "text-fr"]
    assert step.transform(texts).tolist() == result.texts.tolist()


def test_an_object_of_deep_translator_must_agree_about_the_target():
    backend = deep_translator.MyMemoryTranslator(source="en-GB", target="de-DE")
    with pytest.raises(ValueError, match="'de-DE'.*target='fr'"):
        own(backend).fit(["one"])
    own(backend, target="de").fit(["one"])
    own(deep_translator.GoogleTranslator(target="zh-CN"), target="zh").fit(["one"])


def test_failures_come_in_one_warning_and_no_attribute():
    def fail(texts):
        raise ValueError("too hard")

    step = own(fail, retries=0).fit(["one"])
    before = dict(vars(step))
    with pytest.warns(TranslationWarning) as caught:
        texts = step.transform(["12", "one", "two", "one"])
    assert len(caught) == 1
    assert texts.tolist() == ["12", "one", "two", "one"]
    message = caught[0].message
    assert "3 of 4 texts" in str(message)
    assert "row 1 (ValueError: too hard)" in str(message)
    assert list(message.failures) == [1, 2, 3]
    assert vars(step) == before
    copy = pickle.loads(pickle.dumps(message))
    assert copy.failures == message.failures and str(copy) == str(message)


def test_failures_are_numbered_across_batches():
    def fail_on_five(texts):
        if "row five" in texts:
            raise ValueError("five")
        return shout(texts)

    words = ["zero", "one", "two", "three", "four", "five", "six"]
    texts = [f"row {word}" for word in words]
    result = own(fail_on_five, batch_size=2).translate(texts)
    assert list(result.failures) == [5]
    assert result.texts[5] == "row five" and result.texts[6] == "ROW SIX"


def test_works_in_a_pipeline_with_a_clone(server):
    pipeline = make_pipeline(translator(server.url), CountVectorizer())
    counts = clone(pipeline).fit_transform(["red table", "blue table"])
    assert counts.shape == (2, 4)


def test_progress_goes_to_the_error_stream(server, capsys):
    translator(server.url, verbose=1).transform(["one", "two"])
    out, err = capsys.readouterr()
    assert out == ""
    assert "2/2" in err and "requests=1" in err
    translator(server.url).transform(["one", "two"])
    assert capsys.readouterr() == ("", "")


def test_the_global_generator_stays_where_it_is(server):
    state = random.getstate()
    server.behaviours.append(status(503))
    translator(server.url).transform(["one"])
    assert random.getstate() == state


@pytest.mark.parametrize(
    "params, message",
    [
        ({"base_url": None}, "backend='libre' needs base_url"),
        ({"base_url": "localhost:5000"}, "starts with http"),
        ({"base_url": "file:///etc/passwd"}, "starts with http"),
        ({"base_url": "ftp://host/"}, "starts with http"),
        ({"base_url": "http://[host"}, "starts with http"),
        ({"base_url": "http://host:port"}, "starts with http"),
        ({"base_url": "http://"}, "starts with http"),
        ({"base_url": "http://host/?key=1"}, "after \\? or #"),
        ({"backend": "bing"}, "'backend' parameter of Translator must be a str among"),
        ({"target": "French"}, "target='French' is no language code"),
        ({"target": "auto"}, "target='auto'"),
        ({"source": ""}, "source='' is no language code"),
        ({"source": "fr"}, "one language"),
        ({"source": "fr-CA"}, "one language"),
        ({"api_key_env": "NO_SUCH_VARIABLE"}, "'NO_SUCH_VARIABLE' named by"),
        ({"backend": "google", "api_key_env": "PATH"}, "for backend='libre'"),
        ({"backend": "google", "target": "xx"}, "target='xx' is no language of"),
        ({"backend": "google", "source": "xx"}, "source='xx' is no language of"),
        ({"max_chars": 0}, "max_chars"),
        ({"retries": -1}, "retries"),
        ({"timeout": 0.0}, "timeout"),
        ({"detector": "cld3"}, "detector"),
    ],
    ids=str,
)
def test_wrong_parameters_are_refused(params, message):
    step = Translator(**({"base_url": "http://127.0.0.1:9"} | params))
    with pytest.raises(ValueError, match=message):
        step.fit(["one"])
    with pytest.raises(ValueError, match=message):
        step.transform(["one"])


def test_a_password_in_the_address_is_refused_and_not_shown():
    step = translator("http://me:secret@host/")
    with pytest.raises(ValueError, match="user or password") as caught:
        step.fit(["one"])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "backend", [3, None, Shouter, object()], ids=["number", "None", "class", "object"]
)
def test_backends_that_cannot_translate_are_refused(backend):
    message = "cannot translate|'translate_batch'"
    with pytest.raises((TypeError, ValueError), match=message):
        own(backend).fit(["one"])


def test_an_address_for_an_own_backend_is_refused():
    with pytest.raises(ValueError, match="base_url='http://host' is for"):
        own(shout, base_url="http://host").fit(["one"])


@pytest.mark.parametrize("package", ["tenacity", "requests", "deep_translator.google"])
def test_a_missing_package_names_the_extra(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=r"pip install sklearn_nn\[text\]"):
        translator(None, backend="google").fit(["one"])


def test_importing_loads_no_optional_package():
    code = (
        "import sys, sklearn_nn.preprocessing\n"
        "print({'requests', 'tenacity', 'deep_translator', 'bs4'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_no_warning_on_ordinary_texts(server):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        texts = translator(server.url, detector="fasttext").fit_transform(ENGLISH)
    assert isinstance(texts, np.ndarray) and texts.dtype == object
