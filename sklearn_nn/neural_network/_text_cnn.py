"""Convolutional network for texts."""

from collections.abc import Sequence

import numpy as np

from sklearn_nn._classifier import NeuralClassifier
from sklearn_nn._declaration import PositiveFloat, PositiveInt, Probability, estimator
from sklearn_nn.modules import TextCNN
from sklearn_nn.neural_network._sizes import check_sizes
from sklearn_nn.neural_network._token_ids import TokenIdsEstimator


@estimator
class TextCNNClassifier(TokenIdsEstimator, NeuralClassifier):
    """Convolutions of several widths over token ids.

    Embedding, dropout, filters that see a few neighbouring tokens, the maximum of
    each filter over the text, dropout, linear. It finds phrases wherever they stand,
    and is several times as fast as a recurrent network. Padding is not read.

    Parameters
    ----------
    max_epochs : int, default=15
        Number of passes over the training rows, at most.
    lr : float, default=0.002
        Learning rate; with `lr_schedule`, its start or peak.
    embedding_dim : int, default=200
        Width of the embedding.
    widths : int or sequence of int, default=(3, 4, 5)
        Neighbouring tokens that a filter sees, for each group of filters.
    n_filters : int, default=100
        Filters of each width.
    embedding_dropout : float, default=0.1
        Dropout after the embedding.
    dropout : float, default=0.5
        Dropout before the last layer.

    Attributes
    ----------
    vocabulary_size_ : int
        Number of ids that the embedding knows.

    See Also
    --------
    BiGRUClassifier : A recurrent network, for which order matters further apart.
    sklearn_nn.feature_extraction.text.SequenceVectorizer : Texts to token ids.

    References
    ----------
    Kim (2014). Convolutional neural networks for sentence classification. EMNLP.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_nn.feature_extraction.text import SequenceVectorizer
    >>> from sklearn_nn.neural_network import TextCNNClassifier
    >>> texts = ["red apple", "green apple", "red car", "fast car"] * 4
    >>> y = ["fruit", "fruit", "vehicle", "vehicle"] * 4
    >>> network = TextCNNClassifier(
    ...     embedding_dim=16, widths=(1, 2), n_filters=16, lr=0.02, random_state=0
    ... )
    >>> model = make_pipeline(SequenceVectorizer(max_length=4), network)
    >>> model.fit(texts, y).predict(["green car", "apple"])
    array(['vehicle', 'fruit'], dtype='<U7')
    """

    max_epochs: PositiveInt = 15
    lr: PositiveFloat = 2e-3
    embedding_dim: PositiveInt = 200
    widths: PositiveInt | Sequence | np.ndarray = (3, 4, 5)
    n_filters: PositiveInt = 100
    embedding_dropout: Probability = 0.1
    dropout: Probability = 0.5

    def _module(self, n_outputs: int):
        return TextCNN, {
            "vocabulary_size": self._known_ids,
            "n_outputs": n_outputs,
            "embedding_dim": self.embedding_dim,
            "widths": check_sizes(self, "widths", least=1),
            "n_filters": self.n_filters,
            "embedding_dropout": self.embedding_dropout,
            "dropout": self.dropout,
        }
