"""Which epoch was the best, and when it is too long ago."""

from typing import Any

Score = tuple[float, float]


class BestEpoch:
    """Follows the validation scores of a training.

    Better means a higher ``valid_f1`` or else ``valid_acc`` (where there is either),
    then a lower ``valid_loss``.

    Parameters
    ----------
    patience : int
        Epochs without improvement after which training should stop.
    """

    def __init__(self, patience: int):
        self.patience = patience
        self.score: Score | None = None
        self.epoch: int | None = None

    def improved_by(self, row: dict[str, Any]) -> bool:
        """Tell whether an epoch is the best so far, and remember it if so.

        Parameters
        ----------
        row : dict
            The epoch's row of the history.

        Returns
        -------
        bool
        """
        quality = row.get("valid_f1", row.get("valid_acc", 0.0))
        score = quality, -row["valid_loss"]
        if self.score is not None and score <= self.score:
            return False
        self.score, self.epoch = score, row["epoch"]
        return True

    def is_long_ago(self, row: dict[str, Any]) -> bool:
        """Tell whether training should stop after this epoch.

        Parameters
        ----------
        row : dict
            The epoch's row of the history.

        Returns
        -------
        bool
        """
        return self.epoch is not None and row["epoch"] - self.epoch >= self.patience
