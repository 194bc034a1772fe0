"""The mean of word vectors."""

from torch import nn

from sklearn_nn.modules.bigru import PAD


class PooledEmbedding(nn.EmbeddingBag):
    """Token ids (n, length) to the means of their vectors (n, width) [1]_.

    Padding does not count. A row without tokens becomes zeros.

    Parameters
    ----------
    vocabulary_size : int
        Number of ids, with padding (0).
    width : int
        Width of the vectors.

    References
    ----------
    .. [1] Iyyer, M., Manjunatha, V., Boyd-Graber, J., & Daumé III, H. (2015). Deep
       unordered composition rivals syntactic methods for text classification. ACL.

    Examples
    --------
    >>> import torch
    >>> from sklearn_nn.modules import PooledEmbedding
    >>> pool = PooledEmbedding(vocabulary_size=10, width=4)
    >>> means = pool(torch.tensor([[3, 3, 0], [3, 0, 0], [0, 0, 0]]))
    >>> means.shape, bool(torch.allclose(means[0], means[1]))
    (torch.Size([3, 4]), True)
    >>> means[2].tolist()
    [0.0, 0.0, 0.0, 0.0]
    """

    def __init__(self, vocabulary_size: int, width: int):
        super().__init__(vocabulary_size, width, mode="mean", padding_idx=PAD)

    def reset_parameters(self) -> None:
        """Start small: rare words keep most of the noise that they start with."""
        nn.init.normal_(self.weight, std=0.01)
        self._fill_padding_idx_with_zero()
