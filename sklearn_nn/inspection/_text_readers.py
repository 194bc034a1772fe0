"""Which networks of this package read a text in a way that can be looked into."""

from typing import Any

from sklearn.feature_extraction.text import CountVectorizer

from sklearn_nn._classifier import NeuralClassifier
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.neural_network import BiGRUClassifier, TransformerClassifier
from sklearn_nn.neural_network._token_ids import TokenIdsEstimator

from ._explained_model import described, taken_apart
from ._feature_readers import FeatureReader
from ._text_reader import TextReader
from ._vector_readers import SequenceReader, TransformerReader


def gradient_reader(estimator: Any) -> TextReader:
    """Find out how a classifier reads texts, to differentiate it.

    Parameters
    ----------
    estimator : classifier
        A network of this package, alone or behind what prepares texts for it.

    Returns
    -------
    reader : TextReader

    Raises
    ------
    ValueError
        If it is none.
    """
    steps, last = taken_apart(estimator)
    reader = _token_reader(steps, last)
    if reader is not None:
        return reader
    if (
        steps
        and isinstance(steps[-1], CountVectorizer)
        and steps[-1].analyzer == "word"
        and isinstance(last, NeuralClassifier)
    ):
        return FeatureReader(steps[:-1], steps[-1], last)
    raise ValueError(
        f"method='integrated_gradients' does not fit this {described(estimator)}: it "
        "is for a TransformerClassifier, and for a network of sklearn_nn right behind "
        "a SequenceVectorizer or, with words as features, a CountVectorizer or "
        "TfidfVectorizer. method='lime' and method='occlusion' fit every classifier "
        "of texts."
    )


def attention_reader(estimator: Any) -> TextReader:
    """Find out how a classifier reads texts, to see where it attends.

    Parameters
    ----------
    estimator : classifier
        A network of this package with attention.

    Returns
    -------
    reader : TextReader

    Raises
    ------
    ValueError
        If it has none.
    """
    steps, last = taken_apart(estimator)
    if isinstance(last, BiGRUClassifier | TransformerClassifier):
        reader = _token_reader(steps, last)
        if reader is not None:
            return reader
    fitting = ["lime", "occlusion"]
    try:
        gradient_reader(estimator)
    except ValueError:
        pass
    else:
        fitting.append("integrated_gradients")
    raise ValueError(
        f"method='attention' does not fit this {described(estimator)}: it is for a "
        "TransformerClassifier, and for a BiGRUClassifier right behind a "
        f"SequenceVectorizer. Those that fit: {', '.join(map(repr, fitting))}."
    )


def _token_reader(steps: list[Any], last: Any) -> TextReader | None:
    if isinstance(last, TransformerClassifier):
        return TransformerReader(steps, last)
    reads_ids = isinstance(last, TokenIdsEstimator) and getattr(
        last, "_reads_ids", True
    )
    if steps and isinstance(steps[-1], SequenceVectorizer) and reads_ids:
        return SequenceReader(steps[:-1], steps[-1], last)
    return None
