"""A progress bar over the epochs."""

from typing import Any

from tqdm.auto import tqdm


class EpochProgress:
    """A tqdm bar over the epochs with the last losses beside it.

    Parameters
    ----------
    epochs : int
        How many there will be at most.
    description : str
        What is trained.
    n_done : int, default=0
        Epochs done already.
    """

    def __init__(self, epochs: int, description: str, n_done: int = 0):
        self.bar = tqdm(total=epochs, initial=n_done, desc=description, unit="epoch")

    def advance(self, row: dict[str, Any]) -> None:
        """Move on by one epoch.

        Parameters
        ----------
        row : dict
            The epoch's row of the history.
        """
        shown = ("train_loss", "valid_loss", "valid_acc", "valid_f1")
        self.bar.set_postfix({key: row[key] for key in shown if key in row})
        self.bar.update()

    def close(self) -> None:
        """Leave the bar as it is."""
        self.bar.close()
