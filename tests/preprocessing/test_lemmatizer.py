import joblib
import numpy as np
import pytest
import spacy
import spacy_lookups_data
import srsly
from spacy.lookups import Lookups
from spacy.tokens import Doc

from sklearn_nn.preprocessing import Lemmatizer, Tokenizer
from tests.preprocessing.sentences import read_sentences


def lookup_pipeline(language, table):
    """spaCy's own pipeline that looks lemmas up in a table."""
    pipeline = spacy.blank(language)
    lemmatizer = pipeline.add_pipe("lemmatizer", config={"mode": "lookup"})
    lookups = Lookups()
    lookups.add_table("lemma_lookup", table)
    lemmatizer.initialize(lookups=lookups)
    return pipeline


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Folders of two pipelines, each with a lemma that only it knows."""
    folders = {}
    for language, form, lemma in (("fr", "chaise", "siège"), ("en", "chairs", "seat")):
        pipeline = lookup_pipeline(language, {form: lemma})
        folders[language] = str(tmp_path_factory.mktemp("pipelines") / language)
        pipeline.to_disk(folders[language])
    return folders


def test_every_text_by_its_detected_language():
    texts = [
        "les petites filles étaient contentes",
        "these children were running",
        "",
        "12 x 30",
    ]
    lemmas = Lemmatizer(languages=["fr", "en"]).fit_transform(texts)
    assert lemmas.tolist() == [
        "le petit fille être content",
        "this child be run",
        "",
        "12 x 30",
    ]


def test_capitals_count_except_in_dutch():
    assert Lemmatizer(language="de").transform(["Häuser häuser"])[0] == "Haus häuser"
    assert (
        Lemmatizer(language="nl").transform(["Voorzitters voorzitters"])[0]
        == "voorzitter voorzitter"
    )


def test_a_detected_language_without_table_stays():
    texts = ["  vitabu   vizuri vya watoto "]
    assert Lemmatizer(languages=["sw"]).transform(texts).tolist() == texts


def test_a_given_language_without_table_is_refused_with_those_known():
    with pytest.raises(ValueError, match="language='pl'.*table.* fr, .* no, .*'auto'"):
        Lemmatizer(language="pl").fit(["a"])


def test_norwegian_and_indonesian_go_by_their_codes():
    for code in ("no", "nb", "id"):
        assert Lemmatizer(language=code).transform(["x y"])[0] == "x y"


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "it"])
def test_lemmas_are_those_of_spacy(data_home, language):
    sentences = read_sentences(data_home, language)
    tokens = Tokenizer(method="spacy", language=language).transform(sentences)
    words = set(" ".join(tokens).split())
    file = getattr(spacy_lookups_data, language)["lemma_lookup"]
    table = srsly.read_gzip_json(f"{file}.gz")
    # What the sentences do not hold is left out, since spaCy takes long to load it.
    pipeline = lookup_pipeline(language, {w: table[w] for w in words & table.keys()})
    documents = [Doc(pipeline.vocab, text.split()) for text in tokens]
    expected = [" ".join(t.lemma_ for t in pipeline(doc)) for doc in documents]
    lemmas = Lemmatizer(language=language).transform(tokens)
    np.testing.assert_array_equal(lemmas, expected)
    changed = sum(map(str.__ne__, " ".join(tokens).split(), " ".join(lemmas).split()))
    assert changed > len(tokens)


def test_a_trained_pipeline_treats_its_language(trained):
    texts = ["les tables et une chaise pliante", "folding chairs and two tables"]
    french = Lemmatizer(model=trained["fr"], languages=["fr", "en"])
    assert french.fit_transform(texts).tolist() == [
        "les tables et une siège pliante",
        "fold chair and two table",
    ]
    both = Lemmatizer(model=list(trained.values()), languages=["fr", "en"])
    assert both.transform(texts)[1] == "folding seat and two tables"


def test_a_trained_pipeline_keeps_the_tokens(trained):
    # Its own tokeniser would cut "l'eau," into three.
    lemmatizer = Lemmatizer(model=trained["fr"], language="fr")
    assert lemmatizer.transform(["l'eau, une  chaise"])[0] == "l'eau, une siège"
    assert lemmatizer.transform(["", " \t"]).tolist() == ["", ""]
    assert lemmatizer.transform(["\ud83d chaise"])[0] == "? siège"


def test_a_trained_pipeline_in_batches_and_threads(trained):
    texts = ["une chaise", "des tables", ""] * 20
    lemmatizer = Lemmatizer(model=trained["fr"], language="fr")
    expected = lemmatizer.transform(texts)
    lemmatizer.set_params(batch_size=7, n_jobs=2)
    with joblib.parallel_config(backend="threading"):
        np.testing.assert_array_equal(lemmatizer.transform(texts), expected)


def test_a_pipeline_that_is_not_installed_says_how_to_install_it():
    lemmatizer = Lemmatizer(model="fr_core_news_none")
    with pytest.raises(ImportError, match="spacy download fr_core_news_none"):
        lemmatizer.fit(["a"])


def test_a_pipeline_of_another_language_is_refused(trained):
    with pytest.raises(ValueError, match="language='de' is not .* model=.*fr"):
        Lemmatizer(model=trained["fr"], language="de").fit(["a"])


def test_two_pipelines_of_one_language_are_refused(trained):
    with pytest.raises(ValueError, match="two pipelines of one language"):
        Lemmatizer(model=[trained["fr"], trained["fr"]]).fit(["a"])


def test_a_pipeline_without_lemmas_is_refused(tmp_path):
    spacy.blank("fr").to_disk(tmp_path)
    with pytest.raises(ValueError, match="no component that gives lemmas"):
        Lemmatizer(model=str(tmp_path)).fit(["a"])
