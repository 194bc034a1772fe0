"""Text levers: steps from texts to texts, each of which may be left out."""

from ._cleaner import TextCleaner
from ._corpus import CorpusDescription, describe_corpus
from ._language import detect_language
from ._language_detector import LanguageDetector
from ._lemmatizer import Lemmatizer
from ._merger import TextMerger
from ._stemmer import Stemmer
from ._stop_words import StopWordRemover
from ._tokenizer import Tokenizer
from ._translator import TranslationWarning, Translator

__all__ = [
    "CorpusDescription",
    "LanguageDetector",
    "Lemmatizer",
    "Stemmer",
    "StopWordRemover",
    "TextCleaner",
    "TextMerger",
    "Tokenizer",
    "TranslationWarning",
    "Translator",
    "describe_corpus",
    "detect_language",
]
