"""Numbers or token ids as the input of an estimator."""

from typing import Any, ClassVar, Literal

from sklearn_nn._declaration import estimator
from sklearn_nn.neural_network._token_ids import TokenIdsEstimator


@estimator
class EitherInputEstimator(TokenIdsEstimator):
    """An estimator that reads numbers, as the bases after this one do, or token ids.

    Parameters
    ----------
    inputs : {"features", "token_ids"}, default="features"
        What X holds: numbers, or right-padded token ids.
    """

    inputs: Literal["features", "token_ids"] = "features"

    _accept_sparse: ClassVar[str | bool] = "csr"
    _text_cure = (
        "turn texts into numbers with a vectorizer such as TfidfVectorizer, or into "
        "ids with SequenceVectorizer for inputs='token_ids'."
    )

    @property
    def _reads_ids(self) -> bool:
        return self.inputs == "token_ids"

    @property
    def _reader(self) -> Any:
        """What checks and wraps X: the base of token ids, or the one after it."""
        return super() if self._reads_ids else super(TokenIdsEstimator, self)

    def _check_X(self, X, y="no_validation", *, reset: bool, **options):
        if reset:
            # What a fit on other inputs may have left.
            self.__dict__.pop("vocabulary_size_", None)
        elif self._reads_ids != hasattr(self, "vocabulary_size_"):
            self._refuse_change("inputs")
        return self._reader._check_X(X, y, reset=reset, **options)

    def _rows(self, X, dtype, device):
        return self._reader._rows(X, dtype, device)

    def __sklearn_tags__(self):
        tags = self._reader.__sklearn_tags__()
        tags.input_tags.sparse = not self._reads_ids
        return tags
