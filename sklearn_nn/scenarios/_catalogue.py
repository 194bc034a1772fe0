"""The levers between raw text and score, with their usual outcomes by name."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sklearn_nn._config import Place, build, nearest
from sklearn_nn.scenarios._models import MODELS, make_model

_PREPROCESSING = "sklearn_nn.preprocessing"
_SAMPLING = "sklearn_nn.sampling"
_TEXT = "sklearn.feature_extraction.text"
_DETECTORS = "fasttext|langid|langdetect"


@dataclass(frozen=True)
class Lever:
    """A lever of the catalogue.

    Attributes
    ----------
    about : str
        What it chooses.
    outcomes : dict of str -> object
        Name -> what TOML would describe it by.
    family : callable or None
        Makes a description of further names, such as "svd100"; None for others.
    examples : tuple of str
        Names that `family` understands.
    default : object
        The step where the lever is not pulled.
    parameter : str or None
        What it sets, where that is no step of the same name.
    """

    about: str
    outcomes: dict[str, Any]
    family: Callable[[str], Any] | None = None
    examples: tuple[str, ...] = ()
    default: Any = "passthrough"
    parameter: str | None = None


def _step(module: str, name: str, **params: Any) -> dict[str, Any]:
    return {"class": f"{module}.{name}", **params}


def _languages(name: str) -> Any:
    codes = r"[a-z]{2,3}(?:\+[a-z]{2,3})*"
    match = re.fullmatch(rf"(majority|{codes})(?::({_DETECTORS}))?", name)
    if match is None or match[1] == "all":
        return None
    options = {"detector": match[2]} if match[2] else {}
    return _step(_SAMPLING, "LanguageFilter", languages=match[1], **options)


def _svd(name: str) -> Any:
    match = re.fullmatch(r"svd([1-9]\d*)", name)
    if match is None:
        return None
    return _step("sklearn.decomposition", "TruncatedSVD", n_components=int(match[1]))


def _clamp(name: str) -> Any:
    match = re.fullmatch(r"clamp(\d+)-(\d+)", name)
    if match is None:
        return None
    low, high = map(int, match.groups())
    if low > high:
        raise ValueError(
            f"{name}: the least number of rows, {low}, is above the largest, {high}. "
            f"Write clamp{high}-{low}."
        )
    return _step(_SAMPLING, "ClassCountClamp", min_count=low, max_count=high)


def _number(name: str) -> Any:
    return int(name) if re.fullmatch(r"[1-9]\d*", name) else None


_OFF = {"off": "passthrough"}

# In the order of the steps of the standard pipeline.
LEVERS: dict[str, Lever] = {
    "merge": Lever(
        "which columns make the text",
        {
            "all": _step(_PREPROCESSING, "TextMerger"),
            "first": _step(_PREPROCESSING, "TextMerger", columns=[0]),
        },
        default=_step(_PREPROCESSING, "TextMerger"),
    ),
    "cleaning": Lever(
        "HTML, capitals, punctuation",
        {
            **_OFF,
            "on": _step(_PREPROCESSING, "TextCleaner"),
            "html": _step(_PREPROCESSING, "TextCleaner", strip_punctuation=False),
            "no_digits": _step(_PREPROCESSING, "TextCleaner", strip_digits=True),
            "no_accents": _step(_PREPROCESSING, "TextCleaner", strip_accents="unicode"),
        },
    ),
    "language": Lever(
        "languages of the training rows, and who tells them",
        {
            "all": "passthrough",
            "majority": _step(_SAMPLING, "LanguageFilter", languages="majority"),
        },
        family=_languages,
        examples=("fr", "fr+en", "fr:langid"),
    ),
    "translation": Lever("into one language, by a table of your own", _OFF),
    "tokenizer": Lever(
        "how texts are cut into words",
        _OFF
        | {
            method: _step(_PREPROCESSING, "Tokenizer", method=method)
            for method in ("split", "word", "spacy")
        },
    ),
    "stop_words": Lever(
        "frequent words left out",
        {
            **_OFF,
            "on": _step(_PREPROCESSING, "StopWordRemover"),
            "both": _step(_PREPROCESSING, "StopWordRemover", source="both"),
        },
    ),
    "synthesis": Lever(
        "words brought to one form",
        {
            **_OFF,
            "stem": _step(_PREPROCESSING, "Stemmer"),
            "lemma": _step(_PREPROCESSING, "Lemmatizer"),
        },
    ),
    "vectorizer": Lever(
        "from texts to numbers",
        {
            "tfidf": _step(_TEXT, "TfidfVectorizer", sublinear_tf=True),
            "tfidf_pairs": _step(
                _TEXT, "TfidfVectorizer", sublinear_tf=True, ngram_range=[1, 2]
            ),
            "count": _step(_TEXT, "CountVectorizer"),
            "count_pairs": _step(_TEXT, "CountVectorizer", ngram_range=[1, 2]),
            "ids": _step("sklearn_nn.feature_extraction.text", "SequenceVectorizer"),
            "off": "passthrough",
        },
        default=_step(_TEXT, "TfidfVectorizer", sublinear_tf=True),
    ),
    "vocabulary": Lever(
        "the most words of the vectorizer",
        {"all": {"none": True}},
        family=_number,
        examples=("10000", "60000"),
        parameter="vectorizer__max_features",
    ),
    "reduction": Lever(
        "fewer columns", _OFF, family=_svd, examples=("svd100", "svd300")
    ),
    "sampling": Lever(
        "rows of each class in training",
        {
            **_OFF,
            "under": _step(_SAMPLING, "RandomUnderSampler"),
            "over": _step(_SAMPLING, "RandomOverSampler"),
            "smote": _step(_SAMPLING, "SMOTE"),
        },
        family=_clamp,
        examples=("clamp2000-5000",),
    ),
    "model": Lever("the classifier", {name: name for name in MODELS}, default="logreg"),
    "search": Lever(
        "how the classifier is tuned, within the training rows",
        {name: name for name in ("off", "grid", "random", "bayes", "optuna")},
        parameter="model__search",
    ),
}

# Levers that are steps, in the order of the standard pipeline.
STEPS = [name for name, lever in LEVERS.items() if lever.parameter is None]


def make_outcome(lever: str, name: str, place: Place) -> Any:
    """Make an outcome of the catalogue.

    Parameters
    ----------
    lever : str
        A key of ``LEVERS``.
    name : str
        One of its outcomes, such as "stem", or of its family, such as "svd100".
    place : Place
        Where it was asked for.

    Returns
    -------
    value : object
        An unfitted estimator, "passthrough", or the value of a parameter.

    Raises
    ------
    ConfigError
        If there is no such outcome, or a package that it needs is not installed.

    Examples
    --------
    >>> from sklearn_nn._config import Place
    >>> from sklearn_nn.scenarios._catalogue import make_outcome
    >>> make_outcome("reduction", "svd100", Place("matrix.toml"))
    TruncatedSVD(n_components=100)
    """
    found = LEVERS[lever]
    spec = found.outcomes.get(name)
    if spec is None and found.family is not None:
        try:
            spec = found.family(name)
        except ValueError as error:
            raise place.error(str(error)) from None
    if spec is None:
        known = [*found.outcomes, *found.examples]
        raise place.error(
            f"the catalogue has no {name!r} for the lever {lever!r}. "
            f"{nearest(name, known)}"
        )
    if lever == "model":
        try:
            return make_model(name)
        except ImportError as error:
            raise place.error(str(error)) from None
    return build(spec, place)


def make_default(lever: str, place: Place) -> Any:
    """Make the step of the standard pipeline where no lever says otherwise."""
    default = LEVERS[lever].default
    return make_model(default) if lever == "model" else build(default, place)
