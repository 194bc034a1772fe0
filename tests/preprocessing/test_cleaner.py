"""TextCleaner: what it removes, what it leaves."""

import time
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser
from sklearn.feature_extraction.text import strip_accents_ascii, strip_accents_unicode

from sklearn_nn.preprocessing import TextCleaner, _html

PLAIN = {"lowercase": False, "strip_punctuation": False}


def clean(text, **parameters):
    return TextCleaner(**parameters).transform([text])[0]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("a < b and c > d", "a < b and c > d"),
        ("if a<b then", "if a<b then"),
        ("I <3 tea & 5<6", "I <3 tea & 5<6"),
        ("AT&T", "AT&T"),
        ("AT&amp;T", "AT&T"),
        ("&amp;amp;", "&amp;"),
        ("&#39;x&#x27;", "'x'"),
        ("&eacute;t&eacute &copy;2024 &nosuch;", "été ©2024 &nosuch;"),
        ("2&nbsp;kg", "2 kg"),
        ("x<br>y<br/>z", "x y z"),
        ("<ul><li>one<li>two</ul>three", "one two three"),
        ("<td>1<td>2", "1 2"),
        ("<b>Mega</b>sale <SPAN class='x>y'>now</SPAN>!", "Megasale now!"),
        ("<p>never closed <i>nor this", "never closed nor this"),
        ("</p>closed twice</p></p>", "closed twice"),
        ("<script>if (a<b) {}</script>text<style>p {}</style>", "text"),
        ("<SCRIPT src='x'>hidden</SCRIPT>shown", "shown"),
        ("a<!-- <b>hidden</b> -->b", "ab"),
        ("<!DOCTYPE html><html><head><title>T</title><body>B</html>", "T B"),
        ("<a href='x'>link</a><img alt='picture'>", "link"),
        ("&lt;b&gt;bold&lt;/b&gt;", "<b>bold</b>"),
        ("nul\x00in<br>\x00markup", "nul in markup"),
        ("<>", "<>"),
        ("<b>\ud800x</b>", "x"),
        ("", ""),
    ],
)
def test_html(text, expected):
    assert clean(text, **PLAIN) == expected


def test_markup_is_kept_on_demand():
    text = "x<br>&amp;"
    assert clean(text, strip_html=False, **PLAIN) == text


def test_ten_megabytes():
    text = "<p>Un caf&eacute; &lt; 5 &euro; " * 350_000
    assert len(text) > 10_000_000
    assert clean(text, **PLAIN) == " ".join(["Un café < 5 €"] * 350_000)


def test_markup_gone_wild():
    assert clean("<b>" * 300_000 + "x") == "x"
    assert clean("<!--" * 300_000 + "-->x") == "x"
    many = "<" * 300_000 + ">"
    assert clean(many, **PLAIN) == many


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 200_000 + "{}",
        "<a><b><i><u>" * 50_000 + "{}" + "</p>" * 50_000,
        "<li><dd>" * 100_000 + "{}",
        "<foo/>" * 150_000 + "{}",
        "<svg></p>" + "<path/>" * 130_000 + "{}",
        "<svg>" + "<path d=a'/>" * 80_000 + "{}",
        "<div><object></div></object>" * 30_000 + "{}",
        "<DIV><SCRIPT><b></SCRIPT><!-- <b> -->" * 25_000 + "{}<?php 1 ?>",
        "<div class='a>b'>" * 60_000 + "{}</div" * 2,
        "".join(f"<p><b id={i}></p>" for i in range(60_000)) + "{}",
        f"<div {' '.join(f'a{i}' for i in range(140_000))}>{{}}",
        "<li><dd>" * 499 + "</zz>" * 200_000 + "{}",
    ],
    ids=str.__len__,
)
def test_a_megabyte_of_nested_tags_takes_seconds(markup):
    start = time.perf_counter()
    cleaned = clean(markup.replace("{}", "caf&eacute; <b>cr</b>ème<br>&lt;b&gt;", 1))
    assert time.perf_counter() - start < 10
    assert cleaned.split()[:3] == ["café", "crème", "b"]


PARTS = [
    "caf&eacute; ",
    "1 &lt; 2",
    "<p class='x>y'>one</p>",
    "<ul><li>a<li>b<p>c</ul>",
    "<b>Mega</b>sale<br/>",
    "<table><tr><td>1<td>2<tr><th>3</table>",
    "<script>if (a<b) {'</div>'}</script>",
    "<style>p {}</style>",
    "<!-- <b>hidden</b> -->",
    '<img alt="a > b">',
    "<svg><path d='m1'/><path d='m2'/></svg>",
    "<dl><dt>t<dd>d</dl>",
    "<div><span>in</span>side</div>",
]


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=10))
def test_cutting_tags_gives_what_parsing_does(parts):
    page = "".join(parts)
    deep = "<div>" * 10_001
    assert clean(deep + page, **PLAIN) == clean(page, **PLAIN)


def test_long_ordinary_pages_are_parsed():
    page = "".join(f"<div class='x'>{part}</div>" for part in PARTS) * 1_500
    assert page.count("<") > 2 * _html._MANY_TAGS
    assert not _html._is_deeper(page, 10)
    tree = LexborHTMLParser(_html._WORD_END.sub(" <", page), is_fragment=True)
    tree.strip_tags(_html._HIDDEN)
    assert clean(page, **PLAIN) == " ".join(tree.text().split())


def test_long_attributes_change_nothing():
    image = f"<img src='data:{'A' * 5_000}' alt='x'/>"
    path = f"<path d='{'m1 ' * 2_000}'/>"
    text = f"a<b title='{'> <p>' * 999}'>b</b>c {image}d<svg>{path}</svg>e"
    assert clean(text, **PLAIN) == "abc d e"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("l'eau, don't! 'quoted' rock'n'roll'", "l'eau don't quoted rock'n'roll"),
        ("l’eau ’", "l’eau"),
        ("well-known/good_one", "well known good one"),
        ("¿Qué? «Так»…", "qué так"),
        ("5 € + 3 ½", "5 3 ½"),
        ("Ça va\N{ROCKET} très \N{HEAVY BLACK HEART}\ufe0f bien", "ça va très bien"),
        ("\U0001f469\u200d\U0001f52c \U0001f44d\U0001f3fd 1\ufe0f\u20e3", "1"),
        ("cafe\u0301!", "cafe\u0301"),
        ("हिन्दी।", "हिन्दी"),
        ("می\u200cخواهم؟", "می\u200cخواهم"),
        ("\u200fשלום\u200e, \u202bعالم\u202c", "שלום عالم"),
        ("茶、熱い。", "茶 熱い"),
    ],
)
def test_punctuation(text, expected):
    assert clean(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [("mp3 10cm", "mp cm"), ("x² ٣ ½ Ⅳ 一", "x Ⅳ 一"), ("2024", "")],
)
def test_digits(text, expected):
    assert clean(text, strip_digits=True, **PLAIN) == expected


def test_white_space_controls_and_invisible_marks():
    text = " \t a\r\n\n b\x0b\x07c\u2028d\u3000e\u200bf \x85"
    assert clean(text, **PLAIN) == "a b c d e f"
    assert clean("\ufeffco\xadop\u2060er", **PLAIN) == "cooper"
    assert clean("a\ud800b", **PLAIN) == "a b"


def test_capitals():
    assert clean("ÉTÉ Straße İ") == "été straße i\u0307"
    assert clean("ÉTÉ", lowercase=False) == "ÉTÉ"
    assert clean("İ ℌ", strip_accents="unicode") == "i h"


words = st.text(st.characters(categories=["L", "M", "N", "Zs"]))


@given(words)
def test_accents_are_those_of_scikit_learn(text):
    cases = (("unicode", strip_accents_unicode), ("ascii", strip_accents_ascii))
    for kind, reference in cases:
        expected = " ".join(reference(text).split())
        assert clean(text, strip_accents=kind, **PLAIN) == expected


anything = st.text(st.characters(codec=None)) | st.text("<>/&;'’abr! \u200d\xe9")


@settings(max_examples=300)
@given(
    anything,
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, "ascii", "unicode"]),
)
def test_cleaning_twice_is_cleaning_once(text, digits, punctuation, accents):
    cleaner = TextCleaner(
        strip_html=False,
        strip_digits=digits,
        strip_punctuation=punctuation,
        strip_accents=accents,
    )
    once = cleaner.transform([text])
    assert cleaner.transform(once)[0] == once[0]
    assert once[0] == " ".join(once[0].split())
    categories = {unicodedata.category(c) for c in once[0]}
    assert not categories & {"Cc", "Cs"}
    assert not (digits and "Nd" in categories)
    if punctuation:
        assert not {c for c in once[0] if unicodedata.category(c)[0] in "PS"} - {*"'’"}


@given(st.text("<>/!-&;#ab rp'\"=\n\x00é", max_size=60))
def test_any_markup_becomes_a_text(text):
    cleaned = clean(text)
    assert "<" not in cleaned and "&" not in cleaned


@given(st.lists(anything, min_size=1, max_size=12), st.integers(1, 15))
def test_batches_change_nothing(texts, batch_size):
    expected = [clean(text) for text in texts]
    assert TextCleaner(batch_size=batch_size).transform(texts).tolist() == expected


def test_workers_change_nothing():
    texts = [f"<p>Text {i}</p>" for i in range(50)]
    cleaned = TextCleaner(n_jobs=2, batch_size=7).transform(texts)
    assert cleaned.dtype == object
    assert cleaned.tolist() == [f"text {i}" for i in range(50)]


def test_latin_and_other_texts_follow_the_same_rules():
    everything = "".join(map(chr, range(256)))
    for strip in (False, True):
        cleaner = TextCleaner(
            strip_html=False, strip_digits=strip, strip_punctuation=strip
        )
        latin, other = cleaner.transform([everything, everything + " Ж"])
        assert other == latin + " ж"


@pytest.mark.parametrize(
    "name, value", [("strip_accents", "latin"), ("lowercase", "yes"), ("batch_size", 0)]
)
def test_wrong_parameters(name, value):
    with pytest.raises(ValueError, match=name):
        TextCleaner(**{name: value}).fit(["text"])
    with pytest.raises(ValueError, match=name):
        TextCleaner(**{name: value}).transform(["text"])


def test_parser_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "selectolax.lexbor", None)
    with pytest.raises(ImportError, match=r"selectolax.*sklearn_nn\[text\]"):
        TextCleaner().fit(["text"])
    assert TextCleaner(strip_html=False).transform(["Text"]).tolist() == ["text"]


def test_input_stays_as_it_is():
    texts = np.array(["<b>A</b>", "B"], dtype=object)
    TextCleaner().transform(texts)
    assert texts.tolist() == ["<b>A</b>", "B"]
