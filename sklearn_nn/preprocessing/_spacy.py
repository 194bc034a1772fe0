"""What the steps ask of spaCy; pipelines are loaded once a process."""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from ._codes import normalise
from ._resources import encodable, import_optional

# A pipeline may not be used by two threads while it learns or forgets words.
_ONE_AT_A_TIME = Lock()
# A tokeniser remembers every word, which makes it fast; so many take about 100 MB.
_MOST_WORDS = 200_000


def spacy_code(language: str) -> str:
    """Return the code of Bokmål for Norwegian, as spaCy and others have it."""
    return "nb" if language == "no" else language


@cache
def languages_with(module: str) -> frozenset[str]:
    """Return the codes of the languages for which spaCy has such a module.

    Parameters
    ----------
    module : str
        "stop_words" for lists of stop words, "__init__" for a tokeniser.

    Returns
    -------
    codes : frozenset of str
        As :func:`detect_language` writes them.
    """
    folder = Path(import_optional("spacy.lang").__file__).parent
    folders = (path.parent.name for path in folder.glob(f"*/{module}.py"))
    return frozenset(map(normalise, folders))


def load_stop_words(language: str) -> frozenset[str]:
    """Return spaCy's stop words of a language that has some."""
    module = import_module(f"spacy.lang.{spacy_code(language)}.stop_words")
    return frozenset(module.STOP_WORDS)


@cache
def load_tokenizer(language: str) -> Any:
    """Return the blank pipeline of a language: its tokeniser, without a model."""
    return import_optional("spacy").blank(spacy_code(language))


@cache
def load_any_tokenizer(language: str) -> Any:
    """Return the blank pipeline of a language, or of none where spaCy has none."""
    try:
        return load_tokenizer(language)
    except ImportError:
        return load_tokenizer("xx")


@cache
def load_pipeline(model: str) -> Any:
    """Load a trained pipeline that gives lemmas.

    Parameters
    ----------
    model : str
        The name of an installed package, or a folder.

    Returns
    -------
    pipeline : spacy.language.Language
        Without the components that are slow and that lemmas do not need.

    Raises
    ------
    ImportError
        If there is no such pipeline.
    ValueError
        If the pipeline gives no lemmas.
    """
    spacy = import_optional("spacy")
    if not (spacy.util.is_package(model) or Path(model).is_dir()):
        raise ImportError(
            f"model={model!r} is neither an installed pipeline of spaCy nor a folder. "
            f"Install it, for instance by: python -m spacy download {model}"
        )
    pipeline = spacy.load(model, exclude=["parser", "ner"])
    metas = map(pipeline.get_pipe_meta, pipeline.pipe_names)
    if not any("token.lemma" in meta.assigns for meta in metas):
        raise ValueError(
            f"model={model!r} has no component that gives lemmas, only "
            f"{pipeline.pipe_names}. Choose a pipeline with a lemmatizer."
        )
    return pipeline


def tokenize(texts: Iterable[str], language: str) -> list[str]:
    """Split texts by the rules of a language; join the tokens by one space."""
    with _ONE_AT_A_TIME:
        pipeline = load_any_tokenizer(language)
        documents = map(pipeline.tokenizer, map(encodable, texts))
        tokens = [_join(token.text for token in document) for document in documents]
        if len(pipeline.vocab.strings) > _MOST_WORDS:
            load_tokenizer.cache_clear()
            load_any_tokenizer.cache_clear()
    return tokens


def lemmatize(texts: Iterable[str], pipeline: Any) -> list[str]:
    """Replace tokens, which are separated by blanks, by a trained pipeline's lemmas."""
    from spacy.tokens import Doc

    with _ONE_AT_A_TIME, pipeline.memory_zone():
        documents = [
            Doc(pipeline.vocab, words=encodable(text).split()) for text in texts
        ]
        return [
            _join(token.lemma_ or token.text for token in document)
            for document in pipeline.pipe(documents)
        ]


def _join(tokens: Iterable[str]) -> str:
    """Join by one space; runs of blanks can be tokens, or stand inside of one."""
    return " ".join(" ".join(tokens).split())
