"""The error of all that goes wrong with a saved model."""


class PersistenceError(ValueError):
    """A model cannot be saved, or a file is no model, or one that is not trusted."""
