"""Words replaced by their dictionary form."""

import gzip
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from .._declaration import estimator
from . import _spacy
from ._base import LanguageAwareTransformer
from ._codes import normalise
from ._resources import check_language, import_optional


@estimator
class Lemmatizer(LanguageAwareTransformer):
    """Replace every word by its dictionary form (lemma).

    Words are what white space separates: cut punctuation and elided articles off
    first. The dictionaries are the tables of spacy-lookups-data, which give a form
    one lemma whatever the context; they tell capitals, so that most words should be
    in lower case, but German nouns should not. A text whose detected language has no
    table stays as it is, and so does a word that the table lacks.

    Parameters
    ----------
    model : str, list of str or None, default=None
        A trained pipeline of spaCy, which chooses lemmas by context and is slower, or
        several: names of installed packages such as "fr_core_news_sm", or folders.
        Each treats the texts of its own language; the others are looked up.

    See Also
    --------
    Stemmer : Cut words down by rules; covers any word of more languages.

    Notes
    -----
    The table of a language is loaded when a process meets its first text, and stays:
    this takes up to two seconds and 200 MB. Among many short texts detection finds
    some in languages that do not occur; name those that do in `languages`, and no
    other table is loaded.

    Examples
    --------
    >>> from sklearn_nn.preprocessing import Lemmatizer
    >>> Lemmatizer(language="fr").fit_transform(["deux chaises pliantes"])
    array(['deux chaise pliant'], dtype=object)
    >>> Lemmatizer().fit_transform(["these old wooden chairs were sold", ""])
    array(['this old wooden chair be sell', ''], dtype=object)
    """

    model: str | list[str] | tuple[str, ...] | None = None

    def _check_resources(self) -> None:
        super()._check_resources()
        pipelines = self._pipelines()
        if not pipelines:
            check_language(self.language, set(_tables()), "table of lemmas")
        elif self.language != "auto" and normalise(self.language) not in pipelines:
            raise ValueError(
                f"language={self.language!r} is not the language of model="
                f"{self.model!r} ({', '.join(pipelines)}). Choose language='auto' or "
                "another pipeline."
            )

    def _transform_in(self, language: str, texts: list[str]) -> Sequence[str]:
        pipeline = self._pipelines().get(language)
        if pipeline is not None:
            return _spacy.lemmatize(texts, pipeline)
        if language not in _tables():
            return texts
        if language == "nl":
            # spaCy's rule: all of the Dutch table is in lower case.
            texts = [text.lower() for text in texts]
        get = _load_table(language).get
        return [" ".join([get(word, word) for word in text.split()]) for text in texts]

    def _pipelines(self) -> dict[str, Any]:
        """Return the trained pipelines by language."""
        models = [self.model] if isinstance(self.model, str) else self.model or ()
        pipelines = [_spacy.load_pipeline(model) for model in models]
        by_language = {normalise(pipeline.lang): pipeline for pipeline in pipelines}
        if len(by_language) < len(pipelines):
            raise ValueError(
                f"model={self.model!r} has two pipelines of one language. Keep one "
                f"for each of: {', '.join(by_language)}."
            )
        return by_language


@cache
def _tables() -> dict[str, str]:
    """Return the file that holds the table of each language."""
    package = import_optional("spacy_lookups_data")
    return {
        normalise(name.rstrip("_")): f"{tables['lemma_lookup']}.gz"
        for name, tables in vars(package).items()
        if isinstance(tables, dict) and "lemma_lookup" in tables
    }


@cache
def _load_table(language: str) -> dict[str, str]:
    """Read a table: from a form to its lemma, where the two differ."""
    with gzip.open(_tables()[language], "rt", encoding="utf-8") as file:
        entries = json.load(file)
    # Forms of a word share one string, which halves the memory.
    shared: dict[str, str] = {}
    table = {}
    for form, lemma in entries.items():
        # In some languages a form has several lemmas, the usual one first.
        lemma = " ".join((lemma if isinstance(lemma, str) else lemma[0]).split())
        if lemma and lemma != form:
            table[form] = shared.setdefault(lemma, lemma)
    return table
