"""Texts cut into tokens, which travel joined by one space."""

from collections.abc import Sequence
from typing import Literal

from .._declaration import estimator
from . import _spacy
from ._base import LanguageAwareTransformer
from ._codes import normalise
from ._resources import check_language, import_optional


@estimator
class Tokenizer(LanguageAwareTransformer):
    r"""Cut texts into tokens and join these by one space.

    Every later step, and every vectoriser that splits at white space, sees the same
    tokens. Mind that the default pattern of
    :class:`~sklearn.feature_extraction.text.CountVectorizer` cuts once more; with
    ``token_pattern=r"\S+"`` it takes the tokens as they are.

    Parameters
    ----------
    method : {"split", "word", "spacy"}, default="split"
        How to cut:

        - "split": at white space;
        - "word": by the rules of the Penn Treebank [1]_ as in NLTK's
          ``word_tokenize``. They are made for English sentences: "don't" becomes
          "do n't", a quotation mark ````` `` ````` or ``''``, and a full stop is cut
          off only at the end of the text;
        - "spacy": by spaCy's rules for the language of each text: "l'eau" is "l' eau"
          in French. A detected language without such rules is cut by those that
          spaCy has for any language.
    language : str, default="auto"
        An ISO 639-1 code such as "fr" for all rows, or "auto": detected for every
        row. Only "spacy" asks for it.

    See Also
    --------
    StopWordRemover : Leave out frequent words.

    Notes
    -----
    spaCy's rules for Japanese, Korean, Thai and Vietnamese need further packages;
    spaCy names them when one of these languages is given as `language`.

    References
    ----------
    .. [1] M. P. Marcus, B. Santorini, M. A. Marcinkiewicz, "Building a Large Annotated
       Corpus of English: The Penn Treebank", Computational Linguistics 19(2), 1993.

    Examples
    --------
    >>> from sklearn_nn.preprocessing import Tokenizer
    >>> texts = ["The chair, (2 pieces)  isn't new."]
    >>> Tokenizer(method="word").fit_transform(texts)
    array(["The chair , ( 2 pieces ) is n't new ."], dtype=object)
    >>> Tokenizer(method="spacy", language="fr").fit_transform(["Un bac d'eau."])
    array(["Un bac d' eau ."], dtype=object)
    """

    method: Literal["split", "word", "spacy"] = "split"

    def _check_resources(self) -> None:
        if self.method == "word":
            import_optional("nltk")
        elif self.method == "spacy":
            super()._check_resources()
            supported = _spacy.languages_with("__init__")
            check_language(self.language, supported, "tokeniser in spaCy")
            if self.language != "auto":
                _spacy.load_tokenizer(normalise(self.language))

    def _transform_texts(self, texts: list[str]) -> Sequence[str]:
        if self.method == "spacy":
            return super()._transform_texts(texts)
        if self.method == "split":
            return [" ".join(text.split()) for text in texts]
        tokenize = import_optional("nltk.tokenize.destructive").NLTKWordTokenizer()
        return [" ".join(tokenize.tokenize(text)) for text in texts]

    def _transform_in(self, language: str, texts: list[str]) -> Sequence[str]:
        return _spacy.tokenize(texts, language)
