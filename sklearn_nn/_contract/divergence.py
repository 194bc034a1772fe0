"""The error of a training that does not converge but explodes."""


class DivergedError(ValueError):
    """A loss or a weight is no finite number any more.

    Parameters
    ----------
    what : str
        What is wrong, and when it went wrong.
    lr : float
        The learning rate.
    restored : bool, default=False
        Whether the last finite weights are kept in the estimator.
    """

    def __init__(self, what: str, lr: float, restored: bool = False):
        self.what = what
        self.lr = lr
        self.restored = restored
        kept = " The last finite weights are kept." if restored else ""
        super().__init__(
            f"Training diverged: {what}. Lower lr (now {lr:g}), or scale X (and y, if "
            f"it is numbers) to about unit variance.{kept}"
        )

    def __reduce__(self):
        return type(self), (self.what, self.lr, self.restored)
