"""Recurrent network with attention for texts."""

from typing import Any

import numpy as np

from sklearn_nn._classifier import NeuralClassifier
from sklearn_nn._declaration import PositiveFloat, PositiveInt, Probability, estimator
from sklearn_nn.modules import BiGRUAttention
from sklearn_nn.neural_network._token_ids import TokenIdsEstimator


@estimator
class BiGRUClassifier(TokenIdsEstimator, NeuralClassifier):
    """Bidirectional GRU with attention over token ids.

    Embedding, dropout, GRU in both directions, attention (a linear score, softmax
    over the tokens, weighted sum), dropout, linear. Rows are batched by length and
    padding is neither read nor attended to.

    Parameters
    ----------
    max_epochs : int, default=15
        Number of passes over the training rows, at most.
    lr : float, default=0.002
        Learning rate; with `lr_schedule`, its start or peak.
    embedding_dim : int, default=200
        Width of the embedding.
    hidden_size : int, default=192
        Units of the GRU in each direction.
    num_layers : int, default=1
        GRU layers.
    embedding_dropout : float, default=0.1
        Dropout after the embedding and between GRU layers.
    dropout : float, default=0.5
        Dropout before the last layer.

    Attributes
    ----------
    vocabulary_size_ : int
        Number of ids that the embedding knows.

    See Also
    --------
    sklearn_nn.feature_extraction.text.SequenceVectorizer : Texts to token ids.

    References
    ----------
    Yang, Yang, Dyer, He, Smola & Hovy (2016). Hierarchical attention networks for
    document classification. NAACL.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_nn.feature_extraction.text import SequenceVectorizer
    >>> from sklearn_nn.neural_network import BiGRUClassifier
    >>> texts = ["red apple", "green apple", "red car", "fast car"] * 4
    >>> y = ["fruit", "fruit", "vehicle", "vehicle"] * 4
    >>> model = make_pipeline(
    ...     SequenceVectorizer(max_length=4),
    ...     BiGRUClassifier(embedding_dim=8, hidden_size=8, random_state=0),
    ... )
    >>> model.fit(texts, y).predict(["green car", "apple"])
    array(['vehicle', 'fruit'], dtype='<U7')
    """

    max_epochs: PositiveInt = 15
    lr: PositiveFloat = 2e-3
    embedding_dim: PositiveInt = 200
    hidden_size: PositiveInt = 192
    num_layers: PositiveInt = 1
    embedding_dropout: Probability = 0.1
    dropout: Probability = 0.5

    def _module(self, n_outputs: int):
        return BiGRUAttention, {
            "vocabulary_size": self._known_ids,
            "n_outputs": n_outputs,
            "embedding_dim": self.embedding_dim,
            "hidden_size": self.hidden_size,
            "num_layers": self.num_layers,
            "embedding_dropout": self.embedding_dropout,
            "dropout": self.dropout,
        }

    def attention(self, X: Any) -> np.ndarray:
        """Return how much each token counts.

        Parameters
        ----------
        X : array-like of shape (n_samples, max_len)
            Right-padded token ids.

        Returns
        -------
        ndarray of shape (n_samples, max_len)
            Weights that sum to one over the tokens of a row; padding has zero, and a
            row without tokens only zeros.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            If X holds what is no token id of the rows of `fit`.
        """
        weights = self._apply(X, "attention_weights")
        missing = self.n_features_in_ - weights.shape[1]
        return np.pad(weights, ((0, 0), (0, missing)))
