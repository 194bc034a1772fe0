"""The mean of word vectors (Iyyer et al., 2015, "Deep unordered composition", ACL)."""

from torch import nn

from sklearn_nn.modules.bigru import PAD


class PooledEmbedding(nn.EmbeddingBag):
    """Token ids (n, length) to the means of their vectors (n, width).

    Padding does not count. A row without tokens becomes zeros.

    Parameters
    ----------
    vocabulary_size : int
        Number of ids, with padding (0).
    width : int
        Width of the vectors.
    """

    def __init__(self, vocabulary_size: int, width: int):
        super().__init__(vocabulary_size, width, mode="mean", padding_idx=PAD)

    def reset_parameters(self) -> None:
        """Start small: rare words keep most of the noise that they start with."""
        nn.init.normal_(self.weight, std=0.01)
        self._fill_padding_idx_with_zero()
